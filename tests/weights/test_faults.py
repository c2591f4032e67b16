"""What the Hub and plain addresses get wrong: mirrors, repetition, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_stub import Hub

from stylize import weights
from stylize.errors import OfflineError, WeightsError
from stylize.weights import Transfer

from .rows import BODY, ROWS, TWICE, UNSURE, cache_is_empty, from_url, replace_source, serve, tiny

pytestmark = pytest.mark.usefixtures("alone")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("gated", "accept them at .*davidpiscasio/unpaired-img2img and set HF_TOKEN"),
        ("no-repo", "spaces/davidpiscasio/unpaired-img2img is gone or private.*HF_TOKEN"),
        ("disabled", "closed by the Hub"),
        ("no-revision", "no version 3ce13dcd"),
        ("no-file", "no longer holds checkpoints/style_monet_pretrained/latest_net_G.pth"),
        ("bad-token", "refuses your access token"),
        ("forbidden", "HTTP 403"),
        ("429", "too many requests: wait"),
        ("503", "out of order .HTTP 503.*try again"),
        ("body-503", "out of order .HTTP 503.*try again"),
        ("portal", "answers, but not as the Hugging Face Hub"),
        ("login-page", "answers, but not as the Hugging Face Hub"),
        ("no-commit", "answers, but not as the Hugging Face Hub"),
        ("short", "broke off"),
        ("corrupt", "arrived damaged"),
    ],
)
def test_every_failure_says_what_to_do_and_leaves_nothing(
    hub: Hub, tmp_path: Path, fault: str, message: str
) -> None:
    serve(hub, UNSURE, fault=fault)
    with pytest.raises(WeightsError, match=message) as caught:
        weights.find(UNSURE)
    assert not isinstance(caught.value, OfflineError)
    assert cache_is_empty(tmp_path)
    assert hub.bodies() or hub.heads() == 1
    assert weights.state(tiny(ROWS[UNSURE])) == "download"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("gone", "HTTP 404"),
        ("body-503", "HTTP 503"),
        ("corrupt", "arrived damaged"),
        ("cut-once", f"broke off.*{len(BODY) // 2} of {len(BODY)} bytes"),
        ("short", "arrived damaged"),
    ],
)
def test_every_failure_of_a_plain_address(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str, message: str
) -> None:
    from_url(monkeypatch, hub, "" if fault == "gone" else fault)
    if fault == "gone":
        replace_source(monkeypatch, "adain-naoto", url=hub.url + "/nothing")
    with pytest.raises(WeightsError, match=message):
        weights.find("adain-naoto")
    assert cache_is_empty(tmp_path)


@pytest.mark.parametrize("fault", ["gated", "no-repo", "no-revision", "503", "no-commit", "short", "corrupt"])
def test_the_mirror_is_asked_next(hub: Hub, fault: str) -> None:
    serve(hub, TWICE, fault=fault)
    mirror = serve(hub, TWICE, source=1)
    found = weights.find(TWICE)
    assert (found.path.read_bytes(), mirror.bodies_sent) == (BODY, 1)
    assert "vkganesan" in str(found.path)


def test_all_sources_fail_and_all_are_named(hub: Hub) -> None:
    serve(hub, TWICE, fault="no-repo")
    serve(hub, TWICE, fault="gated", source=1)
    serve(hub, TWICE, fault="corrupt", source=2)
    with pytest.raises(
        WeightsError, match=r"None of the 3.*dataroots/SofaStyler.*vkganesan/AdaIN.*Curise/Free"
    ):
        weights.find(TWICE)


def test_silence_after_an_answer_is_no_lack_of_network(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_TIMEOUT", "0.5")
    serve(hub, TWICE, fault="gated")
    serve(hub, TWICE, fault="stall", source=1)
    with pytest.raises(WeightsError, match=r"None of the 3 .*terms of use.*does not answer") as caught:
        weights.find(TWICE)
    assert not isinstance(caught.value, OfflineError)


@pytest.mark.parametrize("name", [TWICE, UNSURE])
def test_one_damaged_download_is_repeated(hub: Hub, name: str) -> None:
    file = serve(hub, name, fault="corrupt-once")
    assert weights.find(name).path.read_bytes() == BODY
    assert file.bodies_sent == 2


@pytest.mark.parametrize("fault", ["cut-once", "reset-once"])
def test_a_cut_download_goes_on(hub: Hub, brief_naps: None, fault: str) -> None:
    file = serve(hub, TWICE, fault=fault)
    transfers: list[Transfer] = []
    assert weights.find(TWICE, on_progress=transfers.append).path.read_bytes() == BODY
    assert file.bodies_sent == 2
    assert transfers[-1].done == len(BODY)


def test_a_server_that_stalls_in_the_body(
    hub: Hub, brief_naps: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.1)
    serve(hub, UNSURE, fault="stall-body")
    with pytest.raises(WeightsError, match=r"style_monet\.pth broke off"):
        weights.find(UNSURE)
    assert cache_is_empty(tmp_path)


def test_a_plain_address_that_stalls_in_the_body(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("stylize.weights.fetch.web.STALL", 0.1)
    from_url(monkeypatch, hub, "stall-body")
    with pytest.raises(WeightsError, match="broke off"):
        weights.find("adain-naoto")
    assert cache_is_empty(tmp_path)


def test_a_branch_that_moved_on_is_noticed_before_the_download(hub: Hub) -> None:
    serve(hub, "adain-full", b"another decoder")
    with pytest.raises(WeightsError, match=r"now holds another decoder\.pth"):
        weights.find("adain-full")
    assert hub.bodies() == 0


def test_a_sha256_that_is_only_likely_refuses_nothing(hub: Hub) -> None:
    serve(hub, UNSURE)
    fresh, cached = weights.find(UNSURE), weights.find(UNSURE)
    assert cached.origin == "cache"
    for found in (fresh, cached):
        assert [ROWS[UNSURE].sha256 in str(note) for note in found.notes] == [True]
    serve(hub, "horse2zebra")
    assert weights.find("horse2zebra").notes == ()


def test_the_token_goes_to_the_hub_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    serve(hub, TWICE)
    weights.find(TWICE)
    by_place = {
        path.startswith("/cdn/"): token for (_, path), token in zip(hub.requests, hub.tokens, strict=True)
    }
    assert by_place == {False: "Bearer hf_test", True: None}


def test_a_file_larger_than_the_disk_is_not_begun(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve(hub, TWICE).stated_size = 10**16
    serve(hub, TWICE, source=1).stated_size = 10**16
    with pytest.raises(WeightsError, match=r"needs 10000000000 MB.*has only \d+ MB left.*HF_HOME"):
        weights.find(TWICE)
    assert hub.bodies() == 0


def test_a_cache_that_cannot_be_written(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    serve(hub, UNSURE)
    with pytest.raises(WeightsError, match=r"cannot be written.*HF_HOME"):
        weights.find(UNSURE)
    monkeypatch.setenv("STYLIZE_CACHE", str(tmp_path / "file" / "stylize"))
    from_url(monkeypatch, hub)
    with pytest.raises(WeightsError, match=r"cannot be written.*STYLIZE_CACHE"):
        weights.find("adain-naoto")
