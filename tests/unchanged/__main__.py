"""``python -m tests.unchanged FILE``: whether all pictures are the same to the bit as before, on one machine.

The first run writes the sha256 of every picture to FILE, later ones compare with it. The sums differ with
torch's version and the processor, so this says nothing about another machine. ``--references`` writes
``pictures.zip`` anew: only where a picture changed on purpose, and after looking at it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path

import torch

from .pictures import HERE, Pictures, every


def _hashes() -> dict[str, str]:
    """By number format, way and name."""
    found = {}
    for dtype in ("float32", "bfloat16"):
        os.environ["STYLIZE_DTYPE"] = dtype
        with tempfile.TemporaryDirectory() as folder:
            for way, name, picture in every(Path(folder)):
                data = f"{picture.mode} {picture.size} ".encode() + picture.tobytes()
                found[f"{dtype} | {way} | {name}"] = hashlib.sha256(data).hexdigest()
    return found


def _write_references() -> None:
    found: Pictures = {}
    with tempfile.TemporaryDirectory() as folder:
        for _, name, picture in every(Path(folder)):
            found.setdefault(name, picture)
    with zipfile.ZipFile(HERE / "pictures.zip", "w") as archive:
        for name, picture in sorted(found.items()):
            buffer = io.BytesIO()
            picture.save(buffer, "PNG", optimize=True)
            archive.writestr(zipfile.ZipInfo(f"{name}.png"), buffer.getvalue())


def _compare(path: Path) -> int:
    found = _hashes()
    if not path.exists():
        path.write_text(json.dumps(found, indent=1) + "\n")
        print(f"{len(found)} hashes written")
        return 0
    wanted = json.loads(path.read_text())
    others = [name for name in {**wanted, **found} if wanted.get(name) != found.get(name)]
    print(*others, f"{len(others)} of {len(wanted)} differ", sep="\n")
    return 1 if others else 0


def main() -> int:
    os.environ.update(STYLIZE_DEVICE="cpu", STYLIZE_DTYPE="float32")
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--references"]:
        _write_references()
        return 0
    return _compare(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
