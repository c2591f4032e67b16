"""The page as it is built: a pool of slots, one channel, and nothing open that need not be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stylize import modes
from stylize.settings import options
from stylize.webui import launch, theme
from stylize.webui.components.settings import GROUPS
from stylize.webui.profiles import LOCAL, SHARE, SPACE
from stylize.webui.session import SLOTS

from .made import page

PROFILES = [LOCAL, SHARE, SPACE]
PUBLIC = {"stylize", "styles", "translations"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return {each.name: page(each, tmp_path_factory.mktemp(each.name)) for each in PROFILES}


@pytest.mark.parametrize("profile", [SHARE, SPACE], ids=lambda profile: profile.name)
def test_strangers_have_lower_limits(profile):
    gatys = {each.name: each for each in options(modes.settings_of("gatys"))}
    assert profile.highest(gatys["steps"]) < LOCAL.highest(gatys["steps"])
    assert profile.highest(gatys["content_side"]) < LOCAL.highest(gatys["content_side"])
    assert profile.seconds
    assert profile.limits().megapixels < LOCAL.limits().megapixels
    assert profile.upload_megabytes() <= 20 < LOCAL.upload_megabytes()


def test_groups_of_settings_are_known():
    groups = {each.group for name in modes.names() for each in options(modes.settings_of(name))}
    assert groups <= set(GROUPS)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_three_endpoints_are_public_and_all_else_is_private(built, profile):
    listeners = built[profile.name].demo.get_config_file()["dependencies"]
    public = {each["api_name"] for each in listeners if each["api_visibility"] == "public"}
    assert public == PUBLIC
    assert {each["api_visibility"] for each in listeners if each["api_name"] not in PUBLIC} == {"private"}


def test_the_page_stays_small_whatever_the_notebook(built):
    config = built["local"].demo.get_config_file()
    (cells,) = [each["props"] for each in config["components"] if each["props"].get("elem_id") == "cells"]
    assert cells["html_template"].count('class="cell"') == SLOTS
    assert len(config["components"]) <= 40
    assert len(config["dependencies"]) <= 8
    assert len(json.dumps(config, default=str)) < 200_000


def test_an_event_changes_one_component(built):
    """gradio makes every output of an event anew, and keeps it for each page, whether or not it changed."""
    listeners = built["local"].demo.get_config_file()["dependencies"]
    inner = [each for each in listeners if {event for _, event in each["targets"]} & {"act", "follow"}]
    assert len(inner) == 2
    assert all(len(each["outputs"]) == 1 for each in inner)


def test_no_address_of_another_server(built):
    config = built["local"].demo.get_config_file()
    for each in config["components"]:
        for unused in ("example_inputs", "api_info", "api_info_as_input", "api_info_as_output"):
            each.pop(unused, None)
    text = json.dumps([config["components"], config["dependencies"]], default=str)
    assert re.findall(r"https?://[^\"]*", text) == []
    style = theme.css() + theme.head() + theme.theme()._get_theme_css()
    assert re.findall(r"(?<!xmlns=')https?://[^\s\"]*|@import|url\(\"(?!data:)[^)]*", style) == []


def test_gradio_writes_no_stub_beside_the_source(built):
    assert not list(Path(launch.__file__).parent.glob("*.pyi"))
