"""Pictures inside of reports and Jupyter notebooks: smaller copies, as large as they are looked at there."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import StylizeError
from .assets import LEARNED, Assets, suffix_of

if TYPE_CHECKING:
    from ..image import Picture

RESULT_SIDE = 1600  # pixels
TILE_SIDE = 640
INPUT_SIDE = 480
SMALL = 150_000  # bytes of a file that is taken as it is
_QUALITY = 88  # of JPEG
# Of what every browser shows.
_TYPES = {".png": "png", ".jpg": "jpeg", ".gif": "gif", ".bmp": "bmp", ".webp": "webp"}


class Embedded:
    """Smaller copies of the pictures of ``assets`` and of others, each made once."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self._made: dict[tuple[str, int], tuple[bytes, str]] = {}

    def of(self, data: bytes, side: int) -> tuple[bytes, str]:
        """A picture's file for ``data``, and its media type such as ``image/jpeg``.

        The longer side has at most ``side`` pixels, unless the file is small already.
        """
        key = hashlib.sha256(data).hexdigest(), side
        if key not in self._made:
            self._made[key] = self._reduced(data, side)
        return self._made[key]

    def _reduced(self, data: bytes, side: int) -> tuple[bytes, str]:
        suffix = suffix_of(data)
        if suffix == LEARNED:
            from ..image import learned  # Pillow, which a notebook does without

            _, data = learned.parsed(data, "")
            suffix = suffix_of(data)
        kind = _TYPES.get(suffix)
        if kind and len(data) <= SMALL:
            return data, f"image/{kind}"
        from ..image import Limits, load

        limits = replace(self.assets.limits or Limits.default(), megapixels=math.inf, megabytes=math.inf)
        try:
            smaller, other = _encoded(load(data, limits), side)
        except StylizeError:  # a file that was damaged here
            return data, f"image/{kind or 'png'}"
        return (data, f"image/{kind}") if kind and len(data) <= len(smaller) else (smaller, f"image/{other}")


def _encoded(picture: Picture, side: int) -> tuple[bytes, str]:
    """JPEG; PNG for what is transparent."""
    from ..image import fit, to_pil

    alpha = None if picture.alpha is None else fit(picture.alpha, side)
    kind = "JPEG" if alpha is None else "PNG"
    file = io.BytesIO()
    to_pil(fit(picture.tensor, side), alpha).save(file, kind, quality=_QUALITY)
    return file.getvalue(), kind.lower()
