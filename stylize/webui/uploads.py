"""A picture's field that hands on a path and nothing else: whether it is a picture is for the core to say.

gr.Image would open a file before anybody has checked its size, and fetch an address that is sent in place
of a file.
"""

from __future__ import annotations

from abc import ABCMeta
from pathlib import Path
from typing import Any

import gradio as gr
from gradio_client.utils import is_http_url_like  # type: ignore[import-untyped]


def _path_only(base: type) -> Any:
    """A subclass of ``base`` whose value is the path of the upload."""

    def preprocess(self: Any, payload: Any) -> str | None:
        return None if payload is None else payload.path

    async def async_move_resource_to_block_cache(self: Any, url_or_file_path: str | Path | None) -> Any:
        if url_or_file_path is not None and is_http_url_like(str(url_or_file_path)):
            raise gr.Error("Addresses are not fetched here: upload the file.", print_exception=False)
        return await base.async_move_resource_to_block_cache(self, url_or_file_path)  # type: ignore[attr-defined]

    methods = {each.__name__: each for each in (preprocess, async_move_resource_to_block_cache)}
    # Not by a class statement: gradio's metaclass would write a stub file beside this one. The name of the
    # class tells the browser which component to show.
    return ABCMeta.__new__(type(base), base.__name__, (base,), {"__module__": __name__, **methods})


PictureUpload = _path_only(gr.Image)
