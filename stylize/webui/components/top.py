"""The bar at the top: the notebook's title, what may be added, runs, files, and the page itself."""

from __future__ import annotations

from ...notebook import Notebook
from ...notebook.schema.record import longest
from ..files import KINDS
from ..html import button, icon, tag, text
from ..starts import presets
from .more import more
from .view import View

RULE = tag("i", "", class_="rule")  # between groups of buttons
ADDED = (("picture", "Picture"), ("sweep", "Sweep"), ("note", "Note"))
FILES = {
    "zip": "Everything, to open here again (.zip)",
    "ipynb": "Jupyter notebook (.ipynb)",
    "py": "Python script (.py)",
    "html": "Report to look at (.html)",
    "json": "Settings without pictures (.json)",
}


def draw(view: View) -> str:
    """The bar at the top."""
    brand = tag("h1", "Stylize")
    title = tag(
        "input",
        type="text",
        class_="title",
        value=view.session.book.title,
        data_change="rename",
        maxlength=longest(Notebook, "title"),
        aria_label=view.say("Title of the notebook"),
        placeholder=view.say("Untitled notebook"),
        autocomplete="off",
    )
    inner = [
        brand,
        title,
        tag("span", "", class_="space"),
        _add(view),
        _runs(view),
        more(view),
        tag("div", _extras(view), class_="extras"),
    ]
    return tag(
        "div",
        "".join(inner),
        class_="top",
        role="toolbar",
        aria_label=view.say("Notebook"),
        data_more=True,
        data_keep_class=True,
    )


def _runs(view: View) -> str:
    """What runs all cells, or stops them."""
    if any(live.phase in ("waiting", "running", "stopping") for live in view.session.lives.values()):
        return button(view.say("Stop all"), "stop_all", drawing="stop", class_="stop-all")
    empty = not view.session.book.cells
    return button(view.say("Run all"), "run_all", drawing="run", class_="run-all", disabled=empty)


def _extras(view: View) -> str:
    """What a phone shows only when it is asked for."""
    session, book = view.session, view.session.book
    upload = tag(
        "input",
        type="file",
        class_="unseen",
        data_upload="import",
        multiple=True,
        accept=".zip,.json,.safetensors,image/*",
        aria_label=view.say("Import"),
    )
    extras = [
        tag(
            "label",
            icon("import") + f"<span>{text(view.say('Import'))}</span>" + upload,
            title=view.say("A notebook (.zip, .json), a picture with its recipe (.png), or a learned style"),
            class_="button import",
        ),
        _export(view),
        RULE,
        button(view.say("Undo"), "undo", drawing="undo", plain=True, disabled=not session.history.can_undo),
        button(view.say("Redo"), "redo", drawing="redo", plain=True, disabled=not session.history.can_redo),
        button(view.say("Clear"), "clear", drawing="clear", plain=True, disabled=not book.cells),
        RULE,
        button(
            view.say("Gallery"),
            "gallery",
            drawing="gallery",
            plain=True,
            class_="gallery-button",
            aria_pressed="false",
            keep_state=True,
        ),
        button(view.say("Light or dark"), "theme", drawing="theme", plain=True),
        _language(view),
        button(view.say("Keys"), "help", drawing="help", plain=True),
    ]
    return "".join(extras)


def _language(view: View) -> str:
    label, value = ("中文", "zh") if view.language == "en" else ("English", "en")
    return button(label, "language", value=value, class_="language")


def _add(view: View) -> str:
    label = icon("add") + tag("span", text(view.say("Add")))
    items = [button(view.say(name), "add", kind=kind, disabled=view.full) for kind, name in ADDED]
    items.append(tag("b", text(view.say("Presets"))))
    items += [
        button(view.say(start.title), "preset", name=start.name, disabled=view.full) for _, start in presets()
    ]
    return _menu(view.say("Add"), label, items, "add")


def _export(view: View) -> str:
    label = icon("export") + tag("span", text(view.say("Export")))
    empty = not view.session.book.cells
    items = [button(view.say(FILES[kind]), "export", kind=kind, disabled=empty) for kind in KINDS]
    return _menu(view.say("Export"), label, items, "export")


def _menu(called: str, label: str, items: list[str], name: str) -> str:
    """``label`` may be a drawing alone where the page is narrow, so it is ``called`` something as well."""
    summary = tag("summary", label, class_="button", aria_label=called)
    return tag("details", summary + tag("div", "".join(items), class_="items"), class_=f"menu {name}")
