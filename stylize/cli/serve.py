"""``stylize serve``: the page."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import webui
from ..errors import SettingsError, StylizeError
from ..system.text import decoded
from ..webui import access
from .report import Report


def serve(args: argparse.Namespace, report: Report) -> int:
    """Serves the page until Ctrl-C. Raises StylizeError."""
    auth = _who(args)
    try:
        webui.serve(
            share=args.share,
            port=args.port,
            host=args.host,
            auth=auth,
            profile=args.profile,
            root_path=args.root_path,
            ssl_certfile=args.ssl_certfile,
            ssl_keyfile=args.ssl_keyfile,
            open_browser=args.open,
            mcp=args.mcp or None,
        )
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "gradio":
            raise
        raise StylizeError("The page needs gradio: install it with pip install gradio.") from error
    return 0


def _who(args: argparse.Namespace) -> list[tuple[str, str]] | None:
    """The names and passwords that the flags give; None for those of the environment, or for everybody."""
    if args.auth:
        return access.pairs("\n".join(args.auth), "--auth")
    if args.auth_file is None:
        return None
    try:
        data = Path(args.auth_file).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            "{file} cannot be read ({reason}): check the path and its permissions.",
            file=args.auth_file,
            reason=reason,
        ) from error
    return access.pairs(decoded(data, args.auth_file), args.auth_file)
