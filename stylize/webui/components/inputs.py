"""The pictures that go into a cell: the photo, the styles with their properties, and examples to click."""

from __future__ import annotations

from ... import modes
from ...notebook import Cell, Example, Named
from ..html import button, tag, text
from ..session import MOST_STYLES
from . import style_properties
from .source import is_learned, source
from .view import View

STRIP_SIDE = 160  # pixels of a picture in the row of styles


def draw(view: View, cell: Cell) -> str:
    """What a cell's mode takes in; "" where that is nothing."""
    spec, content = modes.spec(cell.mode), ""
    if spec.takes_content:
        content = source(view, cell, cell.content, "content", 0, view.say("Photo"))
    if not spec.takes_styles:
        return tag("div", content, class_="pictures alone") if content else ""
    return tag("div", content + _styles(view, cell), class_="pictures") + _strip(view, cell)


def _styles(view: View, cell: Cell) -> str:
    many = len(cell.styles) > 1
    styles = "".join(_style(view, cell, n, many) for n in range(len(cell.styles)))
    if len(cell.styles) < MOST_STYLES:
        label = view.say("Add a style") if cell.styles else view.say("Choose a style")
        styles += button(
            label,
            "pick",
            drawing="add",
            cell=cell.id,
            what="style",
            index=len(cell.styles),
            class_="add-style" + ("" if cell.styles else " large"),
        )
    return tag("div", styles, class_="styles" + (" many" if many else ""))


def _style(view: View, cell: Cell, n: int, many: bool) -> str:
    label = view.say("Style") + (f" {n + 1}" if many else "")
    inner = source(view, cell, cell.styles[n].source, "style", n, label)
    if many:
        remove = view.say("Remove")
        inner += button(
            remove, "unstyle", drawing="close", plain=True, cell=cell.id, index=n, class_="remove"
        )
    if many and cell.kind == "picture":
        inner += _share(view, cell, n, label)
    inner += _learn(view, cell, n, label)
    inner += style_properties.draw(view, cell, n, label)
    return tag("div", inner, class_="style")


def _learn(view: View, cell: Cell, n: int, label: str) -> str:
    """The button by which a style is learned; "" where the mode learns none, and for a painter's."""
    source = cell.styles[n].source
    if isinstance(source, Named) or not modes.spec(cell.mode).learns(cell.settings):
        return ""
    live = view.session.live(cell.id)
    name = view.say("Learn more" if is_learned(view, source) else "Learn this style")
    return button(
        name,
        "learn",
        drawing="learn",
        cell=cell.id,
        index=n,
        class_="learn",
        disabled=live is not None and live.busy,
        aria_label=f"{label}: {name}",
        about=view.say("Practices it for a minute, so that your photos look more like it"),
    )


def _share(view: View, cell: Cell, n: int, label: str) -> str:
    share, about = min(cell.styles[n].weight, 1), view.say("Share in the mix")
    return tag(
        "input",
        type="range",
        class_="share",
        min=0,
        max=1,
        step=0.05,
        value=f"{share:g}",
        aria_label=f"{label}: {about}",
        data_change="property",
        data_kind="number",
        data_cell=cell.id,
        data_index=n,
        data_property="weight",
        title=about,
        style=f"--fill:{100 * share:.0f}%",
    )


def _strip(view: View, cell: Cell) -> str:
    """The example styles as small pictures: a click paints with one, where that takes seconds."""
    if not modes.spec(cell.mode).instant or cell.kind != "picture" or not view.samples.paintings:
        return ""
    only = cell.styles[0].source if len(cell.styles) == 1 else None
    tiles = []
    for each in view.samples.paintings:
        name, called = each.path.stem, each.called(view.language)
        image = tag("img", src=view.page_files.sample(each.path, STRIP_SIDE), alt=called, loading="lazy")
        tiles.append(
            tag(
                "button",
                image,
                type="button",
                data_do="paint",
                data_cell=cell.id,
                data_style=name,
                title=called,
                aria_pressed="true" if only == Example(name) else "false",
            )
        )
    label = view.say("Click a style to paint it")
    inner = tag("p", text(label)) + tag("div", "".join(tiles))
    return tag("div", inner, class_="strip", role="group", aria_label=label)
