"""The style library: named styles of painters, which serve wherever a style picture does.

``weights/styles/`` has ``index.toml``, the statistics in ``styles.safetensors``, and for each style a
sample: one photo that Stylize painted in it. The statistics are those of the features of one encoder, and
of further ones in files of their own; with any other network the sample picture is the style. Listing the
styles needs no torch.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import os
import threading
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import Note, StyleError, WeightsError, note, shown
from .system.text import decoded
from .weights import catalog

if TYPE_CHECKING:
    from torch import Tensor

    from .image import Picture
    from .statistics import MeanStd

INDEX, STATISTICS = "index.toml", "styles.safetensors"
_lock = threading.Lock()


@dataclass(frozen=True)
class NamedStyle:
    """A style of the library.

    ``name`` is what commands and recipes call it: the painter's name, with a number or a word after it
    for all but the most typical. ``artist`` and ``about``, a few words on how it looks, are English;
    ``artist_zh`` and ``about_zh`` are Chinese. ``born`` and ``died`` are years, the first uncertain if
    ``circa``. ``thumbnail`` is a JPEG of some 256 pixels. ``sha256`` is of the statistics. ``encoder`` is
    the sha256 of the encoder whose statistics are wanted, empty for the library's first.
    """

    name: str
    painter: str
    artist: str
    artist_zh: str
    about: str
    about_zh: str
    born: int
    died: int
    circa: bool
    thumbnail: Path
    sha256: str
    encoder: str = ""

    @property
    def title(self) -> str:
        """In English: ``"Claude Monet: blue and green"``."""
        return f"{self.artist}: {self.about}"

    @property
    def title_zh(self) -> str:
        """In Chinese."""
        return f"{self.artist_zh}：{self.about_zh}"

    @property
    def years(self) -> str:
        """Such as ``"1840–1926"``, or ``"c. 1488–1576"``."""
        return f"{'c. ' if self.circa else ''}{self.born}–{self.died}"

    def called(self, language: str) -> str:
        """The title in a language, ``"en"`` or ``"zh"``."""
        return self.title_zh if language == "zh" else self.title

    def seen_by(self, encoder_sha256: str) -> NamedStyle:
        """The style with the statistics of another encoder, one that :func:`fits`."""
        return replace(self, encoder=encoder_sha256)

    def statistics(self) -> Mapping[str, MeanStd]:
        """Mean and standard deviation of the encoder's features, by tap such as ``"relu4_1"``, each
        (1, C, 1, 1) float32 on the CPU. Raises WeightsError."""
        return _statistics(self.thumbnail.parent, self.encoder)[self.name]

    def picture(self) -> Picture:
        """The sample, for networks that the statistics do not fit. Raises PictureError."""
        from .image import load

        return load(self.thumbnail)


@dataclass(frozen=True)
class Also:
    """A further encoder's statistics: its name and sha256, the file and the sha256 of that."""

    encoder: str
    encoder_sha256: str
    file: str
    sha256: str


@dataclass(frozen=True)
class _Index:
    encoder: str
    sha256: str
    styles: tuple[NamedStyle, ...]
    also: Mapping[str, Also] = field(default_factory=dict)


def folder() -> Path:
    """Where the library lies."""
    return catalog.folder() / "styles"


def styles() -> tuple[NamedStyle, ...]:
    """Every style, painter by painter; none if the library was left out of an installation."""
    return _index(folder()).styles


def find(name: str) -> NamedStyle | None:
    """The style of that name, or None."""
    return next((each for each in styles() if each.name == name), None)


def style(name: str) -> NamedStyle:
    """The style of that name. Raises StyleError, which names those that are spelt alike."""
    found = find(name)
    if found is None:
        raise _unknown(name)
    return found


def is_name(text: object) -> bool:
    """Whether a text is rather meant for a style's name than for a file: no folder and no suffix."""
    if not isinstance(text, str) or not text or set(text) & {"/", "\\", os.sep, "\0"}:
        return False
    return not os.path.splitext(text)[1]


def encoder() -> tuple[str, str]:
    """Catalogue name and sha256 of the library's first encoder; empty without one."""
    index = _index(folder())
    return index.encoder, index.sha256


def fits(encoder_sha256: str) -> bool:
    """Whether there are statistics of the encoder in a file with this sha256."""
    return bool(encoder_sha256) and encoder_sha256 in (encoder()[1], *also())


def also() -> Mapping[str, Also]:
    """The further encoders, by their sha256."""
    return _index(folder()).also


def taps(encoder_sha256: str = "") -> tuple[str, ...]:
    """The layers whose statistics there are of an encoder that :func:`fits`. Raises WeightsError."""
    first = next(iter(styles()), None)
    return tuple(first.seen_by(encoder_sha256).statistics()) if first else ()


