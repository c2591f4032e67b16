"""``stylize styles build``: the style library from folders of paintings.

Each painter's works are clustered by the statistics of their features. A cluster's style is that of a real
work near its middle, since the mean of many works is a washed-out style: the most vivid there, and for a
painter's further styles the one least like those before. Samples are one photo, painted by AdaIN.
"""

from __future__ import annotations

import io
import json
import os
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from .. import image, library, weights
from ..device import choose
from ..errors import PictureError
from ..image.suffixes import has_suffix
from ..library import NamedStyle
from ..modes.adain import transfer
from ..modes.named import parts
from ..progress import Progress
from ..settings import Settings, option
from ..statistics import mean_std, position_weights
from ..system.text import decoded
from ..weights import zoo
from . import words
from .clusters import by_distance, cluster
from .config import TrainingError

TAPS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# One entry: several would be written in any order.
ABOUT = {"what": "Stylize's style library: mean and deviation of features, a row for each style (MIT)"}
DRAWN = {"drawings": ("drawings", "素描"), "prints": ("prints", "版画")}
LEAST_SIDE = 32  # pixels: two features at relu5_1
PAPER = 0.45  # mean lightness of a drawing or a print, at least
SMALLEST = 6.2e-5  # of a deviation, which float16 still holds in full


@dataclass(frozen=True)
class LibrarySettings(Settings):
    """``[library]``: how the works are chosen and the samples made."""

    network: str = option(
        "adain-half", label="Network", help="AdaIN decoder; its encoder gives the statistics"
    )
    also: tuple[str, ...] = option(
        (), label="Also", help="Further AdaIN decoders, whose encoders' statistics go into files of their own"
    )
    photo: str = option("", label="Photo", help="What the samples show, relative to the configuration")
    photo_side: int = option(448, low=32, high=4096, label="Photo side", help="At which it is painted")
    sample_side: int = option(256, low=32, high=1024, label="Sample side", help="To which it is reduced")
    quality: int = option(80, low=1, high=95, label="Quality", help="Of the samples' JPEG")
    most: int = option(96, low=1, high=10**6, label="Most", help="Works of a painter that are looked at")
    share: float = option(0.12, low=0, high=0.5, label="Share", help="Of the works, in a cluster at least")
    near: float = option(
        0.25, low=0, high=1, label="Near", help="Share of a cluster's works that lie near its middle"
    )
    grey: float = option(
        0.013, low=0, high=1, label="Grey", help="Colourfulness below which a work on light paper is drawn"
    )
    enough: int = option(16, low=1, high=10**6, label="Enough", help="Works that make a kind of their own")
    seed: int = option(0, low=0, high=2**31 - 1, label="Seed", help="The same seed makes the same library")


@dataclass(frozen=True)
class Painter(Settings):
    """``[[painter]]``: who, and which works."""

    name: str = option("", label="Name", help="What the styles are called")
    artist: str = option("", label="Artist", help="In English")
    artist_zh: str = option("", label="Artist, Chinese", help="In Chinese")
    born: int = option(0, low=0, high=3000, label="Born", help="Year")
    died: int = option(0, low=0, high=3000, label="Died", help="Year")
    circa: bool = option(False, label="Circa", help="The year of birth is uncertain")
    folder: str = option("paintings", label="Folder", help="Relative to the folder that --data names")
    files: str = option("", label="Files", help="Beginning of the works' file names; empty: all")
    styles: int = option(2, low=1, high=9, label="Styles", help="At most")
    drawn: str = option(
        "", choices=("", *DRAWN), label="Drawn", help="A style of their own for drawings or prints"
    )


@dataclass(frozen=True)
class Config:
    """A whole file; ``folder`` is where it lies."""

    library: LibrarySettings
    painters: tuple[Painter, ...]
    folder: Path

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Config:
        """Raises TrainingError, SettingsError."""
        try:
            text = decoded(Path(path).read_bytes(), Path(path).name, TrainingError)
            table = tomllib.loads(text)
            rows = [Painter.from_dict(each) for each in table["painter"]]
            return cls(LibrarySettings.from_dict(table["library"]), tuple(rows), Path(path).parent)
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise TrainingError(
                "{file} is no configuration of a style library ({reason}): begin with configs/library.toml.",
                file=os.fspath(path), reason=getattr(error, "strerror", None) or repr(error),
            ) from error  # fmt: skip


@dataclass(frozen=True)
class Work:
    """A painting: its file, Oklab colours (N, 3) of a small copy, and its statistics by name."""

    path: Path
    colours: np.ndarray
    statistics: dict[str, Tensor]


@dataclass(frozen=True)
class Made:
    """A style before it is written."""

    style: NamedStyle
    work: Work


