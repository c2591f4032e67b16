"""A cell's inputs as HTML: the mode, the pictures that go in, and its settings from their dataclass."""

from __future__ import annotations

import re
from typing import Any

from .. import library, modes
from ..notebook import Axis, Cell, Example, Named, Output, PictureRef
from ..settings import Option, Settings, options
from ..weights import catalog
from .examples import Examples
from .html import button, icon, select, tag, text
from .networks import described
from .profiles import Profile
from .shelf import Shelf, url
from .sitting import MOST_STYLES, Sitting
from .sweeps import default_values
from .texts import say

GROUPS = ("Style", "Picture", "Optimisation", "Network")  # the order on the page
STRIP_SIDE = 160  # pixels of a picture in the row of styles
MOST_STOPS = 400  # positions of a slider; beyond that a number is typed
_LAYER = re.compile(r"relu\d_\d")


class Forms:
    """Draws the forms of a page's cells."""

    def __init__(self, shelf: Shelf, samples: Examples, profile: Profile) -> None:
        self.shelf, self.samples, self.profile = shelf, samples, profile
        self._names = {each.path.stem: each for each in (*samples.photos, *samples.paintings)}

    def draw(self, sitting: Sitting, cell: Cell) -> str:
        """The form of a cell; of a note, nothing."""
        if cell.kind == "note":
            return ""
        spoken = sitting.language
        parts = [self._modes(cell, spoken), self._pictures(sitting, cell)]
        if cell.kind == "sweep":
            parts.append(self._axes(cell, spoken))
        parts += [self._settings(cell, spoken), self._actions(sitting, cell)]
        return tag("div", "".join(parts), class_="form")

    def _modes(self, cell: Cell, spoken: str) -> str:
        labels = "".join(
            tag(
                "label",
                tag("input", type="radio", name=f"mode-{cell.id}", value=spec.name,
                    checked=spec.name == cell.mode, data_change="mode", data_cell=cell.id)
                + f"<span>{text(say(spec.title, spoken))}</span>",
                title=say(spec.summary, spoken),
            )
            for spec in modes.specs()
        )  # fmt: skip
        legend = tag("legend", text(say("How to paint", spoken)), class_="unseen")
        about = tag("p", text(say(modes.spec(cell.mode).summary, spoken)), class_="about")
        return tag("fieldset", legend + tag("div", labels, class_="segments"), class_="modes") + about

    # The pictures

    def _pictures(self, sitting: Sitting, cell: Cell) -> str:
        spoken = sitting.language
        spec, content = modes.spec(cell.mode), ""
        if spec.takes_content:
            content = self._input(sitting, cell, cell.content, "content", 0, say("Photo", spoken))
        if not spec.takes_styles:
            return tag("div", content, class_="pictures alone") if content else ""
        many = len(cell.styles) > 1
        styles = "".join(self._style(sitting, cell, n, many) for n in range(len(cell.styles)))
        if len(cell.styles) < MOST_STYLES:
            label = say("Add a style", spoken) if cell.styles else say("Choose a style", spoken)
            styles += button(
                label, "pick", drawing="add", cell=cell.id, what="style", index=len(cell.styles),
                class_="add-style" + ("" if cell.styles else " large"),
            )  # fmt: skip
        grid = tag("div", styles, class_="styles" + (" many" if many else ""))
        return tag("div", content + grid, class_="pictures") + self._strip(cell, spoken)

    def _strip(self, cell: Cell, spoken: str) -> str:
        """The example styles as small pictures: a click paints with one, where that takes seconds."""
        if not modes.spec(cell.mode).instant or cell.kind != "picture" or not self.samples.paintings:
            return ""
        only = cell.styles[0].source if len(cell.styles) == 1 else None
        tiles = []
        for each in self.samples.paintings:
            name, called = each.path.stem, each.called(spoken)
            image = tag("img", src=self.shelf.sample(each.path, STRIP_SIDE), alt=called, loading="lazy")
            tiles.append(tag(
                "button", image, type="button", data_do="paint", data_cell=cell.id, data_style=name,
                title=called, aria_pressed="true" if only == Example(name) else "false",
            ))  # fmt: skip
        label = say("Click a style to paint it", spoken)
        return tag("div", tag("p", text(label)) + tag("div", "".join(tiles)), class_="strip", role="group",
                   aria_label=label)  # fmt: skip

    def _style(self, sitting: Sitting, cell: Cell, n: int, many: bool) -> str:
        spoken, style = sitting.language, cell.styles[n]
        label = say("Style", spoken) + (f" {n + 1}" if many else "")
        inner = self._input(sitting, cell, style.source, "style", n, label)
        remove = button(
            say("Remove", spoken), "unstyle", drawing="close", plain=True, cell=cell.id, index=n,
            class_="remove",
        )  # fmt: skip
        share = ""
        if many and cell.kind == "picture":
            share = tag(
                "input", type="range", class_="share", min=0, max=1, step=0.05,
                value=f"{min(style.weight, 1):g}",
                aria_label=f"{label}: {say('Share in the mix', spoken)}", data_change="weight",
                data_cell=cell.id, data_index=n, title=say("Share in the mix", spoken),
                style=f"--fill:{100 * min(style.weight, 1):.0f}%",
            )  # fmt: skip
        return tag("div", inner + (remove if many else "") + share, class_="style")

    def _input(
        self, sitting: Sitting, cell: Cell, source: PictureRef | None, what: str, n: int, label: str
    ) -> str:
        spoken = sitting.language
        address, name = self.picture(sitting, source)
        if address:
            inner = tag("img", src=address, alt="", loading="lazy")  # the button's label names it
        else:
            inner = (
                icon("add")
                + f"<span>{text(say('Choose a photo', spoken) if what == 'content' else label)}</span>"
            )
        if isinstance(source, Output):
            name = sitting.book.name_of(source.cell)
            inner += f'<span class="linked">{icon("link")}{text(name)}</span>'
        elif address and name:
            inner += f'<span class="name">{text(name)}</span>'
        return tag(
            "button", inner, type="button", class_=f"input {what}" + ("" if address else " empty"),
            data_do="pick", data_cell=cell.id, data_what=what, data_index=n, data_drop=what,
            aria_label=f"{label}: {name}" if name else label,
        )  # fmt: skip

    def picture(self, sitting: Sitting, source: PictureRef | None) -> tuple[str, str]:
        """The address of a source's small picture and what to call it; both may be empty."""
        if isinstance(source, Named):
            found = library.find(source.name)
            return (url(found.thumbnail), found.called(sitting.language)) if found else ("", source.name)
        name = ""
        if isinstance(source, Example):
            sample = self._names.get(source.name)
            name = sample.called(sitting.language) if sample else source.name
        return self.shelf.of(sitting).seen(sitting.book, source), name

    # Settings

    def _settings(self, cell: Cell, spoken: str) -> str:
        spec, kind = modes.spec(cell.mode), type(cell.settings)
        varied = {axis.setting for axis in cell.axes}
        found = [each for each in options(kind) if each.name not in varied]
        parts = []
        if len(kind.PRESETS) > 1:
            names = [("", say("Choose…", spoken))]
            names += [(name, say(preset_title(kind, name), spoken)) for name in kind.PRESETS]
            label = say("Preset", spoken)
            control = select(label, names, "", data_change="of_mode", data_cell=cell.id)
            parts.append(_row(label, control, say("Fills in the settings below", spoken)))
        parts += [self._row(cell, each, spoken) for each in sorted(found, key=_place) if not each.rare]
        rare = [each for each in sorted(found, key=_place) if each.rare]
        folded = "".join(self._row(cell, each, spoken) for each in rare)
        if self.profile.own_weights and spec.network_field:
            own = _own_network(spec.network_help, cell, spoken)
            if spec.look_field:
                parts.append(own)
            else:
                folded += own
        if folded:
            summary = tag("summary", text(say("More settings", spoken)))
            parts.append(tag("details", summary + folded, class_="more"))
        return tag("div", "".join(parts), class_="settings")

    def _row(self, cell: Cell, each: Option, spoken: str) -> str:
        label, about = say(each.label, spoken), say(each.help, spoken)
        control = self._control(cell, each, spoken, label, about)
        return _row(label, control, about, wide=each.kind is tuple or _is_look(cell, each))

    def _control(self, cell: Cell, each: Option, spoken: str, label: str, about: str) -> str:
        value = getattr(cell.settings, each.name)
        shared: dict[str, Any] = {
            "data_change": "set", "data_cell": cell.id, "data_name": each.name, "aria_label": label,
            "aria_description": about,
        }  # fmt: skip
        if each.kind is bool:
            return tag("input", type="checkbox", role="switch", checked=value, data_kind="bool", **shared)
        if each.kind in (int, float):
            return self._number(each, value, shared)
        if each.kind is tuple:
            boxes = "".join(
                tag("label", tag("input", type="checkbox", value=choice, checked=choice in value,
                                 data_kind="list", **{**shared, "aria_label": choice}) + text(choice))
                for choice in each.choices or ()
            )  # fmt: skip
            return tag("div", boxes, class_="boxes", role="group", aria_label=label)
        del shared["aria_label"]
        control = select(
            label, self._choices(cell, each, str(value), spoken), str(value), data_kind="text", **shared
        )
        known = described(modes.spec(cell.mode), spoken) if _is_look(cell, each) else {}
        said = known.get(str(value))
        return control + tag("small", text(said[2])) if said else control

    def _choices(self, cell: Cell, each: Option, value: str, spoken: str) -> list[tuple[str, str]]:
        if _is_look(cell, each):
            known = described(modes.spec(cell.mode), spoken)
            found = [(name, " · ".join(said[:2])) for name, said in known.items()]
        else:
            found = [(choice, choice_title(choice, spoken)) for choice in each.choices or ()]
        return found if any(key == value for key, _ in found) else [*found, (value, value)]

    def _number(self, each: Option, value: Any, shared: dict[str, Any]) -> str:
        high = self.profile.highest(each)
        bounds = {"min": each.low, "max": high, "step": each.step if each.kind is int else "any"}
        shared = {**shared, "data_kind": "number", "value": f"{value:g}" if each.kind is float else value}
        number = tag("input", type="number", **{**bounds, **shared})
        if each.low is None or high is None or not each.step or each.kind is int:
            return number
        if (high - each.low) / each.step > MOST_STOPS:
            return number
        fill = 100 * (value - each.low) / (high - each.low)
        slider = tag("input", type="range", **{**shared, **bounds, "step": each.step},
                     style=f"--fill:{fill:.1f}%")  # fmt: skip
        return slider + tag("output", text(f"{value:g}"))

    # Sweeps

    def _axes(self, cell: Cell, spoken: str) -> str:
        rows = [self._axis(cell, n, spoken) for n in range(2 if cell.axes else 1)]
        return tag("div", "".join(rows), class_="axes")

    def _axis(self, cell: Cell, n: int, spoken: str) -> str:
        axis = cell.axes[n] if n < len(cell.axes) else Axis("")
        label = say("Across", spoken) if n == 0 else say("Down", spoken)
        known = [(each.name, say(each.label, spoken)) for each in options(type(cell.settings))]
        known = [pair for pair in known if pair[0] != "keep_alpha"]
        if modes.spec(cell.mode).takes_styles:
            known.insert(0, ("style", say("Each style", spoken)))
        known.insert(0, ("", say("Nothing", spoken)))
        setting = select(
            label, known, axis.setting, data_change="axis", data_field="setting", data_cell=cell.id, data_n=n
        )
        values = ""
        if axis.setting and axis.setting != "style":
            values = tag(
                "input", type="text", value=", ".join(map(_said, axis.values)), data_change="axis",
                data_field="values", data_cell=cell.id, data_n=n, data_setting=axis.setting,
                aria_label=say("Values", spoken),
                placeholder=", ".join(map(_said, _suggested(cell, axis.setting))), autocomplete="off",
            )  # fmt: skip
        return tag("div", tag("span", text(label)) + setting + values, class_="axis")

    def _actions(self, sitting: Sitting, cell: Cell) -> str:
        spoken, live = sitting.language, sitting.live(cell.id)
        busy = live is not None and live.phase in ("waiting", "running", "stopping")
        if busy and live is not None:
            waiting = live.phase == "waiting"
            label = say("Leave the line", spoken) if waiting else say("Stop and keep this", spoken)
            inner = button(
                label, "stop", drawing="stop", cell=cell.id, class_="stop",
                disabled=live.phase == "stopping",
            )  # fmt: skip
        else:
            inner = button(say("Run", spoken), "run", drawing="run", cell=cell.id, class_="primary run")
            if cell.id != sitting.book.ids[-1]:
                inner += button(
                    say("Run from here down", spoken), "run", drawing="below", plain=True, cell=cell.id,
                    scope="below",
                )  # fmt: skip
        return tag("div", inner, class_="actions")


