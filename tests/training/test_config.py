from __future__ import annotations

import re
from pathlib import Path

import pytest

from stylize.training import TASKS, TrainingError
from stylize.training.config import Config, pairs
from stylize.training.earlier import SETTINGS

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_configs_that_come_with_the_project_are_valid(path):
    head = path.read_text("utf-8")
    command = re.search(rf"stylize (?:train )?(\w+) (?:build )?configs/{re.escape(path.name)} --data", head)
    assert command, "its command stands at the top"
    if command[1] == "styles":  # tests/training/test_style_library.py reads that one
        return
    found = Config.read(command[1], path)
    assert found.data
    assert (
        Config.from_tables(found.task_name, {k: v for k, v in found.to_dict().items() if k != "task_name"})
        == found
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loop = 3\n[[data]]", "loop must be a table"),
        ("[loop]\nstep = 3\n[[data]]", "[loop]: There is no setting 'step'"),
        ("[loop]\nsteps = 0\n[[data]]", "[loop]: steps is 0"),
        ('[loop]\nschedule = "sine"\n[[data]]', "constant, linear, cosine"),
        ("[task]\nwidth = 1\n[[data]]", "[task]: width is 1"),
        ("[loops]\n[[data]]", "'loops'"),
        ("[[data]]\nfolders = 'a'", "[data]: There is no setting 'folders'"),
        ("data = [3]", "data must be a table"),
        ("[loop]", "names no pictures"),
        ("[loop", "is no TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(text, message, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(TrainingError) as caught:
        Config.read("encoder", path)
    assert message in str(caught.value)
    assert "wrong.toml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"nowhere\.toml"):
        Config.read("adain", tmp_path / "nowhere.toml")


def test_a_task_takes_changes_of_its_own_settings_only():
    found = Config.from_tables("adain", {"data": [{}]})
    assert found.with_task(encoder="own.safetensors").task.encoder == "own.safetensors"
    with pytest.raises(TrainingError, match="encoder"):
        Config.from_tables("encoder", {"data": [{}]}).with_task(encoder="own.safetensors")


def test_every_task_has_its_settings():
    assert set(TASKS) == {"encoder", "adain", "cyclegan", "painter", "translation"}


def test_pairs():
    assert pairs(("relu1_1:4", "relu2_1:0.5"), "strides") == {"relu1_1": 4.0, "relu2_1": 0.5}
    with pytest.raises(TrainingError, match="strides"):
        pairs(("relu1_1",), "strides")


@pytest.mark.parametrize("task", TASKS)
def test_earlier_names_of_settings_are_read(task):
    """Every setting that was renamed, with the value that a present file would give it."""
    config = Config.from_tables(task, {"data": [{}]})
    tables = {"loop": config.loop, "task": config.task, "data": config.data[0]}
    for table in tables:
        names = SETTINGS[table]
        values = tables[table].to_dict()
        for earlier, present in names.items():
            if present in values:
                content = {"data": [{}], table: {earlier: values[present]}}
                if table == "data":
                    content = {"data": [{earlier: values[present]}]}
                assert Config.from_tables(task, content) == config, earlier
    present = {name for each in TASKS.values() for name in each().to_dict()}
    assert set(SETTINGS["task"].values()) <= present
    assert not present & set(SETTINGS["task"])
