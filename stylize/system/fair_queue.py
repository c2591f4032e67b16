"""A queue that is fair between owners: the least recently served owner comes first."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)
REMEMBERED = 1000  # owners of whom it is known when they were last served


class FairQueue(Generic[Item]):
    """Items that wait for a slot, by owner: least recently served first, one slot for an owner at a time.

    An owner who has not been served yet comes after all who were served before it arrived, so that a new
    name gives no advantage. Not thread-safe: the caller holds a lock.

    Args:
        slots: how many items may be served at once.
    """

    def __init__(self, slots: int = 1) -> None:
        self._slots = slots
        self._waiting: OrderedDict[Hashable, deque[Item]] = OrderedDict()
        self._since: OrderedDict[Hashable, int] = OrderedDict()
        self._served: dict[Item, Hashable] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many items wait."""
        return sum(map(len, self._waiting.values()))

    def __contains__(self, item: Item) -> bool:
        """Whether the item waits."""
        return any(item in each for each in self._waiting.values())

    @property
    def full(self) -> bool:
        """Whether all slots are taken."""
        return len(self._served) >= self._slots

    def add(self, owner: Hashable, item: Item) -> None:
        """Mutates: the item waits from now on."""
        if owner not in self._since:
            self._mark(owner)
        self._waiting.setdefault(owner, deque()).append(item)

    def remove(self, item: Item) -> bool:
        """Mutates: the item waits no more. Returns whether it did."""
        for owner, mine in list(self._waiting.items()):
            if item in mine:
                mine.remove(item)
                if not mine:
                    del self._waiting[owner]
                return True
        return False

    def first(self) -> Item | None:
        """The item to be served next; None if none may be."""
        if self.full:
            return None
        busy = set(self._served.values())
        owner = min((each for each in self._waiting if each not in busy), key=self._turn, default=None)
        return None if owner is None else self._waiting[owner][0]

    def take(self, item: Item) -> None:
        """Mutates: begins to serve a waiting item."""
        owner = next(owner for owner, mine in self._waiting.items() if item in mine)
        self.remove(item)
        self._served[item] = owner
        self._mark(owner)

    def done(self, item: Item) -> None:
        """Mutates: the item is served, its slot free again."""
        self._mark(self._served.pop(item))

    def order(self) -> list[Item]:
        """All that wait, in the order in which one slot would serve them."""
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
