"""What a row of the table of commands is, and what handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..cell_runner import CellRunner
from ..page_files import PageFiles
from ..profiles import Profile
from ..run_queue import RunQueue
from ..session import Session

Command = TypeVar("Command")
Read = TypeVar("Read")


@dataclass(frozen=True)
class Services:
    """What every handler may use.

    Args:
        page_files: the files of visitors.
        cell_runner: runs cells.
        run_queue: where runs wait for their turn.
        profile: the limits of the page.
    """

    page_files: PageFiles
    cell_runner: CellRunner
    run_queue: RunQueue
    profile: Profile

    def uploaded(self, session: Session, path: str) -> Path:
        """An upload's file, from now on counted to its visitor's share. Raises PictureError."""
        file = self.page_files.uploaded(path)
        self.page_files.store.give(file, self.page_files.of(session).name)
        return file


@dataclass(frozen=True)
class Entry(Generic[Command]):
    """A command and its handler, which is called with the session's lock held."""

    command: type[Command]
    act: Callable[[Services, Session, Command], None]

    def prepare(self, services: Services, session: Session, command: Command) -> Callable[[], None]:
        """What is left to do under the session's lock."""
        return partial(self.act, services, session, command)


@dataclass(frozen=True)
class FileEntry(Generic[Command, Read]):
    """As :class:`Entry`, for a command that brings a file.

    ``read`` is called first, without the lock, so that a large file does not keep others from the session;
    ``act`` gets what it returns.
    """

    command: type[Command]
    read: Callable[[Services, Session, Command], Read]
    act: Callable[[Services, Session, Command, Read], None]

    def prepare(self, services: Services, session: Session, command: Command) -> Callable[[], None]:
        """Reads the file, and returns what is left to do under the session's lock. Raises StylizeError."""
        return partial(self.act, services, session, command, self.read(services, session, command))


AnyEntry = Entry[Any] | FileEntry[Any, Any]
