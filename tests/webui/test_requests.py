"""What anybody can send by plain HTTP, past the page; and what programs are offered."""

from __future__ import annotations

import contextlib
import json
import re
import urllib.error
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from stylize.image import read_recipe

from .made import bomb


@pytest.fixture
def visitor(site):
    visitor = site.visitor()
    visitor.open()
    return visitor


@pytest.fixture(scope="module")
def client(site):
    return Client(site.url, verbose=False)


def cell(visitor):
    visitor.act("add", kind="picture")
    return visitor.book["cells"][-1]["id"]


def test_nobody_sees_the_cells_of_others(site, visitor):
    mine = cell(visitor)
    visitor.act("title", cell=mine, value="My secret")
    other = site.visitor()
    assert "My secret" not in json.dumps(other.open())
    assert "no longer there" in other.act("delete", cell=mine)["pulse"]
    assert visitor.book["cells"][0]["title"] == "My secret"


def test_a_visitor_who_comes_back_finds_the_notebook(site, visitor):
    cell(visitor)
    again = site.visitor()
    again.key, again.browser = visitor.key, visitor.browser
    again.open()
    assert again.book == visitor.book


def test_after_a_restart_the_browsers_copy_is_taken(site, visitor):
    cell(visitor)
    lost = site.visitor()
    assert '"unknown": true' in lost.act("add", kind="note")["pulse"]
    lost.open(visitor.parts["keep"])
    assert lost.book == visitor.book


@pytest.mark.parametrize("key", ["", None, 7, "short", "../../etc/passwd", "Z" * 32, ["x"], {"a": 1}])
def test_odd_keys_are_refused(site, key):
    visitor = site.visitor()
    visitor.key = key
    with pytest.raises(urllib.error.HTTPError):
        visitor.open()


@pytest.mark.parametrize(
    "data", [{"do": []}, {"do": "set"}, {"do": "choose", "cell": {}}, {"do": "run", "cell": 7}]
)
def test_malformed_actions_are_answered(visitor, data):
    visitor.act(**data)
    visitor.act("add", kind="note")
    assert visitor.book["cells"][-1]["kind"] == "note"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/tmp/../etc/hostname", __file__, "app.py", "http://127.0.0.1:1/x.png"]
)
def test_a_path_of_the_server_is_no_upload(visitor, path):
    here = cell(visitor)
    with contextlib.suppress(urllib.error.HTTPError):  # gradio refuses some itself
        visitor.act("upload", cell=here, what="content", path=path)
    assert visitor.book["cells"][-1]["content"]["from"] == "example"
    assert visitor.status(f"gradio_api/file={path}") in (403, 404)


def test_an_upload_is_served_small_and_without_its_metadata(visitor, pictures):
    here = cell(visitor)
    visitor.act("upload", cell=here, what="content", path=visitor.upload(pictures / "photo.png"))
    assert visitor.book["cells"][-1]["content"]["name"] == "photo.png"
    address = visitor.parts["form-0"].split('<img src="')[1].split('"')[0]
    assert visitor.get(address)[:3] == b"\xff\xd8\xff"


def test_a_picture_is_saved_under_the_names_of_its_photo_and_its_style(site, visitor, pictures):
    here = cell(visitor)
    photo = visitor.upload(pictures / "photo.png")
    visitor.act("upload", cell=here, what="content", path=photo)
    visitor.act("upload", cell=here, what="style", index=0, path=visitor.upload(pictures / "painting.png"))
    visitor.act("set", cell=here, name="content_side", value=64)
    visitor.act("run", cell=here)
    assert site.built.run_queue.idle(120)
    for title, name in (("", "photo-painting.png"), ("At sea", "at-sea-painting.png")):
        visitor.act("title", cell=here, value=title)
        visitor.open()
        (link,) = re.findall(r'href="([^"]+)"', visitor.parts["face-0"])
        assert f'download="{name}"' in visitor.parts["face-0"]
        with visitor.request(link) as answer:
            assert answer.headers["Content-Disposition"] == f'inline; filename="{name}"'
            assert read_recipe(answer.read())


def test_names_of_files_do_not_become_html(visitor, tmp_path):
    path = tmp_path / "<img src=x onerror=alert(1)>.jpg"
    path.write_text("hello")
    visitor.act("upload", cell=cell(visitor), what="content", path=visitor.upload(path))
    assert "is not a picture" in visitor.said
    assert not any("<img src=x" in text for name, text in visitor.parts.items() if name != "pulse")


def test_messages_are_in_the_visitors_language(site, pictures):
    visitor = site.visitor("zh")
    visitor.open()
    visitor.act("upload", cell=cell(visitor), what="content", path=visitor.upload(pictures / "bad.jpg"))
    assert "bad.jpg 不是图片" in visitor.said


