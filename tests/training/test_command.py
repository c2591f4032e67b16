"""``stylize train`` in this process, with networks from small files."""

from __future__ import annotations

import json
import signal

import pytest
from safetensors.torch import save_file

from stylize.cli import main
from stylize.cli.report import JsonLines
from stylize.weights import checkpoints

from .conftest import tiny_vgg

CONFIG = """
[loop]
steps = 4
batch = 2
size = 32
log_every = 1
[task]
inverse_steps = 1
measure_batches = 1
[[data]]
stream = "content"
folder = "photos"
[[data]]
stream = "style"
folder = "paintings"
"""


@pytest.fixture
def command(pictures, tmp_path, monkeypatch, capsys):
    """Runs ``stylize train adain`` with tiny networks: its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    for name, last in (("teacher", "5_1"), ("encoder", "4_1")):
        save_file(tiny_vgg(last, "reflect").state_dict(), f"{name}.safetensors")
    (tmp_path / "config.toml").write_text(CONFIG)

    def call(*more):
        networks = ["--teacher", "teacher.safetensors", "--encoder", "encoder.safetensors"]
        status = main(
            ["train", "adain", "config.toml", "--data", str(pictures), "--out", "run", *networks, *more]
        )
        return status, *capsys.readouterr()

    return call


def test_training_names_its_result(command, tmp_path):
    status, out, _ = command()
    assert (status, out) == (0, "run/adain-decoder.safetensors\n")
    assert checkpoints.load_decoder("run/adain-decoder.safetensors").channels[0] == 4
    assert (tmp_path / "run" / "samples" / "0000004.png").is_file()


def test_for_programs(command):
    _, out, err = command("--json")
    events = [json.loads(line) for line in out.splitlines()]
    assert {each["event"] for each in events} == {"progress", "samples", "trained"}
    assert err == ""


def test_ctrl_c_saves_and_the_run_goes_on(command, monkeypatch):
    report = JsonLines.progress

    def interrupt(self, file, progress):
        report(self, file, progress)
        if progress.step == 2:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
    try:
        with monkeypatch.context() as patched:
            patched.setattr(JsonLines, "progress", interrupt)
            status, out, _ = command("--json")
    finally:
        signal.signal(signal.SIGINT, before)
    assert status == 130
    assert json.loads(out.splitlines()[-1])["step"] == 2
    status, out, _ = command("--json", "--resume")
    assert status == 0
    assert json.loads(out.splitlines()[-1])["step"] == 4


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--data", "nowhere"], "nowhere"),
        (["--teacher", "none.safetensors"], "none.safetensors"),
        (["--minutes", "0"], "above 0"),
    ],
)
def test_errors_are_one_line(command, more, message):
    status, out, err = command(*more)
    assert (status, out) == (2, "")
    assert err.startswith("stylize: error: ")
    assert message in err
    assert err.count("\n") == 1
