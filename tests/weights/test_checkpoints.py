"""Weight files are read, recognised, and refused by name."""

from __future__ import annotations

import json
import pickle
import random
import sys
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from stylize.errors import CheckpointError, StylizeError
from stylize.networks import VGG19, AdaINDecoder, ResNetGenerator
from stylize.weights import checkpoints, files

from .published import (
    WIDTHS,
    JunyanzGenerator,
    TimmVGG,
    TorchvisionVGG,
    UpitCycleGAN,
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


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: {"state_dict": s, "epoch": 3, "best": 0.5},
        lambda s: {"model": s, "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}}},
        lambda s: {"params": s},
        lambda s: {"model_state_dict": {f"module.{k}": v for k, v in s.items()}},
        lambda s: {f"_orig_mod.{k}": v for k, v in s.items()},
        lambda s: {f"net.layers.{k}": v for k, v in s.items()},
        lambda s: OrderedDict((f"module.{k}", nn.Parameter(v)) for k, v in s.items()),
    ],
)
def test_wrappers_come_off(tmp_path, wrap):
    state = AdaINDecoder(WIDTHS).state_dict()
    torch.save(wrap(state), tmp_path / "wrapped.pth")
    found = files.read(tmp_path / "wrapped.pth")
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)
    assert checkpoints.recognize(found) == "stylize decoder"


@pytest.mark.parametrize("key", ["generator", "netG"])
def test_a_generator_beside_its_discriminator(tmp_path, picture, key):
    ours = ResNetGenerator(2, 1)
    torch.save({key: ours.state_dict(), "discriminator": {"0.weight": torch.ones(2)}}, tmp_path / "g.pth")
    assert torch.equal(checkpoints.load_generator(tmp_path / "g.pth")(picture), ours(picture))


def test_read_takes_only_what_is_asked_for(tmp_path):
    save_file(TimmVGG().state_dict(), tmp_path / "model.safetensors")
    found = files.read(tmp_path / "model.safetensors", ("features.",))
    assert found.keys() == zero_encoder(colored=False).state_dict().keys()


def test_recognise_names_the_format():
    expected = {
        "naoto encoder": naoto_encoder(),
        "media-comp encoder": zero_encoder(),
        "torchvision encoder": TorchvisionVGG(),
        "naoto decoder": naoto_decoder(),
        "media-comp decoder": zero_decoder(),
        "junyanz generator": JunyanzGenerator(tracked=True),
        "upit generators": UpitCycleGAN(),
        "stylize encoder": VGG19(WIDTHS, "2_1"),
        "stylize decoder": AdaINDecoder(WIDTHS),
        "stylize generator": ResNetGenerator(2, 1),
        "": nn.Sequential(nn.Linear(2, 2)),
    }
    assert {name: checkpoints.recognize(part.state_dict()) for name, part in expected.items()} == {
        name: name for name in expected
    }


