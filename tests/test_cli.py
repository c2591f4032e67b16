"""The command line, mostly in this process; what only a process of its own shows, in one."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import stylize
from stylize import image, modes, settings
from stylize.cli import main, parser, tasks
from stylize.cli.inputs import Search
from stylize.cli.report import Bar, Console, Lines, Saved
from stylize.cli.stop import Stop
from stylize.errors import PictureError, note
from stylize.execution import job
from stylize.execution.job import Job
from stylize.networks import ResNetGenerator
from stylize.progress import Progress
from stylize.recipe import Recipe
from stylize.weights import Transfer, catalog

QUICK = ["--steps", "2", "--content-side", "64"]


def picture(path, seed=0, width=64, height=48):
    """Writes blocks of random colours."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    Image.fromarray(small.repeat(8, 0).repeat(8, 1)).save(path)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A current folder with photo.png, a.png and b.png."""
    for name, value in {"DEVICE": "cpu", "DTYPE": "float32", "CACHE": str(tmp_path / ".cache")}.items():
        monkeypatch.setenv(f"STYLIZE_{name}", value)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / ".hub"))
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("photo", "a", "b")):
        picture(f"{name}.png", seed)
    return tmp_path


@pytest.fixture(autouse=True)
def usual_signals():
    """Ctrl-C as in a terminal, also where the tests were started in the background and it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def generator(folder):
    torch.manual_seed(0)
    save_file(ResNetGenerator(width=8, blocks=1).state_dict(), folder / "own.safetensors")
    return "own.safetensors"


@pytest.fixture
def run(capsys):
    """Runs a command line in this process: its status, stdout and stderr."""

    def call(*argv):
        status = main([str(each) for each in argv])
        found = capsys.readouterr()
        return status, found.out, found.err

    return call


@pytest.fixture
def refused(run):
    """Runs a command line that must end in one line of error; gives the line."""

    def call(*argv):
        status, out, err = run(*argv)
        assert status == 2, err
        assert out == ""
        assert err.startswith("stylize: error: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1, err
        return err

    return call


def recipe_of(path):
    return Recipe.from_json(image.read_recipe(path))


def pixels(path):
    with Image.open(path) as opened:
        return np.asarray(opened).astype(int)


# Flags ---------------------------------------------------------------------------------------------


def namespace(mode, *flags):
    style = ["--style", "a.png"] if modes.spec(mode).takes_styles else []
    return parser.build().parse_args([mode, "photo.png", *style, *flags])


TRIAL = ["--network", "vgg19-half-trial"]  # an encoder that ends at relu4_1


@pytest.mark.parametrize("mode", modes.names())
def test_every_setting_of_every_mode_has_a_flag_of_its_own(mode):
    given = vars(namespace(mode))
    cls = modes.settings_of(mode)
    assert settings.from_flags(cls, namespace(mode)) == cls()
    assert not {each.name for each in settings.options(cls)} & set(given)
    found = settings.from_flags(cls, namespace(mode, "--content-side", "96", "--no-full-size"))
    assert found == cls(content_side=96, full_size=False)


COMMANDS = [
    [],
    *([mode] for mode in modes.names()),
    ["run"],
    ["weights"],
    ["weights", "list"],
    ["train"],
    ["serve"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_answers_without_the_heavy_libraries(command):
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "stylize", *command, "--help"],
        capture_output=True, text=True, check=True, env=outside(),
    )  # fmt: skip
    assert found.stdout.startswith(f"usage: {' '.join(['stylize', *command])}")
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in found.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"torch", "numpy", "PIL", "gradio", "huggingface_hub", "safetensors"}


def test_version(run):
    assert run("--version") == (0, f"stylize {stylize.__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "COMMAND"),
        (["paint"], "'paint'"),
        (["adain", "--style", "a.png"], "PHOTO"),
        (["adain", "photo.png"], "--style"),
        (["gatys", "photo.png"], "--style"),
        (["cyclegan", "photo.png", "--style", "a.png"], "takes no style"),
        (["cyclegan", "photo.png", "--style-weights", "1"], "takes no style"),
        (["adain", "photo.png", "--style", "a.png", "--strenght", "1"], "--strenght"),
        (["adain", "photo.png", "--style", "a.png", "--str", "1"], "--str"),
        (["adain", "photo.png", "--style", "a.png", "--strength", "x"], "--strength"),
        (["adain", "photo.png", "--style", "a.png", "--strength", "nan"], "strength is nan"),
        (["adain", "photo.png", "--style", "a.png", "--strength", "1.5"], "from 0 to 1"),
        (["gatys", "photo.png", "--style", "a.png", "--pooling", "min"], "average"),
        (["gatys", "photo.png", "--style", "a.png", "--style-layers", "relu9"], "relu4_1"),
        (["gatys", "photo.png", "--style", "a.png", "--preset", "best"], "gatys-2016"),
        (["adain", "photo.png", "--style", "a.png", "--style-weights", "1,x"], "list of numbers"),
        (["adain", "photo.png", "--style", "a.png", "--style-weights", "1,2"], "one weight for each"),
        (["adain", "photo.png", "--style", "a.png", "--style-weights", "0"], "above zero"),
        (["adain", "photo.png", "--style", "a.png", "--style-weights=-1"], "Style weights"),
        (["adain", "photo.png", "--style", "a.png", "--max-megapixels", "0"], "above 0"),
        (["adain", "photo.png", "--style", "a.png", "--max-megabytes", "nan"], "above 0"),
        (["adain", "photo.png", "--style", "a.png", "--format", "bmp"], "webp"),
        (["adain", "photo.png", "--style", "a.png", "--quiet", "--json"], "not allowed"),
        (["adain", "photo.png", "--style", "a.png", "--network", "none"], "adain-half"),
        (["adain", "photo.png", "--style", "a.png", "--network", "vgg19-half"], "decoder"),
        (
            ["gatys", "photo.png", "--style", "a.png", *TRIAL, "--style-layers", "relu5_1"],
            "relu5_1",
        ),
        (["serve", "--port", "0"], "port"),
        (["serve", "--port", "x"], "port"),
    ],
)
def test_what_is_wrong_with_the_flags_is_said_in_one_line(argv, words, refused, folder):
    assert words in refused(*argv)
    assert sorted(path.name for path in folder.glob("*.png")) == ["a.png", "b.png", "photo.png"]


# Pictures ------------------------------------------------------------------------------------------


def test_one_photo(run):
    status, out, _ = run("adain", "photo.png", "--style", "a.png", "--strength", "0.5", "-o", "out.png")
    assert (status, out) == (0, "out.png\n")
    wanted = stylize.stylize("photo.png", "a.png", strength=0.5)
    assert np.array_equal(pixels("out.png"), np.asarray(wanted))
    assert image.read_recipe("out.png") == wanted.info["stylize"]


def test_notes_of_the_pictures_are_told_once(run, folder):
    first, second = Image.open("a.png"), Image.open("b.png")
    for name in ("album/one.gif", "album/two.gif", "style.gif"):
        Path(name).parent.mkdir(exist_ok=True)
        first.save(name, save_all=True, append_images=[second])
    _, _, err = run("adain", "album", "--style", "style.gif", "--content-side", "64", "-o", "out", "--quiet")
    for name in ("one.gif", "two.gif", "style.gif"):
        assert err.count(f"{name} has 2 frames: the first one is painted.") == 1


def test_dpi_is_kept(run):
    Image.open("a.png").save("print.tif", dpi=(300, 300))
    for suffix in ("png", "jpg", "tif", "webp"):
        run("adain", "print.tif", "--style", "b.png", "--content-side", "64", "-o", f"out.{suffix}")
        assert image.load(f"out.{suffix}").dpi == (300, 300)


def test_several_styles_with_their_shares(run):
    two = ["--style", "a.png", "--style", "b.png"]
    assert run("adain", "photo.png", *two, "--style-weights", "2,1", "-o", "two.png")[0] == 0
    assert [(each.name, each.weight) for each in recipe_of("two.png").styles] == [("a.png", 2), ("b.png", 1)]
    wanted = stylize.stylize("photo.png", ["a.png", "b.png"], style_weights=[2, 1])
    assert np.array_equal(pixels("two.png"), np.asarray(wanted))


def test_gatys_with_a_preset_and_its_own_flags(run):
    assert run("gatys", "photo.png", "--style", "a.png", "--preset", "draft", *QUICK)[0] == 0
    found = recipe_of("photo-gatys.png")
    assert found.settings == modes.settings_of("gatys").preset("draft", steps=2, content_side=64)


def test_cyclegan_with_a_file_of_ones_own(run, generator):
    assert run("cyclegan", "photo.png", "--translation", generator)[:2] == (0, "photo-cyclegan.png\n")
    assert pixels("photo-cyclegan.png").shape == (48, 64, 3)


def test_a_network_that_cannot_be_had_is_one_line(refused):
    assert "style_vangogh" in refused("cyclegan", "photo.png", "--translation", "style-vangogh")


@pytest.mark.parametrize("format", parser.FORMATS)
def test_the_format_of_files_that_are_not_named(format, run):
    status, out, _ = run("adain", "photo.png", "--style", "a.png", "--format", format, "-o", "new/")
    assert (status, out) == (0, f"{Path('new', 'photo-adain.' + format)}\n")
    assert recipe_of(out.strip()).mode == "adain"


def test_names_can_be_left_out(run):
    assert run("adain", "photo.png", "--style", "a.png", "--no-names", "-o", "out.png")[0] == 0
    assert "photo" not in image.read_recipe("out.png")


def test_quiet_says_where_the_picture_is_and_no_more(run):
    assert run("gatys", "photo.png", "--style", "a.png", "-q", *QUICK) == (0, "photo-gatys.png\n", "")


def test_a_folder_and_one_bad_file(run, folder):
    album = folder / "album"
    album.mkdir()
    picture("album/two.png", 5)
    picture("album/One.JPG", 6)
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    (album / "notes.txt").write_text("no picture")
    (album / ".hidden.png").write_bytes(b"")
    (album / "below.png").mkdir()
    status, out, err = run("adain", "album", "photo.png", "--style", "a.png", "-o", "painted")
    assert status == 2
    names = ["One-adain.png", "two-adain.png", "photo-adain.png"]
    assert out.splitlines() == [str(Path("painted", name)) for name in names]
    errors = err.splitlines()
    assert len(errors) == 3
    assert errors[0] == (
        "stylize: left out: 1 subfolder (--recursive takes it), 1 file that is no picture, 1 hidden."
    )
    assert errors[1].startswith("stylize: error: ")
    assert "broken.jpg" in errors[1]
    assert errors[2] == "stylize: 3 made, 1 failed."
    assert sorted(os.listdir("painted")) == sorted(names)


def test_the_same_folder_twice(run):
    argv = ["adain", ".", "--style", "a.png", "-q"]
    assert run(*argv)[1].split() == ["a-adain.png", "b-adain.png", "photo-adain.png"]
    before = Path("b-adain.png").stat().st_mtime_ns
    status, out, err = run(*argv)
    assert (status, out) == (2, "")
    assert err.count("--overwrite") == 3
    assert "0 made, 3 failed" in err
    assert Path("b-adain.png").stat().st_mtime_ns == before
    assert run(*argv, "--overwrite")[0] == 0
    assert Path("b-adain.png").stat().st_mtime_ns != before
    assert len(list(Path().glob("*-adain*"))) == 3


def test_what_lies_in_the_way_is_replaced_only_if_it_was_named(run, refused):
    Path("photo-adain.png").write_text("mine")
    assert "--overwrite" in refused("adain", "photo.png", "--style", "a.png")
    assert "--overwrite" in refused("adain", "photo.png", "--style", "a.png", "-o", ".")
    assert Path("photo-adain.png").read_text() == "mine"
    assert run("adain", "photo.png", "--style", "a.png", "-o", "photo-adain.png")[0] == 0
    assert recipe_of("photo-adain.png").mode == "adain"


@pytest.mark.parametrize("output", ["photo.png", "./photo.png", "a.png", "link.png", "hard.png"])
def test_no_input_is_ever_replaced(output, refused):
    os.symlink("photo.png", "link.png")
    os.link("photo.png", "hard.png")
    before = Path("photo.png").read_bytes(), Path("a.png").read_bytes()
    argv = ["adain", "photo.png", "--style", "a.png", "--overwrite", "-o", output]
    assert "is an input" in refused(*argv)
    assert (Path("photo.png").read_bytes(), Path("a.png").read_bytes()) == before


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("out.bmp", ".webp"),
        ("out", ".png"),
        ("photo.png/out.png", "cannot be written"),
        ("/proc/out.png", "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_is_found_out_before_the_work(output, words, refused, monkeypatch):
    monkeypatch.setattr(Job, "run", None)
    assert words in refused("adain", "photo.png", "--style", "a.png", "-o", output)


def test_format_and_suffix_must_agree(refused, run):
    argv = ["adain", "photo.png", "--style", "a.png"]
    assert "--format" in refused(*argv, "--format", "png", "-o", "out.jpg")
    assert run(*argv, "--format", "jpg", "-o", "out.jpeg")[0] == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nothere.png", "--style", "a.png"], "nothere.png"),
        (["photo.png", "--style", "nothere.png"], "nothere.png"),
        (["photo.png", "--style", "notes.txt"], "notes.txt"),
        (["photo.png", "--style", "empty"], "empty"),
        (["empty", "--style", "a.png"], "no pictures"),
        (["photo.png", "b.png", "--style", "nothere.png"], "nothere.png"),
        (["photo.png", "b.png", "--style", "a.png", "-o", "out.png"], "name a folder"),
        (["photo.png", "b.png", "--style", "a.png", "-o", "notes.txt"], "name a folder"),
        (["photo.png", "--style", "a.png", "--device", "toaster"], "toaster"),
        (["photo.png", "--style", "a.png", "--device", "cuda:99"], "cuda:99"),
        (["photo.png", "--style", "a.png", "--max-megapixels", "0.001"], "megapixels"),
        (["photo.png", "--style", "a.png", "--max-megabytes", "0.0001"], "MB"),
    ],
)
def test_inputs_that_will_not_do_are_one_line(argv, words, refused, folder):
    (folder / "empty").mkdir()
    (folder / "notes.txt").write_text("no picture")
    assert words in refused("adain", *argv)


def test_a_file_error_that_nobody_foresaw_is_one_line(refused, monkeypatch):
    def full(*args, **more):
        raise OSError(28, "No space left on device", "out.png")

    monkeypatch.setattr(job, "save", full)
    assert "No space left" in refused("adain", "photo.png", "--style", "a.png", "-o", "out.png", "-q")


def test_a_fault_of_the_program_is_not_hidden(monkeypatch):
    def broken(*args, **more):
        raise ZeroDivisionError

    monkeypatch.setattr(job, "save", broken)
    with pytest.raises(ZeroDivisionError):
        main(["adain", "photo.png", "--style", "a.png"])


# Which results go where ----------------------------------------------------------------------------


def planned(*argv, output=None, format=None):
    found = Search(output=output and Path(output)).find(argv)
    return {str(task.source): str(task.target) for task in tasks.plan(found, "adain", output, format)}


def test_names_do_not_collide():
    for name in ("x/photo.jpg", "y/Photo.png"):
        Path(name).parent.mkdir()
        picture(name)
    assert planned("x", "y", "photo.png", output="out") == {
        "x/photo.jpg": "out/photo.jpg-adain.png",
        "y/Photo.png": "out/Photo-adain.png",
        "photo.png": "out/photo-adain-2.png",
    }


def test_each_picture_is_painted_once():
    assert list(planned("photo.png", "./photo.png", ".", "b.png")) == ["photo.png", "a.png", "b.png"]
    assert planned("photo.png", "photo.png", output="out.png") == {"photo.png": "out.png"}


def test_a_result_in_a_folder_is_a_picture_if_it_was_named_or_goes_elsewhere():
    picture("a-adain.png")
    assert "a-adain.png" not in planned(".")
    assert "a-adain.png" in planned(".", output="out")
    assert "a-adain.png" in planned(".", "a-adain.png")


def test_a_folder_with_one_picture_still_gives_a_folder():
    Path("album").mkdir()
    picture("album/one.png")
    assert planned("album", output="new") == {"album/one.png": "new/one-adain.png"}
    with pytest.raises(PictureError, match="folder"):
        planned("album", output="new.png")


# Again from a recipe -------------------------------------------------------------------------------


def test_a_picture_is_made_again_from_itself(run):
    argv = ["adain", "photo.png", "--style", "a.png", "--style", "b.png", "--style-weights", "3,1"]
    assert run(*argv, "-o", "made.png")[0] == 0
    assert run("run", "made.png", "-o", "again.png")[:2] == (0, "again.png\n")
    assert Path("again.png").read_bytes() == Path("made.png").read_bytes()


def test_the_limit_of_megabytes_is_for_the_picture_with_the_recipe_too(run, refused, monkeypatch):
    assert run("adain", "photo.png", "--style", "a.png", "-o", "made.png")[0] == 0
    assert "made.png is" in refused("run", "made.png", "-o", "again.png", "--max-megabytes", "0.0001")
    monkeypatch.setenv("STYLIZE_MAX_MEGABYTES", "0.0001")
    assert run("run", "made.png", "-o", "again.png", "--max-megabytes", "10")[:2] == (0, "again.png\n")


def test_a_recipe_file_finds_its_inputs_beside_it_and_here(run, folder):
    recipe = stylize.job("photo.png", ["a.png"]).recipe()
    Path("sub").mkdir()
    Path("sub/recipe.json").write_text(recipe.to_json())
    os.rename("photo.png", "sub/photo.png")
    assert run("run", "sub/recipe.json")[:2] == (0, "photo-adain.png\n")
    assert recipe_of("photo-adain.png") == recipe
    assert run("run", "sub/recipe.json")[:2] == (0, "photo-adain-2.png\n")
    assert (
        run("run", "photo-adain.png", "--content", "b.png", "-o", "out/")[1] == f"{Path('out/b-adain.png')}\n"
    )


def test_other_inputs_may_be_named(run):
    recipe = stylize.job("photo.png", ["a.png"]).recipe(names=False)
    Path("recipe.json").write_text(recipe.to_json())
    status, _, err = run("run", "recipe.json")
    assert status == 2
    assert "--content" in err
    assert run("run", "recipe.json", "--content", "b.png", "--style", "photo.png", "-o", "out.png")[0] == 0
    assert recipe_of("out.png").content.name == "b.png"


def test_other_weights_than_the_recipes_are_told(run):
    text = stylize.job("photo.png", ["a.png"]).recipe().to_json()
    Path("recipe.json").write_text(text.replace(catalog.row("adain-half").sha256, "0" * 64))
    status, out, err = run("run", "recipe.json", "-q")
    assert (status, out) == (0, "photo-adain.png\n")
    assert err.count("\n") == 1
    assert "adain-half is not the file" in err


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notebook.zip", b"PK\x03\x04", "zip"),
        ("nothere.json", None, "nothere.json"),
        ("nothere.png", None, "nothere.png"),
        ("recipe.json", b"{}", "no recipe"),
        ("recipe.json", b"\xff\xfe\x00", "UTF-16"),
        ("recipe.json", b'{"format": 1, "mode": "adain", "content": {"name": "../photo.png"}}', "file name"),
        ("recipe.txt", b"hello", "recipe.txt"),
    ],
)
def test_what_is_no_recipe_is_one_line(name, data, words, refused):
    if data is not None:
        Path(name).write_bytes(data)
    assert words in refused("run", name)


def test_a_picture_without_a_recipe_or_with_lost_or_changed_inputs(refused, run):
    assert "carries no recipe" in refused("run", "photo.png")
    assert run("adain", "photo.png", "--style", "a.png", "-o", "made.png")[0] == 0
    assert "is an input" in refused("run", "made.png", "-o", "made.png")
    assert "is an input" in refused("run", "made.png", "-o", "photo.png")
    assert "2 were given" in refused("run", "made.png", "--style", "a.png", "--style", "b.png")
    picture("a.png", 9)
    assert "contents differ" in refused("run", "made.png")
    os.remove("a.png")
    assert "a.png" in refused("run", "made.png")


# For programs --------------------------------------------------------------------------------------


def events(out):
    return [json.loads(line) for line in out.splitlines()]


def test_json_tells_of_steps_and_results(run):
    status, out, err = run("gatys", "photo.png", "nothere.png", "--style", "a.png", "--json", *QUICK)
    assert (status, err) == (2, "")
    first, *_, last, saved, error, summary = events(out)
    assert (first["event"], first["file"], first["step"], first["total"]) == ("progress", "photo.png", 1, 2)
    assert (last["step"], set(last["losses"])) == (2, {"total", "content", "style", "variation"})
    assert (saved["event"], saved["path"], saved["size"]) == ("saved", "photo-gatys.png", [64, 48])
    assert saved["complete"] is True
    assert saved["seconds"] >= 0
    assert Recipe.from_json(json.dumps(saved["recipe"])) == recipe_of("photo-gatys.png")
    assert (error["event"], error["file"]) == ("error", "nothere.png")
    assert "nothere.png" in error["message"]
    assert summary == {"event": "summary", "made": 1, "failed": 1, "left": 0, "skipped": 0}


def test_json_tells_a_users_error(run):
    status, out, err = run("adain", "nothere.png", "--style", "a.png", "--json")
    assert (status, err) == (2, "")
    assert [each["event"] for each in events(out)] == ["error"]


class Ticks:
    """A clock that goes on by the same time whenever somebody looks."""

    def __init__(self, seconds):
        self.seconds, self.now = seconds, 0.0

    def __call__(self):
        self.now += self.seconds
        return self.now


def test_json_progress_is_throttled_but_for_the_ends():
    out = io.StringIO()
    lines = Lines(out, Ticks(0.05))
    for step in range(1, 101):
        lines.progress("a", Progress(step, 100, losses={"total": float("nan")}))
    found = events(out.getvalue())
    assert found[0]["step"] == 1
    assert found[-1]["step"] == 100
    assert 20 < len(found) < 40
    assert found[0]["losses"] == {"total": None}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_is_redrawn_on_a_terminal_and_leaves_nothing_behind():
    err = Terminal()
    console = Console(io.StringIO(), err, clock=Ticks(1))
    for step in range(1, 11):
        console.progress("photo.png", Progress(step, 10, losses={"total": 1 / step}))
    drawn = err.getvalue().split("\r\x1b[K")
    assert len(drawn) == 11
    assert drawn[5].startswith("photo.png   50%  [############------------]  5/10  loss 0.2  ETA 0:05")
    assert "ETA" not in drawn[10]
    assert "\n" not in err.getvalue()
    console.note("done")
    assert err.getvalue().endswith("\r\x1b[Kstylize: done\n")


def test_the_bar_starts_anew_for_each_file():
    err = Terminal()
    bar = Bar(err, Ticks(1))
    bar.draw("a", 9, 10)
    bar.draw("b", 1, 10)
    bar.draw("b", 2, 10)
    assert err.getvalue().endswith("ETA 0:08")
    bar.draw("b", 1, 10)
    assert "ETA" not in err.getvalue().rpartition("\r")[2]


def test_the_bar_is_a_few_lines_elsewhere_and_none_for_what_is_quick():
    err = io.StringIO()
    bar = Bar(err, Ticks(0.5))
    for step in range(1, 101):
        bar.draw("a", step, 100)
    assert 3 <= err.getvalue().count("\n") <= 6
    assert not set("\r\x1b") & set(err.getvalue())
    for step in range(1, 10):
        bar.draw("b", step, 10)
    assert "b" not in err.getvalue()


def test_a_download_of_unknown_size_shows_what_has_come():
    err = Terminal()
    console = Console(io.StringIO(), err, clock=Ticks(1))
    console.transfer(Transfer("vgg19", "vgg19.safetensors", 2_500_000, 0))
    assert err.getvalue().endswith("vgg19.safetensors  2.5 MB")
    console.transfer(Transfer("vgg19", "vgg19.safetensors", 5_000_000, 10_000_000))
    assert " 50%" in err.getvalue()


def test_a_file_name_cannot_speak_to_the_terminal():
    err = Terminal()
    console = Console(io.StringIO(), err, clock=Ticks(1))
    console.progress("\x1b[31m\n.png", Progress(1, 2))
    console.error("\x1b[31m is empty", "x")
    assert "\x1b[31m" not in err.getvalue()
    assert err.getvalue().count("\n") == 1


# Stopping ------------------------------------------------------------------------------------------


class Pressing(Lines):
    """A report that sends this process a signal when a step has come."""

    def __init__(self, step, number=signal.SIGINT, file=""):
        super().__init__(io.StringIO(), Ticks(10))
        self.step, self.number, self.file = step, number, file

    def progress(self, file, progress):
        super().progress(file, progress)
        if progress.step == self.step and self.file in file:
            os.kill(os.getpid(), self.number)

    @property
    def events(self):
        return events(self.out.getvalue())


def command(report, *argv):
    args = parser.build().parse_args([str(each) for each in argv])
    return args.command(args, report)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_after_the_step_and_keeps_the_picture(number, status):
    report = Pressing(3, number)
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    argv = ["gatys", "photo.png", "b.png", "--style", "a.png", "--steps", "500", "--content-side", "64"]
    assert command(report, *argv) == status
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
    steps = [each["step"] for each in report.events if each["event"] == "progress"]
    assert steps == [1, 2, 3]
    note, saved, summary = report.events[-3:]
    assert "of 500 steps" in note["message"]
    assert (saved["event"], saved["complete"]) == ("saved", False)
    assert (summary["made"], summary["failed"], summary["left"]) == (1, 0, 1)
    assert pixels("photo-gatys.png").shape == (48, 64, 3)
    assert not Path("b-gatys.png").exists()


def test_stopped_before_there_is_a_picture_nothing_is_saved():
    report = Pressing(1)
    assert command(report, "adain", "photo.png", "b.png", "--style", "a.png") == 130
    note, summary = report.events[-2:]
    assert "nothing was saved" in note["message"]
    assert (summary["made"], summary["left"]) == (0, 2)
    assert not list(Path().glob("*-adain*"))


def test_the_second_signal_is_not_caught():
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.status == 130
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stop() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.status == 0
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_note_of_a_run_is_told_once(monkeypatch, run):
    def steps(self):
        for n in (1, 2, 3):
            told = note("Not enough memory for {side} pixels: working at {smaller}.", side=1024, smaller=512)
            yield Progress(n, 3, self.content.tensor if n == 3 else None, note=told)

    monkeypatch.setattr(Job, "run", steps)
    _, _, err = run("adain", "photo.png", "--style", "a.png")
    assert err == "stylize: photo.png: Not enough memory for 1024 pixels: working at 512.\n"


def outside():
    """The environment of a process of its own that finds this package."""
    root = str(Path(stylize.__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}


def start(*argv, **given):
    # A process of the background ignores SIGINT, and so would its children.
    return subprocess.Popen(
        [sys.executable, "-m", "stylize", *argv], env=outside(), text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **given,
    )  # fmt: skip


def test_ctrl_c_in_a_process_of_its_own_keeps_the_picture():
    argv = ["gatys", "photo.png", "--style", "a.png", "--steps", "10000", "--content-side", "64", "--json"]
    with start(*argv, "-o", "out.jpg") as process:
        assert json.loads(process.stdout.readline())["event"] == "progress"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopping after this step" in err
    assert "Traceback" not in err
    saved = events(out)[-1]
    assert (saved["event"], saved["complete"]) == ("saved", False)
    assert recipe_of("out.jpg").settings.steps == 10000


def test_nobody_reads_the_output_any_more():
    with start("weights", "list", "--json") as process:
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (141, "")


@pytest.mark.parametrize(("streams", "status"), [(">&-", 0), (">&- 2>&-", 0), ("> /dev/full", 2)])
def test_an_output_that_is_closed_or_full(streams, status):
    if "full" in streams and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    found = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m stylize weights list {streams}', sys.executable],
        capture_output=True, text=True, env=outside(),
    )  # fmt: skip
    assert found.returncode == status
    assert found.stderr == ("" if status == 0 else "stylize: error: No space left on device.\n")


# Weights and the page ------------------------------------------------------------------------------


def test_the_list_of_weights(run):
    status, out, err = run("weights", "list")
    assert (status, err) == (0, "")
    heading, *lines = out.splitlines()
    assert [line.split()[0] for line in lines] == [row.name for row in catalog.rows()]
    assert heading.split() == ["NAME", "ROLE", "TITLE", "SIZE", "WHERE", "LICENCE"]
    table = dict(zip((row.name for row in catalog.rows()), lines, strict=True))
    assert "bundled" in table["adain-half"]
    assert "needs a download of 575 MB" in table["vgg19"]
    assert "bring style_cezanne.pth yourself" in table["style-cezanne"]
    for row in catalog.rows():
        assert table[row.name].endswith(row.licence)


def test_the_list_of_weights_for_programs(run):
    found = events(run("weights", "list", "--json")[1])
    assert [each["name"] for each in found] == [row.name for row in catalog.rows()]
    assert {each["state"] for each in found} == {"bundled", "download", "bring"}
    assert next(each for each in found if each["name"] == "adain-half")["encoder"] == "vgg19-half"


def test_weights_are_verified(run, folder, monkeypatch):
    status, out, err = run("weights", "verify", "-q")
    bundled = [row.name for row in catalog.rows() if row.bundled]
    assert (status, out, err) == (0, "".join(f"{name}: right\n" for name in bundled), "")
    status, out, _ = run("weights", "verify", "vgg19", "vgg19-half", "-q")
    assert (status, out) == (2, "vgg19: not on this machine\nvgg19-half: right\n")
    found = events(run("weights", "verify", "vgg19-half", "--json")[1])[-1]
    assert (found["event"], found["verdict"], len(found["sha256"])) == ("verified", "right", 64)


def test_weights_are_pulled(run, refused):
    status, out, _ = run("weights", "pull", "adain-half")
    assert status == 0
    assert [Path(line).name for line in out.split()] == [
        catalog.row("vgg19-half").file, catalog.row("adain-half").file,
    ]  # fmt: skip
    assert "no weight called 'vgg'" in refused("weights", "pull", "vgg")
    assert "vgg19.safetensors" in refused("weights", "pull", "vgg19")
    assert "no weight called 'vgg'" in refused("weights", "verify", "vgg")


def test_the_page_gets_its_flags(run, refused, monkeypatch):
    given = {}
    monkeypatch.setattr("stylize.webui.serve", lambda **options: given.update(options))
    assert run("serve")[0] == 0
    plain = {
        "auth": None, "open_browser": False, "mcp": None, "root_path": None, "profile": None,
        "ssl_certfile": None, "ssl_keyfile": None,
    }  # fmt: skip
    assert given == {"share": False, "port": None, "host": "127.0.0.1", **plain}
    assert run("serve", "--share", "--port", "8000", "--host", "0.0.0.0")[0] == 0
    assert given == {"share": True, "port": 8000, "host": "0.0.0.0", **plain}
    assert run("serve", "--open", "--mcp", "--auth", "ann:one", "--auth", "bob:t:wo")[0] == 0
    assert (given["open_browser"], given["mcp"]) == (True, True)
    assert given["auth"] == [("ann", "one"), ("bob", "t:wo")]

    def missing(**options):
        raise ModuleNotFoundError("No module named 'gradio'", name="gradio")

    monkeypatch.setattr("stylize.webui.serve", missing)
    assert "pip install gradio" in refused("serve")


def test_passwords_come_from_a_file(run, refused, monkeypatch, tmp_path):
    given = {}
    monkeypatch.setattr("stylize.webui.serve", lambda **options: given.update(options))
    (tmp_path / "who").write_text("\ufeffann:one\n\n  bob:two  \n", "utf-8")
    assert run("serve", "--auth-file", str(tmp_path / "who"))[0] == 0
    assert given["auth"] == [("ann", "one"), ("bob", "two")]
    for text in (b"", b"ann\n", b"ann:\n", b":secret\n"):
        (tmp_path / "who").write_bytes(text)
        said = refused("serve", "--auth-file", str(tmp_path / "who"))
        assert "name:password" in said
        assert "secret" not in said
    (tmp_path / "who").write_bytes(b"\xff\xfe\xff")
    assert "who is saved as UTF-16" in refused("serve", "--auth-file", str(tmp_path / "who"))
    assert "nowhere cannot be read" in refused("serve", "--auth-file", "nowhere")
    assert "not allowed with" in refused("serve", "--auth-file", "nowhere", "--auth", "a:b")


def test_ctrl_c_elsewhere_leaves_without_a_traceback(run, monkeypatch):
    def interrupted(**options):
        raise KeyboardInterrupt

    monkeypatch.setattr("stylize.webui.serve", interrupted)
    assert run("serve") == (130, "", "stylize: interrupted.\n")


def test_saved_tells_whether_the_run_came_to_its_end():
    given = {"file": "a", "path": Path("a"), "seconds": 1.0, "size": (1, 1), "recipe": "{}"}
    assert Saved(**given, step=3, total=3).complete
    assert not Saved(**given, step=2, total=3).complete


def test_limits_from_the_environment_are_checked(refused, monkeypatch):
    monkeypatch.setenv("STYLIZE_MAX_MEGAPIXELS", "many")
    assert "STYLIZE_MAX_MEGAPIXELS" in refused("adain", "photo.png", "--style", "a.png")


def test_the_device_flag_is_for_the_whole_process(run, monkeypatch):
    monkeypatch.setenv("STYLIZE_DEVICE", "toaster")
    assert run("adain", "photo.png", "--style", "a.png", "--device", "cpu")[0] == 0
    assert os.environ["STYLIZE_DEVICE"] == "cpu"


def test_a_long_file_name_gets_a_result_with_a_shorter_one(run, folder):
    long = folder / ("画" * 82 + ".png")
    (folder / "photo.png").rename(long)
    status, out, err = run("adain", long, "--style", "a.png", "--content-side", 64)
    assert status == 0, err
    result = Path(out.strip())
    assert result.is_file()
    assert len(os.fsencode(result.name)) <= 255
    assert result.name.endswith("画-adain.png")


def test_named_styles_mix_with_pictures_and_come_back_from_the_recipe(run, folder):
    status, out, err = run(
        "adain", "photo.png", "--style", "claude-monet", "--style", "a.png", "-o", "one.png"
    )
    assert (status, out, err) == (0, "one.png\n", "")
    recipe = Recipe.from_json(image.read_recipe("one.png"))
    assert [(each.name, each.library) for each in recipe.styles] == [("claude-monet", True), ("a.png", False)]
    assert run("run", "one.png", "-o", "two.png")[0] == 0
    assert np.array_equal(np.asarray(Image.open("one.png")), np.asarray(Image.open("two.png")))
    older = recipe.to_json().replace(recipe.styles[0].sha256, "0" * 64)
    (folder / "older.json").write_text(older)
    assert "claude-monet has changed" in run("run", "older.json", "-o", "three.png")[2]


@pytest.mark.parametrize(
    "command", [("adain", "photo.png", "-o", "x.png"), ("run", "one.png", "-o", "x.png")]
)
def test_a_mistyped_style_is_one_line(command, run, refused):
    run("adain", "photo.png", "--style", "a.png", "-o", "one.png")
    line = refused(*command, "--style", "claude-money")
    assert "claude-monet" in line
    assert "stylize styles" in line


def test_the_list_of_styles(run):
    status, out, _ = run("styles")
    assert status == 0
    names = [line.split()[0] for line in out.splitlines()[1:]]
    assert names == [each.name for each in stylize.styles()]
    found = [json.loads(line) for line in run("styles", "--json")[1].splitlines()]
    assert [each["name"] for each in found] == names
    assert all(Path(each["thumbnail"]).is_file() and each["artist_zh"] for each in found)
