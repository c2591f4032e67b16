"""What one visitor has, what another one knows of it, and whether anything shows it again."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

PLACE = (48.0, 8.0, 15.0)  # degrees, minutes, seconds
SERVED = "gradio_api/file="
ANSWERS: dict[tuple[bytes, bytes], bool] = {}
BASE64 = re.compile(rb"[A-Za-z0-9+/\n\\]{200,}={0,2}")


def photo(width: int = 96, height: int = 64) -> bytes:
    """A JPEG that is like no other, taken somewhere."""
    noise = np.random.default_rng(7).integers(0, 256, (5, 8, 3), np.uint8)
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: PLACE, 3: "E", 4: PLACE}
    exif[0x010F] = "A maker's name"
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((width, height)).save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


@dataclass
class Loot:
    """What one visitor has, and what another one knows of it."""

    photo: bytes
    made: bytes = b""
    key: str = ""
    browser: str = ""
    zip: bytes = b""
    book: str = ""
    shas: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def secrets(self) -> list[str]:
        return [*self.shas, *self.addresses, *self.paths]


def without_pictures(data: bytes) -> bytes:
    """A zip whose notebook says that all its pictures are missing."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        values = json.loads(archive.read("notebook.json"))
        held = [archive.read(name) for name in archive.namelist() if name.startswith("pictures/")]
        names = [hashlib.sha256(each).hexdigest() for each in held]
    values["missing"] = sorted({*values["missing"], *names})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notebook.json", json.dumps(values))
    return buffer.getvalue()


def addresses(parts: dict[str, object]) -> list[str]:
    return sorted(set(re.findall(rf"{SERVED}[^\"'\\ <>]+", json.dumps(list(parts.values())))))


def guesses(root: Path, shas: list[str], known: list[str]) -> list[str]:
    """Paths where a server might keep what has these hashes, or has now or earlier kept it."""
    places = [root, *(root / name for name in ("assets", "pictures", "visitors", "uploads", "servers"))]
    for path in map(Path, known):
        places += [path.parent, path.parent.parent]
        relative = path.relative_to(root).parts
        places += [root / "visitors" / part / "assets" for part in relative]
    found = []
    for place in dict.fromkeys(places):
        for sha in shas:
            names = [
                sha,
                *(f"{sha}{suffix}" for suffix in (".jpg", ".png", "-320.jpg", "-1600.jpg", "-640.jpg")),
            ]
            found += [str(place / name) for name in names]
            found += [str(place / sha[:24] / "picture.jpg"), str(place / sha / "home.jpg")]
    return found


def pictures_in(data: bytes) -> Iterator[bytes]:
    """A file and every file inside of it, in zips and in base64."""
    yield data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from pictures_in(archive.read(name))
    for found in BASE64.finditer(data):
        text = found[0].replace(b"\\n", b"").replace(b"\n", b"")
        yield base64.b64decode(text + b"=" * (-len(text) % 4))


def small(data: bytes) -> np.ndarray | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(image.convert("RGB").resize((16, 12), Image.Resampling.BOX), float)
    except (OSError, ValueError):
        return None


def shows(data: bytes, loot: Loot) -> bool:
    """Whether a file is, holds or looks like the photo. Asked once for the same bytes: most are the same in
    every session, such as examples."""
    asked = hashlib.sha256(data).digest(), hashlib.sha256(loot.photo).digest()
    if asked not in ANSWERS:
        ANSWERS[asked] = _shows(data, loot)
    return ANSWERS[asked]


def _shows(data: bytes, loot: Loot) -> bool:
    mine = small(loot.photo)
    for each in pictures_in(data):
        if loot.photo[-2000:] in each:
            return True
        theirs = small(each)
        if theirs is not None and np.abs(theirs - mine).mean() < 12:
            return True
    return False
