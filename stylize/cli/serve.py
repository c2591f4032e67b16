"""``stylize serve``: the page."""

from __future__ import annotations

import argparse

from .. import webui
from ..errors import StylizeError
from .report import Report


def serve(args: argparse.Namespace, report: Report) -> int:
    """Serves the page until Ctrl-C. Raises StylizeError."""
    try:
        webui.serve(share=args.share, port=args.port, host=args.host)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "gradio":
            raise
        raise StylizeError("The page needs gradio: install it with pip install gradio.") from error
    return 0
