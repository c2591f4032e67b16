"""What a sweep begins with can be run."""

from __future__ import annotations

import pytest

from stylize import modes
from stylize.notebook import Cell
from stylize.settings import options
from stylize.webui.sweeps import axis, first_axis

SETTINGS = [(mode, each) for mode in modes.names() for each in options(modes.settings_of(mode))]


@pytest.mark.parametrize(("mode", "option"), SETTINGS, ids=[f"{mode}-{each.name}" for mode, each in SETTINGS])
def test_every_setting_takes_the_values_that_its_sweep_begins_with(mode, option):
    cell = Cell(mode=mode, settings=modes.settings_of(mode)())
    values = axis(cell, option.name, "").values
    assert len(set(values)) == len(values) > 0
    for value in values:
        option.check(value)


@pytest.mark.parametrize("mode", modes.names())
def test_so_does_what_a_new_sweep_varies(mode):
    first = first_axis(mode)
    known = {each.name: each for each in options(modes.settings_of(mode))}
    for value in first.values:
        known[first.setting].check(value)
