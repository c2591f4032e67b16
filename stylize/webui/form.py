"""What a visitor filled in, and the job that it stands for. No gradio here, and nothing is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import modes
from ..api import Job
from ..errors import PictureError, SettingsError
from ..image import load
from ..modes.options import CycleGANSettings, PictureSettings
from ..settings import options
from .profiles import Profile

MOST_STYLES = 4


@dataclass(frozen=True)
class Form:
    """The page's inputs: paths of uploads, weights of the styles, plain values of the mode's settings.

    ``own_weights`` is the path of an uploaded generator, if any.
    """

    mode: str
    content: str | None
    styles: tuple[tuple[str | None, float], ...]
    values: Mapping[str, Any]
    own_weights: str | None = None


def to_job(form: Form, profile: Profile) -> Job:
    """The job, with everything checked and loaded. Raises StylizeError."""
    settings = _settings(form, profile)
    if not form.content:
        raise PictureError("Choose a photo first.")
    styles = [(path, weight) for path, weight in form.styles[:MOST_STYLES] if path]
    if not modes.takes_styles(form.mode):
        styles = []
    elif not styles:
        raise PictureError("Choose a style picture first, such as a painting.")
    limits = profile.limits()
    content = load(form.content, limits)
    profile.check(settings, max(content.size))
    return Job(
        form.mode, settings, content, tuple((load(path, limits), float(weight)) for path, weight in styles)
    )


def _settings(form: Form, profile: Profile) -> PictureSettings:
    kind = modes.settings_of(form.mode)
    values = dict(form.values)
    for each in options(kind):
        # An open choice may be a path for the command line; a visitor must not make the server read one.
        if each.open and each.choices and values.get(each.name, each.default) not in each.choices:
            raise SettingsError("{name} must be one of the choices on the page.", name=each.label)
    if form.own_weights and kind is CycleGANSettings:
        if not profile.own_weights:
            raise SettingsError("This page does not take weight files.")
        values["translation"] = form.own_weights
    try:
        return kind.from_dict(values)
    except SettingsError as error:
        raise _by_label(error, kind) from error


def _by_label(error: SettingsError, kind: type[PictureSettings]) -> SettingsError:
    """The error with a setting's name as the page shows it."""
    labels = {each.name: each.label for each in options(kind)}
    name = error.note.values.get("name")
    return SettingsError(error.note.template, **{**error.note.values, "name": labels.get(str(name), name)})
