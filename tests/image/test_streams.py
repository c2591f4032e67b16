"""Open files, buffers and pipes in place of paths."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stylize
from stylize.errors import PictureError
from stylize.image import Limits, load, read_recipe, save


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    small = np.random.default_rng(3).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(small.repeat(8, 0).repeat(8, 1)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_an_open_file_is_its_picture_and_stays_open(photo: Path) -> None:
    wanted = load(photo)
    with open(photo, "rb") as file:
        found = load(file)
        assert not file.closed
    assert (found.name, found.sha256) == ("photo.png", wanted.sha256)
    assert found.tensor.equal(wanted.tensor)


@pytest.mark.parametrize("kind", [io.BytesIO, bytearray, memoryview])
def test_bytes_of_any_kind(photo: Path, kind: type) -> None:
    found = load(kind(photo.read_bytes()))
    assert (found.name, found.sha256) == ("", load(photo).sha256)


def test_a_stream_is_read_from_where_it_stands(photo: Path) -> None:
    stream = io.BytesIO(b"before" + photo.read_bytes())
    stream.seek(6)
    assert load(stream).sha256 == load(photo).sha256
    with pytest.raises(PictureError, match=r"seek\(0\)"):
        load(stream)


def test_a_pipe_that_gives_a_few_bytes_at_a_time(photo: Path) -> None:
    data, (read_end, write_end) = photo.read_bytes(), os.pipe()

    def give() -> None:
        with open(write_end, "wb", buffering=0) as file:
            for at in range(0, len(data), 100):
                file.write(data[at : at + 100])

    thread = threading.Thread(target=give)
    thread.start()
    with open(read_end, "rb", buffering=0) as stream:
        assert load(stream).sha256 == load(photo).sha256
    thread.join()


class Endless(io.RawIOBase):
    """A stream without an end, which counts what it gave."""

    given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        self.given += size
        return bytes(size)


def test_no_more_is_read_than_the_limit_and_a_chunk() -> None:
    stream = Endless()
    with pytest.raises(PictureError, match="more than the 3 MB"):
        load(stream, Limits(megabytes=3))
    assert stream.given <= 5 << 20


def test_text_mode_is_a_sentence(photo: Path) -> None:
    with open(photo) as file, pytest.raises(PictureError, match=r'photo.png is open as text.*mode "rb"'):
        load(file)
    with pytest.raises(PictureError, match="This stream is open as text"):
        load(io.StringIO("picture"))
    with open(photo.with_name("new.png"), "w") as file, pytest.raises(PictureError, match='mode "wb"'):
        save(file, load(photo).tensor)


def test_a_stream_that_cannot_serve_is_a_sentence(photo: Path) -> None:
    with open(photo, "rb") as file:
        pass
    with pytest.raises(PictureError, match=r"photo.png cannot be read \(.*closed file"):
        load(file)
    with (
        open(photo.with_name("new.png"), "wb") as file,
        pytest.raises(PictureError, match="cannot be read"),
    ):
        load(file)
    with open(photo, "rb") as file, pytest.raises(PictureError, match="cannot be written"):
        save(file, load(photo).tensor)


@pytest.mark.parametrize(
    ("format", "kind"), [("png", "PNG"), ("JPG", "JPEG"), (".webp", "WEBP"), ("tiff", "TIFF")]
)
def test_a_picture_goes_into_a_buffer_with_its_recipe(photo: Path, format: str, kind: str) -> None:
    buffer = io.BytesIO()
    save(buffer, load(photo).tensor, recipe="{}", format=format)
    buffer.seek(0)
    assert read_recipe(buffer) == "{}"
    with Image.open(buffer) as opened:
        assert (opened.format, opened.size) == (kind, (64, 48))


def test_a_file_with_a_suffix_needs_no_format(photo: Path) -> None:
    target = photo.with_name("new.jfif")
    with open(target, "wb") as file:
        save(file, load(photo).tensor)
        assert not file.closed
    with Image.open(target) as opened:
        assert opened.format == "JPEG"


def test_formats_that_will_not_do_are_sentences(photo: Path) -> None:
    tensor = load(photo).tensor
    with pytest.raises(PictureError, match="needs a format"):
        save(io.BytesIO(), tensor)
    with pytest.raises(PictureError, match="choose one of png, jpg"):
        save(io.BytesIO(), tensor, format="heic")
    with pytest.raises(PictureError, match="is no png file"):
        save(photo.with_name("new.jpg"), tensor, format="png")


def test_an_unbuffered_target_that_takes_a_few_bytes_at_a_time(photo: Path) -> None:
    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(memoryview(data)[:1000])  # type: ignore[arg-type]
            return min(1000, len(memoryview(data)))  # type: ignore[arg-type]

    stream, buffer = Slow(), io.BytesIO()
    for target in (stream, buffer):
        save(target, load(photo).tensor, format="png")  # type: ignore[arg-type]
    assert bytes(stream.data) == buffer.getvalue()


def test_the_api_takes_and_gives_streams(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    wanted = stylize.stylize(photo, str(photo), strength=0.5)
    with open(photo, "rb") as file:
        made = stylize.stylize(file, [io.BytesIO(photo.read_bytes())], strength=0.5)
    assert np.array_equal(np.asarray(made), np.asarray(wanted))
    buffer = io.BytesIO()
    stylize.save(made, buffer, format="webp")
    assert buffer.getvalue()[8:12] == b"WEBP"
