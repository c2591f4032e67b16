"""For programs: a picture, the styles and the translations, by gradio_client or plain HTTP."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import gradio as gr

from .. import api, library
from ..errors import StylizeError
from ..image import load
from ..modes.translations import describe
from . import starts
from .cellwork import Workshop
from .line import Line, Ticket
from .profiles import Profile
from .runner import Update, follow
from .shelf import Shelf
from .texts import language_of, say
from .translations import HERE
from .uploads import PictureUpload


def publish(workshop: Workshop, shelf: Shelf, line: Line, profile: Profile) -> None:
    """The public endpoints, in the Blocks that are open."""

    # Read by gradio: the text is the endpoint's description, each line of Args that of one field.
    def stylize(
        content: str | None = None, style: str | None = None, style_name: str = "", mode: str = "adain",
        preset: str = "default", translation: str = "", strength: float = 1, side: float = 768,
        steps: float = 0, seed: float = 0, request: gr.Request | None = None,
    ) -> str:  # fmt: skip
        """Paint a photo in the style of another picture: a PNG of the photo's size that carries its recipe.

        Args:
            content: The photo: a file that was uploaded, or a data: address.
            style: A picture whose style to take, such as a painting; or use style_name.
            style_name: A style of the library, such as claude-monet; the endpoint styles lists them.
            mode: adain: any style, in seconds; gatys: optimises, in minutes; cyclegan: a learned translation.
            preset: default; for gatys also draft (quick), fine and gatys-2016.
            translation: For cyclegan, which takes no style: a name that the endpoint translations lists.
            strength: For adain: 0 is the photo, 1 the full style.
            side: Longer side in pixels at which it is painted; 0 is the photo's own.
            steps: For gatys: 0 for the preset's own.
            seed: For gatys where it starts with noise.
        """
        given = {"strength": strength, "content_side": side, "steps": steps, "seed": seed}
        try:
            job = _job(content, style, style_name, mode, preset, translation, given, profile)
            return _made(job, workshop, shelf, line, profile)
        except StylizeError as error:
            spoken = language_of(request.headers.get("accept-language") if request else None)
            raise gr.Error(say(error, spoken, paths=profile.trusted), print_exception=False) from error

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
                "name": t.name, "title": t.title, "summary": t.summary,
                "state": "ready" if t.state in HERE else t.state,
            }
            for t in describe()
        ]  # fmt: skip

    hidden: dict[str, Any] = {"visible": False}
    picture: dict[str, Any] = {"type": "filepath", "image_mode": None, "format": "png", "interactive": True}
    with gr.Column(visible=False):
        inputs = [
            PictureUpload(label="content", **picture, **hidden),
            PictureUpload(label="style", **picture, **hidden),
            gr.Textbox("", label="style_name", max_length=100, **hidden),
            gr.Dropdown(["adain", "gatys", "cyclegan"], value="adain", label="mode", **hidden),
            gr.Textbox("default", label="preset", max_length=40, **hidden),
            gr.Textbox("", label="translation", max_length=60, **hidden),
            gr.Number(1, label="strength", minimum=0, maximum=1, **hidden),
            gr.Number(768, label="side", minimum=0, maximum=profile.side, **hidden),
            gr.Number(0, label="steps", minimum=0, maximum=profile.steps, **hidden),
            gr.Number(0, label="seed", minimum=0, maximum=2**31 - 1, **hidden),
        ]
        output = gr.File(label="picture", **hidden)
        gr.Button(visible=False).click(stylize, inputs, output, api_name="stylize", concurrency_limit=8)
    gr.api(styles, api_name="styles")
    gr.api(translations, api_name="translations")


def _job(
    content: str | None, style: str | None, style_name: str, mode: str, preset: str, translation: str,
    given: dict[str, float], profile: Profile,
) -> api.Job:  # fmt: skip
    from .. import modes
    from ..errors import PictureError, SettingsError
    from ..settings import options

    kind = modes.settings_of(mode)
    wanted = {name: value for name, value in given.items() if name != "steps" or value}
    changes: dict[str, Any] = {each.name: wanted[each.name] for each in options(kind) if each.name in wanted}
    if translation and mode == "cyclegan":
        if translation not in {each.name for each in describe()}:
            raise SettingsError("{name} must be one of the choices on the page.", name="translation")
        changes["translation"] = translation
    settings = starts.mode_settings(mode, preset, changes, profile)
    if not content:
        raise PictureError("Choose a photo first.")
    limits = profile.limits()
    photo = load(content, limits)
    profile.check(settings, max(photo.size))
    styles: tuple[Any, ...] = ()
    if modes.takes_styles(mode):
        if not style and not style_name:
            raise PictureError("Choose a style picture first, such as a painting.")
        styles = ((load(style, limits) if style else library.style(style_name), 1.0),)
    return api.Job(mode, settings, photo, styles)


def _made(job: api.Job, workshop: Workshop, shelf: Shelf, line: Line, profile: Profile) -> str:
    """The result's file, once the job's turn has come and it is done."""
    over, last = threading.Event(), list[Update]()
    failed: list[Exception] = []

    def work() -> None:
        try:
            for update in follow(job, stop=ticket.stop, seconds=profile.seconds, work=workshop.work):
                last[:] = [update]
        except Exception as error:
            failed.append(error)
        finally:
            over.set()

    ticket = Ticket(secrets.token_hex(8), work)
    line.join(ticket)
    over.wait()
    if failed:
        raise failed[0]
    result = last[0].result
    assert result is not None
    path = shelf.store.path(".png", f"stylize-{job.mode}")
    job.save(path, result, names=False)
    return str(path)