def test_what_strangers_may_not(shared_site, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(shared_site.built.page_files.store.uploads))
    visitor = shared_site.visitor()
    visitor.open()
    assert visitor.config["show_error"] is False
    assert visitor.status("monitoring") != 200
    large = tmp_path / "large.png"
    large.write_bytes(bytes(21_000_000))
    with pytest.raises(urllib.error.HTTPError) as refused:
        visitor.upload(large)
    assert refused.value.code == 413
    six = visitor.upload(bomb(tmp_path / "six.png", 6000))
    visitor.act("upload", cell=cell(visitor), what="content", path=six)
    assert "36.0 megapixels" in visitor.said


@pytest.mark.parametrize("path", ["monitoring", "gradio_api/file=/etc/passwd", "gradio_api/file=app.py"])
def test_nothing_else_is_served(visitor, path):
    assert visitor.status(path) in (403, 404, 405)


def test_no_traces_are_kept(visitor):
    assert visitor.config["analytics_enabled"] is False
    assert visitor.config["run_history"] is False


# For programs


def test_a_picture_for_a_program(client, pictures):
    path = client.predict(
        content=handle_file(pictures / "photo.png"), style=handle_file(pictures / "painting.png"), side=128,
        strength=0.5, api_name="/stylize",
    )  # fmt: skip
    recipe = json.loads(read_recipe(Path(path).read_bytes()))
    assert (recipe["mode"], recipe["settings"]["strength"]) == ("adain", 0.5)
    assert recipe["content"]["name"] == ""


def test_a_style_by_name_for_a_program(client, pictures):
    styles = client.predict(api_name="/styles")
    assert {"name", "title", "title_zh"} == set(styles[0])
    path = client.predict(
        content=handle_file(pictures / "photo.png"), style=None, style_name=styles[0]["name"], side=128,
        api_name="/stylize",
    )  # fmt: skip
    assert json.loads(read_recipe(Path(path).read_bytes()))["styles"][0]["name"] == styles[0]["name"]


def test_translations_for_a_program(client):
    found = client.predict(api_name="/translations")
    assert "style-vangogh" in {each["name"] for each in found}
    assert {each["state"] for each in found} <= {"ready", "download", "bring"}


def test_programs_get_messages_they_can_use(client, pictures):
    photo = handle_file(pictures / "photo.png")
    with pytest.raises(AppError, match="Choose a style picture first"):
        client.predict(content=photo, style=None, api_name="/stylize")
    with pytest.raises(AppError, match="There is no mode 'nonsense'"):
        client.predict(content=photo, style=photo, mode="nonsense", api_name="/stylize")
    with pytest.raises(AppError, match="is not a picture"):
        client.predict(content=handle_file(pictures / "bad.jpg"), style=photo, api_name="/stylize")


@pytest.mark.parametrize(
    ("language", "said"), [("zh-CN", "请先选择一张风格图片"), ("de", "Choose a style picture")]
)
def test_programs_get_messages_in_the_language_they_ask_for(site, pictures, language, said):
    program = Client(site.url, verbose=False, headers={"Accept-Language": language})
    with pytest.raises(AppError, match=said):
        program.predict(content=handle_file(pictures / "photo.png"), api_name="/stylize")


def test_programs_need_no_client_of_gradios(visitor, pictures):
    """As the README shows: an upload, a call, and its answer as an event."""
    photo = {"path": visitor.upload(pictures / "photo.png"), "meta": {"_type": "gradio.FileData"}}
    asked = visitor.post(
        "gradio_api/call/v2/stylize", {"content": photo, "style_name": "claude-monet", "side": 64}
    )
    answer = visitor.get(f"gradio_api/call/stylize/{json.loads(asked)['event_id']}").decode()
    assert "event: complete" in answer
    made = json.loads(answer.split("data: ")[-1])[0]
    recipe = json.loads(read_recipe(visitor.get(f"gradio_api/file={made['path']}")))
    assert recipe["styles"][0]["name"] == "claude-monet"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Choose a photo first"),
        ({"style_name": "claude-money"}, "claude-monet"),
        ({"side": 10**6}, "8192"),
        ({"preset": "nonsense"}, "There is no preset 'nonsense'"),
        ({"mode": "cyclegan", "translation": "nonsense"}, "must be one of the choices"),
        ({"mode": "gatys", "steps": 10**6}, "10000"),
        ({"strength": 2}, "1"),
    ],
)
def test_wrong_values_of_programs_are_named(client, pictures, given, said):
    photo = {} if not given else {"content": handle_file(pictures / "photo.png")}
    with pytest.raises(AppError, match=said):
        client.predict(**photo, **given, api_name="/stylize")


def test_programs_are_told_what_there_is(visitor):
    endpoints = json.loads(visitor.get("gradio_api/info"))["named_endpoints"]
    assert set(endpoints) == {"/stylize", "/styles", "/translations"}
    names = [each["parameter_name"] for each in endpoints["/stylize"]["parameters"]]
    assert names[:4] == ["content", "style", "style_name", "mode"]
    assert all(each["parameter_has_default"] for each in endpoints["/stylize"]["parameters"])
    assert all(each["description"] for each in endpoints.values())
    assert "recipe" in endpoints["/stylize"]["description"]
