"""The notebook: cells, links, order, what is stale, JSON, zips and exports.

No gradio and no torch here.
"""

from .assets import Assets
from .cells import Cell
from .history import History
from .model import Notebook
from .references import Example, Named, Output, PictureRef, StyleRef, Upload
from .results import CellResult, Losses, Tile
from .sweeps import Axis, Point, points

__all__ = [
    "Assets",
    "Axis",
    "Cell",
    "CellResult",
    "Example",
    "History",
    "Losses",
    "Named",
    "Notebook",
    "Output",
    "PictureRef",
    "Point",
    "StyleRef",
    "Tile",
    "Upload",
    "points",
]
