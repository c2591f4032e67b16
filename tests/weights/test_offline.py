"""Without a network: the answer comes soon and says what would do."""

from __future__ import annotations

import time

import pytest
from hub_stub import DeadServer, Hub

from stylize import weights
from stylize.errors import OfflineError

from .rows import TWICE, UNSURE, from_url, replace_source, serve

pytestmark = pytest.mark.usefixtures("alone")


@pytest.mark.parametrize("name", [TWICE, "adain-full"])
def test_a_dead_hub_is_tried_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    server = DeadServer(hangs=False)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    with pytest.raises(
        OfflineError, match=r"cannot be reached.*adain-half / adain-quarter, which comes with Stylize"
    ):
        weights.find(name)
    server.close()
    assert server.tries == 1


def test_a_silent_hub_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    server = DeadServer(hangs=True)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("STYLIZE_TIMEOUT", "0.3")
    start = time.monotonic()
    with pytest.raises(OfflineError, match=r"does not answer within 0\.3 s"):
        weights.find(TWICE)
    assert time.monotonic() - start < 10  # the library alone would take 23 s and more
    server.close()
    assert server.tries == 1


def test_the_whole_search_has_one_budget() -> None:
    from stylize.weights.fetch.timeouts import TIMEOUT, TimeBudget

    assert TIMEOUT < 3
    budget = TimeBudget()
    budget.left = 0.05
    asked: list[float] = []
    for host in ("a", "a", "b"):
        with pytest.raises(OfflineError):
            budget.ask(f"https://{host}/x", lambda seconds: asked.append(seconds) or time.sleep(0.2))
    assert asked == [0.05]


def test_a_dead_plain_address(monkeypatch: pytest.MonkeyPatch) -> None:
    server = DeadServer(hangs=False)
    replace_source(monkeypatch, "adain-naoto", url=server.url + "/decoder.pth")
    with pytest.raises(OfflineError, match="Use adain-half"):
        weights.find("adain-naoto")
    server.close()
    assert server.tries == 1


def test_offline_advice_where_nothing_bundled_would_do() -> None:
    with pytest.raises(OfflineError) as caught:
        weights.find(UNSURE)
    text = str(caught.value)
    assert "stylize weights pull style-monet" in text
    assert "STYLIZE_WEIGHTS_DIR" in text
    assert "comes with" not in text


@pytest.mark.parametrize("name", [TWICE, "adain-naoto"])
def test_forbidden_network_means_no_request(hub: Hub, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    serve(hub, TWICE)
    from_url(monkeypatch, hub)
    with pytest.raises(OfflineError, match="HF_HUB_OFFLINE forbids the network"):
        weights.find(name)
    assert hub.requests == []


def test_a_cached_file_needs_no_network(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (TWICE, "adain-full"):  # one by commit, one by branch
        serve(hub, name)
        weights.find(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert [weights.find(name).origin for name in (TWICE, "adain-full")] == ["cache", "cache"]


def test_a_timeout_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_TIMEOUT", "soon")
    with pytest.raises(Exception, match="STYLIZE_TIMEOUT is 'soon'"):
        weights.find(UNSURE)
