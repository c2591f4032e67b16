"""Each weight file that comes with Stylize makes the picture that it made when it came."""

from __future__ import annotations

import math

import bundled
import pytest
import torch

from stylize.device import choose
from stylize.weights.catalog import Row


def decibels(one: torch.Tensor, other: torch.Tensor) -> float:
    error = float((one - other).square().mean())
    return math.inf if error == 0 else -10 * math.log10(error)


def test_there_are_bundled_files_of_every_role() -> None:
    assert {row.role for row in bundled.rows()} == {"encoder", "decoder", "generator", "painter"}


@pytest.mark.parametrize("row", bundled.rows(), ids=lambda row: row.name)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_bundled_network_makes_the_picture_that_is_kept(row: Row, dtype: str) -> None:
    made, kept = bundled.picture_by(row, choose("cpu", dtype)), bundled.reference(row)
    assert made.shape == kept.shape
    assert kept.std() > 0.05
    assert decibels(made, kept) > (40 if dtype == "float32" else 26)
