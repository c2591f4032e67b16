"""What the page allows, by who can reach it: only you, friends with a link, or anybody."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import SettingsError
from ..image import Limits
from ..modes.options import PictureSettings
from ..settings import Option


@dataclass(frozen=True)
class Profile:
    """Limits of one way to serve the page.

    ``megapixels`` and ``megabytes`` bound an input picture, ``decoding`` the seconds of processor time for
    reading one in a process apart (None: no limit, in this one), ``side`` the working size in pixels,
    ``steps`` an optimisation, ``sweep_megapixels`` the results of a sweep together (None: no limit),
    ``seconds`` one run (None: no limit), ``learning`` the seconds for which a style is learned and ``styles``
    the learned styles of one visitor (None: no limit), ``queue`` the waiting runs, ``queue_each`` those of
    one visitor, ``sessions`` the visitors remembered at once, ``kept_megabytes`` all files on the disk and
    ``kept_megabytes_each`` those of one visitor, which are deleted after ``kept_days``; ``kept``: whether
    they outlast the server. ``own_weights``: whether a visitor may bring a weight file. ``trusted``: whether
    messages may name paths on this computer.
    """

    name: str
    megapixels: float
    megabytes: float
    decoding: float | None
    side: int
    steps: int
    sweep_megapixels: float | None
    seconds: float | None
    learning: float
    styles: int | None
    queue: int
    queue_each: int
    sessions: int
    kept_megabytes: int
    kept_megabytes_each: int
    kept_days: float
    kept: bool
    own_weights: bool
    trusted: bool

    def limits(self, owner: str = "", stop: threading.Event | None = None) -> Limits:
        """The bounds of an input picture, or tighter ones if the environment asks for them.

        ``owner`` and ``stop``: see :class:`Limits`.
        """
        asked = Limits.default()
        if self.trusted:
            return asked
        return Limits(
            min(asked.megapixels, self.megapixels),
            min(asked.megabytes, self.megabytes),
            self.decoding,
            owner,
            stop,
        )

    @property
    def importing(self) -> float | None:
        """Seconds for reading a notebook of many pictures (None: no limit)."""
        return None if self.decoding is None else 6 * self.decoding

    def upload_megabytes(self) -> float:
        """The largest file that the server takes: a weight file where those are welcome."""
        return max(self.limits().megabytes, 700) if self.own_weights else self.limits().megabytes

    def highest(self, each: Option) -> float | None:
        """The upper bound of a setting on this page."""
        caps = {"content_side": self.side, "style_side": self.side, "steps": self.steps}
        if each.high is None or each.name not in caps:
            return each.high
        return min(each.high, caps[each.name])

    def check(self, settings: PictureSettings, longest: int) -> None:
        """Raises SettingsError for work beyond the limits on a picture of that longer side."""
        side = min(settings.content_side or longest, longest)
        if side > self.side:
            raise SettingsError(
                "This page works at up to {most} pixels, but {side} were asked for: choose a smaller "
                "working size.",
                most=self.side,
                side=side,
            )
        steps = getattr(settings, "steps", 0)
        if steps > self.steps:
            raise SettingsError(
                "This page makes up to {most} steps, but {steps} were asked for: choose fewer.",
                most=self.steps,
                steps=steps,
            )
        if getattr(settings, "style_side", 0) > self.side:
            raise SettingsError(
                "This page looks at styles at up to {most} pixels: choose a smaller style size.",
                most=self.side,
            )

    def check_sweep(self, sizes: Sequence[tuple[int, int]]) -> None:
        """Raises SettingsError for a sweep whose pictures are larger together than is allowed."""
        size = sum(width * height for width, height in sizes) / 1e6
        if self.sweep_megapixels is not None and size > self.sweep_megapixels:
            raise SettingsError(
                "These {count} pictures would have {size:.0f} megapixels together, but this page makes up to "
                "{most:.0f} at once: vary fewer values, or switch off the full size.",
                count=len(sizes),
                size=size,
                most=self.sweep_megapixels,
            )


LOCAL = Profile(
    "local",
    megapixels=64,
    megabytes=50,
    side=8192,
    steps=10000,
    sweep_megapixels=None,
    seconds=None,
    learning=60,
    styles=None,
    queue=200,
    queue_each=200,
    sessions=200,
    decoding=None,
    kept_megabytes=4000,
    kept_megabytes_each=4000,
    kept_days=30,
    kept=True,
    own_weights=True,
    trusted=True,
)
SHARE = Profile(
    "share",
    megapixels=24,
    megabytes=20,
    side=2048,
    steps=1000,
    sweep_megapixels=200,
    seconds=900,
    learning=60,
    styles=100,
    queue=72,
    queue_each=24,
    sessions=200,
    decoding=10,
    kept_megabytes=2000,
    kept_megabytes_each=500,
    kept_days=1,
    kept=False,
    own_weights=False,
    trusted=False,
)
SPACE = Profile(
    "space",
    megapixels=24,
    megabytes=20,
    side=1536,
    steps=500,
    sweep_megapixels=200,
    seconds=300,
    learning=60,
    styles=100,
    queue=72,
    queue_each=24,
    sessions=500,
    decoding=10,
    kept_megabytes=4000,
    kept_megabytes_each=500,
    kept_days=1,
    kept=False,
    own_weights=False,
    trusted=False,
)
PUBLIC = replace(SPACE, name="public")  # the same people: whoever comes by, behind somebody's own proxy
BY_NAME: Mapping[str, Profile] = {each.name: each for each in (LOCAL, SHARE, PUBLIC)}
