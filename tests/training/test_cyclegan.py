from __future__ import annotations

import pytest
import torch
from PIL import Image

from stylize.training import TrainingError
from stylize.training.adversarial import ImagePool, MultiScaleDiscriminator, discriminator_loss, lsgan_loss
from stylize.training.cyclegan import DISCRIMINATORS, GENERATORS, CycleGANTask
from stylize.training.domain_statistics import DomainStatistics, normalized_content_loss
from stylize.training.loop import train
from stylize.training.run import choose_compute
from stylize.training.task import Batch
from stylize.weights import zoo

from .conftest import CPU, config, tiny_vgg

SMALL = {"width": 4, "blocks": 1, "discriminator_width": 4, "upsampling": "resize"}
LOOP = {"batch": 2, "warmup": 0}
START = {"pretrain_steps": 3}


def settings(loop=None, **task):
    of = config("cyclegan", {**LOOP, **(loop or {})}, **{**SMALL, **task})
    rows = [type(of.data[0]).from_dict({**each.to_dict(), "folder": each.stream}) for each in of.data]
    return type(of)(of.task_name, of.loop, of.task, tuple(rows))


def task(of):
    torch.manual_seed(of.loop.seed)
    return CycleGANTask(of.task, choose_compute(), of.loop.seed, encoder=tiny_vgg("4_1", "reflect", seed=6))


def go(of, data, out, **given):
    return list(train(task(of), of, data, out, **given))


def batch(step, size=32, samples=slice(None)):
    random = torch.Generator().manual_seed(step)
    a, b = torch.rand(2, 4, 3, size, size, generator=random)
    return Batch({"a": a[samples], "b": b[samples]}, torch.arange(step * 4, step * 4 + 4)[samples], step)


# ------------------------------------------------------------------------------------------- runs


@pytest.mark.parametrize("start", [{}, START])
def test_a_resumed_run_is_the_uninterrupted_one(domains, start):
    of = settings({"steps": 8}, pool_size=3, **start)
    whole = go(of, domains, domains / "whole")
    asked = iter([False] * 5)
    first = go(of, domains, domains / "parts", should_stop=lambda: next(asked, True))
    rest = go(of, domains, domains / "parts", resume=True)
    assert len(rest) == 3
    assert [each.losses for each in first + rest] == [each.losses for each in whole]
    one, two = (
        torch.load(domains / name / "checkpoint.pt", weights_only=True) for name in ("whole", "parts")
    )
    assert one["task"]["pool_a"].shape == (3, 3, 32, 32)
    for stream in "ab":
        assert torch.equal(one["task"]["pool_" + stream], two["task"]["pool_" + stream])
    for name in (*GENERATORS, *DISCRIMINATORS):
        for key, value in one["networks"][name].items():
            assert torch.equal(value, two["networks"][name][key]), (name, key)


def test_the_pool_matters_to_the_resumed_run(domains):
    """Else the test above would hold without it."""
    of = settings({"steps": 8}, pool_size=3)
    whole = go(of, domains, domains / "whole")
    asked = iter([False] * 5)
    go(of, domains, domains / "parts", should_stop=lambda: next(asked, True))
    forgetful = task(of)
    forgetful.load_state = lambda state: None
    rest = list(train(forgetful, of, domains, domains / "parts", resume=True))
    assert [each.losses for each in rest] != [each.losses for each in whole[5:]]


def test_the_losses_fall_and_the_results_load(domains):
    loop = {"steps": 60, "batch": 4, "learning_rate": 0.002, "schedule": "constant", "log_every": 10}
    of = settings(loop, pretrain_steps=40, result_ab="there", result_ba="")
    found = go(of, domains, domains / "run")
    losses = [each.losses for each in found if each.step % 10 == 0]
    assert losses[3]["total"] < 0.8 * losses[0]["total"]
    for name in ("cycle", "identity", "statistics"):
        assert losses[3][name] < 0.9 * losses[0][name], name
    assert losses[-1]["discriminator"] < losses[4]["discriminator"]
    assert [path.name for path in (domains / "run").glob("*.safetensors")] == ["there.safetensors"]
    generator = zoo.generator(str(domains / "run" / "there.safetensors"), choose_compute()).network
    assert (generator.width, generator.blocks, generator.upsampling) == (4, 1, "resize")
    red = torch.tensor([1, 0.5, 0.3]).view(1, 3, 1, 1) * torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        made = generator(red)
    assert made[:, 2].mean() > made[:, 0].mean()


