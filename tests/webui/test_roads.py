"""One recipe, one picture: every road to a result gives the same, whatever the finishing settings say.

The cases come from the settings themselves: what every mode has, and what several modes share by name, each
with all of its choices, so that any two values meet in some case. A setting that is new there comes in by
itself.
"""

from __future__ import annotations

import itertools
import json
import math
import runpy
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from execution.lender import borrowing, lender
from gradio_client import Client, handle_file
from PIL import Image

import stylize
from stylize import api, device, modes
from stylize.cli import main
from stylize.execution import batched
from stylize.modes.options import ContentSettings
from stylize.notebook.archive import save_zip
from stylize.notebook.export import to_script
from stylize.settings import Option, options
from stylize.webui.runner import follow

from .bench import Bench
from .made import painting

SIZE = (80, 60)  # pixels of the photo
FEW = {"content_side": (48, 0)}  # any other is, for this photo, as one of these
FAST: dict[str, dict[str, Any]] = {"adain": {"strength": 0.7}, "gatys": {"steps": 2}, "cyclegan": {}}
FASTER = {"gatys": {"style_layers": ["relu1_1"], "content_layers": ["relu2_1"]}}  # than endpoints can be told
NAMED = "claude-monet"


def finishing(mode: str) -> list[Option]:
    """The settings of a mode that may have to do with what becomes of its picture."""
    own = {each.name for each in fields(ContentSettings)}
    names = [each.name for spec in modes.specs() for each in options(spec.settings)]
    return [
        each for each in options(modes.settings_of(mode))
        if each.name in own or (names.count(each.name) > 1 and not each.open)
    ]  # fmt: skip


def values(option: Option) -> tuple[Any, ...]:
    """All of a setting's values, or some of a number's; the default first."""
    if option.name in FEW:
        return FEW[option.name]
    known = {bool: (False, True), str: option.choices, tuple: option.choices}.get(option.kind)
    return tuple(dict.fromkeys((option.default, *(known or (option.low, option.high)))))


def cases(mode: str) -> Iterator[dict[str, Any]]:
    """Settings in which any two values of two settings meet; the first are the defaults. With them, under
    ``style``, whether there is a style picture, one of the library, or both."""
    names = [each.name for each in finishing(mode)]
    choices = [values(each) for each in finishing(mode)]
    if modes.spec(mode).takes_styles:
        names, choices = [*names, "style"], [*choices, ("picture", "named", "both")]
    whole = list(itertools.product(*choices))
    left = set().union(*map(_pairs, whole))
    best = whole[0]
    while left:
        yield dict(zip(names, best, strict=True))
        left -= _pairs(best)
        best = max(whole, key=lambda each: len(_pairs(each) & left))


def _pairs(case: Sequence[Any]) -> set[Any]:
    return set(itertools.combinations(enumerate(case), 2))


@dataclass
class Trip:
    """One recipe, and a folder of its own."""

    mode: str
    settings: dict[str, Any]
    style: str
    folder: Path
    patch: pytest.MonkeyPatch
    site: Any

    @property
    def photo(self) -> Path:
        return self.folder / "photo.png"

    @cached_property
    def styles(self) -> list[str]:
        here = {"picture": ["painting.png"], "named": [NAMED], "both": ["painting.png", NAMED], "": []}
        return [str(self.folder / each) if each.endswith(".png") else each for each in here[self.style]]

    @property
    def flags(self) -> list[str]:
        """The settings for the command line."""
        found = []
        for name, value in self.settings.items():
            flag = name.replace("_", "-")
            text = ",".join(value) if isinstance(value, list) else value
            found.append(
                f"--{'' if value else 'no-'}{flag}" if isinstance(value, bool) else f"--{flag}={text}"
            )
        return [*found, *(word for each in self.styles for word in ("--style", each))]

    def command(self, *argv: object) -> None:
        assert main([str(each) for each in argv]) == 0

    @cached_property
    def bench(self) -> Bench:
        return Bench(self.folder, executor=None)

    def cell(self, session: Any, kind: str = "picture", **changes: Any) -> str:
        """A cell of a page that has this recipe, but for the changes."""
        cell = self.bench.do(session, "add", kind=kind)
        self.bench.do(session, "mode", cell=cell, value=self.mode)
        upload = self.bench.upload("photo.png", self.photo.read_bytes())
        self.bench.do(session, "upload", cell=cell, what="content", path=upload)
        for n, style in enumerate(self.styles):
            place = {"cell": cell, "what": "style", "index": n}
            if style == NAMED:
                self.bench.do(session, "choose", kind="named", name=style, **place)
            else:
                path = self.bench.upload("painting.png", Path(style).read_bytes())
                self.bench.do(session, "upload", path=path, **place)
        for name, value in {**self.settings, **changes}.items():
            self.bench.do(session, "set", cell=cell, name=name, value=value)
        return cell

    def asset(self, session: Any, sha256: str) -> np.ndarray:
        path = self.folder / "asset.png"
        path.write_bytes(self.bench.page_files.of(session).assets.get(sha256))
        return pixels(path)


