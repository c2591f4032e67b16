"""Whose turn it is, where several owners wait for the same few places."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)
REMEMBERED = 1000  # owners of whom it is known when they were last served


class Turns(Generic[Item]):
    """What waits for a place, by its owners: least recently served first, one place for an owner at a time.

    An owner who has not been served yet comes after all who were served before it arrived, so that a new
    name is no way to the front. It has no lock of its own: whoever calls holds one.

    Args:
        places: how many may be served at once.
    """

    def __init__(self, places: int = 1) -> None:
        self._places = places
        self._waiting: OrderedDict[Hashable, deque[Item]] = OrderedDict()
        self._since: OrderedDict[Hashable, int] = OrderedDict()
        self._served: dict[Item, Hashable] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def __contains__(self, item: Item) -> bool:
        """Whether it waits."""
        return any(item in each for each in self._waiting.values())

    @property
    def full(self) -> bool:
        """Whether all places are taken."""
        return len(self._served) >= self._places

    def add(self, owner: Hashable, item: Item) -> None:
        """Waits from now on."""
        if owner not in self._since:
            self._mark(owner)
        self._waiting.setdefault(owner, deque()).append(item)

    def remove(self, item: Item) -> bool:
        """Waits no more. Whether it did."""
        for owner, mine in list(self._waiting.items()):
            if item in mine:
                mine.remove(item)
                if not mine:
                    del self._waiting[owner]
                return True
        return False

    def first(self) -> Item | None:
        """Whose turn it is now; None if nobody may be served."""
        if self.full:
            return None
        busy = set(self._served.values())
        owner = min((each for each in self._waiting if each not in busy), key=self._turn, default=None)
        return None if owner is None else self._waiting[owner][0]

    def take(self, item: Item) -> None:
        """Begins to serve what waits."""
        owner = next(owner for owner, mine in self._waiting.items() if item in mine)
        self.remove(item)
        self._served[item] = owner
        self._mark(owner)

    def done(self, item: Item) -> None:
        """Its place is free again."""
        self._mark(self._served.pop(item))

    def order(self) -> list[Item]:
        """All that wait, in the order in which they would be served from one place."""
        busy = set(self._served.values())
        owners = sorted(self._waiting, key=lambda owner: (owner in busy, self._turn(owner)))
        rounds = range(max(map(len, self._waiting.values()), default=0))
        mine = [list(self._waiting[owner]) for owner in owners]
        return [each[n] for n in rounds for each in mine if n < len(each)]

    def _turn(self, owner: Hashable) -> int:
        return self._since.get(owner, 0)

    def _mark(self, owner: Hashable) -> None:
        self._count += 1
        self._since[owner] = self._count
        self._since.move_to_end(owner)
        if len(self._since) > REMEMBERED:
            oldest = next((each for each in self._since if each not in self._waiting), owner)
            del self._since[oldest]