def test_a_run_as_published_needs_no_encoder(domains):
    of = settings({"steps": 2}, upsampling="transposed")
    torch.manual_seed(0)
    bare = CycleGANTask(of.task, choose_compute())
    found = list(train(bare, of, domains, domains / "run"))
    assert bare.encoder is None
    assert set(found[-1].losses) == {"total", "adversarial", "cycle", "identity", "discriminator"}
    both = {path.stem for path in (domains / "run").glob("*.safetensors")}
    assert both == {"a2b", "b2a"}


def test_samples_show_both_directions_and_back(domains):
    found = go(settings({"steps": 1}), domains, domains / "run")
    with Image.open(found[-1].samples) as opened:
        assert opened.size == (6 * 32, 6 * 32)


# ------------------------------------------------------------------------------------- one step


def test_each_phase_has_gradients_for_its_own_networks_alone():
    run = task(settings())
    for phase, names in run.phases.items():
        for name, network in run.networks.items():
            network.requires_grad_(name in names)
            network.zero_grad(set_to_none=True)
        run.losses(run.networks, batch(1), phase)["total"].backward()
        for name, network in run.networks.items():
            found = [each.grad is not None and bool(each.grad.any()) for each in network.parameters()]
            assert any(found) == (name in names), (phase, name)


def test_translations_are_made_once_a_step():
    run = task(settings(pool_size=0))
    run.losses(run.networks, batch(1), "generators")
    calls = []
    for name in GENERATORS:
        run.networks[name].register_forward_hook(lambda *given: calls.append(given))
    again = run.losses(run.networks, batch(1), "discriminators")
    assert not calls
    fresh = run.losses(run.networks, batch(1), "discriminators")  # nothing is kept now
    assert len(calls) == 4
    torch.testing.assert_close(again["total"], fresh["total"])


def test_the_start_is_without_discriminators():
    run = task(settings(**START))
    run.prepare(iter([batch(0)]))
    assert run.losses(run.networks, batch(3), "discriminators") == {}
    assert set(run.losses(run.networks, batch(3), "generators")) == {
        "total", "cycle", "identity", "statistics", "content"
    }  # fmt: skip
    assert set(run.losses(run.networks, batch(4), "generators")) == {
        "total", "adversarial", "cycle", "identity"
    }  # fmt: skip
    assert run.losses(run.networks, batch(4), "discriminators")


def test_the_perceptual_losses_can_stay():
    run = task(settings(statistics_weight=0.25, content_weight=0.5))
    run.prepare(iter([batch(0)]))
    found = run.losses(run.networks, batch(1), "generators")
    total = found["adversarial"] + 10 * found["cycle"] + 5 * found["identity"]
    total = total + 0.25 * found["statistics"] + 0.5 * found["content"]
    torch.testing.assert_close(found["total"], total)


def test_losses_of_shares_average_to_those_of_the_whole():
    run = task(settings(pool_size=0, statistics_weight=1.0, scales=1))
    run.prepare(iter([batch(0)]))

    def both(samples):
        found = [run.losses(run.networks, batch(1, samples=samples), phase) for phase in run.phases]
        return {**found[0], "discriminator": found[1]["total"]}

    whole, shares = both(slice(None)), [both(slice(n, n + 1)) for n in range(4)]
    for name, loss in whole.items():
        mean = torch.stack([each[name] for each in shares]).mean()
        torch.testing.assert_close(mean, loss, rtol=1e-3, atol=1e-4, msg=name)


def test_distances_are_on_the_papers_scale():
    run = task(settings())
    for name in GENERATORS:
        run.networks[name].register_forward_hook(lambda module, given, result: torch.ones_like(result))
    pictures = {stream: torch.zeros(2, 3, 32, 32) for stream in "ab"}
    found = run.losses(run.networks, Batch(pictures, torch.arange(2), 1), "generators")
    assert found["cycle"].item() == found["identity"].item() == 4  # from -1 to 1, in both directions


def test_bfloat16_is_close():
    run = task(settings(statistics_weight=1.0))
    run.prepare(iter([batch(0)]))
    exact = run.losses(run.networks, batch(1), "generators")
    run.compute = type(run.compute)(CPU, torch.bfloat16)
    rounded = run.losses(run.networks, batch(1), "generators")
    for name, loss in exact.items():
        torch.testing.assert_close(rounded[name], loss, rtol=0.05, atol=0.02, msg=name)


# -------------------------------------------------------------------------------- bad settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"result_ab": "", "result_ba": ""}, "name at least one"),
        ({"result_ab": "same", "result_ba": "same"}, "differently"),
        ({"result_ab": "../up"}, "without its folder"),
        ({"width": 0}, "width"),
        ({"upsampling": "bicubic"}, "upsampling"),
        ({"teacher": "vgg19"}, "teacher"),
    ],
)
def test_bad_settings_are_named(given, message):
    with pytest.raises(TrainingError, match=message):
        task(settings(**given))


