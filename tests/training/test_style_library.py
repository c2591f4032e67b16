"""The builder of the style library, with pictures that are made here."""

import tomllib

import numpy as np
import pytest
import torch
from PIL import Image

from stylize import library
from stylize.cli import main
from stylize.device import choose
from stylize.errors import WeightsError
from stylize.image import load
from stylize.statistics import mean_std
from stylize.training.style_library import LibraryConfig
from stylize.weights import zoo

CONFIG = """
[library]
photo = "photo.png"
photo_side = 64
sample_side = 64
enough = 3
most = 12

[[painter]]
name = "ann-ox"
artist = "Ann Ox"
artist_zh = "安·奥克斯"
born = 1800
died = 1850
files = "Ann_"
drawn = "prints"
"""


def noise(seed, low, high):
    """A 48x48 picture whose colors lie between two, in blocks."""
    random = np.random.default_rng(seed).random((6, 6, 3))
    blocks = np.array(low) + random * (np.array(high) - np.array(low))
    return Image.fromarray((255 * blocks).astype(np.uint8).repeat(8, 0).repeat(8, 1))


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")
    works = tmp_path / "data" / "paintings"
    works.mkdir(parents=True)
    for n in range(4):
        noise(n, (0.7, 0.1, 0), (1, 0.3, 0.2)).save(works / f"Ann_1{n}.png")
        noise(n, (0, 0.1, 0.5), (0.1, 0.3, 1)).save(works / f"Ann_2{n}.png")
        noise(n, (0.8, 0.8, 0.8), (1, 1, 1)).convert("L").save(works / f"Ann_3{n}.png")
    (works / "Ann_broken.png").write_bytes(b"no picture")
    noise(9, (0, 0, 0), (1, 1, 1)).save(tmp_path / "photo.png")
    (tmp_path / "library.toml").write_text(CONFIG, "utf-8")
    return tmp_path / "library.toml"


def build(config, out):
    return main(
        ["styles", "build", str(config), "--data", str(config.parent / "data"), "--out", str(out), "--quiet"]
    )


def test_two_kinds_of_works_and_their_prints_become_three_styles(config, tmp_path, monkeypatch):
    assert build(config, tmp_path / "one") == 0
    monkeypatch.setattr(library.index, "folder", lambda: tmp_path / "one")
    found = library.styles()
    assert [each.name for each in found] == ["ann-ox", "ann-ox-2", "ann-ox-prints"]
    assert {"red", "blue"} <= {word for each in found[:2] for word in each.about.split()}
    assert found[2].about.endswith("prints")
    for each in found:
        assert each.statistics()["relu4_1"][0].isfinite().all()
        assert each.picture().size == (48, 48)
    assert library.encoder()[0] == zoo.pair("adain-half")[1]


def test_a_further_encoder_has_statistics_of_the_same_works(config, tmp_path, monkeypatch):
    config.write_text(CONFIG.replace("[library]", '[library]\nalso = ["adain-quarter"]'), "utf-8")
    assert build(config, tmp_path / "one") == 0
    assert (tmp_path / "one" / "styles-vgg19-quarter.safetensors").is_file()
    monkeypatch.setattr(library.index, "folder", lambda: tmp_path / "one")
    encoder = zoo.encoder("vgg19-quarter", choose("cpu", "float32"))
    other = encoder.found.sha256
    assert library.fits(other)
    assert library.fits(library.encoder()[1])
    assert library.layers(other) == ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    index = tomllib.loads((tmp_path / "one" / library.INDEX).read_text("utf-8"))
    for style, row in zip(library.styles(), index["style"], strict=True):
        work = load(tmp_path / "data" / "paintings" / row["work"]).tensor
        mean, deviation = mean_std(encoder.network(work, ["relu4_1"])["relu4_1"])
        found = style.with_encoder(other).statistics()["relu4_1"]
        assert torch.allclose(found[0], mean, atol=2e-3, rtol=2e-3)
        assert torch.allclose(found[1], deviation, atol=2e-3, rtol=2e-3)
        assert style.statistics()["relu4_1"][0].shape != mean.shape  # of the first encoder, which is wider


def test_a_further_file_that_is_damaged_is_refused(config, tmp_path, monkeypatch):
    config.write_text(CONFIG.replace("[library]", '[library]\nalso = ["adain-quarter"]'), "utf-8")
    assert build(config, tmp_path / "one") == 0
    monkeypatch.setattr(library.index, "folder", lambda: tmp_path / "one")
    path = tmp_path / "one" / "styles-vgg19-quarter.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[:-2] + bytes([data[-2] ^ 1, data[-1]]))
    first = library.styles()[0]
    assert first.statistics()
    with pytest.raises(WeightsError, match=r"styles-vgg19-quarter\.safetensors is damaged"):
        first.with_encoder(next(iter(library.also()))).statistics()


def test_the_same_works_give_the_same_library(config, tmp_path):
    for out in ("one", "two"):
        assert build(config, tmp_path / out) == 0
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert library.INDEX in files
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [(("Ann_", "Bob_"), "no works of ann-ox"), (("[library]", "[book]"), "no configuration"),
     (("styles", "'"), "--data"), (("most = 12", "mist = 12"), "mist")],
)  # fmt: skip
def test_what_is_wrong_with_a_build_is_one_line(change, message, config, tmp_path, capsys):
    config.write_text(CONFIG.replace(*change), "utf-8")
    if "--data" in message:
        (tmp_path / "data" / "paintings").rename(tmp_path / "data" / "elsewhere")
    assert build(config, tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_configuration_in_the_project_is_sound():
    config = LibraryConfig.read(library.folder().parents[1] / "configs" / "library.toml")
    names = [each.name for each in config.painters]
    assert names == sorted(names)
    assert len(names) == len(set(names)) == 35
    assert (config.folder / config.library.photo).is_file()


def test_earlier_names_of_settings_are_read(tmp_path):
    assert "enough" in CONFIG
    now = CONFIG.replace("enough", "min_works").replace("most", "max_works")
    for name, text in {"old.toml": CONFIG, "new.toml": now}.items():
        (tmp_path / name).write_text(text, "utf-8")
    old, new = (LibraryConfig.read(tmp_path / name) for name in ("old.toml", "new.toml"))
    assert old == new
    assert (old.library.min_works, old.library.max_works) == (3, 12)
