"""File names that are not UTF-8, as old disks and archives have them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import stylize
from stylize import image
from stylize import notebook as nb
from stylize.cli import main
from stylize.networks import ResNetGenerator
from stylize.notebook import export, report, store
from stylize.notebook.archive import load_zip, save_zip
from stylize.notebook.recipes import from_recipe
from stylize.recipe import Recipe
from stylize.training import checkpointing
from stylize.training.data import is_held_out
from stylize.training.loop import train
from stylize.weights import checkpoints
from tests.training.conftest import config, make_pictures
from tests.training.test_loop import task

LATIN = os.fsdecode(b"caf\xe9")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")
    monkeypatch.chdir(tmp_path)
    try:
        (tmp_path / LATIN).mkdir()
    except OSError:
        pytest.skip("this disk takes names in UTF-8 only")
    for seed, name in enumerate((f"{LATIN}.png", "style.png")):
        small = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
        Image.fromarray(small.repeat(8, 0).repeat(8, 1)).save(name)
    return tmp_path


def command(*argv: str) -> subprocess.CompletedProcess[bytes]:
    # Not the C locale, in which Python lets such names through by itself.
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "stylize", *argv], capture_output=True, timeout=300, env=environment
    )


def test_a_programs_path_is_the_files(here: Path) -> None:
    ran = command("adain", f"{LATIN}.png", "--style", f"{LATIN}.png", "-q")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout == b"caf\xe9-adain.png\n"
    assert os.path.exists(ran.stdout.rstrip(b"\n"))


def test_reports_name_it_somehow(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / LATIN / f"{LATIN}-2.jpg").write_bytes(b"\xff\xd8\xff broken")
    ran = command("adain", LATIN, f"{LATIN}.png", "--style", "style.png", "-o", f"{LATIN}/out")
    assert (ran.returncode, ran.stdout) == (2, b"caf\xe9/out/caf\xe9-adain.png\n")
    assert b"Traceback" not in ran.stderr
    assert b"caf" in ran.stderr
    main(["adain", LATIN, f"{LATIN}.png", "--style", "style.png", "-o", "out", "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    saved = next(each for each in events if each["event"] == "saved")
    assert Path(saved["path"]).is_file()
    assert saved["file"] == f"{LATIN}.png"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_a_recipe_gives_the_name_back(suffix: str) -> None:
    made = stylize.stylize(f"{LATIN}.png", f"{LATIN}.png")
    stylize.save(made, f"{LATIN}-made{suffix}")
    found = Recipe.from_json(image.read_recipe(f"{LATIN}-made{suffix}") or "")
    assert (found.content.name, found.styles[0].name) == (f"{LATIN}.png", f"{LATIN}.png")


def own_safetensors(path: Path, state: dict[str, torch.Tensor]) -> None:
    save_file(state, "plain.safetensors")
    os.rename("plain.safetensors", path)


@pytest.mark.parametrize(
    ("suffix", "write"),
    [(".safetensors", own_safetensors), (".pth", lambda path, state: torch.save(state, path))],
)
def test_weights(suffix: str, write: Callable[[Path, dict[str, torch.Tensor]], None]) -> None:
    torch.manual_seed(0)
    network, path = ResNetGenerator(4, 1), Path(LATIN, LATIN + suffix)
    write(path, network.state_dict())
    found = checkpoints.load_generator(path).state_dict()
    assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())
    made = stylize.stylize("style.png", mode="cyclegan", translation=str(path))
    assert made.size == (32, 24)


def test_training(here: Path) -> None:
    pictures = make_pictures(here / LATIN / "pictures")
    for each in list(pictures.iterdir()):
        each.rename(each.with_name(f"{LATIN}-{each.name}"))
    settings, out = config(loop={"steps": 2}), here / LATIN / "run"
    assert [each.step for each in train(task(settings), settings, pictures, out)] == [1, 2]
    assert {"checkpoint.pt", "encoder.safetensors", "log.csv"} <= {each.name for each in out.iterdir()}
    assert checkpointing.load_checkpoint(out, settings.to_dict())
    assert checkpoints.load_encoder(out / "encoder.safetensors")


def test_what_is_held_out_stays_so() -> None:
    found = [n for n in range(8) if is_held_out(f"picture_{n}.png", 0.3)]
    assert found == [2, 4, 7]
    assert is_held_out(LATIN, 1.0)


def test_a_cell_of_such_a_picture_can_be_shown_and_exported(here: Path) -> None:
    assets = nb.Assets()
    job = stylize.job(f"{LATIN}.png", f"{LATIN}.png")
    assets.add(Path(f"{LATIN}.png").read_bytes())
    book = nb.Notebook(cells=(from_recipe(job.recipe()),))
    assert store.from_json(store.to_json(book)) == book
    for text in (
        json.dumps(json.loads(store.to_json(book)), ensure_ascii=False),
        export.to_script(book, assets), export.to_ipynb(book, assets), report.to_html_report(book, assets),
    ):  # fmt: skip
        assert text.encode("utf-8")
    save_zip(book, assets, here / f"{LATIN}.zip")
    assert load_zip(here / f"{LATIN}.zip", nb.Assets()) == book
    assert command("run", f"{LATIN}.zip", "-o", f"{LATIN}/made").returncode == 0


def test_halves_of_characters_in_a_notebook_reach_no_browser() -> None:
    text = store.to_json(nb.Notebook(title="Trial")).replace("Trial", "\\ud83c and \\udce9")
    book = store.from_json(text)
    assert book.title.encode("utf-8") == b"? and ?"
