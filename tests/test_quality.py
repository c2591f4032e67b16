"""What ``benchmarks/quality.py`` compares: pairs that no training saw, sheets without names, kept results."""

from __future__ import annotations

import json
from pathlib import Path

import pack
import pairs
import pytest
import quality
import torch
from sheets import BlindSheets

from stylize.image import load
from stylize.training.config import Config
from stylize.training.data import PictureFolder
from stylize.weights import checkpoints

NAMES = {
    "landscapes": [f"scene{number}.jpg" for number in range(40)] + ["Elephants.jpg", "Blinds.jpg"],
    "photos": [f"{kind}_{number}.jpg" for kind in ("face", "person", "house") for number in range(150)],
    "styles-modern": [f"dtd_{number}.jpg" for number in range(60)],
    "vangogh": [f"{number}.jpg" for number in range(300)],
    "paintings": [f"{who}_{number}.jpg" for who in ("Titian", "Vincent_van_Gogh") for number in range(300)],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of the training, with empty files: which are chosen depends on the names."""
    root = tmp_path_factory.mktemp("data")
    for folder, names in NAMES.items():
        (root / folder).mkdir()
        for name in names:
            (root / folder / name).touch()
    return root


@pytest.fixture(scope="module")
def wallpapers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wallpapers")
    for name in ("Flow.png", "Opal.jpg", "scene1.png", "notes.txt"):
        (folder / name).touch()
    return folder


def seen_by_adain(data: Path, stream: str) -> set[Path]:
    rows = [row for row in Config.read("adain", pairs.CONFIG).data if row.stream == stream]
    folders = [PictureFolder(data / row.folder, row) for row in rows if (data / row.folder).is_dir()]
    return {path for folder in folders for path in folder.files}


def seen_by_painter(data: Path) -> set[Path]:
    return {path for folder in NAMES for path in pack.chosen(data, folder, held_out=False)}


def test_old_pairs_were_in_no_training(data: Path) -> None:
    found = pairs.pairs_of("old", data, None, 20)
    assert [pair.style.parent.name for pair in found] == ["vangogh", "paintings"] * 10
    assert {pair.photo.parent.name for pair in found} == {"landscapes"}
    assert not {pair.style for pair in found} & seen_by_adain(data, "style")
    assert not {pair.photo for pair in found} & seen_by_adain(data, "content")
    assert not {path for pair in found for path in (pair.photo, pair.style)} & seen_by_painter(data)


@pytest.mark.parametrize("name", ["modern", "named"])
def test_pairs_of_the_painter_were_not_in_its_training(name: str, data: Path) -> None:
    found = pairs.pairs_of(name, data, None, 20)
    assert not {path for pair in found for path in (pair.photo, pair.style)} & seen_by_painter(data)
    assert not any(pair.photo.name.startswith((*pack.NOT_PHOTOS, "house")) for pair in found)
    assert {pair.photo.parent.name for pair in found} == {"landscapes", "photos"}


def test_modern_pairs_are_numbered_and_take_each_style_once(data: Path) -> None:
    found = pairs.pairs_of("modern", data, None, 10)
    assert [pair.name for pair in found] == [f"modern-{number:02d}" for number in range(1, 11)]
    assert len({pair.style for pair in found}) == 10
    assert {pair.style.parent.name for pair in found} == {"styles-modern"}


def test_wallpapers_take_turns_but_for_those_that_are_photos_of_the_training(
    data: Path, wallpapers: Path
) -> None:
    found = pairs.pairs_of("modern", data, wallpapers, 8)
    names = [pair.style.name for pair in found]
    assert all(name.startswith("dtd") for name in names[::2])
    assert set(names[1::2]) == {"Flow.png", "Opal.jpg"}


def test_every_named_style_is_in_the_painters_table(data: Path) -> None:
    table = checkpoints.load_painter(pairs.ROOT / "weights" / "painter.safetensors").table
    found = pairs.pairs_of("named", data, None, 40)
    assert len(found) == 12
    for pair in found:
        assert table.find(quality.prepared(pair.style).sha256) is not None, pair.style.name


def test_fewer_pairs_are_the_first_of_more(data: Path, wallpapers: Path) -> None:
    for name in pairs.SETS:
        assert pairs.pairs_of(name, data, wallpapers, 5) == pairs.pairs_of(name, data, wallpapers, 12)[:5]


def test_blind_sheets_have_an_order_of_their_own_and_a_key(tmp_path: Path) -> None:
    colors = {"one": (1.0, 0.0, 0.0), "two": (0.0, 1.0, 0.0), "three": (0.0, 0.0, 1.0)}
    plain = {
        name: torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 64, 64) for name, color in colors.items()
    }
    gray = torch.full((1, 3, 64, 64), 0.5)
    for folder in ("first", "second"):
        sheets = BlindSheets(tmp_path / folder, seed=1)
        for number in range(6):
            sheets.add(f"pair-{number}", gray, gray, plain)
    first, second = (json.loads((tmp_path / each / "key.json").read_text()) for each in ("first", "second"))
    assert first == second
    assert len({tuple(order) for order in first.values()}) > 1
    for name, order in first.items():
        sheet = load(tmp_path / "first" / f"{name}.jpg").tensor
        tile = sheet.shape[2] // 2
        middles = [sheet[0, :, tile * 3 // 2, tile * place + tile // 2] for place in range(3)]
        assert [int(color.argmax()) for color in middles] == [list(colors).index(each) for each in order]


def test_a_report_keeps_pictures_until_they_are_wanted_again(tmp_path: Path) -> None:
    pair = pairs.Pair("old", 1, Path("photo.jpg"), Path("style.jpg"))
    picture = torch.rand(1, 3, 8, 8).mul(255).round().div(255)
    for method in ("adain", "gatys:draft"):
        entry = quality.Entry(pair.name, "photo.jpg", "style.jpg", method, 0.1, 0.9, 1.0)
        quality.Report(tmp_path, []).add(entry, picture)
    kept = quality.Report(tmp_path, ["adain"])
    assert kept.find(pair, "adain") is None
    found = kept.find(pair, "gatys:draft")
    assert found is not None
    assert torch.allclose(found, picture)
    other = pairs.Pair("old", 1, Path("photo.jpg"), Path("another.jpg"))
    assert kept.find(other, "gatys:draft") is None


def test_style_losses_are_compared_pair_by_pair() -> None:
    losses = {"adain": (0.2, 0.1, 0.6), quality.OTHER: (0.1, 0.1, 0.2)}
    entries = [
        quality.Entry(f"old-{number}", "", "", method, loss, 1.0, 2.0)
        for method, values in losses.items()
        for number, loss in enumerate(values)
    ]
    text = quality.table(entries, list(losses))
    assert "| `adain` | 3 | 20.0% (10.0% to 60.0%) | 2.00 | 1.00 (1.00 to 1.00) | 2.0 |" in text
