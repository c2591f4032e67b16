"""What happens when a visitor fills in the inputs. ``running.py`` has what Run and Stop do."""

from __future__ import annotations

from typing import Any

import gradio as gr

from .. import modes
from . import bar, translations
from .examples import Examples, strips
from .form import MOST_STYLES
from .page import Page
from .running import SILENT, language
from .widgets import Settings


def connect(demo: gr.Blocks, page: Page, examples: Examples) -> None:
    """The listeners of the inputs."""
    _connect_load(demo, page, examples)
    _connect_mode(page)
    _connect_styles(page)
    _connect_examples(page, examples)
    for settings in page.inputs.settings.values():
        _connect_preset(settings)


def _connect_load(demo: gr.Blocks, page: Page, examples: Examples) -> None:
    """What the server writes itself, in the visitor's language."""
    inputs = page.inputs
    choice = inputs.settings["cyclegan"].components["translation"]

    def load(request: gr.Request) -> list[Any]:
        spoken = language(request)
        choices = gr.Radio(choices=translations.choices(spoken))
        if spoken == "en":  # the page is built in English
            return [*[gr.skip()] * 4, choices]
        return [bar.idle(spoken), *strips(examples, spoken), choices]

    demo.load(
        load, None, [page.output.bar, inputs.photos, inputs.paintings, page.output.pairs, choice], **SILENT
    )


def _connect_mode(page: Page) -> None:
    inputs = page.inputs

    def choose(mode: str) -> list[Any]:
        styled = modes.takes_styles(mode)
        return [
            gr.Column(visible=styled),
            gr.Column(visible=styled),
            *(gr.Column(visible=name == mode) for name in inputs.boxes),
        ]

    outputs = [inputs.styles_box, inputs.paintings_box, *inputs.boxes.values()]
    inputs.mode.change(choose, inputs.mode, outputs, **SILENT)


def _connect_styles(page: Page) -> None:
    inputs = page.inputs
    outputs = [inputs.shown, inputs.add, inputs.remove]
    outputs += [part for slot in inputs.styles for part in (slot.box, slot.share)]
    pictures = [slot.picture for slot in inputs.styles]

    def show(count: int) -> list[Any]:
        slots = [(gr.Column(visible=n < count), gr.Slider(visible=count > 1)) for n in range(MOST_STYLES)]
        buttons = [gr.Button(visible=count < MOST_STYLES), gr.Button(visible=count > 1)]
        return [count, *buttons, *(part for slot in slots for part in slot)]

    def more(count: int) -> list[Any]:
        return show(min(count + 1, MOST_STYLES))

    def fewer(count: int) -> list[Any]:
        left = max(count - 1, 1)
        return [*show(left), *(gr.skip() if n < left else None for n in range(MOST_STYLES))]

    inputs.add.click(more, inputs.shown, outputs, **SILENT)
    inputs.remove.click(fewer, inputs.shown, [*outputs, *pictures], **SILENT)


def _connect_examples(page: Page, examples: Examples) -> None:
    inputs = page.inputs
    pictures = [slot.picture for slot in inputs.styles]

    def photo(event: gr.EventData) -> Any:
        n = _chosen(event, len(examples.photos))
        return gr.skip() if n is None else str(examples.photos[n].path)

    def painting(event: gr.EventData, count: int, *paths: str | None) -> list[Any]:
        """Into the first empty place, else the last one shown."""
        n = _chosen(event, len(examples.paintings))
        place = next((k for k in range(count) if not paths[k]), count - 1)
        if n is None:
            return [gr.skip()] * MOST_STYLES
        return [str(examples.paintings[n].path) if k == place else gr.skip() for k in range(MOST_STYLES)]

    def pair(event: gr.EventData) -> list[Any]:
        n = _chosen(event, len(examples.pairs))
        if n is None:
            return [gr.skip(), gr.skip()]
        left, right = examples.pairs[n]
        return [str(examples.photos[left].path), str(examples.paintings[right].path)]

    inputs.photos.choose(photo, None, inputs.content, **SILENT)
    inputs.paintings.choose(painting, [inputs.shown, *pictures], pictures, **SILENT)
    page.output.pairs.choose(pair, None, [inputs.content, pictures[0]], **SILENT)


def _chosen(event: gr.EventData, count: int) -> int | None:
    """The index that a strip's event carries, if it is one."""
    index = (event._data or {}).get("index")
    return index if isinstance(index, int) and 0 <= index < count else None


def _connect_preset(settings: Settings) -> None:
    if settings.preset is None:
        return
    outputs = list(settings.components.values())
    # Only a visitor's choice: the listener must not undo what was set by hand afterwards.
    settings.preset.input(lambda name: settings.fill(name), settings.preset, outputs, **SILENT)
