"""The example pictures: complete tables, free of metadata, small, and reproducible."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from stylize.modes.adain.spec import AdaINSettings
from stylize.weights import catalog

FOLDER = Path(__file__).resolve().parent.parent / "examples"
INDEX = tomllib.loads((FOLDER / "index.toml").read_text("utf-8"))
ENTRIES = INDEX["photo"] + INDEX["style"]
FILES = sorted(
    str(path.relative_to(FOLDER).as_posix())
    for kind in ("photos", "styles")
    for path in (FOLDER / kind).glob("*.jpg")
)
FREE = {"CC0 1.0", "CC BY 4.0", "Public domain", "MIT"}


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_styles", FOLDER / "make_styles.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table_rows() -> dict[str, list[str]]:
    """The README's table: file to title, author, licence and source."""
    lines = re.findall(r"^\| `(\S+)` \| (.+) \|$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    return {file: rest.split(" | ") for file, rest in lines}


def test_index_lists_every_file_once() -> None:
    assert sorted(entry["file"] for entry in ENTRIES) == FILES


def test_readme_says_what_the_index_says() -> None:
    expected = {e["file"]: [e["title"], e["author"], e["licence"], e["source"]] for e in ENTRIES}
    assert table_rows() == expected


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_entry_is_complete_and_free(entry: dict[str, str]) -> None:
    assert entry["licence"] in FREE
    assert entry["kind"] == {"photos": "photo", "styles": "style"}[entry["file"].split("/")[0]]
    assert all(entry[key].strip() for key in ("title", "author", "source"))
    assert re.search("[\u4e00-\u9fff]", entry["title_zh"])


def test_there_are_enough_of_each() -> None:
    assert len(INDEX["photo"]) >= 6
    assert len(INDEX["style"]) >= 8


def test_pairs_name_pictures_that_are_there() -> None:
    photos, styles = ({entry["file"] for entry in INDEX[kind]} for kind in ("photo", "style"))
    assert len(INDEX["pair"]) >= 6
    assert all(pair["photo"] in photos and pair["style"] in styles for pair in INDEX["pair"])


@pytest.mark.parametrize("pair", INDEX["pair"], ids=lambda pair: pair["photo"])
def test_pair_is_painted_in_the_shape_of_its_photo(pair: dict[str, str]) -> None:
    with (
        Image.open(FOLDER / pair["photo"]) as photo,
        Image.open(FOLDER / "painted" / Path(pair["photo"]).name) as made,
    ):
        assert (made.format, max(made.size)) == ("JPEG", 640)
        assert made.width / made.height == pytest.approx(photo.width / photo.height, abs=0.01)


def test_pairs_were_painted_with_the_network_that_paints_on_the_page() -> None:
    """A new network: run ``examples/paint_pairs.py`` again."""
    row = catalog.row(AdaINSettings().network)
    assert row is not None
    assert (FOLDER / "painted" / "network.txt").read_text("utf-8").split() == [row.name, row.sha256]


@pytest.mark.parametrize("file", FILES)
def test_picture_is_large_and_carries_no_metadata(file: str) -> None:
    with Image.open(FOLDER / file) as image:
        assert image.format == "JPEG"
        assert image.mode == "RGB"
        assert max(image.size) >= 768
        assert not image.getexif()
        assert not {"exif", "icc_profile", "photoshop", "xmp", "comment"} & set(image.info)


def test_folder_stays_small() -> None:
    sizes = {
        path: path.stat().st_size
        for path in FOLDER.rglob("*")
        if path.suffix in {".jpg", ".md", ".toml", ".py"}
    }
    assert sum(sizes.values()) < 6_000_000
    assert max(sizes.values()) < 450_000


def test_styles_are_those_that_can_be_made(maker: ModuleType) -> None:
    assert {f"styles/{name}.jpg" for name in maker.STYLES} == {entry["file"] for entry in INDEX["style"]}


@pytest.mark.parametrize("name", ["stained-glass", "woodblock-waves", "ink-mountains"])
def test_style_is_reproducible(maker: ModuleType, name: str) -> None:
    first, again, other = (np.asarray(maker.picture(name, size=96, seed=seed)) for seed in (7, 7, 8))
    assert max(first.shape) == 96
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.std() > 20


def test_style_is_the_one_in_the_folder(maker: ModuleType) -> None:
    """The shipped file and a small painting of the same seed agree when both are shrunk."""
    with Image.open(FOLDER / "styles" / "woodblock-waves.jpg") as image:
        shipped = np.asarray(image.convert("RGB").resize((32, 23), Image.Resampling.BOX), np.float32)
    small = maker.picture("woodblock-waves", size=256).resize((32, 23), Image.Resampling.BOX)
    assert np.abs(np.asarray(small, np.float32) - shipped).mean() < 12


def test_command_writes_what_was_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, str(FOLDER / "make_styles.py"), "--out", str(tmp_path), "--size", "64"]
    done = subprocess.run([*command, "--only", "stained-glass"], capture_output=True, text=True, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["stained-glass.jpg"]
    assert str(tmp_path / "stained-glass.jpg") in done.stdout
    refused = subprocess.run([*command[:-1], "8"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "--size" in refused.stderr
