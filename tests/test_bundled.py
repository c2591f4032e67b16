"""Each weight file that comes with Stylize: whole, loadable, and making the picture that it made."""

from __future__ import annotations

import math

import bundled
import pytest
import torch

from stylize import catalog, digest, weights
from stylize.catalog import Row
from stylize.device import choose

MOST = 40e6  # bytes of the whole folder


def decibels(one: torch.Tensor, other: torch.Tensor) -> float:
    error = float((one - other).square().mean())
    return math.inf if error == 0 else -10 * math.log10(error)


def test_there_are_bundled_files_of_every_role() -> None:
    assert {row.role for row in bundled.rows()} == {"encoder", "decoder", "generator"}


@pytest.mark.parametrize("row", bundled.rows(), ids=lambda row: row.name)
def test_a_bundled_file_is_the_one_of_the_catalogue(row: Row) -> None:
    path = catalog.folder() / row.sources[0].filename
    assert path.stat().st_size == row.size
    assert row.sha256_certain
    assert digest.sha256(path, fresh=True) == row.sha256
    assert weights.find(row.name, download=False).path == path


@pytest.mark.parametrize("row", bundled.rows(), ids=lambda row: row.name)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_bundled_network_makes_the_picture_that_is_kept(row: Row, dtype: str) -> None:
    made, kept = bundled.picture_by(row, choose("cpu", dtype)), bundled.reference(row)
    assert made.shape == kept.shape
    assert kept.std() > 0.05
    assert decibels(made, kept) > (40 if dtype == "float32" else 26)


def test_the_folder_is_small() -> None:
    assert sum(each.stat().st_size for each in catalog.folder().rglob("*") if each.is_file()) < MOST
