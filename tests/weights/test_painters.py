"""Painters as files."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from stylize.errors import CheckpointError
from stylize.networks import Painter, PainterGenerator
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


# -------------------------------------------------------------------------------------- of one style


def tensors(**changes):
    torch.manual_seed(0)
    network = PainterGenerator(widths=(8, 16), blocks=(1, 2, 1), late=(4, 2))
    torch.nn.init.normal_(network.gain)
    found = {**{key: half(value) for key, value in network.state_dict().items()}, **changes}
    return {key: value for key, value in found.items() if value is not None}


def written(folder, **changes):
    save_file(tensors(**changes), folder / "mine.safetensors")
    return folder / "mine.safetensors"


def test_a_generator_is_read_with_its_sizes(tmp_path):
    found = checkpoints.load_generator(written(tmp_path))
    assert isinstance(found, PainterGenerator)
    for name, value in tensors().items():
        assert torch.equal(found.state_dict()[name], value.float()), name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"out.bias": None}, "lacks out.bias"),
        ({"stem.weight": torch.zeros(5000, 52, 3, 3)}, "stem.weight is 5000x52x3x3"),
        ({"gain": torch.zeros(3)}, "gain is 3, but must be"),
        ({"bias": torch.zeros(0)}, "bias holds no floating-point numbers"),
        ({"deep.9.conv1.weight": torch.zeros(16, 16, 3, 3)}, "gain is 134, but must be 166"),
        ({"film.weight": torch.zeros(4, 4)}, "film.weight, which the network does not have"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unsound_generator_is_refused(tmp_path, changes, said):
    with pytest.raises(CheckpointError, match=said):
        checkpoints.load_generator(written(tmp_path, **changes))


def test_a_generator_is_no_painter_and_a_painter_no_generator(tmp_path):
    assert not checkpoints.is_painter(written(tmp_path))
    with pytest.raises(CheckpointError, match="stylize generator, which does not serve here"):
        checkpoints.load_painter(written(tmp_path))
    network = Painter(widths=(8, 16), blocks=(1, 2, 1), code=12, statistics=20, hidden=8)
    file = tmp_path / "painter.safetensors"
    save_file(painter_tensors(network.state_dict(), StyleTable({}, {})), file)
    with pytest.raises(CheckpointError, match="stylize painter, which does not serve here"):
        checkpoints.load_generator(file)
