"""Passwords: who knows none sees nothing, by whatever road."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse

import pytest
from gradio_client import Client

from stylize.errors import SettingsError
from stylize.webui import access, launch
from stylize.webui.profiles import SHARE

from .conftest import second
from .visitor import Visitor

WHO = [("ann", "one:two")]


@pytest.fixture(scope="module")
def closed_site(tmp_path_factory, site):
    with second(SHARE, tmp_path_factory.mktemp("closed"), auth=WHO) as served:
        yield served


class Member(Visitor):
    """A visitor with the cookie that a login gives."""

    def __init__(self, url, name, password):
        self.cookie, self.url, self.language = "", url, "en"
        body = urllib.parse.urlencode({"username": name, "password": password}).encode()
        with self.request("login", body, Content_Type="application/x-www-form-urlencoded") as answer:
            given = answer.headers.get_all("Set-Cookie")
        self.cookie = "; ".join(each.split(";")[0] for each in given)
        super().__init__(url)

    def request(self, path, data=None, **headers):
        return super().request(path, data, Cookie=self.cookie, **headers)


def refusal(url, path, body=None):
    stranger = Visitor.__new__(Visitor)
    stranger.url, stranger.language = url, "en"
    with pytest.raises(urllib.error.HTTPError) as refused:
        stranger.request(path, json.dumps(body).encode() if body else None, Content_Type="application/json")
    return refused.value.code


def test_a_stranger_gets_nothing(closed_site):
    shown = closed_site.built.page_files.store.server.folder / "icon.png"
    for path in ("config", "gradio_api/info", f"gradio_api/file={shown}"):
        assert refusal(closed_site.url, path) == 401
    for path in ("gradio_api/run/predict", "gradio_api/call/styles", "gradio_api/queue/join"):
        assert refusal(closed_site.url, path, {"data": [], "fn_index": 0, "session_hash": "x"}) == 401


def test_a_wrong_password_opens_nothing(closed_site):
    with pytest.raises(urllib.error.HTTPError) as refused:
        Member(closed_site.url, "ann", "one")
    assert refused.value.code in (400, 401)


def test_who_is_named_works_as_ever(closed_site):
    member = Member(closed_site.url, *WHO[0])
    member.open()
    member.act("add", kind="note")
    assert member.book["cells"][0]["kind"] == "note"
    client = Client(closed_site.url, auth=WHO[0], verbose=False)
    assert client.predict(api_name="/styles")


def test_the_environment_names_them(monkeypatch):
    monkeypatch.setenv("STYLIZE_AUTH", "ann:one\nbob:t:wo")
    assert access.from_environment() == [("ann", "one"), ("bob", "t:wo")]
    monkeypatch.setenv("STYLIZE_AUTH", "")
    assert access.from_environment() is None


def test_a_page_with_unreadable_passwords_does_not_open(monkeypatch):
    monkeypatch.setenv("STYLIZE_AUTH", "secret")
    with pytest.raises(SettingsError, match="STYLIZE_AUTH must say name:password") as refused:
        launch.serve()
    assert "secret" not in str(refused.value)
