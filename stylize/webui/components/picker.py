"""The dialog in which a picture is chosen: uploads, camera, other cells, the gallery, examples, painters."""

from __future__ import annotations

from typing import Any

from ... import library
from ...inputs import style_properties
from ...notebook import Example
from ..html import button, icon, tag, text
from ..page_files import url
from ..session import Picker
from .source import picture
from .view import View


def draw(view: View) -> str:
    """The dialog; an empty one while nothing is to be chosen."""
    picker = view.session.picker
    if picker is None or picker.cell not in view.session.book:
        return tag("dialog", "", class_="picker", data_modal="picker")
    style, title = picker.what == "style", _title(view, picker)
    close = button(view.say("Close"), "close", drawing="close", plain=True)
    head = tag("header", tag("h2", text(title)) + close)
    own = [_outputs(view, picker), _shots(view, picker)]
    known = [] if picker.property else [_examples(view, picker)]
    if style and not picker.property:
        known.append(_painters(view, picker))
    parts = [_ways(view, picker), *(known + own if style else own + known)]
    body = tag("div", "".join(parts), class_="body")
    return tag(
        "dialog",
        head + body,
        class_="picker",
        data_modal="picker",
        data_open=True,
        aria_label=title,
        **_place(picker),
    )


def _title(view: View, picker: Picker) -> str:
    labels = {each.name: each.label for each in style_properties()}
    if picker.property in labels:
        return view.say(labels[picker.property])
    return view.say("Choose a style") if picker.what == "style" else view.say("Choose a photo")


def _place(picker: Picker) -> dict[str, Any]:
    """The attributes that say for what a picture is chosen."""
    return {
        "data_cell": picker.cell,
        "data_what": picker.what,
        "data_index": picker.index,
        "data_property": picker.property or None,
    }


def _ways(view: View, picker: Picker) -> str:
    file = tag(
        "input",
        type="file",
        accept="image/*",
        class_="unseen",
        data_upload="upload",
        **_place(picker),
    )
    label = tag(
        "label",
        icon("photo") + f"<span>{text(view.say('Upload a picture'))}</span>" + file,
        class_="drop",
    )
    camera = button(view.say("Take a photo"), "camera", drawing="camera") if picker.what == "content" else ""
    hint = tag("small", text(view.say("You can also drop or paste one.")))
    return tag("div", label + camera + hint, class_="ways")


def _outputs(view: View, picker: Picker) -> str:
    own, book, tiles = view.own, view.session.book, []
    for cell in book.may_use(picker.cell):
        result = book[cell].result
        address = own.thumb(result.asset) if result else ""
        tiles.append(_tile(picker, "output", cell, address, book.name_of(cell)))
    return _group(view.say("From this notebook"), tiles)


def _shots(view: View, picker: Picker) -> str:
    own = view.own
    tiles = [
        _tile(picker, "upload", shot.asset, own.thumb(shot.asset), shot.title)
        for shot in view.session.shots[:12]
    ]
    return _group(view.say("Gallery"), tiles)


def _examples(view: View, picker: Picker) -> str:
    found = view.samples.paintings if picker.what == "style" else view.samples.photos
    tiles = [
        _tile(
            picker,
            "example",
            each.path.stem,
            picture(view, Example(each.path.stem))[0],
            each.called(view.language),
        )
        for each in found
    ]
    return _group(view.say("Examples"), tiles)


def _painters(view: View, picker: Picker) -> str:
    tiles = []
    for each in library.styles():
        artist = each.artist_zh if view.language == "zh" else each.artist
        about = each.about_zh if view.language == "zh" else each.about
        tiles.append(_tile(picker, "named", each.name, url(each.thumbnail), artist, about, each.keywords))
    label = view.say("Search painters")
    search = tag(
        "input", type="search", placeholder=label, aria_label=label, data_search=True, autocomplete="off"
    )
    none = view.say("No painter here is called so. Try another spelling, or a look: blue, dark, prints.")
    missing = tag("p", text(none), class_="no-hit", hidden=True, role="status")
    return _group(view.say("Painters"), tiles, search + missing)


def _tile(
    picker: Picker, kind: str, name: str, address: str, title: str, about: str = "", keywords: str = ""
) -> str:
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
        **_place(picker),
        data_keywords=keywords or None,
        aria_pressed="true" if picker.now == (kind, name) else None,
    )


def _group(title: str, tiles: list[str], above: str = "") -> str:
    if not tiles:
        return ""
    heading = tag("div", tag("h3", text(title)) + above, class_="heading")
    return tag("section", heading + tag("div", "".join(tiles), class_="tiles"))
