"""A picture's field that hands on a path and nothing else: whether it is a picture is for the core to say.

gr.Image would open a file before anybody has checked its size, and fetch an address that is sent in place
of a file. The only addresses that are taken are those of uploads to this page.
"""

from __future__ import annotations

import os
from abc import ABCMeta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import gradio as gr
from gradio.utils import get_upload_folder, is_in_or_equal
from gradio_client.utils import is_http_url_like  # type: ignore[import-untyped]


def _uploaded(address: str) -> str:
    """The path of the upload that an address of this page names: nothing is fetched. Raises gr.Error."""
    path = os.path.abspath(unquote(urlsplit(address).path.partition("/gradio_api/file=")[2]))
    if not is_in_or_equal(path, get_upload_folder()) or not os.path.isfile(path):
        raise gr.Error("Addresses are not fetched here: upload the file.", print_exception=False)
    return path


def _path_only(base: type) -> Any:
    """A subclass of ``base`` whose value is the path of the upload."""

    def preprocess(self: Any, payload: Any) -> str | None:
        return None if payload is None else payload.path

    async def async_move_resource_to_block_cache(self: Any, url_or_file_path: str | Path | None) -> Any:
        if url_or_file_path is not None and is_http_url_like(str(url_or_file_path)):
            url_or_file_path = _uploaded(str(url_or_file_path))
        return await base.async_move_resource_to_block_cache(self, url_or_file_path)  # type: ignore[attr-defined]

    methods = {each.__name__: each for each in (preprocess, async_move_resource_to_block_cache)}
    # Not by a class statement: gradio's metaclass would write a stub file beside this one. The name of the
    # class tells the browser which component to show.
    return ABCMeta.__new__(type(base), base.__name__, (base,), {"__module__": __name__, **methods})


PictureUpload = _path_only(gr.Image)
