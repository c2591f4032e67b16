"""Untrusted Markdown: as HTML with a few known elements, or as Markdown without HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import takewhile

_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*|\*(?P<italic>[^*\n]+)\*"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<address>https?://[^\s()<>\"']+)\)"
)
_HEADING = re.compile(r"(#{1,4}) +(.+)")
_BULLET = re.compile(r"\s*[-*+] +(?P<text>.*)")
_NUMBER = re.compile(r"\s*(?P<number>\d{1,9})(?:[.)] +|、\s*)(?P<text>.*)")
_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$])")


def to_html(text: str) -> str:
    """Headings, lists with dots or numbers, tables, paragraphs, code, bold, italic and links to the web. All
    else stays plain text."""
    return "\n".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip())


def harmless(text: str) -> str:
    """Markdown in which nothing is HTML, no picture is fetched, and links do nothing but lead to the web."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("![", "!\\[")
    return re.sub(r"(?i)(javascript|vbscript|data|file)\s*:", r"\1&#58;", text)


def plain(text: str) -> str:
    """One line in which Markdown sees nothing but text."""
    return _SPECIAL.sub(r"\\\1", escape(text, quote=False))


def _block(block: str) -> str:
    lines, parts = block.split("\n"), []
    while lines:
        html, taken = _first(lines)
        parts.append(html)
        lines = lines[taken:]
    return "".join(parts)


def _first(lines: Sequence[str]) -> tuple[str, int]:
    """The HTML of what lines without an empty one begin with, and how many of them it takes."""
    heading = _HEADING.fullmatch(lines[0])
    if heading:
        level = len(heading[1]) + 2  # below the report's own headings
        return f"<h{level}>{_inline(heading[2])}</h{level}>", 1
    for begins, opening, closing in ((_BULLET, "<ul>", "</ul>"), (_NUMBER, _ordered(lines[0]), "</ol>")):
        items = [found["text"] for found in takewhile(bool, map(begins.fullmatch, lines)) if found]
        if items:
            return opening + "".join(f"<li>{_inline(each)}</li>" for each in items) + closing, len(items)
    if _is_table(lines):
        rows = list(takewhile(lambda line: "|" in line, lines))
        return _table(rows), len(rows)
    count = 1 + len(list(takewhile(lambda n: not _begins(lines[n : n + 2]), range(1, len(lines)))))
    return "<p>" + "<br>".join(map(_inline, lines[:count])) + "</p>", count


def _begins(lines: Sequence[str]) -> bool:
    """Whether something other than a paragraph begins here: a list only with a 1, since a line of prose may
    begin with a year."""
    number = _NUMBER.fullmatch(lines[0])
    listed = _BULLET.fullmatch(lines[0]) or (number and int(number["number"]) == 1)
    return bool(listed or _HEADING.fullmatch(lines[0])) or _is_table(lines)


def _ordered(line: str) -> str:
    found = _NUMBER.fullmatch(line)
    start = int(found["number"]) if found else 1
    return "<ol>" if start == 1 else f'<ol start="{start}">'


def _is_table(lines: Sequence[str]) -> bool:
    """Whether a row of headings and one of dashes come first, as many of the one as of the other."""
    if len(lines) < 2 or "|" not in lines[0] or not _RULE.fullmatch(lines[1].strip()):
        return False
    return len(_cells(lines[0])) == len(_cells(lines[1]))


def _table(lines: Sequence[str]) -> str:
    """A table in which a row has as many cells as the headings: more are left out, fewer are filled up."""
    heads, sides = _cells(lines[0]), [_side(each) for each in _cells(lines[1])]
    head = "".join(
        f'<th scope="col"{side}>{_inline(each)}</th>' for each, side in zip(heads, sides, strict=True)
    )
    rows = []
    for line in lines[2:]:
        found = [*_cells(line), *[""] * len(heads)]
        cells = (f"<td{side}>{_inline(each)}</td>" for each, side in zip(found, sides, strict=False))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cells(line: str) -> list[str]:
    bare = line.strip().removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [each.strip().replace("\\|", "|") for each in re.split(r"(?<!\\)\|", bare)]


def _side(rule: str) -> str:
    if rule.endswith(":"):
        return ' class="center"' if rule.startswith(":") else ' class="right"'
    return ""


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
