"""The flags of every command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import stylize
from stylize import modes, settings
from stylize.cli import parser

pytestmark = pytest.mark.usefixtures("folder", "usual_signals")


def namespace(mode, *flags):
    style = ["--style", "a.png"] if modes.spec(mode).takes_styles else []
    return parser.build().parse_args([mode, "photo.png", *style, *flags])


QUARTER = ["--network", "vgg19-quarter"]  # an encoder that ends at relu4_1


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
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.startswith(f"usage: {' '.join(['stylize', *command])}")
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in found.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"torch", "numpy", "PIL", "gradio", "huggingface_hub", "safetensors"}


def test_version(run):
    assert run("--version") == (0, f"stylize {stylize.__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "message"),
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
            ["gatys", "photo.png", "--style", "a.png", *QUARTER, "--style-layers", "relu5_1"],
            "relu5_1",
        ),
        (["serve", "--port", "0"], "port"),
        (["serve", "--port", "x"], "port"),
    ],
)
def test_what_is_wrong_with_the_flags_is_said_in_one_line(argv, message, refused, folder):
    assert message in refused(*argv)
    assert sorted(path.name for path in folder.glob("*.png")) == ["a.png", "b.png", "photo.png"]


def test_limits_from_the_environment_are_checked(refused, monkeypatch):
    monkeypatch.setenv("STYLIZE_MAX_MEGAPIXELS", "many")
    assert "STYLIZE_MAX_MEGAPIXELS" in refused("adain", "photo.png", "--style", "a.png")


def test_the_device_flag_is_for_the_whole_process(run, monkeypatch):
    monkeypatch.setenv("STYLIZE_DEVICE", "toaster")
    assert run("adain", "photo.png", "--style", "a.png", "--device", "cpu")[0] == 0
    assert os.environ["STYLIZE_DEVICE"] == "cpu"
