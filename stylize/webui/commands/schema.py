"""The commands as JSON schema, and as the JavaScript module that the page's scripts are checked against.

``python -m stylize.webui.commands.schema`` writes that module anew; a test fails where it is out of date.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from . import TABLE, opening
from .fields import FieldSchema, form

MODULE = Path(__file__).parent.parent / "browser" / "commands.js"
COMMANDS: Mapping[str, type] = {
    **opening.COMMANDS,
    **{name: entry.command for name, entry in TABLE.items()},
}
_HEAD = """// @ts-check
// What the server can be asked for. Written by `python -m stylize.webui.commands.schema`: change it there.
"""


class Schema(TypedDict):
    """A command as JSON schema."""

    type: str
    description: str | None
    properties: dict[str, FieldSchema]
    required: list[str]


def json_schema() -> dict[str, Schema]:
    """A JSON schema of each command's fields, by the command's name."""
    return {name: _object(command) for name, command in COMMANDS.items()}


def _object(command: type) -> Schema:
    known = form(command)
    return {
        "type": "object",
        "description": inspect.getdoc(command),
        "properties": {name: each.schema() for name, each in known.fields.items()},
        "required": sorted(known.required),
    }


def javascript() -> str:
    """The module: the type ``Command``, and the names of each command's fields."""
    schemas = json_schema()
    types = " |\n".join(f" *     {_type(name, schema)}" for name, schema in schemas.items())
    fields = "\n".join(f"    {name}: {json.dumps(list(s['properties']))}," for name, s in schemas.items())
    return (
        f"{_HEAD}\n/**\n * @typedef {{(\n{types}\n * )}} Command\n */\n\n"
        "/** The fields of each command. @type {Record<string, string[]>} */\n"
        f"export const FIELDS = {{\n{fields}\n}};\n"
    )


def _type(name: str, schema: Schema) -> str:
    parts = [f'do: "{name}"']
    for field, each in schema["properties"].items():
        mark = "" if field in schema["required"] else "?"
        parts.append(f"{field}{mark}: {_value(each)}")
    return "{" + ", ".join(parts) + "}"


def _value(schema: FieldSchema) -> str:
    """A field's type in JavaScript."""
    if "enum" in schema:
        return " | ".join(f'"{choice}"' for choice in schema["enum"])
    if "items" in schema:
        return f"{schema['items']['type']}[]"
    kinds = schema.get("type", "unknown")
    names = [kinds] if isinstance(kinds, str) else kinds
    return " | ".join("number" if each == "integer" else each for each in names)


if __name__ == "__main__":
    MODULE.write_text(javascript(), "utf-8")
