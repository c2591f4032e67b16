import threading

import pytest
import torch
from safetensors.torch import save_file

from stylize import modes
from stylize.device import Compute
from stylize.errors import CheckpointError, WeightsError
from stylize.modes.adain.spec import AdaINSettings
from stylize.modes.adain.transfer import AdaIN
from stylize.modes.cyclegan.spec import CycleGANSettings
from stylize.modes.gatys.spec import GatysSettings
from stylize.networks import VGG19, AdaINDecoder, ResNetGenerator
from stylize.networks.vgg import FULL, HALF, QUARTER
from stylize.weights import catalog, checkpoints, zoo

CPU = Compute(torch.device("cpu"), torch.float32)
BFLOAT = Compute(torch.device("cpu"), torch.bfloat16)


@pytest.fixture(autouse=True)
def fresh():
    zoo.clear()
    yield
    zoo.clear()


@pytest.fixture
def write(tmp_path):
    def to_file(network, name="mine.safetensors"):
        save_file(network.state_dict(), tmp_path / name)
        return str(tmp_path / name)

    return to_file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    return tmp_path


def test_the_bundled_pair_belongs_together():
    encoder, decoder = zoo.adain("adain-half", CPU)
    assert (encoder.found.row.name, decoder.found.row.name) == ("vgg19-half", "adain-half")
    assert encoder.network.channels == decoder.network.channels == HALF
    assert decoder.found.sha256 == decoder.found.row.sha256
    picture = torch.full((1, 3, 32, 32), 0.5)
    network = AdaIN(encoder.network, decoder.network, CPU.device)
    content = next(each for each in network.encode_content(picture) if each is not None)
    style = network.encode_style(picture)
    back = next(each for each in network.render(content, style, 0.0) if each is not None)
    assert (back - picture).abs().mean() < 0.1  # without a style the decoder is the encoder's inverse


@pytest.mark.parametrize("compute", [CPU, BFLOAT], ids=["float32", "bfloat16"])
def test_networks_are_placed_without_gradients(compute):
    network = zoo.encoder("vgg19-half", compute).network
    assert not network.training
    assert network.conv1_1.weight.dtype == compute.dtype
    assert network.color_matrix.dtype == torch.float32
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_a_network_is_loaded_once(write):
    path = write(ResNetGenerator(2, 1))
    first = zoo.generator(path, CPU)
    assert zoo.generator(path, CPU).network is first.network
    zoo.clear()
    assert zoo.generator(path, CPU).network is not first.network


def test_what_makes_a_network_another_one():
    one = zoo.encoder("vgg19-half", CPU)
    assert zoo.encoder("vgg19-half", BFLOAT).network is not one.network
    average = zoo.encoder("vgg19-half", CPU, "average")
    assert (one.network.pooling, average.network.pooling) == ("max", "average")
    assert one.found.sha256 == average.found.sha256


def test_a_changed_file_is_read_again(write):
    path = write(ResNetGenerator(2, 1))
    before = zoo.generator(path, CPU)
    after = zoo.generator(write(ResNetGenerator(3, 1)), CPU)
    assert (before.network.width, after.network.width) == (2, 3)
    assert before.found.sha256 != after.found.sha256


def test_the_network_unused_for_longest_makes_room(write):
    paths = [write(ResNetGenerator(1, 1), f"{n}.safetensors") for n in range(zoo.KEPT + 1)]
    first, second = (zoo.generator(path, CPU).network for path in paths[:2])
    for path in paths[2 : zoo.KEPT]:
        zoo.generator(path, CPU)
    assert zoo.generator(paths[0], CPU).network is first
    zoo.generator(paths[-1], CPU)  # one too many
    assert zoo.generator(paths[0], CPU).network is first
    assert zoo.generator(paths[1], CPU).network is not second


def test_threads_share_one_network(write):
    path, start, found = write(ResNetGenerator(4, 6)), threading.Barrier(6), []

    def ask():
        start.wait()
        found.append(zoo.generator(path, CPU).network)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(map(id, found))) == 1


def test_a_network_loaded_in_inference_mode_still_gives_gradients():
    with torch.inference_mode():
        zoo.encoder("vgg19-half", CPU)
    picture = torch.rand(1, 3, 16, 16, requires_grad=True)
    zoo.encoder("vgg19-half", CPU).network(picture, ("relu1_2",))["relu1_2"].sum().backward()
    assert picture.grad.abs().sum() > 0