def build(config: Config, data: Path, out: Path) -> Iterator[Progress]:
    """Make the library in the folder ``out``, replacing what it holds.

    Yields:
        Progress without a picture, after each work and each sample.

    Raises:
        TrainingError: for a painter without works.
        StylizeError: for a network or a photo that cannot be read.
    """
    network, front = _load(config)
    others = [zoo.adain(decoder, choose())[0] for decoder in config.library.also]
    files = {each.name: _files(each, data, config.library) for each in config.painters}
    total = sum(map(len, files.values()))
    works: dict[str, list[Work]] = {name: [] for name in files}
    done = 0
    for name, paths in files.items():
        for path in paths:
            with suppress(PictureError):
                works[name].append(_look(path, front.network, network.device))
            done += 1
            yield Progress(done, total + 1)
        if not works[name]:
            raise TrainingError("None of the works of {painter} can be read.", painter=name)
    made = list(_choose(config, works, out))
    _write(config, network, made, (front, *others), out)
    library.forget()
    yield Progress(total + 1, total + 1)


def _load(config: Config) -> tuple[transfer.AdaIN, zoo.Loaded]:
    compute = choose()
    front, back = zoo.adain(config.library.network, compute)
    return transfer.AdaIN(front.network, back.network, compute.device), front


def _files(painter: Painter, data: Path, settings: LibrarySettings) -> list[Path]:
    """The painter's works, a fixed choice of them if there are many."""
    folder = data / painter.folder
    try:
        found = sorted(
            each for each in folder.iterdir()
            if has_suffix(each.name) and each.name.startswith(painter.files)
        )  # fmt: skip
    except OSError as error:
        raise TrainingError(
            "The folder {folder} cannot be read ({reason}): check the path, or say with --data where the "
            "pictures are.", folder=str(folder), reason=error.strerror,
        ) from error  # fmt: skip
    if not found:
        raise TrainingError(
            "There are no works of {painter} in {folder}.", painter=painter.name, folder=str(folder)
        )
    random = np.random.default_rng(settings.seed)
    chosen = random.permutation(len(found))[: settings.most]
    return [found[n] for n in sorted(chosen)]


@torch.inference_mode()
def _look(path: Path, encoder: Any, device: torch.device) -> Work:
    picture, alpha = parts(image.load(path).as_style)
    taps = [tap for tap in TAPS if tap in encoder.layers]
    small = image.fit(picture, 48)
    height, width = (max(LEAST_SIDE, side) for side in picture.shape[2:])
    features = encoder(image.resize(picture, (height, width)).to(device), taps)
    statistics = {}
    for tap, each in features.items():
        moments = mean_std(each, weight=position_weights(alpha, each))
        mean, deviation = (part.flatten().cpu() for part in moments)
        statistics[f"{tap}.mean"] = mean
        statistics[f"{tap}.deviation"] = deviation.clamp(min=SMALLEST)
    colours = words.oklab(small[0].flatten(1).T.double().clamp(0, 1).numpy())
    return Work(path, colours, statistics)


# ------------------------------------------------------------------------------------------- choosing


def _choose(config: Config, works: dict[str, list[Work]], out: Path) -> Iterator[Made]:
    scale = _scale([each for own in works.values() for each in own])
    for painter in config.painters:
        coloured, drawn = _kinds(works[painter.name], config.library)
        used: set[str] = set()
        all_drawn = not coloured
        kind = DRAWN[painter.drawn or "drawings"] if all_drawn else None
        for n, work in enumerate(_styles(coloured or drawn, painter.styles, scale, config.library), 1):
            name = painter.name if n == 1 else f"{painter.name}-{n}"
            yield _made(name, painter, work, kind, used, out)
        if drawn and painter.drawn and not all_drawn:
            work = _styles(drawn, 1, scale, config.library)[0]
            yield _made(f"{painter.name}-{painter.drawn}", painter, work, DRAWN[painter.drawn], used, out)


def _kinds(works: list[Work], settings: LibrarySettings) -> tuple[list[Work], list[Work]]:
    """Paintings, and drawings and prints; a kind of which there are too few is left out."""
    drawn = [each for each in works if _is_drawn(each, settings)]
    coloured = [each for each in works if not _is_drawn(each, settings)]
    if len(works) < settings.enough:
        return works, []
    return (coloured if len(coloured) >= settings.enough else [],
            drawn if len(drawn) >= settings.enough or len(coloured) < settings.enough else [])  # fmt: skip


def _is_drawn(work: Work, settings: LibrarySettings) -> bool:
    """Without colour, and on paper: a painting without colour is a dark one."""
    return words.colourfulness(work.colours) < settings.grey and work.colours[:, 0].mean() > PAPER


def _styles(
    works: list[Work], count: int, scale: Callable[[Work], np.ndarray], settings: LibrarySettings
) -> list[Work]:
    """A work for each cluster, that of the largest first."""
    points = np.stack([scale(each) for each in works])
    least = max(1, round(settings.share * len(works)))
    found: list[int] = []
    for members in cluster(points, count, least, settings.seed):
        order = by_distance(points, members)
        near = order[: max(1, round(settings.near * len(order)))]
        if found:
            away = np.square(points[near][:, None] - points[found]).sum(2).min(1)
            found.append(int(near[away.argmax()]))
        else:
            found.append(int(max(near, key=lambda n: words.vividness(works[n].colours))))
    return [works[n] for n in found]


