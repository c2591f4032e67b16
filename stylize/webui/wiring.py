"""What happens when: the page's events. The work itself is in ``painting.py``."""

from __future__ import annotations

from collections.abc import Generator
from html import escape
from typing import Any

import gradio as gr

from .. import modes
from ..errors import Note, note
from . import bar, translations
from .desk import Desk
from .examples import PAINTINGS, PHOTOS, Examples, Sample, strip
from .form import MOST_STYLES, Form
from .page import Page
from .painting import Shown, paint
from .profiles import Profile
from .runner import Work
from .store import Store
from .texts import language_of, say
from .widgets import Settings

SILENT: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
SCROLL = "() => { if (innerWidth < 900) document.querySelector('#bar').scrollIntoView({block: 'start'}); }"


def connect(demo: gr.Blocks, page: Page, store: Store, examples: Examples, work: Work) -> None:
    """All listeners of the page."""
    _connect_load(demo, page, examples)
    _connect_mode(page)
    _connect_styles(page)
    _connect_examples(page, examples)
    for settings in page.inputs.settings.values():
        _connect_preset(settings)
    _connect_run(page, store, work)


def _language(request: gr.Request) -> str:
    return language_of(request.headers.get("accept-language"))


# --------------------------------------------------------------------------------------- the inputs


def _connect_load(demo: gr.Blocks, page: Page, examples: Examples) -> None:
    """What the server writes itself, in the visitor's language."""
    inputs = page.inputs
    choice = inputs.settings["cyclegan"].components["translation"]
    titled = ((PHOTOS, examples.photos), (PAINTINGS, examples.paintings))

    def load(request: gr.Request) -> list[Any]:
        language = _language(request)
        choices = gr.Radio(choices=translations.choices(language))
        if language == "en":  # the page is built in English
            return [gr.skip(), gr.skip(), gr.skip(), choices]
        strips = (strip(title, found, language) for title, found in titled)
        return [bar.idle(language), *strips, choices]

    demo.load(load, None, [page.output.bar, inputs.photos, inputs.paintings, choice], **SILENT)


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
        sample = _chosen(event, examples.photos)
        return str(sample.path) if sample else gr.skip()

    def style(event: gr.EventData, count: int, *paths: str | None) -> list[Any]:
        sample = _chosen(event, examples.paintings)
        free = next((n for n in range(count) if not paths[n]), count - 1 if count > 1 else 0)
        return [str(sample.path) if sample and n == free else gr.skip() for n in range(MOST_STYLES)]

    inputs.photos.choose(photo, None, inputs.content, **SILENT)
    inputs.paintings.choose(style, [inputs.shown, *pictures], pictures, **SILENT)


def _chosen(event: gr.EventData, samples: tuple[Sample, ...]) -> Sample | None:
    index = (event._data or {}).get("index")
    return samples[index] if isinstance(index, int) and 0 <= index < len(samples) else None


def _connect_preset(settings: Settings) -> None:
    if settings.preset is None:
        return
    outputs = list(settings.components.values())
    # Only a visitor's choice: the listener must not undo what was set by hand afterwards.
    settings.preset.input(lambda name: settings.fill(name), settings.preset, outputs, **SILENT)


# ------------------------------------------------------------------------------------------- the run


