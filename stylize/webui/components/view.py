"""What components are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

from ..examples import Examples
from ..owned import Own
from ..page_files import PageFiles
from ..profiles import Profile
from ..run_queue import RunQueue
from ..session import SLOTS, Session
from ..texts import say


@dataclass(frozen=True)
class View:
    """A visitor's page: what is on it, and what may be shown.

    Args:
        session: the notebook with its runs; its lock is held while something is drawn from it.
        page_files: where pictures lie.
        samples: the examples.
        run_queue: where cells wait for their turn.
        profile: the limits of the page.
    """

    session: Session
    page_files: PageFiles
    samples: Examples
    run_queue: RunQueue
    profile: Profile

    def say(self, sentence: str) -> str:
        """A text in the page's language."""
        return say(sentence, self.session.language)

    @property
    def language(self) -> str:
        """The page's language."""
        return self.session.language

    @property
    def own(self) -> Own:
        """The visitor's pictures."""
        return self.page_files.of(self.session)

    @property
    def full(self) -> bool:
        """Whether there is no room for another cell."""
        return len(self.session.book.cells) >= SLOTS
