"""Learned styles in the modes: by the network that learned them, and as pictures by all others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stylize.device import choose
from stylize.execution import Job
from stylize.execution.crossing import packed_job, unpacked_job
from stylize.image import LearnedStyle, Limits, learned, load, of_tensor
from stylize.inputs import Inputs, StyleInput
from stylize.modes.adain import mode as adain
from stylize.modes.adain.spec import AdaINSettings
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys.spec import GatysSettings
from stylize.weights import zoo

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = AdaINSettings(network="painter", content_side=96)


@pytest.fixture(scope="module", autouse=True)
def fixed(exact):
    pass


@pytest.fixture(scope="module")
def photo():
    return load(EXAMPLES / "photos" / "raccoon.jpg")


@pytest.fixture(scope="module")
def painter():
    return zoo.painter("painter", choose())[1]


def taught(painter, example: str, residual: float = 0.0, sha256: str = "", limits: Limits | None = None):
    """The code of one example in the file of the picture of another."""
    code = painter.network.table.find(load(EXAMPLES / "styles" / f"{example}.jpg").sha256).numpy()
    added = np.full(painter.network.film.out_features, residual, "f2") if residual else None
    style = LearnedStyle(example, sha256 or painter.found.sha256, code, added)
    data = learned.encode(style, load(EXAMPLES / "styles" / "lily-pond.jpg").tensor)
    return load(data, limits, name=f"{example}.style.safetensors")


def paint(photo, *styles, mode=adain, settings=SETTINGS):
    given = tuple(StyleInput(*each) if isinstance(each, tuple) else StyleInput(each) for each in styles)
    steps = list(mode.run(Inputs(photo, given), settings))
    return steps[-1].picture, [str(each.note) for each in steps if each.note is not None]


def test_the_network_that_learned_it_paints_what_it_learned(photo, painter):
    own, notes = paint(photo, taught(painter, "stained-glass"))
    wanted, _ = paint(photo, load(EXAMPLES / "styles" / "stained-glass.jpg"))
    assert torch.equal(own, wanted)
    assert not notes
    changed, _ = paint(photo, taught(painter, "stained-glass", 0.3))
    assert (own - changed).abs().mean() > 0.02


def test_read_in_a_process_apart_it_paints_the_same(photo, painter):
    apart = taught(painter, "stained-glass", 0.1, limits=Limits(seconds=60))
    assert torch.equal(paint(photo, apart)[0], paint(photo, taught(painter, "stained-glass", 0.1))[0])


def test_mixes_and_strengths_are_linear_in_codes_and_residuals(photo, painter):
    network = adain.load(SETTINGS)
    one, two = (network.taught(taught(painter, "stained-glass", each).learned) for each in (0.0, 0.4))
    mixed = network.mix([StyleInput(one, 3.0), StyleInput(two, 1.0)])
    torch.testing.assert_close(mixed.code, one.code)
    torch.testing.assert_close(mixed.residual, torch.full_like(two.residual, 0.1), atol=1e-4, rtol=0)
    torch.testing.assert_close(
        network.condition(two, 0.5, 0.0) - network.condition(one, 0.5, 0.0),
        0.5 * two.residual[None],
        atol=1e-5,
        rtol=0,
    )
    three = [
        taught(painter, "stained-glass", 0.2),
        taught(painter, "sun-mosaic"),
        taught(painter, "lily-pond"),
    ]
    picture, notes = paint(photo, *((each, n + 1.0) for n, each in enumerate(three)))
    assert not notes
    assert (picture - paint(photo, three[0])[0]).abs().mean() > 0.01
    none, _ = paint(photo, three[0], settings=replace(SETTINGS, strength=0.0))
    assert torch.equal(none, adain.prepare([Inputs(photo, (StyleInput(three[0]),))], SETTINGS).content)


@pytest.mark.parametrize(
    "settings",
    [replace(SETTINGS, color="linear"), replace(SETTINGS, network="adain-half")],
    ids=["linear colors", "another network"],
)
def test_elsewhere_its_picture_serves_and_a_note_says_so(photo, painter, settings):
    file = taught(painter, "stained-glass", 0.3)
    picture, notes = paint(photo, file, settings=settings)
    plain, none = paint(photo, of_tensor(file.tensor), settings=settings)
    assert torch.equal(picture, plain)
    assert not none
    assert len(notes) == 1
    assert "stained-glass.style.safetensors" in notes[0]


def test_what_another_painter_or_one_of_other_sizes_learned_is_a_picture(photo, painter):
    other = taught(painter, "stained-glass", sha256="0" * 64)
    plain, _ = paint(photo, of_tensor(other.tensor))
    own = taught(painter, "stained-glass").learned
    long = replace(other, learned=LearnedStyle("", own.painter, np.ones(99, "f4")))
    odd = replace(other, learned=LearnedStyle("", own.painter, own.code, np.ones(7, "f2")))
    for each in (other, long, odd):
        picture, notes = paint(photo, each)
        assert torch.equal(picture, plain)
        assert len(notes) == 1


def test_gatys_takes_its_picture(photo, painter):
    settings = GatysSettings(content_side=64, steps=1)
    file = taught(painter, "stained-glass")
    picture, notes = paint(photo, file, mode=gatys, settings=settings)
    assert torch.equal(picture, paint(photo, of_tensor(file.tensor), mode=gatys, settings=settings)[0])
    assert len(notes) == 1


def test_it_crosses_to_another_process(photo, painter):
    job = Job("adain", SETTINGS, Inputs(photo, (StyleInput(taught(painter, "sun-mosaic", 0.2)),)))
    (crossed,) = unpacked_job(packed_job(job)).styles
    assert max(crossed.source.size) <= 512
    here, there = (
        list(adain.run(each.inputs, SETTINGS))[-1].picture for each in (job, unpacked_job(packed_job(job)))
    )
    torch.testing.assert_close(here, there, atol=1e-4, rtol=0)
