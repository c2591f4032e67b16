"""A finished AdaIN picture with another strength: the same as a run, from features that are kept."""

from __future__ import annotations

import pytest
import torch

from stylize import library
from stylize.image import load
from stylize.modes.adain import session

from .bench import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, executor=None)


def picture(bench, sitting, cell):
    return load(bench.shelf.of(sitting).assets.get(sitting.book[cell].result.asset)).tensor


def test_a_change_is_shown_at_once_and_is_what_a_run_makes(bench):
    sitting = bench.sitting()
    cell = bench.picture(sitting)
    bench.run(sitting, cell)
    strong = picture(bench, sitting, cell)
    bench.do(sitting, "set", cell=cell, name="strength", value=0.4)
    assert bench.line.idle(60)
    assert sitting.lives[cell].phase == "done", sitting.lives[cell].error
    assert sitting.book.stale == frozenset()
    assert sitting.book[cell].result.recipe.settings.strength == 0.4
    tuned = picture(bench, sitting, cell)
    assert (tuned - strong).abs().max() > 0.02
    bench.run(sitting, cell)
    torch.testing.assert_close(picture(bench, sitting, cell), tuned, atol=2 / 255, rtol=0)


def test_the_content_is_encoded_once(bench, monkeypatch):
    from stylize.modes.adain.transfer import AdaIN

    counted, encode = [], AdaIN.encode_content
    monkeypatch.setattr(
        AdaIN, "encode_content", lambda self, *given: counted.append(1) or encode(self, *given)
    )
    sitting = bench.sitting()
    cell = bench.picture(sitting)
    bench.run(sitting, cell)
    counted.clear()
    for strength in (0.2, 0.4, 0.6):
        bench.do(sitting, "set", cell=cell, name="strength", value=strength)
        assert bench.line.idle(60)
    assert len(counted) == 1
    assert sitting.book[cell].result.recipe.settings.strength == 0.6


def test_other_changes_wait_for_a_run(bench):
    sitting = bench.sitting()
    cell = bench.picture(sitting)
    bench.run(sitting, cell)
    bench.do(sitting, "set", cell=cell, name="style_side", value=64)
    assert bench.line.idle(60)
    assert sitting.book.stale == {cell}


def test_what_a_run_said_is_said_again(bench, monkeypatch):
    monkeypatch.setattr(library.index, "encoder", lambda: ("another", "0" * 64))  # so the sample is looked at
    sitting = bench.sitting()
    cell = bench.picture(sitting)
    bench.do(sitting, "choose", cell=cell, what="style", index=0, kind="named", name="claude-monet")
    bench.run(sitting, cell)
    log = sitting.book[cell].result.log
    assert any("claude-monet" in line for line in log)
    bench.do(sitting, "set", cell=cell, name="strength", value=0.4)
    assert bench.line.idle(60)
    assert sitting.book[cell].result.recipe.settings.strength == 0.4
    assert sitting.book[cell].result.log == log


def test_features_of_the_last_cell_alone_may_be_large(bench, monkeypatch):
    monkeypatch.setattr(session, "MOST_BYTES", 1)
    sitting = bench.sitting()
    for _ in range(2):
        cell = bench.picture(sitting)
        bench.run(sitting, cell)
        bench.do(sitting, "set", cell=cell, name="strength", value=0.4)
        assert bench.line.idle(60)
        kept = bench.workshop.sharing.sessions["adain"]
        assert len(kept) == 1
        assert kept.size > 1


def test_a_sweep_encodes_its_photo_once_and_makes_what_runs_make(bench, monkeypatch):
    from stylize.modes.adain.transfer import AdaIN

    counted, encode = [], AdaIN.encode_content
    monkeypatch.setattr(
        AdaIN, "encode_content", lambda self, *given: counted.append(1) or encode(self, *given)
    )
    sitting = bench.sitting()
    cell = bench.picture(sitting, kind="sweep")
    bench.do(sitting, "axis", cell=cell, n=0, setting="strength", values="0.3 0.9")
    bench.run(sitting, cell)
    assert len(counted) == 1
    for tile, strength in zip(sitting.book[cell].result.tiles, (0.3, 0.9), strict=True):
        alone = bench.picture(sitting, strength=strength)
        bench.run(sitting, alone)
        assets = bench.shelf.of(sitting).assets
        assert torch.equal(load(assets.get(tile.asset)).tensor, picture(bench, sitting, alone))
