"""Every sentence that the page can show has a Chinese one that names the same values."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from html.parser import HTMLParser
from pathlib import Path

import pytest

import stylize
from stylize import errors, modes
from stylize.inputs import style_properties
from stylize.settings import options
from stylize.webui import examples, launch
from stylize.webui.components.labels import choice_title, default_title, preset_title
from stylize.webui.texts import language_of, say, translations
from stylize.weights import catalog

from .bench import Bench

SHELLS = ("stylize.cli", "stylize.__main__", "stylize.training", "stylize.metrics")
CHINESE = translations("zh")


def _modules():
    for found in pkgutil.walk_packages(stylize.__path__, "stylize."):
        if not found.name.startswith(SHELLS):
            yield importlib.import_module(found.name)


def _message_makers(module):
    """Names in a module that make a message from a template: ``note``, ``Note`` and the errors."""
    kinds = (name for name, value in vars(module).items()
             if isinstance(value, type) and issubclass(value, errors.StylizeError))  # fmt: skip
    return {"note", "Note", *kinds}


def _templates(module):
    """The template of each message in a module; one that is put together is put together here too."""
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    makers = _message_makers(module)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in makers:
            continue
        for part in _alternatives(node.args[0], tree):
            if module is not errors:  # where messages are defined, not made
                yield eval(compile(ast.Expression(part), module.__name__, "eval"), dict(vars(module)))


def _alternatives(node, tree):
    """The expressions that a template may be: both sides of an ``if``, and what a local name stands for."""
    if isinstance(node, ast.IfExp):
        return [*_alternatives(node.body, tree), *_alternatives(node.orelse, tree)]
    if isinstance(node, ast.Name):
        values = [each.value for each in ast.walk(tree) if isinstance(each, ast.Assign)
                  and any(isinstance(to, ast.Name) and to.id == node.id for to in each.targets)]  # fmt: skip
        return [part for value in values for part in _alternatives(value, tree)]
    handed_on = isinstance(node, ast.Attribute) and node.attr == "template"
    return [] if handed_on else [node]


def _fields(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


MESSAGES = sorted({(text, module.__name__) for module in _modules() for text in _templates(module)}, key=str)


def test_messages_are_found():
    texts = [text for text, _ in MESSAGES]
    assert "{file} is empty: choose another picture." in texts
    assert "Stopped after {seconds:.0f} seconds, the limit of this page." in texts
    assert len(texts) > 50


def test_every_message_has_a_chinese_one():
    missing = [f"{module}: {text}" for text, module in MESSAGES if text not in CHINESE]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("english", sorted(CHINESE))
def test_translation_names_the_same_values(english):
    assert _fields(CHINESE[english]) == _fields(english)


def test_nothing_is_translated_in_vain():
    """A translations entry that nothing shows any more is dead, or misspelt."""
    source = "\n".join(
        Path(module.__file__).read_text("utf-8") for module in _modules() if module.__file__.endswith(".py")
    )
    known = {text for text, _ in MESSAGES} | set(_setting_texts()) | set(_weight_texts())
    dead = [
        text for text in CHINESE if text not in known and not any(each in source for each in _literals(text))
    ]
    assert not dead, "\n".join(dead)


def _literals(text):
    plain = text.replace("\\", "\\\\").replace("\n", "\\n")
    return '"' + plain.replace('"', '\\"') + '"', f"'{text}'"


def _setting_texts():
    for each in style_properties():
        yield from (each.label, each.help)
    for name in modes.names():
        for each in options(modes.settings_of(name)):
            yield from (each.label, each.help, each.group)
            for choice in each.choices or ():
                if catalog.row(choice) is None and choice_title(choice, "en") != choice:
                    yield default_title(choice)
        kind = modes.settings_of(name)
        yield from (preset_title(kind, preset) for preset in kind.PRESETS)


def _weight_texts():
    for row in catalog.rows():
        yield from (row.title, row.summary)


@pytest.mark.parametrize("texts", [_setting_texts, _weight_texts])
def test_settings_and_weights_have_chinese_names(texts):
    missing = sorted({text for text in texts() if text not in CHINESE})
    assert not missing, "\n".join(missing)


def test_examples_have_chinese_names():
    found = examples.find()
    assert found.photos
    assert found.paintings
    for sample in (*found.photos, *found.paintings):
        assert sample.called("en") == sample.title != sample.called("zh"), sample


class Texts(HTMLParser):
    """Everything that a page says: its text, and what is only read out or shown on demand."""

    def __init__(self, text):
        super().__init__()
        self.said = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        spoken = ("aria-label", "aria-description", "aria-valuetext", "title", "placeholder", "alt")
        self.said += [value for name, value in attributes if name in spoken]

    def handle_data(self, data):
        self.said.append(data)


NAMES = re.compile(
    r"AdaIN|Gatys|CycleGAN|Stylize|Markdown|Jupyter|Python|English|L-BFGS|Adam|Wasserstein(-2)?|Gram|VGG-?\d*"
    r"|relu\d_\d|\.\w+|Ctrl|Shift|Enter|Alt|PNG|ImageNet|naoto0804|MB|beta|alpha"
    r"|Monet|Cezanne|Ukiyo-e|Van Gogh"
)


def test_a_chinese_page_speaks_chinese(tmp_path):
    bench = Bench(tmp_path)
    session = bench.session("zh")
    empty = bench.drawing.changes(session).parts
    for name in ("adain", "gatys", "gatys-2016", "cyclegan"):
        bench.do(session, "preset", name=name)
    sweep = bench.do(session, "add", kind="sweep")
    bench.do(session, "add", kind="note")
    bench.run(session, bench.picture(session))
    bench.do(session, "set", cell=sweep, name="strength", value=0.5)
    bench.do(session, "pick", cell=sweep, what="style", index=0)
    full = bench.drawing.changes(session).parts
    html = "".join(text for page in (empty, full) for name, text in page.items() if name != "keep")
    said = {NAMES.sub("", text) for text in Texts(html).said}
    english = sorted(text for text in said if re.search(r"[a-z]{3,}", text))
    assert not english, "\n".join(english)


def test_what_the_server_says_by_name_is_translated():
    """``say("…")`` with a plain text in the page's own code."""
    missing = []
    for path in Path(launch.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("say", "view.say"):
                first = node.args[0]
                if isinstance(first, ast.Constant) and first.value not in CHINESE:
                    missing.append(f"{path.name}: {first.value}")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("zh", "zh"), ("zh-Hans-SG", "zh"), ("en-US,en;q=0.9", "en"),
        ("de,en;q=0.5,zh;q=0.8", "zh"), ("fr", "en"), ("", "en"), (None, "en"), ("zh;q=x, en", "zh"),
    ],
)  # fmt: skip
def test_language_of_a_visitor(header, language):
    assert language_of(header) == language


def test_say_fills_in_nested_messages_and_words():
    error = errors.SettingsError("{name} is {value!r}, but it must be {wanted}.", name="steps", value="x",
                                 wanted="a whole number")  # fmt: skip
    assert say(error) == "steps is 'x', but it must be a whole number."
    chinese = say(error, "zh")
    assert "steps" in chinese
    assert re.search("整数", chinese)
    nested = errors.note("{reason}", reason=errors.note("Painting"))
    assert say(nested, "zh") == say("Painting", "zh") != "Painting"


def test_strangers_are_not_told_folders_of_this_computer():
    message = errors.note("{file} is empty: choose another picture.", file="/home/me/secret/photo.jpg")
    assert say(message, paths=False) == "photo.jpg is empty: choose another picture."
    assert "/home/me" in say(message)