def _row(label: str, control: str, about: str, wide: bool = False) -> str:
    inner = tag("span", text(label), class_="label", title=about) + tag("span", control, class_="control")
    return tag("div", inner, class_="row wide" if wide else "row")


def _is_look(cell: Cell, each: Option) -> bool:
    """Whether a setting chooses the look of a mode that takes no style."""
    return each.name == modes.spec(cell.mode).look_field


def _own_network(about: str, cell: Cell, spoken: str) -> str:
    label = say("Use your own network", spoken)
    inner = tag(
        "input", type="file", accept=".pth,.pt,.bin,.safetensors", data_upload="network", data_cell=cell.id,
        class_="unseen",
    )  # fmt: skip
    return tag("label", inner + text(label), class_="own", title=say(about, spoken))


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _suggested(cell: Cell, name: str) -> tuple[Any, ...]:
    option = next((each for each in options(type(cell.settings)) if each.name == name), None)
    return default_values(option) if option else ()


def _place(each: Option) -> int:
    return GROUPS.index(each.group) if each.group in GROUPS else len(GROUPS)


def choice_title(choice: str, spoken: str) -> str:
    """What the page calls a choice: the title of a weight file, a layer's own name, else the word."""
    row = catalog.row(choice)
    if row is not None:
        return say(row.title, spoken)
    return choice if _LAYER.fullmatch(choice) else say(words(choice), spoken)


def words(choice: str) -> str:
    """A choice as a label: "noise" becomes "Noise"."""
    return {"lbfgs": "L-BFGS"}.get(choice, choice[:1].upper() + choice[1:])


def preset_title(kind: type[Settings], name: str) -> str:
    """What the page calls a preset of a mode."""
    return kind.PRESET_TITLES.get(name, words(name))
