"""Which pictures are meant by files, folders and wildcards, and what is said of the rest."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stylize.cli import inputs, tasks
from stylize.cli.inputs import Search
from stylize.errors import PictureError
from stylize.image.suffixes import READABLE

from .conftest import Run, picture, tree

PAINT = ["adain", "--style", "style.png", "-o", "painted"]


def found(*arguments: str, **options: object) -> list[str]:
    return [each.path.as_posix() for each in Search(**options).find(arguments)]  # type: ignore[arg-type]


# Suffixes ------------------------------------------------------------------------------------------


def test_every_suffix_of_what_can_be_read_in_any_case(run: Run) -> None:
    kinds = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".bmp": "BMP", ".gif": "GIF"}
    alike = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".jif": ".jpg", ".apng": ".png",
             ".tiff": ".tif", ".dib": ".bmp"}  # fmt: skip
    for n, suffix in enumerate(sorted(READABLE)):
        name = f"album/{n}{suffix if n % 2 else suffix.upper()}"
        picture(name, n, kinds[alike.get(suffix, suffix)])
    ran = run("adain", "album", "--style", "style.png", "-o", "painted")
    assert (ran.status, ran.err) == (0, f"stylize: {len(READABLE)} made.\n")
    assert len(tree("painted")) == len(READABLE)


def test_the_format_is_told_by_content_where_the_suffix_says_nothing() -> None:
    for name, kind in {"a.jpg_large": "JPEG", "b": "PNG", "c.jp2.png": "PNG", "d.png": "JPEG"}.items():
        picture(f"album/{name}", 1, kind)
    picture("album/raw.nef", 1, "TIFF")  # raw camera files begin as a TIFF
    Path("album/Thumbs.db").write_bytes(b"BM and other text")
    Path("album/notes.txt").write_text("")
    search = Search()
    assert [each.name for each in search.find(["album"])] == ["a.jpg_large", "b", "c.jp2.png", "d.png"]
    assert search.left_out == {"not_pictures": 3}


@pytest.mark.parametrize("suffix", [".jpe", ".jfif"])
def test_results_may_have_the_rarer_suffixes_of_jpeg(suffix: str, run: Run) -> None:
    picture("photo.jfif", 1, "JPEG")
    assert run("adain", "photo.jfif", "--style", "style.png", "-o", f"out{suffix}").status == 0
    assert Path(f"out{suffix}").read_bytes()[:3] == b"\xff\xd8\xff"


# Folders -------------------------------------------------------------------------------------------


@pytest.fixture
def album() -> Path:
    for seed, name in enumerate(("top.jpg", "day1/one.jpg", "day1/raw/two.jpg", "day2/one.jpg")):
        picture(f"album/{name}", seed)
    return Path("album")


def test_subfolders_are_searched_if_asked_for_and_their_tree_is_kept(album: Path, run: Run) -> None:
    ran = run(*PAINT, "album", "--recursive")
    assert (ran.status, ran.err) == (0, "stylize: 4 made.\n")
    wanted = ["day1/one-adain.png", "day1/raw/two-adain.png", "day2/one-adain.png", "top-adain.png"]
    assert tree("painted") == wanted


def test_what_is_left_out_is_said_in_one_line(album: Path, run: Run) -> None:
    picture("album/.hidden.png")
    Path("album/notes.txt").write_text("no picture")
    Path("album/link.txt").symlink_to("nowhere")
    assert run(*PAINT, "album").err == (
        "stylize: left out: 2 subfolders (--recursive takes them), 1 file that is no picture, 1 hidden, "
        "1 that cannot be read.\n"
    )
    event = next(each for each in run(*PAINT, "album", "--overwrite", "--json").events)
    assert event == {
        "event": "left_out", "subfolders": 2, "not_pictures": 1, "hidden": 1, "unreadable": 1, "output": 0
    }  # fmt: skip
    assert run(*PAINT, "album", "--overwrite", "-q").err == ""


def test_a_folder_whose_pictures_lie_below_it_says_how_to_get_at_them(album: Path, run: Run) -> None:
    (album / "top.jpg").unlink()
    assert "add --recursive" in run(*PAINT, "album").err
    assert run(*PAINT, "album", "-r").status == 0


def test_links_that_lead_back_are_followed_once(album: Path) -> None:
    (album / "day1/loop").symlink_to("..", target_is_directory=True)
    (album / "day2/day1").symlink_to("../day1", target_is_directory=True)
    (album / "self").symlink_to("self")
    names = found("album", recursive=True)
    assert sorted(Path(each).name for each in names) == ["one.jpg", "one.jpg", "top.jpg", "two.jpg"]


def test_a_linked_folder_is_one_of_its_pictures(album: Path) -> None:
    picture("elsewhere/far.png")
    (album / "far").symlink_to("../elsewhere", target_is_directory=True)
    assert "album/far/far.png" in found("album", recursive=True)


def test_results_in_a_folder_of_inputs_are_not_painted_again(album: Path, run: Run) -> None:
    argv = ["adain", "album", "--style", "style.png", "-r", "-o", "album/day1/painted"]
    assert run(*argv).err == "stylize: 4 made.\n"
    ran = run(*argv, "--overwrite")
    assert ran.err == "stylize: left out: 1 folder of results.\nstylize: 4 made.\n"
    assert len(tree("album/day1/painted")) == 4


def test_results_beside_their_inputs_are_not_painted_again(album: Path, run: Run) -> None:
    argv = ["adain", "album", "--style", "style.png", "-r", "-o", "album"]
    assert run(*argv).status == 0
    before = tree("album")
    assert run(*argv, "--overwrite").err == "stylize: 4 made.\n"
    assert tree("album") == before
    assert "album/day1/one-adain.png" in before or "day1/one-adain.png" in before


def test_a_folder_that_cannot_be_read_is_counted(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def closed(path: str | Path) -> object:
        if Path(path).name == "raw":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(inputs.os, "scandir", closed)
    search = Search(recursive=True)
    assert len(search.find(["album"])) == 3
    assert search.left_out == {"unreadable": 1}
    with pytest.raises(PictureError, match=r"raw cannot be read \(Permission denied\)"):
        Search().find(["album/day1/raw"])


def test_what_vanishes_meanwhile_is_one_pictures_trouble(
    album: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tasks.plan

    def late(*given: object) -> object:
        made = plan(*given)  # type: ignore[arg-type]
        shutil.rmtree("album/day1")
        return made

    monkeypatch.setattr("stylize.cli.paint.plan", late)
    ran = run(*PAINT, "album", "--recursive")
    assert ran.status == 2
    assert "2 made, 2 failed" in ran.err
    assert ran.err.count("There is no file") == 2


# Names of results ----------------------------------------------------------------------------------


def test_pictures_that_differ_in_their_suffix_keep_it(run: Run) -> None:
    picture("album/a.png", 1)
    assert run(*PAINT, "album").status == 0
    assert tree("painted") == ["a-adain.png"]
    picture("album/a.jpg", 2)
    picture("album/b.jpg", 3)
    ran = run(*PAINT, "album", "--skip-existing")
    assert ran.err == "stylize: 3 made.\n"
    assert tree("painted") == ["a-adain.png", "a.jpg-adain.png", "a.png-adain.png", "b-adain.png"]
    assert run(*PAINT, "album", "--skip-existing").err == "stylize: 0 made, 3 skipped.\n"


def test_one_name_in_several_folders_of_a_tree_needs_no_number() -> None:
    for name in ("x/a.jpg", "y/a.jpg"):
        picture(f"album/{name}")
    planned = tasks.plan(Search(recursive=True).find(["album"]), "adain", "out", None)
    assert [each.target.as_posix() for each in planned] == ["out/x/a-adain.png", "out/y/a-adain.png"]


def test_results_that_once_took_a_pictures_name_do_not_change_it(run: Run) -> None:
    picture("album/photo.png", 1)
    picture("album/photo-adain.jpg", 2)
    argv = ["adain", "album", "--style", "style.png", "-o", "album", "--skip-existing"]
    assert run(*argv).err == "stylize: 2 made.\n"
    assert run(*argv).err == "stylize: 0 made, 2 skipped.\n"


# Wildcards -----------------------------------------------------------------------------------------


def test_wildcards_that_the_shell_left_alone(album: Path, run: Run) -> None:
    picture("album/[a].png")
    assert found("album/*.jpg") == ["album/top.jpg"]
    assert found("album/*/one.jpg") == ["album/day1/one.jpg", "album/day2/one.jpg"]
    assert found("album/day[2-9]/o?e.jpg") == ["album/day2/one.jpg"]
    assert found("album/[a].png") == ["album/[a].png"]  # there is a file of that name
    assert found(str(album.resolve() / "t*")) == [(album.resolve() / "top.jpg").as_posix()]
    assert run("adain", "album/t*.jpg", "--style", "style.png", "-o", "one.png").status == 0


def test_two_asterisks_search_the_tree_and_keep_it(album: Path, run: Run) -> None:
    (album / "day1/loop").symlink_to("..", target_is_directory=True)
    assert run(*PAINT, "album/**/one.jpg", "--recursive").status == 0
    assert tree("painted") == ["day1/one-adain.png", "day2/one-adain.png"]
    assert len(found("album/**", recursive=True)) == 4
    assert "add --recursive" in run(*PAINT, "album/**/one.jpg").err


@pytest.mark.parametrize("output", ["out", "out/", None])
def test_a_pattern_with_one_match_is_the_same_command_as_with_two(output: str | None, album: Path) -> None:
    def targets() -> set[str]:
        found = Search(recursive=True).find(["album/**/two.jpg"])
        return {task.target.as_posix() for task in tasks.plan(found, "adain", output, None)}

    alone = targets()
    assert alone == {"out/day1/raw/two-adain.png" if output else "day1/raw/two-adain.png"}
    picture("album/day2/two.jpg", 7)
    assert targets() > alone


def test_a_picture_that_is_named_beside_a_pattern_is_named(album: Path) -> None:
    for argv in (["album/t*.jpg", "album/top.jpg"], ["album/top.jpg", "album/t*.jpg"]):
        assert [each.matched for each in Search().find(argv)] == [False]


@pytest.mark.parametrize("pattern", ["deep/**", "deep/**/*", "deep/**/a*"])
def test_no_folder_of_a_tree_is_walked_once_for_each_level_above(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, levels = Path("deep"), 12
    for n in range(levels):
        folder /= f"a{n}"
        picture(folder / f"a{n}.png", n)
        (folder / "a.txt").write_text("no picture")
    scandir, scanned = os.scandir, list[str]()

    def counted(path: str | Path) -> object:
        scanned.append(str(path))
        return scandir(path)

    monkeypatch.setattr(inputs.os, "scandir", counted)
    search = Search(recursive=True)
    assert len(search.find([pattern])) == levels
    assert search.left_out == {"not_pictures": levels}
    assert max(scanned.count(each) for each in scanned) <= 2  # to match in it, and to take what it holds


def test_what_two_arguments_leave_out_is_counted_once(album: Path) -> None:
    (album / "notes.txt").write_text("no picture")
    search = Search(recursive=True)
    search.find(["album", "album/*", "./album"])
    assert search.left_out == {"not_pictures": 1}


def test_a_pattern_takes_folders_as_the_shell_does(album: Path) -> None:
    search = Search()
    assert [each.name for each in search.find(["album/d*"])] == ["one.jpg", "one.jpg"]
    assert search.left_out == {"subfolders": 1}


def test_a_pattern_without_a_match_is_a_sentence(album: Path, run: Run) -> None:
    ran = run(*PAINT, "album/*.heic")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "stylize: error: album/*.heic matches no pictures: check the pattern.\n"
    (album / "a.txt").write_text("text")
    assert "matches no pictures" in run(*PAINT, "album/*.txt").err
