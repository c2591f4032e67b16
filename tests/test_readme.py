"""What the README says to people and to a Hugging Face Space, and that its Chinese sister keeps up."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from stylize.cli import parser

ROOT = Path(__file__).resolve().parents[1]
ENGLISH, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
HEAD, _, BODY = ENGLISH.removeprefix("---\n").partition("\n---\n")
SPACE = yaml.safe_load(HEAD)
COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def requirement(name):
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return next(each for each in map(Requirement, lines) if each.name == name)


def test_a_space_finds_its_page():
    assert ENGLISH.startswith("---\n")
    assert BODY.lstrip().startswith("# Stylize\n")
    assert SPACE["sdk"] == "gradio"
    assert (ROOT / SPACE["app_file"]).is_file()
    assert SPACE["license"] == "mit"
    assert "MIT License" in (ROOT / "LICENSE").read_text()


def test_a_space_gets_the_versions_that_are_asked_for():
    """The oldest gradio that is taken is the one that is there for certain."""
    wanted = requirement("gradio").specifier
    assert SPACE["sdk_version"] in wanted
    (oldest,) = (each.version for each in wanted if each.operator == ">=")
    assert SPACE["sdk_version"] == oldest + ".0" * (2 - oldest.count("."))
    python = re.search(r'requires-python = "(.+)"', (ROOT / "pyproject.toml").read_text()).group(1)
    assert isinstance(SPACE["python_version"], str)
    assert SPACE["python_version"] in SpecifierSet(python)


def test_a_space_is_described_as_the_hub_takes_it():
    assert 0 < len(SPACE["short_description"]) <= 60
    assert {SPACE["colorFrom"], SPACE["colorTo"]} <= COLORS
    assert len(SPACE["emoji"]) <= 2


def blocks(text, languages="bash|python"):
    """The commands and programs of a README, line by line, without their comments."""
    found = re.findall(rf"^```(?:{languages})\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [[line.split("  #")[0].rstrip() for line in each.splitlines()] for each in found]


def test_both_languages_have_the_same_commands():
    chinese = CHINESE.replace("文件夹", "FOLDER")
    without_comments = [[re.sub(r" +#.*", "", line) for line in each] for each in blocks(chinese, "bash")]
    assert [
        [re.sub(r" +#.*", "", line) for line in each] for each in blocks(BODY, "bash")
    ] == without_comments
    assert len(without_comments) > 4


def test_both_languages_show_the_same_programs():
    """The Chinese ones may be shorter."""
    for english, chinese in zip(blocks(BODY, "python"), blocks(CHINESE, "python"), strict=True):
        assert set(chinese) <= set(english)


def test_both_languages_have_the_same_sections():
    def sections(text):
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        return [len(each) for each in re.findall(r"^(#+) ", prose, re.MULTILINE)]

    assert sections(BODY) == sections(CHINESE)


def test_both_languages_know_the_same_variables():
    known = set(re.findall(r"`((?:STYLIZE|GRADIO|HF)_[A-Z_]+)`", BODY))
    assert known == set(re.findall(r"`((?:STYLIZE|GRADIO|HF)_[A-Z_]+)`", CHINESE))


@pytest.mark.parametrize("text", [BODY, CHINESE], ids=["en", "zh"])
def test_links_lead_to_files(text):
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert link.startswith("http") or (ROOT / link.partition("#")[0]).exists(), link


def test_the_commands_are_understood():
    lines = (line for block in blocks(BODY, "bash") for line in block if line.startswith("stylize "))
    for arguments in map(shlex.split, lines):
        parser.build().parse_args(list(takewhile(lambda word: word not in "<>", arguments[1:])))
