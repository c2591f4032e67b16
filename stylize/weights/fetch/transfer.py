"""Progress of downloads, for urllib and huggingface_hub alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ..catalog import Row


@dataclass(frozen=True)
class Transfer:
    """Progress of the download or the check of a file, in bytes; ``total`` is 0 where unknown."""

    name: str
    file: str
    done: int
    total: int


OnProgress = Callable[[Transfer], None] | None


class TransferReporter:
    """Calls a listener with one file's progress, one call at a time; ``raised``: what it raised."""

    def __init__(self, row: Row, on_progress: OnProgress) -> None:
        self.row, self.on_progress = row, on_progress
        self.raised: BaseException | None = None
        self._lock = threading.Lock()

    def update(self, done: int, total: int = 0) -> None:
        """Calls the listener, if there is one. An unknown ``total`` is taken from the catalog."""
        if self.on_progress is None:
            return
        try:
            with self._lock:
                self.on_progress(Transfer(self.row.name, self.row.file, done, total or self.row.size))
        except BaseException as error:
            self.raised = error
            raise

    def bar(self) -> type:
        """A class that passes for tqdm with huggingface_hub, and prints nothing."""
        report = self

        class Bar:
            def __init__(
                self, *args: object, total: float | None = None, initial: int = 0, **more: object
            ) -> None:
                self.total, self.n, self.disable = total, initial, True
                report.update(int(self.n), int(self.total or 0))

            def update(self, n: float | None = 1) -> None:
                self.n += int(n or 0)
                report.update(int(self.n), int(self.total or 0))

            def update_transfer(self, n: float | None = 1) -> None:
                """Bytes on the wire, which 2.x tells apart from bytes on disk: one bar is enough."""

            def ignore(self, *args: object, **more: object) -> None:
                """What only a visible bar needs."""

            close = refresh = clear = reset = set_description = set_description_str = ignore
            set_postfix = set_postfix_str = set_transfer_postfix_str = ignore

            def __enter__(self) -> Bar:
                return self

            def __exit__(self, *args: object) -> None:
                return None

        return Bar
