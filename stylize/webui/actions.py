"""Everything that a visitor can do, by name. No gradio here, and nothing that arrives is trusted."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import library, modes
from ..errors import Note, NotebookError, SettingsError, StylizeError, note
from ..notebook import Axis, Cell, Example, Named, Notebook, Output, Source, Style, Upload
from ..notebook import examples as samples
from ..notebook.cells import KINDS, settings_from
from ..notebook.store import from_json
from ..settings import options
from . import files, starts
from .cellwork import INSIDE, Workshop
from .line import Line, Ticket
from .profiles import Profile
from .sent import Data, Malformed, number, one_of, text, whole
from .shelf import Shelf, url
from .sitting import SLOTS, Live, Picker, Sitting, chosen
from .texts import LANGUAGES, say
from .tuning import may_tune

MOST_STYLES = 6
_NETWORK = re.compile(r"[\w.-]{1,100}\.(pth|pt|bin|safetensors)")
logger = logging.getLogger(__name__)


class Actions:
    """What a sitting's page asks for.

    Args:
        shelf: where pictures lie.
        workshop: what makes them.
        line: where cells wait for it.
    """

    def __init__(self, shelf: Shelf, workshop: Workshop, line: Line, profile: Profile) -> None:
        self.shelf, self.workshop, self.line, self.profile = shelf, workshop, line, profile
        self._all: dict[str, Callable[[Sitting, Data], None]] = self._by_start("do_")
        self._before: dict[str, Callable[[Sitting, Data], Data]] = self._by_start("before_")

    def _by_start(self, start: str) -> dict[str, Any]:
        return {name.removeprefix(start): getattr(self, name) for name in dir(self) if name.startswith(start)}

    def act(self, sitting: Sitting, data: Data) -> None:
        """Does what ``data["do"]`` names. What goes wrong is said on the page, never raised: a fault of
        Stylize's own is logged. Files are read beforehand, while the sitting is free for others.
        """
        name = str(data.get("do"))
        if name not in self._all:
            return
        refused: Exception | None = None
        try:
            data = self._before[name](sitting, data) if name in self._before else data
        except Exception as error:
            refused = error
        with sitting.lock:
            with self._told(sitting):
                if refused:
                    raise refused
                self._all[name](sitting, data)
            sitting.touch()

    @contextmanager
    def _told(self, sitting: Sitting) -> Iterator[None]:
        """Says on the page what goes wrong."""
        try:
            yield
        except Malformed:  # by no page that is up to date
            sitting.say("failed", say("This page is out of date: load it again.", sitting.language))
        except StylizeError as error:
            sitting.say("failed", say(error, sitting.language, paths=self.profile.trusted))
        except Exception:
            logger.exception("An action failed")
            sitting.say("failed", say(INSIDE, sitting.language))

    # Cells

    def do_add(self, sitting: Sitting, data: Data) -> None:
        kind = one_of(data, "kind", KINDS, "picture")
        cell = Cell(kind=kind) if kind == "note" else replace(
            Cell(kind=kind), settings=starts.mode_settings("adain", "default", {}, self.profile)
        )  # fmt: skip
        if kind == "sweep":
            cell = replace(cell, axes=(Axis("strength", (0.25, 0.5, 0.75, 1.0)),))
        self._add(sitting, self._inherit(sitting, cell), self._known(sitting, data.get("after")))

    def do_preset(self, sitting: Sitting, data: Data) -> None:
        cell = starts.preset(data.get("name"), self.profile)
        self._add(sitting, self._inherit(sitting, cell))

    def do_pair(self, sitting: Sitting, data: Data) -> None:
        photo, painting = text(data, "photo"), text(data, "style")
        samples.find(photo)
        cell = starts.pair(photo, painting, text(data, "title", "")[:80], self.profile)
        self._add(sitting, cell)
        self._queue(sitting, (cell.id,))

    def do_delete(self, sitting: Sitting, data: Data) -> None:
        self._edit(sitting, sitting.book.remove(text(data, "cell")))
        sitting.say("undo", say("Deleted", sitting.language))

    def do_clear(self, sitting: Sitting, data: Data) -> None:
        if sitting.book.cells:
            self._edit(sitting, sitting.book.clear())
            sitting.say("undo", say("The notebook is empty now", sitting.language))

    def do_duplicate(self, sitting: Sitting, data: Data) -> None:
        cell = text(data, "cell")
        book = sitting.book.duplicate(cell)
        self._edit(sitting, book)
        sitting.show(book.ids[book.place(cell) + 1])

    def do_move(self, sitting: Sitting, data: Data) -> None:
        cell, way = text(data, "cell"), one_of(data, "way", ("up", "down"))
        sitting.do(sitting.book.move(cell, way))
        sitting.show(cell)

    def do_fold(self, sitting: Sitting, data: Data) -> None:
        cell = self._cell(sitting, data)
        sitting.do(sitting.book.change(cell.id, folded=not cell.folded))

    def do_undo(self, sitting: Sitting, data: Data) -> None:
        sitting.history.undo()
        sitting.settle()

    def do_redo(self, sitting: Sitting, data: Data) -> None:
        sitting.history.redo()
        sitting.settle()

    def do_below(self, sitting: Sitting, data: Data) -> None:
        """A new cell whose photo is this cell's picture, with this cell's styles and settings."""
        source = self._cell(sitting, data)
        cell = Cell(
            mode=source.mode, settings=source.settings, content=Output(source.id), styles=source.styles
        )
        self._add(sitting, cell, source.id)

    def do_tile(self, sitting: Sitting, data: Data) -> None:
        cell = text(data, "cell")
        book = sitting.book.open_tile(cell, whole(data, "n", written=True))
        self._edit(sitting, book)
        sitting.show(book.ids[book.place(cell) + 1])

    # What is in a cell

    def do_rename(self, sitting: Sitting, data: Data) -> None:
        sitting.do(sitting.book.rename(text(data, "value")), "rename")

    def do_title(self, sitting: Sitting, data: Data) -> None:
        cell = text(data, "cell")
        sitting.do(sitting.book.change(cell, title=text(data, "value")), f"title {cell}")

    def do_text(self, sitting: Sitting, data: Data) -> None:
        cell = text(data, "cell")
        sitting.do(sitting.book.change(cell, text=text(data, "value")), f"text {cell}")

    def do_mode(self, sitting: Sitting, data: Data) -> None:
        cell, mode = text(data, "cell"), text(data, "value")
        book = sitting.book.change(cell, mode=mode)
        values = starts.mode_settings(mode, "default", {}, self.profile).to_dict()
        common = {each.name for each in options(modes.options.PictureSettings)} - {"content_side"}
        kept = {name: value for name, value in book[cell].settings.to_dict().items() if name in common}
        book = book.change(cell, settings=settings_from(mode, {**values, **kept}))
        if book[cell].kind == "sweep" and not book[cell].axes:
            book = book.change(cell, axes=_first_axis(mode))
        sitting.do(book)

    def do_of_mode(self, sitting: Sitting, data: Data) -> None:
        """The settings of a mode's preset."""
        cell = self._cell(sitting, data)
        settings = starts.mode_settings(cell.mode, text(data, "value"), {}, self.profile)
        sitting.do(sitting.book.change(cell.id, settings=settings))

    def do_set(self, sitting: Sitting, data: Data) -> None:
        cell, name, value = self._cell(sitting, data), text(data, "name"), data.get("value")
        option = next((each for each in options(type(cell.settings)) if each.name == name), None)
        if option is None:
            raise Malformed("This page is out of date: load it again.")
        try:
            value = option.check(value)
            settings_from(cell.mode, {name: list(value) if isinstance(value, tuple) else value})
        except SettingsError as error:
            raise SettingsError(
                error.note.template, **{**error.note.values, "name": _named(option, sitting)}
            ) from error
        self._check_choice(sitting, option, value)
        self._change(sitting, cell, f"set {cell.id} {name}", settings={name: value})

    def do_paint(self, sitting: Sitting, data: Data) -> None:
        """An example style in place of a cell's styles, and a run at once, whatever runs there now."""
        cell, style = self._cell(sitting, data), text(data, "style")
        samples.find(style)
        sitting.do(sitting.book.change(cell.id, styles=(Style(Example(style)),)))
        self._stop(sitting, cell.id)
        sitting.lives.pop(cell.id, None)
        self._queue(sitting, (cell.id,))

    def do_weight(self, sitting: Sitting, data: Data) -> None:
        cell, index = self._style(sitting, data)
        styles = list(cell.styles)
        styles[index] = Style(styles[index].source, number(data, "value", written=True))
        self._change(sitting, cell, f"weight {cell.id} {index}", styles=tuple(styles))

    def do_unstyle(self, sitting: Sitting, data: Data) -> None:
        cell, index = self._style(sitting, data)
        styles = [style for n, style in enumerate(cell.styles) if n != index]
        sitting.do(sitting.book.change(cell.id, styles=tuple(styles)))

    def do_axis(self, sitting: Sitting, data: Data) -> None:
        """What a sweep varies: ``n`` is 0 for columns, 1 for rows; no ``setting`` takes the axis away."""
        cell, n = self._cell(sitting, data), whole(data, "n", 0, 1, written=True)
        axes = list(cell.axes)
        made = _axis(cell, text(data, "setting", ""), text(data, "values", ""))
        axes[n : n + 1] = [] if made is None else [made]
        sitting.do(sitting.book.change(cell.id, axes=tuple(axes)))

    # Pictures

    def do_pick(self, sitting: Sitting, data: Data) -> None:
        cell, (what, index) = self._cell(sitting, data), self._place(data)
        sitting.picker = Picker(cell.id, what, index, chosen(cell, what, index))

    def do_close(self, sitting: Sitting, data: Data) -> None:
        sitting.picker = None

    def do_choose(self, sitting: Sitting, data: Data) -> None:
        source = self._source(sitting, data)
        self._put(sitting, data, source)
        sitting.picker = None

    def before_upload(self, sitting: Sitting, data: Data) -> Data:
        return {**data, "taken": self.shelf.of(sitting).take(self._uploaded(sitting, data))}

    def do_upload(self, sitting: Sitting, data: Data) -> None:
        self._put(sitting, data, Upload(*data["taken"]))
        sitting.picker = None

    def do_network(self, sitting: Sitting, data: Data) -> None:
        """A network of the visitor's own: a generator, or for the other modes what ``network`` stands for."""
        if not self.profile.own_weights:
            raise SettingsError("This page does not take weight files.")
        file = self._uploaded(sitting, data)
        if not _NETWORK.fullmatch(file.name):
            raise SettingsError("{file} is no weight file: .pth and .safetensors are read.", file=file.name)
        self.shelf.of(sitting).take_network(file)
        cell = self._cell(sitting, data)
        setting = "translation" if cell.mode == "cyclegan" else "network"
        sitting.do(sitting.book.change(cell.id, settings={setting: file.name}))

    def do_shot(self, sitting: Sitting, data: Data) -> None:
        """A picture of the gallery becomes a new cell's photo."""
        shot = next((each for each in sitting.shots if each.asset == data.get("asset")), None)
        if shot is None:
            raise NotebookError("A picture is no longer here: choose it again.")
        name = (re.sub(r"[^\w -]", "", shot.title) or "picture") + ".png"
        cell = Cell(
            content=Upload(shot.asset, name),
            settings=starts.mode_settings("adain", "default", {}, self.profile),
        )
        self._add(sitting, self._inherit(sitting, cell))

    # Runs

    def do_run(self, sitting: Sitting, data: Data) -> None:
        scope = "below" if data.get("scope") == "below" else "this"
        self._queue(sitting, sitting.book.plan(scope, text(data, "cell")))

    def do_run_all(self, sitting: Sitting, data: Data) -> None:
        if not sitting.book.cells:
            return
        todo = sitting.book.plan("all", again=False) or sitting.book.plan("all")
        self._queue(sitting, todo)

    def do_stop(self, sitting: Sitting, data: Data) -> None:
        self._stop(sitting, text(data, "cell"))

    def do_stop_all(self, sitting: Sitting, data: Data) -> None:
        for cell in list(sitting.lives):
            self._stop(sitting, cell)

    # The whole

    def do_language(self, sitting: Sitting, data: Data) -> None:
        sitting.language = one_of(data, "value", LANGUAGES)

    def do_export(self, sitting: Sitting, data: Data) -> None:
        path = files.export(sitting.book, data.get("kind"), self.shelf.of(sitting), sitting.language)
        sitting.download = (sitting.download[0] + 1, url(path), path.name)

    def before_import(self, sitting: Sitting, data: Data) -> Data:
        return {**data, "found": files.read(self._uploaded(sitting, data), self.shelf.of(sitting))}

    def do_import(self, sitting: Sitting, data: Data) -> None:
        found = data["found"]
        if isinstance(found, Cell):
            bare = modes.takes_styles(found.mode) and not found.styles and not found.result
            self._add(sitting, self._inherit(sitting, found) if bare else found)
            if found.result:
                sitting.keep(found.result.asset, found.title)
            return
        both = (*sitting.book.cells, *_renamed(found, sitting.book).cells)
        self._edit(sitting, Notebook(sitting.book.title or found.title, both))
        for cell in found.cells:
            if cell.result:
                sitting.keep(cell.result.asset, cell.title)
        sitting.say("done", say(note("{count} cells were added", count=len(found.cells)), sitting.language))

    def restore(self, sitting: Sitting, text: object) -> None:
        """A notebook that the browser kept. What cannot be read is left out."""
        if not isinstance(text, str) or not text:
            return
        with sitting.lock, self._told(sitting), suppress(StylizeError):
            book = from_json(text)
            sitting.do(replace(book, cells=book.cells[:SLOTS]).without_lost(self.shelf.of(sitting).assets))
            sitting.history = type(sitting.history)(sitting.book)
            for cell in reversed(sitting.book.cells):
                if cell.result:
                    sitting.keep(cell.result.asset, cell.title)

    def begin(self, sitting: Sitting, query: Data) -> None:
        """What the page's address asks for: ``preset`` or ``recipe``."""
        with sitting.lock, self._told(sitting):
            if query.get("preset"):
                self.do_preset(sitting, {"name": query["preset"]})
            if query.get("recipe"):
                self._add(sitting, starts.linked(query["recipe"]))

    # Within

    def _edit(self, sitting: Sitting, book: Notebook) -> None:
        if len(book.cells) > SLOTS:
            raise NotebookError("This page has room for {most} cells: delete one first.", most=SLOTS)
        sitting.do(book)

    def _add(self, sitting: Sitting, cell: Cell, after: str | None = None) -> None:
        self._edit(sitting, sitting.book.add(after=after, cell=cell))
        sitting.show(cell.id)

    def _inherit(self, sitting: Sitting, cell: Cell) -> Cell:
        """A new cell begins with the pictures of the last one, so that it can run at once."""
        last = next((each for each in reversed(sitting.book.cells) if each.kind != "note"), None)
        if cell.kind == "note":
            return cell
        if last is None:
            found = list(samples.files())
            first = samples_default(found)
            return cell if first is None else replace(cell, content=cell.content or Example(first[0]),
                                                      styles=(Style(Example(first[1])),))  # fmt: skip
        return replace(cell, content=cell.content or last.content, styles=cell.styles or last.styles)

    def _cell(self, sitting: Sitting, data: Data) -> Cell:
        return sitting.book[text(data, "cell")]

    def _style(self, sitting: Sitting, data: Data) -> tuple[Cell, int]:
        """A cell, and which of its styles."""
        cell = self._cell(sitting, data)
        return cell, whole(data, "index", 0, len(cell.styles) - 1, written=True)

    def _place(self, data: Data) -> tuple[str, int]:
        """Where a picture goes: as the content, or as which style."""
        return one_of(data, "what", ("content", "style")), whole(data, "index", default=0, written=True)

    def _known(self, sitting: Sitting, cell: object) -> str | None:
        return cell if isinstance(cell, str) and cell in sitting.book else None

    def _change(self, sitting: Sitting, before: Cell, key: str, **fields: Any) -> None:
        """A change that a finished AdaIN cell shows at once."""
        sitting.do(sitting.book.change(before.id, **fields), key)
        cell, live = sitting.book[before.id], sitting.live(before.id)
        if live is not None and live.phase == "tuning":
            return  # it takes the cell as it is when its turn comes
        under_way = live is not None and live.phase == "tuned"
        idle = live is None or not live.busy
        if (
            self.workshop.tunes
            and may_tune(cell, before)
            and (under_way or (idle and before.id not in _stale(sitting, before)))
        ):
            self._tune(sitting, cell.id)

    def _tune(self, sitting: Sitting, cell: str) -> None:
        live = Live(phase="tuning")

        def work() -> None:
            with sitting.lock:
                live.phase = "tuned"  # a change from here on asks for another turn
            self.workshop.tune(sitting, cell, live)

        live.ticket = Ticket(sitting.owner, work, caller=sitting.caller)
        self.line.join(live.ticket)
        sitting.lives[cell] = live

    def _queue(self, sitting: Sitting, cells: tuple[str, ...]) -> None:
        todo = [cell for cell in cells if not ((live := sitting.live(cell)) and live.busy)]
        tickets = []
        for cell in todo:
            live = sitting.lives[cell] = Live()
            live.ticket = Ticket(sitting.owner, self._work(sitting, cell, live), caller=sitting.caller)
            tickets.append(live.ticket)
        try:
            self.line.join(*tickets)
        except StylizeError:
            for cell in todo:
                del sitting.lives[cell]
            raise

    def _work(self, sitting: Sitting, cell: str, live: Live) -> Callable[[], None]:
        return lambda: self.workshop.run(sitting, cell, live)

    def _stop(self, sitting: Sitting, cell: str) -> None:
        live = sitting.live(cell)
        if live is None or live.ticket is None or not live.busy:
            return
        if self.line.leave(live.ticket):
            live.phase = "left"
        elif live.phase == "running":
            live.phase = "stopping"

    def _source(self, sitting: Sitting, data: Data) -> Source:
        kind, name = text(data, "kind"), text(data, "name")
        if kind == "named":
            library.style(name)
            return Named(name)
        if kind == "example":
            samples.find(name)
            return Example(name)
        if kind == "output":
            return Output(name)
        if kind == "upload" and name in self.shelf.of(sitting).assets:
            return Upload(name, "picture.png")
        raise NotebookError("A picture is no longer here: choose it again.")

    def _uploaded(self, sitting: Sitting, data: Data) -> Path:
        """An upload's file, from now on counted to its visitor's share. Raises PictureError."""
        file = self.shelf.uploaded(data.get("path"))
        self.shelf.store.give(file, self.shelf.of(sitting).name)
        return file

    def _put(self, sitting: Sitting, data: Data, source: Source) -> None:
        cell, (what, index) = self._cell(sitting, data), self._place(data)
        if what == "content":
            sitting.do(sitting.book.change(cell.id, content=source))
            return
        styles = list(cell.styles)
        if index >= MOST_STYLES:
            raise NotebookError("A cell has at most {most} styles.", most=MOST_STYLES)
        old = styles[index].weight if 0 <= index < len(styles) else 1.0
        styles[max(0, index) : max(0, index) + 1] = [Style(source, old)]
        sitting.do(sitting.book.change(cell.id, styles=tuple(styles)))

    def _check_choice(self, sitting: Sitting, option: Any, value: Any) -> None:
        """An open choice may be a path for the command line; a visitor must not make the server read one."""
        if not option.open or value in (option.choices or ()) or self.shelf.of(sitting).network(value):
            return
        raise SettingsError("{name} must be one of the choices on the page.", name=option.label)


