"""The page's scripts: modules that need each other in one direction, and one script made of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from stylize.webui import script, theme

ROOT = Path(script.__file__).parent.parent.parent
TOOLS = ROOT / "node_modules" / ".bin"


def test_every_module_is_there_once_and_after_those_that_it_imports():
    names = script.order()
    assert set(names) == {path.name for path in script.FOLDER.glob("*.js")}
    assert names[-1] == script.MAIN
    code = script.script()
    starts = [code.index(f'modules["{name}"] = ') for name in names]
    assert starts == sorted(starts)


def test_no_import_or_export_is_left_over():
    """Such as one over several lines, or of something that is no constant."""
    assert not re.findall(r"^\s*(?:import|export)\b(?!:).*", script.script(), re.MULTILINE)


def test_what_is_imported_is_exported():
    for name in script.order():
        for names, home in script._IMPORT.findall(script.source(name)):
            offered = {each for _, each in script._EXPORT.findall(script.source(home))}
            assert set(re.findall(r"\w+", names)) <= offered, (name, home)


def test_modules_that_import_each_other_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.js").write_text('import {b} from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import {a} from "./a.js";\nexport const b = 2;\n')
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"a\.js imports itself"):
        script.order("a.js")


def test_the_head_holds_the_script_and_nothing_ends_it_early():
    head = theme.head()
    assert head.count("</script") == 1
    assert head.endswith(f"<script>{script.script()}</script>")


def test_the_script_can_be_read(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js")
    path = tmp_path / "page.js"
    path.write_text(script.script(), "utf-8")
    subprocess.run([node, "--check", path], check=True, capture_output=True)


@pytest.mark.parametrize(("tool", "given"), [("tsc", ("-p", ".")), ("eslint", ("stylize/webui/browser",))])
def test_types_and_linter_find_nothing(tool, given):
    if not (TOOLS / tool).is_file():
        pytest.skip(f"no {tool}: npm install brings it")
    found = subprocess.run([TOOLS / tool, *given], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_module_is_checked_for_types():
    assert all(script.source(name).startswith("// @ts-check\n") for name in script.order())
