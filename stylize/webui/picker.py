"""The dialog in which a picture is chosen: uploads, camera, other cells, the gallery, examples, painters."""

from __future__ import annotations

from .. import library
from ..notebook import Example
from .examples import Examples
from .forms import Forms
from .html import button, icon, tag, text
from .shelf import Shelf, url
from .sitting import Picker, Sitting
from .texts import say


def draw(sitting: Sitting, shelf: Shelf, samples: Examples, forms: Forms) -> str:
    """The dialog; an empty one while nothing is to be chosen."""
    picker = sitting.picker
    if picker is None or picker.cell not in sitting.book:
        return tag("dialog", "", class_="picker", data_modal="picker")
    spoken = sitting.language
    style = picker.what == "style"
    title = say("Choose a style", spoken) if style else say("Choose a photo", spoken)
    close = button(say("Close", spoken), "close", drawing="close", plain=True)
    head = tag("header", tag("h2", text(title)) + close)
    own = [_outputs(sitting, shelf, picker), _shots(sitting, shelf, picker)]
    known = [_examples(samples, forms, sitting, picker)]
    if style:
        known.append(_painters(picker, spoken))
    parts = [_ways(picker, spoken), *(known + own if style else own + known)]
    body = tag("div", "".join(parts), class_="body")
    return tag(
        "dialog", head + body, class_="picker", data_modal="picker", data_open=True, aria_label=title,
        data_cell=picker.cell, data_what=picker.what, data_index=picker.index,
    )  # fmt: skip


def _ways(picker: Picker, spoken: str) -> str:
    file = tag(
        "input", type="file", accept="image/*", class_="unseen", data_upload="upload", data_cell=picker.cell,
        data_what=picker.what, data_index=picker.index,
    )  # fmt: skip
    label = tag(
        "label",
        icon("photo") + f"<span>{text(say('Upload a picture', spoken))}</span>" + file,
        class_="drop",
    )
    camera = (
        button(say("Take a photo", spoken), "camera", drawing="camera") if picker.what == "content" else ""
    )
    hint = tag("small", text(say("You can also drop or paste one.", spoken)))
    return tag("div", label + camera + hint, class_="ways")


def _outputs(sitting: Sitting, shelf: Shelf, picker: Picker) -> str:
    own, book, tiles = shelf.of(sitting), sitting.book, []
    for cell in book.may_use(picker.cell):
        result = book[cell].result
        address = own.thumb(result.asset) if result else ""
        tiles.append(_tile(picker, "output", cell, address, book.name_of(cell)))
    return _group(say("From this notebook", sitting.language), tiles)


def _shots(sitting: Sitting, shelf: Shelf, picker: Picker) -> str:
    own = shelf.of(sitting)
    tiles = [
        _tile(picker, "upload", shot.asset, own.thumb(shot.asset), shot.title) for shot in sitting.shots[:12]
    ]
    return _group(say("Gallery", sitting.language), tiles)


def _examples(samples: Examples, forms: Forms, sitting: Sitting, picker: Picker) -> str:
    found = samples.paintings if picker.what == "style" else samples.photos
    tiles = [
        _tile(picker, "example", each.path.stem, forms.picture(sitting, Example(each.path.stem))[0],
              each.called(sitting.language))
        for each in found
    ]  # fmt: skip
    return _group(say("Examples", sitting.language), tiles)


def _painters(picker: Picker, spoken: str) -> str:
    tiles = []
    for each in library.styles():
        artist = each.artist_zh if spoken == "zh" else each.artist
        about = each.about_zh if spoken == "zh" else each.about
        words = f"{each.artist} {each.artist_zh} {each.about} {each.about_zh} {each.name}".lower()
        tiles.append(_tile(picker, "named", each.name, url(each.thumbnail), artist, about, words))
    label = say("Search painters", spoken)
    search = tag(
        "input", type="search", placeholder=label, aria_label=label, data_search=True, autocomplete="off"
    )
    return _group(say("Painters", spoken), tiles, search)


def _tile(
    picker: Picker, kind: str, name: str, address: str, title: str, about: str = "", words: str = ""
) -> str:
    image = (
        tag("img", src=address, alt="", loading="lazy")
        if address
        else tag("span", icon("link"), class_="none")
    )
    small = tag("small", text(about)) if about else ""
    return tag(
        "button", image + tag("span", text(title)) + small, type="button", data_do="choose", data_kind=kind,
        data_name=name, data_cell=picker.cell, data_what=picker.what, data_index=picker.index,
        data_words=words or None, aria_pressed="true" if picker.now == (kind, name) else None,
    )  # fmt: skip


def _group(title: str, tiles: list[str], above: str = "") -> str:
    if not tiles:
        return ""
    heading = tag("div", tag("h3", text(title)) + above, class_="heading")
    return tag("section", heading + tag("div", "".join(tiles), class_="tiles"))
