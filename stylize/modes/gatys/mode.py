"""Gatys: the picture itself is optimised (Gatys, Ecker and Bethge, CVPR 2016).

Departures from the paper that the preset ``gatys-2016`` takes back: the optimisation goes from coarse to
fine, Adam's state is carried from scale to scale and its rate falls at the last one, the picture shown is a
running average of the iterates, and the style loss is the Wasserstein distance. Departures that it keeps:
the content weight counts per element of the features, and a margin around the picture is optimised with it
and cut off. Of the library's styles only mean and deviation of each channel are known, which is what the
style loss then compares.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ... import library
from ...device import Compute, choose
from ...errors import DivergedError, Note, SettingsError
from ...image import fit
from ...inputs import Inputs
from ...library import NamedStyle
from ...networks import VGG19
from ...networks.bands import INT32_MAX
from ...progress import Progress
from ...statistics import MeanStd, mean_std
from ...weights import zoo
from ..finish import photo_of, working_picture
from ..memory import within_memory
from ..named import AnyStyle, Pictured, Weighted, as_picture, changed, looked_at, parts, recoloured, usable
from .descent import Descent
from .frame import Frame
from .objective import Objective, choose_layers, losses_as_floats
from .spec import GatysSettings

LEAST = 32  # pixels a side, for reflection padding at relu5_1
PREVIEW_EVERY = 5  # steps
RATIO = math.sqrt(2)  # from one scale to the next


def scales(height: int, width: int, settings: GatysSettings) -> list[int]:
    """The longer sides of the pyramid, coarse to fine: down from the picture's by √2.

    It ends where the shorter side would have to be padded: a padded picture does not grow in place.
    """
    longer, shorter = max(height, width), min(height, width)
    sides = [longer]
    while settings.pyramid:
        side = round(longer / RATIO ** len(sides))
        if side < settings.smallest_side or round(shorter * side / longer) < LEAST:
            break
        sides.append(side)
    return sides[::-1]


def share_steps(steps: int, sides: Sequence[int]) -> list[int]:
    """``steps`` over the scales, at least one for each: three parts for the finest, two for the coarsest,
    which lays out the picture, and one for each between. The coarsest scales are left out if there are
    fewer steps than scales."""
    sides = sides[-steps:]
    parts = [1] * len(sides)
    parts[0], parts[-1] = 2, 3
    rest = steps - len(sides)
    counts = [1 + rest * part // sum(parts) for part in parts]
    counts[-1] += steps - sum(counts)
    return counts


def plan_steps(frame: Frame, settings: GatysSettings) -> list[tuple[int, int]]:
    """The longer side of each scale, margin and all, and the steps that are spent there."""
    sides = scales(*frame.size, settings)
    counts = share_steps(settings.steps, sides)
    return list(zip(sides[-len(counts) :], counts, strict=True))


def plan(settings: GatysSettings, size: tuple[int, int]) -> list[tuple[int, int]]:
    """:func:`plan_steps` for a working size of ``size`` = (width, height)."""
    width, height = size
    return plan_steps(Frame.of(height, width, LEAST), settings)


def needs(settings: GatysSettings) -> tuple[str, ...]:
    """Names or paths of the weight files that a run would load."""
    return (settings.network,)


def run(inputs: Inputs, settings: GatysSettings, compute: Compute | None = None) -> Iterator[Progress]:
    """Optimise a picture towards the content's features and the styles' statistics.

    Args:
        inputs: a content of any size, and at least one style.

    Yields:
        A :class:`Progress` each step, with a picture every few: the average so far, at the scale's size,
        the last at the working size, for :func:`finish.finished`.

    Raises:
        PictureError, SettingsError, WeightsError, MemoryLimitError, DivergedError.
    """
    if not inputs.styles:
        raise SettingsError("Gatys needs a style picture with a weight above zero: choose at least one.")
    compute, content = compute or choose(), photo_of(inputs, settings)

    def attempt(side: int) -> Iterator[Progress]:
        found = zoo.encoder(settings.network, compute, settings.pooling)
        chosen, note = usable(inputs.styles, _fits(found, settings), found.found.sha256)
        return _noted(_optimise(found.network, content, chosen, settings, side, compute), note)

    longest = max(content.shape[2:])
    side = min(settings.content_side or longest, longest)
    yield from within_memory(attempt, side, LEAST, compute)


def _fits(found: zoo.Loaded, settings: GatysSettings) -> bool:
    """Whether the library has the statistics of this encoder at the layers that are compared.

    Raises:
        SettingsError: for a layer that the encoder does not have.
    """
    layers = choose_layers(found.network, settings).style
    encoder = found.found.sha256
    same = library.fits(encoder) and settings.pooling == "max"
    return same and set(layers) <= set(library.taps(encoder))


def _noted(steps: Iterator[Progress], note: Note | None) -> Iterator[Progress]:
    """The steps, with a note at the first that has none of its own."""
    for step in steps:
        if note is not None and step.note is None:
            step, note = replace(step, note=note), None
        yield step


@torch.inference_mode(False)  # whatever the caller is in, gradients are needed here
def _optimise(
    network: VGG19,
    content: Tensor,
    styles: Sequence[Weighted],
    settings: GatysSettings,
    side: int,
    compute: Compute,
) -> Iterator[Progress]:
    working = working_picture(content, settings.content_side, side).to(compute.device)
    frame = Frame.around(working, LEAST)
    if compute.device.type != "cpu" and network.channels[0] * math.prod(frame.size) > INT32_MAX:
        raise MemoryError("a map would have more numbers than the accelerator's kernels count")
    working = frame.put(working)
    plan = plan_steps(frame, settings)
    shares = _prepare_styles(styles, working, plan[-1][0], settings)
    descent: Descent | None = None
    done = 0
    for this, count in plan:
        small = fit(working, this)
        wide = _wide(this, settings)
        resized = [style.with_source(_at_scale(style.source, wide)) for style in shares]
        objective = Objective(network, small, resized, settings)
        if descent is None:
            descent = Descent(_start(small, resized, settings), settings)
        else:
            descent.grow(small.shape[2], small.shape[3])
        for n in range(count):
            if this == plan[-1][0]:
                descent.slow_down(n / count)
            losses, trouble = descent.step(objective)
            done += 1
            last = done == settings.steps
            picture = None
            if last or trouble or n % PREVIEW_EVERY == 0 or n == count - 1:
                trouble = trouble or descent.settle(objective)
                _insist(descent, last)
                picture = _shown(descent, frame) if descent.moved else None
            yield Progress(done, settings.steps, picture, losses_as_floats(losses), trouble)
            if descent.given_up:
                yield Progress(done, done, _shown(descent, frame))
                return


def _insist(descent: Descent, last: bool) -> None:
    """Raise DivergedError where a run is at its end and has nothing but the picture that it began with."""
    if (descent.given_up and not descent.has_picture) or (last and not descent.moved):
        raise DivergedError(
            "The optimisation diverged and has no picture to show: "
            "choose a lower learning rate or lower weights."
        )


def _shown(descent: Descent, frame: Frame) -> Tensor:
    return frame.cut(descent.average).detach().clamp(0, 1).float().cpu()


def _at_scale(style: AnyStyle, side: int) -> AnyStyle:
    if isinstance(style, NamedStyle):
        return style
    return changed(style, lambda each: _mirrored(fit(each, side)))


def _mirrored(picture: Tensor) -> Tensor:
    """A style with both sides at least LEAST: continued by its mirror image, which keeps its texture."""
    for axis in (2, 3):
        while picture.shape[axis] < LEAST:
            picture = torch.cat([picture, picture.flip(axis)], axis)
    return picture


def style_side(settings: GatysSettings, size: tuple[int, int]) -> int:
    """The longer side in pixels beyond which nothing of a style picture is seen, for a working size of
    ``size`` = (width, height)."""
    width, height = size
    return _wide(max(Frame.of(height, width, LEAST).size), settings)


def _wide(side: int, settings: GatysSettings) -> int:
    """A style's longer side at a scale whose longer side is ``side``, in pixels."""
    return max(1, round(side * settings.style_scale))