def test_the_catalogs_normalization_is_used(folder):
    state = {"0.weight": torch.ones(2, 3, 3, 3), "2.weight": torch.ones(2, 2, 3, 3)}
    biases = {"0.bias": torch.zeros(2), "2.bias": torch.zeros(2)}
    torch.save({**state, **biases}, folder / "vgg19.safetensors")
    network = zoo.encoder("vgg19", CPU).network
    gray = torch.tensor((0.485, 0.456, 0.406)).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    assert network(gray, ("relu1_1",))["relu1_1"].abs().max() < 1e-5


def test_the_catalogs_member_is_used(folder):
    two = {"G_A": ResNetGenerator(2, 1), "G_B": ResNetGenerator(3, 1)}
    state = {f"{name}.{key}": value for name, each in two.items() for key, value in each.state_dict().items()}
    torch.save(state, folder / "horse2zebra_cyclegan.bin")
    assert zoo.generator("horse2zebra-upit", CPU).network.width == 3
    assert zoo.generator("zebra2horse-upit", CPU).network.width == 2


@pytest.mark.parametrize("call", [zoo.encoder, zoo.generator])
def test_a_decoder_is_neither_encoder_nor_generator(call):
    with pytest.raises(WeightsError, match="adain-half is of the kind decoder"):
        call("adain-half", CPU)


# A user's own decoder: the encoder is told by its width and padding.
PARTNERS = [
    (QUARTER, "reflect", "vgg19-quarter"),
    (HALF, "reflect", "vgg19-half"),
    (FULL, "reflect", "vgg-normalised"),
]


@pytest.mark.parametrize(("channels", "padding", "name"), PARTNERS)
def test_the_encoder_for_ones_own_decoder(write, channels, padding, name):
    path = write(AdaINDecoder(channels, padding))
    assert modes.load("adain").needs(AdaINSettings(network=path)) == (path, name)
    assert catalog.row(name).role == "encoder"


def test_a_zero_padded_decoder_gets_the_zero_padded_encoder(tmp_path):
    numbers = (0, 3, 5, 7, 9, 12, 14, 17, 19)
    state = AdaINDecoder(FULL).state_dict()
    names = [name.removesuffix(".weight") for name in state if name.endswith(".weight")]
    path = tmp_path / "decoder.pth"
    torch.save(
        {f"{n}.{kind}": state[f"{name}.{kind}"] for n, name in zip(numbers, names, strict=True)
         for kind in ("weight", "bias")}, path,
    )  # fmt: skip
    assert modes.load("adain").needs(AdaINSettings(network=str(path)))[1] == "vgg-normalised-zero"


def test_ones_own_half_width_decoder_runs(write):
    path = write(AdaINDecoder(HALF))
    encoder, decoder = zoo.adain(path, CPU)
    assert encoder.found.row.name == "vgg19-half"
    assert decoder.found.row is None
    assert str(decoder.found.path) == path


def test_a_decoder_of_a_strange_width_has_no_encoder(write):
    path = write(AdaINDecoder((2, 3, 4, 5)))
    with pytest.raises(CheckpointError, match=r"mine\.safetensors is a decoder with 5 channels"):
        zoo.adain(path, CPU)


@pytest.mark.parametrize("encoder", [VGG19((8, 8, 8, 8, 8), "4_1"), VGG19(HALF, "3_4")])
def test_a_pair_that_does_not_fit_is_refused(folder, encoder):
    save_file(encoder.state_dict(), folder / "vgg19-half.safetensors")
    with pytest.raises(CheckpointError, match="do not belong together"):
        zoo.adain("adain-half", CPU)


def test_needs():
    assert modes.load("adain").needs(AdaINSettings()) == ("painter", "vgg19-half")
    assert modes.load("adain").needs(AdaINSettings(network="adain-half")) == ("adain-half", "vgg19-half")
    assert modes.load("adain").needs(AdaINSettings(network="adain-full")) == (
        "adain-full",
        "vgg-normalised-zero",
    )
    assert modes.load("gatys").needs(GatysSettings(network="vgg19")) == ("vgg19",)
    assert modes.load("cyclegan").needs(CycleGANSettings(translation="mine.pth")) == ("mine.pth",)


def test_errors_keep_nothing_in_the_cache(tmp_path, write):
    (tmp_path / "bad.pth").write_bytes(b"<html>")
    for _ in range(2):
        with pytest.raises(CheckpointError, match="web page"):
            zoo.generator(str(tmp_path / "bad.pth"), CPU)
    good = checkpoints.load_generator(write(ResNetGenerator(2, 1)))
    assert good.width == 2
