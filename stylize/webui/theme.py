"""Colors, fonts and the style sheet. No font or file from another server."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from PIL import Image, ImageDraw

from .script import script

FONT = [
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "sans-serif",
]
MONO = ["ui-monospace", "SF Mono", "Consolas", "monospace"]

# Verdigris, the painters' green. 700 has a contrast of 6 with white.
ACCENT = gr.themes.Color(
    "#effaf6",
    "#d7f2e8",
    "#b0e4d3",
    "#7fd0ba",
    "#4db69d",
    "#2f9b83",
    "#217c69",
    "#17695a",
    "#16564b",
    "#13433b",
    "#082822",
    name="verdigris",
)
PAPER = gr.themes.Color(
    "#fafaf9",
    "#f3f3f1",
    "#e6e6e3",
    "#d3d3cf",
    "#a3a3a0",
    "#73736f",
    "#565653",
    "#3f3f3d",
    "#272726",
    "#1c1c1b",
    "#131312",
    name="paper",
)


def theme() -> gr.themes.Base:
    """The page's theme."""
    return gr.themes.Default(
        primary_hue=ACCENT,
        secondary_hue=ACCENT,
        neutral_hue=PAPER,
        font=FONT,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_md,
        spacing_size=gr.themes.sizes.spacing_md,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_padding="0px",
        block_shadow="none",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        block_title_text_weight="500",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_text_color="white",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color_dark="white",
        slider_color="*primary_700",
        slider_color_dark="*primary_500",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        checkbox_background_color_selected="*primary_700",
        checkbox_background_color_selected_dark="*primary_600",
        checkbox_border_color_selected="*primary_700",
        checkbox_border_color_selected_dark="*primary_600",
        color_accent="*primary_700",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*primary_950",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )


def css() -> str:
    """The style sheet."""
    return (Path(__file__).parent / "style.css").read_text("utf-8")


def head() -> str:
    """What the browser does, as a script for the page's head: it must be there before the components."""
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    icon = '<link rel="icon" href="favicon.ico">'  # below a path, browsers look for it at the site's root
    return f"{viewport}{icon}<script>{script()}</script>"


def icon(path: Path) -> str:
    """Draws the page's icon, a picture half of which is painted, and returns its path."""
    size = 64
    image = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((2, 2, size - 3, size - 3), 14, fill=str(ACCENT.c700))
    draw.rounded_rectangle((12, 14, size - 13, size - 15), 4, fill="white")
    draw.polygon([(32, 14), (size - 13, 14), (size - 13, size - 15), (32, size - 15)], fill=str(ACCENT.c300))
    draw.polygon([(12, size - 15), (26, 30), (40, size - 15)], fill=str(ACCENT.c500))
    image.save(path)
    return str(path)
