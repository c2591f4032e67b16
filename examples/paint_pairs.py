"""Paints the pairs of index.toml for the page without cells.

    python examples/paint_pairs.py

Each pair becomes ``painted/PHOTO.jpg``, AdaIN with its usual settings. Do it again when the network changes:
``painted/network.txt`` says which one it was.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone

from PIL import Image

import stylize
from stylize.modes.adain.spec import AdaINSettings
from stylize.weights import catalog

HERE = Path(__file__).resolve().parent
SIDE = 640  # pixels, as the page shows them


def main() -> None:
    """Writes the pictures."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    target = HERE / "painted"
    target.mkdir(exist_ok=True)
    for pair in tomllib.loads((HERE / "index.toml").read_text("utf-8"))["pair"]:
        picture = stylize.stylize(HERE / pair["photo"], HERE / pair["style"])
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        picture.save(target / Path(pair["photo"]).name, quality=84, optimize=True)
    row = catalog.row(AdaINSettings().network)
    assert row is not None
    (target / "network.txt").write_text(f"{row.name} {row.sha256}\n", "utf-8")


if __name__ == "__main__":
    main()
