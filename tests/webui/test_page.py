"""The page as it is built: every setting has its widget, and nothing is open that need not be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import gradio as gr
import pytest

from stylize import modes
from stylize.settings import options
from stylize.webui import launch
from stylize.webui.profiles import LOCAL, SHARE, SPACE
from stylize.webui.widgets import GROUPS

from .made import page

PROFILES = [LOCAL, SHARE, SPACE]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return {each.name: page(each, tmp_path_factory.mktemp(each.name)) for each in PROFILES}


@pytest.mark.parametrize("mode", modes.NAMES)
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_setting_has_a_widget_with_its_bounds(built, profile, mode):
    widgets = built[profile.name].page.inputs.settings[mode].components
    found = options(modes.settings_of(mode))
    assert set(widgets) == {each.name for each in found}
    for each in found:
        widget = widgets[each.name]
        assert widget.interactive
        if each.kind is bool:
            assert isinstance(widget, gr.Checkbox)
            assert widget.value is each.default
        elif each.kind in (int, float):
            high = profile.highest(each)
            assert isinstance(widget, (gr.Slider, gr.Number))
            assert (widget.minimum, widget.maximum, widget.step) == (each.low, high, each.step)
            assert widget.value == min(each.default, high)
            assert (widget.precision == 0) == (each.kind is int)
        else:
            assert tuple(value for _, value in widget.choices) == each.choices
            assert not getattr(widget, "allow_custom_value", False)
            assert bool(getattr(widget, "multiselect", False)) == (each.kind is tuple)


@pytest.mark.parametrize("profile", [SHARE, SPACE], ids=lambda profile: profile.name)
def test_strangers_have_lower_limits(profile):
    gatys = {each.name: each for each in options(modes.settings_of("gatys"))}
    assert profile.highest(gatys["steps"]) < LOCAL.highest(gatys["steps"])
    assert profile.highest(gatys["content_side"]) < LOCAL.highest(gatys["content_side"])
    assert profile.seconds
    assert profile.limits().megapixels < LOCAL.limits().megapixels
    assert profile.upload_megabytes() <= 20 < LOCAL.upload_megabytes()


def test_groups_of_settings_are_known():
    groups = {each.group for name in modes.NAMES for each in options(modes.settings_of(name))}
    assert groups <= set(GROUPS)


@pytest.mark.parametrize("mode", modes.NAMES)
def test_presets_fill_the_widgets_they_name(built, mode):
    settings = built["local"].page.inputs.settings[mode]
    kind = modes.settings_of(mode)
    assert (settings.preset is not None) == (len(kind.PRESETS) > 1)
    for preset, changes in kind.PRESETS.items():
        values = dict(zip(settings.components, settings.fill(preset), strict=True))
        assert kind.from_dict(values) == kind.preset(preset)
        for name, value in changes.items():
            assert values[name] == (list(value) if isinstance(value, tuple) else value)


def test_presets_stay_within_a_strangers_limits(built):
    settings = built["space"].page.inputs.settings["gatys"]
    for preset in modes.settings_of("gatys").PRESETS:
        values = dict(zip(settings.components, settings.fill(preset), strict=True))
        assert values["steps"] <= SPACE.steps


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_only_private_listeners(built, profile):
    config = built[profile.name].demo.get_config_file()
    assert len(config["dependencies"]) >= 12
    assert {each["api_visibility"] for each in config["dependencies"]} == {"private"}
    assert len(config["components"]) < 140


def test_own_weights_are_for_the_owner_alone(built):
    assert built["local"].page.inputs.own_weights is not None
    for name in ("share", "space"):
        assert built[name].page.inputs.own_weights is None
        assert not any(isinstance(each, gr.File) for each in built[name].demo.blocks.values())


def test_no_address_of_another_server(built):
    config = built["local"].demo.get_config_file()
    for each in config["components"]:
        for unused in ("example_inputs", "api_info", "api_info_as_input", "api_info_as_output"):
            each.pop(unused, None)
    text = json.dumps([config["components"], config["dependencies"]], default=str)
    assert re.findall(r"https?://[^\"]*", text) == []
    style = launch.theme.css() + launch.theme.script() + launch.theme.theme()._get_theme_css()
    assert re.findall(r"(?<!xmlns=')https?://[^\s\"]*|@import|url\(\"(?!data:)[^)]*", style) == []


def test_it_opens_with_an_example_filled_in(built):
    inputs = built["local"].page.inputs
    assert inputs.content.value["path"]
    assert inputs.styles[0].picture.value["path"]
    assert inputs.mode.value == "adain"


def test_gradio_writes_no_stub_beside_the_source(built):
    assert not list(Path(launch.__file__).parent.glob("*.pyi"))
