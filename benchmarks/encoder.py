"""How much of the full VGG-19 small encoders see: a table.

    python benchmarks/encoder.py --teacher vgg19.npz --data DATA vgg19-half OTHER.safetensors

On crops that ``configs/encoder-half.toml`` holds out of training, after a linear map of each layer to the
teacher's channels that is fitted by ridge regression on crops of the training: the share of the teacher's
variance that is left unexplained, and |G - A|^2 / |A|^2 of the Gram matrices of the mapped and the teacher's
features.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone

import torch
from torch import Tensor, nn

from stylize.networks import VGG19
from stylize.training.config import Config
from stylize.training.data import CropStream, PictureCache, streams
from stylize.training.encoder import EncoderTask
from stylize.training.run import choose_compute
from stylize.training.task import Batch
from stylize.training.task_settings import EncoderSettings
from stylize.weights import zoo

CONFIG = Path(__file__).parents[1] / "configs" / "encoder-half.toml"
BATCH = 16
RIDGE = 1e-7


def batches(stream: CropStream, first: int, count: int) -> Iterator[Batch]:
    """``count`` batches of crops."""
    for step in range(first, first + count):
        yield Batch({"pictures": stream.batch(step, range(BATCH))}, torch.arange(BATCH), 0)


@torch.no_grad()
def measure(name: str, config: Config, data: Path, count: int) -> dict[str, tuple[float, float]]:
    """Unexplained variance and relative Gram error by layer."""
    assert isinstance(config.task, EncoderSettings)
    compute = choose_compute()
    layers = tuple(
        layer for layer in config.task.layers if layer in zoo.encoder(name, compute).network.layers
    )
    settings = replace(config.task, init=name, layers=layers, balance=0.0, strides=(), ridge=RIDGE)
    task = EncoderTask(settings, compute)
    for network in task.networks.values():
        network.to(memory_format=torch.channels_last)
    cache, seed, size = PictureCache(), config.loop.seed, config.loop.size
    ours = streams(("pictures",), config.data, data, size, seed, cache)["pictures"]
    theirs = streams(("pictures",), config.data, data, size, seed, cache, held_out=True)["pictures"]
    task.prepare(batches(ours, 2**41, 2 * count))
    found: dict[str, list[tuple[float, float]]] = {layer: [] for layer in layers}
    for batch in batches(theirs, 1, count):
        losses = task.losses(task.networks, batch, "")
        for layer in layers:
            found[layer].append((float(losses[layer]), _gram_error(task, batch.pictures["pictures"], layer)))
    means = {layer: torch.tensor(pairs).mean(0).tolist() for layer, pairs in found.items()}
    return {layer: (pair[0], pair[1]) for layer, pair in means.items()}


def _gram_error(task: EncoderTask, pictures: Tensor, layer: str) -> float:
    encoder, maps = task.networks["encoder"], task.networks["maps"]
    assert isinstance(encoder, VGG19)
    assert isinstance(maps, nn.ModuleDict)
    wanted = task.teacher(pictures, (layer,))[layer].float()
    mapped = maps[layer](encoder(pictures, (layer,))[layer].float()) * task._unit(layer) + task.scales.mean(
        layer
    )
    one, other = _gram(mapped), _gram(wanted)
    return float(((one - other).square().sum((1, 2)) / other.square().sum((1, 2))).mean())


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.mT / flat.shape[2]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("encoders", nargs="+", help="names in the catalog or files")
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=16, help=f"of {BATCH} held-out crops")
    options = parser.parse_args()
    config = Config.read("encoder", CONFIG).with_task(teacher=options.teacher)
    for name in options.encoders:
        found = measure(name, config, options.data, options.batches)
        print(f"\n{Path(name).name}\n\n| | {' | '.join(found)} |\n|---|{'---|' * len(found)}")
        for row, title in enumerate(("variance left unexplained", "relative error of the Gram matrix")):
            print(f"| {title} | {' | '.join(f'{pair[row]:.3f}' for pair in found.values())} |")


if __name__ == "__main__":
    main()
