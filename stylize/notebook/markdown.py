"""Untrusted Markdown: as HTML with a few known elements, or as Markdown without HTML."""

from __future__ import annotations

import re
from html import escape

_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*|\*(?P<italic>[^*\n]+)\*"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<address>https?://[^\s()<>\"']+)\)"
)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$])")


def to_html(text: str) -> str:
    """Headings, lists, paragraphs, code, bold, italic and links to the web. All else stays plain text."""
    return "\n".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip())


def harmless(text: str) -> str:
    """Markdown in which nothing is HTML, no picture is fetched, and links do nothing but lead to the web."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("![", "!\\[")
    return re.sub(r"(?i)(javascript|vbscript|data|file)\s*:", r"\1&#58;", text)


def plain(text: str) -> str:
    """One line in which Markdown sees nothing but text."""
    return _SPECIAL.sub(r"\\\1", escape(text, quote=False))


def _block(block: str) -> str:
    lines = block.split("\n")
    heading = re.fullmatch(r"(#{1,4}) +(.+)", lines[0])
    if heading:
        level = len(heading[1]) + 2  # below the report's own headings
        rest = _block("\n".join(lines[1:])) if lines[1:] else ""
        return f"<h{level}>{_inline(heading[2])}</h{level}>{rest}"
    if all(re.match(r"\s*[-*+] +", line) for line in lines):
        items = (re.sub(r"^\s*[-*+] +", "", line) for line in lines)
        return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + "</ul>"
    return "<p>" + "<br>".join(map(_inline, lines)) + "</p>"


def _inline(text: str) -> str:
    parts, at = [], 0
    for found in _INLINE.finditer(text):
        parts += [escape(text[at : found.start()]), _marked(found)]
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _marked(found: re.Match[str]) -> str:
    if found["code"]:
        return f"<code>{escape(found['code'])}</code>"
    if found["bold"]:
        return f"<strong>{escape(found['bold'])}</strong>"
    if found["italic"]:
        return f"<em>{escape(found['italic'])}</em>"
    address, label = escape(found["address"]), escape(found["label"])
    return f'<a href="{address}" rel="noopener noreferrer">{label}</a>'
