"""A small picture made with each weight file that comes with Stylize, and one by Gatys' defaults, to be kept
as references.

``python tests/bundled.py`` writes the references anew: only after a file was replaced on purpose, and after
looking at them.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from stylize.device import Compute, choose
from stylize.image import load, of_tensor, save
from stylize.inputs import Inputs, StyleInput
from stylize.modes.adain import mode as adain
from stylize.modes.cyclegan import mode as cyclegan
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys.spec import GatysSettings
from stylize.weights import catalog, zoo
from stylize.weights.catalog import Row

FOLDER = Path(__file__).parent / "references"
SIDE = 64


def rows() -> list[Row]:
    """Every row whose first source lies in ``weights/``."""
    return [row for row in catalog.rows() if row.bundled]


def scene(seed: int) -> Tensor:
    """(1, 3, 64, 64): a horizon, a disc and some texture, always the same."""
    random = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.linspace(-1, 1, SIDE), torch.linspace(-1, 1, SIDE), indexing="ij")
    colors = torch.rand(3, 3, 1, 1, generator=random)
    picture = torch.where(y < 0.2 * torch.sin(3 * x + seed), colors[0], colors[1])
    picture = torch.where((x - 0.3).square() + (y + 0.4).square() < 0.08, colors[2], picture)
    waves = 0.1 * torch.sin((9 + seed) * (x + y) + 4 * torch.sin(5 * y))
    return (picture + waves).clamp(0, 1)[None]


def picture_by(row: Row, compute: Compute) -> Tensor:
    """(1, 3, H, W) RGB in [0, 1] that depends on all the weights of a file."""
    if row.role == "encoder":
        return _map_of(row, compute)
    if row.role == "generator":
        network = zoo.generator(row.name, compute).network
        return cyclegan.translate(network, scene(0), compute.device)
    network = adain.load(adain.AdaINSettings(network=row.name), compute)
    content = next(each for each in network.encode_content(scene(0)) if each is not None)
    style = network.encode_style(scene(1))
    return next(each for each in network.render(content, style, 1.0) if each is not None)


def _map_of(row: Row, compute: Compute) -> Tensor:
    """The deepest features of a scene as gray tiles, each channel from 0 to its highest value."""
    network = zoo.encoder(row.name, compute).network
    layer = next(layer for layer in reversed(network.layers) if layer.endswith("_1"))
    with torch.no_grad():
        features = network(scene(0).to(compute.device), (layer,))[layer].float().cpu()[0, :64]
    features = features / features.amax((1, 2), keepdim=True).clamp(min=1e-3)
    side = features.shape[1]
    tiles = features.view(8, 8, side, side).permute(0, 2, 1, 3).reshape(1, 1, 8 * side, 8 * side)
    return tiles.expand(-1, 3, -1, -1).contiguous()


def picture_by_gatys(compute: Compute, **changes: object) -> Tensor:
    """(1, 3, H, W) RGB in [0, 1]: a few steps of Gatys' defaults, but for ``changes``."""
    settings = GatysSettings.from_dict({"steps": 16, "smallest_side": 48, **changes})
    inputs = Inputs(of_tensor(scene(0)), (StyleInput(of_tensor(scene(1))),))
    *_, last = gatys.run(inputs, settings, compute)
    assert last.picture is not None
    return last.picture


def main() -> None:
    """Write every reference."""
    FOLDER.mkdir(exist_ok=True)
    for row in rows():
        save(FOLDER / f"{row.name}.png", picture_by(row, choose("cpu", "float32")))
    save(FOLDER / "gatys.png", picture_by_gatys(choose("cpu", "float32")))


def reference(row: Row) -> Tensor:
    """What :func:`main` wrote."""
    return load(FOLDER / f"{row.name}.png").tensor


if __name__ == "__main__":
    main()
