"""The recipe inside a picture file: an iTXt chunk in PNG, an XMP packet in JPEG, WebP and TIFF."""

from __future__ import annotations

import html
import os
import re
import zlib
from typing import IO

from ..errors import PictureError
from . import guard
from .faults import called, damaged
from .files import Limits, kind_of, open_image, read
from .workers import call_limited

KEY = "stylize"
LONGEST = 1_000_000  # bytes of UTF-8

_OPENING, _CLOSING, _ATTRIBUTE = b"<stylize:recipe>", b"</stylize:recipe>", b"stylize:recipe="
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot hold


def read_recipe(
    source: str | os.PathLike[str] | bytes | IO[bytes], limits: Limits | None = None, *, name: str = ""
) -> str | None:
    """The recipe that :func:`save` put into a file (path, bytes or open file), or None if it carries none.

    ``name`` is what a file is called that has no name.

    No pixel is decoded. Raises PictureError for what is no picture, is broken, or carries a recipe of
    more than a megabyte.
    """
    limits = limits or Limits.default()
    data, own = read(source, limits)
    result: str | None = call_limited(limits, _find_recipe, data, own or name)
    return result


def _find_recipe(data: bytes, name: str) -> str | None:
    kind = kind_of(data, name)
    try:
        found = _png_recipe(data) if kind == "PNG" else xmp_recipe(open_image(data, name).info.get("xmp"))
        if found is None or len(found) <= LONGEST:
            return None if found is None else found.decode("utf-8")
    except PictureError:
        raise
    except Exception as error:  # hostile bytes
        raise damaged(name, kind) from error
    raise PictureError("{file} carries a recipe of more than 1 MB, which is not read.", file=called(name))


def check_recipe(recipe: str, name: str) -> None:
    """Raises PictureError for a recipe that the file ``name`` could not carry and give back unchanged."""
    if _UNFIT.search(recipe):
        raise PictureError("{file} cannot carry its recipe: it holds control characters.", file=name)
    if len(recipe.encode()) > LONGEST:
        raise PictureError(
            "{file} cannot carry its recipe: it is longer than 1 MB. Save it without.", file=name
        )


def xmp_packet(recipe: str) -> bytes:
    """An XMP packet whose one property is the recipe."""
    text = html.escape(recipe, quote=False).replace("\r", "&#13;")
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:stylize="urn:stylize:xmp/">'
        + _OPENING
        + text.encode()
        + _CLOSING
        + b'</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    )


def _png_recipe(data: bytes) -> bytes | None:
    """The text of the first iTXt chunk with our key, wherever another program has moved it."""
    kind, key = b"", KEY.encode() + b"\0"
    for count, (kind, start, end) in enumerate(guard.png.chunks(data)):
        if count >= guard.png.MOST_CHUNKS:
            raise ValueError("too many chunks")
        if kind == b"iTXt" and data.startswith(key, start + 8):
            return _itxt(data[start + 8 + len(key) : end - 4])
    if kind != b"IEND":
        raise ValueError("cut short")
    return None


def _itxt(body: bytes) -> bytes:
    """The text after the keyword: a flag and a method, language, translated keyword, text."""
    text = body[2:].split(b"\0", 2)[2]
    return zlib.decompressobj().decompress(text, LONGEST + 1) if body[0] else text


def xmp_recipe(packet: object) -> bytes | None:
    """The recipe in an XMP packet, as an element or, as some programs rewrite it, an attribute.

    Found by plain search: a stranger's packet is not worth an XML parser's trust.
    """
    if not isinstance(packet, bytes):
        return None
    begin, closing = packet.find(_OPENING) + len(_OPENING), _CLOSING
    if begin < len(_OPENING):
        begin = packet.find(_ATTRIBUTE) + len(_ATTRIBUTE) + 1
        if begin <= len(_ATTRIBUTE):
            return None
        closing = packet[begin - 1 : begin]
    text = packet[begin : packet.index(closing, begin)]
    if len(text) > 6 * LONGEST:  # too long even if every character is escaped
        return text
    return html.unescape(text.decode("utf-8")).encode()
