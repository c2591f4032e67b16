"""A picture that goes into a cell: what is shown of it, and the button that changes it."""

from __future__ import annotations

from ... import library
from ...image.learned import SUFFIX
from ...notebook import Cell, Example, Named, Output, PictureRef, Upload
from ..html import icon, tag, text
from ..page_files import url
from .view import View


def source(
    view: View,
    cell: Cell,
    chosen: PictureRef | None,
    what: str,
    n: int,
    label: str,
    *,
    short: str = "",
    property: str = "",
) -> str:
    """A picture that a click changes, or where one may be chosen.

    Args:
        view: what is drawn with.
        cell: whose picture it is.
        chosen: the picture.
        what: ``content`` or ``style``.
        n: which style, from 0.
        label: what it is.
        short: what is written where none is chosen; default: the label.
        property: of the style, if it is no style itself.
    """
    address, name = picture(view, chosen)
    if address:
        inner = tag("img", src=address, alt="", loading="lazy")  # the button's label names it
    else:
        inner = icon("add") + tag(
            "span", text(view.say("Choose a photo") if what == "content" else short or label)
        )
    if isinstance(chosen, Output):
        name = view.session.book.name_of(chosen.cell)
        inner += tag("span", icon("link") + text(name), class_="linked")
    elif address and is_learned(view, chosen):
        inner += tag("span", icon("learn") + text(name), class_="linked learned")
    elif address and name:
        inner += tag("span", text(name), class_="name")
    return tag(
        "button",
        inner,
        type="button",
        class_=f"input {property or what}" + ("" if address else " empty"),
        data_do="pick",
        data_cell=cell.id,
        data_what=what,
        data_index=n,
        data_property=property or None,
        data_drop=what,
        aria_label=f"{label}: {name}" if name else label,
    )


def is_learned(view: View, source: PictureRef | None) -> bool:
    """Whether a source is a learned style."""
    return isinstance(source, Upload) and view.own.is_learned(source.asset)


def picture(view: View, source: PictureRef | None) -> tuple[str, str]:
    """The address of a source's small picture and what to call it; both may be empty."""
    if isinstance(source, Named):
        found = library.find(source.name)
        return (url(found.thumbnail), found.called(view.language)) if found else ("", source.name)
    name = ""
    if isinstance(source, Example):
        sample = view.samples.named(source.name)
        name = sample.called(view.language) if sample else source.name
    if isinstance(source, Upload):
        name = source.name.removesuffix(SUFFIX) if is_learned(view, source) else ""
    return view.own.seen(view.session.book, source), name
