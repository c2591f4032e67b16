"""The real code against a Hub on the loopback, under the production repository ids."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_stub import DeadServer, File, Hub, running

from stylize import weights
from stylize.errors import OfflineError, WeightsError
from stylize.weights import Transfer, catalog, locate
from stylize.weights.catalog import Row

BODY = bytes(range(256)) * 40
ROWS = {row.name: row for row in catalog.rows()}
ON_THE_HUB = [row.name for row in ROWS.values() if any(source.kind == "hub" for source in row.sources)]
TWICE = "vgg-normalised"  # has mirrors and a certain sha256
UNSURE = "style-monet"  # one source, and a sha256 that is only likely


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No cache, token, folder or network setting of this machine; rows whose files are tiny."""
    for name in (
        "HF_HUB_OFFLINE",
        "TRANSFORMERS_OFFLINE",
        "HF_TOKEN",
        "STYLIZE_WEIGHTS_DIR",
        "STYLIZE_TIMEOUT",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("STYLIZE_CACHE", str(tmp_path / "stylize"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(catalog, "rows", lambda: tuple(tiny(row) for row in ROWS.values()))


def tiny(row: Row) -> Row:
    """A row as the catalogue has it, but for a file that holds BODY."""
    if row.bundled:
        return row
    certain = {"sha256": sha256(BODY)} if row.sha256_certain else {}
    return dataclasses.replace(row, size=len(BODY), **certain)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running() as stub:
        monkeypatch.setenv("HF_ENDPOINT", stub.url)
        yield stub


@pytest.fixture
def brief_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub waits a second before it resumes; here it waits a moment."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.02)))


def serve(hub: Hub, name: str, body: bytes = BODY, fault: str = "", source: int = 0) -> File:
    """Serve the file of a row's n-th source."""
    place = ROWS[name].sources[source]
    return hub.add(
        place.repo_id, place.filename, body, repo_type=place.repo_type, revision=place.revision, fault=fault
    )


def files_in(folder: Path) -> list[str]:
    """What a reader could take for a file; huggingface_hub 1.x keeps ``.incomplete`` ones to resume."""
    found = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    found = [path for path in found if "blobs" in path.parts or "snapshots" in path.parts]
    return [str(path) for path in found if path.suffix != ".incomplete"]


def cache_is_empty(tmp_path: Path) -> bool:
    return not files_in(tmp_path / "hub") and not list((tmp_path / "stylize").glob("downloads/*"))


def from_url(monkeypatch: pytest.MonkeyPatch, hub: Hub, fault: str = "") -> File:
    """adain-naoto, with its address on the stub in place of the public one."""
    file = hub.add("naoto/adain", "decoder.pth", BODY, fault=fault)
    address = f"{hub.cdn}/cdn/model/naoto/adain/decoder.pth"
    replace_source(monkeypatch, "adain-naoto", url=address)
    return file


def replace_source(monkeypatch: pytest.MonkeyPatch, name: str, **changes: str) -> None:
    row = tiny(ROWS[name])
    row = dataclasses.replace(row, sources=(dataclasses.replace(row.sources[0], **changes),))
    rows = tuple(row if each.name == name else each for each in catalog.rows())
    monkeypatch.setattr(catalog, "rows", lambda: rows)


# ------------------------------------------------------------------------------------ the right file


@pytest.mark.parametrize("name", ON_THE_HUB)
def test_each_row_is_fetched_from_its_production_address(hub: Hub, name: str) -> None:
    serve(hub, name)
    found = weights.find(name)
    assert (found.path.read_bytes(), found.origin, found.sha256) == (BODY, "hub", sha256(BODY))
    assert found.row == catalog.row(name)
    asked = len(hub.requests)
    assert weights.state(tiny(ROWS[name])) == "cached"
    again = weights.find(name)
    assert (again.path, again.origin, len(hub.requests)) == (found.path, "cache", asked)


def test_only_the_wanted_file_is_fetched(hub: Hub) -> None:
    serve(hub, "style-monet")
    serve(hub, "style-vangogh")
    weights.find("style-vangogh")
    assert hub.bodies() == 1
    assert "vangogh" in hub.requests[-1][1]


def test_two_rows_share_one_file(hub: Hub) -> None:
    serve(hub, "horse2zebra-upit")
    there, back = weights.find("horse2zebra-upit"), weights.find("zebra2horse-upit")
    assert there.path == back.path
    assert (there.row.member, back.row.member, hub.bodies()) == ("G_B", "G_A", 1)


def test_pulling_a_decoder_brings_its_encoder(hub: Hub) -> None:
    serve(hub, "adain-full")
    serve(hub, "vgg-normalised-zero")
    assert [found.row.name for found in weights.pull("adain-full")] == ["vgg-normalised-zero", "adain-full"]


def test_a_plain_address(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from_url(monkeypatch, hub)
    told: list[Transfer] = []
    found = weights.find("adain-naoto", on_progress=told.append)
    assert (found.path.read_bytes(), found.origin) == (BODY, "url")
    assert (told[-1].done, told[-1].total) == (len(BODY), len(BODY))
    assert weights.find("adain-naoto").origin == "cache"
    assert hub.bodies() == 1


def test_a_plain_address_that_does_not_end(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from_url(monkeypatch, hub, "endless")
    told: list[Transfer] = []
    with pytest.raises(WeightsError, match="arrived damaged"):
        weights.find("adain-naoto", on_progress=told.append)
    assert told[-1].done < 2 * len(BODY) + 100_000
    assert cache_is_empty(tmp_path)


def test_an_address_that_is_not_on_the_web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(BODY)
    replace_source(monkeypatch, "adain-naoto", url=secret.as_uri())
    with pytest.raises(WeightsError, match="no web address"):
        weights.find("adain-naoto")


def test_the_order_of_places(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    serve(hub, TWICE)
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(folder))
    assert weights.find(TWICE).origin == "hub"
    (folder / (TWICE + ".safetensors")).write_bytes(b"by name")
    assert weights.find(TWICE).path.name == TWICE + ".safetensors"
    (folder / ROWS[TWICE].file).write_bytes(BODY)
    found = weights.find(TWICE)
    assert (found.path, found.origin) == (folder / ROWS[TWICE].file, "folder")

    assert weights.find("adain-half").origin == "bundled"
    (folder / "adain-half.safetensors").write_bytes(b"better")
    assert weights.find("adain-half").origin == "folder"


def test_the_users_own_file_is_used_and_remarked_upon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "vgg19.pth").write_bytes(b"other")
    found = weights.find("vgg19")
    assert found.sha256 == sha256(b"other")
    assert len(found.notes) == 1
    assert "vgg19.pth is not the file" in str(found.notes[0])


def test_a_path_and_a_name_in_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "my network.pth"
    path.write_bytes(BODY + b"mine")
    found = weights.find(str(path))
    assert (found.path, found.row, found.origin, found.sha256) == (path, None, "path", sha256(BODY + b"mine"))
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    for name in ("my network.pth", "my network"):
        assert (weights.find(name).path, weights.find(name).origin) == (path, "folder")


def test_a_path_to_a_file_that_the_catalogue_knows(tmp_path: Path) -> None:
    (tmp_path / "renamed.bin").write_bytes(BODY)
    assert weights.find(str(tmp_path / "renamed.bin")).row is not None


def test_no_row_bundled_or_cached_brings_torch_or_the_hub_library(hub: Hub) -> None:
    serve(hub, UNSURE)
    weights.find(UNSURE)
    code = (
        "import sys; from stylize import weights; print(weights.find('adain-half').origin, "
        f"weights.find('{UNSURE}').origin, 'torch' in sys.modules, 'huggingface_hub' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert run.stdout.split() == ["bundled", "cache", "False", "False"]


def test_state_and_size(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = {row.name: row for row in catalog.rows()}
    states = {name: weights.state(row) for name, row in rows.items()}
    assert states["vgg19-half"] == "bundled"
    assert states["vgg19"] == states["adain-naoto"] == "download"
    assert states["style-cezanne"] == "bring"
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "style_cezanne.pth").write_bytes(b"12345")
    assert (weights.state(rows["style-cezanne"]), weights.size(rows["style-cezanne"])) == ("folder", 5)
    assert weights.size(rows["vgg19"]) == len(BODY)
    assert hub.requests == []


# -------------------------------------------------------------------------------- what the user got wrong


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"'monnet'.*style-monet.*style-ukiyoe"):
        weights.find("monnet")
    with pytest.raises(WeightsError, match="'monnet'"):
        weights.pull("monnet")
    with pytest.raises(WeightsError, match="''"):
        weights.find("")


@pytest.mark.parametrize("path", ["nowhere/net.pth", "net.bin", "~/no such file", "~nobody/x", "a\0/b"])
def test_a_path_to_nothing(path: str) -> None:
    with pytest.raises(WeightsError, match="is not there"):
        weights.find(path)


def test_a_path_to_a_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is a folder"):
        weights.find(str(tmp_path))


def test_a_row_without_a_source_says_what_to_bring() -> None:
    with pytest.raises(WeightsError, match=r"style-ukiyoe: put style_ukiyoe\.pth .*STYLIZE_WEIGHTS_DIR"):
        weights.find("style-ukiyoe")


def test_without_download(hub: Hub) -> None:
    serve(hub, TWICE)
    with pytest.raises(WeightsError, match=f"stylize weights pull {TWICE}"):
        weights.find(TWICE, download=False)
    assert hub.requests == []


def test_a_damaged_bundled_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ROWS["adain-half"].file).write_bytes(b"version https://git-lfs.github.com/spec/v1")
    monkeypatch.setattr(catalog, "folder", lambda: tmp_path)
    with pytest.raises(WeightsError, match="git lfs pull"):
        weights.find("adain-half")
    assert (tmp_path / ROWS["adain-half"].file).exists()
    with pytest.raises(WeightsError, match="missing"):
        weights.find("vgg19-half")


# ---------------------------------------------------------------------------------- what the Hub gets wrong


@pytest.mark.parametrize(
    ("fault", "words"),
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
    hub: Hub, tmp_path: Path, fault: str, words: str
) -> None:
    serve(hub, UNSURE, fault=fault)
    with pytest.raises(WeightsError, match=words) as caught:
        weights.find(UNSURE)
    assert not isinstance(caught.value, OfflineError)
    assert cache_is_empty(tmp_path)
    assert hub.bodies() or hub.heads() == 1
    assert weights.state(tiny(ROWS[UNSURE])) == "download"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("gone", "HTTP 404"),
        ("body-503", "HTTP 503"),
        ("corrupt", "arrived damaged"),
        ("cut-once", f"broke off.*{len(BODY) // 2} of {len(BODY)} bytes"),
        ("short", "arrived damaged"),
    ],
)
def test_every_failure_of_a_plain_address(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str, words: str
) -> None:
    from_url(monkeypatch, hub, "" if fault == "gone" else fault)
    if fault == "gone":
        replace_source(monkeypatch, "adain-naoto", url=hub.url + "/nothing")
    with pytest.raises(WeightsError, match=words):
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
    told: list[Transfer] = []
    assert weights.find(TWICE, on_progress=told.append).path.read_bytes() == BODY
    assert file.bodies_sent == 2
    assert told[-1].done == len(BODY)


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


# ---------------------------------------------------------------------------------------- no network


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


# ------------------------------------------------------------------------------------------ damaged caches


def rot(path: Path) -> None:
    """Other contents of the same size, and another time of change."""
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("name", [TWICE, UNSURE, "adain-naoto"])
def test_a_damaged_cached_file(hub: Hub, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from_url(monkeypatch, hub)
    if name != "adain-naoto":
        serve(hub, name)
    path = weights.find(name).path
    rot(path)
    with pytest.raises(WeightsError, match="damaged"):
        weights.find(name, download=False)
    assert path.exists()
    assert weights.find(name).path.read_bytes() == BODY
    assert hub.bodies() == 2


def test_a_cached_link_into_the_users_own_folder(hub: Hub, tmp_path: Path) -> None:
    serve(hub, TWICE)
    path = weights.find(TWICE).path
    mine = tmp_path / "mine.pth"
    mine.write_bytes(b"precious")
    path.unlink()
    path.symlink_to(mine)
    assert weights.find(TWICE).path.read_bytes() == BODY
    assert mine.read_bytes() == b"precious"


def test_a_blob_that_is_a_link_into_the_shared_store(hub: Hub, tmp_path: Path) -> None:
    serve(hub, UNSURE)
    path = weights.find(UNSURE).path
    blob = path.parent / os.readlink(path)
    shared = tmp_path / "hub" / "blobs" / "ab" / ("ab" * 32)
    shared.parent.mkdir(parents=True)
    blob.rename(shared)
    blob.symlink_to(os.path.relpath(shared, blob.parent))
    assert weights.find(UNSURE).origin == "cache"
    rot(shared)
    assert locate.discard(path)
    assert [each for each in (shared, blob, path) if os.path.lexists(each)] == []


def test_discard_leaves_other_files_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.pth"
    mine.write_bytes(BODY)
    assert not locate.discard(mine)
    assert mine.exists()


# ------------------------------------------------------------------------------ progress, threads, silence


def test_progress_grows_to_the_total_and_nothing_is_printed(
    hub: Hub, capfd: pytest.CaptureFixture[str]
) -> None:
    body = os.urandom(25 << 20)
    serve(hub, UNSURE, body)
    told: list[Transfer] = []
    weights.find(UNSURE, on_progress=told.append)
    done = [each.done for each in told]
    assert done == sorted(done)
    assert len(done) > 2
    assert told[-1] == Transfer(UNSURE, ROWS[UNSURE].file, len(body), len(body))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [UNSURE, "adain-naoto"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_listener_can_stop_the_download(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, error: type[BaseException]
) -> None:
    from_url(monkeypatch, hub)
    serve(hub, UNSURE)

    def stop(transfer: Transfer) -> None:
        if transfer.done:
            raise error("enough")

    with pytest.raises(error, match="enough"):
        weights.find(name, on_progress=stop)
    assert cache_is_empty(tmp_path)


@pytest.mark.parametrize("name", [TWICE, "adain-naoto"])
def test_two_threads_download_once(hub: Hub, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    serve(hub, TWICE)
    from_url(monkeypatch, hub)
    hub.delay = 0.3
    found: list[weights.Found] = []
    threads = [threading.Thread(target=lambda: found.append(weights.find(name))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len({each.path for each in found}) == 1
    assert (len(found), hub.bodies()) == (4, 1)


# --------------------------------------------------------------------------------------------- verify


def test_verify(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (TWICE, UNSURE, "horse2zebra", "adain-full"):
        serve(hub, name)
    good, unsure = weights.find(TWICE).path, weights.find(UNSURE).path
    weights.find("horse2zebra")
    rot_quietly(weights.find("adain-full").path)
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "style_ukiyoe.pth").write_bytes(b"mine")
    before = len(hub.requests)
    told: list[Transfer] = []
    checks = {check.row.name: check for check in weights.verify(on_progress=told.append)}
    assert {name: check.verdict for name, check in checks.items()} == {
        **{row.name: "right" for row in catalog.rows() if row.bundled}, TWICE: "right", UNSURE: "right",
        "horse2zebra": "right", "adain-full": "damaged", "style-ukiyoe": "different",
    }  # fmt: skip
    assert (checks[TWICE].path, checks[UNSURE].path) == (good, unsure)
    assert checks["adain-full"].sha256 == sha256(BODY[::-1])
    assert {each.name for each in told} == set(checks)
    assert all(check.path and check.path.exists() for check in checks.values())
    assert len(hub.requests) == before


def rot_quietly(path: Path) -> None:
    """Other contents; size and time of change stay, so that a remembered sha256 would not notice."""
    state = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_verify_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "horse2zebra.pth").write_bytes(b"mine")
    verdicts = [check.verdict for check in weights.verify(["adain-half", "vgg19", "horse2zebra"])]
    assert verdicts == ["right", "absent", "unknown"]
    with pytest.raises(WeightsError, match="no weight called 'nothing'"):
        weights.verify(["nothing"])
