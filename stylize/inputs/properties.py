"""The properties of a style, declared once.

Jobs (:class:`.StyleInput`), recipes (:class:`~stylize.recipe.StyleFileRef`) and notebooks
(:class:`~stylize.notebook.StyleRef`) each have a class of styles, all of them subclasses of
:class:`StyleProperties`. They differ in what a picture is there. Checks, JSON, fingerprints, exports, flags
and the page's fields follow from the declaration.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar, get_type_hints

from ..settings import Option, option, option_of

MOST_WEIGHT = 1_000_000

P = TypeVar("P")
Q = TypeVar("Q")


def picture(*, label: str, help: str) -> Any:
    """A property that is a picture, or None, the default. Annotate it as ``P | None``.

    ``label`` and ``help`` are for the page and the command line, as those of :func:`.option`.
    """
    return field(default=None, metadata={"picture": (label, help)})


@dataclass(frozen=True)
class StyleProperties(Generic[P]):
    """What is said of a style beside where its look comes from.

    ``P`` is the type of pictures: as read in a job, a file's name and sha256 in a recipe, a reference in a
    notebook. A property is a number or a choice, declared by :func:`.option`, or a :func:`picture`; the first
    are annotated with their plain type.

    Args:
        weight: in relation to the other styles', 0 to ``MOST_WEIGHT``.
    """

    weight: float = option(
        1.0,
        label="Share in the mix",
        help="its share in the mix (default: equal)",
        low=0,
        high=MOST_WEIGHT,
    )

    @property
    def pictures(self) -> tuple[P, ...]:
        """The pictures among the properties."""
        found = (getattr(self, each.name) for each in style_properties() if each.option is None)
        return tuple(each for each in found if each is not None)


@dataclass(frozen=True)
class StyleProperty:
    """What is known of one property. ``option``: of a number or a choice; None for a picture."""

    name: str
    label: str
    help: str
    option: Option | None

    @property
    def default(self) -> Any:
        """Its value where none is given."""
        return None if self.option is None else self.option.default

    @property
    def is_weight(self) -> bool:
        """Whether it is the weight.

        That is checked in relation to the other styles'. Recipes and notebooks have it, and fingerprints
        count it, even where it has its default, as in the first version.
        """
        return self.name == "weight"

    @property
    def argument(self) -> str:
        """The argument of :func:`stylize.stylize` that has it for each style."""
        return f"style_{self.name}s"

    @property
    def flag(self) -> str:
        """The flag of the command line: numbers and choices in one list, pictures one by one."""
        return f"--style-{self.name}".replace("_", "-") + ("s" if self.option else "")

    def check(self, value: Any) -> Any:
        """A number or a choice as its own type. Raises SettingsError."""
        assert self.option is not None
        return self.option.check(value)


@functools.cache
def style_properties() -> tuple[StyleProperty, ...]:
    """The properties in the order in which they are written down."""
    hints, found = get_type_hints(StyleProperties), []
    for each in fields(StyleProperties):
        if "picture" in each.metadata:
            label, about = each.metadata["picture"]
            found.append(StyleProperty(each.name, label, about, None))
        else:
            known = option_of(each, hints[each.name])
            found.append(StyleProperty(each.name, known.label, known.help, known))
    return tuple(found)


def carried(style: StyleProperties[P], picture: Callable[[P], Q | None]) -> dict[str, Any]:
    """A style's properties, as keywords for a style of another class.

    Args:
        style: where they come from.
        picture: what each picture becomes.
    """
    found: dict[str, Any] = {}
    for each in style_properties():
        value = getattr(style, each.name)
        if each.option is not None:
            found[each.name] = each.option.kind(value)  # a number of numpy's is one of Python's
        else:
            found[each.name] = None if value is None else picture(value)
    return found
