"""The page's layout. ``wiring.py`` says what happens, ``style.css`` how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .. import modes
from . import bar, translations
from .examples import Examples, Sample, strips
from .form import MOST_STYLES
from .i18n import t
from .profiles import Profile
from .uploads import FileUpload, PictureUpload
from .widgets import Settings

TAGLINE = "Your photo, painted in the style of any picture you like."
MODES = {
    "adain": "AdaIN\nAny style, in seconds",
    "gatys": "Gatys\nOptimises the picture while you watch",
    "cyclegan": "CycleGAN\nLearned translations",
}
EMPTY = "Your painting will appear here.\nChoose a photo and a style, or take the examples, and press Run."


@dataclass(frozen=True)
class StyleSlot:
    """A place for a style picture and its share in the mix."""

    box: Any
    picture: Any
    share: Any


@dataclass(frozen=True)
class Inputs:
    """What a visitor fills in."""

    mode: Any
    content: Any
    styles_box: Any
    styles: tuple[StyleSlot, ...]
    shown: Any
    add: Any
    remove: Any
    photos: Any
    paintings: Any
    paintings_box: Any
    boxes: dict[str, Any]
    settings: dict[str, Settings]
    own_weights: Any


@dataclass(frozen=True)
class Output:
    """What a visitor gets."""

    buttons: tuple[Any, Any, Any]
    bar: Any
    empty: Any
    pairs: Any
    slider: Any
    after: Any
    download: Any
    recipe: Any
    notes: Any

    @property
    def run(self) -> Any:
        """Starts a run."""
        return self.buttons[0]

    @property
    def cancel(self) -> Any:
        """Takes a waiting run back."""
        return self.buttons[1]

    @property
    def stop(self) -> Any:
        """Ends a run with the picture so far."""
        return self.buttons[2]


@dataclass(frozen=True)
class Page:
    """The whole page."""

    inputs: Inputs
    output: Output
    profile: Profile


def lay_out(profile: Profile, examples: Examples) -> Page:
    """All components, in the Blocks that are open."""
    gr.Markdown("# Stylize", elem_id="heading")
    gr.Markdown(t(TAGLINE), elem_id="tagline")
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(scale=4, min_width=320, elem_id="left"):
            inputs = _inputs(profile, examples)
            run, cancel, stop = _actions()
        with gr.Column(scale=7, min_width=320, elem_id="right"):
            output = _output((run, cancel, stop), examples)
    return Page(inputs, output, profile)


def _inputs(profile: Profile, examples: Examples) -> Inputs:
    mode = gr.Radio(
        [(t(text), name) for name, text in MODES.items()], value="adain",
        label=t("How to paint"), interactive=True, elem_id="mode", container=False,
    )  # fmt: skip
    with gr.Row(elem_id="pictures", equal_height=True):
        content = _picture("content", "Photo", examples.photos, ["upload", "clipboard", "webcam"])
        with gr.Column(min_width=140, elem_id="styles") as styles_box:
            styles = tuple(_style_slot(n, examples.paintings) for n in range(MOST_STYLES))
            shown = gr.State(1)
            with gr.Row(elem_id="style-count"):
                add = gr.Button(t("Add a style"), size="sm", elem_id="add-style")
                remove = gr.Button(t("Remove"), size="sm", visible=False, elem_id="remove-style")
    photo_strip, painting_strip, _ = strips(examples, "en")
    photos = _strip("photos", photo_strip)
    with gr.Column(elem_id="paintings-box", visible=bool(examples.paintings)) as paintings_box:
        paintings = _strip("paintings", painting_strip)
    boxes, settings, own = _settings(profile)
    return Inputs(
        mode, content, styles_box, styles, shown, add, remove, photos, paintings, paintings_box, boxes,
        settings, own,
    )  # fmt: skip


def _picture(name: str, label: str, samples: Sequence[Sample], sources: list[Any]) -> Any:
    first = str(samples[0].path) if samples else None
    return PictureUpload(
        value=first, type="filepath", image_mode=None, format="png", interactive=True, label=t(label),
        sources=sources, height=200, min_width=140, elem_id=name,
        buttons=["fullscreen"], placeholder=t("Drop a picture here\nor click to choose one"),
        alt_text=label, webcam_options=gr.WebcamOptions(mirror=False),
    )  # fmt: skip


def _style_slot(n: int, samples: Sequence[Sample]) -> StyleSlot:
    with gr.Column(visible=n == 0, min_width=140, elem_id=f"style-box-{n}", elem_classes="slot") as box:
        label = "Style" if n == 0 else f"Style {n + 1}"
        picture = _picture(f"style-{n}", label, samples if n == 0 else (), ["upload", "clipboard"])
        share = gr.Slider(
            0, 1, value=1, step=0.05, label=t("Share in the mix"), interactive=True, visible=False,
            elem_id=f"share-{n}", buttons=[],
        )  # fmt: skip
    return StyleSlot(box, picture, share)


def _strip(name: str, html: str) -> Any:
    """A row of thumbnails; its event ``choose`` carries the index."""
    return gr.HTML(
        html, container=False, elem_id=name, visible=bool(html), js_on_load=_CHOOSE, elem_classes="strip"
    )


_CHOOSE = """
element.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-index]');
    if (button) trigger('choose', {index: Number(button.dataset.index)});
});
"""


def _settings(profile: Profile) -> tuple[dict[str, Any], dict[str, Settings], Any]:
    boxes, settings, own = {}, {}, None
    for name in modes.NAMES:
        made = settings[name] = Settings(name, modes.settings_of(name), profile)
        with gr.Column(visible=name == "adain", elem_id=f"settings-{name}", elem_classes="settings") as box:
            if name == "cyclegan":
                own = _translations(made, profile)
            made.render(skip=tuple(made.components))
        boxes[name] = box
    return boxes, settings, own


def _translations(settings: Settings, profile: Profile) -> Any:
    settings.components["translation"] = gr.Radio(
        translations.choices("en"), value=translations.default(), label=t("Translation"),
        interactive=True, elem_id="cyclegan-translation",
    )  # fmt: skip
    if not profile.own_weights:
        return None
    with gr.Accordion(t("Use your own network"), open=False):
        return FileUpload(
            label=t("A CycleGAN generator (.pth or .safetensors)"), file_count="single", height=110,
            file_types=[".pth", ".safetensors", ".pt", ".bin"], interactive=True, elem_id="own-weights",
        )  # fmt: skip


def _actions() -> tuple[Any, Any, Any]:
    with gr.Row(elem_id="actions"):
        run = gr.Button(t("Run"), variant="primary", elem_id="run")
        cancel = gr.Button(t("Leave the line"), visible=False, elem_id="cancel")
        stop = gr.Button(t("Stop and keep this"), visible=False, elem_id="stop")
    return run, cancel, stop


def _output(buttons: tuple[Any, Any, Any], examples: Examples) -> Output:
    status = gr.HTML(bar.idle("en"), elem_id="bar", container=False)
    with gr.Column(elem_id="empty") as empty:
        gr.Markdown(t(EMPTY), elem_id="empty-text", container=False)
        pairs = _strip("pairs", strips(examples, "en")[2])
    slider = gr.ImageSlider(
        type="filepath", format="png", interactive=False, visible=False, show_label=False, slider_position=50,
        label=t("Before and after"), buttons=["fullscreen"], elem_id="result", max_height=1200,
    )  # fmt: skip
    notes = gr.HTML("", elem_id="notes", container=False)
    with gr.Column(visible=False, elem_id="after") as after:
        download = gr.DownloadButton(t("Download PNG"), elem_id="download")
        with gr.Accordion(t("Recipe"), open=False, elem_id="recipe-box"):
            recipe = gr.Textbox(
                lines=6, max_lines=16, interactive=False, buttons=["copy"], elem_id="recipe",
                label=t("Everything that made this picture; the PNG carries it too"),
            )  # fmt: skip
    return Output(buttons, status, empty, pairs, slider, after, download, recipe, notes)
