"""A sweep's pictures side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

GAP = 8  # pixels
LONGEST = 4096  # pixels a side of the whole sheet


def contact_sheet(pictures: Sequence[Image.Image], columns: int) -> Image.Image:
    """The pictures in rows of ``columns`` on white, all as large as the first, smaller if there are many."""
    rows = -(-len(pictures) // columns)
    width, height = pictures[0].size
    room = LONGEST - GAP * max(columns, rows)
    scale = min(1.0, room / (width * columns), room / (height * rows))
    tile = max(1, int(width * scale)), max(1, int(height * scale))
    sheet = Image.new(
        "RGB", (columns * tile[0] + (columns - 1) * GAP, rows * tile[1] + (rows - 1) * GAP), "white"
    )
    for n, picture in enumerate(pictures):
        small = picture.convert("RGB").resize(tile, Image.Resampling.LANCZOS)
        row, column = divmod(n, columns)
        sheet.paste(small, (column * (tile[0] + GAP), row * (tile[1] + GAP)))
    return sheet
