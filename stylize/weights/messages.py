"""The errors and notes about weight files: unavailable, not those of the catalog, or unknown by name."""

from __future__ import annotations

from pathlib import Path

from ..errors import Note, OfflineError, WeightsError, note
from ..system.text import megabytes
from . import catalog, locate
from .catalog import Row

# Networks of earlier versions that are no longer part of Stylize, and the nearest one that is.
DEPARTED = {"adain-half-trial": "adain-half", "vgg19-half-trial": "vgg19-half"}


# The sha256 of bundled files that another network of the same name has replaced.
REPLACED = {
    "51aa295474bd1983716943269a9524b754e07a8ba1435967f9efba3a2c01edea": "photo2vangogh",
    "c4a7effffd18fd3f10920a3c4a28b720f273d985d0bc0c70fefce60160cd09ca": "photo2impressionist",
}


def other_file(name: str, sha256: str) -> Note:
    """What to say where a recipe was made with another file of this name, which had this sha256."""
    if REPLACED.get(sha256) == name:
        return note(
            "{name} is another network now than when this recipe was made, and paints with strokes: the "
            "picture will differ. For the earlier one, put its {name}.safetensors into a folder and set "
            "STYLIZE_WEIGHTS_DIR to it.",
            name=name,
        )
    return note("{name} is not the file that the recipe was made with: the picture will differ.", name=name)


def remarks(row: Row, path: Path, found: str) -> tuple[Note, ...]:
    """Notes for a file that is used although its sha256 is not the one in the catalog."""
    if not row.sha256 or found == row.sha256:
        return ()
    remark = note(
        "{path} is not the file that the catalog means by {name} (sha256 {found}, not {expected}); it is "
        "used all the same.",
        path=path,
        name=row.name,
        found=found,
        expected=row.sha256,
    )
    return (remark,)


def failed(row: Row, failures: list[WeightsError]) -> WeightsError:
    """What to say when no source of a row gave its file: the reasons of all of them."""
    if not failures:
        return absent(row)
    if all(isinstance(each, OfflineError) for each in failures):
        return offline(row, failures[0])
    if len(failures) == 1:
        return failures[0]
    return WeightsError(
        "None of the {count} sources of {name} gives {file}. {reasons}",
        count=len(failures),
        name=row.name,
        file=row.file,
        reasons=" ".join(f"({n}) {str(each).rstrip('.')}." for n, each in enumerate(failures, 1)),
    )


def offline(row: Row, error: WeightsError) -> OfflineError:
    """No source answers: names the bundled weights that would do instead."""
    # One translation is no substitute for another.
    roles = ({row.role} | {each.role for each in catalog.rows() if each.encoder == row.name}) - {"generator"}
    bundled = [each.name for each in catalog.rows() if each.role in roles and each.bundled]
    if bundled:
        return OfflineError(
            "{reason}, and {file} ({size}) is not on this computer. Use {bundled}, which comes with Stylize; "
            "or run `stylize weights pull {name}` where there is a network, put the file as {file} into a "
            "folder here and set STYLIZE_WEIGHTS_DIR to it.",
            reason=error.note,
            file=row.file,
            size=megabytes(row.size),
            name=row.name,
            bundled=" / ".join(bundled),
        )
    return OfflineError(
        "{reason}, and {file} ({size}) is not on this computer. Run `stylize weights pull {name}` where "
        "there is a network, put the file as {file} into a folder here and set STYLIZE_WEIGHTS_DIR to it.",
        reason=error.note,
        file=row.file,
        size=megabytes(row.size),
        name=row.name,
    )


def absent(row: Row) -> WeightsError:
    """The file is not here and was not to be downloaded, or cannot be."""
    if locate.state(row) == "download":
        return WeightsError(
            "{file} ({size}) is not on this computer: run `stylize weights pull {name}`.",
            file=row.file,
            size=megabytes(row.size),
            name=row.name,
        )
    if row.bundled:
        return WeightsError(
            "{file} should have come with Stylize but is missing: bring it back with git checkout, or "
            "install Stylize again.",
            file=row.file,
        )
    return WeightsError(
        "No source is known for {name}: put {file} into a folder and set STYLIZE_WEIGHTS_DIR to it, or give "
        "the path of the file.",
        name=row.name,
        file=row.file,
    )


def damaged_bundled(path: Path, found: str, expected: str) -> WeightsError:
    """A file that came with Stylize has other contents."""
    return WeightsError(
        "{path} is damaged (sha256 {found}, expected {expected}): bring it back with git checkout, "
        "or with git lfs pull if it is a pointer, or install Stylize again.",
        path=path,
        found=found,
        expected=expected,
    )


def damaged_cached(path: Path, found: str, expected: str) -> WeightsError:
    """A downloaded file has other contents and may or can not be deleted here."""
    return WeightsError(
        "{path} is damaged (sha256 {found}, expected {expected}): delete it, and it will be fetched again.",
        path=path,
        found=found,
        expected=expected,
    )


def unknown(name: str) -> WeightsError:
    """No row has this name, or not any more."""
    if name in DEPARTED:
        return WeightsError(
            "{name} is an early network that is no longer part of Stylize: choose another network, such as "
            "{nearest}.",
            name=name,
            nearest=DEPARTED[name],
        )
    return WeightsError(
        "There is no weight called {name!r}. Choose one of: {names}; or give the path of a file.",
        name=name,
        names=", ".join(row.name for row in catalog.rows()),
    )


def missing(path: str) -> WeightsError:
    """No file is at this path."""
    return WeightsError(
        "{path} is not there: check the path, or choose a name from `stylize weights list`.", path=path
    )
