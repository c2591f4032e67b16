"""Small pictures in a folder, the CPU in float32, and no Hub."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from stylize.networks import ResNetGenerator

SIDE = 64


def pixels(seed, width=SIDE, height=48):
    """Blocks of random colors, (height, width, 3) uint8."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return small.repeat(8, 0).repeat(8, 1)


def array(picture):
    return np.asarray(picture).astype(int)


@pytest.fixture(autouse=True, scope="module")
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STYLIZE_DEVICE", "cpu")
        patch.setenv("STYLIZE_DTYPE", "float32")
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture
def files(tmp_path):
    """A folder with photo.png, a.png and b.png."""
    for seed, name in enumerate(("photo", "a", "b")):
        Image.fromarray(pixels(seed)).save(tmp_path / f"{name}.png")
    return tmp_path


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    """A translation of one's own: a small generator with random weights."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "own.safetensors"
    save_file(ResNetGenerator(width=8, blocks=1).state_dict(), path)
    return path
