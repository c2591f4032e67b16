"""Painters as files."""

from __future__ import annotations

import torch
from safetensors.torch import save_file

from stylize.networks import Painter
from stylize.networks.painter import StyleTable
from stylize.weights import checkpoints
from stylize.weights.painters import half, painter_tensors


def test_what_is_written_is_read(tmp_path):
    torch.manual_seed(0)
    network = Painter(widths=(8, 16), blocks=(1, 2, 1), code=12, statistics=20, hidden=8, late=(4, 2))
    digest = bytes(range(200, 232)).hex()
    table = StyleTable({"sea": torch.randn(12), "monet": torch.randn(12)}, {digest: "sea"})
    save_file(painter_tensors(network.state_dict(), table), tmp_path / "painter.safetensors")
    found = checkpoints.load_painter(tmp_path / "painter.safetensors")
    for name, value in network.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], value.half().float(), rtol=0, atol=0, msg=name)
    assert found.table.pictures == table.pictures
    for key, name in ((digest, "sea"), ("monet", "monet")):
        assert torch.equal(found.table.find(key), table.codes[name].half().float())


def test_formats():
    assert half(torch.tensor([1.5])).dtype == torch.float16
    assert half(torch.tensor([1e6])).dtype == torch.float32
    assert half(torch.tensor([3], dtype=torch.uint8)).dtype == torch.uint8
