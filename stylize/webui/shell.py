"""What is around the cells as HTML: the bar at the top, the gallery, the empty page, the list of keys."""

from __future__ import annotations

from .examples import Examples
from .files import KINDS
from .html import button, icon, tag, text
from .shelf import Shelf
from .sitting import SLOTS, Sitting
from .starts import PRESETS
from .texts import say

TAGLINE = "Your photo, painted in the style of any picture you like."
FILES = {
    "zip": "Everything, to open here again (.zip)",
    "ipynb": "Jupyter notebook (.ipynb)",
    "py": "Python script (.py)",
    "html": "Report to look at (.html)",
    "json": "Settings without pictures (.json)",
}
KEYS = (
    ("Ctrl Enter", "Run the cell"),
    ("Shift Enter", "Run the cell and go to the next"),
    ("Alt ↑ / Alt ↓", "Move the cell"),
    ("Ctrl B", "Add a cell"),
    ("Ctrl Z", "Undo"),
    ("?", "This list"),
)


def top(sitting: Sitting) -> str:
    """The bar at the top."""
    spoken, book, past = sitting.language, sitting.book, sitting.history
    brand = tag("h1", "Stylize")
    title = tag(
        "input", type="text", class_="title", value=book.title, maxlength=200, data_change="rename",
        aria_label=say("Title of the notebook", spoken), placeholder=say("Untitled notebook", spoken),
        autocomplete="off",
    )  # fmt: skip
    full = len(book.cells) >= SLOTS
    runs = button(
        say("Stop all", spoken), "stop_all", drawing="stop", class_="stop-all"
    ) if _running(sitting) else button(
        say("Run all", spoken), "run_all", drawing="run", class_="run-all", disabled=not book.cells
    )  # fmt: skip
    upload = tag("input", type="file", class_="unseen", data_upload="import", accept=".zip,.json,image/*",
                 aria_label=say("Import", spoken))  # fmt: skip
    inner = [
        brand, title, tag("span", "", class_="space"),
        _add(spoken, full), runs,
        tag("label", icon("import") + f"<span>{text(say('Import', spoken))}</span>" + upload,
            title=say("A notebook (.zip, .json) or a picture with its recipe (.png)", spoken),
            class_="button import"),
        _export(spoken, not book.cells),
        button(say("Undo", spoken), "undo", drawing="undo", plain=True, disabled=not past.can_undo),
        button(say("Redo", spoken), "redo", drawing="redo", plain=True, disabled=not past.can_redo),
        button(say("Clear", spoken), "clear", drawing="clear", plain=True, disabled=not book.cells),
        button(say("Gallery", spoken), "gallery", drawing="gallery", plain=True, class_="gallery-button"),
        button(say("Light or dark", spoken), "theme", drawing="theme", plain=True),
        button("中文" if spoken == "en" else "English", "language", value="zh" if spoken == "en" else "en",
               class_="language"),
        button(say("Keys", spoken), "help", drawing="help", plain=True),
    ]  # fmt: skip
    return tag("div", "".join(inner), class_="top", role="toolbar", aria_label=say("Notebook", spoken))


def _running(sitting: Sitting) -> bool:
    return any(live.phase in ("waiting", "running", "stopping") for live in sitting.lives.values())


def _add(spoken: str, full: bool) -> str:
    label = icon("add") + f"<span>{text(say('Add', spoken))}</span>"
    kinds = (("picture", "Picture"), ("sweep", "Sweep"), ("note", "Note"))
    items = [button(say(name, spoken), "add", kind=kind, disabled=full) for kind, name in kinds]
    items.append(tag("b", text(say("Presets", spoken))))
    items += [
        button(say(about[0], spoken), "preset", name=name, disabled=full) for name, about in PRESETS.items()
    ]
    return _menu(say("Add", spoken), label, items, "add")


def _export(spoken: str, empty: bool) -> str:
    label = icon("export") + f"<span>{text(say('Export', spoken))}</span>"
    items = [button(say(FILES[kind], spoken), "export", kind=kind, disabled=empty) for kind in KINDS]
    return _menu(say("Export", spoken), label, items, "export")


