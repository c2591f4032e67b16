"""Pictures in and out: files of any kind become tensors, tensors become files.

Inside Stylize a picture is (1, 3, H, W) float32 sRGB in [0, 1]. What comes in is made upright, brought
to sRGB and laid on white. What goes out is built from pixels, and pixels per inch, alone, so nothing that
an input file's metadata says (location, camera, owner) can reach a result.

Importing this package brings no torch: its functions fetch it when there is a tensor to be made.
"""

from .bleeding import Cutout
from .depth import pack, quantize, unpack
from .files import Limits
from .learned import LearnedStyle
from .reading import Picture, PictureSource, load, of_tensor, size_of
from .recipes import read_recipe
from .resolution import dpi_of
from .sizes import fit, fitting, resize
from .strip import is_file_of, without_metadata
from .writing import check_target, encode_png, save, to_array, to_pil

__all__ = [
    "Cutout",
    "LearnedStyle",
    "Limits",
    "Picture",
    "PictureSource",
    "check_target",
    "dpi_of",
    "encode_png",
    "fit",
    "fitting",
    "is_file_of",
    "load",
    "of_tensor",
    "pack",
    "quantize",
    "read_recipe",
    "resize",
    "save",
    "size_of",
    "to_array",
    "to_pil",
    "unpack",
    "without_metadata",
]
