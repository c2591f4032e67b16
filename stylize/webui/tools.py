"""The public endpoints as tools for language models, by the Model Context Protocol: an extra package."""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path

from ..errors import SettingsError


def are_wanted() -> bool:
    """Whether the environment asks for them, in gradio's way."""
    return os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true"


def check(passwords: bool) -> None:
    """Raises SettingsError if the package is missing, or if the page has ``passwords``."""
    if passwords:
        raise SettingsError("MCP has no way to ask for a password: leave out the passwords, or MCP.")
    if importlib.util.find_spec("mcp") is None:
        raise SettingsError(
            "MCP needs a package that is not installed: pip install 'stylize[mcp]', or 'gradio[mcp]'."
        )


def keep_in(folder: Path) -> None:
    """Pictures that come as ``data:`` addresses go to the page's own folder, which is trimmed.

    gradio has looked at GRADIO_TEMP_DIR when it was imported, before there was a page.
    """
    importlib.import_module("gradio.mcp").DEFAULT_TEMP_DIR = str(folder)  # type: ignore[attr-defined]
