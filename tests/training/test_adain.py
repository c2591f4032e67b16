from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from stylize.networks import AdaINDecoder, adaptive_instance_norm
from stylize.statistics import mean_and_gram, mean_std
from stylize.training import TrainingError
from stylize.training.adain import AdaINTask
from stylize.training.adain_losses import relative_content_loss, relative_gram_loss, style_loss
from stylize.training.loop import train
from stylize.training.run import choose_compute
from stylize.training.task import Batch
from stylize.training.task_settings import AdaINTaskSettings
from stylize.weights import checkpoints

from .conftest import TINY, config, tiny_vgg

RANDOM = torch.Generator().manual_seed(3)
CONTENT, STYLE = (torch.rand(7, 3, 32, 32, generator=RANDOM) for _ in range(2))


def batch(step, samples=slice(None)):
    numbers = torch.arange(step * 7, step * 7 + 7)[samples]
    return Batch({"content": CONTENT[samples], "style": STYLE[samples]}, numbers, step)


def task(**settings):
    torch.manual_seed(0)
    settings = AdaINTaskSettings(inverse_steps=2, **settings)
    encoder = tiny_vgg("4_1", "reflect", seed=6)
    found = AdaINTask(settings, choose_compute(), teacher=tiny_vgg(), encoder=encoder)
    found.prepare(iter([batch(0)]))
    return found


def test_exchange_gives_the_styles_statistics():
    one, other = (torch.rand(2, 5, 6, 6, generator=RANDOM) for _ in range(2))
    wanted = mean_std(other * 3 + 1)
    found = adaptive_instance_norm(one, wanted)
    assert style_loss(mean_std(found), wanted) < 1e-6
    centered = [(each - each.mean((2, 3), keepdim=True)) for each in (one, found)]
    assert torch.allclose(*(each / mean_std(each)[1] for each in centered), atol=1e-2)


def test_the_scaled_features_have_a_mean_of_one_but_for_channels_that_hardly_answer():
    found = task()
    taught = found._teach(torch.cat([CONTENT, STYLE]))
    for layer in taught:
        features = found._scaled(taught, layer)
        measured, scaled = found.scales.mean(layer).flatten(), features.mean((0, 2, 3))
        lively = measured > 0.01 * measured.mean()
        assert torch.allclose(scaled[lively], torch.ones(int(lively.sum())), atol=1e-3)
        assert lively.sum() > 2
        assert (scaled[~lively] < 1).all()


def test_first_the_inverse_and_then_the_exchange():
    found = task()
    assert set(found.losses(found.networks, batch(2), "")) == {"total", "pixels", "features"}
    plain = {"total", "pixels", "features", "content", "style"}
    assert set(found.losses(found.networks, batch(3), "")) == plain
    more = task(gram_weight=1.0, likeness_weight=1.0)
    assert set(more.losses(more.networks, batch(3), "")) == set(more.loss_names)


def test_one_pair_in_seven_is_an_identity_pair():
    found = task()
    flags = [found._identity(batch(step), 0) for step in range(1, 4)]
    assert [int(each.sum()) for each in flags] == [1, 1, 1]
    known = found.losses(found.networks, batch(3), "")["pixels"]
    none = task(identity_every=0)
    assert known > 0
    assert none.losses(none.networks, batch(3), "")["pixels"] == 0


def test_losses_of_shares_average_to_those_of_the_whole():
    found = task()
    for step in (1, 3):
        whole = found.losses(found.networks, batch(step), "")
        shares = [found.losses(found.networks, batch(step, slice(n, n + 1)), "") for n in range(7)]
        for name, loss in whole.items():
            mean = torch.stack([each[name] for each in shares]).mean()
            assert torch.allclose(mean, loss, rtol=1e-3), name


@torch.no_grad()
def held_out_losses(run):
    """The losses as the encoder's inverse and as AdaIN's decoder on samples that were not trained on."""
    return [run.losses(run.networks, batch(step), "")["total"].item() for step in (1, 10_000)]


def test_the_losses_fall_and_the_decoder_loads(pictures, tmp_path):
    loop = {"steps": 40, "schedule": "constant", "learning_rate": 0.01, "sample_every": 20}
    settings = config("adain", loop, inverse_steps=20)
    torch.manual_seed(0)
    run = AdaINTask(
        settings.task, choose_compute(), teacher=tiny_vgg(), encoder=tiny_vgg("4_1", "reflect", seed=6)
    )
    progress = train(run, settings, pictures, tmp_path / "run")
    next(progress)
    before = held_out_losses(run)
    list(progress)
    after = held_out_losses(run)
    assert after[0] < 0.95 * before[0]
    assert after[1] < 0.95 * before[1]
    assert len(list((tmp_path / "run" / "samples").glob("*.png"))) == 2
    decoder = checkpoints.load_decoder(tmp_path / "run" / "adain-decoder.safetensors")
    assert decoder.channels[:4] == TINY[:4]
    for key, value in run.networks["decoder"].state_dict().items():
        assert decoder.state_dict()[key].shape == value.shape


