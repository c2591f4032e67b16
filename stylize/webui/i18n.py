"""Labels that the browser translates: ``t("Run")`` where a component takes a text."""

from __future__ import annotations

import hashlib
from typing import Any

import gradio as gr

from .texts import LANGUAGES, catalogue

_seen: dict[str, str] = {}


def t(text: str) -> Any:
    """A text in the visitor's language. It must be in the catalogue."""
    # svelte-i18n reads a dot in a key as a path, so the text itself cannot be the key.
    key = "stylize_" + hashlib.sha256(text.encode()).hexdigest()[:12]
    _seen[key] = text
    return gr.i18n.I18nData(key)


def dictionaries() -> gr.I18n:
    """All texts that :func:`t` has met, for ``launch``: build the page first."""
    tables = {
        language: {key: catalogue(language).get(text, text) for key, text in _seen.items()}
        for language in LANGUAGES
    }
    return gr.I18n(**tables, **{"zh-CN": tables["zh"]})


def seen() -> tuple[str, ...]:
    """The texts that :func:`t` has met."""
    return tuple(_seen.values())
