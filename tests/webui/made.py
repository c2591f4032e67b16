"""Pictures and jobs for these tests."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylize import api
from stylize.execution.job import Job
from stylize.modes.gatys.spec import GatysSettings
from stylize.webui import launch
from stylize.webui.profiles import Profile


def page(profile: Profile, root: Path) -> launch.Built:
    """A page that is not served; the environment, where gradio keeps its folder, is left to one that is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", "")  # so that it is put back
        return launch.build(profile, root=root)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns, in a thread of its own, since playwright's event loop may be running here."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()


def photo(path: Path, width: int = 96, height: int = 64) -> Path:
    """A picture with soft slopes and an edge."""
    y, x = np.mgrid[:height, :width].astype(float)
    planes = [x / width, y / height, ((x - width / 2) ** 2 + (y - height / 2) ** 2) ** 0.5 < height / 3]
    Image.fromarray((np.stack(planes, 2) * 255).astype(np.uint8)).save(path)
    return path


def painting(path: Path, side: int = 64, seed: int = 0) -> Path:
    """A picture of coarse colored squares."""
    colors = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(colors).resize((side, side), Image.Resampling.NEAREST).save(path)
    return path


def bomb(path: Path, side: int = 10000) -> Path:
    """A small PNG file that would be ``side`` squared pixels large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes((side // 8 + 1) * side), 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return path


def gatys_job(folder: Path, **settings: object) -> Job:
    """A small optimization."""
    given = {"content_side": 64, "steps": 4, "smallest_side": 64, **settings}
    pictures = api.load(photo(folder / "photo.png")), api.load(painting(folder / "painting.png"))
    return Job("gatys", GatysSettings.from_dict(given), api.inputs(*pictures))