def sampled(names: Sequence[str]) -> Note:
    """What to say where the styles of these names are looked at as pictures."""
    return note(
        "{styles}: the library's statistics belong to another network, so its small sample picture is taken "
        "for the style. The network that comes with Stylize does better.",
        styles=", ".join(dict.fromkeys(names)),
    )  # fmt: skip


def digest(tensors: Mapping[str, Tensor]) -> str:
    """The sha256 of statistics, 64 hex digits: of their float16 bytes in the order of names."""
    import torch

    total = hashlib.sha256()
    for name in sorted(tensors):
        total.update(f"{name}:{tensors[name].numel()};".encode())
        total.update(tensors[name].detach().cpu().to(torch.float16).contiguous().numpy().tobytes())
    return total.hexdigest()


def forget() -> None:
    """Read the library anew when it is next needed: it was written."""
    _index.cache_clear()
    _statistics.cache_clear()


@functools.cache
def _index(where: Path) -> _Index:
    try:
        table = tomllib.loads(decoded((where / INDEX).read_bytes(), INDEX, StyleError))
    except FileNotFoundError:
        return _Index("", "", ())
    known = {each.name for each in fields(NamedStyle)}
    return _Index(
        table["encoder"], table["encoder_sha256"],
        tuple(
            NamedStyle(**{key: value for key, value in row.items() if key in known} | _places(where, row))
            for row in table["style"]
        ),
        {row["encoder_sha256"]: Also(**row) for row in table.get("also", [])},
    )  # fmt: skip


def _places(where: Path, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"thumbnail": where / f"{row['name']}.jpg", "circa": row.get("circa", False)}


@functools.lru_cache(maxsize=4)
def _statistics(where: Path, encoder: str) -> Mapping[str, Mapping[str, MeanStd]]:
    with _lock:
        other = _index(where).also.get(encoder)
        return _read_other(where, other) if other else _read_statistics(where)


def _read_other(where: Path, other: Also) -> dict[str, Mapping[str, MeanStd]]:
    """Every style's statistics by a further encoder."""
    from .weights import checkpoints

    path = where / other.file
    table = checkpoints.read(path)
    if (is_now := digest(table)) != other.sha256:
        raise _damaged(path, is_now, other.sha256)
    every = enumerate(_index(where).styles)
    return {each.name: as_moments({key: rows[n] for key, rows in table.items()}) for n, each in every}


def _damaged(path: Path, found: str, expected: str) -> WeightsError:
    return WeightsError(
        "{path} is damaged (sha256 {found}, expected {expected}): bring it back with git checkout, "
        "or with git lfs pull if it is a pointer, or install Stylize again.",
        path=path, found=found, expected=expected,
    )  # fmt: skip


def _read_statistics(where: Path) -> dict[str, Mapping[str, MeanStd]]:
    """Every style's statistics; a file that does not belong to the index is refused."""
    from .weights import checkpoints

    path = where / STATISTICS
    table = checkpoints.read(path)
    found: dict[str, Mapping[str, MeanStd]] = {}
    for n, each in enumerate(_index(where).styles):
        own = {name: rows[n] for name, rows in table.items() if n < len(rows)}
        if (is_now := digest(own)) != each.sha256:
            raise _damaged(path, is_now, each.sha256)
        found[each.name] = as_moments(own)
    return found


def as_moments(stored: Mapping[str, Tensor]) -> dict[str, MeanStd]:
    """One style's tensors, such as ``"relu4_1.mean"`` (C,), as the modes take them: by tap, (1, C, 1, 1)."""
    taps = sorted({name.partition(".")[0] for name in stored})

    def shaped(tap: str, kind: str) -> Tensor:
        return stored[f"{tap}.{kind}"].float().view(1, -1, 1, 1)

    return {tap: (shaped(tap, "mean"), shaped(tap, "deviation")) for tap in taps}


def _unknown(name: str) -> StyleError:
    near = _near(name)
    if near:
        return StyleError(
            "There is no style called {name} in the library, and no such file. Did you mean {near}? "
            "`stylize styles` lists them all.",
            name=shown(name), near=" / ".join(near),
        )  # fmt: skip
    return StyleError(
        "There is no style called {name} in the library, and no such file: give a picture's path, or a name "
        "that `stylize styles` lists.", name=shown(name),
    )  # fmt: skip


def _near(name: str) -> list[str]:
    """Names that a mistyped one may stand for: those that hold it, and those that are spelt alike."""
    wanted = "-".join(name.lower().replace("_", " ").replace("-", " ").split())[:100]
    names = [each.name for each in styles()]
    holding = [each for each in names if wanted and f"-{wanted}-" in f"-{each}-"]
    painters = list(dict.fromkeys(each.painter for each in styles()))
    alike = difflib.get_close_matches(wanted, names, n=3, cutoff=0.7)
    parts = {part: painter for painter in painters for part in (painter, *painter.split("-"))}
    alike += [parts[each] for each in difflib.get_close_matches(wanted, list(parts), n=2, cutoff=0.75)]
    return list(dict.fromkeys([*holding, *alike]))[:4]
