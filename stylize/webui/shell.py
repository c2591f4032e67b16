"""What is around the cells as HTML: the bar at the top, the gallery, the empty page, the list of keys."""

from __future__ import annotations

from ..notebook import Notebook
from ..notebook.schema.record import longest
from .examples import Examples
from .files import KINDS
from .html import button, icon, tag, text
from .shelf import Shelf
from .sitting import SLOTS, Sitting
from .starts import presets
from .texts import say

TAGLINE = "Your photo, painted in the style of any picture you like."
RULE = tag("i", "", class_="rule")  # between groups of buttons
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
        "input", type="text", class_="title", value=book.title, data_change="rename",
        maxlength=longest(Notebook, "title"),
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
    extras = [
        tag("label", icon("import") + f"<span>{text(say('Import', spoken))}</span>" + upload,
            title=say("A notebook (.zip, .json) or a picture with its recipe (.png)", spoken),
            class_="button import"),
        _export(spoken, not book.cells),
        RULE,
        button(say("Undo", spoken), "undo", drawing="undo", plain=True, disabled=not past.can_undo),
        button(say("Redo", spoken), "redo", drawing="redo", plain=True, disabled=not past.can_redo),
        button(say("Clear", spoken), "clear", drawing="clear", plain=True, disabled=not book.cells),
        RULE,
        button(say("Gallery", spoken), "gallery", drawing="gallery", plain=True, class_="gallery-button",
               aria_pressed="false", keep_state=True),
        button(say("Light or dark", spoken), "theme", drawing="theme", plain=True),
        button("中文" if spoken == "en" else "English", "language", value="zh" if spoken == "en" else "en",
               class_="language"),
        button(say("Keys", spoken), "help", drawing="help", plain=True),
    ]  # fmt: skip
    inner = [
        brand, title, tag("span", "", class_="space"), _add(spoken, full), runs, more(spoken),
        tag("div", "".join(extras), class_="extras"),
    ]  # fmt: skip
    return tag(
        "div", "".join(inner), class_="top", role="toolbar", aria_label=say("Notebook", spoken),
        data_more=True, data_keep_class=True,
    )  # fmt: skip


def more(spoken: str) -> str:
    """What unfolds the tools for which a phone has no room; wider pages show them all the time."""
    return button(
        say("More", spoken), "more", drawing="more", plain=True, class_="more-button",
        aria_expanded="false", keep_state=True,
    )  # fmt: skip


def _running(sitting: Sitting) -> bool:
    return any(live.phase in ("waiting", "running", "stopping") for live in sitting.lives.values())


def _add(spoken: str, full: bool) -> str:
    label = icon("add") + f"<span>{text(say('Add', spoken))}</span>"
    kinds = (("picture", "Picture"), ("sweep", "Sweep"), ("note", "Note"))
    items = [button(say(name, spoken), "add", kind=kind, disabled=full) for kind, name in kinds]
    items.append(tag("b", text(say("Presets", spoken))))
    items += [
        button(say(start.title, spoken), "preset", name=start.name, disabled=full) for _, start in presets()
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
    hint = tag("p", text(say("Choose a photo or drop it on this page, then pick a style.", spoken)))
    own = tag("input", type="file", accept=".zip,.json,image/*", class_="unseen", data_upload="import")
    upload = tag("label", icon("photo") + f"<span>{text(say('Choose a photo', spoken))}</span>" + own,
                 class_="button primary")  # fmt: skip
    start = tag(
        "div",
        upload + button(say("New cell", spoken), "add", drawing="add", kind="picture"),
        class_="start",
    )
    pairs = [_pair(samples, n, shelf, spoken) for n in range(len(samples.pairs))]
    known = tag("h3", text(say("Or click an example to paint it now", spoken))) if pairs else ""
    return tag(
        "div",
        heading + hint + start + known + tag("div", "".join(pairs), class_="pairs"),
        class_="empty-page",
    )


def _pair(samples: Examples, n: int, shelf: Shelf, spoken: str) -> str:
    """A photo that turns into its painting from left to right, with the style in a corner."""
    photo, style = (kind[at] for kind, at in zip((samples.photos, samples.paintings), samples.pairs[n],
                                                 strict=True))  # fmt: skip
    name = f"{photo.called(spoken)} + {style.called(spoken)}"
    images = tag("img", src=shelf.sample(photo.path, 640), alt="")
    if n in samples.painted:
        images += tag("img", src=shelf.sample(samples.painted[n], 640), alt="", class_="painted")
        images += tag("i", "", class_="line")
    images += tag("img", src=shelf.sample(style.path), alt="", class_="style")
    return tag(
        "button", images + tag("span", text(name)), type="button", data_do="pair",
        data_photo=photo.path.stem, data_style=style.path.stem, data_title=photo.called(spoken),
    )  # fmt: skip


def gallery(sitting: Sitting, shelf: Shelf) -> str:
    """Every picture of the sitting, the latest first."""
    spoken = sitting.language
    own, tiles = shelf.of(sitting), []
    for shot in sitting.shots:
        address = own.thumb(shot.asset)
        if address:
            title = shot.title or say("Untitled", spoken)
            about = say("Use as the photo of a new cell", spoken)
            tiles.append(tag(
                "button", tag("img", src=address, alt=title, loading="lazy"), type="button", data_do="shot",
                data_asset=shot.asset, title=f"{title}: {about}",
            ))  # fmt: skip
    inner = "".join(tiles) or tag("p", text(say("Your pictures gather here.", spoken)))
    close = button(say("Close", spoken), "gallery", drawing="close", plain=True)
    head = tag("header", tag("h2", text(say("Gallery", spoken))) + close)
    return tag(
        "aside", head + tag("div", inner, class_="shots"), class_="gallery", aria_label=say("Gallery", spoken)
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
