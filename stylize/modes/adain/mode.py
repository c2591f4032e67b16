"""AdaIN as a mode: any style in one forward pass, a tile at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch

from ...device import Compute, choose
from ...errors import SettingsError
from ...inputs import Inputs
from ...progress import Progress
from ...weights import zoo
from ..finish import photo_of, working_picture
from ..memory import within_memory
from ..named import Given
from .painting import Painting
from .session import AdaINSession, AnySession, SessionCache
from .spec import LEAST, AdaINSettings, style_side
from .steps import Steps
from .transfer import AdaIN


def needs(settings: AdaINSettings) -> tuple[str, ...]:
    """Names or paths of the weight files that a run would load. Raises WeightsError."""
    return zoo.pair(settings.network)


def load(settings: AdaINSettings, compute: Compute | None = None) -> Steps[Any, Any]:
    """The networks that the settings name, on the device. Raises WeightsError."""
    compute = compute or choose()
    if zoo.role(settings.network) == "painter":
        encoder, painter = zoo.painter(settings.network, compute)
        return Painting(
            encoder.network,
            painter.network,
            compute.device,
            encoder.found.sha256,
            settings.brush,
            painter.found.sha256,
        )
    encoder, decoder = zoo.adain(settings.network, compute)
    return AdaIN(encoder.network, decoder.network, compute.device, encoder.found.sha256)


def prepare(
    inputs: Sequence[Inputs], settings: AdaINSettings, compute: Compute | None = None, *, keep: bool = False
) -> AnySession:
    """A session of contents that are all of one size at the working size.

    Raises:
        PictureError, WeightsError.
    """
    photos = [photo_of(each, settings) for each in inputs]
    content = torch.cat([working_picture(each, settings.content_side) for each in photos])
    side = style_side(settings, (content.shape[3], content.shape[2]))
    return AdaINSession(load(settings, compute), content, settings, side, keep=keep)


def run(
    inputs: Inputs,
    settings: AdaINSettings,
    compute: Compute | None = None,
    sessions: SessionCache | None = None,
) -> Iterator[Progress]:
    """Paint the content in the mixed styles.

    Args:
        inputs: a content of any size, and at least one style.
        settings: the mode's.
        compute: where it runs.
        sessions: what earlier runs know; this one's is kept there. Another strength or mix of the same
            pictures is then decoded from features that are there.

    Yields:
        A :class:`Progress` after each style and each tile; the last has the picture at the working size, for
        :func:`finish.finished`.

    Raises:
        PictureError, SettingsError, WeightsError, MemoryLimitError.
    """
    if not inputs.styles:
        raise SettingsError("AdaIN needs a style picture: choose at least one.")
    compute, content = compute or choose(), photo_of(inputs, settings)
    longest = max(content.shape[2:])
    whole = min(settings.content_side or longest, longest)

    def attempt(side: int) -> Iterator[Progress]:
        def make() -> AnySession:
            small = working_picture(content, settings.content_side, side)
            reduced_side = max(LEAST, settings.style_side * side // whole)
            return AdaINSession(load(settings, compute), small, settings, reduced_side)

        if sessions is None:
            return steps(make(), inputs.styles, settings)
        if side < whole:  # memory did not suffice
            sessions.clear()
        sha256 = inputs.content.sha256 if inputs.content else ""
        session = sessions.find((sha256, replace(settings, strength=1.0, freedom=0.0), compute, side), make)
        return steps(session, inputs.styles, settings)

    yield from within_memory(attempt, whole, LEAST, compute)


def steps(session: AnySession, styles: Sequence[Given], settings: AdaINSettings) -> Iterator[Progress]:
    """A session's picture in a mix of styles, step by step."""
    total = len(styles) + session.steps + 1
    step, note, encoded = 0, session.note(styles), []
    for style in session.encode(styles):
        encoded.append(style)
        step += 1
        yield Progress(step, total, note=note)
        note = None
    for picture in session.render(session.network.mix(encoded), settings.strength, settings.freedom):
        if picture is None:
            step += 1
            yield Progress(min(step, total - 1), total)
        else:
            yield Progress(total, total, picture)


def run_batch(
    inputs: Sequence[Inputs], settings: AdaINSettings, compute: Compute | None = None
) -> list[Progress]:
    """What :func:`run` yields last for each of several contents, worked on at once; what there is to say
    comes with the first.

    Args:
        inputs: contents that are all of one size at the working size; the styles of the first serve for all.

    Raises:
        PictureError, SettingsError, WeightsError, RuntimeError: the last if memory does not suffice.
    """
    session, styles = prepare(inputs, settings, compute), inputs[0].styles
    pictures = enumerate(session.rendered(styles, settings).split(1))
    note = session.note(styles)
    return [Progress(1, 1, each.clone(), note=None if n else note) for n, each in pictures]
