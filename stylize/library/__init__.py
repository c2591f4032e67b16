"""The style library: named styles of painters, which serve wherever a style picture does.

``weights/styles/`` has ``index.toml``, the statistics in ``styles.safetensors``, and for each style a
sample: one photo that Stylize painted in it. The statistics are those of the features of one encoder, and
of further ones in files of their own; with any other network the sample picture is the style. Listing the
styles needs no torch.
"""

from .index import INDEX, STATISTICS, Also, also, encoder, fits, folder, styles
from .named import NamedStyle
from .names import find, is_name, style
from .statistics import by_layer, digest, forget, layers, sample_note

__all__ = [
    "INDEX",
    "STATISTICS",
    "Also",
    "NamedStyle",
    "also",
    "by_layer",
    "digest",
    "encoder",
    "find",
    "fits",
    "folder",
    "forget",
    "is_name",
    "layers",
    "sample_note",
    "style",
    "styles",
]
