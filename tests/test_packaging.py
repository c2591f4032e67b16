"""What is installed is what is here."""

from __future__ import annotations

import tomllib
from pathlib import Path

import stylize

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_package_is_installed() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "stylize").rglob("__init__.py")
    }
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    assert found <= listed
    # The rest are folders of data.
    homes = PROJECT["tool"]["setuptools"]["package-dir"]
    for name in listed - found:
        home = next((name.replace(key, path, 1) for key, path in homes.items() if name.startswith(key)), name)
        assert (ROOT / home.replace(".", "/")).is_dir(), name
        assert name in PROJECT["tool"]["setuptools"]["package-data"], name


def test_the_top_level_is_as_described() -> None:
    for name in ("app.py", "requirements.txt", "README.md", "README.zh-CN.md", "LICENSE", "CONTRIBUTING.md"):
        assert (ROOT / name).is_file(), name


def test_public_names_exist() -> None:
    for name in stylize.__all__:
        assert getattr(stylize, name) is not None
