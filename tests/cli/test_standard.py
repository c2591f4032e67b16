"""Pictures through pipes: from end to end in processes of their own, the rest in this one."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stylize
from stylize.cli import main
from stylize.image import read_recipe

from .conftest import Run, picture

COMMAND = [sys.executable, "-m", "stylize"]
Process = subprocess.CompletedProcess[bytes]
Feed = Callable[..., Process]


@pytest.fixture(autouse=True)
def photo() -> bytes:
    picture("photo.png", 1)
    return Path("photo.png").read_bytes()


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Feed:
    """The command in this process, whose stdin is a pipe that holds ``given``."""

    def call(*argv: str, given: bytes = b"") -> Process:
        assert len(given) < 1 << 16, "what a pipe takes before anybody reads"
        reads, writes = os.pipe()
        os.write(writes, given)
        os.close(writes)
        with open(reads) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            status = main(argv)
        return Process(argv, status, *capsysbinary.readouterr())

    return call


def piped(*argv: str, given: bytes = b"") -> Process:
    # One thread, as in the tests' own process: sums are added up in another order by two.
    one = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run([*COMMAND, *argv], input=given, capture_output=True, timeout=300, env=one)


def test_through_a_pipe_from_end_to_end(photo: bytes) -> None:
    ran = piped("adain", "-", "--style", "style.png", "-o", "-", given=photo)
    assert (ran.returncode, ran.stderr) == (0, b"")
    wanted = stylize.stylize("photo.png", "style.png")
    made = Image.open(io.BytesIO(ran.stdout))
    assert made.format == "PNG"
    assert np.array_equal(np.asarray(made), np.asarray(wanted))
    assert '"name": "style.png"' in (read_recipe(ran.stdout) or "")


@pytest.mark.parametrize(("format", "kind"), [("jpg", "JPEG"), ("webp", "WEBP"), ("tiff", "TIFF")])
def test_the_format_of_stdout(feed: Feed, format: str, kind: str) -> None:
    ran = feed("adain", "photo.png", "--style", "style.png", "-o", "-", "--format", format)
    assert Image.open(io.BytesIO(ran.stdout)).format == kind


def test_reports_go_to_stderr_beside_a_picture(feed: Feed) -> None:
    ran = feed("adain", "photo.png", "--style", "style.png", "-o", "-", "--json")
    assert ran.stdout.startswith(b"\x89PNG")
    events = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [each["event"] for each in events][-1] == "saved"
    assert events[-1]["path"] == "stdout"


def test_a_style_from_stdin_and_a_photo_to_a_file(feed: Feed, photo: bytes) -> None:
    ran = feed("adain", "style.png", "--style", "-", given=photo)
    assert (ran.returncode, ran.stdout.strip()) == (0, b"style-adain.png")
    ran = feed("adain", "-", "--style", "style.png", given=photo)
    assert (ran.returncode, ran.stdout.strip()) == (0, b"stdin-adain.png")


def test_stdin_in_each_of_several_styles(feed: Feed, photo: bytes) -> None:
    two = ["--style", "style.png", "--style", "photo.png", "--styles", "each"]
    ran = feed("adain", "-", *two, "-o", "painted", given=photo)
    assert ran.returncode == 0, ran.stderr
    assert sorted(os.listdir("painted")) == ["stdin-photo-adain.png", "stdin-style-adain.png"]


def test_a_recipe_through_pipes(feed: Feed) -> None:
    made = feed("adain", "photo.png", "--style", "style.png", "-o", "-").stdout
    again = piped("run", "-", "-o", "-", given=made)
    assert (again.returncode, again.stdout) == (0, made)
    recipe = (read_recipe(made) or "").encode()
    assert feed("run", "-", "-o", "-", given=recipe).stdout == made
    Path("recipe.json").write_bytes(recipe)
    photo = Path("photo.png").read_bytes()
    assert feed("run", "recipe.json", "--content", "-", "-o", "-", given=photo).returncode == 0


@pytest.mark.parametrize(
    ("argv", "given", "message"),
    [
        (["-", "--style", "-"], b"x", "stdin holds one picture"),
        (["-", "--style", "style.png"], b"", "stdin gives no bytes: pipe"),
        (["-", "--style", "style.png"], b"no picture", "stdin is not a picture"),
        (["photo.png", "--style", "-"], b"no picture", "stdin is not a picture"),
        (["", "--style", "style.png"], b"", "no file ''"),
        (["photo.png", "--style", ""], b"", "no file ''"),
        (["-", "--style", "style.png", "--max-megabytes", "0.001"], bytes(5000), "0.001 MB"),
        (["photo.png", "style.png", "--style", "style.png", "-o", "-"], b"", "stdout takes one"),
    ],
)
def test_what_cannot_be_is_one_line(feed: Feed, argv: list[str], given: bytes, message: str) -> None:
    ran = feed("adain", *argv, given=given)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.count(b"\n") == 1
    assert message in ran.stderr.decode()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-"], "stdin is not a picture"),
        ([""], "no file ''"),
        (["made.png", "--content", "-"], "stdin is not"),
    ],
)
def test_what_can_be_no_recipe_is_one_line(feed: Feed, argv: list[str], message: str) -> None:
    assert feed("adain", "photo.png", "--style", "style.png", "-o", "made.png").returncode == 0
    ran = feed("run", *argv, "-o", "again.png", given=b"no picture")
    assert (ran.returncode, ran.stderr.count(b"\n")) == (2, 1)
    assert message in ran.stderr.decode()


@pytest.fixture
def terminal() -> Iterator[int]:
    """One on which nobody types."""
    master, slave = pty.openpty()
    yield slave
    os.close(master)
    os.close(slave)


def test_a_terminal_is_told_and_not_waited_for(
    terminal: int, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(terminal, closefd=False) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ran = run("adain", "-", "--style", "style.png")
    assert (ran.status, ran.out) == (2, "")
    assert "stdin is a terminal" in ran.err


def test_no_picture_is_written_on_a_terminal(terminal: int) -> None:
    argv = ["adain", "photo.png", "--style", "style.png", "-o", "-"]
    ran = subprocess.run(
        [*COMMAND, *argv], stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.PIPE, text=True,
        timeout=300,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "stdout is a terminal" in ran.stderr


def test_nobody_reads_the_picture_any_more() -> None:
    # A style of its own gives bytes beyond what a pipe holds.
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)).save("big.png")
    argv = ["adain", "big.png", "--style", "style.png", "-o", "-", "--quiet"]
    with subprocess.Popen([*COMMAND, *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_closed_stdin_is_told() -> None:
    ran = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m stylize adain - --style style.png <&-', sys.executable],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "stdin is closed" in ran.stderr
