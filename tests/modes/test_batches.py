"""Several contents at once come to what each of them alone does."""

from __future__ import annotations

import pytest
import torch
from given import inputs
from torch import Tensor

from stylize import api, library, modes
from stylize.device import choose
from stylize.errors import SettingsError
from stylize.execution import Job
from stylize.execution.batched import together
from stylize.modes.adain import mode as adain
from stylize.modes.cyclegan import mode as cyclegan
from stylize.modes.gatys import mode as gatys

CPU = choose("cpu", "float32")


def picture(height: int, width: int, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 5, 5, generator=random)
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


CONTENTS = [picture(48, 64, 1), picture(96, 128, 2), picture(48, 64, 3)]
STYLES = [(picture(40, 50, 4), 1.0), (picture(64, 64, 5), 3.0)]
ADAIN = [
    {}, {"strength": 0.4}, {"full_size": False}, {"color": "luminance", "passes": 2},
    {"network": "adain-quarter"}, {"color": "luminance", "full_size": False},
]  # fmt: skip


@pytest.mark.parametrize("changes", ADAIN, ids=str)
def test_adain(changes: dict[str, object]) -> None:
    settings = adain.AdaINSettings(content_side=64, style_side=64, **changes)  # type: ignore[arg-type]
    found = adain.run_batch([inputs(each, STYLES) for each in CONTENTS], settings, CPU)
    assert len(found) == len(CONTENTS)
    for content, progress in zip(CONTENTS, found, strict=True):
        alone = list(adain.run(inputs(content, STYLES), settings, CPU))[-1].picture
        assert alone is not None
        assert alone.std() > 0.02
        assert (progress.step, progress.total) == (1, 1)
        assert progress.picture is not None
        torch.testing.assert_close(progress.picture, alone, atol=2e-3, rtol=0)


@pytest.mark.parametrize("full_size", [True, False])
def test_cyclegan(full_size: bool) -> None:
    settings = cyclegan.CycleGANSettings(content_side=64, full_size=full_size)
    found = cyclegan.run_batch(list(map(inputs, CONTENTS)), settings, CPU)
    for content, progress in zip(CONTENTS, found, strict=True):
        alone = list(cyclegan.run(inputs(content), settings, CPU))[-1].picture
        assert alone is not None
        assert progress.picture is not None
        torch.testing.assert_close(progress.picture, alone, atol=2e-3, rtol=0)


def test_a_note_comes_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "fits", lambda encoder: False)  # a library without this encoder
    named = library.styles()[0]
    settings = adain.AdaINSettings(content_side=64, network="adain-quarter")
    found = adain.run_batch([inputs(each, [(named, 1.0)]) for each in CONTENTS], settings, CPU)
    assert [each.note is None for each in found] == [False, True, True]
    found = adain.run_batch([inputs(each, STYLES) for each in CONTENTS], settings, CPU)
    assert all(each.note is None for each in found)


def test_which_modes_can() -> None:
    assert modes.spec("adain").may_batch(adain.AdaINSettings())
    assert not modes.spec("adain").may_batch(adain.AdaINSettings(color="linear"))
    assert modes.spec("cyclegan").may_batch(cyclegan.CycleGANSettings())
    assert not modes.spec("gatys").may_batch(gatys.GatysSettings())


def jobs(*changes: dict[str, object]) -> list[Job]:
    content = CONTENTS[0][0].permute(1, 2, 0).numpy()
    style = api.style(STYLES[0][0][0].permute(1, 2, 0).numpy())
    given = {"content": content, "styles": style, "content_side": 32}
    return [api.job(**{**given, **each}) for each in changes]  # type: ignore[arg-type]


OTHERS = [
    {"strength": 0.5}, {"content": CONTENTS[0][0, :, :30].permute(1, 2, 0).numpy()},
    {"styles": library.styles()[0]}, {"mode": "cyclegan", "styles": ()},
]  # fmt: skip


@pytest.mark.parametrize("other", OTHERS, ids=lambda each: next(iter(each)))
def test_only_like_with_like(other: dict[str, object]) -> None:
    assert len(together(jobs({}, {}))) == 2
    with pytest.raises(SettingsError, match="one by one"):
        together(jobs({}, other))


@pytest.mark.parametrize("size", [(64, 48), (1, 500), (333, 1000), (32, 32)])
@pytest.mark.parametrize("side", [0, 32, 100])
def test_the_working_size_is_known_beforehand(size: tuple[int, int], side: int) -> None:
    content = torch.rand(size[1], size[0], 3).numpy()
    work = api.job(content, library.styles()[0], content_side=side)
    assert work.working_size == tuple(list(work.run())[-1].picture.shape[:1:-1])
