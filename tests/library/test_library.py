"""The style library: what comes with Stylize is whole, and a name serves wherever a picture does."""

import subprocess
import sys
from collections import Counter

import pytest
import torch
from PIL import Image

import stylize
from stylize import api, library, modes
from stylize.device import choose
from stylize.errors import StyleError, WeightsError
from stylize.image import Picture
from stylize.inputs import StyleInput
from stylize.library.spellings import CHINESE
from stylize.recipe import Recipe
from stylize.weights import catalog, zoo

STYLES = library.styles()
NAMES = [each.name for each in STYLES]
SIGNS = ("cezanne", "velazquez", "扬凡艾克", "toulouse lautrec")


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    for name, value in {"STYLIZE_DEVICE": "cpu", "STYLIZE_DTYPE": "float32", "HF_HUB_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)


def picture(seed, height=48, width=64):
    torch.manual_seed(seed)
    return torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4), (height, width), mode="bilinear")


def photo(seed=0):
    return Picture(picture(seed), None, "photo.png", f"{seed:064x}")


def finished(mode, styles, **settings):
    own = {"steps": 6, "smallest_side": 32, "network": library.encoder()[0]}
    given = {"adain": {}, "gatys": own}[mode]
    work = api.job(photo(), styles, mode=mode, **{**given, "content_side": 64, **settings})
    steps = list(work.run())
    assert steps[-1].picture.isfinite().all()
    return work.finish(steps[-1].picture), [str(step.note) for step in steps if step.note]


# ---------------------------------------------------------------------------------- what comes with it


def test_there_is_a_style_for_every_painter_and_the_bare_name_is_the_first():
    assert len(NAMES) == len(set(NAMES))
    assert 50 <= len(NAMES) <= 120
    painters = list(dict.fromkeys(each.painter for each in STYLES))
    assert len(painters) == 35
    assert painters == sorted(painters)
    for painter in painters:
        own = [each.name for each in STYLES if each.painter == painter]
        assert own[0] == painter
        numbered = [name for name in own[1:] if name.rpartition("-")[2].isdecimal()]
        assert numbered == [f"{painter}-{n}" for n in range(2, len(numbered) + 2)]
        assert all(name.startswith(f"{painter}-") for name in own[1:])


@pytest.mark.parametrize("style", STYLES, ids=NAMES)
def test_every_style_is_whole(style):
    encoder = zoo.encoder(library.encoder()[0], choose()).network
    statistics = style.statistics()
    assert {"relu1_1", "relu2_1", "relu3_1", "relu4_1"} <= set(statistics) <= set(encoder.layers)
    for layer, (mean, deviation) in statistics.items():
        assert mean.shape == deviation.shape == (1, encoder.layer_channels(layer), 1, 1)
        assert mean.dtype == deviation.dtype == torch.float32
        assert mean.isfinite().all()
        assert deviation.isfinite().all()
        assert mean.min() >= 0
        assert deviation.min() > 0
    with Image.open(style.thumbnail) as image:
        image.load()
        assert image.format == "JPEG"
        assert max(image.size) == 256
        assert min(image.size) >= 128
    assert style.thumbnail.stat().st_size < 25_000
    assert style.picture().tensor.std() > 0.02


@pytest.mark.parametrize("style", STYLES, ids=NAMES)
def test_every_style_is_named_in_both_languages(style):
    for text in (style.artist_zh, style.about_zh):
        assert any("一" <= letter <= "鿿" for letter in text), text
    assert style.artist.isprintable()
    assert not any("一" <= letter <= "鿿" for letter in style.artist + style.about)
    assert 1 <= len(style.about.split()) <= 6
    assert style.called("en") == f"{style.artist}: {style.about}"
    assert style.called("zh") == f"{style.artist_zh}：{style.about_zh}"
    assert 1200 < style.born < style.died < 1931
    assert str(style.died) in style.years


def test_titles_are_unique():
    for language in ("en", "zh"):
        assert max(Counter(each.called(language) for each in STYLES).values()) == 1


def test_painters_are_spelled_as_they_should():
    artists = {each.artist for each in STYLES}
    assert {
        "Albrecht Dürer",
        "Édouard Manet",
        "Diego Velázquez",
        "Paul Cézanne",
        "Eugène Delacroix",
    } <= artists
    assert library.style("claude-monet").artist_zh == "克劳德·莫奈"
    assert library.style("giotto").years == "c. 1267–1337"


def test_the_library_is_small():
    files = list(library.folder().iterdir())
    assert sum(path.stat().st_size for path in files) < 2_000_000
    others = {each.file for each in library.also().values()}
    expected = {library.INDEX, library.STATISTICS, *others, *(f"{name}.jpg" for name in NAMES)}
    assert {path.name for path in files} == expected


