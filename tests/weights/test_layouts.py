"""Files of every layout become networks that do what their authors' do."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from stylize.networks import VGG19, AdaINDecoder, ResNetGenerator
from stylize.weights import checkpoints

from .published import (
    BGR_MEAN,
    WIDTHS,
    JunyanzGenerator,
    TimmVGG,
    TorchvisionVGG,
    UpitCycleGAN,
    as_published,
    junyanz_layers,
    naoto_decoder,
    naoto_encoder,
    zero_decoder,
    zero_encoder,
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(7)


@pytest.fixture
def picture():
    return torch.rand(1, 3, 32, 48)


def assert_same_features(network, sequential, prepared, picture):
    """Every activation of ``sequential`` against the layer of the same depth."""
    expected, x = [], prepared
    for layer in sequential:
        x = layer(x)
        if isinstance(layer, nn.ReLU):
            expected.append(x)
    assert len(network.layers) == len(expected)
    features = network(picture, network.layers)
    for layer, values in zip(network.layers, expected, strict=True):
        torch.testing.assert_close(features[layer], values, atol=1e-5, rtol=1e-5)


def imagenet(picture):
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (picture - mean) / std


@torch.no_grad()
def test_naoto_encoder(tmp_path, picture):
    plain = naoto_encoder()
    torch.save(plain.state_dict(), tmp_path / "vgg_normalised.pth")
    network = checkpoints.load_encoder(tmp_path / "vgg_normalised.pth")
    assert (network.channels, network.last, network.padding) == (WIDTHS, "5_4", "reflect")
    assert_same_features(network, plain, picture, picture)


@torch.no_grad()
def test_media_comp_encoder(tmp_path, picture):
    plain = zero_encoder()
    torch.save(plain.state_dict(), tmp_path / "vgg_normalized.pth")
    network = checkpoints.load_encoder(tmp_path / "vgg_normalized.pth")
    assert network.padding == "zeros"
    assert_same_features(network, plain, picture, picture)


@torch.no_grad()
@pytest.mark.parametrize("zipped", [True, False])
def test_torchvision_encoder(tmp_path, picture, zipped):
    plain = TorchvisionVGG()
    torch.save(plain.state_dict(), tmp_path / "vgg19.pth", _use_new_zipfile_serialization=zipped)
    network = checkpoints.load_encoder(tmp_path / "vgg19.pth")
    assert_same_features(network, plain.features, imagenet(picture), picture)


@torch.no_grad()
def test_timm_encoder(tmp_path, picture):
    plain = TimmVGG()
    save_file(plain.state_dict(), tmp_path / "model.safetensors")
    network = checkpoints.load_encoder(tmp_path / "model.safetensors", "imagenet")
    assert_same_features(network, plain.features, imagenet(picture), picture)


@torch.no_grad()
def test_bare_features(tmp_path, picture):
    plain = zero_encoder(colored=False)
    torch.save(plain.state_dict(), tmp_path / "features.pth")
    network = checkpoints.load_encoder(tmp_path / "features.pth")
    assert_same_features(network, plain, imagenet(picture), picture)


@torch.no_grad()
def test_caffe_weights_take_bgr(tmp_path, picture):
    plain = zero_encoder(colored=False)
    torch.save(OrderedDict((f"features.{k}", v) for k, v in plain.state_dict().items()), tmp_path / "a.pth")
    network = checkpoints.load_encoder(tmp_path / "a.pth", "caffe")
    prepared = picture.flip(1) * 255 - BGR_MEAN
    small = {layer: values / 100 for layer, values in network(picture, ("relu1_1", "relu5_4")).items()}
    torch.testing.assert_close(small["relu1_1"], plain[:2](prepared) / 100, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(small["relu5_4"], plain(prepared) / 100, atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(
    ("build", "children", "last"),
    [(naoto_encoder, 31, "4_1"), (zero_encoder, 20, "3_4"), (naoto_encoder, 14, "2_2")],
)
def test_an_encoder_may_stop_early(tmp_path, picture, build, children, last):
    plain = build()[:children]
    torch.save(plain.state_dict(), tmp_path / "cut.pth")
    network = checkpoints.load_encoder(tmp_path / "cut.pth")
    assert network.last == last
    assert_same_features(network, plain, picture, picture)


@torch.no_grad()
@pytest.mark.parametrize(("build", "padding"), [(naoto_decoder, "reflect"), (zero_decoder, "zeros")])
@pytest.mark.parametrize("prefix", ["", "decoder.", "module.", "net.decoder."])
def test_decoders(tmp_path, build, padding, prefix):
    plain = build()
    torch.save({prefix + k: v for k, v in plain.state_dict().items()}, tmp_path / "decoder.pth")
    network = checkpoints.load_decoder(tmp_path / "decoder.pth")
    features = torch.rand(1, WIDTHS[3], 4, 5)
    assert (network.channels[:4], network.padding) == (WIDTHS[:4], padding)
    torch.testing.assert_close(network(features), plain(features), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_decoder_beside_its_encoder(tmp_path, picture):
    both = nn.ModuleDict({"encoder": naoto_encoder(), "decoder": naoto_decoder()})
    torch.save({"step": 3, "state_dict": both.state_dict()}, tmp_path / "both.pth")
    features = torch.rand(1, WIDTHS[3], 4, 5)
    decoded = checkpoints.load_decoder(tmp_path / "both.pth")(features)
    torch.testing.assert_close(decoded, both["decoder"](features), atol=1e-5, rtol=1e-5)
    assert_same_features(checkpoints.load_encoder(tmp_path / "both.pth"), both["encoder"], picture, picture)


@torch.no_grad()
@pytest.mark.parametrize("blocks", [6, 9])
@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("dropout", [True, False])
def test_junyanz_generator(tmp_path, picture, blocks, tracked, dropout):
    plain = JunyanzGenerator(width=2, blocks=blocks, dropout=dropout, tracked=tracked)
    expected = as_published(plain.model, picture)  # fills the running statistics, too
    state = plain.state_dict()
    assert tracked == any("running_mean" in key for key in state)
    torch.save(state, tmp_path / "latest_net_G.pth")
    network = checkpoints.load_generator(tmp_path / "latest_net_G.pth")
    assert (network.width, network.blocks, network.upsampling) == (2, blocks, "transposed")
    torch.testing.assert_close(network(picture), expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("member", ["G_A", "G_B"])
def test_upit_members(tmp_path, picture, member):
    plain = UpitCycleGAN()
    torch.save(plain.state_dict(), tmp_path / "pytorch_model.bin")
    network = checkpoints.load_generator(tmp_path / "pytorch_model.bin", member)
    expected = as_published(getattr(plain, member), picture)
    torch.testing.assert_close(network(picture), expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_bare_generator(tmp_path, picture):
    plain = junyanz_layers(width=3)
    torch.save(plain.state_dict(), tmp_path / "generator.pth")
    network = checkpoints.load_generator(tmp_path / "generator.pth")
    torch.testing.assert_close(network(picture), as_published(plain, picture), atol=1e-5, rtol=1e-5)


def test_members_of_a_nested_dictionary(tmp_path, picture):
    ours = {name: ResNetGenerator(2, 1, "resize") for name in ("a_to_b", "b_to_a")}
    torch.save({name: each.state_dict() for name, each in ours.items()}, tmp_path / "export.pt")
    for name, each in ours.items():
        network = checkpoints.load_generator(tmp_path / "export.pt", name)
        assert torch.equal(network(picture), each(picture))


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_own_generator(tmp_path, picture, upsampling):
    ours = ResNetGenerator(3, 2, upsampling)
    save_file(ours.state_dict(), tmp_path / "g.safetensors")
    network = checkpoints.load_generator(tmp_path / "g.safetensors")
    assert (network.width, network.blocks, network.upsampling) == (3, 2, upsampling)
    assert torch.equal(network(picture), ours(picture))


def test_own_encoder_and_decoder(tmp_path, picture):
    encoder, decoder = VGG19(WIDTHS, "4_1", "reflect"), AdaINDecoder(WIDTHS)
    save_file(encoder.state_dict(), tmp_path / "e.safetensors")
    save_file(decoder.state_dict(), tmp_path / "d.safetensors")
    features = encoder(picture, ("relu4_1",))["relu4_1"]
    loaded = checkpoints.load_encoder(tmp_path / "e.safetensors", "none")
    assert loaded.last == "4_1"
    assert torch.equal(loaded(picture, ("relu4_1",))["relu4_1"], features)
    assert torch.equal(checkpoints.load_decoder(tmp_path / "d.safetensors")(features), decoder(features))


def test_pooling_is_the_callers_choice(tmp_path):
    save_file(VGG19(WIDTHS, "2_1").state_dict(), tmp_path / "e.safetensors")
    assert checkpoints.load_encoder(tmp_path / "e.safetensors", pooling="average").pooling == "average"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_other_float_formats_become_float32(tmp_path, dtype, suffix):
    state = {name: tensor.to(dtype) for name, tensor in AdaINDecoder(WIDTHS).state_dict().items()}
    save = save_file if suffix == "safetensors" else torch.save
    save(state, tmp_path / f"d.{suffix}")
    network = checkpoints.load_decoder(tmp_path / f"d.{suffix}")
    for name, tensor in network.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, state[name].float())


@pytest.mark.parametrize(("save", "name"), [(save_file, "d.pth"), (torch.save, "d.safetensors")])
def test_the_contents_count_and_not_the_suffix(tmp_path, save, name):
    ours = AdaINDecoder(WIDTHS)
    save(ours.state_dict(), tmp_path / name)
    assert torch.equal(checkpoints.load_decoder(tmp_path / name).deconv4_1.weight, ours.deconv4_1.weight)
