"""What a picture is made from: a photo and styles with properties."""

from .arguments import by_style
from .properties import MOST_WEIGHT, StyleProperties, StyleProperty, carried, style_properties
from .styles import MOST_STYLES, Inputs, StyleInput, check_styles

__all__ = [
    "MOST_STYLES",
    "MOST_WEIGHT",
    "Inputs",
    "StyleInput",
    "StyleProperties",
    "StyleProperty",
    "by_style",
    "carried",
    "check_styles",
    "style_properties",
]
