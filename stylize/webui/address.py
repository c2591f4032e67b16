"""Where the server listens, and the address that a browser can open."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..errors import SettingsError

PORTS = range(7860, 7960)
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # and what reaches it from this computer
_PATH = re.compile(r"(/[\w.~!$&'()*+,;=:@%-]+)*", re.ASCII)
_WHOLE = re.compile(r"https?://[^\s/?#]+" + _PATH.pattern, re.ASCII)
CHECKED = "127.0.0.1"  # where gradio looks whether a port is free, wherever it will listen


@dataclass(frozen=True)
class ListenAddress:
    """A host to listen at: a name, or an IP address without brackets."""

    host: str

    @classmethod
    def of(cls, text: str) -> ListenAddress:
        """The address that ``--host`` names. Raises SettingsError if this computer has no such address."""
        host = bare(text)
        found = _addresses(host) if host else []
        if not found:
            raise SettingsError("{host} is no host to listen at: check its name.", host=text or "''")
        usable = [where for where in found if not _refusal(where, 0)]
        if not usable:
            raise SettingsError(
                "{host} is not an address of this computer: choose one that is, or 0.0.0.0 for all.",
                host=text,
            )
        # A name listens at each of its addresses, which must all be there: localhost without IPv6 is not.
        return cls(host if usable == found else usable[0][1][0])

    @property
    def is_private(self) -> bool:
        """Whether only this computer can reach it."""
        try:
            return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    @property
    def name(self) -> str:
        """As gradio and addresses take it."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def near(self) -> ListenAddress:
        """The address by which this computer's browser reaches it."""
        return ListenAddress(EVERYWHERE.get(self.host, self.host))

    def url(self, port: int, scheme: str = "http") -> str:
        """An address that can be opened on this computer."""
        return f"{scheme}://{self.near.name}:{port}/"

    def check(self, port: int) -> None:
        """Raises SettingsError if one cannot listen at a port, because somebody does or by its number."""
        refusals = [_refusal(where, port) for where in (*_addresses(self.host), *_addresses(CHECKED))]
        if errno.EACCES in refusals:
            raise SettingsError("Port {port} may not be opened: choose another one, from 1024 on.", port=port)
        if any(refusals):
            raise SettingsError("Port {port} is taken: choose another one, or none.", port=port)

    def free_port(self) -> int:
        """The first port from 7860 that nobody listens at. Raises SettingsError."""
        for port in PORTS:
            with suppress(SettingsError):
                self.check(port)
                return port
        raise SettingsError(
            "All ports from {first} to {last} are taken: choose another one.", first=PORTS[0], last=PORTS[-1]
        )


def bare(text: str) -> str:
    """A host without the brackets that an address has around IPv6."""
    host = text.strip()
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _addresses(host: str) -> list[tuple[socket.AddressFamily, Any]]:
    """The addresses of a host, as a socket takes them with port 0; none if it is unknown."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):  # the second for a name that no host can have
        return []
    return list(dict.fromkeys((family, where) for family, _, _, _, where in found))


def _refusal(where: tuple[socket.AddressFamily, Any], port: int) -> int:
    """The number of the error with which an address is refused to a listener; 0 if it is not."""
    family, at = where
    try:
        with socket.socket(family) as probe:
            if os.name == "posix":  # elsewhere this would take a port from a program that has it
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:  # as the server listens
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((at[0], port, *at[2:]))
    except OSError as error:
        return error.errno or errno.EINVAL
    return 0


def root_path(text: str) -> str:
    """``--root-path`` as gradio takes it: ``/paint``, or a whole address without a slash at its end.

    Raises:
        SettingsError: if it is neither.
    """
    path, whole = text.strip().rstrip("/"), "://" in text
    if path and not whole:
        path = f"/{path.lstrip('/')}"
    if not (_WHOLE if whole else _PATH).fullmatch(path) or ".." in path.split("/"):
        raise SettingsError(
            "{path} is no path below which a page can lie: write one such as /paint, or a whole address.",
            path=text,
        )
    return path
