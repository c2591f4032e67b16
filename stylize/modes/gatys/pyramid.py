"""The scales of an optimization from coarse to fine, and the steps that are spent at each. No torch here.

The paper has one scale; so has this with ``pyramid`` off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .padded_canvas import PaddedCanvas
from .spec import GatysSettings

LEAST = 32  # pixels a side, for reflection padding at relu5_1
RATIO = math.sqrt(2)  # from one scale to the next


def scales(height: int, width: int, settings: GatysSettings) -> list[int]:
    """The longer sides of the pyramid, coarse to fine: down from the picture's by √2.

    It ends where the shorter side would have to be padded: a padded picture does not grow in place. What is
    painted already is laid out, and needs scales down to half the side only.
    """
    longer, shorter = max(height, width), min(height, width)
    sides = [longer]
    smallest = max(settings.smallest_side, longer // 2 if settings.init == "adain" else 0)
    while settings.pyramid:
        side = round(longer / RATIO ** len(sides))
        if side < smallest or round(shorter * side / longer) < LEAST:
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


def plan_steps(canvas: PaddedCanvas, settings: GatysSettings) -> list[tuple[int, int]]:
    """The longer side of each scale, margin and all, and the steps that are spent there."""
    sides = scales(*canvas.size, settings)
    counts = share_steps(settings.steps, sides)
    return list(zip(sides[-len(counts) :], counts, strict=True))


def plan(settings: GatysSettings, size: tuple[int, int]) -> list[tuple[int, int]]:
    """:func:`plan_steps` for a working size of ``size`` = (width, height)."""
    width, height = size
    return plan_steps(PaddedCanvas.of(height, width, LEAST), settings)


def style_side(settings: GatysSettings, size: tuple[int, int]) -> int:
    """The longer side in pixels beyond which nothing of a style picture is seen, for a working size of
    ``size`` = (width, height)."""
    width, height = size
    return style_side_at(max(PaddedCanvas.of(height, width, LEAST).size), settings)


def style_side_at(side: int, settings: GatysSettings) -> int:
    """A style's longer side at a scale whose longer side is ``side``, in pixels."""
    return max(1, round(side * settings.style_scale))