def test_layers_that_are_not_there_are_named():
    with pytest.raises(TrainingError, match="relu4_1"):
        AdaINTask(
            AdaINTaskSettings(), choose_compute(), teacher=tiny_vgg("3_1"), encoder=tiny_vgg("4_1", "reflect")
        )


@pytest.mark.parametrize("gram_weight", [0.0, 1.0])
def test_statistics_are_those_of_the_scaled_features(gram_weight):
    found = task(gram_weight=gram_weight)
    taught = found._teach(CONTENT)
    for layer, measured in found._measure(taught, 1).items():
        wanted = mean_std(found._scaled(taught, layer))
        for one, other in zip(measured.mean_std, wanted, strict=True):
            assert torch.allclose(one, other, rtol=1e-2, atol=1e-2), layer


def test_a_round_more_paints_each_content_in_another_style():
    found = task(rounds=2, identity_every=0)
    first, second = found._pairs(CONTENT, STYLE, batch(3))
    alone = found._analyze(STYLE, 3).statistics
    for layer, (mean, _) in alone.encoder.items():
        assert torch.equal(first.style.encoder[layer][0], mean)
        assert torch.equal(second.style.encoder[layer][0], mean.roll(1, 0))
    wanted = alone.teacher["relu2_1"].mean_std[1]
    assert torch.equal(second.style.teacher["relu2_1"].mean_std[1], wanted.roll(1, 0))
    assert first.content is second.content


def test_an_identity_pair_has_its_content_as_style():
    found = task(identity_every=7, gram_weight=1.0)
    (pair,) = found._pairs(CONTENT, STYLE, batch(3))
    content, style = found._analyze(CONTENT, 3).statistics, found._analyze(STYLE, 3).statistics
    assert pair.same.tolist() == [True] + 6 * [False]
    gram = pair.style.teacher["relu3_1"].gram
    assert torch.equal(gram[0], content.teacher["relu3_1"].gram[0])
    assert torch.equal(gram[1:], style.teacher["relu3_1"].gram[1:])
    assert torch.equal(pair.style.encoder["relu4_1"][0][0], content.encoder["relu4_1"][0][0])


def test_gram_matrices():
    features = torch.rand(2, 5, 6, 7, generator=RANDOM)
    mean, gram = mean_and_gram(features)
    flat = features.flatten(2)
    assert torch.allclose(gram, flat @ flat.mT / 42, atol=1e-5)
    assert torch.allclose(mean, features.mean((2, 3), keepdim=True), atol=1e-6)
    found = task(gram_weight=1.0)._measure(task().teacher(CONTENT, task().layers), 1)
    thrice = {layer: replace(each, gram=3 * each.gram) for layer, each in found.items()}
    assert relative_gram_loss(found, found, found) == 0
    assert torch.isclose(relative_gram_loss(thrice, found, found), torch.tensor(4.0))


def test_likeness_is_relative_to_the_contents_own_variation():
    flat = CONTENT.mean((2, 3), keepdim=True).expand_as(CONTENT)
    assert relative_content_loss(CONTENT, CONTENT) == 0
    assert torch.isclose(relative_content_loss(flat, CONTENT), torch.tensor(1.0))


@pytest.mark.parametrize("enriched", [True, False])
def test_a_decoder_starts_from_another(tmp_path, enriched):
    kept = task(enriched=False).networks["decoder"]
    path = tmp_path / "kept.safetensors"
    save_file(kept.state_dict(), path)
    begun = task(init=str(path), enriched=enriched)
    features, style = begun._encode(CONTENT), begun._analyze(STYLE, 3).statistics.encoder
    picture = begun._decode(begun.networks, features, style)
    plain = kept(adaptive_instance_norm(features["relu4_1"], style["relu4_1"]))
    assert torch.allclose(picture, plain, atol=2e-2)


def test_a_start_that_does_not_fit_is_named(tmp_path):
    wide, more = tmp_path / "wide.safetensors", tmp_path / "more.safetensors"
    save_file(AdaINDecoder((4, 4, 4, 4)).state_dict(), wide)
    with pytest.raises(TrainingError, match="other channels"):
        task(init=str(wide))
    save_file(task(enriched=True).networks["decoder"].state_dict(), more)
    with pytest.raises(TrainingError, match="enriched"):
        task(init=str(more), enriched=False)