def test_the_library_belongs_to_the_encoder_of_the_catalog():
    """If this fails, the encoder was changed: run ``stylize styles build configs/library.toml``."""
    name, sha256 = library.encoder()
    assert catalog.row(name).sha256 == sha256
    assert library.fits(zoo.encoder(name, choose()).found.sha256)
    assert not library.fits("")


@pytest.mark.parametrize("other", library.also().values(), ids=lambda each: each.encoder)
def test_a_further_encoder_is_the_catalogs_and_its_statistics_are_whole(other):
    """If this fails, that encoder was changed: run ``stylize styles build configs/library.toml``."""
    found = zoo.encoder(other.encoder, choose())
    assert other.encoder_sha256 == catalog.row(other.encoder).sha256 == found.found.sha256
    assert library.fits(other.encoder_sha256)
    for style in STYLES:
        statistics = style.with_encoder(other.encoder_sha256).statistics()
        assert {"relu1_1", "relu2_1", "relu3_1", "relu4_1"} <= set(statistics) <= set(found.network.layers)
        for layer, (mean, deviation) in statistics.items():
            assert mean.shape == deviation.shape == (1, found.network.layer_channels(layer), 1, 1)
            assert mean.isfinite().all()
            assert mean.min() >= 0
            assert deviation.min() > 0


@pytest.mark.parametrize("network", ["adain-half", "adain-quarter"])
def test_a_name_serves_every_bundled_network(network):
    plain, notes = finished("adain", "claude-monet", network=network)
    assert notes == []
    other, _ = finished("adain", "titian", network=network)
    assert (plain - other).abs().mean() > 0.02


def test_a_file_that_does_not_belong_to_the_index_is_refused(tmp_path, monkeypatch):
    for name in (library.INDEX, library.STATISTICS):
        data = (library.folder() / name).read_bytes()
        (tmp_path / name).write_bytes(data.replace(b'"relu1_1.mean"', b'"relu1_1.xxxx"', 1))
    monkeypatch.setattr(library.index, "folder", lambda: tmp_path)
    with pytest.raises(WeightsError, match="damaged"):
        library.styles()[0].statistics()


def test_without_its_files_there_is_no_library(tmp_path, monkeypatch):
    monkeypatch.setattr(library.index, "folder", lambda: tmp_path)
    assert library.styles() == ()
    assert not library.fits("0" * 64)
    with pytest.raises(StyleError, match="stylize styles"):
        library.style("claude-monet")


# ------------------------------------------------------------------------------------------- by name


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("monet", "claude-monet"), ("claude-money", "claude-monet"), ("Claude Monet", "claude-monet"),
        ("van gogh", "vincent-van-gogh"), ("rembrant", "rembrandt"), ("caravagio", "caravaggio"),
        ("turner-2", "william-turner"), ("el_greco", "el-greco"),
    ],
)  # fmt: skip
def test_a_mistyped_name_is_told_those_that_are_near(wrong, meant):
    with pytest.raises(StyleError, match="Did you mean") as caught:
        library.style(wrong)
    assert meant in caught.value.note.values["near"]
    assert "stylize styles" in str(caught.value)


@pytest.mark.parametrize("wrong", ["xqzw", "", "{name}", "x" * 5000, "a\0b"])
def test_a_name_that_is_none_is_a_short_error(wrong):
    with pytest.raises(StyleError, match="stylize styles") as caught:
        library.style(wrong)
    assert len(str(caught.value)) < 400


def test_a_file_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert api.style("claude-monet") is library.style("claude-monet")
    Image.new("RGB", (40, 40), "red").save(tmp_path / "claude-monet", "PNG")
    assert isinstance(api.style("claude-monet"), Picture)


def test_listing_needs_no_torch():
    code = "import sys, stylize; assert stylize.styles(); assert 'torch' not in sys.modules, 'torch'"
    subprocess.run([sys.executable, "-c", code], check=True)


# ------------------------------------------------------------------------------------------ painting


@pytest.mark.parametrize("mode", ["adain", "gatys"])
def test_a_name_changes_the_photo_and_painters_differ(mode):
    monet, notes = finished(mode, "claude-monet")
    rembrandt, _ = finished(mode, library.style("rembrandt"))
    assert notes == []
    assert (monet - picture(0)).abs().mean() > 0.01
    assert (monet - rembrandt).abs().mean() > 0.005


