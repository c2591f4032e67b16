"""The lists of weights and styles, and the flags of the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import stylize
from stylize.weights import catalog

from .commands import events

pytestmark = pytest.mark.usefixtures("folder", "usual_signals")


def test_the_list_of_weights(run):
    status, out, err = run("weights", "list")
    assert (status, err) == (0, "")
    heading, *lines = out.splitlines()
    assert [line.split()[0] for line in lines] == [row.name for row in catalog.rows()]
    assert heading.split() == ["NAME", "ROLE", "TITLE", "SIZE", "WHERE", "LICENSE"]
    table = dict(zip((row.name for row in catalog.rows()), lines, strict=True))
    assert "bundled" in table["adain-half"]
    assert "needs a download of 575 MB" in table["vgg19"]
    assert "bring style_cezanne.pth yourself" in table["style-cezanne"]
    for row in catalog.rows():
        assert table[row.name].endswith(row.license)


def test_the_list_of_weights_for_programs(run):
    found = events(run("weights", "list", "--json")[1])
    assert [each["name"] for each in found] == [row.name for row in catalog.rows()]
    assert {each["state"] for each in found} == {"bundled", "download", "bring"}
    assert next(each for each in found if each["name"] == "adain-half")["encoder"] == "vgg19-half"


def test_weights_are_verified(run, folder, monkeypatch):
    status, out, err = run("weights", "verify", "-q")
    bundled = [row.name for row in catalog.rows() if row.bundled]
    assert (status, out, err) == (0, "".join(f"{name}: right\n" for name in bundled), "")
    status, out, _ = run("weights", "verify", "vgg19", "vgg19-half", "-q")
    assert (status, out) == (2, "vgg19: not on this machine\nvgg19-half: right\n")
    found = events(run("weights", "verify", "vgg19-half", "--json")[1])[-1]
    assert (found["event"], found["verdict"], len(found["sha256"])) == ("verified", "right", 64)


def test_weights_are_pulled(run, refused):
    status, out, _ = run("weights", "pull", "adain-half")
    assert status == 0
    assert [Path(line).name for line in out.split()] == [
        catalog.row("vgg19-half").file, catalog.row("adain-half").file,
    ]  # fmt: skip
    assert "no weight called 'vgg'" in refused("weights", "pull", "vgg")
    assert "vgg19.safetensors" in refused("weights", "pull", "vgg19")
    assert "no weight called 'vgg'" in refused("weights", "verify", "vgg")


def test_the_page_gets_its_flags(run, refused, monkeypatch):
    given = {}
    monkeypatch.setattr("stylize.webui.serve", lambda **options: given.update(options))
    assert run("serve")[0] == 0
    plain = {
        "auth": None, "open_browser": False, "mcp": None, "root_path": None, "profile": None,
        "ssl_certfile": None, "ssl_keyfile": None,
    }  # fmt: skip
    assert given == {"share": False, "port": None, "host": "127.0.0.1", **plain}
    assert run("serve", "--share", "--port", "8000", "--host", "0.0.0.0")[0] == 0
    assert given == {"share": True, "port": 8000, "host": "0.0.0.0", **plain}
    assert run("serve", "--open", "--mcp", "--auth", "ann:one", "--auth", "bob:t:wo")[0] == 0
    assert (given["open_browser"], given["mcp"]) == (True, True)
    assert given["auth"] == [("ann", "one"), ("bob", "t:wo")]

    def missing(**options):
        raise ModuleNotFoundError("No module named 'gradio'", name="gradio")

    monkeypatch.setattr("stylize.webui.serve", missing)
    assert "pip install gradio" in refused("serve")


def test_passwords_come_from_a_file(run, refused, monkeypatch, tmp_path):
    given = {}
    monkeypatch.setattr("stylize.webui.serve", lambda **options: given.update(options))
    (tmp_path / "who").write_text("\ufeffann:one\n\n  bob:two  \n", "utf-8")
    assert run("serve", "--auth-file", str(tmp_path / "who"))[0] == 0
    assert given["auth"] == [("ann", "one"), ("bob", "two")]
    for text in (b"", b"ann\n", b"ann:\n", b":secret\n"):
        (tmp_path / "who").write_bytes(text)
        said = refused("serve", "--auth-file", str(tmp_path / "who"))
        assert "name:password" in said
        assert "secret" not in said
    (tmp_path / "who").write_bytes(b"\xff\xfe\xff")
    assert "who is saved as UTF-16" in refused("serve", "--auth-file", str(tmp_path / "who"))
    assert "nowhere cannot be read" in refused("serve", "--auth-file", "nowhere")
    assert "not allowed with" in refused("serve", "--auth-file", "nowhere", "--auth", "a:b")


@pytest.mark.parametrize(
    "command", [("adain", "photo.png", "-o", "x.png"), ("run", "one.png", "-o", "x.png")]
)
def test_a_mistyped_style_is_one_line(command, run, refused):
    run("adain", "photo.png", "--style", "a.png", "-o", "one.png")
    line = refused(*command, "--style", "claude-money")
    assert "claude-monet" in line
    assert "stylize styles" in line


def test_the_list_of_styles(run):
    status, out, _ = run("styles")
    assert status == 0
    names = [line.split()[0] for line in out.splitlines()[1:]]
    assert names == [each.name for each in stylize.styles()]
    found = [json.loads(line) for line in run("styles", "--json")[1].splitlines()]
    assert [each["name"] for each in found] == names
    assert all(Path(each["thumbnail"]).is_file() and each["artist_zh"] for each in found)
