"""A visitor without a browser: what anybody can send to the page's server by plain HTTP."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any


class Visitor:
    address = ""

    def __init__(self, url: str, language: str = "en", address: str = "") -> None:
        """``address``: from where it comes, as a proxy on this computer would tell."""
        self.url, self.language, self.address = url, language, address
        self.session = secrets.token_hex(6)
        self.key, self.browser = secrets.token_hex(16), secrets.token_hex(16)
        self.parts: dict[str, str] = {}
        self.config = json.loads(self.get("config"))
        self.components = {each["id"]: each["props"] for each in self.config["components"]}

    def request(self, path: str, data: bytes | None = None, **headers: str) -> Any:
        forwarded = {"X-Forwarded-For": self.address} if self.address else {}
        headers = {
            "Accept-Language": self.language,
            **forwarded,
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
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

    def named(self, name: str) -> int:
        return next(key for key, props in self.components.items() if props.get("elem_id") == name)

    def listener(self, event: str) -> dict[str, Any]:
        target = self.named("bus")
        return next(each for each in self.config["dependencies"] if [target, event] in each["targets"])

    def follow(self) -> None:
        """Returns when nothing of this visitor's runs any more. Raises where the connection is cut."""
        body = {"data": [], "fn_index": self.listener("follow")["id"], "session_hash": self.session,
                "event_data": {"key": self.key, "browser": self.browser}}  # fmt: skip
        mine = json.loads(self.post("gradio_api/queue/join", body))["event_id"]
        with self.request(f"gradio_api/queue/data?session_hash={self.session}") as events:
            for line in events:
                event = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if event.get("event_id") == mine and event["msg"] == "process_completed":
                    return
        raise ConnectionError("the stream of events ended")

    def act(self, do: str, **data: Any) -> dict[str, str]:
        """What the page is sent for an action: texts by the names of its places."""
        listener = self.listener("act")
        body = {"data": [], "fn_index": listener["id"], "session_hash": self.session,
                "event_data": {"do": do, "key": self.key, "browser": self.browser, **data}}  # fmt: skip
        answer = json.loads(self.post("gradio_api/run/predict", body))
        message = json.loads(answer["data"][0])
        found = {**message["parts"], "pulse": json.dumps(message["pulse"])}
        self.parts.update(found)
        return found

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        with self.request(path, json.dumps(body).encode(), Content_Type="application/json") as answer:
            return answer.read()

    def open(self, book: str = "", **query: str) -> dict[str, str]:
        return self.act("open", book=book, language=self.language[:2], query=query)

    @property
    def pulse(self) -> dict[str, Any]:
        return json.loads(self.parts["pulse"])

    @property
    def book(self) -> dict[str, Any]:
        return json.loads(self.parts["keep"])

    @property
    def said(self) -> str:
        """The last message at the edge of the page."""
        return self.pulse["said"][2]
