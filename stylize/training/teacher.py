"""The VGG-19 that others learn from, and its features on a scale on which they can be compared."""

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
from .config import TeacherSettings, TrainingError

# Positions of the convolutions in torchvision's ``features``.
_FEATURES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def load(settings: TeacherSettings, compute: Compute) -> VGG19:
    """The teacher, placed and without gradients. Raises TrainingError, CheckpointError or WeightsError."""
    name, normalisation = settings.teacher, settings.teacher_normalisation
    if Path(name).suffix == ".npz":
        return compute.place(_from_npz(Path(name), normalisation or "caffe"))
    if normalisation:
        return compute.place(checkpoints.load_encoder(name, normalisation))
    network: VGG19 = zoo.encoder(name, compute).network
    return network


def _from_npz(path: Path, normalisation: str) -> VGG19:
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
            f"conv{layer}.{part}": state[f"features.{index}.{part}"]
            for layer, index in zip(CONVOLUTIONS, _FEATURES, strict=True)
            for part in ("weight", "bias")
            if f"features.{index}.weight" in state
        }
        widths = [ours[f"conv{block}_1.weight"].shape[0] for block in range(1, 6)]
        deepest = [layer for layer in CONVOLUTIONS if f"conv{layer}.weight" in ours][-1]
        network = VGG19(widths, deepest, "zeros", normalization=NORMALIZATIONS[normalisation])
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


class Scales(nn.Module):
    """Mean and deviation of each channel at some taps, measured once over training pictures."""

    def __init__(self, network: VGG19, taps: Iterable[str]) -> None:
        super().__init__()
        self.taps = tuple(taps)
        for tap in self.taps:
            self.register_buffer("mean_" + tap, torch.zeros(1, network.layer_channels(tap), 1, 1))
            self.register_buffer("deviation_" + tap, torch.ones(1, network.layer_channels(tap), 1, 1))

    @torch.no_grad()
    def measure(self, batches: Iterable[dict[str, Tensor]]) -> None:
        """From features by tap, batch by batch."""
        sums: dict[str, list[Tensor]] = {tap: [] for tap in self.taps}
        for features in batches:
            for tap in self.taps:
                found = features[tap].float()
                sums[tap].append(torch.stack([found.mean((0, 2, 3)), found.square().mean((0, 2, 3))]))
        for tap, found_sums in sums.items():
            mean, square = torch.stack(found_sums).mean(0)
            self.mean(tap).copy_(mean.view(1, -1, 1, 1))
            self.deviation(tap).copy_((square - mean.square()).clamp(min=0).sqrt().view(1, -1, 1, 1))

    def mean(self, tap: str) -> Tensor:
        """(1, C, 1, 1)."""
        found: Tensor = getattr(self, "mean_" + tap)
        return found

    def deviation(self, tap: str) -> Tensor:
        """(1, C, 1, 1)."""
        found: Tensor = getattr(self, "deviation_" + tap)
        return found

    def by_mean(self, tap: str, features: Tensor) -> Tensor:
        """Features in float32 with a mean activation of about 1 in each channel, as the normalised VGG's.

        Channels that hardly ever answer would be blown up: none counts as weaker than a hundredth of
        the average one.
        """
        return features.float() / self.divisor(tap)

    def divisor(self, tap: str) -> Tensor:
        """What :meth:`by_mean` divides by, (1, C, 1, 1)."""
        mean = self.mean(tap)
        return torch.maximum(mean, 0.01 * mean.mean() + 1e-8)


def strided(features: Tensor, stride: int, step: int) -> Tensor:
    """Every ``stride``-th position in both directions, the first of them moving with the steps."""
    first = step % stride
    return features[:, :, first::stride, (first * 3 + step // stride) % stride :: stride]


def unexplained(found: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Σ w (found - wanted)² over the channels, mean over samples and positions: a scalar."""
    return (F.mse_loss(found.float(), wanted.float(), reduction="none") * weight).sum(1).mean()
