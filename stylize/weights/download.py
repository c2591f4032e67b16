"""A weight file from the sources of its row, one after the other."""

from __future__ import annotations

from ..errors import WeightsError
from . import digest, locate, messages
from .catalog import Row, WeightSource
from .fetch import failures, hub, web
from .fetch.timeouts import TimeBudget
from .fetch.transfer import OnProgress
from .locate import Found


def download(row: Row, on_progress: OnProgress = None) -> Found:
    """The file of a row, from the first of its sources that gives it whole.

    All sources together may be silent for ``STYLIZE_TIMEOUT`` seconds.

    Args:
        row: which file.
        on_progress: called with each piece; what it raises stops the download.

    Raises:
        OfflineError: if no source answers.
        WeightsError: if none gives the file whole; the sentence has every source's reason.
    """
    budget, failed = TimeBudget(), []
    for source in row.sources:
        try:
            if source.kind == "hub":
                return _from_hub(row, source, budget, on_progress)
            if source.kind == "url":
                path = web.download(row, source, budget, on_progress)
                return Found(path, row, digest.sha256(path), "url")
        except WeightsError as error:
            failed.append(error)
    raise messages.failed(row, failed)


def _from_hub(row: Row, source: WeightSource, budget: TimeBudget, on_progress: OnProgress) -> Found:
    file = hub.HubFile(row, source)
    stated = file.check_head(budget)
    for again in (False, True):
        path = file.download(on_progress, force=again)
        found = digest.sha256(path, fresh=again)
        expected = locate.required_sha256(row, path, "cache") or stated
        if not expected or found == expected:
            return Found(path, row, found, "hub", messages.remarks(row, path, found))
        locate.discard(path)
    raise failures.damaged(row, file.page, found, expected)
