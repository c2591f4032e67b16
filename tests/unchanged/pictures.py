"""The pictures, by the names that they have in ``pictures.zip``. Made by public interfaces alone."""

from __future__ import annotations

import contextlib
import io
import json
import math
import runpy
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import stylize
from stylize.cli import main

HERE = Path(__file__).parent
FILES = HERE / "files"
RECIPES: dict[str, dict[str, Any]] = json.loads((HERE / "recipes.json").read_text("utf-8"))
BEFORE = "adain-half"  # was the network of AdaIN's mode where none is named
PHOTO, SECOND, PAINTING, CUTOUT = (HERE / f"{each}.png" for each in ("photo", "second", "painting", "cutout"))
Pictures = dict[str, Image.Image]
Entrance = Callable[[Path], Pictures]
ENTRANCES: dict[str, Entrance] = {}
# Recipes that differ from their mode's first one in many settings, each setting in one of them at least.
MANY = (
    "adain colour=luminance detail=1.0 keep_alpha=True", "adain colour=linear strength=0.5 full_size=False",
    "adain passes=2", "adain picture-and-named", "adain network=adain-quarter", "adain style_side=64",
    "gatys start=grey", "gatys seed=1 start=statistics", "gatys content_side=0 pyramid=False", "gatys mix",
    "gatys optimiser=lbfgs style_loss=gram layer_balance=equal", "gatys style_scale=0.5",
    "gatys content_layers=relu2_1+relu3_1 style_layers=relu1_1+relu2_1+relu4_1", "gatys pooling=average",
    "gatys colour=luminance full_size=False", "cyclegan keep_alpha=True full_size=False",
    "cyclegan translation=cloudy2sunrise",
)  # fmt: skip


def of_recipe(name: str) -> Image.Image:
    """The picture of one of ``recipes.json``."""
    return stylize.run(json.dumps(RECIPES[name]), folder=HERE)


def entrance(make: Entrance) -> Entrance:
    """Adds a way to pictures. It gets a folder of its own and returns pictures by name."""
    ENTRANCES[make.__name__] = make
    return make


def references() -> Pictures:
    """The pictures as they were, by name."""
    with zipfile.ZipFile(HERE / "pictures.zip") as archive:
        return {each[:-4]: _opened(io.BytesIO(archive.read(each))) for each in archive.namelist()}


def tolerance(name: str) -> float:
    """How far a picture may be :func:`apart` from what it was: other processors add up in another order.

    With other kernels for the convolutions AdaIN and CycleGAN are up to 0.01 apart, Gatys up to 0.75, because
    Adam and L-BFGS make much of little where gradients are small. What a setting changes is 2.8 and more, in
    Gatys 1.0 and more.
    """
    return 0.1 if {"adain", "cyclegan"} & set(name.split()) else 0.8


def apart(found: Image.Image, wanted: Image.Image) -> float:
    """The mean difference of two pictures in steps of 8 bits; infinite if their sizes or bands differ."""
    if (found.size, found.mode) != (wanted.size, wanted.mode):
        return math.inf
    return float(abs(np.asarray(found).astype(int) - np.asarray(wanted)).mean())


def _inputs(name: str) -> dict[str, Any]:
    """A recipe as the keyword arguments of :func:`stylize.stylize`."""
    recipe = RECIPES[name]
    styles = [each["name"] if each.get("library") else HERE / each["name"] for each in recipe["styles"]]
    weights = [each["weight"] for each in recipe["styles"]]
    given = {"styles": styles, "style_weights": weights, "mode": recipe["mode"], **recipe["settings"]}
    return {"content": HERE / recipe["content"]["name"], **given}


def _flags(name: str) -> list[str]:
    """A recipe's styles and settings as flags."""
    recipe = RECIPES[name]
    found = []
    for each in recipe["styles"]:
        found += ["--style", each["name"] if each.get("library") else str(HERE / each["name"])]
    if found:
        found += ["--style-weights", ",".join(str(each["weight"]) for each in recipe["styles"])]
    for setting, value in recipe["settings"].items():
        flag = setting.replace("_", "-")
        if isinstance(value, bool):
            found.append(f"--{flag}" if value else f"--no-{flag}")
        elif value != []:
            found.append(f"--{flag}={','.join(value) if isinstance(value, list) else value}")
    return found


def _command(*argv: object) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert main([*map(str, argv), "-q"]) == 0


def _opened(file: Path | io.BytesIO) -> Image.Image:
    with Image.open(file) as image:
        image.load()
    return image


def _in(folder: Path) -> Pictures:
    """The pictures in a folder, by their files' names."""
    return {path.stem: _opened(path) for path in sorted(folder.iterdir())}


def _notebook(folder: Path) -> Pictures:
    return {f"notebook {name}": picture for name, picture in _in(folder).items()}


@entrance
def api(folder: Path) -> Pictures:
    return {name: stylize.stylize(**_inputs(name)) for name in MANY}


@entrance
def api_defaults(folder: Path) -> Pictures:
    """Settings that are not given, those of presets among them."""
    small = {"mode": "gatys", "steps": 4, "balance": "fixed", "parametrization": "pixels"}
    found = {
        "defaults adain": stylize.stylize(PHOTO, PAINTING, network=BEFORE),
        "defaults gatys": stylize.stylize(PHOTO, PAINTING, **small),
        "defaults cyclegan": stylize.stylize(PHOTO, mode="cyclegan"),
    }
    for preset in ("draft", "fine", "gatys-2016"):
        found[f"preset {preset}"] = stylize.stylize(PHOTO, PAINTING, preset=preset, **small)
    return found