def peak_memory():
    resource = pytest.importorskip("resource", reason="the peak memory of a process is known on Unix only")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def test_a_classifier_is_never_loaded(tmp_path):
    """Beside its features this file has a classifier of 2 GiB, which must not come into memory."""
    state = zero_encoder(colored=False).state_dict()
    save_file({f"features.{name}": tensor for name, tensor in state.items()}, tmp_path / "small.safetensors")
    data = (tmp_path / "small.safetensors").read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header, body, large = json.loads(data[8:end]), data[end:], 2**31
    header["pre_logits.fc1.weight"] = {
        "dtype": "F32", "shape": [large // 4], "data_offsets": [len(body), len(body) + large],
    }  # fmt: skip
    head = json.dumps(header).encode()
    with open(tmp_path / "model.safetensors", "wb") as file:
        file.write(len(head).to_bytes(8, "little") + head + body)
        file.truncate(file.tell() + large)  # a hole, which takes no room on the disk
    before = peak_memory()
    network = checkpoints.load_encoder(tmp_path / "model.safetensors")
    assert peak_memory() - before < 2**28
    assert torch.equal(network.conv5_4.weight, state["34.weight"])


def save_cut(path, state):
    torch.save(state, path)
    path.write_bytes(path.read_bytes()[:-400])


def save_cut_safetensors(path, state):
    save_file(state, path)
    path.write_bytes(path.read_bytes()[:-40])


def changed(**changes):
    """A decoder's state dict with some entries replaced, or removed if None."""
    state = {**AdaINDecoder(WIDTHS).state_dict(), **{k.replace("__", "."): v for k, v in changes.items()}}
    return {key: value for key, value in state.items() if value is not None}


WIDE = WIDTHS[0]
BROKEN = {
    "empty": (lambda p: p.write_bytes(b""), "is empty"),
    "web page": (lambda p: p.write_text("\n<!DOCTYPE html><html>404</html>"), "web page"),
    "lfs pointer": (lambda p: p.write_text("version https://git-lfs.github.com/spec/v1\noid "), "Git LFS"),
    "text": (lambda p: p.write_text("no weights, all global text " * 9), "no weight file"),
    "picture": (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99)), "no weight file"),
    "cut": (lambda p: save_cut(p, changed()), "incomplete"),
    "cut safetensors": (lambda p: save_cut_safetensors(p, changed()), "incomplete"),
    "whole module": (lambda p: torch.save(AdaINDecoder(WIDTHS), p), "program code"),
    "list": (lambda p: torch.save([torch.ones(2)], p), "no named tensors"),
    "no tensors": (lambda p: torch.save({"epoch": 3}, p), "no named tensors"),
    "nan": (lambda p: torch.save(changed(deconv1_1__bias=torch.full((3,), torch.nan)), p), "not finite"),
    "inf": (lambda p: torch.save(changed(deconv1_1__bias=torch.full((3,), torch.inf)), p), "not finite"),
    "integers": (lambda p: torch.save(changed(deconv1_1__bias=torch.ones(3, dtype=torch.int8)), p), "float"),
    "scalar": (lambda p: torch.save(changed(deconv4_1__weight=torch.tensor(1.0)), p), "no convolution"),
    "no numbers": (lambda p: torch.save(changed(deconv4_1__weight=torch.ones(0, 6, 3, 3)), p), "no convol"),
    "missing": (lambda p: torch.save(changed(deconv3_2__weight=None), p), "lacks deconv3_2.weight"),
    "missing width": (lambda p: torch.save(changed(deconv3_1__weight=None), p), "lacks deconv3_1.weight"),
    "shape": (
        lambda p: torch.save(changed(deconv1_2__weight=torch.ones(WIDE, WIDE, 5, 5)), p),
        "deconv1_2.weight is 3x3x5x5, but must be 3x3x3x3",
    ),
    "one more": (lambda p: torch.save(changed(deconv9_9__bias=torch.ones(3)), p), "holds deconv9_9.bias"),
    "random": (lambda p: torch.save({"a.b": torch.ones(2, 3)}, p), r"it holds a\.b 2x3\."),
    "meta": (lambda p: torch.save(changed(deconv1_1__bias=torch.ones(3, device="meta")), p), "damaged"),
    "sparse": (lambda p: torch.save(changed(deconv1_1__bias=torch.ones(3).to_sparse()), p), "damaged"),
}


@pytest.mark.filterwarnings("ignore:Validating sparse tensor")
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused_by_name(tmp_path, kind):
    make, message = BROKEN[kind]
    path = tmp_path / "mine.pth"
    make(path)
    with pytest.raises(CheckpointError, match=message) as caught:
        checkpoints.load_decoder(path)
    assert "mine.pth" in str(caught.value)


@pytest.mark.parametrize("name", ["absent.pth", ".", "a\0b"])
def test_a_path_that_cannot_be_read(tmp_path, name):
    with pytest.raises(CheckpointError, match="cannot be read"):
        files.read(f"{tmp_path}/{name}")


class HugganBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)
        )


