"""``stylize styles``: the user's learned styles, listed, renamed, deleted, imported and exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stylize.image import LearnedStyle
from stylize.image.learned import encode
from stylize.library import learned

from .commands import events

pytestmark = pytest.mark.usefixtures("folder")
SEA = encode(LearnedStyle("sea", "ab" * 32, np.ones(8, "f4")), torch.rand(1, 3, 40, 40))


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLIZE_STYLES_DIR", str(tmp_path / "mine"))
    return tmp_path / "mine"


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "wave.style.safetensors"
    path.write_bytes(SEA)
    return path


def names(run) -> list[str]:
    return [each["name"] for each in events(run("styles", "--mine", "--json")[1])]


def test_a_file_becomes_one_of_your_styles_and_a_file_again(run, file, mine):
    status, out, err = run("styles", "import", file)
    assert (status, out, err) == (0, f"{mine / file.name}\n", "")
    assert names(run) == ["wave"]
    assert run("styles", "rename", "wave", "日の出").out == f"{mine / '日の出.style.safetensors'}\n"
    assert names(run) == ["日の出"]
    status, out, _ = run("styles", "export", "日の出")
    assert (status, out) == (0, "日の出.style.safetensors\n")
    assert Path(out.strip()).read_bytes() == SEA
    (found,) = events(run("styles", "export", "日の出", "-o", "b.style.safetensors", "--json").out)
    assert found == {"event": "exported", "name": "日の出", "path": "b.style.safetensors"}
    (found,) = events(run("styles", "delete", "日の出", "--json").out)
    assert (found["event"], found["name"]) == ("deleted", "日の出")
    assert names(run) == []


def test_the_list_of_your_styles_alone(run, file):
    assert run("styles", "--mine").out.split() == ["NAME", "PAINTER", "YEARS", "LOOKS"]
    run("styles", "import", file, "--name", "b c")
    _, line = run("styles", "--mine").out.splitlines()
    assert line.split() == ["b", "c", "(yours)", "sea"]
    assert len(run("styles").out.splitlines()) > 30


def test_nothing_is_replaced_or_deleted_by_mistake(refused, run, file):
    run("styles", "import", file)
    assert "already" in refused("styles", "import", file)
    assert run("styles", "import", file, "--force").status == 0
    assert "already" in refused("styles", "import", file, "--name", "claude-monet")
    assert "no style called" in refused("styles", "delete", "wave", "none")
    assert names(run) == ["wave"]
    assert "no style called" in refused("styles", "rename", "none", "b")
    assert "cannot be the name" in refused("styles", "rename", "wave", "../b")
    assert "no style called" in refused("styles", "export", "none")
    assert "--force" in refused("styles", "export", "wave", "-o", file)
    assert ".style.safetensors" in refused("styles", "export", "wave", "-o", "wave.png")


def test_what_is_no_learned_style_is_refused(refused, file):
    assert "no learned style yet" in refused("styles", "import", "a.png")
    file.write_bytes(SEA[:-40])
    assert file.name in refused("styles", "import", file)
    assert "none.style.safetensors" in refused("styles", "import", "none.style.safetensors")
    assert "single file" in refused("styles", "import", file, file, "--name", "b")
    assert learned.mine() == ()
