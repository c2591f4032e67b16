"""Files of learned styles: there and back, and what is no such file."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load as read_safetensors

from stylize.errors import PictureError
from stylize.image import (
    LearnedStyle,
    Limits,
    learned,
    load,
    of_tensor,
    read_recipe,
    size_of,
    without_metadata,
)

from .made import encoded, rgb

PAINTER = "ab" * 32
CODE = np.linspace(-2, 2, 128, dtype=np.float32)
RESIDUAL = np.linspace(-0.5, 0.5, 600, dtype=np.float16)


def written(name: str = "海の風", residual: np.ndarray | None = RESIDUAL, width: int = 700) -> bytes:
    picture = torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    large = torch.nn.functional.interpolate(picture, (width * 5 // 7, width), mode="bicubic").clamp(0, 1)
    return learned.encode(LearnedStyle(name, PAINTER, CODE, residual), large)


def taken_apart(data: bytes) -> tuple[dict, bytes]:
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def together(header: object, body: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def test_it_is_read_as_its_picture_with_what_was_learned():
    data = written()
    picture = load(data, name="sea.style.safetensors")
    assert picture.size == (512, 366)
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert picture.learned.name == "海の風"
    assert picture.learned.painter == PAINTER
    assert np.array_equal(picture.learned.code, CODE)
    assert np.array_equal(picture.learned.residual, RESIDUAL)
    assert size_of(data) == (512, 366)
    assert read_recipe(data) is None
    assert len(data) < 80_000
    assert load(written(residual=None)).learned.residual is None


def test_other_programs_can_read_it():
    tensors = read_safetensors(written())
    assert torch.equal(tensors["code"], torch.from_numpy(CODE))
    assert load(tensors["picture"].numpy().tobytes()).size == (512, 366)


def test_a_process_apart_reads_the_same():
    here, apart = load(written()), load(written(), Limits(seconds=60))
    assert torch.equal(here.tensor, apart.tensor)
    assert np.array_equal(here.learned.code, apart.learned.code)
    assert np.array_equal(here.learned.residual, apart.learned.residual)
    assert (here.learned.name, here.sha256) == (apart.learned.name, apart.sha256)


def test_the_same_style_is_the_same_file_and_one_without_metadata():
    assert written() == written()
    assert without_metadata(written()) == written()
    told = learned.with_picture(written(), encoded(rgb(), "JPEG", comment=b"a secret place"))
    bare = without_metadata(told)
    assert b"secret" in told
    assert b"secret" not in bare
    assert torch.equal(load(told).tensor, load(bare).tensor)
    assert np.array_equal(load(bare).learned.code, CODE)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\nb\t c", "a b c"),
        ("x" * 300, "x" * 100),
        ("a\0\x1b\u202eb\ud800", "ab"),
        ("  ", ""),
        ("é🎨", "é🎨"),
    ],
)
def test_names_are_one_line_of_what_can_be_seen(given, kept):
    assert load(written(given)).learned.name == kept


def hostile() -> dict[str, bytes]:
    header, body = taken_apart(written())
    found = {}

    def changed(name: str, what: dict) -> None:
        found[name] = together({**header, **what}, body)

    texts = header["__metadata__"]
    picture, code = header["picture"], header["code"]
    changed("a tensor more", {"other": code})
    changed("texts more", {"__metadata__": {**texts, "more": "x"}})
    changed("no format", {"__metadata__": {"name": "a", "painter": PAINTER}})
    changed("another format", {"__metadata__": {**texts, "format": "pt"}})
    changed("no sha256", {"__metadata__": {**texts, "painter": "../../etc"}})
    changed("a name of two lines", {"__metadata__": {**texts, "name": "a\nb"}})
    changed("a long name", {"__metadata__": {**texts, "name": "a" * 2000}})
    changed("numbers for texts", {"__metadata__": {**texts, "name": 3}})
    changed("another dtype", {"code": {**code, "dtype": "F64"}})
    changed("a matrix", {"code": {**code, "shape": [8, 16]}})
    changed("a shape of truth", {"code": {**code, "shape": [True]}})
    changed("a negative shape", {"code": {**code, "shape": [-128]}})
    changed("a huge shape", {"code": {**code, "shape": [1 << 62]}})
    changed("overlapping", {"picture": {**picture, "data_offsets": [0, picture["shape"][0]]}})
    changed(
        "beyond the end", {"picture": {**picture, "shape": [10**6], "data_offsets": [1712, 1712 + 10**6]}}
    )
    changed("texts for tensors", {"code": "F32"})
    for name, numbers in (("NaN", np.nan), ("infinite", np.inf), ("huge", 1e30)):
        found[name] = learned._written(LearnedStyle("a", PAINTER, np.full(128, numbers, "f4")), b"")
    found["too many numbers"] = learned._written(LearnedStyle("a", PAINTER, np.zeros(5000, "f4")), b"x")
    found["no picture"] = learned._written(LearnedStyle("a", PAINTER, CODE), b"")
    for kind in ("PNG", "TIFF", "GIF"):
        found[kind] = learned.with_picture(written(), encoded(rgb(), kind))
    found["itself"] = learned.with_picture(written(), written())
    found["half a picture"] = learned.with_picture(written(), body[1712:-2000])
    found["a large picture"] = learned.with_picture(written(), encoded(rgb().resize((600, 4)), "JPEG"))
    found["cut short"] = written()[:-10]
    found["bytes more"] = written() + b"0"
    found["bytes between"] = together(header, b"0" + body)
    found["a header alone"] = together(header, b"")
    found["no header"] = together(b"{", body)
    found["a list"] = together(b"{}", body)
    found["deep"] = together(b'{"a":' * 1000, body)
    found["a header beyond the end"] = (9000).to_bytes(8, "little") + b"{}"
    found["a long header"] = together(b"{" + b" " * 20_000 + b"}", body)
    found["too large"] = together(header, body + bytes(2_000_000))
    found["weights"] = together({"conv": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"1234")
    return found


@pytest.mark.parametrize("name", hostile())
@pytest.mark.parametrize("limits", [Limits(), Limits(seconds=60)], ids=["here", "apart"])
def test_hostile_files_are_refused_by_name(name, limits):
    with pytest.raises(PictureError, match=r"bad\.style"):
        load(hostile()[name], limits, name="bad.style.safetensors")


def test_a_file_of_a_newer_version_says_so():
    header, body = taken_apart(written())
    header["__metadata__"]["format"] = "2"
    with pytest.raises(PictureError, match="newer version"):
        load(together(header, body))


def test_other_pictures_have_nothing_learned():
    assert load(encoded(rgb(), "PNG")).learned is None
    assert of_tensor(torch.rand(1, 3, 4, 4)).learned is None
