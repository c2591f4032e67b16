"""The page of a Space that lends an accelerator for each run: a lender that forks, and a visitor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from stylize import api

from .made import painting, photo
from .visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]


class Guest(Visitor):
    who = "rich"

    def request(self, path, data=None, **headers):
        return super().request(path, data, X_IP_Token=self.who, **headers)

    def wait(self, found, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.open()
            if found():
                return
            time.sleep(0.1)
        raise AssertionError(self.parts["face-0"])

    def paint(self, who="rich", mode="adain", **settings):
        self.who = who
        self.act("add", kind="picture")
        self.cell = self.book["cells"][-1]["id"]
        self.act("mode", cell=self.cell, value=mode)
        for name, value in {"content_side": 128, **settings}.items():
            self.act("set", cell=self.cell, name=name, value=value)
        self.act("run", cell=self.cell)

    @property
    def result(self):
        return self.book["cells"][-1]["result"]

    def done(self):
        self.wait(lambda: not self.pulse["running"])
        return self.result


@pytest.fixture(scope="module")
def space():
    """Its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lender = Path(__file__).parent / "lender"
    about = {"SPACE_ID": "me/it", "SPACES_ZERO_GPU": "true", "GRADIO_SERVER_PORT": str(port)}
    environment = {**os.environ, **about, "PYTHONPATH": str(lender), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "app.py"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert str(port) in process.stdout.readline()
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


@pytest.fixture
def guest(space):
    guest = Guest(space)
    guest.open()
    return guest


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="ZeroGPU forks, and this system does not")


@needs_fork
def test_a_run_on_a_space_that_lends(guest):
    guest.paint()
    assert guest.done()["step"] == guest.result["total"]


@needs_fork
def test_a_program_gets_the_very_picture(space, tmp_path):
    client = Client(space, verbose=False, headers={"X-IP-Token": "rich"})
    content, style = photo(tmp_path / "photo.png", 160, 120), painting(tmp_path / "painting.png")
    path = client.predict(handle_file(content), handle_file(style), side=128, api_name="/stylize")
    here = api.stylize(content, style, content_side=128)
    assert np.array_equal(np.asarray(Image.open(path)), np.asarray(here))


@needs_fork
def test_stop_reaches_the_other_process(guest):
    guest.paint(mode="gatys", steps=500)
    guest.wait(lambda: "Step " in guest.parts["face-0"])
    guest.act("stop", cell=guest.cell)
    result = guest.done()
    assert 0 < result["step"] < result["total"] == 500
    guest.paint()
    assert guest.done()["step"]


@needs_fork
def test_a_style_is_learned_there(guest):
    guest.paint()
    guest.done()
    guest.act("learn", cell=guest.cell, index=0)
    guest.wait(lambda: "Learning the style" in guest.parts["face-0"] and "Step " in guest.parts["face-0"])
    guest.act("stop", cell=guest.cell)
    result = guest.done()
    (style,) = guest.book["cells"][-1]["styles"]
    assert style["name"].endswith(".style.safetensors")
    assert result["recipe"]["styles"][0]["sha256"] == style["asset"]


@needs_fork
@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("unlucky", "an accelerator that is not there"),
        ("poor", "You have exceeded your free ZeroGPU quota"),
    ],
)
def test_errors_come_back_to_the_cell(guest, who, said):
    guest.paint(who=who)
    assert guest.done() is None
    assert said in guest.parts["face-0"]


@needs_fork
def test_an_accelerator_that_is_taken_back_leaves_the_picture(guest):
    guest.paint(who="brief", mode="gatys", steps=500)
    result = guest.done()
    assert result["step"] < 500
    assert "Stopped with the picture so far: it was taken back" in guest.parts["face-0"]


@needs_fork
def test_a_program_is_told_as_well(space, tmp_path):
    client = Client(space, verbose=False, headers={"X-IP-Token": "poor"})
    content, style = photo(tmp_path / "photo.png"), painting(tmp_path / "painting.png")
    with pytest.raises(AppError, match="No accelerator was lent"):
        client.predict(handle_file(content), handle_file(style), side=128, api_name="/stylize")
