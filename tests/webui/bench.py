"""A page without gradio: actions, the workshop and the drawing over a folder of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stylize.execution import Executor, Job, OneByOne
from stylize.progress import Progress
from stylize.webui import examples
from stylize.webui.actions import Actions
from stylize.webui.cell_runner import CellRunner
from stylize.webui.components.cell import draw as draw_cell
from stylize.webui.drawing import Drawing
from stylize.webui.profiles import LOCAL, Profile
from stylize.webui.run_queue import RunQueue
from stylize.webui.session import Session
from stylize.webui.shelf import Shelf
from stylize.webui.store import Store

from .made import painting, photo


def instant(job: Job) -> Iterator[Progress]:
    """A mode that is done at once: the photo turned upside down, darker by the settings' strength."""
    shade = getattr(job.settings, "strength", 1.0) * 0.5 + 0.5
    picture = job.content.tensor.flip(2) * shade
    yield Progress(1, 2, picture, {"total": 2.0})
    yield Progress(2, 2, picture, {"total": 1.0})


INSTANT = OneByOne(instant)


class Bench:
    """Everything behind one page."""

    def __init__(self, root: Path, profile: Profile = LOCAL, executor: Executor | None = INSTANT) -> None:
        self.root, self.profile = root, profile
        self.shelf = Shelf(Store(root, 100), profile)
        self.line = RunQueue(profile.queue, profile.queue_each)
        self.workshop = CellRunner(self.shelf, profile, executor)
        self.actions = Actions(self.shelf, self.workshop, self.line, profile)
        self.drawing = Drawing(self.shelf, examples.find(), self.line, profile)

    def sitting(self, language: str = "en") -> Session:
        return Session(secrets.token_hex(16), language, owner=secrets.token_hex(16))

    def card(self, sitting: Session, cell: str) -> tuple[str, str, str]:
        """A cell's head, form and face as HTML."""
        return draw_cell(self.drawing.view(sitting), sitting.book[cell])

    def upload(self, name: str = "photo.png", data: bytes | None = None) -> str:
        """A file where gradio puts uploads; its path."""
        folder = self.shelf.store.uploads / secrets.token_hex(8)
        folder.mkdir()
        path = folder / name
        if data is not None:
            path.write_bytes(data)
        elif "painting" in name:
            painting(path)
        else:
            photo(path)
        return str(path)

    def do(self, sitting: Session, do: str, **data: Any) -> str:
        """An action that must succeed, and the newest cell's id."""
        failures = sitting.said[0]
        self.actions.act(sitting, {"do": do, **data})
        assert sitting.said[0] == failures or sitting.said[1] != "failed", sitting.said
        return sitting.book.ids[-1] if sitting.book.ids else ""

    def fails(self, sitting: Session, do: str, **data: Any) -> str:
        """An action that must be refused, and what was said."""
        before, number = sitting.book, sitting.said[0]
        self.actions.act(sitting, {"do": do, **data})
        assert sitting.said[0] == number + 1
        assert sitting.said[1] == "failed"
        assert sitting.book == before
        return sitting.said[2]

    def picture(self, sitting: Session, **changes: Any) -> str:
        """A small cell with a photo and a style of its own."""
        cell = self.do(sitting, "add", kind=changes.pop("kind", "picture"))
        self.do(sitting, "upload", cell=cell, what="content", path=self.upload())
        self.do(sitting, "upload", cell=cell, what="style", index=0, path=self.upload("painting.png"))
        self.do(sitting, "set", cell=cell, name="content_side", value=64)
        for name, value in changes.items():
            self.do(sitting, "set", cell=cell, name=name, value=value)
        return cell

    def run(self, sitting: Session, *cells: str) -> None:
        """Runs cells, or all, to the end."""
        for cell in cells:
            self.do(sitting, "run", cell=cell)
        if not cells:
            self.do(sitting, "run_all")
        assert self.line.idle(60)
