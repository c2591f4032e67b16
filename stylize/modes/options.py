"""What can be set in every mode, and what several modes share. No torch here.

Lengths are in pixels. A ``side`` is the longer side of a picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..settings import Settings, option
from ..weights import catalog

COLORS = ("style", "luminance", "linear")
ENCODER_LAYERS = (
    "relu1_1",
    "relu1_2",
    "relu2_1",
    "relu2_2",
    "relu3_1",
    "relu3_2",
    "relu3_3",
    "relu3_4",
    "relu4_1",
    "relu4_2",
    "relu4_3",
    "relu4_4",
    "relu5_1",
)


def rows(role: str) -> tuple[str, ...]:
    """The names of the files of a role in the catalog, such as ``"decoder"``."""
    return tuple(row.name for row in catalog.rows() if row.role == role)


@dataclass(frozen=True)
class PictureSettings(Settings):
    """Base of every mode's settings.

    A mode that takes no content derives from this and says the size of its pictures in ``canvas``. The other
    properties are what holds for it in place of the settings of :class:`ContentSettings`.
    """

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height in pixels of what a mode without a content makes."""
        raise NotImplementedError(f"{type(self).__name__} does not say a size")

    @property
    def content_side(self) -> int:
        """Nothing is made smaller."""
        return 0

    @property
    def full_size(self) -> bool:
        """The picture stays as it is."""
        return False

    @property
    def detail(self) -> float:
        """There is no content whose fine structure could be carried over."""
        return 0.0

    @property
    def keep_alpha(self) -> bool:
        """There is no transparency."""
        return False


@dataclass(frozen=True)
class ContentSettings(PictureSettings):
    """What every mode with a content has: how large to work, and what becomes of the size and the edges."""

    content_side: int = option(
        768,
        low=0,
        high=8192,
        step=64,
        label="Working size",
        help="Longer side at which the picture is worked on, in pixels; 0 is the picture's own. "
        "Smaller is faster and paints with a broader brush",
    )
    full_size: bool = option(
        True,
        label="Full size",
        help="Bring the result back to the photo's exact size; otherwise it stays at the working size",
    )
    detail: float = option(
        0.5,
        low=0,
        high=1,
        step=0.05,
        rare=True,
        label="Detail",
        help="How much of the photo's fine structure is carried over when the result is enlarged",
    )
    keep_alpha: bool = option(
        False,
        rare=True,
        label="Keep transparency",
        help="Give the result the photo's transparency; otherwise it is laid on white",
    )
