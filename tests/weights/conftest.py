"""A Hub on the loopback, and a machine without weights of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_stub import Hub, running

from stylize.weights import catalog

from .rows import ROWS, tiny


@pytest.fixture
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
