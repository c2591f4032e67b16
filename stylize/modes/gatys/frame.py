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
class Frame:
    """What surrounds a picture of ``height`` x ``width`` pixels.

    ``margin`` pixels on each side mirror the picture; ``below`` and ``right`` more repeat its border
    where it would be too small otherwise.
    """

    height: int
    width: int
    margin: int
    below: int
    right: int

    @classmethod
    def around(cls, picture: Tensor, least: int) -> Frame:
        """The frame of a (1, C, H, W) picture; with it both sides are at least ``least``."""
        return cls.of(picture.shape[2], picture.shape[3], least)

    @classmethod
    def of(cls, height: int, width: int, least: int) -> Frame:
        """The frame of a picture of that size."""
        margin = round(min(height, width) / PART)
        below, right = (max(0, least - n - 2 * margin) for n in (height, width))
        return cls(height, width, margin, below, right)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width with everything around."""
        return self.height + 2 * self.margin + self.below, self.width + 2 * self.margin + self.right

    def put(self, picture: Tensor) -> Tensor:
        """The picture with its frame."""
        from torch.nn import functional as F

        framed = F.pad(picture, (self.margin,) * 4, mode="reflect") if self.margin else picture
        more = (0, self.right, 0, self.below)
        return F.pad(framed, more, mode="replicate") if any(more) else framed

    def cut(self, framed: Tensor) -> Tensor:
        """The picture without its frame, also if both were resized together."""
        tall, wide = (now / whole for now, whole in zip(framed.shape[2:], self.size, strict=True))
        top, left = round(self.margin * tall), round(self.margin * wide)
        height, width = max(1, round(self.height * tall)), max(1, round(self.width * wide))
        return framed[:, :, top : top + height, left : left + width]
