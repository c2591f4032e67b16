"""What the page can send is what the server takes: names, fields and values."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from notebook.made import learned_style

from stylize import modes
from stylize.webui.commands import TABLE, parse
from stylize.webui.commands.schema import COMMANDS, MODULE, javascript, json_schema
from stylize.webui.script import order, source
from stylize.webui.session import Live

from ..bench import Bench

# What data-kind says of a field's value, see fields.js; another field sends the text itself.
VALUES = {"bool": True, "number": 0.5, "list": ["x"], "text": "x"}


def test_the_javascript_is_that_of_the_table():
    assert MODULE.read_text("utf-8") == javascript(), "python -m stylize.webui.commands.schema writes it anew"


def test_the_schema_says_what_is_needed_and_within_which_bounds():
    schema = json_schema()
    assert schema["move"] == {
        "type": "object",
        "description": "Moves a cell by one place.",
        "properties": {
            "cell": {"type": "string", "maxLength": 255},
            "way": {"type": "string", "enum": ["up", "down"]},
        },
        "required": ["cell", "way"],
    }
    assert schema["axis"]["properties"]["n"] == {"type": ["integer", "string"], "minimum": 0, "maximum": 1}
    assert schema["axis"]["required"] == ["cell", "n"]
    assert all(each["description"] for each in schema.values())


def test_every_command_has_a_type_of_its_own():
    assert len(set(COMMANDS.values())) == len(COMMANDS)


# What the scripts send by themselves

SCRIPTS = {name: source(name) for name in order() if name != "commands.js"}
LITERAL = re.compile(r'\{(?:do|name): "(\w+)"|command\("(\w+)"|event\.shiftKey \? "(\w+)" : "(\w+)"')


def named(text: str) -> set[str]:
    return {name for found in LITERAL.findall(text) for name in found if name}


def test_commands_that_scripts_name_are_in_the_table():
    found = set().union(*map(named, SCRIPTS.values()))
    assert {"open", "refresh", "add", "undo", "redo", "close", "upload", "import", "language"} <= found
    assert found <= COMMANDS.keys()


def here() -> set[str]:
    """The buttons that the browser answers by itself."""
    block = SCRIPTS["clicks.js"].split("const HERE = {\n")[1].split("\n};")[0]
    return set(re.findall(r"^    (\w+):", block, re.MULTILINE))


# What forms, cards and bars send


class Elements(HTMLParser):
    """The attributes of every element, but for "data-" in their names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[dict[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.all.append({name.removeprefix("data-"): value or "" for name, value in attributes})


def with_a_learned_style(bench, session, cell, folder):
    """The dialog with one, before and while it is asked whether it is to be deleted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STYLIZE_STYLES_DIR", str(folder))
        file = bench.upload("sea.style.safetensors", learned_style())
        bench.do(session, "upload", cell=cell, what="style", index=0, path=file)
        bench.do(session, "pick", cell=cell, what="style")
        yield bench.drawing.changes(session)
        bench.do(session, "ask_style", name="sea")
        yield bench.drawing.changes(session)


@pytest.fixture(scope="module")
def elements(tmp_path_factory):
    """Those of a page on which everything can be seen that there is."""
    bench = Bench(tmp_path_factory.mktemp("page"))
    session = bench.session()
    pages = [bench.drawing.changes(session)]
    cell = bench.picture(session)
    bench.do(session, "choose", cell=cell, what="style", index=1, kind="example", name="lily-pond")
    bench.run(session, cell)
    sweep = bench.do(session, "add", kind="sweep")
    bench.run(session, sweep)
    note = bench.do(session, "add", kind="note")
    bench.do(session, "text", cell=note, value="*Plans*")
    for mode in modes.names():
        bench.do(session, "mode", cell=bench.do(session, "add", kind="picture"), value=mode)
    bare = bench.do(session, "add", kind="picture")
    session.do(session.book.change(bare, content=None, styles=()))
    for what in ("content", "style"):
        bench.do(session, "pick", cell=bench.do(session, "add", kind="picture"), what=what)
        pages.append(bench.drawing.changes(session))
    pages += with_a_learned_style(bench, session, cell, tmp_path_factory.mktemp("styles"))
    session.lives[cell] = Live(phase="running")
    pages.append(bench.drawing.changes(session))
    return [each for page in pages for text in page.parts.values() for each in Elements(text).all]


def test_every_command_of_a_button_or_field_is_known(elements):
    asked = {each[kind] for each in elements for kind in ("do", "change", "upload") if kind in each}
    assert asked <= TABLE.keys() | here()
    assert TABLE.keys() <= asked | set().union(*map(named, SCRIPTS.values())), "for which there is no button"


def test_buttons_send_what_their_command_takes(elements):
    buttons = [each for each in elements if each.get("do", "") in TABLE]
    assert len(buttons) > 100
    for each in buttons:
        parse(TABLE[each["do"]].command, each)


def test_fields_send_what_their_command_takes(elements):
    changed = [each for each in elements if "change" in each]
    assert {each["change"] for each in changed} >= {
        "title",
        "text",
        "rename",
        "set",
        "mode",
        "axis",
        "property",
    }
    for each in changed:
        value = VALUES[each["kind"]] if "kind" in each else each.get("value", "1")
        parse(TABLE[each["change"]].command, {**each, each.get("field", "value"): value})


def test_files_go_where_their_command_takes_them(elements):
    brought = [(each["upload"], each) for each in elements if each.get("upload")]
    brought += [("upload", each) for each in elements if "drop" in each or (each.get("modal") == "picker"
                and "open" in each)]  # fmt: skip
    assert {name for name, _ in brought} == {"upload", "import", "network"}
    for name, each in brought:
        parse(TABLE[name].command, {**each, "path": "x", "paths": ["x"]})
