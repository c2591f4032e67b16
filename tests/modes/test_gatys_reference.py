"""Gatys' defaults make the picture that is kept, and other settings do not."""

from __future__ import annotations

import math

import bundled
import pytest
from torch import Tensor

from stylize.device import choose
from stylize.image import load

pytestmark = pytest.mark.usefixtures("exact")


def decibels(**changes: object) -> float:
    """The peak signal-to-noise ratio of a picture by changed defaults against the one that is kept."""
    made, kept = bundled.picture_by_gatys(choose("cpu", "float32"), **changes), reference()
    return -10 * math.log10(float((made - kept).square().mean()))


def reference() -> Tensor:
    return load(bundled.FOLDER / "gatys.png").tensor


def test_the_defaults_make_the_picture_that_is_kept() -> None:
    assert reference().std() > 0.05
    assert decibels() > 38


@pytest.mark.parametrize(
    "changes",
    [
        {"balance": "style"},
        {"balance": "fixed"},
        {"parametrization": "pixels"},
        {"freedom": 0.5},
        {"style_loss": "gram"},
        {"learning_rate": 0.05},
    ],
    ids=str,
)
def test_other_settings_make_another(changes: dict[str, object]) -> None:
    assert decibels(**changes) < 34
