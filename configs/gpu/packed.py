"""What ``pack.py`` packed, as tensors."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy
import torch
from PIL import Image
from torch import Tensor

STORED = 320  # pixels of the side of a photo's square


def pictures(folder: Path, start: str, most: int) -> Iterator[tuple[str, Tensor]]:
    """Names below ``start`` and uint8 pictures (3, H, W) of all tars in a folder."""
    count = 0
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                if not member.name.startswith(start) or count >= most:
                    continue
                file = tar.extractfile(member)
                assert file is not None
                with Image.open(io.BytesIO(file.read())) as image:
                    array = numpy.array(image.convert("RGB"))
                count += 1
                yield member.name.removeprefix(start), torch.from_numpy(array).permute(2, 0, 1)


def squares(folder: Path, most: int) -> Tensor:
    """All photos as uint8 squares (N, 3, STORED, STORED): two of each, from both ends of its longer side."""
    found = []
    for _, picture in pictures(folder, "photos/", most):
        height, width = picture.shape[1:]
        tops, lefts = {0, (height - STORED) // 2, height - STORED}, {0, (width - STORED) // 2, width - STORED}
        if min(height, width) < 2 * STORED:
            tops, lefts = {0, height - STORED}, {0, width - STORED}
        found += [picture[:, y : y + STORED, x : x + STORED] for y in tops for x in lefts]
    return torch.stack(found)
