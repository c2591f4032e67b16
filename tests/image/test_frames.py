import io

import pytest
from PIL import Image

from stylize.image import load
from stylize.image.frames import MOST

from .made import encoded, rgb, tiff


def frames(count):
    return [Image.new("RGB", (8, 6), (80 * n, 9, 200)) for n in range(count)]


def animation(kind, count, **options):
    first, *rest = frames(count)
    return encoded(first, kind, save_all=True, append_images=rest, **options)


def notes(source, **options):
    return [str(note) for note in load(source, **options).notes]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_a_note_says_that_there_are_more_frames(tmp_path, kind):
    said = "has 3 frames: the first one is painted."
    data = animation(kind, 3)
    path = tmp_path / "moving.bin"
    path.write_bytes(data)
    assert notes(path) == [f"moving.bin {said}"]
    assert notes(data) == [f"This picture {said}"]
    assert notes(data, name="anim") == [f"anim {said}"]
    assert notes(Image.open(io.BytesIO(data))) == [f"This picture {said}"]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "JPEG", "BMP"])
def test_one_frame_needs_no_note(kind):
    assert notes(encoded(rgb(), kind)) == []
    assert notes(rgb()) == []


def test_big_tiff_and_the_other_byte_order():
    assert notes(animation("TIFF", 4, big_tiff=True))[0].startswith("This picture has 4 frames")
    pages = [Image.frombytes("I;16B", (2, 2), bytes(8)) for _ in range(2)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert data.startswith(b"MM")
    assert notes(data)[0].startswith("This picture has 2 frames")


@pytest.mark.parametrize(("kind", "count"), [(1, 1), (4, 1), (2, 2), (0, 2)])
def test_thumbnails_and_masks_in_a_tiff_are_no_pages(kind, count):
    first = tiff(bytes(4), 2, 2, 8, 1)
    second = tiff(bytes(4), 2, 2, 8, 1, subfile=kind, at=len(first) - 8)
    data = first[:-4] + second[4:8] + second[8:]  # the first directory ends with the place of the second
    assert Image.open(io.BytesIO(data)).n_frames == 2
    assert len(notes(data)) == count - 1


def test_second_picture_of_a_camera_is_no_frame():
    data = animation("MPO", 2)
    assert Image.open(io.BytesIO(data)).n_frames == 2
    assert notes(data) == notes(Image.open(io.BytesIO(data))) == []


def test_a_frame_that_somebody_chose_needs_no_note():
    image = Image.open(io.BytesIO(animation("GIF", 3)))
    image.seek(2)
    assert notes(image) == []


def test_very_many_frames_are_not_counted_to_the_end():
    one = encoded(Image.new("P", (1, 1)), "GIF")
    block = one[one.index(b",") : -1]
    assert notes(one[:-1] + block * 2 + b";")[0].startswith("This picture has 3 frames")
    assert notes(one[:-1] + block * MOST * 3 + b";")[0].startswith("This picture has 1000+ frames")


def test_pages_in_a_circle():
    data = tiff(bytes(4), 2, 2, 8, 1)
    directory = data[4:8]
    assert notes(data[:-4] + directory) == []


def test_what_is_cut_off_behind_the_first_frame():
    data = animation("GIF", 3)
    assert len(notes(data[:-20])) <= 1
    data = animation("TIFF", 3)
    assert load(tiff(bytes(4), 2, 2, 8, 1)[:-4] + b"\xff\xff\xff\x7f").notes == ()
