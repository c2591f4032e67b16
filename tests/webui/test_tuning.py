"""A finished AdaIN picture with another strength: the same as a run, from features that are kept."""

from __future__ import annotations

import pytest
import torch

from stylize import library
from stylize.image import load
from stylize.modes.adain import session as adain_session

from .bench import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, executor=None)


def picture(bench, session, cell):
    return load(bench.page_files.of(session).assets.get(session.book[cell].result.asset)).tensor


def test_a_change_is_shown_at_once_and_is_what_a_run_makes(bench):
    session = bench.session()
    cell = bench.picture(session)
    bench.run(session, cell)
    strong = picture(bench, session, cell)
    bench.do(session, "set", cell=cell, name="strength", value=0.4)
    assert bench.run_queue.idle(60)
    assert session.lives[cell].phase == "done", session.lives[cell].error
    assert session.book.stale == frozenset()
    assert session.book[cell].result.recipe.settings.strength == 0.4
    tuned = picture(bench, session, cell)
    assert (tuned - strong).abs().max() > 0.02
    bench.run(session, cell)
    torch.testing.assert_close(picture(bench, session, cell), tuned, atol=2 / 255, rtol=0)


def test_the_content_is_encoded_once(bench, monkeypatch):
    from stylize.modes.adain.painting import Painting

    counted, encode = [], Painting.encode_content
    monkeypatch.setattr(
        Painting, "encode_content", lambda self, *given: counted.append(1) or encode(self, *given)
    )
    session = bench.session()
    cell = bench.picture(session)
    bench.run(session, cell)
    counted.clear()
    for strength in (0.2, 0.4, 0.6):
        bench.do(session, "set", cell=cell, name="strength", value=strength)
        assert bench.run_queue.idle(60)
    assert len(counted) == 1
    assert session.book[cell].result.recipe.settings.strength == 0.6


def test_other_changes_wait_for_a_run(bench):
    session = bench.session()
    cell = bench.picture(session)
    bench.run(session, cell)
    bench.do(session, "set", cell=cell, name="style_side", value=64)
    assert bench.run_queue.idle(60)
    assert session.book.stale == {cell}


def test_what_a_run_said_is_said_again(bench, monkeypatch):
    monkeypatch.setattr(library.index, "encoder", lambda: ("another", "0" * 64))  # so the sample is looked at
    session = bench.session()
    cell = bench.picture(session)
    bench.do(session, "choose", cell=cell, what="style", index=0, kind="named", name="claude-monet")
    bench.run(session, cell)
    log = session.book[cell].result.log
    assert any("claude-monet" in line for line in log)
    bench.do(session, "set", cell=cell, name="strength", value=0.4)
    assert bench.run_queue.idle(60)
    assert session.book[cell].result.recipe.settings.strength == 0.4
    assert session.book[cell].result.log == log


def test_features_of_the_last_cell_alone_may_be_large(bench, monkeypatch):
    monkeypatch.setattr(adain_session, "MOST_BYTES", 1)
    session = bench.session()
    for _ in range(2):
        cell = bench.picture(session)
        bench.run(session, cell)
        bench.do(session, "set", cell=cell, name="strength", value=0.4)
        assert bench.run_queue.idle(60)
        kept = bench.cell_runner.sharing.sessions["adain"]
        assert len(kept) == 1
        assert kept.size > 1


def test_a_sweep_encodes_its_photo_once_and_makes_what_runs_make(bench, monkeypatch):
    from stylize.modes.adain.painting import Painting

    counted, encode = [], Painting.encode_content
    monkeypatch.setattr(
        Painting, "encode_content", lambda self, *given: counted.append(1) or encode(self, *given)
    )
    session = bench.session()
    cell = bench.picture(session, kind="sweep")
    bench.do(session, "axis", cell=cell, n=0, setting="strength", values="0.3 0.9")
    bench.run(session, cell)
    assert len(counted) == 1
    for tile, strength in zip(session.book[cell].result.tiles, (0.3, 0.9), strict=True):
        alone = bench.picture(session, strength=strength)
        bench.run(session, alone)
        assets = bench.page_files.of(session).assets
        assert torch.equal(load(assets.get(tile.asset)).tensor, picture(bench, session, alone))
