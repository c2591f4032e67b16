import pytest


@pytest.fixture(autouse=True)
def no_limits_from_outside(monkeypatch):
    monkeypatch.delenv("STYLIZE_MAX_MEGAPIXELS", raising=False)
    monkeypatch.delenv("STYLIZE_MAX_MEGABYTES", raising=False)
