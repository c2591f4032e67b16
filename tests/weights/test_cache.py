"""Damaged caches, progress, and several threads at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hub_stub import Hub

from stylize import weights
from stylize.errors import WeightsError
from stylize.weights import Transfer, locate

from .rows import BODY, ROWS, TWICE, UNSURE, cache_is_empty, from_url, serve

pytestmark = pytest.mark.usefixtures("alone")


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


def test_progress_grows_to_the_total_and_nothing_is_printed(
    hub: Hub, capfd: pytest.CaptureFixture[str]
) -> None:
    body = os.urandom(25 << 20)
    serve(hub, UNSURE, body)
    transfers: list[Transfer] = []
    weights.find(UNSURE, on_progress=transfers.append)
    done = [each.done for each in transfers]
    assert done == sorted(done)
    assert len(done) > 2
    assert transfers[-1] == Transfer(UNSURE, ROWS[UNSURE].file, len(body), len(body))
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
