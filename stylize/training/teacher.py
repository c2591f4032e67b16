"""The VGG-19 whose features networks are trained with, and scales on which these can be compared."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import Compute
from ..networks import NORMALIZATIONS, VGG19
from ..networks.vgg import CONVOLUTIONS
from ..weights import checkpoints, zoo
from .config import TrainingError
from .task_settings import TeacherSettings

# Indices of the convolutions in torchvision's ``features``.
_FEATURES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def load_teacher(settings: TeacherSettings, compute: Compute) -> VGG19:
    """The teacher, placed and without gradients. Raises TrainingError, CheckpointError or WeightsError."""
    name, normalization = settings.teacher, settings.teacher_normalization
    if Path(name).suffix == ".npz":
        return compute.place(_from_npz(Path(name), normalization or "caffe"))
    if normalization:
        return compute.place(checkpoints.load_encoder(name, normalization))
    network: VGG19 = zoo.encoder(name, compute).network
    return network


def _from_npz(path: Path, normalization: str) -> VGG19:
    """A VGG-19 of torchvision's names, plain or as ``NAME|u8`` with ``NAME|sm`` = (scale, lowest)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            state = {key.partition("|")[0]: _tensor(file, key) for key in file.files if key[-3:] != "|sm"}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(
            "The teacher {file} cannot be read: check the path, or download it again.", file=str(path)
        ) from error
    try:
        ours = {
            f"conv{name}.{part}": state[f"features.{index}.{part}"]
            for name, index in zip(CONVOLUTIONS, _FEATURES, strict=True)
            for part in ("weight", "bias")
            if f"features.{index}.weight" in state
        }
        channels = [ours[f"conv{block}_1.weight"].shape[0] for block in range(1, 6)]
        last = [name for name in CONVOLUTIONS if f"conv{name}.weight" in ours][-1]
        network = VGG19(channels, last, "zeros", normalization=NORMALIZATIONS[normalization])
        network.load_state_dict(ours)
    except (KeyError, RuntimeError) as error:
        raise TrainingError(
            "The teacher {file} is no VGG-19 with torchvision's names: choose another file.", file=path.name
        ) from error
    return network


def _tensor(file: np.lib.npyio.NpzFile, key: str) -> Tensor:
    values = file[key].astype(np.float32)
    if key.endswith("|u8"):
        scale, lowest = file[key[:-3] + "|sm"]
        values = values * scale + lowest
    return torch.from_numpy(values)


class FeatureScales(nn.Module):
    """Mean and standard deviation of each channel of some layers, measured once over training pictures.

    Args:
        network: whose features they are.
        layers: names such as ``"relu4_1"``.
    """

    def __init__(self, network: VGG19, layers: Iterable[str]) -> None:
        super().__init__()
        self.layers = tuple(layers)
        for layer in self.layers:
            self.register_buffer("mean_" + layer, torch.zeros(1, network.layer_channels(layer), 1, 1))
            self.register_buffer("deviation_" + layer, torch.ones(1, network.layer_channels(layer), 1, 1))

    @torch.no_grad()
    def measure(self, batches: Iterable[dict[str, Tensor]]) -> None:
        """From batches of features by layer, (B, C, H, W) each; batches count alike."""
        sums: dict[str, list[Tensor]] = {layer: [] for layer in self.layers}
        for features in batches:
            for layer in self.layers:
                each = features[layer].float()
                sums[layer].append(torch.stack([each.mean((0, 2, 3)), each.square().mean((0, 2, 3))]))
        for layer, moments in sums.items():
            mean, square = torch.stack(moments).mean(0)
            self.mean(layer).copy_(mean.view(1, -1, 1, 1))
            self.std(layer).copy_((square - mean.square()).clamp(min=0).sqrt().view(1, -1, 1, 1))

    def mean(self, layer: str) -> Tensor:
        """(1, C, 1, 1) float32."""
        found: Tensor = getattr(self, "mean_" + layer)
        return found

    def std(self, layer: str) -> Tensor:
        """(1, C, 1, 1) float32."""
        found: Tensor = getattr(self, "deviation_" + layer)
        return found

    def scaled(self, layer: str, features: Tensor) -> Tensor:
        """(B, C, H, W) features in float32, scaled to a mean activation of about 1 per channel.

        That is how the normalized VGG is scaled (Gatys et al. 2016, section 2). Departure: a channel counts
        as no weaker than 1/100 of the average one, so that nearly dead channels are not amplified.
        """
        return features.float() / self.divisor(layer)

    def divisor(self, layer: str) -> Tensor:
        """What :meth:`scaled` divides by, (1, C, 1, 1)."""
        mean = self.mean(layer)
        return torch.maximum(mean, 0.01 * mean.mean() + 1e-8)


def subsample(features: Tensor, stride: int, step: int) -> Tensor:
    """Every ``stride``-th position of (B, C, H, W) in both directions, beginning elsewhere at each step."""
    first = step % stride
    return features[:, :, first::stride, (first * 3 + step // stride) % stride :: stride]


def weighted_squared_error(features: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Σ w (F − P)² over the channels, mean over samples and positions: a scalar.

    Args:
        features: F, (B, C, H, W).
        target: P, the same shape.
        weight: w, (1, C, 1, 1); where P has unit variance and w sums to 1, it is the unexplained variance.
    """
    errors = F.mse_loss(features.float(), target.float(), reduction="none")
    return (errors * weight).sum(1).mean()
