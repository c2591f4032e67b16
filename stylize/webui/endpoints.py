"""For programs: a picture, the styles and the translations, by gradio_client or plain HTTP."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from .. import api, library, modes
from ..errors import Note, PictureError, SettingsError, StylizeError, note
from ..execution.job import Job
from ..image import Limits, size_of
from ..library import NamedStyle
from ..modes import Need
from ..modes.choices import networks
from ..modes.options import PictureSettings
from ..settings import options
from . import starts
from .callers import Caller
from .cell_runner import INSIDE, CellRunner
from .gate import Endpoint, Offer
from .limiter import asker, run_sync
from .page_files import PageFiles
from .profiles import Profile
from .run_queue import RunQueue, Ticket
from .runner import Update, follow
from .sent import number, text, whole
from .texts import language_of, say
from .uploads import ChoiceField, NumberField, PictureField, TextField, arrived

logger = logging.getLogger(__name__)
POLL_INTERVAL = 0.5  # seconds between two checks whether a program still waits
MOST_SEED = 2**31 - 1
# Whoever reads an event's answer late must not take it for a success without a picture.
UNHEARD = note("Nobody was heard waiting for this picture, so that it was given up: ask again.")


@dataclass(frozen=True)
class House:
    """What an endpoint works with."""

    cell_runner: CellRunner
    page_files: PageFiles
    run_queue: RunQueue
    profile: Profile


@dataclass(frozen=True)
class Asked:
    """A request for a picture that makes sense. ``style`` is a file or a style of the library."""

    mode: str
    settings: PictureSettings
    content: Path | None
    style: Path | NamedStyle | None
    owner: str = ""

    def job(self, profile: Profile, stop: threading.Event) -> Job:
        """With the pictures in memory. Raises PictureError."""
        limits = profile.limits(self.owner, stop)
        styles = () if self.style is None else (self.style,)
        return Job(self.mode, self.settings, api.inputs(self.content, styles, limits=limits))


def publish(cell_runner: CellRunner, page_files: PageFiles, run_queue: RunQueue, profile: Profile) -> Offer:
    """The public endpoints, in the Blocks that are open; and what they take."""
    house = House(cell_runner, page_files, run_queue, profile)

    # Read by gradio: the text is the endpoint's description, each line of Args that of one field.
    async def stylize(
        content: str | None = None,
        style: str | None = None,
        style_name: str = "",
        mode: str = modes.DEFAULT,
        preset: str = "default",
        translation: str = "",
        strength: float = 1,
        side: float = 768,
        steps: float = 0,
        seed: float = 0,
        request: gr.Request | None = None,
    ) -> str | None:
        """Paint a photo in the style of another picture: a PNG of the photo's size that carries its recipe.

        Args:
            content: The photo: a file that was uploaded, or a data: address.
            style: A picture whose style to take, such as a painting; or use style_name.
            style_name: A style of the library, such as claude-monet; the endpoint styles lists them.
            mode: {modes}.
            preset: default; for gatys also draft (quick), fine and gatys-2016.
            translation: For cyclegan, which takes no style: a name that the endpoint translations lists.
            strength: For adain: 0 is the photo, 1 the full style.
            side: Longer side in pixels at which it is painted; 0 is the photo's own.
            steps: For gatys: 0 for the preset's own.
            seed: For gatys where it starts with noise.
        """
        sent = {
            "content": content,
            "style": style,
            "style_name": style_name,
            "mode": mode,
            "preset": preset,
            "translation": translation,
            "strength": strength,
            "side": side,
            "steps": steps,
            "seed": seed,
        }
        caller = Caller(request)
        asker.set(caller.owner)
        try:
            made = await _made(await run_sync(read_request, sent, house, caller.owner), caller, house)
        except StylizeError as error:
            made = error.note
        if not isinstance(made, Note):
            return made
        spoken = language_of(request.headers.get("accept-language") if request else None)
        raise gr.Error(say(made, spoken, paths=profile.trusted), print_exception=False)

    def styles() -> list[dict[str, str]]:
        """List the styles that style_name of stylize takes: name, title, and title_zh in Chinese."""
        return [{"name": s.name, "title": s.title, "title_zh": s.title_zh} for s in library.styles()]

    def translations() -> list[dict[str, str]]:
        """List what translation of stylize takes: name, title, summary, and state.

        The state is "ready"; "download" if it is fetched when it is first used; or "bring" if the server's
        owner has to supply the file.
        """
        return [
            {
                "name": t.name,
                "title": t.title,
                "summary": t.summary,
                "state": "ready" if t.here else t.state,
            }
            for spec in modes.specs()
            if spec.style_network_field
            for t in networks(spec)
        ]

    stylize.__doc__ = str(stylize.__doc__).format(modes="; ".join(map(_about, modes.specs())))
    hidden = {"visible": False}
    picture: dict[str, Any] = {
        "type": "filepath",
        "image_mode": None,
        "format": "png",
        "interactive": True,
    }
    with gr.Column(visible=False):
        inputs = [
            PictureField(label="content", **picture, **hidden),
            PictureField(label="style", **picture, **hidden),
            TextField("", label="style_name", **hidden),
            ChoiceField(list(modes.names()), value=modes.DEFAULT, label="mode", **hidden),
            TextField("default", label="preset", **hidden),
            TextField("", label="translation", **hidden),
            NumberField(1, label="strength", minimum=0, maximum=1, **hidden),
            NumberField(768, label="side", minimum=0, maximum=profile.side, **hidden),
            NumberField(0, label="steps", minimum=0, maximum=profile.steps, **hidden),
            NumberField(0, label="seed", minimum=0, maximum=MOST_SEED, **hidden),
        ]
        output = gr.File(label="picture", visible=False)
        # Who waits for the machine is in our run queue, which is fair and has its limits.
        gr.Button(visible=False).click(stylize, inputs, output, api_name="stylize", concurrency_limit=None)
    gr.api(styles, api_name="styles")  # type: ignore[attr-defined]
    gr.api(translations, api_name="translations")  # type: ignore[attr-defined]
    return _offer([each.label for each in inputs], house)


def _about(spec: modes.AnyMode) -> str:
    return f"{spec.name}: {spec.summary[:1].lower()}{spec.summary[1:]}"


def _offer(fields: list[str], house: House) -> Offer:
    blocks = gr.context.Context.root_block
    assert blocks is not None
    paint = Endpoint(
        tuple(fields), frozenset({"content", "style"}), lambda sent: read_request(sent, house, asker.get())
    )
    return Offer(
        {"stylize": paint, "styles": Endpoint(()), "translations": Endpoint(())},
        lambda number: (blocks.fns[number].api_name or "") if number in blocks.fns else None,
        lambda address: str(arrived(address, house.page_files)),
        house.page_files.limits().megabytes,
        house.profile.upload_megabytes(),
        house.profile.trusted,
    )


def read_request(sent: Mapping[str, object], house: House, owner: str) -> Asked:
    """What an owner sent, checked as far as it can be without decoding a pixel. Raises StylizeError."""
    sent = {name: value for name, value in sent.items() if value is not None}
    mode, settings = _settings(sent, house.profile)
    spec, limits = modes.spec(mode), house.profile.limits(owner)
    content = arrived(sent.get("content"), house.page_files) if spec.takes_content else None
    if content is None and spec.content is Need.REQUIRED:
        raise PictureError("Choose a photo first.")
    house.profile.check(settings, max(settings.canvas if content is None else size_of(content, limits)))
    style = _style(sent, house.page_files, limits) if spec.takes_styles else None
    if style is None and spec.styles is Need.REQUIRED:
        raise PictureError("Choose a style picture first, such as a painting.")
    return Asked(mode, settings, content, style, owner)


def _style(sent: Mapping[str, object], page_files: PageFiles, limits: Limits) -> Path | NamedStyle | None:
    """The file that was sent, or else the style that was named."""
    name, file = text(sent, "style_name", "", longest=100), arrived(sent.get("style"), page_files)
    if file is not None:
        size_of(file, limits)
        return file
    return library.style(name) if name else None


def _settings(sent: Mapping[str, object], profile: Profile) -> tuple[str, PictureSettings]:
    mode, preset = text(sent, "mode", modes.DEFAULT, longest=40), text(sent, "preset", "default", longest=40)
    spec = modes.spec(mode)
    given: dict[str, object] = {
        "strength": number(sent, "strength", 0, 1, default=1),
        "content_side": whole(sent, "side", 0, profile.side, default=768),
        "seed": whole(sent, "seed", 0, MOST_SEED, default=0),
    }
    steps = whole(sent, "steps", 0, profile.steps, default=0)
    if steps:
        given["steps"] = steps
    changes = {each.name: given[each.name] for each in options(spec.settings) if each.name in given}
    translation = text(sent, "translation", "", longest=60)
    if translation and spec.style_network_field:
        if translation not in {each.name for each in networks(spec)}:
            raise SettingsError("{name} must be one of the choices on the page.", name="translation")
        changes[spec.style_network_field] = translation
    return mode, starts.mode_settings(mode, preset, changes, profile)


async def _made(asked: Asked, caller: Caller, house: House) -> str | Note:
    """The result's file, or what went wrong; also where nobody seems to wait for it any more.

    What the queue is given holds neither the ticket nor an error, so that no picture outlives the run.
    """
    loop, stop = asyncio.get_running_loop(), threading.Event()
    end: asyncio.Future[str | Note] = loop.create_future()

    def work() -> None:
        outcome = _outcome(asked, stop, house, caller.owner)
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, end, outcome)

    files = frozenset(each for each in (asked.content, asked.style) if isinstance(each, Path))
    for file in files:
        house.page_files.store.give(file, caller.owner)
    ticket = Ticket(caller.owner, work, stop, files=files)
    house.run_queue.join(ticket)
    try:
        spent = False
        while await caller.listens() and not spent:
            spent = ticket.spent  # if it was, its end is on the way, unless somebody took it out of the queue
            await asyncio.wait((end,), timeout=POLL_INTERVAL)
            if end.done():
                return end.result()
        return UNHEARD
    finally:
        house.run_queue.leave(ticket)


def _settle(end: asyncio.Future[str | Note], outcome: str | Note) -> None:
    if not end.done():
        end.set_result(outcome)


def _outcome(asked: Asked, stop: threading.Event, house: House, owner: str) -> str | Note:
    """In the queue's thread: the result's file, or what went wrong."""
    profile, store = house.profile, house.page_files.store
    try:
        job, last = asked.job(profile, stop), Update("running")
        for update in follow(job, stop=stop, seconds=profile.seconds, executor=house.cell_runner.executor):
            last = update
        if last.result is None:
            return UNHEARD
        path = store.answer(".png", f"stylize-{job.mode}", owner)
        job.save(path, last.result, names=False, stopped=last.phase == "stopped")
        return str(path)
    except StylizeError as error:
        return error.note
    except Exception:
        logger.exception("A program's run failed")
        return INSIDE
    finally:
        store.trim()
