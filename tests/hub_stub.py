"""A Hugging Face Hub on the loopback, for tests of the download path: real requests, tiny files.

Files live in memory under any repository id. Each can be told to fail in one of the ways in FAULTS.
Heads come from the Hub's address; bodies from a second address, as from its CDN.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = (
    "gated", "no-repo", "no-revision", "no-file", "bad-token", "disabled", "forbidden",
    "429", "503",  # of the head
    "stall", "portal", "login-page", "no-commit",
    "body-503", "short", "cut-once", "reset-once", "corrupt", "corrupt-once", "stall-body", "endless",
)  # fmt: skip
ANSWERS = {
    "gated": (403, "GatedRepo", ""),
    "no-repo": (404, "RepoNotFound", ""),
    "no-revision": (404, "RevisionNotFound", ""),
    "no-file": (404, "EntryNotFound", ""),
    "bad-token": (401, "", "Invalid credentials in Authorization header"),
    "disabled": (403, "", "Access to this resource is disabled."),
    "forbidden": (403, "", ""),
    "429": (429, "", ""),
    "503": (503, "", ""),
}
COMMIT = "c" * 40
RESOLVE = re.compile(
    r"/(?:(?P<kind>spaces|datasets)/)?(?P<repo>[^/]+/[^/]+)/resolve/(?P<rev>[^/]+)/(?P<file>.+)"
)


@dataclass
class File:
    """What the stub serves under one repository id and file name."""

    body: bytes
    revision: str
    fault: str = ""
    stated_sha256: str = ""  # what the head says, if not the truth
    stated_size: int = 0
    bodies_sent: int = 0

    @property
    def sha256(self) -> str:
        """Of the body as it should be."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class Hub:
    """A running stub: ``url`` for HF_ENDPOINT, ``requests`` as (method, path) in their order."""

    url: str = ""
    cdn: str = ""
    files: dict[tuple[str, str, str], File] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    delay: float = 0.0  # seconds before each body

    def add(self, repo_id: str, filename: str, body: bytes, *, repo_type: str = "model",
            revision: str = "main", fault: str = "") -> File:  # fmt: skip
        """Serve a file at a commit, or on a branch."""
        assert not fault or fault in FAULTS
        file = File(body, revision, fault)
        self.files[repo_type, repo_id, filename] = file
        return file

    def heads(self) -> int:
        """How many heads were asked for."""
        return sum(method == "HEAD" for method, _ in self.requests)

    def bodies(self) -> int:
        """How many bodies were asked for."""
        return sum(method == "GET" for method, _ in self.requests)


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def _answer(self) -> None:
        self.hub.requests.append((self.command, self.path))
        self.hub.tokens.append(self.headers.get("authorization"))
        self.hub.agents.append(self.headers.get("user-agent", ""))
        with suppress(ConnectionError):
            if self.path.startswith("/cdn/"):
                kind, owner, name, filename = self.path.removeprefix("/cdn/").split("/", 3)
                self._body(self.hub.files[kind, f"{owner}/{name}", filename])
            else:
                self._head()

    def _head(self) -> None:
        found = RESOLVE.fullmatch(self.path)
        if found is None:
            return self._send(404, {})
        kind = (found["kind"] or "models")[:-1]
        file = self.hub.files.get((kind, found["repo"], found["file"]))
        if file is None:
            known = any(key[:2] == (kind, found["repo"]) for key in self.hub.files)
            return self._error("no-file" if known else "no-repo")
        if file.revision != found["rev"]:
            return self._error("no-revision")
        if file.fault in ANSWERS:
            return self._error(file.fault)
        if file.fault == "stall":
            self.hub.closing.wait(30)
            return None
        if file.fault == "portal":
            return self._send(200, {"Content-Type": "text/html", "ETag": '"page"'}, b"<html>Welcome!</html>")
        if file.fault == "login-page":
            return self._send(302, {"Location": "http://login.invalid/"})
        commit = file.revision if re.fullmatch("[0-9a-f]{40}", file.revision) else COMMIT
        return self._send(302, {
            **({} if file.fault == "no-commit" else {"X-Repo-Commit": commit}),
            "X-Linked-Size": str(file.stated_size or len(file.body)),
            "X-Linked-Etag": f'"{file.stated_sha256 or file.sha256}"',
            "ETag": '"0123456789abcdef0123456789abcdef01234567"',
            "Location": f"{self.hub.cdn}/cdn/{kind}/{found['repo']}/{found['file']}",
        })  # fmt: skip

    def _error(self, fault: str) -> None:
        status, code, message = ANSWERS[fault]
        named = {"X-Error-Code": code, "X-Error-Message": message, "X-Repo-Commit": COMMIT}
        return self._send(status, {key: value for key, value in named.items() if value})

    def _body(self, file: File) -> None:
        file.bodies_sent += 1
        self.hub.closing.wait(self.hub.delay)
        body, first = file.body, file.bodies_sent == 1
        if file.fault == "body-503":
            return self._send(503, {})
        if file.fault == "corrupt" or (file.fault == "corrupt-once" and first):
            body = bytes([body[0] ^ 1]) + body[1:]
        if file.fault == "endless":
            return self._far_too_much()
        if file.fault == "short":
            body = body[:-7]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        part = body[start:]
        headers = {"Content-Length": str(len(part))}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if file.fault == "stall-body" or (file.fault in ("cut-once", "reset-once") and first):
            part = b"" if start else part[: len(part) // 2]
        self._send(206 if start else 200, headers, part)
        if file.fault == "reset-once" and first:
            at_once = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.connection.close()
        if file.fault == "stall-body":
            self.wfile.flush()
            self.hub.closing.wait(30)
        return None

    def _far_too_much(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b"more" * 1000)

    def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def running() -> Iterator[Hub]:
    """A stub on two free ports of 127.0.0.1, until the block ends."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    servers = [_Server(("127.0.0.1", 0), handler) for _ in range(2)]
    hub.url, hub.cdn = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


class DeadServer:
    """A port where nobody speaks: ``tries`` counts who knocked.

    ``hangs``: connections are held open in silence; otherwise they are closed at once.
    """

    def __init__(self, hangs: bool) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.hangs, self.tries, self._held = hangs, 0, []
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.tries += 1
            if self.hangs:
                self._held.append(caller)
            else:
                caller.close()

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for each in (self._socket, *self._held):
            each.close()
