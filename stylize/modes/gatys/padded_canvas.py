"""A margin around the picture under optimization, which is cut off again. The paper has none.

Near a border the features depend on the network's padding, and pixels optimized there become a bright or dark
rim. With a margin the rim lies outside of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

PART = 20  # the margin is this part of the shorter side


@dataclass(frozen=True)
class PaddedCanvas:
    """How a picture of ``height`` x ``width`` pixels is padded.

    ``margin`` pixels on each side mirror the picture; ``below`` and ``right`` more repeat its border
    where it would be too small otherwise.
    """

    height: int
    width: int
    margin: int
    below: int
    right: int

    @classmethod
    def around(cls, picture: Tensor, least: int) -> PaddedCanvas:
        """The canvas of a (1, C, H, W) picture; both of its sides are at least ``least``."""
        return cls.of(picture.shape[2], picture.shape[3], least)

    @classmethod
    def of(cls, height: int, width: int, least: int) -> PaddedCanvas:
        """The canvas of a picture of that size."""
        margin = round(min(height, width) / PART)
        below, right = (max(0, least - n - 2 * margin) for n in (height, width))
        return cls(height, width, margin, below, right)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width with all padding."""
        return self.height + 2 * self.margin + self.below, self.width + 2 * self.margin + self.right

    def pad(self, picture: Tensor) -> Tensor:
        """The picture, (1, C, H, W), padded to :attr:`size`."""
        from torch.nn import functional as F

        padded = F.pad(picture, (self.margin,) * 4, mode="reflect") if self.margin else picture
        more = (0, self.right, 0, self.below)
        return F.pad(padded, more, mode="replicate") if any(more) else padded

    def crop(self, padded: Tensor) -> Tensor:
        """The picture without the padding, also if both were resized together."""
        down, across = (now / whole for now, whole in zip(padded.shape[2:], self.size, strict=True))
        top, left = round(self.margin * down), round(self.margin * across)
        height, width = max(1, round(self.height * down)), max(1, round(self.width * across))
        return padded[:, :, top : top + height, left : left + width]
