"""The picture that AdaIN's painter makes in one pass, for the optimization to begin with."""

from __future__ import annotations

from torch import Tensor

from ...device import Compute
from ...image import resize
from ...inputs import Inputs
from ..adain import mode as adain
from ..adain.spec import AdaINSettings
from ..finish import photo_of, working_picture
from .spec import GatysSettings


def needs(settings: GatysSettings) -> tuple[str, ...]:
    """Names or paths of the painter's weight files, if it makes the first picture. Raises WeightsError."""
    return adain.needs(AdaINSettings()) if settings.init == "adain" else ()


def paint(inputs: Inputs, settings: GatysSettings, side: int, compute: Compute) -> Tensor:
    """What the painter makes of the photo and its styles.

    Args:
        inputs: a content of any size, and at least one style.
        settings: of which colors and freedom count here as well.
        side: the longer side of the working size, in pixels.
        compute: where it runs.

    Returns:
        (1, 3, H, W) in [0, 1] at the working size, on the CPU.

    Raises:
        PictureError, SettingsError, WeightsError, MemoryLimitError.
    """
    its = AdaINSettings(content_side=side, color=settings.color, freedom=settings.freedom)
    *_, last = adain.run(inputs, its, compute)
    assert last.picture is not None
    size = working_picture(photo_of(inputs, settings), settings.content_side, side).shape[2:]
    return resize(last.picture, size)