@pytest.mark.parametrize("mode", ["adain", "gatys"])
def test_names_and_pictures_mix_by_their_weights(mode):
    def mixed(*shares):
        return finished(mode, ["claude-monet", photo(7)], style_weights=shares)[0]

    assert torch.allclose(mixed(1, 0), finished(mode, "claude-monet")[0], atol=1e-4)
    other, _ = finished(mode, photo(7))
    assert (mixed(1, 3) - other).abs().mean() < (mixed(3, 1) - other).abs().mean()


@pytest.mark.parametrize("mode", ["adain", "gatys"])
def test_another_network_takes_the_sample_and_says_so(mode, monkeypatch):
    fitting, _ = finished(mode, "claude-monet")
    library_encoder = library.encoder()[0]
    monkeypatch.setattr(library.index, "encoder", lambda: (library_encoder, "0" * 64))
    found, notes = finished(mode, ["claude-monet", photo(3), "titian"])
    assert len(notes) == 1
    assert "claude-monet, titian" in notes[0]
    assert not torch.equal(found, fitting)
    sample, _ = finished(
        mode, [library.style("claude-monet").picture(), photo(3), library.style("titian").picture()]
    )
    assert torch.equal(found, sample)


def test_other_pooling_takes_the_sample_as_well():
    _, notes = finished("gatys", "claude-monet", pooling="average")
    assert len(notes) == 1


@pytest.mark.parametrize("mode", ["adain", "gatys"])
def test_linear_colors_are_the_photos(mode):
    plain, _ = finished(mode, "vincent-van-gogh")
    kept, _ = finished(mode, "vincent-van-gogh", color="linear")

    def distance(found):
        return (found.mean((2, 3)) - picture(0).mean((2, 3))).abs().max()

    assert distance(kept) < 0.02
    assert distance(kept) < distance(plain)


@pytest.mark.parametrize("setting", [{"init": "statistics"}, {"style_loss": "gram"}, {"color": "luminance"}])
def test_gatys_takes_a_name_with_other_settings(setting):
    finished("gatys", ["claude-monet", photo(2)], **setting)


def test_gatys_comes_nearer_to_the_statistics():
    work = api.job(photo(), "claude-monet", mode="gatys", content_side=64, steps=30, pyramid=False,
                   network=library.encoder()[0])  # fmt: skip
    losses = [step.losses["style"] for step in work.run()]
    assert losses[-1] < 0.6 * losses[0]


# ------------------------------------------------------------------------------------------- recipes


def test_a_recipe_leads_back_to_the_name(tmp_path):
    Image.new("RGB", (40, 40), "teal").save(tmp_path / "photo.png")
    work = api.job(tmp_path / "photo.png", ["claude-monet", tmp_path / "photo.png"], style_weights=[2, 1])
    recipe = Recipe.from_json(work.recipe().to_json())
    assert recipe == work.recipe()
    assert [each.library for each in recipe.styles] == [True, False]
    assert recipe.styles[0].sha256 == library.style("claude-monet").sha256
    again = api.job_of(recipe, folder=tmp_path)
    assert again.styles[0] == StyleInput(library.style("claude-monet"), 2.0)
    assert again.recipe() == recipe
    assert work.recipe(names=False).styles[0].name == "claude-monet"
    assert "library" not in work.recipe().to_json().partition('"photo.png"')[2].partition('"weights"')[2]


def test_a_recipe_with_a_name_that_is_gone_is_a_clear_error(tmp_path):
    Image.new("RGB", (40, 40), "teal").save(tmp_path / "photo.png")
    text = api.job(tmp_path / "photo.png", "claude-monet").recipe().to_json()
    with pytest.raises(StyleError, match="claude-monets"):
        api.job_of(Recipe.from_json(text.replace('"claude-monet"', '"claude-monets"')), folder=tmp_path)


def test_styles_are_public():
    assert stylize.styles() == STYLES
    assert isinstance(STYLES[0], stylize.NamedStyle)
    assert not modes.spec("cyclegan").takes_styles


@pytest.mark.parametrize("spelling", ["梵高", "凡高", "梵谷", "van gogh", "vincent-van-gogh", "Vincent"])
def test_van_gogh_is_found_in_every_spelling(spelling):
    found = {each.painter for each in library.styles() if spelling.lower() in each.keywords}
    assert found == {"vincent-van-gogh"}


def test_names_are_found_without_their_signs():
    found = [{each.painter for each in library.styles() if word in each.keywords} for word in SIGNS]
    assert found == [{"paul-cezanne"}, {"diego-velazquez"}, {"jan-van-eyck"}, {"henri-de-toulouse-lautrec"}]


def test_other_spellings_are_those_of_painters_in_the_library():
    assert CHINESE.keys() <= {each.painter for each in library.styles()}
    every = {each.painter: each.artist_zh for each in library.styles()}
    assert not [name for name, also in CHINESE.items() if any(one in every[name] for one in also.split())]
