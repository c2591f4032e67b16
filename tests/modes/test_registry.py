"""What every mode tells about itself fits its settings, and nobody else knows any mode by name."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import stylize
from stylize import modes
from stylize.errors import SettingsError
from stylize.modes.options import ContentSettings
from stylize.settings import options

PACKAGE = Path(stylize.__file__).parent
EACH = pytest.mark.parametrize("spec", modes.specs(), ids=lambda spec: spec.name)


@EACH
def test_what_a_mode_tells_fits_its_settings(spec: modes.AnyMode) -> None:
    known = {each.name: each for each in options(spec.settings)}
    assert issubclass(spec.settings, ContentSettings) == spec.takes_content
    for value in spec.sweep.values:
        known[spec.sweep.setting].check(value)
    for start in spec.starts:
        spec.settings.preset(start.preset, **start.changes)
    assert spec.name in {start.name for start in spec.starts}
    if spec.network_field:
        assert known[spec.network_field].open
        assert spec.network_help


@EACH
@pytest.mark.parametrize("size", [(640, 480), (37, 800)])
def test_costs(spec: modes.AnyMode, size: tuple[int, int]) -> None:
    settings = spec.settings()
    assert spec.cost(settings, size) > 0
    costs = spec.step_costs(settings, size)
    if costs is not None:
        assert len(costs) == settings.steps
        assert min(costs) > 0
        assert costs[1] <= costs[-1]


@EACH
def test_the_code_offers_what_the_spec_promises(spec: modes.AnyMode) -> None:
    mode = spec.load()
    assert all(isinstance(name, str) for name in mode.needs(spec.settings()))
    assert callable(mode.run)
    assert hasattr(mode, "run_batch") == spec.may_batch(spec.settings())


def test_an_unknown_mode_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="adain, gatys, cyclegan"):
        modes.spec("cubist")


def test_specs_bring_no_torch() -> None:
    code = (
        "import sys; from stylize import modes; "
        "[s.step_costs(s.settings(), (640, 480)) for s in modes.specs()]; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def names_of_modes(path: Path) -> Iterator[str]:
    """The names of modes and of their settings' classes that stand in a file's code."""
    classes = {each.settings.__name__ for each in modes.specs()}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in modes.names():
            yield node.value
        if isinstance(node, ast.Name) and node.id in classes:
            yield node.id


OTHERS = [
    path for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).parts[0] != "training"  # whose tasks are called as their modes
    and path.parent not in {PACKAGE / "modes" / name for name in modes.names()}
]  # fmt: skip


def test_nobody_else_names_a_mode() -> None:
    found = {str(path.relative_to(PACKAGE)): list(names_of_modes(path)) for path in OTHERS}
    assert {path: names for path, names in found.items() if names} == {}
