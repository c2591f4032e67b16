"""From a session to what changed on its page since it was last sent."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..notebook import Notebook
from ..notebook.schema.traversal import keepsake as kept
from ..notebook.store import to_json
from .components import View, bottom, empty, gallery, keys, picker, top
from .components import cell as cell_parts
from .examples import Examples
from .page_files import PageFiles
from .profiles import Profile
from .run_queue import RunQueue
from .session import IN_SLOT, SLOTS, Session
from .texts import say

MOST_KEPT = 1_000_000  # characters of a notebook that the browser is asked to keep
# What is around the cells, by the names of its places in page.py.
AROUND = {
    "top": top.draw,
    "empty": empty.draw,
    "bottom": bottom.draw,
    "gallery": gallery.draw,
    "picker": picker.draw,
    "keys": keys.draw,
}
Slot = tuple[int | None, str]


@dataclass(frozen=True)
class Message:
    """What a page is sent.

    ``parts`` are texts by the names of their places; ``slots`` the position from 0 (None: nothing is there)
    and the classes of each slot. ``number`` rises with every message to a page, and ``after`` is that of the
    one before, by which the page sees that it has missed something; 0 where this one holds everything.
    """

    pulse: Mapping[str, object]
    parts: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    number: int = 0
    after: int = 0

    def json(self) -> str:
        """As browser/channel.js reads it."""
        return json.dumps(vars(self))


class Drawing:
    """Draws sessions, and remembers what their pages show already."""

    def __init__(
        self, page_files: PageFiles, samples: Examples, run_queue: RunQueue, profile: Profile
    ) -> None:
        self.page_files, self.samples, self.run_queue, self.profile = page_files, samples, run_queue, profile

    def view(self, session: Session) -> View:
        """What the components of a session's page are drawn from."""
        return View(session, self.page_files, self.samples, self.run_queue, self.profile)

    def changes(self, session: Session, *, all_of_it: bool = False) -> Message:
        """What is new. The pulse always beats, so that the browser knows that it is heard."""
        with session.lock:
            sent, before = session.sent, 0 if all_of_it else session.sent.number
            if all_of_it:
                sent.parts.clear()
            parts, slots = self._parts(session), self._slots(session)
            now = {**parts, **slots}
            new = {name for name, value in now.items() if sent.parts.get(name) != value}
            sent.parts.update(now)
            # Numbers of a new server are higher than those of the last, so that no old text comes on top.
            sent.number = max(sent.number + 1, int(time.time() * 1000))
            return Message(
                self._pulse(session),
                {name: text for name, text in parts.items() if name in new},
                {name: slot for name, slot in slots.items() if name in new},
                sent.number,
                before,
            )

    def _parts(self, session: Session) -> dict[str, str]:
        """HTML by the names of the parts; and ``keep``, the notebook as JSON."""
        view = self.view(session)
        found = {
            **{name: draw(view) for name, draw in AROUND.items()},
            "keep": keepsake(session.book),
        }
        found |= {f"{name}-{slot}": "" for name in IN_SLOT for slot in range(SLOTS)}
        for cell in session.book.cells:
            drawn = cell_parts.draw(view, cell)
            found |= {
                f"{name}-{session.slots[cell.id]}": text for name, text in zip(IN_SLOT, drawn, strict=True)
            }
        return found

    def _slots(self, session: Session) -> dict[str, Slot]:
        """Every slot's position and classes."""
        found: dict[str, Slot] = {f"cell-{slot}": (None, "") for slot in range(SLOTS)}
        for position, cell in enumerate(session.book.cells):
            kind = f"{cell.kind}{' folded' if cell.folded else ''}"
            found[f"cell-{session.slots[cell.id]}"] = (position, kind)
        return found

    def _pulse(self, session: Session) -> dict[str, object]:
        """What the browser is to do or to say. Each thing has a number, so it is done once."""
        focus = session.focus[0], session.slots.get(session.focus[1], -1)
        return {
            "running": session.busy,
            "language": session.language,
            "said": session.said,
            "download": session.download,
            "focus": focus,
            "undo": say("Undo", session.language),
            "lost": say("The connection was lost", session.language),
            "away": say("The connection was lost. The page comes back by itself.", session.language),
            "large": say("This file is too large for this page.", session.language),
            "camera": say("There is no camera, or it may not be used.", session.language),
            "shoot": say("Take the photo", session.language),
            "drop": say("Drop it here", session.language),
        }


def keepsake(book: Notebook) -> str:
    """The notebook as the browser keeps it: without logs and losses."""
    text = to_json(kept(book))
    return text if len(text) <= MOST_KEPT else ""
