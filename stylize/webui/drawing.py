"""From a sitting to what changed on its page since it was last sent."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

from ..notebook import Notebook
from ..notebook.store import to_json
from . import picker, shell
from .cards import Cards
from .examples import Examples
from .shelf import Shelf
from .sitting import SLOTS, Sitting
from .texts import say

MOST_KEPT = 1_000_000  # characters of a notebook that the browser is asked to keep


class Drawing:
    """Draws sittings, and remembers what their pages show already."""

    def __init__(self, shelf: Shelf, samples: Examples, cards: Cards) -> None:
        self.shelf, self.samples, self.cards = shelf, samples, cards

    def changes(self, sitting: Sitting, *, all_of_it: bool = False) -> dict[str, Any]:
        """What is new, by the names of parts and slots: HTML texts, or (position, kind) of a slot."""
        with sitting.lock:
            sent = sitting.sent
            if all_of_it:
                sent.parts.clear()
            now = self._everything(sitting)
            new = {name: value for name, value in now.items() if sent.parts.get(name) != value}
            sent.parts.update(new)
            # Numbers of a new server are higher than those of the last, so that no old text comes on top.
            sent.number = max(sent.number + 1, int(time.time() * 1000))
            return {
                name: f"{sent.number}\n{value}" if isinstance(value, str) else value
                for name, value in new.items()
            }

    def _everything(self, sitting: Sitting) -> dict[str, Any]:
        found: dict[str, Any] = {
            "top": shell.top(sitting),
            "empty": shell.empty(sitting, self.samples, self.shelf),
            "bottom": shell.bottom(sitting),
            "gallery": shell.gallery(sitting, self.shelf),
            "picker": picker.draw(sitting, self.shelf, self.samples, self.cards.forms),
            "keys": shell.keys(sitting),
            "pulse": self._pulse(sitting),
            "keep": keepsake(sitting.book),
        }
        taken = set()
        for position, cell in enumerate(sitting.book.cells):
            slot = sitting.slots[cell.id]
            taken.add(slot)
            found[f"box-{slot}"] = (position, f"{cell.kind}{' folded' if cell.folded else ''}")
            found[f"head-{slot}"], found[f"form-{slot}"], found[f"face-{slot}"] = self.cards.draw(
                sitting, cell
            )
        for slot in range(SLOTS):
            if slot not in taken:
                found[f"box-{slot}"] = (None, "")
                found |= {f"{name}-{slot}": "" for name in ("head", "form", "face")}
        return found

    def _pulse(self, sitting: Sitting) -> str:
        """What the browser is to do or to say, as JSON. Each thing has a number, so it is done once."""
        focus = sitting.focus[0], sitting.slots.get(sitting.focus[1], -1)
        return json.dumps({
            "running": sitting.busy, "language": sitting.language, "said": sitting.said,
            "download": sitting.download, "focus": focus,
            "undo": say("Undo", sitting.language), "lost": say("The connection was lost", sitting.language),
            "away": say("The connection was lost. The page comes back by itself.", sitting.language),
            "large": say("This file is too large for this page.", sitting.language),
            "camera": say("There is no camera, or it may not be used.", sitting.language),
            "shoot": say("Take the photo", sitting.language), "drop": say("Drop it here", sitting.language),
        })  # fmt: skip


def keepsake(book: Notebook) -> str:
    """The notebook as the browser keeps it: without logs and losses."""
    cells = tuple(
        cell if cell.result is None else replace(cell, result=replace(cell.result, log=(), losses=()))
        for cell in book.cells
    )
    text = to_json(replace(book, cells=cells))
    return text if len(text) <= MOST_KEPT else ""
