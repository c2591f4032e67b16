"""Gatys from the picture that AdaIN's painter makes in one pass."""

from __future__ import annotations

import itertools

import pytest
import torch
from given import inputs

from stylize import library
from stylize.device import choose
from stylize.modes.adain import mode as adain
from stylize.modes.adain.spec import AdaINSettings
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys import pyramid
from stylize.modes.gatys.spec import GatysSettings
from tests.modes.gatys_runs import picture, run, small

pytestmark = pytest.mark.usefixtures("exact")


def test_the_first_preview_is_the_painters_picture() -> None:
    content, style = picture(90, 150), picture(64, 48, 1)
    given = inputs(content, [(style, 1.0)])
    steps = gatys.run(given, small(init="adain", freedom=0.5))
    first = next(iter(steps))
    steps.close()  # type: ignore[attr-defined]
    *_, wanted = adain.run(given, AdaINSettings(content_side=64, freedom=0.5), choose())
    assert first.step == 0
    assert torch.equal(first.picture, wanted.picture)
    assert first.picture.shape == (1, 3, 38, 64)


def test_the_steps_go_on_from_there() -> None:
    still = small(init="adain", steps=3, style_weight=0, content_weight=0, tv_weight=0, balance="fixed")
    steps = run(still)
    assert [step.step for step in steps] == [0, 1, 2, 3]
    assert (steps[-1].picture - steps[0].picture).abs().mean() < 0.02
    assert (steps[0].picture - picture(48, 64)).abs().mean() > 0.04


def test_the_first_scales_are_left_out() -> None:
    assert pyramid.scales(384, 512, GatysSettings()) == [128, 181, 256, 362, 512]
    assert pyramid.scales(384, 512, GatysSettings(init="adain")) == [256, 362, 512]
    assert pyramid.scales(384, 512, GatysSettings(init="adain", smallest_side=300)) == [362, 512]


def test_the_painter_is_fetched_beforehand_where_it_paints() -> None:
    assert gatys.needs(GatysSettings()) == ("vgg19-half",)
    assert set(gatys.needs(GatysSettings(init="adain"))) == {"vgg19-half", *adain.needs(AdaINSettings())}


def test_a_style_of_the_library_and_a_mix_serve_as_well() -> None:
    given = inputs(picture(48, 64), [(library.style("claude-monet"), 1.0), (picture(64, 48, 1), 2.0)])
    steps = list(itertools.islice(gatys.run(given, small(init="adain")), 2))
    assert all(step.picture.isfinite().all() for step in steps)
