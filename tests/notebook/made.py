"""Small pictures and notebooks."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image

from stylize.image import LearnedStyle
from stylize.image.learned import encode
from stylize.notebook import Assets, Axis, Notebook, Output, StyleRef, Upload

SMALL = {"content_side": 48, "style_side": 32}


def png(seed: int, size: tuple[int, int] = (48, 40)) -> bytes:
    """The file of a picture of smooth noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize(size).save(buffer, "PNG")
    return buffer.getvalue()


def learned_style(name: str = "sea") -> bytes:
    """The file of a learned style, of a painter that nobody has: its picture is the style."""
    picture = torch.linspace(0, 1, 3 * 40 * 40).reshape(1, 3, 40, 40)
    return encode(LearnedStyle(name, "ab" * 32, np.ones(8, "f4")), picture)


def placed(seed: int) -> bytes:
    """A photo with the place where it was taken."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 15.0)}
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png(seed))).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def chain(assets: Assets, title: str = "First") -> tuple[Notebook, str, str]:
    """A cell, a note, and a sweep of the first cell's picture, all small; and the ids of the two cells."""
    photo, style = assets.add(png(1)), assets.add(png(2))
    book = Notebook("Tests").add(
        title=title, content=Upload(photo, "photo.png"), styles=(StyleRef(Upload(style, "style.png")),)
    )
    first = book.ids[0]
    book = book.change(first, settings=SMALL).add("note", text="# Heading\n\nSome *words*.")
    book = book.add(
        "sweep",
        content=Output(first),
        styles=(StyleRef(Upload(style, "style.png")), StyleRef(Upload(photo, "photo.png"), 2.0)),
        settings=book[first].settings,
        axes=(Axis("strength", (0.5, 1.0)), Axis("style")),
    )
    return book, first, book.ids[2]
