"""From a form to what the output shows: the run's updates with their files written. No gradio here."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass

from ..api import Job
from ..errors import Note, StylizeError, note
from ..image import save
from .form import Form, to_job
from .profiles import Profile
from .runner import Update, Work, follow
from .store import PREVIEW_SIDE, SHOWN_SIDE, Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shown:
    """One change of the output. ``pair`` is (before, after) for the slider, None for no change.

    ``file`` and ``recipe`` come with the end; ``error`` instead of everything else.
    """

    update: Update
    pair: tuple[str, str] | None = None
    file: str = ""
    recipe: str = ""
    error: StylizeError | Note | None = None


def paint(
    form: Form, *, profile: Profile, store: Store, stop: threading.Event, work: Work
) -> Generator[Shown]:
    """Run a form. Never raises: what goes wrong is the last thing shown."""
    try:
        job = to_job(form, profile)
        yield from _run(job, profile, store, stop, work)
    except StylizeError as error:
        yield Shown(Update("failed"), error=error)
    except Exception:
        logger.exception("A run failed")
        yield Shown(Update("failed"), error=note(
            "Something went wrong inside Stylize, and the details are in the server's log. "
            "Try other settings or another picture."
        ))  # fmt: skip


def _run(job: Job, profile: Profile, store: Store, stop: threading.Event, work: Work) -> Generator[Shown]:
    before = ""
    store.trim()
    for update in follow(job, stop=stop, seconds=profile.seconds, work=work):
        if update.preview is not None:
            before = before or store.preview(job.content.tensor, PREVIEW_SIDE)
            yield Shown(update, (before, store.preview(update.preview)))
        elif update.result is not None:
            yield _result(job, update, store)
        else:
            yield Shown(update)


def _result(job: Job, update: Update, store: Store) -> Shown:
    assert update.result is not None
    recipe = job.recipe(names=False).to_json()
    file = store.path(".png", f"stylize-{job.mode}-{time.strftime('%Y%m%d-%H%M%S')}")
    alpha = job.alpha(update.result)
    save(file, update.result, recipe=recipe, alpha=alpha)
    small = alpha is None and max(update.result.shape[2:]) <= SHOWN_SIDE
    after = str(file) if small else store.preview(update.result, SHOWN_SIDE)
    before = store.preview(job.content.tensor, min(SHOWN_SIDE, max(update.result.shape[2:])))
    text = json.dumps(json.loads(recipe), ensure_ascii=False, indent=2)
    return Shown(update, (before, after), str(file), text)