@entrance
def api_inputs(folder: Path) -> Pictures:
    """Pictures in every form that the API takes."""
    array, image = np.asarray(_opened(SECOND)), _opened(SECOND)
    small = {"content_side": 48, "style_side": 48, "network": BEFORE}
    with SECOND.open("rb") as file:
        forms = [str(SECOND), SECOND.read_bytes(), file, image, array, array / 255, stylize.load(SECOND)]
        made = [stylize.stylize(PHOTO, each, **small) for each in forms]
        file.seek(0)
        turned = [stylize.stylize(each, CUTOUT, **small) for each in forms]
    assert {apart(each, made[0]) for each in made} == {apart(each, turned[0]) for each in turned} == {0}
    return {"second as style": made[0], "second as content": turned[0]}


@entrance
def api_progress(folder: Path) -> Pictures:
    """What is shown on the way, at the working size."""
    found: Pictures = {}
    for mode in ("adain", "gatys", "cyclegan"):
        seen: list[Any] = []
        picture = stylize.stylize(**_inputs(mode), on_progress=lambda each, seen=seen: seen.append(each))
        for n, each in enumerate(each for each in seen if each.picture is not None):
            pixels = (each.picture[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
            found[f"progress {mode} {n}"] = Image.fromarray(pixels)
        found[mode] = picture
    return found


@entrance
def api_run_again(folder: Path) -> Pictures:
    """From the recipe that a picture carries, and with other inputs."""
    first = stylize.stylize(**_inputs("adain strength=0.5"))
    recipe = first.info["stylize"]
    other = stylize.run(recipe, content=SECOND, styles=[CUTOUT])
    return {"adain strength=0.5": stylize.run(recipe, folder=HERE), "other inputs": other}


@entrance
def command(folder: Path) -> Pictures:
    for name in MANY:
        _command(RECIPES[name]["mode"], PHOTO, *_flags(name), "-o", folder / f"{name}.png")
    return _in(folder)


@entrance
def command_defaults(folder: Path) -> Pictures:
    """In the current folder, under names of the program's choice."""
    with contextlib.chdir(folder):
        _command("adain", PHOTO, "--style", PAINTING, "--network", BEFORE)
        _command("cyclegan", PHOTO)
        for preset in ("draft", "fine", "gatys-2016"):
            flags = ("--preset", preset, "--steps", 4, "--balance", "fixed", "--parametrization", "pixels")
            _command("gatys", PHOTO, "--style", PAINTING, *flags, "-o", f"preset {preset}.png")
    found = _in(folder)
    return {name.replace("photo-", "defaults "): each for name, each in found.items()}


@entrance
def command_batch(folder: Path) -> Pictures:
    """Two photos, each in two styles, and each in their mix."""
    small = ("--content-side", 48, "--style-side", 48, "--network", BEFORE)
    styles = ("--style", PAINTING, "--style", CUTOUT)
    _command("adain", PHOTO, SECOND, *styles, *small, "--styles", "each", "-o", folder / "each")
    _command("adain", PHOTO, SECOND, *styles, *small, "--style-weights", "1,3", "-o", folder / "mix")
    _command("cyclegan", PHOTO, SECOND, *small[:2], "-o", folder / "mix", "--format", "png")
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {f"batch {'-'.join(path.relative_to(folder).parts)[:-4]}": _opened(path) for path in paths}


@entrance
def command_run(folder: Path) -> Pictures:
    """Recipes and pictures of an earlier version, made again from the inputs in the current folder."""
    kept = {
        "recipe.png": "adain colour=luminance detail=1.0 keep_alpha=True", "recipe.tif": "gatys mix",
        "recipe.webp": "cyclegan full_size=False", "recipe.jpg": "adain picture-and-named",
        "adain-strength-0.5.json": "adain strength=0.5", "gatys-start-grey.json": "gatys start=grey",
        "cyclegan.json": "cyclegan",
    }  # fmt: skip
    with contextlib.chdir(HERE):
        for file, name in kept.items():
            _command("run", FILES / file, "-o", folder / f"{name}.png")
    return _in(folder)


@entrance
def notebook_zip(folder: Path) -> Pictures:
    """An earlier version's notebook, on the command line."""
    _command("run", FILES / "notebook.zip", "-o", folder / "out")
    return _notebook(folder / "out")


@entrance
def notebook_script(folder: Path) -> Pictures:
    """An earlier version's export as Python."""
    before = sys.argv
    sys.argv = ["notebook.py", str(folder / "out")]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(FILES / "notebook.py"), run_name="__main__")
    finally:
        sys.argv = before
    return _notebook(folder / "out")


@entrance
def notebook_ipynb(folder: Path) -> Pictures:
    """An earlier version's export for Jupyter."""
    cells = json.loads((FILES / "notebook.ipynb").read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        exec(code, {})
    return _notebook(folder / "stylize-output")


def every(folder: Path) -> Iterator[tuple[str, str, Image.Image]]:
    """All of them: the way (``recipe`` or an entrance), the picture's name, and the picture."""
    for name in RECIPES:
        yield "recipe", name, of_recipe(name)
    for way, make in ENTRANCES.items():
        (folder / way).mkdir()
        for name, picture in make(folder / way).items():
            yield way, name, picture
