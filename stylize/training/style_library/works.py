"""The works of a painter: which files, and what an encoder measures of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ... import image
from ...image import Cutout
from ...image.suffixes import has_suffix
from ...networks import VGG19
from ...statistics import mean_std, position_weights
from .. import color_names
from ..config import TrainingError
from .config import ArtistSettings, LibrarySettings

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
MIN_SIDE = 32  # pixels: two features at relu5_1
MIN_STD = 6.2e-5  # which float16 still holds with full precision


@dataclass(frozen=True)
class Work:
    """A painting: its file, Oklab colors (N, 3) of a small copy, and its statistics.

    ``statistics`` are ``"relu4_1.mean"`` and ``"relu4_1.deviation"``, (C,) float32 on the CPU, and so on.
    """

    path: Path
    colors: np.ndarray
    statistics: dict[str, Tensor]


def files_of(painter: ArtistSettings, data: Path, settings: LibrarySettings) -> list[Path]:
    """The files of a painter's works, a random choice of them if there are more than ``max_works``.

    Raises:
        TrainingError: the folder cannot be read, or there are no works.
    """
    folder = data / painter.folder
    try:
        found = sorted(
            each for each in folder.iterdir() if has_suffix(each.name) and each.name.startswith(painter.files)
        )
    except OSError as error:
        raise TrainingError(
            "The folder {folder} cannot be read ({reason}): check the path, or say with --data where the "
            "pictures are.",
            folder=str(folder),
            reason=error.strerror,
        ) from error
    if not found:
        raise TrainingError(
            "There are no works of {painter} in {folder}.", painter=painter.name, folder=str(folder)
        )
    random = np.random.default_rng(settings.seed)
    chosen = random.permutation(len(found))[: settings.max_works]
    return [found[n] for n in sorted(chosen)]


@torch.inference_mode()
def measure(path: Path, encoder: VGG19, device: torch.device) -> Work:
    """A work's colors and statistics. Raises PictureError."""
    style = image.load(path).as_style
    picture, alpha = (style.tensor, style.alpha) if isinstance(style, Cutout) else (style, None)
    layers = [layer for layer in LAYERS if layer in encoder.layers]
    small = image.fit(picture, 48)
    height, width = (max(MIN_SIDE, side) for side in picture.shape[2:])
    features = encoder(image.resize(picture, (height, width)).to(device), layers)
    statistics = {}
    for layer, each in features.items():
        mean, std = mean_std(each, weight=position_weights(alpha, each))
        statistics[f"{layer}.mean"] = mean.flatten().cpu()
        statistics[f"{layer}.deviation"] = std.flatten().cpu().clamp(min=MIN_STD)
    colors = color_names.oklab(small[0].flatten(1).T.double().clamp(0, 1).numpy())
    return Work(path, colors, statistics)
