from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from stylize.errors import StylizeError
from stylize.networks import VGG19
from stylize.training import TrainingError, teacher
from stylize.training.encoder import EncoderTask, _positions
from stylize.training.loop import train
from stylize.training.lsuv import lsuv
from stylize.training.outputs import save_results
from stylize.training.run import choose_compute
from stylize.training.task import Batch
from stylize.training.task_settings import EncoderSettings
from stylize.weights import checkpoints

from .conftest import TINY, config, tiny_vgg

PICTURES = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(3))


def batch(step=1):
    return Batch({"pictures": PICTURES}, torch.arange(len(PICTURES)), step)


def task(**settings):
    torch.manual_seed(0)
    settings = EncoderSettings(measure_batches=1, **settings)
    return EncoderTask(settings, choose_compute(), teacher=tiny_vgg(), channels=TINY)


def test_lsuv_gives_every_layer_a_mean_of_nought_and_a_variance_of_one():
    torch.manual_seed(0)
    network = VGG19(TINY, "4_1", "reflect")
    lsuv(network, PICTURES)
    found = {}
    for layer in ("1_1", "2_2", "3_3", "4_1"):
        conv = getattr(network, "conv" + layer)
        conv.register_forward_hook(lambda _, __, output, layer=layer: found.update({layer: output.clone()}))
    network(PICTURES, ["relu4_1"])
    for output in found.values():
        assert output.mean().item() == pytest.approx(0, abs=1e-3)
        assert output.square().mean().item() == pytest.approx(1, abs=1e-2)


def test_the_maps_start_as_the_regression_does():
    """A student that is the teacher itself leaves nothing unexplained."""
    same = task(ridge=1e-9)
    student = same.networks["encoder"]
    student.load_state_dict(same.teacher.state_dict())
    student.padding = "zeros"
    with torch.no_grad():
        same.scales.measure([same.teacher(PICTURES, same.layers)])
        for layer in same.layers:
            same._initialize_map(layer, [PICTURES])
    found = same.losses(same.networks, batch(), "")
    assert found["relu1_1"] < 1e-3
    assert found["relu3_1"] < 1e-3


def test_before_any_step_the_maps_explain_something():
    """As good as the mean alone would be 1 at each layer."""
    started = task(strides=())
    started.prepare(iter([batch()]))
    with torch.no_grad():
        found = started.losses(started.networks, batch(), "")
    assert all(0 < found[layer] < 1 for layer in started.layers)
    assert found["total"] == pytest.approx(sum(found[layer].item() for layer in started.layers))


def test_every_position_has_its_turn():
    seen = torch.zeros(8, 8)
    grid = torch.arange(64.0).view(1, 1, 8, 8)
    for step in range(16):
        part = teacher.subsample(grid, 4, step)
        assert part.shape == (1, 1, 2, 2)
        seen.view(-1)[part.flatten().long()] += 1
    assert seen.min() == seen.max() == 1


def test_the_loss_falls(pictures, tmp_path):
    settings = config(loop={"steps": 25, "learning_rate": 0.02, "schedule": "constant"})
    torch.manual_seed(0)
    run = EncoderTask(settings.task, choose_compute(), teacher=tiny_vgg(), channels=TINY)
    losses = [each.losses["total"] for each in train(run, settings, pictures, tmp_path / "run")]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


def test_layers_that_the_teacher_lacks_are_named():
    with pytest.raises(TrainingError, match="relu5_1"):
        EncoderTask(EncoderSettings(), choose_compute(), teacher=tiny_vgg("4_1"), channels=TINY)


def test_a_teacher_from_arrays(tmp_path):
    network, arrays = tiny_vgg(), {}
    for index, conv in zip(teacher._FEATURES, network.children(), strict=False):
        arrays[f"features.{index}.bias"] = conv.bias.numpy()
        weight, name = conv.weight.numpy(), f"features.{index}.weight"
        if index < 19:
            arrays[name] = weight
            continue
        low, scale = weight.min(), np.ptp(weight) / 255
        arrays[name + "|u8"] = np.round((weight - low) / scale).astype(np.uint8)
        arrays[name + "|sm"] = np.array([scale, low], np.float32)
    np.savez(tmp_path / "teacher.npz", **arrays)
    settings = EncoderSettings(teacher=str(tmp_path / "teacher.npz"), teacher_normalization="none")
    found = teacher.load_teacher(settings, choose_compute())
    assert (found.channels, found.last, found.padding) == (TINY, "5_1", "zeros")
    for key, value in network.state_dict().items():
        assert torch.allclose(found.state_dict()[key], value, atol=0.01)
    caffe = teacher.load_teacher(EncoderSettings(teacher=str(tmp_path / "teacher.npz")), choose_compute())
    assert caffe.is_normalizing


@pytest.mark.parametrize("content", [b"", b"PK no", None])
def test_a_teacher_that_cannot_be_read_is_named(content, tmp_path):
    path = tmp_path / "teacher.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"teacher\.npz"):
        teacher.load_teacher(EncoderSettings(teacher=str(path)), choose_compute())