def pixels(path: str | Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def made(trip: Trip) -> Image.Image:
    return api.stylize(trip.photo, trip.styles, mode=trip.mode, **trip.settings)


def step_by_step(trip: Trip) -> np.ndarray:
    job = api.job(trip.photo, trip.styles, mode=trip.mode, **trip.settings)
    for progress in job.run():
        last = progress
    assert last.picture is not None
    assert tuple(last.picture.shape[:1:-1]) == job.working_size
    job.save(trip.folder / "steps.png", job.finish(last.picture))
    return pixels(trip.folder / "steps.png")


def saved_and_run_again(trip: Trip) -> np.ndarray:
    return np.asarray(stylize.run(made(trip).info["stylize"], folder=trip.folder))


def command_line(trip: Trip) -> np.ndarray:
    trip.command(trip.mode, trip.photo, *trip.flags, "-o", trip.folder / "alone.png")
    return pixels(trip.folder / "alone.png")


def command_run(trip: Trip) -> np.ndarray:
    stylize.save(made(trip), trip.folder / "kept.png")
    trip.command("run", trip.folder / "kept.png", "-o", trip.folder / "again.png")
    return pixels(trip.folder / "again.png")


def album(trip: Trip) -> np.ndarray:
    """Of three, at once where the mode can."""
    trip.patch.setattr(device.Compute, "batch_pixels", lambda self: 10 * 128 * 128)
    trip.patch.setattr(batched, "AROUND", 0)
    (trip.folder / "album").mkdir()
    for n, name in enumerate(("a.png", "photo.png", "z.png")):
        Image.open(trip.photo).rotate(180 * (n - 1)).save(trip.folder / "album" / name)
    trip.command(trip.mode, trip.folder / "album", *trip.flags, "-o", trip.folder / "at-once")
    return pixels(trip.folder / "at-once" / f"photo-{trip.mode}.png")


def page(trip: Trip) -> np.ndarray:
    session = trip.bench.session()
    cell = trip.cell(session)
    trip.bench.run(session, cell)
    return trip.asset(session, session.book[cell].result.asset)


def slider(trip: Trip) -> np.ndarray | None:
    """AdaIN's strength, moved after a run to where the recipe has it."""
    if trip.mode != "adain" or not trip.settings["content_side"] or trip.settings["color"] == "linear":
        return None  # such are run anew
    session = trip.bench.session()
    cell = trip.cell(session, strength=0.1)
    trip.bench.run(session, cell)
    trip.bench.do(session, "set", cell=cell, name="strength", value=trip.settings["strength"])
    assert trip.bench.run_queue.idle(60)
    assert session.book.stale == frozenset()
    return trip.asset(session, session.book[cell].result.asset)


def sweep(trip: Trip) -> np.ndarray:
    session = trip.bench.session()
    detail = trip.settings["detail"]
    cell = trip.cell(session, "sweep", detail=0.3)
    trip.bench.do(session, "axis", cell=cell, n=0, setting="detail", values=f"0.2 {detail}")
    trip.bench.run(session, cell)
    return trip.asset(session, session.book[cell].result.tiles[1].asset)


def script(trip: Trip) -> np.ndarray:
    """A notebook's export as Python."""
    session = trip.bench.session()
    trip.cell(session)
    file = trip.folder / "notebook.py"
    file.write_text(to_script(session.book, trip.bench.page_files.of(session).assets), "utf-8")
    trip.patch.setattr(sys, "argv", [str(file), str(trip.folder / "script")])
    runpy.run_path(str(file), run_name="__main__")
    (path,) = (trip.folder / "script").iterdir()
    return pixels(path)


def zip_file(trip: Trip) -> np.ndarray:
    """A notebook's zip on the command line."""
    session = trip.bench.session()
    trip.cell(session)
    save_zip(session.book, trip.bench.page_files.of(session).assets, trip.folder / "book.zip")
    trip.command("run", trip.folder / "book.zip", "-o", trip.folder / "unzipped")
    (path,) = (trip.folder / "unzipped").iterdir()
    return pixels(path)


def accelerator(trip: Trip) -> np.ndarray:
    """Lent, in another process."""
    job = api.job(trip.photo, trip.styles, mode=trip.mode, **trip.settings)
    *_, last = follow(job, stop=threading.Event(), executor=borrowing(lender()))
    assert last.result is not None
    job.save(trip.folder / "lent.png", last.result)
    return pixels(trip.folder / "lent.png")


def endpoint(trip: Trip) -> np.ndarray | None:
    """For programs, which has few of the settings."""
    fixed = {
        each.name: each.default for each in options(modes.settings_of(trip.mode))
        if each.name not in ("content_side", *FAST[trip.mode])
    }  # fmt: skip
    if trip.style == "both" or any(trip.settings.get(name, value) != value for name, value in fixed.items()):
        return None
    given: dict[str, Any] = {"mode": trip.mode, "side": trip.settings["content_side"], **FAST[trip.mode]}
    if trip.style:
        (style,) = trip.styles
        given |= {"style_name": style} if style == NAMED else {"style": handle_file(style)}
    if trip.mode == "cyclegan":
        given["translation"] = fixed["translation"]
    client = Client(trip.site.url, verbose=False)
    return pixels(client.predict(handle_file(trip.photo), api_name="/stylize", **given))


ROADS: list[Callable[[Trip], np.ndarray | None]] = [
    step_by_step, saved_and_run_again, command_line, command_run, album, page, slider, sweep, script,
    zip_file, accelerator, endpoint,
]  # fmt: skip


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU in float32, in which a batch adds up as one picture does."""
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")


def photo(path: Path) -> None:
    """Colored, up to where colors are clamped, and with a soft edge to nothing."""
    random = np.random.default_rng(3)
    small = random.integers(0, 256, (6, 8, 3), np.uint8)
    fine = random.integers(-40, 41, (SIZE[1], SIZE[0], 1))
    colors = np.asarray(Image.fromarray(small).resize(SIZE, Image.Resampling.NEAREST)).astype(int) + fine
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    alpha = 255 * (1.5 - np.hypot(x / SIZE[0] - 0.5, y / SIZE[1] - 0.5) * 2)
    Image.fromarray(np.dstack([colors, alpha]).clip(0, 255).astype(np.uint8)).save(path)


ALL = [(mode, case) for mode in modes.names() for case in cases(mode)]


@pytest.mark.parametrize(
    ("mode", "case"), ALL, ids=[f"{mode} {' '.join(map(str, case.values()))}" for mode, case in ALL]
)
def test_every_road_leads_to_the_same_picture(
    mode: str, case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any
) -> None:
    usual = case == next(cases(mode))
    fast = FAST[mode] | ({} if usual else FASTER.get(mode, {}))
    settings = {**fast, **{name: value for name, value in case.items() if name != "style"}}
    photo(tmp_path / "photo.png")
    painting(tmp_path / "painting.png")
    site = request.getfixturevalue("site")
    trip = Trip(mode, settings, case.get("style", ""), tmp_path, monkeypatch, site)
    wanted = np.asarray(made(trip))
    assert wanted.shape == (*_size(settings), 4 if settings["keep_alpha"] else 3)
    found = {road.__name__: road(trip) for road in ROADS}
    absent = {name for name, picture in found.items() if picture is None}
    assert absent <= {"slider", "endpoint"}
    if usual:
        assert absent <= ({"slider"} if mode != "adain" else set())
    apart = {name: _apart(picture, wanted) for name, picture in found.items() if picture is not None}
    # Several pictures at once add up in another order within a convolution.
    assert {name: most for name, most in apart.items() if most > (name == "album")} == {}


def _apart(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference in steps of 8 bits."""
    return float(abs(found.astype(int) - wanted).max()) if found.shape == wanted.shape else math.inf


def _size(settings: dict[str, Any]) -> tuple[int, int]:
    side = 0 if settings["full_size"] else settings["content_side"]
    return (SIZE[1] * side // SIZE[0], side) if side else (SIZE[1], SIZE[0])


def test_the_cases_have_every_pair_of_values() -> None:
    for mode in modes.names():
        found, names = list(cases(mode)), [each.name for each in finishing(mode)]
        assert {"content_side", "full_size", "detail", "keep_alpha"} <= set(names)
        for one, other in itertools.combinations(finishing(mode), 2):
            wanted = set(itertools.product(values(one), values(other)))
            assert wanted <= {(case[one.name], case[other.name]) for case in found}
        assert len(found) < 20
        assert json.dumps(found[0])
