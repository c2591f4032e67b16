"""Upload fields that hand on a path and nothing else: whether it is a picture is for the core to say.

The server fetches nothing for a visitor, so addresses in place of files are refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio_client.utils import is_http_url_like


class PictureUpload(gr.Image):
    """An upload that stays as it is. gr.Image would open it before anybody has checked its size."""

    # No __init__ of its own: gradio reads the signature to know what to tell the browser.
    is_template = True  # the browser knows it as gr.Image

    def preprocess(self, payload: Any) -> str | None:
        """The path of the upload."""
        return None if payload is None else payload.path

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """As gr.Image, but files only."""
        _refuse_address(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


class FileUpload(gr.File):
    """A file of the visitor's, by its path."""

    is_template = True

    def preprocess(self, payload: Any) -> str | None:
        """The path of the upload."""
        return None if payload is None else payload.path

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """As gr.File, but files only."""
        _refuse_address(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def _refuse_address(path: str | Path | None) -> None:
    if path is not None and is_http_url_like(str(path)):
        raise gr.Error("Addresses are not fetched here: upload the file itself.", print_exception=False)