def test_arrays_that_are_no_vgg_are_refused(tmp_path):
    np.savez(tmp_path / "teacher.npz", a=np.zeros(3))
    with pytest.raises(TrainingError, match="no VGG-19"):
        teacher.load_teacher(EncoderSettings(teacher=str(tmp_path / "teacher.npz")), choose_compute())


def test_the_positions_of_the_regression_come_from_all_columns():
    column = torch.arange(128.0).expand(16, 1, 128, 128)
    assert len(_positions(column).unique()) == 128


def test_a_student_starts_from_an_encoder_that_ends_earlier(tmp_path):
    path = tmp_path / "short.safetensors"
    short = tiny_vgg("3_1", "reflect", seed=8)
    save_file(short.state_dict(), path)
    found = EncoderTask(EncoderSettings(init=str(path)), choose_compute(), tiny_vgg(), TINY)
    found.prepare(iter([Batch({"pictures": torch.rand(8, 3, 32, 32)}, torch.arange(8), 0)] * 2))
    own = found.networks["encoder"].state_dict()
    for key, value in short.state_dict().items():
        assert torch.equal(own[key], value), key
    assert own["conv4_1.weight"].abs().sum() > 0
    save_file({key: value[:1] for key, value in short.state_dict().items()}, path)
    with pytest.raises(StylizeError):
        EncoderTask(EncoderSettings(init=str(path)), choose_compute(), tiny_vgg(), TINY)


@pytest.fixture
def start(tmp_path):
    path = tmp_path / "start.safetensors"
    save_file(tiny_vgg("5_1", "reflect", seed=8).state_dict(), path)
    return str(path)


def fixed_run(start, pictures, out, **loop):
    settings = config(loop=loop, init=start, frozen="relu4_1", layers=["relu4_2", "relu5_1"], gram_weight=0.5)
    torch.manual_seed(0)
    run = EncoderTask(settings.task, choose_compute(), teacher=tiny_vgg(), channels=TINY)
    return run, list(train(run, settings, pictures, out))


def test_what_is_fixed_stays_and_what_lies_deeper_learns(start, pictures, tmp_path):
    run, progress = fixed_run(start, pictures, tmp_path / "run")
    before = tiny_vgg("5_1", "reflect", seed=8).state_dict()
    after = run.networks["encoder"].state_dict()
    same = {key for key in before if torch.equal(before[key], after[key])}
    assert same == {key for key in before if key[4:7] <= "4_1"}
    assert progress[-1].losses.keys() == {"total", "relu4_2", "relu5_1", "gram"}
    parts = progress[-1].losses
    assert parts["total"] == pytest.approx(
        parts["relu4_2"] + parts["relu5_1"] + 0.5 * parts["gram"], rel=1e-5
    )


def test_crops_that_distinct_batches_are_seen_by_the_fixed_part_once(start, pictures, tmp_path):
    run, _ = fixed_run(start, pictures, tmp_path / "run", steps=7, distinct_batches=3)
    assert run._constant.keys() == {1, 2, 3}
    again = Batch({"pictures": torch.zeros(4, 3, 32, 32)}, torch.arange(4), 4, 1)
    fresh = Batch(again.pictures, again.numbers, 4)
    with torch.no_grad():
        kept, seen = (run.losses(run.networks, each, "")["total"] for each in (again, fresh))
    assert kept != seen


def test_remembering_changes_no_loss(start, pictures, tmp_path):
    """A resumed run remembers nothing at first."""
    settings = config(
        loop={"steps": 7, "distinct_batches": 3},
        init=start,
        frozen="relu4_1",
        layers=["relu5_1"],
        gram_weight=1.0,
    )

    def go(out, **given):
        torch.manual_seed(0)
        run = EncoderTask(settings.task, choose_compute(), teacher=tiny_vgg(), channels=TINY)
        return [each.losses for each in train(run, settings, pictures, tmp_path / out, **given)]

    asked = iter([False] * 5)
    parts = go("parts", should_stop=lambda: next(asked, True)) + go("parts", resume=True)
    assert parts == go("whole")


@pytest.mark.parametrize("given", [{"init": ""}, {"frozen": "relu6_1"}, {"layers": ["relu4_1", "relu5_1"]}])
def test_what_cannot_be_fixed_is_named(given, start):
    settings = {"init": start, "frozen": "relu4_1", "layers": ("relu5_1",), **given}
    with pytest.raises(TrainingError, match=settings["frozen"]):
        EncoderTask(EncoderSettings(**settings), choose_compute(), teacher=tiny_vgg(), channels=TINY)


def test_the_result_knows_how_the_teacher_sees_its_features(tmp_path):
    """Distances under the metric are those under the maps, to the accuracy of half precision."""
    run = task(strides=())
    run.prepare(iter([batch()]))
    path = save_results(tmp_path, run.results(run.networks))[0]
    found = checkpoints.load_encoder(path)
    for layer in run.layers:
        conv = run.networks["maps"][layer]
        weight = (conv.weight * run._unit(layer).view(-1, 1, 1, 1)).detach().flatten(1)
        matrix = found.metric(layer).weight.flatten(1)
        assert torch.allclose(matrix.T @ matrix, weight.T @ weight, rtol=0.01, atol=0.01 * weight.norm() ** 2)
