"""Small pieces of HTML. Every text and attribute is escaped here."""

from __future__ import annotations

from html import escape

_PATHS = {
    "add": "M12 5v14M5 12h14",
    "run": "M8 5.5v13l10.5-6.5z",
    "stop": "M7 7h10v10H7z",
    "up": "M12 19V5M6 11l6-6 6 6",
    "down": "M12 5v14M6 13l6 6 6-6",
    "copy": "M9 9h10v10H9zM5 15V5h10",
    "delete": "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12",
    "fold": "M7 4l5 5 5-5M7 20l5-5 5 5",
    "unfold": "M7 9l5-5 5 5M7 15l5 5 5-5",
    "undo": "M9 7L5 11l4 4M5 11h9a5 5 0 0 1 0 10h-3",
    "redo": "M15 7l4 4-4 4M19 11h-9a5 5 0 0 0 0 10h3",
    "import": "M4 19V6h6l2 2h8v11z",
    "photo": "M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 5M15 9.5h.01",
    "more": "M5 12h.01M12 12h.01M19 12h.01",
    "export": "M12 15V4M8 8l4-4 4 4M5 20h14",
    "gallery": "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
    "theme": "M12 4a8 8 0 1 0 8 8 6 6 0 0 1-8-8z",
    "help": "M9.5 9a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .9-1 1.7v.5M12 17h.01",
    "close": "M6 6l12 12M18 6L6 18",
    "camera": "M4 8h3l2-2h6l2 2h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
    "clear": "M4 20h16M6 16l8-10 5 4-7 8H8z",
    "link": "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
    "below": "M6 4v7a3 3 0 0 0 3 3h9M14 10l4 4-4 4",
    "learn": "M12 3.5l2.2 6.3 6.3 2.2-6.3 2.2L12 20.5l-2.2-6.3L3.5 12l6.3-2.2z",
    "download": "M12 4v11M8 11l4 4 4-4M5 20h14",
}


def icon(name: str) -> str:
    """A drawing of one line, hidden from screen readers."""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{_PATHS[name]}"/></svg>'


def tag(name: str, inner: str = "", /, **attributes: object) -> str:
    """An element. ``inner`` is HTML; attributes are texts, ``True`` for a bare one, None or False for none.

    ``class_`` and ``for_`` lose their underscore, and the others become hyphens.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        parts.append(key if value is True else f'{key}="{escape(str(value))}"')
    opening = f"<{' '.join(parts)}>"
    return opening if name in ("input", "img") else f"{opening}{inner}</{name}>"


def text(value: object) -> str:
    """Plain text."""
    return escape(str(value))


def button(label: str, do: str, *, drawing: str = "", plain: bool = False, **data: object) -> str:
    """A button that does something (see ``browser/clicks.js``). ``plain`` ones show a drawing and no text;
    ``about`` is what the pointer finds of the others."""
    classes, about = data.pop("class_", ""), data.pop("about", None)
    disabled = data.pop("disabled", False)
    extra = {key: data.pop(key) for key in list(data) if key.startswith("aria_")}
    extra.setdefault("aria_label", label if plain else None)
    attributes = {f"data_{key}": value for key, value in data.items()}
    inner = (icon(drawing) if drawing else "") + ("" if plain else f"<span>{text(label)}</span>")
    return tag(
        "button",
        inner,
        type="button",
        class_=f"button {'plain' if plain else ''} {classes}".strip(),
        data_do=do,
        title=label if plain else about,
        disabled=disabled,
        **attributes,
        **extra,
    )


def select(label: str, choices: list[tuple[str, str]], value: str, **attributes: object) -> str:
    """A list to choose from: (value, text) pairs."""
    inner = "".join(tag("option", text(each), value=key, selected=key == value) for key, each in choices)
    return tag("select", inner, aria_label=label, **attributes)
