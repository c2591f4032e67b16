"""The task ``painter`` with tiny networks and pictures."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from stylize.networks.painter import noise_at
from stylize.training import TrainingError
from stylize.training.loop import train
from stylize.training.painter import PainterTask
from stylize.training.run import choose_compute
from stylize.training.task import Batch
from stylize.weights import checkpoints

from .conftest import config, make_pictures, tiny_vgg

SMALL = {"width": 8, "blocks": 1, "code": 12}
LOOP = {"size": 64, "batch": 4, "warmup": 0, "learning_rate": 0.003}
STYLES = (
    {
        "stream": "style",
        "folder": "examples",
        "codes": "file",
        "held_out": 0.0,
        "side": 48,
        "second_side": 40,
    },
    {"stream": "style", "folder": "old", "codes": "group", "held_out": 0.0, "side": 48, "weight": 3.0},
    {"stream": "style", "folder": "modern", "side": 48, "held_out": 0.3, "recolored": 1, "hard": 0.5},
)


def settings(loop=None, styles=STYLES, **task):
    of = config("painter", {**LOOP, **(loop or {})}, **{**SMALL, **task})
    content, row = of.data
    content = replace(content, folder="photos", held_out=0.2)
    return replace(of, data=(content, *(type(row).from_dict(each) for each in styles)))


def make_styles(folder):
    make_pictures(folder / "photos")
    make_pictures(folder / "modern", 8)
    make_pictures(folder / "examples", 2)
    (folder / "examples" / "picture_0.png").rename(folder / "examples" / "Blue_Sea.png")
    make_pictures(folder / "old", 4)
    for number in range(2):
        (folder / "old" / f"picture_{number}.png").rename(folder / "old" / f"Giotto_di_Bondone_{number}.png")
    return folder


@pytest.fixture
def folders(tmp_path):
    return make_styles(tmp_path / "data")


def task(of, data):
    torch.manual_seed(of.loop.seed)
    return PainterTask(of, data, choose_compute(), teacher=tiny_vgg(), encoder=tiny_vgg(seed=6))


def go(of, data, out, **given):
    return list(train(task(of, data), of, data, out, **given))


def batch(step, samples=slice(None)):
    photos = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(step))
    return Batch({"content": photos[samples]}, torch.arange(step * 4, step * 4 + 4)[samples], step)


def prepared(of, data):
    run = task(of, data)
    run.prepare(iter([batch(100), batch(101)]))
    return run


# ------------------------------------------------------------------------------------------- runs


def test_a_resumed_run_is_the_uninterrupted_one(folders, tmp_path):
    of = settings({"steps": 6})
    whole = go(of, folders, tmp_path / "whole")
    asked = iter([False] * 4)
    first = go(of, folders, tmp_path / "parts", should_stop=lambda: next(asked, True))
    rest = go(of, folders, tmp_path / "parts", resume=True)
    assert len(rest) == 2
    assert [each.losses for each in first + rest] == [each.losses for each in whole]
    one, two = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True) for name in ("whole", "parts")
    )
    for name in ("residuals", "difficulty"):
        assert torch.equal(one["task"][name], two["task"][name])
        assert (one["task"][name] != 1).any()
    for name in ("painter", "codes"):
        for key, value in one["networks"][name].items():
            assert torch.equal(value, two["networks"][name][key]), (name, key)


def test_the_losses_fall_and_the_result_is_a_painter_with_its_codes(folders, tmp_path):
    of = settings({"steps": 60, "schedule": "constant", "ema": 0.9, "log_every": 15})
    found = go(of, folders, tmp_path / "run")
    losses = [each.losses for each in found if each.step % 15 == 0]
    assert losses[-1]["style"] < 0.8 * losses[0]["style"]
    painter = checkpoints.load_painter(tmp_path / "run" / "painter.safetensors")
    assert set(painter.table.codes) == {"blue-sea", "picture-1", "giotto", "picture"}
    digest = hashlib.sha256((folders / "examples" / "Blue_Sea.png").read_bytes()).hexdigest()
    assert torch.equal(painter.table.find(digest), painter.table.codes["blue-sea"])
    assert painter.table.find("giotto") is not None
    with torch.no_grad():
        condition = painter.condition(painter.table.codes["giotto"][None], torch.zeros(1))
        out = painter(torch.rand(1, 3, 64, 64), condition, noise_at(0, 64, 64))
    assert out.isfinite().all()


def test_samples_show_photos_styles_and_four_ways_to_paint(folders, tmp_path):
    found = go(settings({"steps": 1}), folders, tmp_path / "run")
    with Image.open(found[-1].samples) as opened:
        assert opened.size == (6 * 32, 6 * 32)  # without the rims, which are not to be used


def test_a_folder_of_pictures_is_enough(pictures, tmp_path):
    of = settings({"steps": 2})
    found = go(of, pictures, tmp_path / "run")
    assert found[-1].losses["style"] > 0


def test_a_painter_starts_from_another(folders, tmp_path, monkeypatch):
    go(settings({"steps": 2}), folders, tmp_path / "run")
    file = tmp_path / "run" / "painter.safetensors"
    kept = checkpoints.load_painter(file)
    monkeypatch.setattr("stylize.weights.zoo.PAINTERS_ENCODER", str(tiny_encoder(tmp_path)))
    run = task(settings(init=str(file)), folders)
    for name, value in kept.state_dict().items():
        assert torch.equal(run.networks["painter"].state_dict()[name], value), name
    for row, name in zip(run.networks["codes"].weight, run.names, strict=True):
        assert torch.equal(row, kept.table.codes[name])
    with pytest.raises(TrainingError, match="other widths"):
        task(settings(init=str(file), width=16), folders)


def tiny_encoder(folder):
    save_file(tiny_vgg("5_1", "reflect").state_dict(), folder / "encoder.safetensors")
    return folder / "encoder.safetensors"


def test_other_codes_than_those_of_the_checkpoint_are_refused(folders, tmp_path):
    go(settings({"steps": 1}), folders, tmp_path / "run")
    (folders / "examples" / "Blue_Sea.png").rename(folders / "examples" / "Red_Sea.png")
    with pytest.raises(TrainingError, match="not those of the checkpoint"):
        go(settings({"steps": 2}), folders, tmp_path / "run", resume=True)


def test_a_style_that_cannot_be_read_is_named(folders, tmp_path):
    (folders / "modern" / "picture_3.png").write_bytes(b"")
    with pytest.raises(TrainingError, match=r"picture_3\.png"):
        go(settings({"steps": 8}), folders, tmp_path / "run")


@pytest.mark.parametrize("size", [60, 32])
def test_crops_that_do_not_serve_are_named(folders, size):
    with pytest.raises(TrainingError, match="multiple of 8 from 64"):
        task(settings({"size": size}), folders)


def test_networks_that_end_too_early_are_named(folders):
    with pytest.raises(TrainingError, match="relu5_1"):
        PainterTask(settings(), folders, choose_compute(), tiny_vgg("4_2"), tiny_vgg())


# ------------------------------------------------------------------------------------- one step


def test_losses_of_shares_average_to_those_of_the_whole(folders):
    run = prepared(settings(named_share=0.5, identity_share=0.2), folders)
    run.steering.update = lambda *given: None
    whole = run.losses(run.networks, batch(7), "")
    shares = [run.losses(run.networks, batch(7, slice(n, n + 1)), "") for n in range(4)]
    for name, loss in whole.items():
        mean = torch.stack([each[name] for each in shares]).mean()
        torch.testing.assert_close(mean, loss, rtol=1e-3, atol=1e-5, msg=name)


def test_every_part_has_a_gradient(folders):
    """Codes of the rows that were drawn, the predictor, the photo's own code, and what the freedom does."""
    run = prepared(settings(named_share=0.4, identity_share=0.3), folders)
    step = next(n for n in range(1, 50) if len(set(kinds_of(run, n))) == 3)
    draws = run._drawn(batch(step))[0]
    run.losses(run.networks, batch(step), "")["total"].backward()
    painter, codes = run.networks["painter"], run.networks["codes"].weight
    drawn = torch.zeros(len(codes), dtype=torch.bool)
    drawn[draws.rows[draws.rows >= 0]] = True
    assert torch.equal(codes.grad.abs().sum(1) > 0, drawn)
    for part in (painter.photo, painter.film.weight, painter.freedom.weight, painter.predictor[0].weight):
        assert part.grad.any()


def kinds_of(run, step):
    draws = run._drawn(batch(step))[0]
    return list(zip(draws.alone.tolist(), (draws.rows >= 0).tolist(), strict=True))


def test_held_out_crops_get_held_out_styles_by_predicted_codes(folders):
    run = prepared(settings(), folders)
    before = run.steering.residuals.clone(), run.steering.difficulty.clone()
    draws, _ = run._drawn(batch(0))
    assert (draws.rows == -1).all()
    assert not draws.alone.any()
    files = {run.held_out.files[run.held_out.collection.forms[n].picture][0] for n in draws.styles}
    assert not files & {file for file, _ in run.styles.files}
    run.losses(run.networks, batch(0), "")
    assert torch.equal(run.steering.residuals, before[0])
    assert torch.equal(run.steering.difficulty, before[1])


def test_what_a_crop_gets_depends_on_its_number_alone(folders):
    run = prepared(settings(styles=STYLES[:2]), folders)
    whole, part = run._drawn(batch(3))[0], run._drawn(batch(3, slice(2, 4)))[0]
    assert torch.equal(whole.rows[2:], part.rows)
    assert torch.equal(whole.freedom[2:], part.freedom)
    assert whole.styles[2:] == part.styles
