"""The public endpoints as tools for language models, by the Model Context Protocol: an extra package."""

from __future__ import annotations

import importlib.util
import os

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
