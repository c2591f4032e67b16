"""The pictures that were, and the CPU in float32: the nearest there is to the same sums everywhere."""

from __future__ import annotations

import pytest

from .pictures import Pictures, references


@pytest.fixture(scope="session", name="references")
def _references() -> Pictures:
    return references()


@pytest.fixture(autouse=True)
def same_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")
