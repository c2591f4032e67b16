"""Text files as editors save them: with a byte order mark, as UTF-16, as nothing at all."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from stylize import api, library
from stylize import notebook as nb
from stylize.cli import main
from stylize.errors import NotebookError, RecipeError, SettingsError, StylizeError
from stylize.notebook import examples, store
from stylize.notebook.archive import load_zip
from stylize.recipe import Recipe
from stylize.system.text import decoded
from stylize.training import TrainingError, outputs
from stylize.training.config import Config
from stylize.training.style_library import LibraryConfig
from stylize.weights import catalog

ROOT = Path(__file__).resolve().parents[2]
SIXTEEN = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")


def test_a_mark_is_no_text() -> None:
    assert decoded(b"\xef\xbb\xbfa = 1", "a") == "a = 1"
    assert decoded('a = "画"'.encode(), "a") == 'a = "画"'


@pytest.mark.parametrize("encoding", SIXTEEN)
def test_other_encodings_are_a_sentence(encoding: str) -> None:
    with pytest.raises(RecipeError, match=r"notes\.txt is saved as UTF-(16|32): save it as UTF-8"):
        decoded("[loop]\nsteps = 1\n".encode(encoding), "notes.txt", RecipeError)


def test_what_is_no_text_is_a_sentence_with_its_line() -> None:
    with pytest.raises(SettingsError, match=r"a is not text in UTF-8 \(line 3\)"):
        decoded(b"one\ntwo\nth\xffree\n", "a")


@pytest.mark.parametrize(
    ("read", "name", "error"),
    [
        (lambda path: Config.read("adain", path), "adain-half.toml", TrainingError),
        (LibraryConfig.read, "library.toml", TrainingError),
    ],
)
def test_configurations(read, name: str, error: type[StylizeError], tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = (ROOT / "configs" / name).read_text("utf-8")
    (tmp_path / "marked.toml").write_text(text, "utf-8-sig")
    marked, plain = read(tmp_path / "marked.toml"), read(ROOT / "configs" / name)
    assert str(marked).replace(str(tmp_path), "") == str(plain).replace(str(ROOT / "configs"), "")
    (tmp_path / "wide.toml").write_text(text, "utf-16")
    with pytest.raises(error, match=r"wide\.toml is saved as UTF-16"):
        read(tmp_path / "wide.toml")


def test_index_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    styles, rows = library.styles(), catalog.rows()
    for folder, name in (
        (library.folder(), library.INDEX),
        (catalog.folder(), "catalog.toml"),
        (examples.folder(), "index.toml"),
    ):  # fmt: skip
        (tmp_path / folder.name).mkdir()
        text = (folder / name).read_text("utf-8")
        (tmp_path / folder.name / name).write_text(text, "utf-8-sig")
    assert [each.name for each in library.index.read.__wrapped__(tmp_path / "styles").styles] == [
        each.name for each in styles
    ]
    monkeypatch.setattr(catalog, "folder", lambda: tmp_path / "weights")
    assert catalog.rows.__wrapped__() == rows
    monkeypatch.setattr(examples, "folder", lambda: tmp_path / "examples")
    assert examples.files.__wrapped__() == {}  # the index is read; its pictures were left behind


@pytest.fixture
def recipe() -> str:
    job = api.job(ROOT / "examples/photos/raccoon.jpg", "claude-monet")
    return job.recipe().to_json()


def test_recipes(recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Recipe.from_json("\ufeff" + recipe) == Recipe.from_json(recipe)
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.json").write_text(recipe, "utf-8-sig")
    photo = str(ROOT / "examples/photos/raccoon.jpg")
    assert main(["run", "recipe.json", "--content", photo, "-o", "out.png"]) == 0


def test_recipes_in_another_encoding(
    recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipe.json").write_text(recipe, "utf-16")
    assert main(["run", str(tmp_path / "recipe.json")]) == 2
    assert "recipe.json is saved as UTF-16" in capsys.readouterr().err


def test_notebooks() -> None:
    text = store.to_json(nb.Notebook(title="Trial"))
    assert store.from_json("\ufeff" + text).title == "Trial"
    for encoding in ("utf-8-sig", "utf-16"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("notebook.json", text.encode(encoding))
        if encoding == "utf-8-sig":
            assert load_zip(packed.getvalue(), nb.Assets()).title == "Trial"
        else:
            with pytest.raises(NotebookError, match=r"notebook\.json is saved as UTF-16"):
                load_zip(packed.getvalue(), nb.Assets())


def test_a_log_that_a_spreadsheet_saved(tmp_path: Path) -> None:
    log = outputs.LossLog(tmp_path, ["total"], 0)
    for step in (1, 2, 3):
        log.add({"step": step, "total": 0.5})
    text = log.path.read_text("utf-8")
    log.path.write_text(text, "utf-8-sig")
    outputs.LossLog(tmp_path, ["total"], 2)
    with open(log.path, newline="", encoding="utf-8") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2"]