def _stale(sitting: Sitting, before: Cell) -> frozenset[str]:
    """What was out of date before a cell's last change."""
    book = sitting.book
    cells = tuple(before if each.id == before.id else each for each in book.cells)
    return replace(book, cells=cells).stale


def _named(option: Any, sitting: Sitting) -> str:
    return say(option.label, sitting.language)


def _first_axis(mode: str) -> tuple[Axis, ...]:
    first = {
        "adain": Axis("strength", (0.25, 0.5, 0.75, 1.0)),
        "gatys": Axis("style_scale", (0.5, 1.0, 1.5)),
        "cyclegan": Axis("content_side", (256, 512, 768)),
    }
    return (first[mode],)


def _axis(cell: Cell, setting: str, values: str) -> Axis | None:
    if not setting:
        return None
    if setting == "style":
        return Axis("style")
    option = next((each for each in options(type(cell.settings)) if each.name == setting), None)
    if option is None:
        raise NotebookError(
            "A sweep cannot vary {setting} in the mode {mode}.", setting=setting, mode=cell.mode
        )
    words = [word for word in re.split(r"[,;，；、\s]+", values) if word][:65]
    return Axis(setting, tuple(_value(option.kind, word) for word in words) or default_values(option))


def _value(kind: type, word: str) -> Any:
    if kind is bool:
        return word.lower() in ("yes", "true", "1", "on", "是")
    if kind in (int, float):
        try:
            return float(word)
        except ValueError as error:
            raise SettingsError("{value} is no number.", value=word[:40]) from error
    return word


