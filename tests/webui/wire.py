"""A connection to a server that can be cut and mended, or put through to another server."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit


class Wire:
    """Listens on a port of its own and passes everything on to the server at ``url``.

    While it is cut it takes no calls and those under way are broken off.
    """

    def __init__(self, url: str) -> None:
        self.to = url
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/"
        self._serve()

    def cut(self) -> None:
        # A listener that somebody waits at stays open until it is shut down.
        for each in (self._listener, *self._open()):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def mend(self, url: str | None = None) -> None:
        self.to = url or self.to
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._serve()

    def _open(self) -> list[socket.socket]:
        with self._lock:
            found = list(self._ends)
            self._ends.clear()
            return found

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((urlsplit(self.to).hostname, urlsplit(self.to).port))
                with self._lock:
                    self._ends |= {near, far}
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._ends -= {source, target}
