"""Whose a request is, behind the proxy of a Space."""

from __future__ import annotations

from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from stylize.webui.callers import trust_a_spaces_proxy

from .made import run


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),  # what stands before it is what the visitor wrote
        ("203.0.113.9, 10.20.30.40", "203.0.113.9"),
        ("2001:db8::7, 100.64.3.3", "2001:db8::7"),
    ],
)
def test_the_address_on_a_space_is_the_one_its_proxy_saw(forwarded, visitor):
    environment = {"SPACE_ID": "somebody/stylize"}
    trust_a_spaces_proxy(environment)
    seen: list[Any] = []

    async def app(scope, receive, send):
        seen.append(scope["client"][0])

    proxied = ProxyHeadersMiddleware(app, environment["FORWARDED_ALLOW_IPS"])
    scope = {"type": "http", "client": ("10.1.2.3", 5), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    run(proxied(scope, None, None))
    assert seen == [visitor]


def test_elsewhere_nobody_is_trusted_but_by_the_owners_word():
    environment: dict[str, str] = {}
    trust_a_spaces_proxy(environment)
    assert not environment
    environment = {"SPACE_ID": "somebody/stylize", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    trust_a_spaces_proxy(environment)
    assert environment["FORWARDED_ALLOW_IPS"] == "127.0.0.1"
