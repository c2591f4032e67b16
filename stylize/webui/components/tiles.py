"""The tiles of the dialog in which a picture is chosen, and their groups."""

from __future__ import annotations

from typing import Any

from ..html import icon, tag, text
from ..session import Picker


def place(picker: Picker) -> dict[str, Any]:
    """The attributes that say for what a picture is chosen."""
    return {
        "data_cell": picker.cell,
        "data_what": picker.what,
        "data_index": picker.index,
        "data_property": picker.property or None,
    }


def tile(
    picker: Picker,
    kind: str,
    name: str,
    address: str,
    title: str,
    about: str = "",
    keywords: str = "",
    *,
    pressed: bool | None = None,
) -> str:
    """A picture that a click chooses.

    Args:
        picker: for what one is chosen.
        kind: of what is chosen, as the command's.
        name: of it.
        address: of the picture; "" for none.
        title: what is written below it.
        about: a few words more.
        keywords: by which the search finds it.
        pressed: whether it is chosen already; default: by ``kind`` and ``name``.
    """
    pressed = picker.now == (kind, name) if pressed is None else pressed
    image = (
        tag("img", src=address, alt="", loading="lazy")
        if address
        else tag("span", icon("link"), class_="none")
    )
    small = tag("small", text(about)) if about else ""
    return tag(
        "button",
        image + tag("span", text(title)) + small,
        type="button",
        data_do="choose",
        data_kind=kind,
        data_name=name,
        **place(picker),
        data_keywords=keywords or None,
        aria_pressed="true" if pressed else None,
    )


def group(title: str, tiles: list[str], above: str = "") -> str:
    """Tiles below a heading with what is ``above`` them; "" for none."""
    if not tiles:
        return ""
    heading = tag("div", tag("h3", text(title)) + above, class_="heading")
    return tag("section", heading + tag("div", "".join(tiles), class_="tiles"))
