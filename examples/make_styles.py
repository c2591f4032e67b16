"""Paints the style pictures of this folder again: ``python examples/make_styles.py --out DIR``.

Needs numpy and Pillow only. The same seed and size give the same pixels.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))

from atelier import (
    chalks,
    cubist,
    glass,
    gold,
    harbour,
    ink,
    mosaic,
    night,
    points,
    pond,
    watercolor,
    woodblock,
)

STYLES = {
    "starlit-swirls": night.paint,
    "river-in-dots": points.paint,
    "ink-mountains": ink.paint,
    "sun-mosaic": mosaic.paint,
    "woodblock-waves": woodblock.paint,
    "stained-glass": glass.paint,
    "lily-pond": pond.paint,
    "facets-still-life": cubist.paint,
    "three-chalks": chalks.paint,
    "watercolour-bouquet": watercolor.paint,
    "gold-spirals": gold.paint,
    "knife-harbour": harbour.paint,
}
QUALITY = 85


def picture(name: str, size: int = 1024, seed: int = 7) -> Image.Image:
    """The style ``name`` with its longer side ``size`` px (64 or more)."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    pixels = np.clip(STYLES[name](rng, size), 0, 1)
    return Image.fromarray((pixels * 255).round().astype(np.uint8))


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint the example styles.")
    parser.add_argument(
        "--out", type=Path, default=Path("styles"), help="folder to write to (default: styles)"
    )
    parser.add_argument(
        "--size", type=int, default=1024, help="longer side in pixels, 64 or more (default: 1024)"
    )
    parser.add_argument("--seed", type=int, default=7, help="another seed, another picture (default: 7)")
    parser.add_argument("--only", nargs="+", choices=sorted(STYLES), metavar="NAME", help="these styles only")
    options = parser.parse_args()
    if options.size < 64:
        parser.error("--size must be 64 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only or STYLES:
        file = options.out / f"{name}.jpg"
        picture(name, options.size, options.seed).save(file, quality=QUALITY, optimize=True, progressive=True)
        print(file)


if __name__ == "__main__":
    main()
