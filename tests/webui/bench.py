"""A page without gradio: actions, the cell runner and the drawing over a folder of its own."""

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
from stylize.webui.page_files import PageFiles
from stylize.webui.profiles import LOCAL, Profile
from stylize.webui.run_queue import RunQueue
from stylize.webui.session import Session
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
        self.page_files = PageFiles(Store(root, 100), profile)
        self.run_queue = RunQueue(profile.queue, profile.queue_each)
        self.cell_runner = CellRunner(self.page_files, profile, executor)
        self.actions = Actions(self.page_files, self.cell_runner, self.run_queue, profile)
        self.drawing = Drawing(self.page_files, examples.find(), self.run_queue, profile)

    def session(self, language: str = "en") -> Session:
        return Session(secrets.token_hex(16), language, owner=secrets.token_hex(16))

    def card(self, session: Session, cell: str) -> tuple[str, str, str]:
        """A cell's head, form and face as HTML."""
        return draw_cell(self.drawing.view(session), session.book[cell])

    def upload(self, name: str = "photo.png", data: bytes | None = None) -> str:
        """A file where gradio puts uploads; its path."""
        folder = self.page_files.store.uploads / secrets.token_hex(8)
        folder.mkdir()
        path = folder / name
        if data is not None:
            path.write_bytes(data)
        elif "painting" in name:
            painting(path)
        else:
            photo(path)
        return str(path)

    def do(self, session: Session, do: str, **data: Any) -> str:
        """An action that must succeed, and the newest cell's id."""
        failures = session.said[0]
        self.actions.act(session, {"do": do, **data})
        assert session.said[0] == failures or session.said[1] != "failed", session.said
        return session.book.ids[-1] if session.book.ids else ""

    def fails(self, session: Session, do: str, **data: Any) -> str:
        """An action that must be refused, and what was said."""
        before, number = session.book, session.said[0]
        self.actions.act(session, {"do": do, **data})
        assert session.said[0] == number + 1
        assert session.said[1] == "failed"
        assert session.book == before
        return session.said[2]

    def picture(self, session: Session, **changes: Any) -> str:
        """A small cell with a photo and a style of its own."""
        cell = self.do(session, "add", kind=changes.pop("kind", "picture"))
        self.do(session, "upload", cell=cell, what="content", path=self.upload())
        self.do(session, "upload", cell=cell, what="style", index=0, path=self.upload("painting.png"))
        self.do(session, "set", cell=cell, name="content_side", value=64)
        for name, value in changes.items():
            self.do(session, "set", cell=cell, name=name, value=value)
        return cell

    def run(self, session: Session, *cells: str) -> None:
        """Runs cells, or all, to the end."""
        for cell in cells:
            self.do(session, "run", cell=cell)
        if not cells:
            self.do(session, "run_all")
        assert self.run_queue.idle(60)
