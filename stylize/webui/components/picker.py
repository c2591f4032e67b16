"""The dialog in which a picture is chosen: uploads, camera, other cells, the gallery, examples, painters."""

from __future__ import annotations

from ... import library
from ...inputs import style_properties
from ...notebook import Example
from ..html import button, icon, tag, text
from ..page_files import url
from ..session import Picker
from . import mine
from .source import picture
from .tiles import group, place, tile
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
        known = [mine.draw(view, picker), *known, _painters(view, picker)]
    parts = [_ways(view, picker), *(known + own if style else own + known)]
    body = tag("div", "".join(parts), class_="body")
    return tag(
        "dialog",
        head + body,
        class_="picker",
        data_modal="picker",
        data_open=True,
        aria_label=title,
        **place(picker),
    )


def _title(view: View, picker: Picker) -> str:
    labels = {each.name: each.label for each in style_properties()}
    if picker.property in labels:
        return view.say(labels[picker.property])
    return view.say("Choose a style") if picker.what == "style" else view.say("Choose a photo")


def _ways(view: View, picker: Picker) -> str:
    styles = picker.what == "style" and not picker.property
    file = tag(
        "input",
        type="file",
        accept="image/*,.safetensors" if styles else "image/*",
        class_="unseen",
        data_upload="upload",
        **place(picker),
    )
    label = tag(
        "label",
        icon("photo") + f"<span>{text(view.say('Upload a picture'))}</span>" + file,
        class_="drop",
    )
    camera = button(view.say("Take a photo"), "camera", drawing="camera") if picker.what == "content" else ""
    said = view.say("You can also drop or paste one.")
    if styles:
        said += " " + view.say("Files of learned styles serve as well.")
    hint = tag("small", text(said))
    return tag("div", label + camera + hint, class_="ways")


def _outputs(view: View, picker: Picker) -> str:
    own, book, tiles = view.own, view.session.book, []
    for cell in book.may_use(picker.cell):
        result = book[cell].result
        address = own.thumb(result.asset) if result else ""
        tiles.append(tile(picker, "output", cell, address, book.name_of(cell)))
    return group(view.say("From this notebook"), tiles)


def _shots(view: View, picker: Picker) -> str:
    own = view.own
    tiles = [
        tile(picker, "upload", shot.asset, own.thumb(shot.asset), shot.title)
        for shot in view.session.shots[:12]
    ]
    return group(view.say("Gallery"), tiles)


def _examples(view: View, picker: Picker) -> str:
    found = view.samples.paintings if picker.what == "style" else view.samples.photos
    tiles = [
        tile(
            picker,
            "example",
            each.path.stem,
            picture(view, Example(each.path.stem))[0],
            each.called(view.language),
        )
        for each in found
    ]
    return group(view.say("Examples"), tiles)


def _painters(view: View, picker: Picker) -> str:
    tiles = []
    for each in library.styles():
        artist = each.artist_zh if view.language == "zh" else each.artist
        about = each.about_zh if view.language == "zh" else each.about
        tiles.append(tile(picker, "named", each.name, url(each.thumbnail), artist, about, each.keywords))
    label = view.say("Search painters")
    search = tag(
        "input", type="search", placeholder=label, aria_label=label, data_search=True, autocomplete="off"
    )
    none = view.say("No painter here is called so. Try another spelling, or a look: blue, dark, prints.")
    missing = tag("p", text(none), class_="no-hit", hidden=True, role="status")
    return group(view.say("Painters"), tiles, search + missing)
