"""sha256 sums that are remembered."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stylize.errors import WeightsError
from stylize.weights import digest

NEW, OLD = b"new contents", b"old contents"


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("STYLIZE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "sha256.json"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file whose sum is known and whose contents have changed behind its size and time."""
    path = tmp_path / "weights.bin"
    path.write_bytes(OLD)
    assert digest.sha256(path) == sha256(OLD)
    state = path.stat()
    path.write_bytes(NEW)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    return path


def in_another_process(path: Path) -> str:
    code = "import sys, pathlib; from stylize.weights.digest import sha256; "
    code += "print(sha256(pathlib.Path(sys.argv[1])))"
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=root, check=True
    )
    return run.stdout.strip()


def test_a_known_file_is_not_read_again(file: Path) -> None:
    assert digest.sha256(file) == sha256(OLD)
    assert in_another_process(file) == sha256(OLD)


def test_fresh_reads_it_and_corrects_what_was_known(file: Path) -> None:
    assert digest.sha256(file, fresh=True) == sha256(NEW)
    assert digest.sha256(file) == sha256(NEW)
    assert in_another_process(file) == sha256(NEW)


def test_another_time_or_size_reads_it_again(file: Path) -> None:
    os.utime(file, ns=(1, 1))
    assert digest.sha256(file) == sha256(NEW)
    file.write_bytes(NEW + b"!")
    os.utime(file, ns=(1, 1))
    assert digest.sha256(file) == sha256(NEW + b"!")


def test_links_share_one_memory(file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(file)
    assert digest.sha256(tmp_path / "link") == sha256(OLD)


@pytest.mark.parametrize(
    "contents", ["", "{", "[]", "null", '{"a": 1}', '{"a": [1, 2]}', '{"a": ["x", "y", "z"]}', "\xff"]
)
def test_a_broken_memory_is_forgotten(cache: Path, tmp_path: Path, contents: str) -> None:
    cache.parent.mkdir()
    cache.write_bytes(contents.encode("latin-1"))
    path = tmp_path / "weights.bin"
    path.write_bytes(OLD)
    assert digest.sha256(path) == sha256(OLD)
    assert sha256(OLD) in cache.read_text()


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("STYLIZE_CACHE", str(tmp_path / "file"))
    assert digest.sha256(tmp_path / "file") == sha256(b"")


def test_many_threads_leave_a_whole_memory(cache: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.bin" for n in range(20)]
    for n, path in enumerate(paths):
        path.write_bytes(bytes([n]))
    threads = [threading.Thread(target=digest.sha256, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(str(path) in cache.read_text() for path in paths)
    assert list(cache.parent.iterdir()) == [cache]


def test_the_memory_does_not_grow_for_ever(
    monkeypatch: pytest.MonkeyPatch, cache: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(digest, "KEPT", 2)
    for n in range(4):
        (tmp_path / f"{n}.bin").write_bytes(bytes([n]))
        digest.sha256(tmp_path / f"{n}.bin")
    kept = cache.read_text()
    assert [f"{n}.bin" in kept for n in range(4)] == [False, False, True, True]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="nothing cannot be read"):
        digest.sha256(tmp_path / "nothing")


def test_progress_over_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(digest.CHUNK * 2 + 1))
    counts: list[int] = []
    digest.sha256(path, on_bytes=counts.append)
    assert counts == [digest.CHUNK, 2 * digest.CHUNK, 2 * digest.CHUNK + 1]


def test_the_cache_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STYLIZE_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert digest.cache_folder() == tmp_path / "stylize"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert digest.cache_folder() == Path("/home/me/.cache/stylize")
