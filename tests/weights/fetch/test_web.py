"""Answers that break the rules of HTTP are failed sources: the next one is tried."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hub_stub import Hub, running

from stylize import weights
from stylize.errors import WeightsError
from stylize.weights import catalog
from stylize.weights.catalog import Row, WeightSource

BODY = bytes(range(256)) * 40
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ANSWERS = {
    "nothing": b"",
    "garbage for a status line": b"\x00\xff\xfe no http at all\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "an endless status line": b"HTTP/1.1 200 " + b"x" * 70_000,
    "an endless header": HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
    "too many headers": HEAD + b"".join(b"X-%d: 1\r\n" % n for n in range(300)) + b"\r\n",
    "a chunk that is cut": CHUNKED + b"1000\r\nfew",
    "a chunk without a length": CHUNKED + b"zzzz\r\nmany\r\n",
    "a chunk of negative length": CHUNKED + b"-5\r\nmany\r\n",
    "a body that is cut": HEAD + b"Content-Length: 10240\r\n\r\n" + BODY[:5000],
    "a length that is too small": HEAD + b"Content-Length: 100\r\n\r\n" + BODY,
    "a length that is no number": HEAD + b"Content-Length: many\r\n\r\n" + BODY[:100],
    "a length that is negative": HEAD + b"Content-Length: -7\r\n\r\n" + BODY[:100],
    "a length in other digits": HEAD + "Content-Length: ²³\r\n\r\n".encode() + BODY[:100],
    "headers that are no text": HEAD + b"\xff\xfe\x80: \xff\r\nContent-Length: 9\r\n\r\nsomething",
    "a packed body": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno gzip..",
    "a redirect to itself": b"HTTP/1.1 302 Found\r\nLocation: /file\r\nContent-Length: 0\r\n\r\n",
    "a redirect to nowhere": b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
    "a redirect to no port": b"HTTP/1.1 302 Found\r\nLocation: http://a:b/\r\nContent-Length: 0\r\n\r\n",
    "a redirect with spaces": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/a b\x01\r\n\r\n",
    "a redirect to no host": b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe..\xe9/\r\n\r\n",
    "a redirect to a file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc\r\nContent-Length: 0\r\n\r\n",
}


class Raw:
    """A server that answers whatever is asked with the same bytes and hangs up."""

    def __init__(self, answer: bytes, reset: bool = False) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.answer, self.reset, self.asked = answer, reset, 0
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._socket.accept()
                threading.Thread(target=self._speak, args=(caller,), daemon=True).start()

    def _speak(self, caller: socket.socket) -> None:
        with suppress(OSError), caller:
            self.asked += 1
            caller.recv(65536)
            caller.sendall(self.answer)
            if self.reset:
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            else:
                caller.shutdown(socket.SHUT_WR)
                caller.recv(65536)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "STYLIZE_WEIGHTS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("STYLIZE_TIMEOUT", "20")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running() as stub:
        monkeypatch.setenv("HF_ENDPOINT", stub.url)
        yield stub


def use(monkeypatch: pytest.MonkeyPatch, *sources: WeightSource) -> Row:
    """The only row of the catalog, with these sources."""
    row = Row(
        "trial", "decoder", "Trial", "", "trial.bin", "MIT", sources=sources,
        sha256=hashlib.sha256(BODY).hexdigest(), sha256_certain=True, size=len(BODY),
    )  # fmt: skip
    monkeypatch.setattr(catalog, "rows", lambda: (row,))
    return row


def good(hub: Hub) -> WeightSource:
    hub.add("mirror/trial", "trial.bin", BODY, revision="d" * 40)
    return WeightSource("url", url=f"{hub.cdn}/cdn/model/mirror/trial/trial.bin")


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_source_that_talks_nonsense_is_followed_by_the_next(
    fault: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Raw(ANSWERS[fault])
    bad = WeightSource("url", url=f"{server.url}/file")
    use(monkeypatch, bad, good(hub))
    assert weights.find("trial").path.read_bytes() == BODY
    assert server.asked
    server.close()


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_source_that_talks_nonsense_is_a_sentence(
    fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STYLIZE_CACHE", str(tmp_path / "cache"))
    server = Raw(ANSWERS[fault])
    use(monkeypatch, WeightSource("url", url=f"{server.url}/file"))
    with pytest.raises(WeightsError) as caught:
        weights.find("trial")
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "cache").glob("downloads/*"))
    server.close()


def test_a_connection_that_is_reset_within_the_body(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Raw(ANSWERS["a body that is cut"], reset=True)
    use(monkeypatch, WeightSource("url", url=f"{server.url}/file"), good(hub))
    assert weights.find("trial").path.read_bytes() == BODY


def test_what_is_no_tls(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Raw(b"no tls at all")
    use(monkeypatch, WeightSource("url", url=server.url.replace("http", "https")), good(hub))
    assert weights.find("trial").path.read_bytes() == BODY


@pytest.mark.parametrize("fault", [each for each in ANSWERS if "redirect" not in each])
def test_a_hub_that_talks_nonsense_is_followed_by_a_mirror(
    fault: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Raw(ANSWERS[fault])
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    place = WeightSource("hub", "trial.bin", repo_id="a/trial", revision="c" * 40)
    use(monkeypatch, place, good(hub))
    assert weights.find("trial").path.read_bytes() == BODY
    assert server.asked
    server.close()


@pytest.mark.parametrize("fault", [each for each in ANSWERS if "redirect" not in each])
def test_a_store_behind_the_hub_that_talks_nonsense(
    fault: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the Hub's client waits before it asks again
    server = Raw(ANSWERS[fault])
    hub.add("a/trial", "trial.bin", BODY, revision="c" * 40)
    mirror = good(hub)
    hub.cdn = server.url
    use(monkeypatch, WeightSource("hub", "trial.bin", repo_id="a/trial", revision="c" * 40), mirror)
    assert weights.find("trial").path.read_bytes() == BODY
    assert server.asked
    server.close()


def test_what_the_listener_raises_stops_the_download(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, good(hub), dataclasses.replace(good(hub)))

    def listen(transfer: weights.Transfer) -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        weights.find("trial", on_progress=listen)
