"""Tiny pictures, tiny networks and short runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylize.networks import VGG19
from stylize.training.config import Config

TINY = (4, 6, 8, 8, 8)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def plain_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")


def make_pictures(folder: Path, count: int = 6) -> Path:
    """Blocks of random colors, 48 x 40 pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        random = np.random.default_rng(number)
        small = random.integers(0, 256, (5, 6, 3), dtype=np.uint8)
        Image.fromarray(small.repeat(8, 0).repeat(8, 1)).save(folder / f"picture_{number}.png")
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return make_pictures(tmp_path / "pictures")


def make_domains(folder: Path) -> Path:
    """Reddish waves in ``a``, bluish blocks in ``b``."""
    random = np.random.default_rng(2)
    y, x = np.mgrid[:40, :48] / 8
    for number in range(6):
        wave = 0.5 + 0.4 * np.sin(x * random.uniform(0.5, 2) + y * random.uniform(0.5, 2))
        blocks = random.uniform(0, 1, (5, 6)).repeat(8, 0).repeat(8, 1)
        for name, gray, color in (("a", wave, (1, 0.5, 0.3)), ("b", blocks, (0.2, 0.4, 1))):
            (folder / name).mkdir(parents=True, exist_ok=True)
            pixels = (255 * gray[..., None] * np.array(color)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{name}_{number}.png")
    return folder


@pytest.fixture
def domains(tmp_path: Path) -> Path:
    return make_domains(tmp_path)


def tiny_vgg(last: str = "5_1", padding: str = "zeros", seed: int = 5) -> VGG19:
    """A frozen VGG-19 of a few channels with lively features."""
    torch.manual_seed(seed)
    network = VGG19(TINY, last, padding)
    for parameter in network.parameters():
        if parameter.dim() == 4:
            torch.nn.init.kaiming_normal_(parameter)
        else:
            torch.nn.init.normal_(parameter, std=0.1)
    return network.requires_grad_(False).eval()


def config(task: str = "encoder", loop: dict | None = None, **settings: object) -> Config:
    """A run of a few steps on the folder ``.``."""
    short = {"steps": 6, "batch": 4, "size": 32, "log_every": 1, "sample_every": 100, "warmup": 1}
    streams = {
        "encoder": ["pictures"],
        "adain": ["content", "style"],
        "cyclegan": ["a", "b"],
        "painter": ["content", "style"],
        "translation": ["a", "b"],
    }
    rows = [{"stream": name} for name in streams[task]]
    tables = {"loop": {**short, **(loop or {})}, "task": {"measure_batches": 2, **settings}, "data": rows}
    return Config.from_tables(task, tables)
