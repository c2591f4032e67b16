import io
import os
import stat
import struct

import pytest
import torch
from PIL import Image, ImageCms, PngImagePlugin

from stylize.errors import PictureError
from stylize.image import check_target, encode_png, load, read_recipe, save, to_array, to_pil

from .made import SUFFIXES, array, encoded, smooth, srgb_profile

# What goes out ---------------------------------------------------------------------------------------


def test_every_step_of_256_survives():
    steps = torch.arange(256).float().div(255).expand(1, 3, 2, 256)
    assert to_array(steps)[0, :, 0].tolist() == list(range(256))
    assert to_array(steps - 0.4 / 255)[0, 1:, 0].tolist() == list(range(1, 256))
    assert to_array(steps + 0.4 / 255)[0, :, 0].tolist() == list(range(256))
    assert to_array(torch.tensor([-1.0, 2.0]).view(1, 1, 1, 2)).tolist() == [[[0], [255]]]


def test_to_pil():
    alpha = torch.full((1, 1, 16, 24), 0.5)
    assert (to_pil(smooth()).mode, to_pil(smooth()).size) == ("RGB", (24, 16))
    assert to_pil(smooth(), alpha).getpixel((0, 0)) == (*to_pil(smooth()).getpixel((0, 0)), 128)
    assert to_pil(smooth().to(torch.bfloat16).requires_grad_()).size == (24, 16)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".PNG", ".Jpg"])
def test_saved_pictures_come_back(tmp_path, suffix):
    path = tmp_path / ("out" + suffix)
    save(path, smooth())
    back = load(path)
    exact = suffix.lower() in (".png", ".tif", ".tiff")
    assert (back.tensor - smooth()).abs().max() < (0.51 / 255 if exact else 0.03)
    assert os.listdir(tmp_path) == [path.name]
    assert read_recipe(path) is None


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_saving_twice_gives_the_same_file(tmp_path, suffix):
    first, second = tmp_path / ("a" + suffix), tmp_path / ("b" + suffix)
    for path in (first, second):
        save(path, smooth(), recipe="{}")
    assert first.read_bytes() == second.read_bytes()
    if suffix != ".png":  # whatever the clock says
        with Image.open(first) as image:
            assert image.info["icc_profile"][24:36] == struct.pack(">6H", 2000, 6, 1, 0, 0, 0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_saved_pictures_are_marked_srgb_and_name_the_program(tmp_path, suffix):
    path = tmp_path / ("out" + suffix)
    save(path, smooth())
    with Image.open(path) as image:
        if suffix == ".png":
            assert image.info["srgb"] == 0
            assert image.text["Software"] == "Stylize"
        else:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
            assert "sRGB" in ImageCms.getProfileDescription(profile)
            assert image.getexif()[0x0131] == "Stylize"


def test_jpeg_keeps_color_at_full_resolution(tmp_path):
    save(tmp_path / "out.jpg", smooth())
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.layer == [(1, 1, 1, 0), (2, 1, 1, 1), (3, 1, 1, 1)]
    save(tmp_path / "poor.jpg", load(array(64, 64)).tensor, quality=30)
    save(tmp_path / "rich.jpg", load(array(64, 64)).tensor)
    assert (tmp_path / "poor.jpg").stat().st_size < (tmp_path / "rich.jpg").stat().st_size / 2


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_alpha_is_kept_or_laid_on_white(tmp_path, suffix):
    alpha = torch.ones(1, 1, 16, 24)
    alpha[..., :12] = 0
    path = tmp_path / ("out" + suffix)
    save(path, smooth(), alpha=alpha)
    back = load(path)
    assert back.tensor[..., :11].min() > 0.97  # white
    assert (back.tensor[..., 14:] - smooth()[..., 14:]).abs().max() < 0.04
    assert (back.alpha is None) == (suffix in (".jpg", ".jpeg"))
    if back.alpha is not None:
        assert torch.equal(back.alpha, alpha)


def test_encode_png():
    alpha = torch.full((1, 1, 16, 24), 0.2)
    data = encode_png(smooth(), "Rezept", alpha)
    assert read_recipe(data) == "Rezept"
    assert load(data).alpha.mean() == pytest.approx(51 / 255)
    assert read_recipe(encode_png(smooth())) is None


MARK = b"PLANTED-7f3a"


def utf16(text):
    return text.encode("utf-16-be")


def planted(kind):
    """A picture whose owner, camera, place and every text field carry a mark."""
    exif = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x013B, 0x8298):
        exif[tag] = MARK.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 0x1B: MARK})
    exif.get_ifd(0x8769)[0x927C] = MARK
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", MARK.decode())
    texts.add_itxt("stylize", MARK.decode())
    profile = srgb_profile().replace(utf16("sRGB built-in"), utf16("PLANTED-7f3a!"))
    assert utf16("PLANTED-7f3a!") in profile
    options = {
        "PNG": {"pnginfo": texts}, "JPEG": {"comment": MARK, "xmp": MARK}, "WEBP": {"xmp": MARK},
        "TIFF": {"tiffinfo": {270: MARK.decode(), 315: MARK.decode(), 700: MARK}},
    }[kind]  # fmt: skip
    return encoded(to_pil(smooth()), kind, exif=exif, icc_profile=profile, **options)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff"])
