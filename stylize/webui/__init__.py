"""The page: a gradio server, its visitors and their files, the run queue, HTML and scripts.

Importing this brings no gradio; :func:`serve` does.
"""

from __future__ import annotations

from typing import Any


def serve(**options: Any) -> None:
    """Open the page; see :func:`stylize.webui.launch.serve`."""
    from .launch import serve as run

    run(**options)
