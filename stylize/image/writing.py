"""From tensors to images and files."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import struct
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import numpy as np
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, TiffImagePlugin

from ..errors import PictureError, shown
from .recipes import KEY, check_recipe, xmp_packet
from .resolution import Dpi, exif_tags
from .streams import is_writable, name_of, write_stream

if TYPE_CHECKING:
    from torch import Tensor

WRITTEN = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".webp": "WebP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
LONGEST_SIDE = {"JPEG": 65500, "WebP": 16383}  # pixels
LONGEST_JPEG_XMP = 65504  # bytes: one marker segment


def to_array(tensor: Tensor) -> np.ndarray:
    """(H, W, C) uint8 from (1, C, H, W) in [0, 1], rounded to the nearest of 256 steps."""
    planes = tensor.detach()[0].float().clamp(0, 1).mul(255).round().byte()
    return planes.permute(1, 2, 0).contiguous().cpu().numpy()


def to_pil(tensor: Tensor, alpha: Tensor | None = None) -> Image.Image:
    """An RGB image from (1, 3, H, W) in [0, 1]; RGBA with ``alpha`` (1, 1, H, W)."""
    if alpha is not None:
        import torch

        tensor = torch.cat([tensor, alpha.to(tensor)], 1)
    return Image.fromarray(to_array(tensor))


def encode_png(
    tensor: Tensor, recipe: str | None = None, alpha: Tensor | None = None, *, dpi: Dpi | None = None
) -> bytes:
    """A PNG file of (1, 3, H, W) in [0, 1], with the recipe in it. Raises PictureError."""
    return _encode(to_pil(tensor, alpha), "PNG", recipe, 95, "The picture", dpi)


def check_target(path: str | os.PathLike[str]) -> str:
    """The format in which ``path`` would be written, by its suffix. Raises PictureError."""
    target = Path(path)
    if os.path.isdir(target):
        raise PictureError("{file} is a folder: name a file in it.", file=str(target))
    if target.suffix.lower() not in WRITTEN:
        raise PictureError(
            "{file} has no suffix that can be written: use one of {suffixes}.",
            file=str(target),
            suffixes=", ".join(WRITTEN),
        )
    return WRITTEN[target.suffix.lower()]


def kind_of_format(format: str, name: str) -> str:
    """The format that a word such as ``"png"``, ``"JPEG"`` or ``".tif"`` stands for. Raises PictureError."""
    kind = WRITTEN.get("." + format.lower().removeprefix(".")) if isinstance(format, str) else None
    if kind is None:
        raise PictureError(
            "{file} cannot be written as {format}: choose one of {formats}.",
            file=name,
            format=shown(format),
            formats=", ".join(each[1:] for each in WRITTEN),
        )
    return kind


def save(
    path: str | os.PathLike[str] | IO[bytes],
    tensor: Tensor,
    *,
    format: str | None = None,
    recipe: str | None = None,
    alpha: Tensor | None = None,
    quality: int = 95,
    dpi: Dpi | None = None,
) -> None:
    """Writes (1, 3, H, W) in [0, 1] as PNG, JPEG, WebP or TIFF, by the suffix or by ``format``.

    ``path`` may be a file that is open for writing bytes, or a buffer; it stays open, and needs a ``format``,
    such as ``"png"``, if it has no name with a suffix.
    ``recipe`` goes into the file and comes back by :func:`read_recipe`. ``alpha`` is (1, 1, H, W); a
    JPEG is laid on white instead. ``quality`` (1 to 100) is for JPEG and WebP. ``dpi`` is pixels per inch,
    across and down; without it the file says nothing of that. The file is whole or not there: a failed
    write leaves an older one as it was. Raises PictureError.
    """
    stream = path if is_writable(path) else None
    if stream is None and not isinstance(path, (str, os.PathLike)):
        raise PictureError(
            "A picture cannot be written to a {kind}: give a path, or a file open for writing bytes.",
            kind=type(path).__name__,
        )
    target = cast("str | os.PathLike[str]", path) if stream is None else None
    name = str(target) if target is not None else name_of(stream) or "This stream"
    kind = _kind(target, name, format)
    if alpha is not None and kind == "JPEG":
        tensor, alpha = 1 + (tensor - 1) * alpha.to(tensor), None
    data = _encode(to_pil(tensor, alpha), kind, recipe, quality, name, dpi)
    if stream is not None:
        write_stream(stream, data)
    elif target is not None:
        _write(target, data)


def _kind(target: str | os.PathLike[str] | None, name: str, format: str | None) -> str:
    """The format for a path, or for a stream of that name."""
    suffix = Path(name).suffix.lower()
    if format is None:
        if target is None and suffix not in WRITTEN:
            raise PictureError('An open file needs a format: add format="png", or another.')
        return WRITTEN[suffix] if target is None else check_target(target)
    kind = kind_of_format(format, name)
    if target is not None and check_target(target) != kind:
        raise PictureError(
            "{file} is no {format} file: leave out the format, or change the suffix.",
            file=name,
            format=format,
        )
    return kind


def _encode(
    image: Image.Image, kind: str, recipe: str | None, quality: int, name: str, dpi: Dpi | None
) -> bytes:
    longest = LONGEST_SIDE.get(kind)
    if longest and max(image.size) > longest:
        raise PictureError(
            "{file} cannot be written: {kind} holds at most {longest} pixels a side. Save it as PNG or TIFF.",
            file=name,
            kind=kind,
            longest=longest,
        )
    if recipe is not None:
        check_recipe(recipe, name)
    buffer = io.BytesIO()
    image.save(buffer, kind, **_options(kind, recipe, quality, name, dpi))
    return buffer.getvalue()


def _options(kind: str, recipe: str | None, quality: int, name: str, dpi: Dpi | None) -> dict[str, object]:
    """What Pillow is to write besides the pixels: sRGB, the program's name, the recipe and the dpi."""
    size: dict[str, object] = {"dpi": dpi} if dpi else {}
    if kind == "PNG":
        return {
            "pnginfo": _png_chunks(recipe),
            "compress_level": 4,
            **size,
        }  # as small as 6, in half the time
    packet = b"" if recipe is None else xmp_packet(recipe)
    if kind == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[ExifTags.Base.Software] = "Stylize"
        tags[ExifTags.Base.Predictor] = 2  # differences between neighbors, which pack better
        if packet:
            tags[ExifTags.Base.XMLPacket] = packet
        return {"tiffinfo": tags, "compression": "tiff_lzw", "icc_profile": _srgb_profile(), **size}
    if kind == "JPEG" and len(packet) > LONGEST_JPEG_XMP:
        raise PictureError(
            "{file} cannot carry its recipe: JPEG has room for 64 KB of it. Save it as PNG, WebP or TIFF.",
            file=name,
        )
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "Stylize"
    options = {"quality": quality, "exif": exif, "xmp": packet, "icc_profile": _srgb_profile()}
    if kind == "JPEG":
        return {**options, "subsampling": 0, **size}
    exif.update(exif_tags(dpi) if dpi else {})  # WebP has no other place for it
    return options


def _png_chunks(recipe: str | None) -> PngImagePlugin.PngInfo:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"sRGB", b"\0")
    chunks.add_text("Software", "Stylize")
    if recipe is not None:
        chunks.add_itxt(KEY, recipe)
    return chunks


def _srgb_profile() -> bytes:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    date = struct.pack(">6H", 2000, 6, 1, 0, 0, 0)  # instead of now: the same picture gives the same file
    return made[:24] + date + made[36:]


def _write(path: str | os.PathLike[str], data: bytes) -> None:
    try:
        target = Path(os.path.realpath(path))  # a link stays a link
        temporary = target.parent / f".stylize-{secrets.token_hex(8)}.tmp"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "xb") as file:  # and not tempfile, whose files only their owner may read
                file.write(data)
            if target.exists():
                shutil.copymode(target, temporary)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise PictureError(
            "{file} cannot be written ({reason}): choose another folder, or make room.",
            file=str(path),
            reason=getattr(error, "strerror", None) or str(error),
        ) from error