def huggan_generator():
    """sim2real: nearest upsampling and zero padding, so the numbers would fit and the picture would not."""
    layers = list(junyanz_layers(width=2, blocks=0))
    for n in range(9):
        layers.insert(10 + n, HugganBlock(8))
    layers[19:20] = [nn.Upsample(scale_factor=2), nn.Conv2d(8, 4, 3, 1, 1)]
    layers[23:24] = [nn.Upsample(scale_factor=2), nn.Conv2d(4, 2, 3, 1, 1)]
    return nn.ModuleDict({"model": nn.Sequential(*layers)})


def features(*convolutions, normed=False):
    """A classification network's ``features``; 0 is a pooling."""
    layers, channels = [], 3
    for out in convolutions:
        if not out:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [
            nn.Conv2d(channels, out, 3, padding=1),
            *([nn.BatchNorm2d(out)] if normed else []),
            nn.ReLU(),
        ]
        channels = out
    return nn.ModuleDict({"features": nn.Sequential(*layers)})


VGG16 = (3, 3, 0, 4, 4, 0, 5, 5, 5, 0, 6, 6, 6, 0, 7, 7, 7)
STRANGERS = {
    "VGG-16": lambda: features(*VGG16),
    "batch normalization": lambda: features(*VGG16, normed=True),
    "huggan generator": huggan_generator,
    "media-comp decoder": zero_decoder,
    "junyanz generator": JunyanzGenerator,
    "upit generators": UpitCycleGAN,
    "fits no network": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_networks_that_are_no_encoder(tmp_path, name):
    torch.save(STRANGERS[name]().state_dict(), tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=rf"{name}.*Needed: VGG-19"):
        checkpoints.load_encoder(tmp_path / "other.pth")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (huggan_generator, "huggan generator"),
        (naoto_encoder, "naoto encoder"),
        (UpitCycleGAN, r"several generators \(G_A, G_B\)"),
        (lambda: nn.Sequential(nn.Linear(2, 2)), "fits no network"),
    ],
)
def test_networks_that_are_no_generator(tmp_path, build, message):
    torch.save(build().state_dict(), tmp_path / "other.bin")
    with pytest.raises(CheckpointError, match=message):
        checkpoints.load_generator(tmp_path / "other.bin")


def test_instance_norm_with_parameters_is_named(tmp_path):
    state = JunyanzGenerator().state_dict()
    torch.save({**state, "model.2.weight": torch.ones(2), "model.2.bias": torch.ones(2)}, tmp_path / "g.pth")
    with pytest.raises(CheckpointError, match="instance norm has parameters, which does not serve"):
        checkpoints.load_generator(tmp_path / "g.pth")


def test_an_unknown_member_is_refused(tmp_path):
    torch.save(UpitCycleGAN().state_dict(), tmp_path / "g.bin")
    with pytest.raises(CheckpointError, match="G_A, G_B"):
        checkpoints.load_generator(tmp_path / "g.bin", "D_A")


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("save", [torch.save, lambda obj, path: path.write_bytes(pickle.dumps(obj))])
def test_a_pickle_runs_nothing(tmp_path, save):
    state = {**AdaINDecoder(WIDTHS).state_dict(), "bomb": Bomb(str(tmp_path / "exploded"))}
    save(state, tmp_path / "bomb.pth")
    with pytest.raises(CheckpointError, match=r"bomb\.pth"):
        checkpoints.load_decoder(tmp_path / "bomb.pth")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", ["zip", "legacy", "safetensors"])
def test_flipped_bytes_load_or_are_refused(tmp_path, suffix):
    """Whatever happens to a file's structure, nothing but our own error comes out."""
    path, state, dice = tmp_path / "flipped", AdaINDecoder((1, 1, 1, 1)).state_dict(), random.Random(3)
    if suffix == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=suffix == "zip")
    data = path.read_bytes()
    refused = 0
    for _ in range(80):
        broken = bytearray(data)
        for _ in range(dice.choice((1, 3))):
            broken[dice.randrange(min(len(data), 1600))] = dice.randrange(256)
        path.write_bytes(broken)
        try:
            checkpoints.load_decoder(path)
        except StylizeError:
            refused += 1
    assert refused > 20
