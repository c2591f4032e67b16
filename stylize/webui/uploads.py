"""What programs send as a picture: an upload, or a data: address, which becomes a file like an upload.

The endpoints' fields hand on what was sent and nothing else, for gradio's own would open a file before
anybody has checked its size, and fetch an address that is sent in place of a file.
"""

from __future__ import annotations

import base64
import binascii
from abc import ABCMeta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import gradio as gr
from gradio.data_classes import GradioRootModel, ImageData

from ..errors import PictureError, shown
from ..image import Limits
from .page_files import PageFiles

SERVED = "/gradio_api/file="


def address_of(sent: object) -> str | None:
    """The path or address in what was sent: a text, or gradio's description of a file. None for no picture.

    Raises PictureError for anything else.
    """
    if isinstance(sent, dict):
        known = [sent.get("path"), sent.get("url")]
        sent = next((each for each in known if each is not None), None)
    if sent is None or sent == "":
        return None
    if not isinstance(sent, str):
        raise PictureError(
            "{value} is no picture: send an upload's path or a data: address.", value=shown(sent)
        )
    return sent


def arrived(sent: object, page_files: PageFiles) -> Path | None:
    """The file of what was sent; None for no picture. Raises PictureError."""
    address = address_of(sent)
    if address is None:
        return None
    scheme = address.partition(":")[0].lower()
    if scheme == "data":
        return _written(_decoded(address, page_files.limits()), page_files)
    if scheme in ("http", "https", "ftp", "file"):
        path = unquote(urlsplit(address).path.partition(SERVED)[2])
        try:
            return page_files.uploaded(path)
        except PictureError as error:
            raise PictureError("Addresses are not fetched here: upload the file.") from error
    return page_files.uploaded(address)


def _decoded(address: str, limits: Limits) -> bytes:
    """The bytes of a data: address (RFC 2397), whose size is checked beforehand. Raises PictureError."""
    head, comma, body = address.partition(",")
    if not comma:
        raise PictureError("This data: address is damaged: it must be data:image/png;base64, and the bytes.")
    plain = not head.lower().rstrip().endswith(";base64")
    least = len(body) - 2 * body.count("%")
    limits.check_bytes(least if plain else least * 3 // 4 - 2, "")
    data = unquote_to_bytes(body)
    if plain:
        return data
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error as error:
        raise PictureError(
            "This data: address is damaged: it must be data:image/png;base64, and the bytes."
        ) from error


def _written(data: bytes, page_files: PageFiles) -> Path:
    """A file where gradio puts uploads."""
    file = page_files.store.arrival("", "data-address")
    file.write_bytes(data)
    return file


class PicturePayload(GradioRootModel):
    """The data model of a picture field: any JSON value, with the schema of gradio's ImageData."""

    root: Any = None

    @classmethod
    def model_json_schema(cls, *args: Any, **more: Any) -> dict[str, Any]:
        return ImageData.model_json_schema(*args, **more)


def _as_sent(base: type, **more: object) -> Any:
    """A subclass of a gradio component that hands on what was sent."""

    def preprocess(self: object, payload: object) -> object:
        return payload.root if isinstance(payload, PicturePayload) else payload

    # Not by a class statement: gradio's metaclass would write a stub file beside this one. The name of the
    # class tells the browser which component to show.
    body = {"__module__": __name__, "preprocess": preprocess, **more}
    return ABCMeta.__new__(type(base), base.__name__, (base,), body)


PictureField = _as_sent(gr.Image, data_model=PicturePayload)
TextField = _as_sent(gr.Textbox)
ChoiceField = _as_sent(gr.Dropdown)
NumberField = _as_sent(gr.Number)
