"""Transparent pictures: a style's surroundings do not count, and a photo whose alpha is kept gets no rims."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from stylize import api
from stylize.color import match_linear
from stylize.device import choose
from stylize.errors import PictureError
from stylize.execution import Failed, Job, Step
from stylize.execution.batched import together
from stylize.execution.crossing import packed_job, unpacked_job
from stylize.execution.sharing import Sharing
from stylize.image import Cutout, load
from stylize.inputs import StyleInput
from stylize.modes.adain import transfer
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys.objective import Objective
from stylize.statistics import mean_std, position_weights, raw_moments
from stylize.training.style_library import works as building
from stylize.weights import zoo


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def texture(side: int) -> np.ndarray:
    """Stripes of orange and blue, (side, side, 3) uint8, none of it light."""
    y, x = np.mgrid[:side, :side]
    wave = (0.5 + 0.5 * np.sin(x / 3 + np.sin(y / 7)))[..., None]
    return (wave * (120, 70, 10) + (1 - wave) * (10, 30, 110)).astype(np.uint8)


def sticker(side: int = 96, margin: int = 60) -> bytes:
    """The texture as a disc, with much transparency around it."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    alpha = np.where(np.hypot(x, y) < side / 2, 255, 0).astype(np.uint8)
    return png(np.pad(np.dstack([texture(side), alpha]), ((margin, margin), (margin, margin), (0, 0))))


SQUARE, STICKER = png(texture(96)), sticker()
PHOTO = png((np.random.default_rng(1).random((6, 8, 3)) * 255).astype(np.uint8).repeat(10, 0).repeat(10, 1))
SETTINGS = {
    "adain": {"content_side": 64},
    "gatys": {"content_side": 64, "smallest_side": 32, "steps": 8, "init": "statistics"},
}


def job(mode: str, style: bytes, content: bytes = PHOTO, **changes: object) -> Job:
    return api.job(content, [style], mode=mode, **{**SETTINGS.get(mode, {}), **changes})


def alone(work: Job) -> Tensor:
    found = list(work.run())[-1].picture
    assert found is not None
    return found


def at_once(work: Job) -> Tensor:
    found = together([work, replace(work)])[1].picture
    assert found is not None
    return found


def elsewhere(work: Job) -> Tensor:
    """As on an accelerator that is lent."""
    return alone(unpacked_job(packed_job(work)))


def tuned(work: Job) -> Tensor:
    """As where a slider was moved before."""
    executor, never = Sharing(), threading.Event()
    for each in (replace(work, settings=replace(work.settings, strength=0.2)), work):  # type: ignore[call-arg]
        events = list(executor.run([each], never))
        if isinstance(events[-1], Failed):
            raise events[-1].error
    pictures = [event.progress.picture for event in events if isinstance(event, Step)]
    assert pictures[-1] is not None
    return pictures[-1]


ROADS = [("adain", alone), ("adain", at_once), ("adain", elsewhere), ("adain", tuned), ("gatys", alone),
         ("gatys", elsewhere)]  # fmt: skip


@pytest.mark.parametrize(("mode", "road"), ROADS, ids=lambda each: getattr(each, "__name__", each))
def test_what_surrounds_a_style_does_not_count(mode: str, road: Callable[[Job], Tensor]) -> None:
    """A sticker makes about the picture that its texture makes, and not that of a white card."""
    seen, wanted = road(job(mode, STICKER)), road(job(mode, SQUARE))
    assert (seen.mean((0, 2, 3)) - wanted.mean((0, 2, 3))).abs().max() < 0.04
    assert (seen - alone(job(mode, STICKER))).abs().max() < 1e-3


@pytest.mark.parametrize(("mode", "changes"), [
    ("adain", {"color": "linear"}), ("gatys", {"color": "linear"}), ("gatys", {"style_loss": "gram"}),
    ("gatys", {"style_scale": 0.5}),
], ids=str)  # fmt: skip
def test_nor_otherwise(mode: str, changes: dict[str, object]) -> None:
    seen, wanted = (alone(job(mode, style, **changes)) for style in (STICKER, SQUARE))
    assert (seen.mean((0, 2, 3)) - wanted.mean((0, 2, 3))).abs().max() < 0.05


def test_the_weights_are_exact() -> None:
    """Where half of a map does not count, its statistics are those of the other half."""
    features, half = torch.randn(1, 5, 8, 10), torch.zeros(1, 1, 8, 10)
    half[..., :5] = 1
    for found, wanted in (
        (raw_moments(features, half), raw_moments(features[..., :5])),
        (mean_std(features, weight=half), mean_std(features[..., :5])),
    ):
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    style, photo = torch.rand(1, 3, 8, 10), torch.rand(1, 3, 6, 6)
    recolored = match_linear(style, photo, half)[..., :5]
    torch.testing.assert_close(recolored, match_linear(style[..., :5], photo), atol=1e-5, rtol=1e-5)
    assert position_weights(None, features) is None
    weight = position_weights(torch.nn.functional.interpolate(half, scale_factor=4.0), features)
    assert weight is not None
    torch.testing.assert_close(weight, half)


