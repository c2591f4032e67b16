"""Whose settings lead to which weight file."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylize.errors import SettingsError
from stylize.modes import names, settings_of
from stylize.settings import Settings, options
from stylize.weights import catalog, own


def adain(network: str) -> Settings:
    return settings_of("adain").from_dict({"network": network})


def nothing(name: str) -> None:
    return None


@pytest.mark.parametrize("name", ["mine.pth", "", "a b.safetensors", "über.pth", "..pth", "\udcff.pth"])
def test_plain_names(name: str) -> None:
    assert own.is_plain(name)


@pytest.mark.parametrize("name", ["/a", "../a", "a/b", "a\\b", "..", ".", "a\0", "\ud800"])
def test_what_names_a_folder_or_no_file(name: str) -> None:
    assert not own.is_plain(name)
    assert [each.name for each in own.not_plain(adain(name))] == ["network"]


@pytest.mark.parametrize("mode", names())
def test_every_setting_of_a_file_is_held(mode: str) -> None:
    kind = settings_of(mode)
    files = {each.name for each in own.file_options(kind)}
    assert files == {each.name for each in options(kind) if each.open}
    strange = kind.from_dict(dict.fromkeys(files, "/etc/passwd"))
    assert {each.name for each in own.not_plain(strange)} == files
    assert {getattr(own.without_folders(strange), name) for name in files} <= {"passwd"}
    if files:
        with pytest.raises(SettingsError, match="one of the choices"):
            own.located(strange, lambda name: Path("/etc/passwd"))


def test_a_plain_name_is_looked_for_in_the_folders_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "both.pth").write_bytes(b"x")
    (second / "one.pth").write_bytes(b"x")
    (first / "adain-half").write_bytes(b"x")
    found = {
        name: own.in_folders(adain(name), [first, second]).network  # type: ignore[attr-defined]
        for name in ("both.pth", "one.pth", "none.pth", "adain-half", "../second/one.pth")
    }
    assert found == {
        "both.pth": str(first / "both.pth"),
        "one.pth": str(second / "one.pth"),
        "none.pth": "none.pth",
        "adain-half": "adain-half",
        "../second/one.pth": "../second/one.pth",
    }


def test_a_visitor_has_the_offered_the_catalog_and_uploads(tmp_path: Path) -> None:
    mine = tmp_path / "mine.pth"
    for row in catalog.rows():
        if row.role == "decoder":
            assert own.located(adain(row.name), nothing) == adain(row.name)
    assert own.located(adain("mine.pth"), {"mine.pth": mine}.get) == adain(str(mine))
    with pytest.raises(SettingsError, match="one of the choices"):
        own.located(adain("mine.pth"), nothing)


@pytest.mark.parametrize("value", ["/etc/passwd", "../mine.pth", "..", 7, None, ["mine.pth"]])
def test_what_is_no_plain_name_is_not_even_looked_for(value: object) -> None:
    asked: list[str] = []
    (option,) = own.file_options(settings_of("adain"))
    with pytest.raises(SettingsError, match="one of the choices"):
        own.check(option, value, asked.append)
    assert asked == []
