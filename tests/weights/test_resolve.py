"""Which file a name leads to, and what is said of a wrong name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hub_stub import Hub

from stylize import weights
from stylize.errors import WeightsError
from stylize.weights import Transfer, catalog

from .rows import (
    BODY,
    ON_THE_HUB,
    ROWS,
    TWICE,
    UNSURE,
    cache_is_empty,
    from_url,
    replace_source,
    serve,
    sha256,
    tiny,
)

pytestmark = pytest.mark.usefixtures("alone")


@pytest.mark.parametrize("name", ON_THE_HUB)
def test_each_row_is_fetched_from_its_production_address(hub: Hub, name: str) -> None:
    serve(hub, name)
    found = weights.find(name)
    assert (found.path.read_bytes(), found.origin, found.sha256) == (BODY, "hub", sha256(BODY))
    assert found.row == catalog.row(name)
    asked = len(hub.requests)
    assert weights.state(tiny(ROWS[name])) == "cached"
    again = weights.find(name)
    assert (again.path, again.origin, len(hub.requests)) == (found.path, "cache", asked)


def test_only_the_wanted_file_is_fetched(hub: Hub) -> None:
    serve(hub, "style-monet")
    serve(hub, "style-vangogh")
    weights.find("style-vangogh")
    assert hub.bodies() == 1
    assert "vangogh" in hub.requests[-1][1]


def test_two_rows_share_one_file(hub: Hub) -> None:
    serve(hub, "horse2zebra-upit")
    there, back = weights.find("horse2zebra-upit"), weights.find("zebra2horse-upit")
    assert there.path == back.path
    assert (there.row.member, back.row.member, hub.bodies()) == ("G_B", "G_A", 1)


def test_pulling_a_decoder_brings_its_encoder(hub: Hub) -> None:
    serve(hub, "adain-full")
    serve(hub, "vgg-normalised-zero")
    assert [found.row.name for found in weights.pull("adain-full")] == ["vgg-normalised-zero", "adain-full"]


def test_a_plain_address(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from_url(monkeypatch, hub)
    transfers: list[Transfer] = []
    found = weights.find("adain-naoto", on_progress=transfers.append)
    assert (found.path.read_bytes(), found.origin) == (BODY, "url")
    assert (transfers[-1].done, transfers[-1].total) == (len(BODY), len(BODY))
    assert weights.find("adain-naoto").origin == "cache"
    assert hub.bodies() == 1


def test_a_plain_address_that_does_not_end(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from_url(monkeypatch, hub, "endless")
    transfers: list[Transfer] = []
    with pytest.raises(WeightsError, match="arrived damaged"):
        weights.find("adain-naoto", on_progress=transfers.append)
    assert transfers[-1].done < 2 * len(BODY) + 100_000
    assert cache_is_empty(tmp_path)


def test_an_address_that_is_not_on_the_web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(BODY)
    replace_source(monkeypatch, "adain-naoto", url=secret.as_uri())
    with pytest.raises(WeightsError, match="no web address"):
        weights.find("adain-naoto")


def test_the_order_of_places(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    serve(hub, TWICE)
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(folder))
    assert weights.find(TWICE).origin == "hub"
    (folder / (TWICE + ".safetensors")).write_bytes(b"by name")
    assert weights.find(TWICE).path.name == TWICE + ".safetensors"
    (folder / ROWS[TWICE].file).write_bytes(BODY)
    found = weights.find(TWICE)
    assert (found.path, found.origin) == (folder / ROWS[TWICE].file, "folder")

    assert weights.find("adain-half").origin == "bundled"
    (folder / "adain-half.safetensors").write_bytes(b"better")
    assert weights.find("adain-half").origin == "folder"


def test_the_users_own_file_is_used_and_remarked_upon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "vgg19.pth").write_bytes(b"other")
    found = weights.find("vgg19")
    assert found.sha256 == sha256(b"other")
    assert len(found.notes) == 1
    assert "vgg19.pth is not the file" in str(found.notes[0])


def test_a_path_and_a_name_in_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "my network.pth"
    path.write_bytes(BODY + b"mine")
    found = weights.find(str(path))
    assert (found.path, found.row, found.origin, found.sha256) == (path, None, "path", sha256(BODY + b"mine"))
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    for name in ("my network.pth", "my network"):
        assert (weights.find(name).path, weights.find(name).origin) == (path, "folder")


def test_a_path_to_a_file_that_the_catalog_knows(tmp_path: Path) -> None:
    (tmp_path / "renamed.bin").write_bytes(BODY)
    assert weights.find(str(tmp_path / "renamed.bin")).row is not None


def test_no_row_bundled_or_cached_brings_torch_or_the_hub_library(hub: Hub) -> None:
    serve(hub, UNSURE)
    weights.find(UNSURE)
    code = (
        "import sys; from stylize import weights; print(weights.find('adain-half').origin, "
        f"weights.find('{UNSURE}').origin, 'torch' in sys.modules, 'huggingface_hub' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert run.stdout.split() == ["bundled", "cache", "False", "False"]


def test_state_and_size(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = {row.name: row for row in catalog.rows()}
    states = {name: weights.state(row) for name, row in rows.items()}
    assert states["vgg19-half"] == "bundled"
    assert states["vgg19"] == states["adain-naoto"] == "download"
    assert states["style-cezanne"] == "bring"
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "style_cezanne.pth").write_bytes(b"12345")
    assert (weights.state(rows["style-cezanne"]), weights.size(rows["style-cezanne"])) == ("folder", 5)
    assert weights.size(rows["vgg19"]) == len(BODY)
    assert hub.requests == []


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"'monnet'.*style-monet.*style-ukiyoe"):
        weights.find("monnet")
    with pytest.raises(WeightsError, match="'monnet'"):
        weights.pull("monnet")
    with pytest.raises(WeightsError, match="''"):
        weights.find("")


@pytest.mark.parametrize("path", ["nowhere/net.pth", "net.bin", "~/no such file", "~nobody/x", "a\0/b"])
def test_a_path_to_nothing(path: str) -> None:
    with pytest.raises(WeightsError, match="is not there"):
        weights.find(path)


def test_a_path_to_a_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is a folder"):
        weights.find(str(tmp_path))


def test_a_row_without_a_source_says_what_to_bring() -> None:
    with pytest.raises(WeightsError, match=r"style-ukiyoe: put style_ukiyoe\.pth .*STYLIZE_WEIGHTS_DIR"):
        weights.find("style-ukiyoe")


def test_without_download(hub: Hub) -> None:
    serve(hub, TWICE)
    with pytest.raises(WeightsError, match=f"stylize weights pull {TWICE}"):
        weights.find(TWICE, download=False)
    assert hub.requests == []


def test_a_damaged_bundled_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ROWS["adain-half"].file).write_bytes(b"version https://git-lfs.github.com/spec/v1")
    monkeypatch.setattr(catalog, "folder", lambda: tmp_path)
    with pytest.raises(WeightsError, match="git lfs pull"):
        weights.find("adain-half")
    assert (tmp_path / ROWS["adain-half"].file).exists()
    with pytest.raises(WeightsError, match="missing"):
        weights.find("vgg19-half")
