"""A visitor without a browser: what anybody can send to the page's server by plain HTTP."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Answer:
    """How a call ended: its error if it failed, and the last value of each output by elem_id."""

    success: bool
    error: str | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str = "bar") -> str:
        value = self.values.get(name)
        return value.get("value", "") if isinstance(value, dict) else value or ""


class Visitor:
    def __init__(self, url: str, language: str = "en") -> None:
        self.url, self.language = url, language
        self.session = secrets.token_hex(6)
        self.config = json.loads(self.get("config"))
        self.components = {each["id"]: each["props"] for each in self.config["components"]}

    def request(self, path: str, data: bytes | None = None, **headers: str) -> Any:
        headers = {"Accept-Language": self.language, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers), timeout=60)

    def get(self, path: str) -> bytes:
        with self.request(path) as answer:
            return answer.read()

    def status(self, path: str) -> int:
        try:
            with self.request(path) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def upload(self, file: Path) -> str:
        border = secrets.token_hex(8)
        head = f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{file.name}"\r\n\r\n'
        body = head.encode() + file.read_bytes() + f"\r\n--{border}--\r\n".encode()
        kind = f"multipart/form-data; boundary={border}"
        with self.request("gradio_api/upload", body, Content_Type=kind) as answer:
            return json.loads(answer.read())[0]

    def picture(self, path: str) -> dict[str, Any]:
        return {"path": path, "meta": {"_type": "gradio.FileData"}}

    def named(self, name: str) -> int:
        return next(key for key, props in self.components.items() if props.get("elem_id") == name)

    def listener(self, name: str, event: str = "click") -> int:
        target = self.named(name)
        return next(each["id"] for each in self.config["dependencies"] if [target, event] in each["targets"])

    @property
    def running(self) -> dict[str, Any]:
        """The listener that paints: the one with the most inputs."""
        return max(self.config["dependencies"], key=lambda each: len(each["inputs"]))

    def paint(self, **changes: Any) -> Answer:
        """Run with the page's own values, changed by elem_id (with _ for -)."""
        wanted = {key.replace("_", "-"): value for key, value in changes.items()}
        data = []
        for key in self.running["inputs"]:
            props = self.components[key]
            data.append(wanted.pop(props.get("elem_id"), props.get("value")))
        assert not wanted, wanted
        return self.call(self.running["id"], data)

    def call(self, listener: int, data: list[Any]) -> Answer:
        body = {"data": data, "fn_index": listener, "session_hash": self.session, "event_data": None}
        with self.request(
            "gradio_api/queue/join", json.dumps(body).encode(), Content_Type="application/json"
        ) as joined:
            event = json.loads(joined.read())["event_id"]
        outputs = next(each["outputs"] for each in self.config["dependencies"] if each["id"] == listener)
        answer, seen = Answer(False), [None] * len(outputs)
        with self.request(f"gradio_api/queue/data?session_hash={self.session}") as stream:
            for line in stream:
                if not line.startswith(b"data:"):
                    continue
                message = json.loads(line[5:])
                if message.get("event_id") not in (event, None):
                    continue
                output = message.get("output") or {}
                if message["msg"] == "process_generating":
                    _merge(seen, output.get("data", []))
                if message["msg"] == "process_completed":
                    answer = Answer(message["success"], output.get("error"))
                    if output.get("data"):
                        seen = output["data"]
                    break
        names = [self.components[key].get("elem_id") for key in outputs]
        answer.values = dict(zip(names, seen, strict=True))
        return answer


def _merge(seen: list[Any], parts: list[Any]) -> None:
    """Later messages of a generator carry differences: [action, path, value] lists."""
    for n, part in enumerate(parts):
        if isinstance(part, list) and all(isinstance(each, list) and len(each) == 3 for each in part):
            for action, path, value in part:
                _apply(seen, n, action, path, value)
        else:
            seen[n] = part


def _apply(seen: list[Any], n: int, action: str, path: list[Any], value: Any) -> None:
    if not path:
        seen[n] = seen[n] + value if action == "append" else value
        return
    holder = seen[n]
    for key in path[:-1]:
        holder = holder[key]
    if action == "delete":
        del holder[path[-1]]
    elif action == "append":
        holder[path[-1]] += value
    elif action == "add" and isinstance(holder, list):
        holder.insert(path[-1], value)
    else:
        holder[path[-1]] = value