def _connect_run(page: Page, store: Store, work: Work) -> None:
    output, desk = page.output, Desk()
    buttons = list(output.buttons)
    results = [output.bar, *buttons, output.empty, output.slider, output.after, output.download]
    results += [output.recipe, output.notes]

    def queue(request: gr.Request) -> list[Any]:
        desk.queue(str(request.session_hash))
        return [bar.waiting(_language(request)), *_buttons("waiting")]

    def run(values: dict[Any, Any], request: gr.Request) -> Generator[dict[Any, Any]]:
        session, language = str(request.session_hash), _language(request)
        ticket = desk.begin(session)
        try:
            phase, form = "", _form(page, values)
            for shown in paint(form, profile=page.profile, store=store, stop=ticket.stop, work=work):
                before, phase = phase, _phase(shown, ticket.stop.is_set())
                buttons = {} if phase == before else dict(zip(output.buttons, _buttons(phase), strict=True))
                yield buttons | _changes(page, shown, phase, language)
        finally:
            # Also when the visitor has closed the page: the generator is closed, and so is the work.
            ticket.stop.set()
            desk.end(session, ticket)

    def settle(request: gr.Request) -> list[Any]:
        """After every end of a run, also one that gradio refused before it began."""
        refused = desk.end(str(request.session_hash))
        text = bar.failed(_REFUSED, _language(request)) if refused else gr.skip()
        return [text, *_buttons("idle")]

    def cancel(request: gr.Request) -> list[Any]:
        desk.stop(str(request.session_hash))
        desk.end(str(request.session_hash))
        return [bar.cancelled(_language(request)), *_buttons("idle")]

    def stop(request: gr.Request) -> list[Any]:
        if not desk.stop(str(request.session_hash)):
            return [gr.skip(), *_buttons("idle")]
        return [bar.stopping(_language(request)), *_buttons("stopping")]

    queued = output.run.click(queue, None, [output.bar, *buttons], js=SCROLL, **SILENT)
    running = queued.then(
        run, _components(page), results, concurrency_limit=1, concurrency_id="gpu", trigger_mode="once",
        show_progress="minimal", show_progress_on=[output.bar], api_visibility="private",
    )  # fmt: skip
    running.then(settle, None, [output.bar, *buttons], **SILENT)
    output.cancel.click(cancel, None, [output.bar, *buttons], cancels=[running], **SILENT)
    output.stop.click(stop, None, [output.bar, *buttons], **SILENT)


_REFUSED: Note = note(
    "The run was not accepted: the line is full, or a value is out of bounds. "
    "Check the settings and try again."
)


def _components(page: Page) -> set[Any]:
    inputs = page.inputs
    found = {inputs.mode, inputs.content, inputs.shown}
    found |= {part for slot in inputs.styles for part in (slot.picture, slot.share)}
    found |= {each for settings in inputs.settings.values() for each in settings.components.values()}
    return found | ({inputs.own_weights} if inputs.own_weights else set())


def _form(page: Page, values: dict[Any, Any]) -> Form:
    inputs = page.inputs
    mode = values[inputs.mode] or "adain"
    shown = values[inputs.shown]
    return Form(
        mode=mode,
        content=values[inputs.content],
        styles=tuple(
            (values[slot.picture], values[slot.share] if shown > 1 else 1.0) for slot in inputs.styles[:shown]
        ),
        values={name: values[each] for name, each in inputs.settings[mode].components.items()},
        own_weights=values[inputs.own_weights] if inputs.own_weights else None,
    )


def _buttons(phase: str) -> list[Any]:
    """Run, leave the line, stop: which of them is there."""
    return [
        gr.Button(visible=phase == "idle"),
        gr.Button(visible=phase == "waiting"),
        gr.Button(visible=phase in ("running", "stopping"), interactive=phase == "running"),
    ]


def _phase(shown: Shown, stopping: bool) -> str:
    if shown.update.phase in ("done", "stopped", "failed"):
        return "idle"
    return "stopping" if stopping else "running"


def _changes(page: Page, shown: Shown, phase: str, language: str) -> dict[Any, Any]:
    """What a step changes on the page, by component."""
    output, profile = page.output, page.profile
    status = bar.stopping(language) if phase == "stopping" else bar.bar(shown.update, language)
    if shown.error is not None:
        status = bar.failed(shown.error, language, paths=profile.trusted)
    changes: dict[Any, Any] = {output.bar: status, output.notes: _notes(shown, language, profile)}
    if shown.pair:
        changes[output.slider] = gr.ImageSlider(value=shown.pair, visible=True)
        changes[output.empty] = gr.Markdown(visible=False)
        # While there is only a preview there is no download, so that one click never gives another picture.
        changes[output.after] = gr.Column(visible=bool(shown.file))
    if shown.file:
        changes[output.download] = gr.DownloadButton(value=shown.file)
        changes[output.recipe] = shown.recipe
    return changes


def _notes(shown: Shown, language: str, profile: Profile) -> str:
    lines = (escape(say(each, language, paths=profile.trusted)) for each in shown.update.notes)
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
