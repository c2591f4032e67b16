"""What all tests share: no network, no user cache, one thread for networks that are tiny."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# The Hub's client reads these once, when it is imported. Offline it would not even speak to the Hub that
# the tests run on the loopback; with a closed port as its address it cannot speak to any other.
for _name in (
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "STYLIZE_WEIGHTS_DIR",
    "STYLIZE_DEVICE",
    "STYLIZE_DTYPE",
):
    os.environ.pop(_name, None)
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"

# Programs that the tests start find the package whether it is installed or not.
_ROOT = str(Path(__file__).resolve().parents[1])
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that drive a browser come first: they take long, and of several processes none is to wait for the
    last of them in the end."""
    long = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """What is imported stays: the collector of memory need not look at it again in every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remembered hashes and downloads stay out of the user's own cache."""
    monkeypatch.setenv("STYLIZE_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True, scope="session")
def few_threads() -> Iterator[None]:
    """Threads cost more than they bring at test sizes."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def shared_data() -> Path:
    """A folder of pictures beside the project, for tests that want real ones."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the pictures beside the project, which are not here")
    return folder
