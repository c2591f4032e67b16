"""The progress bar and the page's one status line, as HTML. Every text is escaped here."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ..errors import Note, StylizeError, note
from .runner import Update
from .texts import say

ANNOUNCEMENTS = {
    "waiting": "Waiting in the queue",
    "stopping": "Stopping",
    "left": "Taken out of the queue",
}


@dataclass(frozen=True)
class Wording:
    """What a kind of run is called while it runs, once it is done, and where it was stopped with something
    or with nothing. In English."""

    running: str = "Painting"
    done: str = "Done"
    stopped: str = "Stopped, with the picture so far"
    nothing: str = "Stopped before there was a picture"


PAINTING = Wording()
LEARNING = Wording(
    "Learning the style",
    "Learned",
    "Stopped, with what was learned so far",
    "Stopped before anything was learned",
)


def waiting(language: str, place: tuple[int, int] = (0, 0)) -> str:
    """Between the click on Run and the start. ``place``: how many come before, of how many."""
    right = say(note("{before} before this one", before=place[0]), language) if place[0] else ""
    return _box("waiting", say("Waiting in the queue", language), right=right, track=_track(None, language))


def starting(language: str) -> str:
    """Between the start and the first update."""
    return _box("running", say("Getting ready", language), track=_track(None, language))


def stopped(language: str, wording: Wording = PAINTING) -> str:
    """A run that was stopped before it had anything."""
    return _box("idle", say(wording.nothing, language))


def stopping(language: str) -> str:
    """Between the click on Stop and the end of the step."""
    return _box("waiting", say("Stopping", language), track=_track(None, language))


def cancelled(language: str) -> str:
    """A run that was cancelled while it waited."""
    return _box("idle", say("Taken out of the queue", language))


def failed(error: StylizeError | Note, language: str, *, paths: bool = True) -> str:
    """What went wrong and the way out."""
    title = say("That did not work", language)
    return _box("failed", title, say(error, language, paths=paths), role="alert")


def announcement(phase: str, update: Update | None, language: str, wording: Wording = PAINTING) -> str:
    """What a screen reader says of a run: one sentence for each phase, none for its steps.

    ``phase`` is a :class:`~stylize.webui.session.Live`'s. A failure is an alert of its own.
    """
    if phase == "done" and update:
        return f"{say(wording.done, language)} {_taken(update, language)}"
    if phase == "stopped":
        return say(wording.stopped if update is not None and update.step else wording.nothing, language)
    if phase == "running":
        return say(wording.running, language)
    return say(ANNOUNCEMENTS[phase], language) if phase in ANNOUNCEMENTS else ""


def bar(update: Update, language: str, *, part: tuple[int, int] = (1, 1), wording: Wording = PAINTING) -> str:
    """The state of a run. ``part`` is which of how many pictures it is, from 1.

    A run that was stopped is taken to have left a picture if it made a step.
    """
    if update.phase == "running":
        return _running(update, language, part, wording)
    if update.phase in ("fetching", "finishing"):
        return (_fetching if update.phase == "fetching" else _finishing)(update, language)
    return _over(update, language, wording)


def _fetching(update: Update, language: str) -> str:
    if update.transfer is None:
        return _box("running", say("Getting ready", language), track=_track(None, language))
    transfer = update.transfer
    right = _amount(transfer.done, transfer.total, language)
    share = min(1.0, transfer.done / transfer.total) if transfer.total else None
    title = say(note("Downloading {file}", file=transfer.file), language)
    return _box("running", title, right=right, track=_track(share, language, right))


def _running(update: Update, language: str, part: tuple[int, int], wording: Wording) -> str:
    n, parts = part
    title = say(wording.running, language)
    if parts > 1:
        title = say(note("Painting {n} of {parts}", n=n, parts=parts), language)
    if not update.total:
        return _box("running", title, track=_track((n - 1) / parts if parts > 1 else None, language))
    count = say(note("Step {step} of {total}", step=update.step, total=update.total), language)
    track = _track((n - 1 + update.step / update.total) / parts, language, count)
    return _box(
        "running",
        title,
        right=count,
        track=track,
        below=_losses(update, language),
        below_right=_times(update, language),
    )


def _finishing(update: Update, language: str) -> str:
    return _box(
        "running",
        say("Finishing the full-size picture", language),
        track=_track(1.0, language),
        below_right=_times(update, language),
    )


def _over(update: Update, language: str, wording: Wording) -> str:
    taken = _taken(update, language)
    if update.phase == "done":
        return _box("done", say(wording.done, language), right=taken)
    if update.step == 0:
        return _box("idle", say(wording.nothing, language))
    count = say(note("Step {step} of {total}", step=update.step, total=update.total), language)
    title = say(wording.stopped, language)
    return _box("done", title, right=f"{count} · {taken}")


def _taken(update: Update, language: str) -> str:
    return say(note("in {time}", time=clock(update.elapsed, language)), language)


def _losses(update: Update, language: str) -> str:
    return " · ".join(f"{say(name, language)} {value:.3g}" for name, value in update.losses.items())


def _times(update: Update, language: str) -> str:
    gone = clock(update.elapsed, language)
    if update.left is None:
        return gone
    return f"{gone} · " + say(note("about {time} left", time=clock(update.left, language)), language)


def clock(seconds: float, language: str) -> str:
    """A length of time for people: "8 s", "2 min 5 s", "1 h 12 min"."""
    if seconds < 60:
        return say(
            note("{seconds} s", seconds=f"{seconds:.1f}" if seconds < 10 else round(seconds)), language
        )
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return say(note("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60), language)
    return say(note("{minutes} min {seconds} s", minutes=minutes, seconds=rest), language)


def _amount(done: int, total: int, language: str) -> str:
    if not total:
        return f"{done / 1e6:.1f} MB"
    return say(note("{done} of {total} MB", done=f"{done / 1e6:.1f}", total=f"{total / 1e6:.1f}"), language)


def _track(share: float | None, language: str, text: str = "") -> str:
    """The bar, filled to ``share`` of its width, 0 to 1; None: an indeterminate one."""
    label = escape(say("Progress", language))
    about = f' aria-valuetext="{escape(text)}"' if text else ""
    if share is None:
        return f'<div class="track unknown" role="progressbar" aria-label="{label}"{about}><i></i></div>'
    percent = round(100 * share)
    return (
        f'<div class="track" role="progressbar" aria-label="{label}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent}"{about}><i style="width:{percent}%"></i></div>'
    )


def _box(
    kind: str,
    title: str,
    text: str = "",
    *,
    right: str = "",
    track: str = "",
    below: str = "",
    below_right: str = "",
    role: str = "",
) -> str:
    """One status box. ``track`` is HTML, all else is text."""
    parts = [_line(f"<strong>{escape(title)}</strong>", right), track]
    if text:
        parts.append(f"<p>{escape(text)}</p>")
    if below or below_right:
        parts.append(_line(f"<span>{escape(below)}</span>", below_right, "small"))
    spoken = f' role="{role}"' if role else ""
    return f'<div class="bar {kind}"{spoken}>{"".join(parts)}</div>'


def _line(left: str, right: str, kind: str = "") -> str:
    return f'<div class="line {kind}">{left}<span>{escape(right)}</span></div>'
