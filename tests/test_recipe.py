"""Recipes are data from anybody: they come back whole, or as one clear error."""

import copy
import json
import math
import subprocess
import sys

import pytest

from stylize import modes
from stylize.errors import RecipeError, SettingsError
from stylize.inputs import MOST_STYLES
from stylize.recipe import LONGEST, FileRef, Recipe, StyleFileRef

SHA = "0123456789abcdef" * 4
NAMES = ["photo.jpg", "", "花 <&>\"'.png", "a\udcffb.png", "tab\there.png", "x" * 255]


def recipe(mode="adain", name="photo.jpg", **changes):
    return Recipe(
        mode=mode,
        settings=modes.settings_of(mode)(**changes),
        content=FileRef(name, SHA),
        styles=(StyleFileRef("a.png", SHA, 2.0), StyleFileRef("b.png", "", 0.25)),
        weights=(FileRef("vgg19-half", SHA),),
    )


@pytest.mark.parametrize("mode", modes.names())
def test_recipes_come_back(mode):
    made = recipe(mode, content_side=320, keep_alpha=True)
    assert Recipe.from_json(made.to_json()) == made


@pytest.mark.parametrize("preset", modes.settings_of("gatys").PRESETS)
def test_presets_come_back_as_their_settings(preset):
    made = recipe("gatys", **modes.settings_of("gatys").preset(preset).to_dict())
    assert Recipe.from_json(made.to_json()).settings == modes.settings_of("gatys").preset(preset)


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_comes_back_and_fits_any_file(name):
    text = recipe(name=name).to_json()
    assert text.isascii()
    assert "\n" not in text
    assert Recipe.from_json(text).content.name == name


def test_what_is_left_out_has_its_default():
    made = Recipe.from_json('{"format": 1, "mode": "adain", "content": {"name": "a.png", "sha256": ""}}')
    assert made.settings == modes.settings_of("adain")()
    assert made.styles == made.weights == ()
    style = {"name": "b.png", "sha256": ""}
    text = json.dumps({**json.loads(recipe().to_json()), "styles": [style]})
    assert Recipe.from_json(text).styles == (StyleFileRef("b.png", "", 1.0),)


TEXTS = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "a number": "3",
    "null": "null",
    "no mode": "{}",
    "a BOM only": "\ufeff",
    "another format": '{"format": 2, "mode": "adain"}',
    "no format": '{"mode": "adain"}',
    "an unknown mode": '{"format": 1, "mode": "vgg", "content": {}}',
    "a dunder for a mode": '{"format": 1, "mode": "__class__", "content": {}}',
    "no content": '{"format": 1, "mode": "adain"}',
    "deep lists": "[" * 100_000,
    "deep objects": '{"a":' * 30_000,
    "a huge number": '{"format": 1, "mode": "adain", "settings": {"content_side": ' + "9" * 5000 + "}}",
    "too long": '{"format": 1, "mode": "' + "x" * LONGEST + '"}',
    "lone surrogates": '{"format": 1, "mode": "\\ud800"}',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_that_is_no_recipe_is_refused(text):
    with pytest.raises((RecipeError, SettingsError)) as caught:
        Recipe.from_json(text)
    assert len(str(caught.value)) < 400


def places(value, path=()):
    """The paths to every part of nested dicts and lists."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from places(part, (*path, key))


def replaced(value, path, new):
    value = copy.deepcopy(value)
    if not path:
        return new
    part = value
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = new
    return value


HOSTILE = [
    None, True, -1, 0, 1e308, -1e308, 10**400, math.nan, math.inf, "", "x" * 1000, "../../etc/passwd", "a\\b",
    "{name}", "%s", "\0", [], {}, [[]], [None], [{}], {"": {}}, {"name": 1}, {"name": "a", "sha256": None},
]  # fmt: skip


def read_or_refused(text):
    """The recipe, or the message of the one kind of error that there may be."""
    try:
        return Recipe.from_json(text)
    except (RecipeError, SettingsError) as error:
        return str(error)


@pytest.mark.parametrize("mode", modes.names())
def test_whatever_stands_anywhere_in_a_recipe_it_is_read_or_refused(mode):
    whole = json.loads(recipe(mode).to_json())
    for path in places(whole):
        for value in HOSTILE:
            found = read_or_refused(json.dumps(replaced(whole, path, value)))
            if isinstance(found, str):
                assert len(found) < 600, (path, value)
                continue
            assert Recipe.from_json(found.to_json()) == found
            for source in (found.content, *found.styles, *found.weights):
                assert not set("/\\") & set(source.name)


def test_nested_as_deep_as_json_is_read_it_is_refused():
    for depth in range(10, 20_000, 97):
        text = '{"format": 1, "mode": "adain", "settings": {"strength": ' + "[" * depth + "]" * depth + "}}"
        with pytest.raises((RecipeError, SettingsError)):
            Recipe.from_json(text)


@pytest.mark.parametrize("cut", range(0, 500, 7))
def test_a_recipe_cut_short_is_refused(cut):
    text = recipe().to_json()
    assert cut < len(text)
    with pytest.raises(RecipeError):
        Recipe.from_json(text[:cut])


@pytest.mark.parametrize(
    "name", ["../a.png", "/etc/passwd", "a/b.png", "..\\a.png", "C:\\a.png", "nul\0.png"]
)
@pytest.mark.parametrize("where", ["content", "styles", "weights"])
def test_an_input_is_a_plain_file_name(name, where):
    values = json.loads(recipe().to_json())
    part = values[where] if where == "content" else values[where][0]
    part["name"] = name
    with pytest.raises(RecipeError, match="plain file name"):
        Recipe.from_json(json.dumps(values))


@pytest.mark.parametrize("weight", [-1, 1e7, math.nan, math.inf, True, "1", None, [], 10**400])
def test_a_weight_is_a_number_that_a_mix_can_use(weight):
    values = json.loads(recipe().to_json())
    values["styles"][0]["weight"] = weight
    with pytest.raises(RecipeError, match="weight"):
        Recipe.from_json(json.dumps(values))


def test_there_are_only_so_many_styles():
    values = json.loads(recipe().to_json())
    values["styles"] = values["styles"][:1] * MOST_STYLES
    assert len(Recipe.from_json(json.dumps(values)).styles) == MOST_STYLES
    values["styles"] += values["styles"][:1]
    with pytest.raises(RecipeError, match="styles"):
        Recipe.from_json(json.dumps(values))


def test_settings_of_another_mode_are_refused():
    values = json.loads(recipe("gatys").to_json())
    values["mode"] = "adain"
    with pytest.raises(SettingsError, match="no setting"):
        Recipe.from_json(json.dumps(values))


def test_reading_recipes_needs_no_torch():
    code = "import sys, stylize.recipe; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.pth", "\\\\host\\share\\x.pth", "a/b", "\ud800"])
def test_a_recipe_opens_no_path_of_its_choice(name):
    values = {"format": 1, "mode": "adain", "settings": {"network": name}, "content": {"name": "a.png"}}
    with pytest.raises(RecipeError, match="network names a folder"):
        Recipe.from_json(json.dumps(values))
    values = {"format": 1, "mode": "adain", "settings": {}, "content": {"name": name}}
    with pytest.raises(RecipeError, match="plain file name"):
        Recipe.from_json(json.dumps(values))