@pytest.mark.parametrize("style_loss", ["wasserstein", "gram"])
def test_the_style_loss_is_blind_to_what_does_not_count(style_loss: str) -> None:
    """At layers that see one pixel's neighbors, what is hidden far away makes no difference."""
    settings = gatys.GatysSettings(
        style_loss=style_loss, style_layers=("relu1_1",), content_layers=("relu1_2",)
    )
    network = zoo.encoder(settings.network, choose()).network
    photo, style, alpha = torch.rand(1, 3, 48, 48), torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    alpha[..., :32] = 1
    other = style.clone()
    other[..., 40:] = 1
    found = [
        float(Objective(network, photo, [StyleInput(Cutout(each, alpha))], settings)(photo)[1]["style"])
        for each in (style, other)
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (40, 7)])
def test_a_tiny_sticker_is_a_style(size: tuple[int, int]) -> None:
    pixels = np.zeros((220, 220, 4), dtype=np.uint8)
    pixels[5 : 5 + size[0], 9 : 9 + size[1]] = (200, 40, 20, 90)
    for mode in SETTINGS:
        assert alone(job(mode, png(pixels))).isfinite().all()


@pytest.mark.parametrize("mode", SETTINGS)
def test_a_style_with_nothing_in_it_gives_a_sentence(mode: str) -> None:
    with pytest.raises(PictureError, match="transparent all over"):
        alone(job(mode, png(np.zeros((20, 20, 4), dtype=np.uint8))))


@pytest.mark.parametrize(("mode", "road"), ROADS, ids=lambda each: getattr(each, "__name__", each))
def test_nor_does_one_of_which_nothing_is_left_where_it_is_looked_at(
    mode: str, road: Callable[[Job], Tensor]
) -> None:
    """A trace of alpha in two corners, which weighs nothing once the picture is small."""
    pixels = np.zeros((240, 240, 4), dtype=np.uint16)
    pixels[0, 0] = pixels[-1, -1] = (50000, 10000, 5000, 1)
    trace, changes = replace(load(pixels), name="trace.png"), {"style_side": 64} if mode == "adain" else {}
    work = api.job(PHOTO, [trace], mode=mode, **{**SETTINGS[mode], **changes})
    with pytest.raises(PictureError, match=r"^trace\.png is all but transparent, and at the size of \d+ pix"):
        road(work)


def test_adain_knows_a_cutout_again(monkeypatch: pytest.MonkeyPatch) -> None:
    style = load(STICKER)
    works = [api.job(PHOTO, [style], mode="adain", content_side=64) for _ in range(2)]
    alone(works[0])
    monkeypatch.setattr(transfer.AdaIN, "encode_style", lambda *given: pytest.fail("looked at twice"))
    alone(works[1])


# ------------------------------------------------------------------------------- the photo's own alpha


def dark_cutout() -> bytes:
    side = 96
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    alpha = ((side / 3 - np.hypot(x, y)) * 64).clip(0, 255).astype(np.uint8)
    return png(np.dstack([np.full((side, side, 3), (25, 35, 30), dtype=np.uint8), alpha]))


@pytest.mark.parametrize("mode", ["adain", "gatys", "cyclegan"])
def test_a_photo_whose_alpha_is_kept_is_painted_without_its_white(mode: str) -> None:
    work = api.job(
        dark_cutout(), [] if mode == "cyclegan" else [SQUARE], mode=mode, content_side=48, keep_alpha=True,
        **({"steps": 4} if mode == "gatys" else {}),
    )  # fmt: skip
    assert work.photo is not None
    assert work.photo.max() < 0.2
    result = work.finish(alone(work))
    alpha = work.alpha(result)
    assert alpha is not None
    edge, inside = ((alpha > 0.2) & (alpha < 0.95))[0, 0], (alpha > 0.99)[0, 0]
    means = [result[0, :, each].mean(1) for each in (edge, inside)]
    assert (means[0] - means[1]).abs().max() < 0.12


def test_where_it_is_not_kept_the_photo_lies_on_white() -> None:
    work = api.job(dark_cutout(), [SQUARE], mode="adain")
    assert work.photo is not None
    assert work.content is not None
    assert torch.equal(work.photo, work.content.tensor)
    assert work.photo[..., 0, 0].min() == 1


@pytest.mark.parametrize("road", [alone, at_once, elsewhere, tuned])
def test_on_every_road(road: Callable[[Job], Tensor]) -> None:
    work = job("adain", STICKER, dark_cutout(), keep_alpha=True)
    assert (road(work) - alone(work)).abs().max() < 1e-3


def test_a_library_is_built_from_what_counts(tmp_path: Path) -> None:
    compute = choose("cpu", "float32")
    encoder = zoo.encoder("vgg19-half", compute).network
    found = []
    for name, data in (("sticker", STICKER), ("square", SQUARE)):
        (tmp_path / f"{name}.png").write_bytes(data)
        found.append(building.measure(tmp_path / f"{name}.png", encoder, compute.device).statistics)
    one, other = (each["relu1_1.mean"] for each in found)
    assert (one - other).norm() < 0.1 * other.norm()
