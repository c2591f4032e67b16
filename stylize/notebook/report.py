"""A notebook as one HTML file: its pictures as data URLs, no scripts, a light and a dark theme."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from html import escape

from ..errors import StylizeError
from ..inputs import style_properties
from ..settings import options
from ..system.version import VERSION
from .assets import Assets
from .cells import Cell
from .embedding import INPUT_SIDE, RESULT_SIDE, TILE_SIDE, Embedded
from .markdown import to_html
from .model import Notebook
from .recipes import source_file
from .references import Named, Output, PictureRef, StyleRef
from .results import Tile
from .schema.derived import rows
from .schema.fields import said
from .sweeps import STYLE, Axis, column_count

Say = Callable[[str], str]

# Allows the data URLs and the style sheet of the file itself, and nothing else.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_CSS = """
:root {
  color-scheme: light dark; --ink: #1c1b1a; --quiet: #5f5b57; --page: #faf9f7; --card: #fff; --line: #e3dfda
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceae7; --quiet: #a8a39d; --page: #161514; --card: #201f1d; --line: #383532 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 1rem/1.6 system-ui, "PingFang SC", "Noto Sans SC", sans-serif; overflow-wrap: anywhere }
section { margin: 2rem 0; padding: 1.25rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem }
h1, h2, h3 { line-height: 1.25 } h2:first-child { margin-top: 0 }
img { max-width: 100%; height: auto; border-radius: .375rem; display: block }
.inputs { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; padding: 0 }
.inputs figure { margin: 0; max-width: 12rem } .inputs img { max-height: 9rem }
.tiles { display: grid; gap: .75rem } .tiles figure { margin: 0 }
figcaption, footer, .quiet { color: var(--quiet); font-size: .875rem }
table { border-collapse: collapse }
td, th { padding: .125rem 1rem .125rem 0; text-align: left; font-weight: 400 }
thead th { font-weight: 600; border-bottom: 1px solid var(--line) }
.right { text-align: right } .center { text-align: center }
th { color: var(--quiet) } summary { cursor: pointer }
"""


def to_html_report(notebook: Notebook, assets: Assets, say: Say = str, language: str = "en") -> str:
    """The notebook's titles, notes, pictures and settings as one page, in the order of the cells.

    Large pictures are embedded in smaller copies: their files are in a zip. ``say`` translates the page's own
    texts into ``language``, a tag such as ``zh-CN``.
    """
    title = escape(notebook.title or say("Stylize notebook"))
    pictures = Embedded(assets)
    body = "\n".join(_section(notebook, cell, pictures, say) for cell in notebook.cells)
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f"{body}\n</main>\n<footer>Stylize {escape(VERSION)}</footer>\n</body>\n</html>\n"
    )


def _section(notebook: Notebook, cell: Cell, pictures: Embedded, say: Say) -> str:
    heading = f"<h2>{escape(cell.title)}</h2>" if cell.title else ""
    if cell.kind == "note":
        return f"<section>{heading}{to_html(cell.text)}</section>"
    parts = [
        heading,
        _output(notebook, cell, pictures, say),
        _inputs(notebook, cell, pictures, say),
        _settings(cell, say),
    ]
    return f"<section>{''.join(parts)}</section>"


def _output(notebook: Notebook, cell: Cell, pictures: Embedded, say: Say) -> str:
    result = cell.result
    if result is None or result.asset not in pictures.assets:
        return f'<p class="quiet">{escape(say("No picture yet."))}</p>'
    name = notebook.name_of(cell.id)
    if result.tiles:
        columns = column_count(result.tiles)
        tiles = "".join(
            _tile(cell, tile, pictures, say) for tile in result.tiles if tile.asset in pictures.assets
        )
        grid = f"grid-template-columns: repeat({min(columns, 64)}, minmax(0, 1fr))"
        return f'<div class="tiles" style="{grid}">{tiles}</div>' + _stale(notebook, cell, say)
    return _image(pictures, pictures.assets.get(result.asset), name, RESULT_SIDE) + _stale(
        notebook, cell, say
    )


def _stale(notebook: Notebook, cell: Cell, say: Say) -> str:
    if cell.id not in notebook.stale:
        return ""
    text = say("Made before the last change of its settings or pictures.")
    return f'<p class="quiet">{escape(text)}</p>'


def _tile(cell: Cell, tile: Tile, pictures: Embedded, say: Say) -> str:
    positions = zip(cell.axes, (tile.column, tile.row), strict=False)
    caption = ", ".join(filter(None, (_varied(cell, axis, at, say) for axis, at in positions)))
    image = _image(pictures, pictures.assets.get(tile.asset), caption, TILE_SIDE)
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _varied(cell: Cell, axis: Axis, at: int, say: Say) -> str:
    """The text for a tile's value of an axis."""
    if axis.setting == STYLE:
        return f"{say('Style')} {at + 1}"
    label = next(each.label for each in options(type(cell.settings)) if each.name == axis.setting)
    return f"{say(label)}: {said(axis.values[at])}" if at < len(axis.values) else ""


def _inputs(notebook: Notebook, cell: Cell, pictures: Embedded, say: Say) -> str:
    found = [] if cell.photo is None else [_input(notebook, cell, cell.photo, say("Content"), pictures)]
    alone = any(axis.setting == STYLE for axis in cell.axes)
    total = 0 if alone else sum(style.weight for style in cell.mix)
    for style in cell.mix:
        share = f", {style.weight / total:.0%}" if len(cell.mix) > 1 and total else ""
        role = say("Style") + share + _said(style, say)
        found.append(_input(notebook, cell, style.source, role, pictures))
        found += [
            _input(notebook, cell, getattr(style, each.name), say(each.label), pictures)
            for each in style_properties()
            if each.option is None and getattr(style, each.name) is not None
        ]
    return f'<div class="inputs">{"".join(found)}</div>' if found else ""


def _said(style: StyleRef, say: Say) -> str:
    """The numbers and choices that were set for a style, but for its weight."""
    known = [each for each in style_properties() if each.option is not None and not each.is_weight]
    values = [(each.label, getattr(style, each.name), each.default) for each in known]
    return "".join(f", {say(label)} {said(value)}" for label, value, default in values if value != default)


def _input(notebook: Notebook, cell: Cell, source: PictureRef, role: str, pictures: Embedded) -> str:
    name = notebook.name_of(source.cell) if isinstance(source, Output) else source.name
    caption = f"{role}: {name}" if name else role
    image = ""
    if not isinstance(source, Named | Output):
        with suppress(StylizeError):  # a lost picture leaves its name
            data, _ = source_file(notebook, cell.id, source, pictures.assets)
            image = _image(pictures, data, caption, INPUT_SIDE)
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _settings(cell: Cell, say: Say) -> str:
    """The labels and values of a cell's fields."""
    lines = "".join(
        f'<tr><th scope="row">{escape(say(label))}</th><td>{escape(value)}</td></tr>'
        for label, value in rows(cell)
    )
    title = escape(say("Settings"))
    return f"<details><summary>{title}</summary><table>{lines}</table></details>"


def _image(pictures: Embedded, data: bytes, alt: str, side: int) -> str:
    data, kind = pictures.of(data, side)
    text = base64.b64encode(data).decode()
    return f'<img alt="{escape(alt)}" src="data:{kind};base64,{text}">'
