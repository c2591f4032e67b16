"""What happens when a visitor runs, waits and stops. The work itself is in ``painting.py``."""

from __future__ import annotations

from collections.abc import Generator
from html import escape
from typing import Any

import gradio as gr

from ..errors import Note, note
from . import bar
from .desk import Desk
from .form import Form
from .page import Page
from .painting import Shown, paint
from .profiles import Profile
from .runner import Work
from .store import Store
from .texts import language_of, say

SILENT: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
SCROLL = "() => { if (innerWidth < 900) document.querySelector('#bar').scrollIntoView({block: 'start'}); }"


def language(request: gr.Request) -> str:
    """The language in which the server answers a visitor."""
    return language_of(request.headers.get("accept-language"))


def connect(page: Page, store: Store, work: Work) -> None:
    """The listeners of Run, Leave the line, and Stop."""
    output, desk = page.output, Desk()
    buttons = list(output.buttons)
    results = [output.bar, *buttons, output.empty, output.slider, output.after, output.download]
    results += [output.recipe, output.notes]

    def queue(request: gr.Request) -> list[Any]:
        desk.queue(str(request.session_hash))
        return [bar.waiting(language(request)), *_buttons("waiting")]

    def run(values: dict[Any, Any], request: gr.Request) -> Generator[dict[Any, Any]]:
        session, spoken = str(request.session_hash), language(request)
        ticket = desk.begin(session)
        try:
            phase, form = "", _form(page, values)
            for shown in paint(form, profile=page.profile, store=store, stop=ticket.stop, work=work):
                before, phase = phase, _phase(shown, ticket.stop.is_set())
                buttons = {} if phase == before else dict(zip(output.buttons, _buttons(phase), strict=True))
                yield buttons | _changes(page, shown, phase, spoken)
        finally:
            # Also when the visitor has closed the page: the generator is closed, and so is the work.
            ticket.stop.set()
            desk.end(session, ticket)

    def settle(request: gr.Request) -> list[Any]:
        """After a run that gradio refused before it began."""
        desk.end(str(request.session_hash))
        return [bar.failed(_REFUSED, language(request)), *_buttons("idle")]

    def cancel(request: gr.Request) -> list[Any]:
        desk.stop(str(request.session_hash))
        desk.end(str(request.session_hash))
        return [bar.cancelled(language(request)), *_buttons("idle")]

    def stop(request: gr.Request) -> list[Any]:
        if not desk.stop(str(request.session_hash)):
            return [gr.skip(), *_buttons("idle")]
        return [bar.stopping(language(request)), *_buttons("stopping")]

    queued = output.run.click(queue, None, [output.bar, *buttons], js=SCROLL, **SILENT)
    running = queued.then(
        run, _components(page), results, concurrency_limit=1, concurrency_id="gpu", trigger_mode="once",
        show_progress="minimal", show_progress_on=[output.bar], api_visibility="private",
    )  # fmt: skip
    # Not then(): in spite of its documentation it does not follow a failure.
    running.failure(settle, None, [output.bar, *buttons], **SILENT)
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


def _changes(page: Page, shown: Shown, phase: str, spoken: str) -> dict[Any, Any]:
    """What a step changes on the page, by component."""
    output, profile = page.output, page.profile
    status = bar.stopping(spoken) if phase == "stopping" else bar.bar(shown.update, spoken)
    if shown.error is not None:
        status = bar.failed(shown.error, spoken, paths=profile.trusted)
    changes: dict[Any, Any] = {output.bar: status, output.notes: _notes(shown, spoken, profile)}
    if shown.pair:
        changes[output.slider] = gr.ImageSlider(value=shown.pair, visible=True)
        changes[output.empty] = gr.Column(visible=False)
        # While there is only a preview there is no download, so that one click never gives another picture.
        changes[output.after] = gr.Column(visible=bool(shown.file))
    if shown.file:
        changes[output.download] = gr.DownloadButton(value=shown.file)
        changes[output.recipe] = shown.recipe
    return changes


def _notes(shown: Shown, spoken: str, profile: Profile) -> str:
    lines = (escape(say(each, spoken, paths=profile.trusted)) for each in shown.update.notes)
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
