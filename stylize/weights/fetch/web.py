"""Files from a plain web address, into Stylize's own cache. Only files whose sha256 is certain."""

from __future__ import annotations

import hashlib
import http.client
import math
import os
import tempfile
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from ...errors import WeightsError
from ..catalog import Row, WeightSource
from . import caches, failures
from .timeouts import TimeBudget, forbid_offline
from .transfer import OnProgress, TransferReporter

STALL = 10.0  # seconds of silence within a body
CHUNK = 1 << 16  # bytes
# What an answer raises that breaks the rules of HTTP: a garbled status line, cut or wrong chunks, headers too
# many or too long, a redirect to no address (ValueError, UnicodeError).
GARBLED = (http.client.HTTPException, ValueError)


def download(row: Row, source: WeightSource, budget: TimeBudget, on_progress: OnProgress) -> Path:
    """Fetches a file, which appears in :func:`caches.web_folder` only when its sha256 is right.

    Raises:
        OfflineError: if no server answers.
        WeightsError: whatever else goes wrong.
        Exception: what ``on_progress`` raises, which stops the download.
    """
    forbid_offline()
    _only_web(source.url)
    if not row.sha256_certain:
        raise ValueError(f"{row.name} comes from a plain web address, but its sha256 is not certain")
    try:
        answer = budget.ask(source.url, lambda seconds: _open(source.url))
    except urllib.error.HTTPError as error:
        raise failures.refused(row, urlsplit(source.url).netloc, error.code) from error
    except GARBLED as error:
        raise failures.broken(row, source.url, error) from error
    report = TransferReporter(row, on_progress)
    try:
        with answer:
            return _keep(row, source, answer, report)
    except (OSError, *GARBLED) as error:
        if error is report.raised:
            raise
        raise failures.unwritable(error, row, caches.web_folder(), "STYLIZE_CACHE") or failures.broken(
            row, source.url, error
        ) from error


def _open(url: str) -> HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "stylize"})
    answer: HTTPResponse = urllib.request.build_opener(_WebRedirects).open(request, timeout=STALL)
    return answer


class _WebRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Follows redirects, but only to web addresses."""
        _only_web(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _only_web(url: str) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise WeightsError("{url} is no web address: weights are fetched by http and https only.", url=url)


def _keep(row: Row, source: WeightSource, answer: HTTPResponse, report: TransferReporter) -> Path:
    stated = (answer.headers.get("Content-Length") or "").strip()
    total = int(stated) if stated.isascii() and stated.isdecimal() else 0
    failures.check_space(row, total or row.size, caches.web_folder(), "STYLIZE_CACHE")
    caches.web_folder().mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=caches.web_folder(), prefix=row.name + "-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            done, found = _copy(row, answer, part, total, report)
        if total and done != total:
            raise failures.broken(row, source.url, f"{done} of {total} bytes")
        if found != row.sha256:
            raise failures.damaged(row, source.url, found, row.sha256)
        os.replace(name, caches.web_folder() / row.file)
    finally:
        Path(name).unlink(missing_ok=True)
    return caches.web_folder() / row.file


def _copy(
    row: Row, answer: HTTPResponse, part: IO[bytes], total: int, report: TransferReporter
) -> tuple[int, str]:
    """The body into ``part``, and not without end. Returns its length and its sha256."""
    check, done, limit = hashlib.sha256(), 0, total or 2 * row.size or math.inf
    while done <= limit and (block := answer.read(CHUNK)):
        part.write(block)
        check.update(block)
        done += len(block)
        report.update(done, total)
    return done, check.hexdigest()
