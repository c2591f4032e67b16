"""The list of every file of the package at the end of CONTRIBUTING.md.

``python -m tests.every_file`` writes it. What is said of a file is the first sentence of its docstring, of a
script its first comment.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import stylize

PACKAGE = Path(stylize.__file__).parent
PAGE = PACKAGE.parent / "CONTRIBUTING.md"
FIRST, LAST = "<!-- every file -->\n", "<!-- end -->\n"
ROLE = re.compile(r":\w+:`~?\.*(?:\w+\.)*(\w+)`")
END = re.compile(r"(?<=[^.]\.)\s|\n\n|$")  # of a sentence, not of what is cut short by dots


def sentence(path: Path) -> str:
    """What a file's first sentence says of it, in one line and without a full stop."""
    text = path.read_text("utf-8")
    if path.suffix == ".js":
        comments = [line.removeprefix("//").strip() for line in text.splitlines() if line.startswith("//")]
        said = next((each for each in comments if not each.startswith("@")), "")
    else:
        said = ast.get_docstring(ast.parse(text)) or ""
    whole = said[: next(END.finditer(said)).start()] if said else ""
    return ROLE.sub(r"`\1`", " ".join(whole.split())).replace("``", "`").rstrip(".:")


def files(folder: Path) -> list[Path]:
    """Python files and scripts of a folder, but for those that only say what the folder is."""
    found = [each for each in folder.iterdir() if each.suffix in {".py", ".js"}]
    return sorted(each for each in found if each.name not in {"__init__.py", "__main__.py"})


def blocks() -> Iterator[str]:
    """A folded list for each room, with the folders within it."""
    rooms = sorted(each for each in PACKAGE.iterdir() if (each / "__init__.py").is_file())
    for room in rooms:
        folders = [room, *sorted(each for each in room.rglob("*") if each.is_dir())]
        rows = [
            f"* `{each.relative_to(PACKAGE).as_posix()}`: {sentence(each)}"
            for folder in folders
            if folder.name != "__pycache__"
            for each in files(folder)
        ]
        if rows:
            name = room.relative_to(PACKAGE).as_posix()
            yield (
                f"<details><summary><code>{name}/</code></summary>\n\n" + "\n".join(rows) + "\n\n</details>\n"
            )


def listed() -> str:
    """The list as it belongs into the page."""
    return FIRST + "\n".join(blocks()) + LAST


def main() -> None:
    """Writes the list into the page anew."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(FIRST)
    PAGE.write_text(before + listed() + rest.partition(LAST)[2], "utf-8")


if __name__ == "__main__":
    main()
