"""What is said of the networks that are no longer part of Stylize, wherever one is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stylize
from stylize import modes, weights
from stylize.errors import WeightsError
from stylize.webui.texts import say
from stylize.weights import catalog, own
from stylize.weights.messages import DEPARTED, REPLACED, other_file

GONE = "is an early network that is no longer part of Stylize: choose another network, such as "
MODES = [("adain", "adain-half-trial"), ("gatys", "vgg19-half-trial")]


@pytest.mark.parametrize(("mode", "name"), MODES)
def test_a_recipe_that_names_one_says_so(mode: str, name: str, tmp_path: Path) -> None:
    for each in ("photo.png", "style.png"):
        Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(tmp_path / each)
    recipe = {
        "format": 1, "version": "0.1.0", "mode": mode, "settings": {"content_side": 16, "network": name},
        "content": {"name": "photo.png"}, "styles": [{"name": "style.png", "weight": 1.0}],
        "weights": [{"name": name, "sha256": "06" * 32}],
    }  # fmt: skip
    with pytest.raises(WeightsError, match=f"^{name} {GONE}{DEPARTED[name]}\\.$"):
        stylize.run(json.dumps(recipe), folder=tmp_path)
    recipe["settings"] = {"content_side": 16, "network": DEPARTED[name]}  # what the message advises
    assert stylize.run(json.dumps(recipe), folder=tmp_path).size == (16, 16)


@pytest.mark.parametrize(("mode", "name"), MODES)
def test_a_visitors_notebook_that_names_one_is_told_so(mode: str, name: str) -> None:
    with pytest.raises(WeightsError, match=f"^{name} {GONE}"):
        own.located(modes.settings_of(mode).from_dict({"network": name}), {}.get)


@pytest.mark.parametrize("name", DEPARTED)
def test_it_is_said_in_chinese_too(name: str) -> None:
    with pytest.raises(WeightsError, match=GONE) as caught:
        weights.pull(name)
    chinese = say(caught.value.note, "zh")
    assert chinese.startswith(f"{name} 是早期的网络")
    assert DEPARTED[name] in chinese


def test_they_are_not_in_the_catalog_and_what_is_advised_is_bundled() -> None:
    for name, nearest in DEPARTED.items():
        row = catalog.row(nearest)
        assert catalog.row(name) is None
        assert row is not None
        assert row.bundled


def test_a_visitors_upload_of_that_name_is_the_visitors(tmp_path: Path) -> None:
    mine, adain = tmp_path / "adain-half-trial", modes.settings_of("adain")
    given = adain.from_dict({"network": mine.name})
    assert own.located(given, {mine.name: mine}.get) == adain.from_dict({"network": str(mine)})


@pytest.mark.parametrize(("sha256", "name"), REPLACED.items())
def test_what_is_said_of_a_recipe_by_a_replaced_file(sha256: str, name: str) -> None:
    row = catalog.row(name)
    assert row is not None
    assert row.sha256 != sha256
    assert "paints with strokes" in str(other_file(name, sha256))
    assert f"its {name}.safetensors" in str(other_file(name, sha256))
    assert "paints with strokes" not in str(other_file(name, "06" * 32))
    assert say(other_file(name, sha256), "zh") != str(other_file(name, sha256))