def test_nothing_of_the_inputs_metadata_reaches_the_output(tmp_path, kind, suffix):
    data = planted(kind)
    assert MARK in data
    path = tmp_path / ("out" + suffix)
    picture = load(data)
    save(path, picture.tensor, recipe="{}", alpha=picture.alpha)
    written = path.read_bytes()
    assert MARK not in written
    assert utf16(MARK.decode()) not in written
    if suffix in (".jpg", ".webp"):
        with Image.open(path) as image:
            assert dict(image.getexif()) == {0x0131: "Stylize"}


# Files that cannot be written ------------------------------------------------------------------------


def test_check_target(tmp_path):
    kinds = ["PNG", "JPEG", "JPEG", "WebP", "TIFF", "TIFF"]
    assert [check_target("a" + suffix) for suffix in SUFFIXES] == kinds
    for name in ("out", "out.", "out.gif", "out.svg", "out.png.txt", ".png"):
        with pytest.raises(PictureError, match=r"use one of \.png, .*\.jfif, \.webp, \.tif, "):
            save(tmp_path / name, smooth())
    (tmp_path / "folder.png").mkdir()
    for path in (tmp_path, tmp_path / "folder.png"):
        with pytest.raises(PictureError, match="is a folder"):
            save(path, smooth())
    assert os.listdir(tmp_path) == ["folder.png"]


@pytest.mark.parametrize(("suffix", "longest"), [(".webp", 16383), (".jpg", 65500)])
def test_pictures_too_long_for_the_format(tmp_path, suffix, longest):
    with pytest.raises(PictureError, match=f"at most {longest} pixels a side"):
        save(tmp_path / ("out" + suffix), torch.zeros(1, 3, 1, longest + 1))
    save(tmp_path / ("out" + suffix), torch.zeros(1, 3, 1, longest))
    assert load(tmp_path / ("out" + suffix)).size == (longest, 1)


def test_folders_are_made(tmp_path):
    save(tmp_path / "a" / "b" / "out.png", smooth())
    assert load(tmp_path / "a" / "b" / "out.png").size == (24, 16)


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    for path in (tmp_path / "a" / "out.png", tmp_path / "a" / "b" / "out.png"):
        with pytest.raises(PictureError, match="cannot be written"):
            save(path, smooth())
    assert os.listdir(tmp_path) == ["a"]


def test_full_disk_leaves_the_old_file_and_no_other(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "out.png"
    save(path, smooth())
    old = path.read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(PictureError, match=r"out\.png cannot be written .*make room"):
            save(path, load(array(100, 100)).tensor)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["out.png"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PictureError, match="cannot be written"):
        save(tmp_path / "out.png", smooth())


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_permissions_and_links(tmp_path):
    old = os.umask(0o027)
    try:
        save(tmp_path / "out.png", smooth())
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out.png").stat().st_mode) == 0o640
    (tmp_path / "out.png").chmod(0o600)
    (tmp_path / "link.png").symlink_to("out.png")
    save(tmp_path / "link.png", 1 - smooth())
    assert (tmp_path / "link.png").is_symlink()
    assert stat.S_IMODE((tmp_path / "out.png").stat().st_mode) == 0o600
    assert torch.allclose(load(tmp_path / "out.png").tensor, 1 - smooth(), atol=0.51 / 255)