def _prepare_styles(
    styles: Sequence[Weighted], content: Tensor, side: int, settings: GatysSettings
) -> list[Weighted]:
    """The styles that count, no larger than the finest scale needs, on the content's device."""
    total = sum(style.weight for style in styles)
    wide = _wide(side, settings)

    def prepared(source: AnyStyle) -> AnyStyle:
        if isinstance(source, NamedStyle):
            return source
        moved = changed(looked_at(source, wide), lambda each: each.to(content.device))
        return recoloured(moved, content) if settings.colour == "linear" else moved

    return [style.with_source(prepared(style.source)).with_weight(style.weight / total) for style in styles]


def _start(content: Tensor, styles: Sequence[Weighted], settings: GatysSettings) -> Tensor:
    """The first picture, (1, 3, H, W) in [0, 1]."""
    if settings.start == "content":
        return content.clone()
    generator = torch.Generator().manual_seed(settings.seed)
    noise = torch.randn(content.shape, generator=generator).to(content.device)
    if settings.start == "noise":
        return (0.5 + 0.25 * noise).clamp(0, 1)
    if settings.start == "grey":
        return (0.5 + noise / 256).clamp(0, 1)
    found = [(_colours(as_picture(style.source)), style.weight) for style in styles]
    mean, spread = (sum(each[n].to(content.device) * share for each, share in found) for n in (0, 1))
    return (mean + spread * noise).clamp(0, 1)


def _colours(style: Pictured) -> MeanStd:
    picture, alpha = parts(style)
    return mean_std(picture, 0.0, alpha)
