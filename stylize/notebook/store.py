"""A notebook as JSON, and back from anybody's JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Container, Mapping
from dataclasses import asdict
from typing import Any

from .. import modes
from ..errors import NotebookError, shown
from ..recipe import Recipe
from .cells import (
    MOST_LINES,
    MOST_LOSSES,
    MOST_POINTS,
    MOST_TILES,
    Axis,
    Cell,
    Example,
    Losses,
    Named,
    Output,
    Result,
    Source,
    Style,
    Tile,
    Upload,
    settings_from,
    wrong,
)
from .model import MOST_CELLS, VERSION, Notebook

FORMAT = "stylize-notebook"
LONGEST = 32_000_000  # characters

_SOURCES: dict[str, type[Upload | Output | Example | Named]] = {
    "upload": Upload, "output": Output, "example": Example, "named": Named,
}  # fmt: skip
_CELL = {"id", "kind", "title", "folded", "text", "mode", "settings", "content", "styles", "axes", "result"}
_RESULT = {"asset", "inputs", "recipe", "seconds", "step", "total", "log", "losses", "tiles"}


def to_json(notebook: Notebook, here: Container[str] | None = None) -> str:
    """One line of ASCII JSON that :func:`from_json` reads back.

    ``here`` are the pictures that come along: the others that are named are listed as missing.
    """
    missing = [] if here is None else sorted(each for each in notebook.assets if each not in here)
    values = {
        "format": FORMAT,
        "version": VERSION,
        "title": notebook.title,
        "missing": missing,
        "cells": [_cell_values(cell) for cell in notebook.cells],
    }
    return json.dumps(values, allow_nan=False)


def from_json(text: str) -> Notebook:
    """A notebook from anybody's text. Raises StylizeError, never anything else."""
    return read(text)[0]


def read(text: str) -> tuple[Notebook, frozenset[str]]:
    """As :func:`from_json`, and the pictures that the text says are missing."""
    try:
        return _read(text)
    except RecursionError as error:
        raise NotebookError("This is no notebook: it is not valid JSON.") from error


def _read(text: str) -> tuple[Notebook, frozenset[str]]:
    if len(text) > LONGEST:
        raise NotebookError("This notebook is too long: {length} characters.", length=len(text))
    try:
        values = json.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise NotebookError("This is no notebook: it is not valid JSON.") from error
    values = _speakable(values)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise NotebookError("This is no notebook that Stylize saved.")
    version = values.get("version")
    if type(version) is int and version > VERSION:
        raise NotebookError(
            "This notebook was saved by a newer Stylize (version {version} of the format, but this one "
            "reads {known}): update Stylize.", version=version, known=VERSION,
        )  # fmt: skip
    if version != VERSION or type(version) is not int:
        raise wrong("version")
    _check_names(values, {"format", "version", "title", "missing", "cells"})
    cells = tuple(_cell(each) for each in _list(values, "cells", MOST_CELLS))
    missing = _list(values, "missing", 100_000)
    if not all(isinstance(each, str) for each in missing):
        raise wrong("missing")
    return Notebook(_typed(values, "title", str, ""), cells), frozenset(missing)


def _speakable(values: Any) -> Any:
    """The same without halves of characters, which no browser takes."""
    text = json.dumps(values, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode(errors="replace"))
    return values


def _cell_values(cell: Cell) -> dict[str, Any]:
    return {
        "id": cell.id,
        "kind": cell.kind,
        "title": cell.title,
        "folded": cell.folded,
        "text": cell.text,
        "mode": cell.mode,
        "settings": cell.settings.to_dict(),
        "content": None if cell.content is None else _source_values(cell.content),
        "styles": [{**_source_values(source), "weight": weight} for source, weight in cell.styles],
        "axes": [asdict(axis) for axis in cell.axes],
        "result": None if cell.result is None else _result_values(cell.result),
    }


def _source_values(source: Source) -> dict[str, Any]:
    kind = next(name for name, each in _SOURCES.items() if type(source) is each)
    return {"from": kind, **asdict(source)}


def _result_values(result: Result) -> dict[str, Any]:
    return {
        "asset": result.asset,
        "inputs": result.inputs,
        "recipe": _recipe_values(result.recipe),
        "seconds": _finite(result.seconds),
        "step": result.step,
        "total": result.total,
        "log": result.log,
        "losses": [{"name": name, "curve": curve} for name, curve in result.losses],
        "tiles": [
            {
                "column": tile.column,
                "row": tile.row,
                "asset": tile.asset,
                "recipe": _recipe_values(tile.recipe),
                "seconds": _finite(tile.seconds),
            }
            for tile in result.tiles
        ],
    }


