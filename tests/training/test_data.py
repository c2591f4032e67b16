from __future__ import annotations

import pytest
import torch
from PIL import Image

from stylize.training import TrainingError
from stylize.training.data import PictureCache, PictureFolder, is_held_out, streams
from stylize.training.settings import DataSettings

from .conftest import make_pictures


def stream(root, cache=None, seed=0, held_out=False, **settings):
    row, cache = DataSettings(**{"held_out": 0.0, **settings}), cache or PictureCache()
    return streams(["pictures"], [row], root, 16, seed, cache, held_out=held_out)["pictures"]


def test_a_crop_depends_on_its_place_alone(pictures):
    one, other = stream(pictures), stream(pictures)
    first = one.batch(3, range(4))
    other.batch(1, range(2))
    assert torch.equal(other.batch(3, range(4)), first)
    assert torch.equal(other.batch(3, range(2, 4)), first[2:])
    assert not torch.equal(one.batch(4, range(4)), first)
    assert not torch.equal(stream(pictures, seed=1).batch(3, range(4)), first)
    assert first.shape == (4, 3, 16, 16)
    assert first.min() >= 0
    assert first.max() <= 1


def test_broken_files_are_named_once_and_passed_over(pictures):
    (pictures / "picture_2.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (pictures / "picture_3.png").write_bytes(b"")
    cache = PictureCache()
    crops = stream(pictures, cache).batch(1, range(40))
    assert len(crops) == 40
    notes = sorted(str(each) for each in cache.fresh_notes())
    assert len(notes) == 2
    assert "picture_2.png" in notes[0]
    assert "picture_3.png" in notes[1]
    stream(pictures, cache).batch(2, range(40))
    assert cache.fresh_notes() == []


def test_nothing_but_broken_files_is_an_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(TrainingError, match="could not be read"):
        stream(tmp_path).batch(1, range(1))


def test_pictures_that_do_not_fit_in_memory_give_the_same_crops(pictures):
    assert torch.equal(
        stream(pictures, PictureCache(room=0)).batch(1, range(6)), stream(pictures).batch(1, range(6))
    )


def test_held_out_files_are_the_rest(tmp_path):
    folder = make_pictures(tmp_path, 30)
    settings = DataSettings(held_out=0.3)
    kept, out = (set(PictureFolder(folder, settings, held_out=flag).files) for flag in (False, True))
    assert kept
    assert out
    assert not kept & out
    assert len(kept | out) == 30
    assert all(is_held_out(each.name, 0.3) for each in out)


def test_names_and_groups(tmp_path):
    for name in ("ann_1", "ann_2", "ann_3", "bob_1", "eve_1"):
        (tmp_path / f"{name}.png").write_bytes(b"")
    settings = DataSettings(held_out=0.0, include=("ann", "bob"), by_group=True)
    folder = PictureFolder(tmp_path, settings)
    assert sorted(len(group) for group in folder.groups) == [1, 3]
    settings = DataSettings(held_out=0.0, exclude=("ann",))
    assert [each.name for each in PictureFolder(tmp_path, settings).files] == ["bob_1.png", "eve_1.png"]


def test_folders_are_drawn_by_their_weights(tmp_path):
    for name in ("often", "seldom", "never"):
        make_pictures(tmp_path / name, 2)
    weights = {"often": 3.0, "seldom": 1.0, "never": 0.0}
    rows = [DataSettings(folder=name, weight=weight, held_out=0.0) for name, weight in weights.items()]
    found = streams(["pictures"], rows, tmp_path, 16, 0, PictureCache())["pictures"]
    assert found.shares.tolist() == [0.75, 0.25]


def test_one_folder_of_pictures_serves_for_all(pictures):
    rows = [DataSettings(folder=name, stream=name, include=("x",)) for name in ("content", "style")]
    assert set(streams(["content", "style"], rows, pictures, 16, 0, PictureCache())) == {"content", "style"}


def test_missing_folders_and_streams_are_named(tmp_path):
    with pytest.raises(TrainingError, match="nowhere"):
        stream(tmp_path, folder="nowhere")
    with pytest.raises(TrainingError, match="no pictures for 'pictures'"):
        stream(tmp_path)
    with pytest.raises(TrainingError, match="'style'"):
        streams(["style"], [DataSettings()], tmp_path, 16, 0, PictureCache())


def make_gray_and_colored(folder):
    """A bright gray picture, a dark gray one and a colored one."""
    folder.mkdir()
    for name, pixel in (("bright", (230, 230, 230)), ("dark", (20, 20, 20)), ("red", (250, 60, 60))):
        Image.new("RGB", (48, 48), pixel).save(folder / f"{name}.png")
    return folder


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        ({"min_color": 0.2}, {(250, 60, 60)}),
        ({"max_color": 0.2}, {(230, 230, 230), (20, 20, 20)}),
        ({"max_color": 0.2, "min_light": 0.5}, {(230, 230, 230)}),
    ],
)
def test_pictures_are_taken_by_their_color_and_light(tmp_path, settings, seen):
    found = stream(make_gray_and_colored(tmp_path / "mixed"), held_out=False, **settings)
    drawn = {tuple(found.crop(step, 0)[:, 0, 0].mul(255).round().int().tolist()) for step in range(30)}
    assert drawn == seen


def test_crops_are_of_the_sizes_that_were_asked_for(tmp_path):
    """In a ramp across the picture the range of a crop tells its side."""
    folder = tmp_path / "ramp"
    folder.mkdir()
    ramp = torch.arange(240, dtype=torch.uint8).expand(240, 240).numpy()
    Image.fromarray(ramp).save(folder / "ramp.png")
    found = stream(folder, min_crop=0.3, max_crop=0.5)
    spans = [255 * float(crop.max() - crop.min()) / 240 for crop in (found.crop(n, 0) for n in range(40))]
    assert 0.25 < min(spans) < 0.33
    assert 0.42 < max(spans) < 0.5
