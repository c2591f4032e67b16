"""Gatys: the picture itself is optimized (Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional
Neural Networks", CVPR 2016).

The paper's symbols: p is ``content``, a are the ``styles``, x is :attr:`PictureOptimizer.picture`. F^l and
P^l are the features of x and p at a layer, G^l and A^l the Gram matrices (eq. 3), E_l a layer's style loss
(eq. 4), w_l its weight (eq. 5), α and β the settings ``content_weight`` and ``style_weight`` (eq. 7): all in
``objective.py``. Read this file's :func:`run` and ``_optimize`` first, then ``objective.py`` and
``picture_optimizer.py``.

Departures from the paper that the preset ``gatys-2016`` takes back: the optimization goes from coarse to
fine, Adam's state is carried from scale to scale and its rate falls at the last one, the picture shown is a
running average of the iterates, the levels of a Laplacian pyramid are optimized instead of the pixels, the
style loss is the Wasserstein distance, and the content's weight follows the picture, so that as much of the
photo remains whatever the style is. Departures that it keeps: the content weight counts per
element of the features, and a margin around the picture is optimized with it and cut off. Of the library's
styles only mean and deviation of each channel are known, which is what the style loss then compares.
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
from ...networks import VGG19
from ...networks.bands import INT32_MAX
from ...progress import Progress
from ...weights import zoo
from ..finish import photo_of, working_picture
from ..memory import within_memory
from ..named import Weighted, usable
from . import one_pass
from .balance import ContentBalance
from .initial_picture import initial_picture
from .objective import Objective, choose_layers, losses_as_floats
from .padded_canvas import PaddedCanvas
from .picture_optimizer import PictureOptimizer
from .placed_style import PLACED
from .pyramid import LEAST, plan_steps, style_side_at
from .spec import GatysSettings
from .styles import at_scale, prepare

PREVIEW_EVERY = 5  # steps


def needs(settings: GatysSettings) -> tuple[str, ...]:
    """Names or paths of the weight files that a run would load. Raises WeightsError."""
    return (settings.network, *one_pass.needs(settings))


def run(inputs: Inputs, settings: GatysSettings, compute: Compute | None = None) -> Iterator[Progress]:
    """Optimize a picture towards the content's features and the styles' statistics.

    Args:
        inputs: a content of any size, and at least one style.

    Yields:
        A :class:`Progress` each step, with a picture every few: the average so far, at the scale's size,
        the last at the working size, for :func:`finish.finished`. Where the painter's picture is the first
        one, that before the first step.

    Raises:
        PictureError, SettingsError, WeightsError, MemoryLimitError, DivergedError.
    """
    if not inputs.styles:
        raise SettingsError("Gatys needs a style picture with a weight above zero: choose at least one.")
    compute, content = compute or choose(), photo_of(inputs, settings)

    def attempt(side: int) -> Iterator[Progress]:
        found = zoo.encoder(settings.network, compute, settings.pooling)
        chosen, note = usable(inputs.styles, _fits(found, settings), found.found.sha256)
        steps = _steps(inputs, found.network, content, chosen, settings, side, compute)
        return _noted(steps, note)

    longest = max(content.shape[2:])
    side = min(settings.content_side or longest, longest)
    yield from within_memory(attempt, side, LEAST, compute)


def _fits(found: zoo.Loaded[VGG19], settings: GatysSettings) -> bool:
    """Whether the library has the statistics of this encoder at the layers that are compared, and they do.

    Raises:
        SettingsError: for a layer that the encoder does not have.
    """
    layers = choose_layers(found.network, settings).style
    encoder = found.found.sha256
    same = library.fits(encoder) and settings.pooling == "max" and settings.style_loss not in PLACED
    return same and set(layers) <= set(library.layers(encoder))


def _noted(steps: Iterator[Progress], note: Note | None) -> Iterator[Progress]:
    """The steps, with a note at the first that has none of its own."""
    for step in steps:
        if note is not None and step.note is None:
            step, note = replace(step, note=note), None
        yield step


def _steps(
    inputs: Inputs,
    network: VGG19,
    content: Tensor,
    styles: Sequence[Weighted],
    settings: GatysSettings,
    side: int,
    compute: Compute,
) -> Iterator[Progress]:
    """The painter's picture, where it is the first one, and the steps from there."""
    painting = one_pass.paint(inputs, settings, side, compute) if settings.init == "adain" else None
    if painting is not None:
        yield Progress(0, settings.steps, painting)
    yield from _optimize(network, content, styles, settings, side, compute, painting)


@torch.inference_mode(False)  # whatever the caller is in, gradients are needed here
def _optimize(
    network: VGG19,
    content: Tensor,
    styles: Sequence[Weighted],
    settings: GatysSettings,
    side: int,
    compute: Compute,
    painting: Tensor | None,
) -> Iterator[Progress]:
    """The steps at a working size of ``side`` pixels. ``styles`` are those that count, for this network;
    ``painting``, of that size, is the first picture, unless the settings say which."""
    working = working_picture(content, settings.content_side, side).to(compute.device)
    canvas = PaddedCanvas.around(working, LEAST)
    if compute.device.type != "cpu" and network.channels[0] * math.prod(canvas.size) > INT32_MAX:
        raise MemoryError("a map would have more numbers than the accelerator's kernels count")
    working = canvas.pad(working)
    plan = plan_steps(canvas, settings)
    finest = plan[-1][0]
    prepared = prepare(styles, working, finest, settings)
    optimizer: PictureOptimizer | None = None
    done, balance = 0, ContentBalance(settings)
    for this, count in plan:
        p, a = fit(working, this), at_scale(prepared, style_side_at(this, settings))
        objective = Objective(network, p, a, settings, balance)
        if optimizer is None:
            first = p if painting is None else fit(canvas.pad(painting.to(p.device)), this)
            optimizer = PictureOptimizer(initial_picture(first, a, settings), settings)
        else:  # unlike the paper: what a coarser scale came to is where a finer one begins
            optimizer.grow(p.shape[2], p.shape[3])
        for n in range(count):
            if this == finest:
                optimizer.slow_down(n / count)
            losses, trouble = optimizer.step(objective)
            done += 1
            balance.observe(objective.content_error(losses))
            last = done == settings.steps
            picture = None
            if last or trouble or n % PREVIEW_EVERY == 0 or n == count - 1:
                trouble = trouble or optimizer.settle(objective)
                _check_has_picture(optimizer, last)
                picture = _preview(optimizer, canvas) if optimizer.moved else None
            yield Progress(done, settings.steps, picture, losses_as_floats(losses), trouble)
            if optimizer.given_up:
                yield Progress(done, done, _preview(optimizer, canvas))
                return


def _check_has_picture(optimizer: PictureOptimizer, last: bool) -> None:
    """Raise DivergedError where a run is at its end and has nothing but the picture that it began with."""
    if (optimizer.given_up and not optimizer.has_picture) or (last and not optimizer.moved):
        raise DivergedError(
            "The optimization diverged and has no picture to show: "
            "choose a lower learning rate or lower weights."
        )


def _preview(optimizer: PictureOptimizer, canvas: PaddedCanvas) -> Tensor:
    return canvas.crop(optimizer.average).detach().clamp(0, 1).float().cpu()
