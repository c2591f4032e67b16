"""The programs that ask for pictures: whose a run is, and whether anybody still waits for it.

Gradio tells a coroutine of nothing but a cancellation. Whether a program has hung up is seen in gradio's own
queue: an event whose stream was closed is no longer alive, and the messages of one that nobody reads lie
there.
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import gradio as gr
from gradio.context import LocalContext

# A host's own networks: of the addresses that its proxies tell, the last one outside is the visitor's.
PRIVATE = "127.0.0.1,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7"
DEAF = 60.0  # seconds without anybody at an event's stream, after which its program is taken for dead


def trust_a_spaces_proxy(environment: MutableMapping[str, str] = os.environ) -> None:
    """Has uvicorn, which reads this when it starts, take visitors' addresses from the proxy of a Space, which
    nobody else can reach; without that all its visitors have one address."""
    if environment.get("SPACE_ID"):
        environment.setdefault("FORWARDED_ALLOW_IPS", PRIVATE)


def owner_of(request: gr.Request | None) -> str:
    """Whose a program's runs are: by its address and the name that it logged in with.

    A session's hash is the program's own choice, so that it says nothing. Behind a proxy that uvicorn trusts
    (FORWARDED_ALLOW_IPS) the address is the one that the proxy tells. Of IPv6 it is the network, /64, which
    belongs to one customer.
    """
    client = request.request.client if request is not None and request.request is not None else None
    name = (request.username if request is not None else None) or ""
    return owner_at(client.host if client else "", name)


def owner_at(host: str, name: str = "") -> str:
    """The same by the address and the name alone."""
    return f"program {_network(host)} {name}"


def _network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # a Unix socket, or a name
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class Caller:
    """A program that waits for its picture. To be made while gradio runs its event.

    Args:
        request: what it sent.
        clock: seconds.
    """

    def __init__(self, request: gr.Request | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.owner = owner_of(request)
        self._request = request.request if request is not None else None
        self._clock, self._heard = clock, clock()
        self._queue, self._event = _queued()

    async def listens(self) -> bool:
        """Whether it still waits, as far as anybody can tell."""
        if self._event is None:  # not by the queue: the answer to the request itself is awaited
            return self._request is None or not await self._request.is_disconnected()
        if not self._event.alive:
            return False
        messages = self._queue.pending_messages_per_session.get(self._event.session_hash)
        if messages is not None and messages.empty():
            self._heard = self._clock()
        return self._clock() - self._heard < DEAF


def _queued() -> tuple[Any, Any]:
    """Gradio's queue and the event that it runs here; nothing where it runs none."""
    blocks, event = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    if blocks is None or event is None:
        return None, None
    return blocks._queue, blocks._queue.event_ids_to_events.get(event)
