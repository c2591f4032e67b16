"""Files are verified."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hub_stub import Hub

from stylize import weights
from stylize.errors import WeightsError
from stylize.weights import Transfer, catalog

from .rows import BODY, TWICE, UNSURE, serve, sha256

pytestmark = pytest.mark.usefixtures("alone")


def test_verify(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (TWICE, UNSURE, "horse2zebra", "adain-full"):
        serve(hub, name)
    good, unsure = weights.find(TWICE).path, weights.find(UNSURE).path
    weights.find("horse2zebra")
    rot_quietly(weights.find("adain-full").path)
    monkeypatch.setenv("STYLIZE_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "style_ukiyoe.pth").write_bytes(b"mine")
    before = len(hub.requests)
    transfers: list[Transfer] = []
    checks = {check.row.name: check for check in weights.verify(on_progress=transfers.append)}
    assert {name: check.verdict for name, check in checks.items()} == {
        **{row.name: "right" for row in catalog.rows() if row.bundled}, TWICE: "right", UNSURE: "right",
        "horse2zebra": "right", "adain-full": "damaged", "style-ukiyoe": "different",
    }  # fmt: skip
    assert (checks[TWICE].path, checks[UNSURE].path) == (good, unsure)
    assert checks["adain-full"].sha256 == sha256(BODY[::-1])
    assert {each.name for each in transfers} == set(checks)
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
