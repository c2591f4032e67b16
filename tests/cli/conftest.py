"""A current folder with pictures, and the command line in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from stylize.cli import main


class Ran(NamedTuple):
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


def picture(path: str | os.PathLike[str], seed: int = 0, kind: str | None = None) -> None:
    """Writes blocks of random colours, 32 x 24."""
    small = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(small.repeat(8, 0).repeat(8, 1)).save(path, kind)


def tree(folder: str | os.PathLike[str]) -> list[str]:
    """Every file below a folder, with slashes."""
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"DEVICE": "cpu", "DTYPE": "float32"}.items():
        monkeypatch.setenv(f"STYLIZE_{name}", value)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    picture("style.png", 9)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*argv: object) -> Ran:
        status = main([str(each) for each in argv])
        found = capsys.readouterr()
        return Ran(status, found.out, found.err)

    return call