def _menu(called: str, label: str, items: list[str], name: str) -> str:
    """``label`` may be a drawing alone where the page is narrow, so it is ``called`` something as well."""
    summary = tag("summary", label, class_="button", aria_label=called)
    return tag("details", summary + tag("div", "".join(items), class_="items"), class_=f"menu {name}")


def bottom(sitting: Sitting) -> str:
    """Below the last cell: what to add next."""
    if not sitting.book.cells:
        return ""
    spoken, full = sitting.language, len(sitting.book.cells) >= SLOTS
    kinds = (("picture", "Picture"), ("sweep", "Sweep"), ("note", "Note"))
    items = (
        button(say(name, spoken), "add", drawing="add", kind=kind, disabled=full) for kind, name in kinds
    )
    return tag("div", "".join(items), class_="next")


def empty(sitting: Sitting, samples: Examples, shelf: Shelf) -> str:
    """The page without cells: one click on an example makes a first picture."""
    if sitting.book.cells:
        return ""
    spoken = sitting.language
    heading = tag("h2", text(say(TAGLINE, spoken)))
    hint = tag("p", text(say("Click an example to paint it now, or begin with a photo of your own.", spoken)))
    pairs = []
    for photo, painting in ((samples.photos[p], samples.paintings[s]) for p, s in samples.pairs):
        name = f"{photo.called(spoken)} + {painting.called(spoken)}"
        images = "".join(
            tag("img", src=_sample(shelf, each.path.stem, side), alt="")
            for each, side in ((photo, 640), (painting, 320))
        )
        pairs.append(tag(
            "button", images + tag("span", text(name)), type="button", data_do="pair",
            data_photo=photo.path.stem, data_style=painting.path.stem, data_title=photo.called(spoken),
        ))  # fmt: skip
    own = tag("input", type="file", accept=".zip,.json,image/*", class_="unseen", data_upload="import")
    upload = tag("label", icon("import") + f"<span>{text(say('Choose a photo', spoken))}</span>" + own,
                 class_="button primary")  # fmt: skip
    start = tag(
        "div",
        upload + button(say("Empty cell", spoken), "add", drawing="add", kind="picture"),
        class_="start",
    )
    return tag(
        "div", heading + hint + tag("div", "".join(pairs), class_="pairs") + start, class_="empty-page"
    )


def _sample(shelf: Shelf, name: str, side: int) -> str:
    from ..notebook import Example, Notebook

    sha256 = shelf.picture_of(Notebook(), Example(name))
    return shelf.thumb(sha256, side) if sha256 else ""


def gallery(sitting: Sitting, shelf: Shelf) -> str:
    """Every picture of the sitting, the latest first."""
    spoken = sitting.language
    tiles = []
    for shot in sitting.shots:
        address = shelf.thumb(shot.asset)
        if address:
            title = shot.title or say("Untitled", spoken)
            about = say("Use as the photo of a new cell", spoken)
            tiles.append(tag(
                "button", tag("img", src=address, alt=title, loading="lazy"), type="button", data_do="shot",
                data_asset=shot.asset, title=f"{title}: {about}",
            ))  # fmt: skip
    inner = "".join(tiles) or tag("p", text(say("Your pictures gather here.", spoken)))
    heading = tag("h2", text(say("Gallery", spoken)))
    return tag(
        "aside",
        heading + tag("div", inner, class_="shots"),
        class_="gallery",
        aria_label=say("Gallery", spoken),
    )


def keys(sitting: Sitting) -> str:
    """The list of keys."""
    spoken = sitting.language
    rows = "".join(
        f"<dt><kbd>{text(key)}</kbd></dt><dd>{text(say(about, spoken))}</dd>" for key, about in KEYS
    )
    close = button(say("Close", spoken), "unhelp", drawing="close", plain=True)
    head = tag("header", tag("h2", text(say("Keys", spoken))) + close)
    return tag("dialog", head + tag("dl", rows), class_="keys", aria_label=say("Keys", spoken))