def default_values(option: Any) -> tuple[Any, ...]:
    """Some values of a setting to begin a sweep with."""
    if option.kind is bool:
        return (False, True)
    if option.choices:
        return tuple(option.choices[:4])
    if option.high is not None and option.high <= 4:
        low, high = option.low or 0.0, option.high
        return tuple(round(low + (high - low) * n / 4, 3) for n in (1, 2, 3, 4))
    middle = option.default or 1
    return tuple(option.kind(middle * factor) for factor in (0.5, 1, 2))


def samples_default(found: list[str]) -> tuple[str, str] | None:
    """The photo and the style that an empty notebook's first cell begins with."""
    from .examples import find

    pairs = find()
    if not found or not pairs.pairs:
        return None
    photo, style = pairs.pairs[0]
    return pairs.photos[photo].path.stem, pairs.paintings[style].path.stem


def _renamed(found: Notebook, present: Notebook) -> Notebook:
    """The notebook with new ids for cells whose ids are taken here."""
    names = {cell: secrets.token_hex(4) if cell in present else cell for cell in found.ids}

    def moved(source: Source | None) -> Any:
        return Output(names[source.cell]) if isinstance(source, Output) else source

    return Notebook(
        found.title,
        tuple(
            replace(
                cell, id=names[cell.id], content=moved(cell.content),
                styles=tuple(Style(moved(style.source), style.weight) for style in cell.styles),
            )
            for cell in found.cells
        ),
    )  # fmt: skip


__all__ = ["MOST_STYLES", "Actions", "Note", "default_values"]
