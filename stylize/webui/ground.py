"""What gradio finds in the environment, settings and proxies. Importing this imports gradio, rightly.

gradio asks its own server over the loopback whether it is up, by httpx, which sends that through a proxy if a
variable or the system names one. A proxy cannot reach this computer's loopback, so the page would not start.
Naming the loopback in NO_PROXY is not enough: httpx makes a transport for every proxy when a client is made,
and for SOCKS without the package socksio that fails whatever address is asked for, in gradio's own import
already. ``no_proxy=*`` keeps httpx from looking at proxies at all, so it stands while gradio is imported and
while the page starts, and is taken away again: the Hub and a tunnel go through the user's proxies as ever.
"""

from __future__ import annotations

import importlib
import os
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..errors import SettingsError
from . import address, folders

NAMES = ("localhost", "127.0.0.1", "::1")
SCHEMES = ("http", "https", "all")


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Sets variables, and puts them back as they were."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def without_proxies() -> Iterator[None]:
    """No request of this process goes through a proxy."""
    with environment({"no_proxy": "*", "NO_PROXY": "*"}):
        yield


@contextmanager
def with_proxies(hosts: Sequence[str]) -> Iterator[None]:
    """Requests go through the user's proxies, but for those to ``hosts`` on this computer.

    Raises:
        SettingsError: if there are proxies that httpx cannot use.
    """
    _check_proxies()
    # Variables hide what the system says, so its proxies are named along with the exceptions.
    found = urllib.request.getproxies() if not urllib.request.getproxies_environment() else {}
    system = {f"{scheme}_proxy": found[scheme] for scheme in SCHEMES if found.get(scheme)}
    with environment({**system, **_exceptions(hosts)}):
        yield


def spare_loopback() -> None:
    """What is asked over the loopback later, such as by the tools' client, goes through no proxy either."""
    if any(urllib.request.getproxies_environment().get(scheme) for scheme in SCHEMES):
        os.environ.update(_exceptions(NAMES))


def _exceptions(hosts: Sequence[str]) -> dict[str, str]:
    """NO_PROXY, in both spellings, with ``hosts`` after what the user excepts."""
    user = urllib.request.getproxies_environment().get("no", "")
    names = [name for name in map(str.strip, user.split(",")) if name]
    if "*" not in names:
        names += [host for host in dict.fromkeys((*NAMES, *hosts)) if host not in names]
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(names))


def _check_proxies() -> None:
    import httpx

    try:
        httpx.Client().close()
    except ImportError as error:
        raise SettingsError(
            "A SOCKS proxy needs a package that is not installed: pip install 'httpx[socks]'."
        ) from error
    except (ValueError, httpx.InvalidURL) as error:
        raise SettingsError("A proxy cannot be used: {reason}", reason=error) from error


def _import_gradio() -> None:
    """Imports gradio so that neither proxies nor another user's files in the temporary folder stop it.

    Raises:
        ModuleNotFoundError: if gradio is not installed.
        SettingsError: if no folder can be written.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Gradio reckons over all of the last events whenever one ends: of 10000 that takes longer than an action.
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
    if not folders.chosen():
        folders.give_gradio(folders.new_root())
    # gradio looks for a free port at this name, by IPv4; where the page listens is said by --host.
    with without_proxies(), environment({"GRADIO_SERVER_NAME": address.CHECKED}):
        importlib.import_module("gradio")


_import_gradio()