@pytest.mark.parametrize(("size", "scales", "message"), [(30, 1, "multiple of 4"), (32, 2, "48 or more")])
def test_crops_that_do_not_serve_are_named(domains, size, scales, message):
    with pytest.raises(TrainingError, match=message):
        go(settings({"size": size}, scales=scales), domains, domains / "run")


def test_an_encoder_that_ends_too_early_is_named():
    with pytest.raises(TrainingError, match="relu4_1"):
        CycleGANTask(settings(**START).task, choose_compute(), encoder=tiny_vgg("3_1"))


def test_the_defaults_are_the_published_recipe():
    of = type(config()).from_tables("cyclegan", {"data": [{"stream": "a"}, {"stream": "b"}]})
    assert (of.loop.optimizer, of.loop.learning_rate, of.loop.beta, of.loop.schedule) == (
        "adam", 2e-4, 0.5, "linear"
    )  # fmt: skip
    weights = (
        of.task.cycle_weight,
        of.task.identity_weight,
        of.task.pool_size,
        of.task.pretrain_steps,
        of.task.scales,
    )
    assert weights == (10, 0.5, 50, 0, 1)
    weight = torch.cat([each.flatten() for each in task(settings()).networks["generator_ab"].parameters()])
    assert weight.std().item() == pytest.approx(0.02, rel=0.1)


# ------------------------------------------------------------------------------------- the parts


def test_several_scales_judge_smaller_pictures():
    discriminator = MultiScaleDiscriminator(4, 3)
    scores = discriminator(torch.rand(2, 3, 128, 96))
    assert [tuple(each.shape) for each in scores] == [(2, 1, 14, 10), (2, 1, 6, 4), (2, 1, 2, 1)]
    scores[2].sum().backward()
    assert [any(p.grad is not None for p in each.parameters()) for each in discriminator.scales] == [
        False,
        False,
        True,
    ]


def test_a_small_scale_sees_the_mean_of_its_pixels():
    discriminator = MultiScaleDiscriminator(4, 2)
    flat = discriminator(torch.full((1, 3, 64, 64), 0.25))
    torch.testing.assert_close(flat[1], discriminator.scales[1](torch.full((1, 3, 32, 32), 0.25)))


def test_lsgan_is_least_squares():
    scores = [torch.tensor([[0.0, 2.0]]), torch.tensor([[3.0]])]
    assert lsgan_loss(scores, 1).item() == pytest.approx((1 + 4) / 2)
    assert lsgan_loss(scores, 0).item() == pytest.approx((2 + 9) / 2)
    real, made = torch.ones(2, 1), torch.full((2, 1), 3.0)
    assert discriminator_loss(lambda x: [x], real, made).item() == pytest.approx((0 + 9) / 2)


def test_the_pool_gives_old_pictures_for_half_of_the_new_ones():
    pool = ImagePool("a", 5, 1)
    pictures = torch.arange(400.0).view(-1, 1, 1, 1)
    found = torch.cat([pool.query(pictures[n : n + 1], torch.tensor([n])) for n in range(400)]).flatten()
    assert torch.equal(found[:5], torch.arange(5.0))
    old = found != torch.arange(400.0)
    assert 0.4 < old[5:].float().mean() < 0.6
    assert (found <= torch.arange(400.0)).all()
    assert len(set(found[old].tolist())) == old.sum()  # each old one leaves when it is drawn
    assert pool.state().shape == (5, 1, 1, 1)
    assert ImagePool("a", 0, 1).query(pictures, torch.arange(400)) is pictures


def test_crops_of_the_domain_are_near_and_others_far():
    encoder = tiny_vgg("4_1", "reflect")
    domain = DomainStatistics(encoder, ("relu1_1", "relu2_1"))
    random = torch.Generator().manual_seed(1)

    def features(scale):
        return encoder(torch.rand(8, 3, 32, 32, generator=random) * scale, ("relu1_1", "relu2_1"))

    domain.measure(features(0.5) for _ in range(4))
    assert 0.1 < domain.distance(features(0.5)) < 0.8
    assert domain.distance(features(1.0)) > 3 * domain.distance(features(0.5))


def test_content_is_free_of_gain_and_bias():
    random = torch.Generator().manual_seed(1)
    one, other = torch.rand(2, 2, 5, 8, 8, generator=random)
    assert normalized_content_loss(one, one * 3 + 2) < 1e-3
    assert 1.5 < normalized_content_loss(one, other) < 2.5