def _scale(works: Sequence[Work]) -> Callable[[Work], np.ndarray]:
    """From a work to the point that stands for it: every channel in units of its spread over all works,
    every layer of the same weight, and the colours, which are what one sees first, of twice that."""

    def parts(work: Work) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for name, values in work.statistics.items():
            found[name] = values.clamp(min=SMALLEST).log().numpy() if "deviation" in name else values.numpy()
        return found | {"colours": np.concatenate([work.colours.mean(0), work.colours.std(0)])}

    def weight(name: str) -> float:
        return 2.0 if name == "colours" else 1.0

    every = [parts(each) for each in works]
    means = {name: np.mean([each[name] for each in every], 0) for name in every[0]}
    spreads = {name: np.std([each[name] for each in every], 0) + 1e-6 for name in every[0]}

    def point(work: Work) -> np.ndarray:
        return np.concatenate([
            weight(name) * (values - means[name]) / spreads[name] / len(values) ** 0.5
            for name, values in parts(work).items()
        ])  # fmt: skip

    return point


def _made(
    name: str, painter: Painter, work: Work, drawn: words.Words | None, used: set[str], out: Path
) -> Made:
    found = list(words.drawing(work.colours, drawn) if drawn else words.descriptions(work.colours))
    about, about_zh = next((each for each in found if each[0] not in used), found[0])
    if about in used:
        about, about_zh = f"{about}, again", f"{about_zh}，其二"
    used.add(about)
    halves = {key: values.half() for key, values in work.statistics.items()}
    style = NamedStyle(
        name=name, painter=painter.name, artist=painter.artist, artist_zh=painter.artist_zh, about=about,
        about_zh=about_zh, born=painter.born, died=painter.died, circa=painter.circa,
        thumbnail=out / f"{name}.jpg", sha256=library.digest(halves),
    )  # fmt: skip
    return Made(style, replace(work, statistics=halves))


# -------------------------------------------------------------------------------------------- writing


def _write(
    config: Config,
    network: transfer.AdaIN,
    made: list[Made],
    encoders: Sequence[zoo.Loaded],
    out: Path,
) -> None:
    found = encoders[0].found
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("*.jpg"), *out.glob("styles-*.safetensors")):
        old.unlink()
    for each, data in zip(made, _samples(config, network, made), strict=True):
        each.style.thumbnail.write_bytes(data)
    (out / library.STATISTICS).write_bytes(save(_table([each.work for each in made]), ABOUT))
    head = (
        "# Made by `stylize styles build`, not to be edited by hand. ../README.md has the card.\n\n"
        f"encoder = {_text(_name(found))}\nencoder_sha256 = {_text(found.sha256)}\n"
    )
    head += "".join(_write_other(front, made, out) for front in encoders[1:])
    rows = "".join(map(_row, made))
    (out / library.INDEX).write_text(head + rows, "utf-8")


def _table(works: Sequence[Work]) -> dict[str, Tensor]:
    """Statistics by name, a row for each work, float16."""
    return {key: torch.stack([each.statistics[key] for each in works]).half() for key in works[0].statistics}


def _write_other(front: zoo.Loaded, made: list[Made], out: Path) -> str:
    """The statistics that another encoder gives of the same works; its entry in the index."""
    table = _table([_look(each.work.path, front.network, choose().device) for each in made])
    name, found = _name(front.found), front.found
    file = f"styles-{Path(name).stem}.safetensors"
    (out / file).write_bytes(save(table, ABOUT))
    also = library.Also(name, found.sha256, file, library.digest(table))
    rows = [f"{each.name} = {_text(getattr(also, each.name))}" for each in fields(also)]
    return "\n".join(["", "[[also]]", *rows, ""])


def _name(found: weights.Found) -> str:
    return found.row.name if found.row else found.path.name


def _samples(config: Config, network: transfer.AdaIN, made: list[Made]) -> Iterator[bytes]:
    """The photo in every style, as JPEG files."""
    settings = config.library
    photo = image.fit(image.load(config.folder / settings.photo).tensor, settings.photo_side)
    content = next(each for each in network.encode_content(photo) if each is not None)
    for each in made:
        moments = library.as_moments(each.work.statistics)
        painted = [step for step in network.render(content, transfer.Style(moments)) if step is not None][-1]
        file = io.BytesIO()
        small = image.to_pil(image.fit(painted, settings.sample_side))
        small.save(file, "JPEG", quality=settings.quality, optimize=True)
        yield file.getvalue()


def _row(made: Made) -> str:
    style = made.style
    keys = ("name", "painter", "artist", "artist_zh", "about", "about_zh", "born", "died", "circa", "sha256")
    lines = [f"{key} = {_text(getattr(style, key))}" for key in keys]
    return "\n".join(["", "[[style]]", *lines, f"work = {_text(made.work.path.name)}", ""])


def _text(value: str | int | bool) -> str:
    """A value as TOML writes it."""
    return json.dumps(value, ensure_ascii=False)
