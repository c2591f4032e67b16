import pytest
import torch
from given import inputs
from safetensors.torch import save_file

from stylize import modes, weights
from stylize.device import Compute
from stylize.errors import MemoryLimitError, WeightsError
from stylize.image import fit, quantize, resize
from stylize.modes import choices
from stylize.modes.cyclegan import mode as cyclegan
from stylize.modes.finish import with_margin
from stylize.networks import PainterGenerator, ResNetGenerator
from stylize.weights import catalog, zoo

CPU = Compute(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def fresh():
    torch.manual_seed(5)
    zoo.clear()
    yield
    zoo.clear()


@pytest.fixture
def network():
    return ResNetGenerator(2, 2).eval()


@pytest.fixture
def path(tmp_path, network):
    save_file(network.state_dict(), tmp_path / "mine.safetensors")
    return str(tmp_path / "mine.safetensors")


def settings(path, **changes):
    return cyclegan.CycleGANSettings(translation=path, **changes)


def run(picture, path, **changes):
    return list(cyclegan.run(inputs(picture), settings(path, **changes), CPU))


@torch.no_grad()
def test_it_is_what_the_network_gives(network, path):
    picture = torch.rand(1, 3, 24, 32)
    first, last = run(picture, path)
    assert (first.step, first.total, first.picture) == (1, 2, None)
    assert (last.step, last.total, last.note) == (2, 2, None)
    torch.testing.assert_close(last.picture, network(quantize(picture)))


@pytest.fixture
def painting(tmp_path):
    network = PainterGenerator(widths=(8, 16), blocks=(1, 1, 1), late=(4, 2)).eval()
    save_file(network.state_dict(), tmp_path / "painting.safetensors")
    return network, str(tmp_path / "painting.safetensors")


@torch.no_grad()
def test_a_painter_of_one_style_sees_a_margin_that_is_cut_off(painting):
    network, path = painting
    picture = torch.rand(1, 3, 40, 56)
    made = run(picture, path)[-1].picture
    whole = network(with_margin(quantize(picture), network.MARGIN))
    torch.testing.assert_close(made, whole[..., 32:-32, 32:-32])


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (7, 3), (33, 70)])
def test_a_painter_of_one_style_takes_any_size(painting, size):
    made = run(torch.rand(1, 3, *size), painting[1])[-1].picture
    assert made.shape == (1, 3, *size)
    assert made.isfinite().all()


@torch.no_grad()
def test_the_strokes_of_a_larger_picture_are_as_broad_in_it(painting, monkeypatch):
    picture, path = torch.rand(1, 3, 64, 96), painting[1]
    own = run(picture, path)[-1].picture
    monkeypatch.setattr(PainterGenerator, "SIDE", 48)
    made = run(picture, path)[-1].picture
    broad = run(fit(quantize(picture), 48), path)[-1].picture
    fine = own - resize(resize(own, (32, 48)), (64, 96))
    assert (made - own).abs().mean() > 1e-3
    torch.testing.assert_close(made, (resize(broad, (64, 96)) + fine).clamp(0, 1), atol=2 / 255, rtol=0)


def test_loading_waits_for_the_first_step(tmp_path):
    started = cyclegan.run(inputs(torch.rand(1, 3, 8, 8)), settings(str(tmp_path / "absent.pth")), CPU)
    with pytest.raises(WeightsError, match=r"absent\.pth"):
        next(started)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (7, 3), (33, 30), (8, 9)])
@pytest.mark.parametrize("full_size", [True, False])
def test_any_size_comes_back_as_it_was(path, size, full_size):
    picture = run(torch.rand(1, 3, *size), path, content_side=0, full_size=full_size)[-1].picture
    assert picture.shape == (1, 3, *size)
    assert picture.dtype == torch.float32
    assert picture.device.type == "cpu"
    assert 0 <= picture.min() <= picture.max() <= 1


@torch.no_grad()
def test_odd_sizes_are_padded_beyond_the_picture_not_stretched(network, path):
    """What was there keeps its place: it is as if the border's pixels went on for a bit."""
    picture = quantize(torch.rand(1, 3, 31, 30))
    longer = torch.cat([picture, picture[:, :, -1:]], 2)
    longer = torch.cat([longer, longer[..., -1:], longer[..., -1:]], 3)
    torch.testing.assert_close(run(picture, path, content_side=0)[-1].picture, network(longer)[..., :31, :30])


@pytest.mark.parametrize("full_size", [True, False])
def test_the_working_size(path, full_size):
    picture = torch.rand(1, 3, 60, 100)
    last = run(picture, path, content_side=32, full_size=full_size)[-1]
    assert last.picture.shape[2:] == (19, 32)


def test_a_small_picture_is_not_enlarged(path):
    last = run(torch.rand(1, 3, 16, 12), path, content_side=512, full_size=False)[-1]
    assert last.picture.shape[2:] == (16, 12)


def test_styles_are_ignored(path):
    picture = torch.rand(1, 3, 16, 16)
    styled = list(cyclegan.run(inputs(picture, [(torch.rand(1, 3, 8, 8), 1.0)]), settings(path), CPU))
    assert torch.equal(styled[-1].picture, run(picture, path)[-1].picture)


def test_it_runs_in_bfloat16(path, network):
    picture = torch.rand(1, 3, 32, 32)
    compute = Compute(torch.device("cpu"), torch.bfloat16)
    result = list(cyclegan.run(inputs(picture), settings(path), compute))[-1].picture
    assert result.dtype == torch.float32
    assert (result - run(picture, path)[-1].picture).abs().mean() < 0.02


@pytest.fixture
def little_memory(monkeypatch):
    """A machine on which pictures of more than so many pixels do not fit."""

    def limit(pixels, error):
        forward = ResNetGenerator.forward

        def limited(self, x):
            if x.shape[2] * x.shape[3] > pixels:
                raise error
            return forward(self, x)

        monkeypatch.setattr(ResNetGenerator, "forward", limited)

    return limit


NO_MEMORY = (
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
)


@pytest.mark.parametrize("error", NO_MEMORY, ids=lambda error: type(error).__name__)
def test_without_memory_it_works_at_half_the_size_and_says_so(path, little_memory, error):
    little_memory(40 * 40, error)
    steps = run(torch.rand(1, 3, 64, 48), path, full_size=False)
    assert steps[-1].picture.shape[2:] == (32, 24)
    notes = [str(step.note) for step in steps if step.note]
    assert notes == ["Not enough memory for 64 pixels: working at 32."]


def test_without_any_memory_it_is_refused(path, little_memory):
    little_memory(10, MemoryError())
    with pytest.raises(MemoryLimitError, match="smaller working size"):
        run(torch.rand(1, 3, 64, 48), path)


def test_other_errors_are_not_mistaken_for_memory(path, little_memory):
    little_memory(10, RuntimeError("a bug"))
    with pytest.raises(RuntimeError, match="a bug"):
        run(torch.rand(1, 3, 64, 48), path)


def test_describe_lists_every_translation(tmp_path, monkeypatch, network):
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    torch.save(network.state_dict(), tmp_path / "style_ukiyoe.pth")
    found = {each.name: each for each in choices.networks(modes.spec("cyclegan"))}
    assert set(found) == {row.name for row in catalog.rows() if row.role == "generator"}
    assert found["style-ukiyoe"].state == "folder"
    assert found["style-ukiyoe"].size == (tmp_path / "style_ukiyoe.pth").stat().st_size
    assert found["style-cezanne"].state == "bring"
    assert all(each.title and each.summary for each in found.values())
    assert found["style-vangogh"].state == weights.state(catalog.row("style-vangogh"))
