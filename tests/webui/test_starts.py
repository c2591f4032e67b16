"""Cells to begin with."""

from __future__ import annotations

import pytest

from stylize import modes
from stylize.errors import NotebookError
from stylize.modes.choices import networks
from stylize.webui import starts
from stylize.webui.profiles import LOCAL, SPACE


def test_every_mode_has_starts_and_no_two_are_called_alike() -> None:
    found = [start.name for _, start in starts.presets()]
    assert len(set(found)) == len(found)
    assert {mode for mode, _ in starts.presets()} == set(modes.names())
    for name in found:
        starts.preset(name, SPACE)
    with pytest.raises(NotebookError):
        starts.preset("nonsense", LOCAL)


def test_a_network_that_is_asked_for_is_taken() -> None:
    spec = next(each for each in modes.specs() if each.style_network_field)
    for each in networks(spec):
        made = starts.mode_settings(spec.name, "default", {spec.style_network_field: each.name}, LOCAL)
        assert getattr(made, spec.style_network_field) == each.name
    usual = starts.mode_settings(spec.name, "default", {}, LOCAL)
    assert getattr(usual, spec.style_network_field) in {each.name for each in networks(spec) if each.here}
