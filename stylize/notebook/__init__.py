"""The notebook: cells, links, order and what is stale; files of it; exports. No gradio, and no torch here."""

from .assets import Assets
from .cells import (
    Axis,
    Cell,
    Example,
    Losses,
    Named,
    Output,
    Point,
    Result,
    Source,
    Style,
    Tile,
    Upload,
    points,
)
from .history import History
from .model import Notebook

__all__ = [
    "Assets",
    "Axis",
    "Cell",
    "Example",
    "History",
    "Losses",
    "Named",
    "Notebook",
    "Output",
    "Point",
    "Result",
    "Source",
    "Style",
    "Tile",
    "Upload",
    "points",
]
