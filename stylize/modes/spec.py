"""What a mode tells about itself, and what its code offers. No torch here.

A mode is a folder: ``spec.py`` with its settings and a :class:`ModeSpec`, and the code that runs. The
command line, the page, the endpoints and notebooks are derived from the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from ..progress import Progress
from .options import PictureSettings

if TYPE_CHECKING:
    from ..device import Compute
    from ..inputs import Inputs

S = TypeVar("S", bound=PictureSettings)
S_contra = TypeVar("S_contra", bound=PictureSettings, contravariant=True)
Size = tuple[int, int]  # width and height in pixels


class Need(Enum):
    """Whether a mode takes a kind of input."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


class Sweep(NamedTuple):
    """The setting that a new sweep varies, and its values."""

    setting: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class Start:
    """A way to begin a new cell: a preset of the mode and changes to it. ``name`` is that in an address."""

    name: str
    title: str
    preset: str = "default"
    changes: Mapping[str, object] = field(default_factory=dict)


class Mode(Protocol[S_contra]):
    """What the code of every mode offers, as a module or an object.

    Closing the iterator that ``run`` returns stops the work at the next step; the last picture that it
    yielded is the result so far, at the working size at most, for :func:`stylize.modes.finish.finished`.
    A mode whose spec allows batches also has ``run_batch``. One that can keep what runs have in common has
    ``SessionCache``, a class of what is kept, and its ``run`` takes such an object as ``sessions``.
    """

    def needs(self, settings: S_contra) -> tuple[str, ...]:
        """Names or paths of the weight files that a run would load, to be fetched beforehand."""

    def run(self, inputs: Inputs, settings: S_contra, compute: Compute | None = None) -> Iterator[Progress]:
        """Inputs to progress and a picture."""


@runtime_checkable
class BatchMode(Mode[S_contra], Protocol[S_contra]):
    """A mode whose spec allows batches."""

    def run_batch(
        self, inputs: Sequence[Inputs], settings: S_contra, compute: Compute | None = None
    ) -> list[Progress]:
        """What ``run`` yields last for each of several inputs, worked on at once."""


def _never(settings: PictureSettings) -> bool:
    return False


def _no_change(old: PictureSettings, new: PictureSettings) -> bool:
    return False


def _whole(settings: PictureSettings, size: Size) -> int:
    return 0


def _even(settings: PictureSettings, size: Size) -> None:
    return None


@dataclass(frozen=True)
class ModeSpec(Generic[S]):
    """A mode.

    Args:
        name: in commands, recipes and notebooks.
        title: for people.
        summary: one line that begins with a capital letter, without a full stop.
        settings: the dataclass of what can be set.
        load: imports and returns the code that runs.
        cost: seconds that a run at a working size takes on a data center's accelerator, without loading
            the networks: a rough estimate. It decides how long one is borrowed for.
        sweep: what a new sweep varies.
        starts: ways to begin a new cell; one is called like the mode.
        content: whether the mode takes a content picture. Without one, the settings say the size.
        styles: whether it takes styles.
        iterative: whether it works for minutes and shows pictures on the way.
        network_field: the setting that names its weight file; "" if there is none.
        network_help: what file that is.
        step_costs: the pixels that each step works on; None if all work on the same number.
        may_batch: whether ``run_batch`` can work on several contents at once with such settings.
        instant_change: whether a picture of other settings, ``new``, is rendered at once from what a run of
            ``old`` kept, so that it can follow a slider. The styles' weights may differ as well.
        learns: whether what such settings paint with can be taught a style
            (:class:`~stylize.execution.learn_job.LearnJob`).
        style_side: the longer side in pixels beyond which nothing of a style picture is seen, at a working
            size; 0 if all of it is.
    """

    name: str
    title: str
    summary: str
    settings: type[S]
    load: Callable[[], Mode[S]]
    cost: Callable[[S, Size], float]
    sweep: Sweep
    starts: tuple[Start, ...] = ()
    content: Need = Need.REQUIRED
    styles: Need = Need.REQUIRED
    iterative: bool = False
    network_field: str = ""
    network_help: str = ""
    step_costs: Callable[[S, Size], Sequence[float] | None] = _even
    may_batch: Callable[[S], bool] = _never
    instant_change: Callable[[S, S], bool] = _no_change
    learns: Callable[[S], bool] = _never
    style_side: Callable[[S, Size], int] = _whole

    @property
    def takes_content(self) -> bool:
        """Whether a content picture may be given."""
        return self.content is not Need.NONE

    @property
    def takes_styles(self) -> bool:
        """Whether styles may be given."""
        return self.styles is not Need.NONE

    @property
    def style_network_field(self) -> str:
        """The setting of the network that decides the style where no style is taken; "" if there is none."""
        return "" if self.takes_styles else self.network_field

    @property
    def instant(self) -> bool:
        """Whether a style may be painted at a click, because it takes seconds."""
        return self.takes_styles and not self.iterative
