"""A finished run as a weight file: half precision, with the codes of the rows by name.

    python configs/gpu/release.py painter-average.safetensors weights/painter.safetensors

A row that is called like a picture of ``examples/styles`` is that picture's; one that is called like a
painter of the style library is the painter's first style.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from stylize import library  # noqa: E402

OTHER = {"giotto-di-bondone": "giotto"}


def name_of(row: str) -> str:
    """What the style library, or ``examples/styles``, calls a row of a run."""
    name = row.lower().replace("_", "-")
    return OTHER.get(name, name)


def main(source: Path, target: Path) -> None:
    state = {name: value.half().contiguous() for name, value in load_file(source).items()}
    codes = state.pop("codes")
    with safe_open(source, "pt") as opened:
        rows = json.loads(opened.metadata()["rows"])
    for row, code in zip(rows, codes, strict=True):
        picture = ROOT / "examples" / "styles" / f"{row}.jpg"
        name = name_of(row)
        if picture.is_file():
            digest = hashlib.sha256(picture.read_bytes()).digest()
            state[f"pictures.{row}"] = torch.tensor(list(digest), dtype=torch.uint8)
        elif library.find(name) is None:
            sys.exit(f"{row} is neither an example nor a painter of the library")
        state[f"codes.{name}"] = code.contiguous()
    save_file(state, target)
    data = target.read_bytes()
    print(f"{target}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