def _recipe_values(recipe: Recipe | None) -> Any:
    return None if recipe is None else json.loads(recipe.to_json())


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _cell(values: Any) -> Cell:
    values = _object(values, "cells", _CELL)
    mode = _typed(values, "mode", str, modes.DEFAULT)
    content = values.get("content")
    result = values.get("result")
    return Cell(
        kind=_typed(values, "kind", str),
        id=_typed(values, "id", str),
        title=_typed(values, "title", str, ""),
        folded=_typed(values, "folded", bool, False),
        text=_typed(values, "text", str, ""),
        mode=mode,
        settings=settings_from(mode[:64], _typed(values, "settings", dict, {})),
        content=None if content is None else _source(content, set()),
        styles=tuple(_style(each) for each in _list(values, "styles", 64)),
        axes=tuple(_axis(each) for each in _list(values, "axes", 2)),
        result=None if result is None else _result(result),
    )


def _source(values: Any, more: set[str]) -> Source:
    if not isinstance(values, dict) or not isinstance(values.get("from"), str):
        raise wrong("content")
    kind = _SOURCES.get(values["from"])
    if kind is None:
        raise wrong("from")
    names = set(kind.__dataclass_fields__)
    _check_names(values, {"from", *names, *more})
    return kind(**{name: _typed(values, name, str) for name in names})


def _style(values: Any) -> Style:
    source = _source(values, {"weight"})
    weight = values.get("weight", 1.0)
    return Style(source, weight)  # checked by the cell


def _axis(values: Any) -> Axis:
    values = _object(values, "axes", {"setting", "values"})
    found = _list(values, "values", MOST_TILES)
    return Axis(
        _typed(values, "setting", str),
        tuple(tuple(each) if isinstance(each, list) else each for each in found),
    )


def _result(values: Any) -> Result:
    values = _object(values, "result", _RESULT)
    log = _list(values, "log", MOST_LINES)
    if not all(isinstance(line, str) for line in log):
        raise wrong("log")
    return Result(
        asset=_typed(values, "asset", str),
        inputs=_typed(values, "inputs", str, "")[:64] or "0",
        recipe=_recipe(values.get("recipe")),
        seconds=_number(values, "seconds"),
        step=_count(values, "step"),
        total=_count(values, "total"),
        log=tuple(log),
        losses=_losses(_list(values, "losses", MOST_LOSSES)),
        tiles=tuple(_tile(each) for each in _list(values, "tiles", MOST_TILES)),
    )


def _tile(values: Any) -> Tile:
    values = _object(values, "tiles", {"column", "row", "asset", "recipe", "seconds"})
    return Tile(
        column=_count(values, "column"),
        row=_count(values, "row"),
        asset=_typed(values, "asset", str),
        recipe=_recipe(values.get("recipe")),
        seconds=_number(values, "seconds"),
    )


def _recipe(values: Any) -> Recipe | None:
    return None if values is None else Recipe.from_json(json.dumps(values))


def _losses(found: list[Any]) -> Losses:
    curves = []
    for each in found:
        each = _object(each, "losses", {"name", "curve"})
        curve = []
        for pair in _list(each, "curve", MOST_POINTS):
            if not isinstance(pair, list) or len(pair) != 2:
                raise wrong("losses")
            at = {"step": pair[0], "value": pair[1]}
            curve.append((_count(at, "step"), _number(at, "value", low=-math.inf)))
        curves.append((_typed(each, "name", str), tuple(curve)))
    return tuple(curves)


def _object(values: Any, what: str, names: set[str]) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise wrong(what)
    _check_names(values, names)
    return values


def _check_names(values: Mapping[str, Any], known: set[str]) -> None:
    for name in values:
        if name not in known:
            raise NotebookError("This notebook has something called {name}, which is not known.",
                                name=shown(name))  # fmt: skip


def _list(values: Mapping[str, Any], key: str, most: int) -> list[Any]:
    found = values.get(key, [])
    if not isinstance(found, list):
        raise wrong(key)
    if len(found) > most:
        raise NotebookError("This notebook has more than {most} {what}.", most=most, what=key)
    return found


def _typed(values: Mapping[str, Any], key: str, kind: type, default: Any = None) -> Any:
    found = values.get(key, default)
    if type(found) is not kind:
        raise wrong(key)
    return found


def _number(values: Mapping[str, Any], key: str, low: float = 0.0) -> float:
    found = values.get(key, 0.0)
    if type(found) not in (int, float) or not max(low, -1e300) <= found <= 1e300:
        raise wrong(key)
    return float(found)


def _count(values: Mapping[str, Any], key: str) -> int:
    found = values.get(key, 0)
    if type(found) is not int or not 0 <= found <= 1_000_000_000:
        raise wrong(key)
    return found
