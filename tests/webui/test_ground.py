"""The page starts whatever proxies the environment names, and leaves them to what needs them."""

from __future__ import annotations

import os
import socket
import sys
import threading
import urllib.request

import httpx
import pytest

from stylize.errors import SettingsError
from stylize.webui import ground, launch
from stylize.webui.profiles import LOCAL

from .conftest import second
from .served import running, started
from .visitor import Visitor

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in NAMES:
        for spelling in (name, name.upper()):
            monkeypatch.setenv(spelling, "")  # so that it is put back
            monkeypatch.delenv(spelling)


class Proxy:
    """Refuses all that it is asked to fetch, and remembers what that was."""

    def __init__(self):
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(4096).split(b"\r\n")[0].decode())
                connection.sendall(
                    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def proxy():
    proxy = Proxy()
    yield proxy
    proxy.close()


@pytest.mark.parametrize(
    "variables",
    [
        {"ALL_PROXY": "socks5://127.0.0.1:9"},
        {"http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "no address at all"},
    ],
    ids=["socks", "http"],
)
def test_a_page_starts_whatever_proxy_there_is(variables, tmp_path):
    with started(XDG_CACHE_HOME=str(tmp_path), **variables) as url:
        assert Visitor(url).open()


def test_an_app_file_starts_whatever_brings_gradio(tmp_path):
    """On a Space, and wherever its package is installed, that imports gradio before the page does."""
    (tmp_path / "spaces.py").write_text("import gradio\nGPU = None\n")
    (tmp_path / "gradio").write_text("another user's")
    variables = {"PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "c")}
    command = [sys.executable, "-u", "app.py"]
    with running(command, ALL_PROXY="socks5://127.0.0.1:9", **variables) as server:
        assert Visitor(server.url).open()


def test_the_start_asks_no_proxy_and_later_ones_do(proxy, monkeypatch, tmp_path, site):
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "intern.example")
    with second(LOCAL, tmp_path) as served:
        assert proxy.asked == []
        assert httpx.get(served.url).status_code == 200
        assert proxy.asked == []
        assert httpx.get("http://hub.example/file").status_code == 403
        assert proxy.asked == ["GET http://hub.example/file HTTP/1.1"]
        assert urllib.request.proxy_bypass("intern.example")
        assert not urllib.request.proxy_bypass("hub.example")
        assert os.environ["HTTP_PROXY"] == proxy.url


def test_a_tunnel_goes_through_the_proxy(proxy, monkeypatch, tmp_path, capsys, site):
    monkeypatch.setenv("https_proxy", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    with second(LOCAL, tmp_path, share=True) as served:
        assert served.built.demo.share_url is None  # refused by the proxy, which is all that was asked
        assert proxy.asked
        assert all(each.startswith("CONNECT ") and "127.0.0.1" not in each for each in proxy.asked)
        assert served.visitor().open()


@pytest.mark.parametrize("more", [{"share": True}, {"mcp": True}], ids=["share", "mcp"])
def test_what_a_proxy_cannot_be_used_for_is_said(monkeypatch, tmp_path, more):
    pytest.importorskip("mcp")
    if httpx_knows_socks():
        pytest.skip("socksio is installed")
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    built = launch.build(root=tmp_path)
    with pytest.raises(SettingsError, match=r"pip install 'httpx\[socks\]'"):
        launch.launch(built, **more)


def httpx_knows_socks():
    try:
        import socksio  # noqa: F401
    except ImportError:
        return False
    return True


def test_the_systems_proxies_are_named_beside_the_exceptions(monkeypatch):
    """On Windows and macOS they are no variables, and are not looked for any more once there is one."""
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "http://proxy.example:1"})
    with ground.with_proxies(["192.168.0.7"]):
        found = urllib.request.getproxies_environment()
    assert found["https"] == "http://proxy.example:1"
    assert found["no"].split(",") == [*ground.NAMES, "192.168.0.7"]
    assert urllib.request.getproxies_environment() == {}


def test_what_the_user_excepts_stays_excepted(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.example:1")
    monkeypatch.setenv("NO_PROXY", "a.example, ::1")
    ground.spare_loopback()
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "a.example,::1,localhost,127.0.0.1"
    monkeypatch.setenv("no_proxy", "*")
    ground.spare_loopback()
    assert os.environ["no_proxy"] == "*"
