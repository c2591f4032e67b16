"""Hosts, ports and paths: what is typed becomes a page that can be opened, or a sentence."""

from __future__ import annotations

import socket

import pytest

from stylize.errors import SettingsError
from stylize.webui import address
from stylize.webui.address import ListenAddress
from stylize.webui.profiles import LOCAL

from .conftest import second


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def localhost_has_ipv6():
    return has_ipv6() and any(at[0] == "::1" for *_, at in socket.getaddrinfo("localhost", 0))


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
needs_localhost_ipv6 = pytest.mark.skipif(not localhost_has_ipv6(), reason="localhost has no IPv6 here")


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:"), ("localhost", "http://localhost:"),
        ("0.0.0.0", "http://127.0.0.1:"),
        pytest.param("::1", "http://[::1]:", marks=needs_ipv6),
        pytest.param("[::1]", "http://[::1]:", marks=needs_ipv6),
        pytest.param("::", "http://[::1]:", marks=needs_ipv6),
    ],
)  # fmt: skip
def test_every_way_to_write_a_host_gives_an_address_that_opens(host, shown, tmp_path, site):
    with second(LOCAL, tmp_path, host=host) as served:
        if host != "localhost" or has_ipv6():
            assert served.url.startswith(shown)
        assert served.visitor().open()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "", "[]", "a..b", "x" * 300, "300.1.1.1", "::g"])
def test_a_host_that_is_unknown_is_said(host):
    with pytest.raises(SettingsError, match="no host to listen at"):
        ListenAddress.of(host)


@pytest.mark.parametrize("host", ["192.0.2.1", pytest.param("2001:db8::1", marks=needs_ipv6)])
def test_a_host_of_another_computer_is_said(host):
    with pytest.raises(SettingsError, match="not an address of this computer"):
        ListenAddress.of(host)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True), ("127.0.0.2", True), ("::1", True), ("0:0:0:0:0:0:0:1", True),
        ("LocalHost", True), ("0.0.0.0", False), ("::", False), ("192.168.0.7", False),
        ("fe80::1%eth0", False),
    ],
)  # fmt: skip
def test_which_hosts_only_this_computer_reaches(host, private):
    assert ListenAddress(host).is_private is private


@pytest.mark.parametrize(
    ("listens", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        pytest.param("::1", "::1", marks=needs_ipv6),
        pytest.param("::1", "localhost", marks=needs_ipv6),
        pytest.param("127.0.0.1", "::1", marks=needs_ipv6),  # gradio looks there
    ],
)
def test_a_taken_port_is_passed_over_and_said(listens, host):
    family = socket.AF_INET6 if ":" in listens else socket.AF_INET
    for port in address.PORTS:
        try:
            taken = socket.create_server((listens, port), family=family)
        except OSError:
            continue
        break
    with taken:
        with pytest.raises(SettingsError, match=f"Port {port} is taken"):
            ListenAddress.of(host).check(port)
        assert ListenAddress.of(host).free_port() != port


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("", ""), ("/", ""), ("//", ""), ("/paint", "/paint"), ("paint/", "/paint"), (" /a/b/ ", "/a/b"),
        ("https://example.org/paint/", "https://example.org/paint"),
        ("http://example.org:8443", "http://example.org:8443"), ("/%E7%94%BB", "/%E7%94%BB"),
    ],
)  # fmt: skip
def test_a_root_path_is_written_in_many_ways(typed, path):
    assert address.root_path(typed) == path


@pytest.mark.parametrize("typed", ["/a b", "/a?b", "/a#b", "/a//b", "/../a", "ftp://a/b", "https://", '/"'])
def test_a_root_path_that_is_none_is_said(typed):
    with pytest.raises(SettingsError, match="no path below which a page can lie"):
        address.root_path(typed)
