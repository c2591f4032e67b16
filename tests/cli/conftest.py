"""A current folder with pictures, and the command line in this process."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from stylize.cli import main
from stylize.networks import ResNetGenerator

from .commands import picture as larger


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
    """Writes blocks of random colors, 32 x 24."""
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


@pytest.fixture
def folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder with photo.png, a.png and b.png, and nothing else."""
    monkeypatch.setenv("STYLIZE_CACHE", str(here / ".cache"))
    monkeypatch.setenv("HF_HOME", str(here / ".hub"))
    (here / "style.png").unlink()
    for seed, name in enumerate(("photo", "a", "b")):
        larger(f"{name}.png", seed)
    return here


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """Ctrl-C as in a terminal, also where the tests were started in the background and it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def generator(folder: Path) -> str:
    torch.manual_seed(0)
    save_file(ResNetGenerator(width=8, blocks=1).state_dict(), folder / "own.safetensors")
    return "own.safetensors"


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """Runs a command line that must end in one line of error; gives the line."""

    def call(*argv: object) -> str:
        status, out, err = run(*argv)
        assert status == 2, err
        assert out == ""
        assert err.startswith("stylize: error: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1, err
        return err

    return call
