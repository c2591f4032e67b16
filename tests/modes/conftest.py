"""What tests of modes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def exact() -> Iterator[None]:
    """The CPU in float32, so that the same numbers come out everywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STYLIZE_DEVICE", "cpu")
        patch.setenv("STYLIZE_DTYPE", "float32")
        yield
