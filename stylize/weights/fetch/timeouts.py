"""A missing network is noticed within three seconds, however long the HTTP libraries would wait."""

from __future__ import annotations

import os
import queue
import threading
import time
import urllib.error
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

from ...errors import OfflineError, SettingsError, WeightsError

TIMEOUT = 2.5  # seconds that silent servers may cost one search; STYLIZE_TIMEOUT overrides it

T = TypeVar("T")


class TimeBudget:
    """How many seconds one search waits, in all, for servers that do not answer.

    A server that stayed silent once is not asked again, and the time it took is gone.
    """

    def __init__(self) -> None:
        self.left = _timeout()
        self._silent: set[str] = set()

    def ask(self, url: str, call: Callable[[float], T]) -> T:
        """What ``call(seconds)`` returns or raises.

        Raises:
            OfflineError: if the server of ``url`` does not answer in the time that is left.
            WeightsError: if it answers with a certificate that is not trusted here.
        """
        host = urlsplit(url).netloc
        if host in self._silent or self.left <= 0:
            raise silence(host)
        start = time.monotonic()
        try:
            return _within(self.left, partial(call, self.left))
        except Exception as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise WeightsError(
                    "{host} shows a certificate that this computer does not trust: open a web page to see "
                    "whether this network wants you to log in, or set SSL_CERT_FILE.",
                    host=host,
                ) from error
            if not unanswered(error):
                raise
            asked, gone = self.left, time.monotonic() - start
            self.left -= gone
            self._silent.add(host)
            raise silence(host, asked if gone > 0.9 * asked else 0) from error


def _timeout() -> float:
    given = os.environ.get("STYLIZE_TIMEOUT") or str(TIMEOUT)
    with suppress(ValueError):
        if 0 < float(given) <= 3600:
            return float(given)
    raise SettingsError("STYLIZE_TIMEOUT is {value!r}, but it must be a number of seconds.", value=given)


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What ``call`` returns or raises, or TimeoutError, and then the call is left to itself.

    A thread, because looking up a name knows no timeout, and trying several addresses multiplies it.
    """
    answers: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()

    def work() -> None:
        try:
            value = call()
            answers.put(lambda: value)
        except BaseException as error:
            answers.put(partial(_raise, error))

    threading.Thread(target=work, name="stylize-ask", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:.1f} s") from None
    return answer()


def _raise(error: BaseException) -> NoReturn:
    raise error


def silence(host: str, seconds: float = 0) -> OfflineError:
    """The error for a server that does not answer, ``seconds`` long if that was the reason to stop."""
    if seconds:
        text = "{host} does not answer within {seconds:.1f} s (STYLIZE_TIMEOUT)"
        return OfflineError(text, host=host, seconds=seconds)
    return OfflineError("{host} cannot be reached", host=host)


def unanswered(error: BaseException) -> bool:
    """Whether no server answered at all, whichever library says so."""
    if isinstance(error, urllib.error.HTTPError) or hasattr(error, "response"):
        return False
    if isinstance(error, (TimeoutError, ConnectionError, urllib.error.URLError)):
        return True
    return _transport(error)


def connection_lost(error: BaseException) -> bool:
    """Whether a transfer was cut, which huggingface_hub mends by itself only in part."""
    return _transport(error) and type(error).__name__ in ("RemoteProtocolError", "ReadError")


def _transport(error: BaseException) -> bool:
    # huggingface_hub speaks through httpx in 1.x and through httpx2 in 2.x.
    return any(kind.__module__.split(".")[0] in ("httpx", "httpx2") for kind in type(error).__mro__)


def forbid_offline() -> None:
    """Raises OfflineError if ``HF_HUB_OFFLINE`` or ``TRANSFORMERS_OFFLINE`` rules the network out."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE"):
            raise OfflineError("{name} forbids the network", name=name)
