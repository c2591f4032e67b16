"""The modes. Importing this package brings no torch: :func:`load` fetches a mode's code when it runs.

A mode is a module with ``Settings``, a frozen dataclass, ``needs(settings)``, and ``run(content, styles,
settings, compute=None)``, a generator of :class:`stylize.progress.Progress`. Closing the generator stops
the work at the next step; the last picture that it yielded is the result so far, at the working size at
most, for :func:`stylize.modes.finish.finished`. A mode may have ``run_batch``, which does the same for
several contents at once, and ``may_batch(settings)``; and ``style_side(settings, size)``, see below.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..errors import SettingsError
from ..progress import Progress
from .options import SETTINGS, PictureSettings

if TYPE_CHECKING:
    from torch import Tensor

    from ..device import Compute
    from ..image import Cutout
    from ..library import NamedStyle

NAMES = tuple(SETTINGS)


class Mode(Protocol):
    """What every mode's module offers."""

    Settings: type[PictureSettings]

    def needs(self, settings: Any) -> tuple[str, ...]:
        """Names or paths of the weight files that a run would load, to be fetched beforehand."""

    def run(
        self,
        content: Tensor,
        styles: Sequence[tuple[Tensor | Cutout | NamedStyle, float]],
        settings: Any,
        compute: Compute | None = None,
    ) -> Iterator[Progress]:
        """Content (1, 3, H, W), RGB in [0, 1], and weighted styles, alike or of the library, to progress
        and a picture."""


def settings_of(name: str) -> type[PictureSettings]:
    """The settings dataclass of a mode. Raises SettingsError for an unknown one."""
    if name not in SETTINGS:
        raise SettingsError(
            "There is no mode {name!r}. Choose one of: {choices}.", name=name, choices=", ".join(NAMES)
        )
    return SETTINGS[name]


def takes_styles(name: str) -> bool:
    """Whether a mode needs style pictures. Raises SettingsError for an unknown one."""
    settings_of(name)
    return name != "cyclegan"


def may_batch(name: str, settings: PictureSettings) -> bool:
    """Whether a mode can work on several pictures at once. Raises SettingsError for an unknown one."""
    asked = getattr(load(name), "may_batch", None)
    return bool(asked and asked(settings))


def style_side(name: str, settings: PictureSettings, size: tuple[int, int]) -> int:
    """The longer side in pixels beyond which a mode sees nothing of a style picture, at a working size of
    ``size`` = (width, height); 0 if it does not say. Raises SettingsError for an unknown mode."""
    asked = getattr(load(name), "style_side", None)
    return int(asked(settings, size)) if asked else 0


def load(name: str) -> Mode:
    """The mode's module. Raises SettingsError for an unknown one."""
    settings_of(name)
    return cast(Mode, importlib.import_module(f"{__name__}.{name}"))
