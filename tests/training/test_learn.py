"""Learning a style: what moves, what stays, and what is kept when somebody stops."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from stylize.errors import PictureError
from stylize.image import fit, load, of_tensor
from stylize.networks import Painter
from stylize.networks.painter import noise_at
from stylize.training.learn import LearnSettings, StyleLearner
from stylize.training.learn_losses import StyleObjective, content_cost
from stylize.training.painter_losses import content_error, content_weight

EXAMPLES = Path(__file__).parents[2] / "examples"
PHOTOS = sorted((EXAMPLES / "photos").glob("*.jpg"))[:3]
UNSEEN = sorted((EXAMPLES / "photos").glob("*.jpg"))[5:7]
FEW = LearnSettings(steps=4, side=64, seed=3)


@pytest.fixture(autouse=True)
def cpu(monkeypatch):
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")


@pytest.fixture(scope="module")
def style():
    return of_tensor(load(EXAMPLES / "styles" / "sun-mosaic.jpg").tensor.flip(3)[..., :300, :300])


def loss_of(learner: StyleLearner) -> float:
    """The loss of photos that it has not seen, by what it learned so far."""
    photos = torch.cat([load(each).tensor[..., :256, :256] for each in UNSEEN])
    known = learner.learned()
    residual = torch.zeros(()) if known.residual is None else torch.from_numpy(known.residual).float()
    with torch.no_grad():
        condition = learner.painter.condition(torch.from_numpy(known.code)[None], torch.zeros(1)) + residual
        painted = learner.painter(photos, condition, noise_at(0, 256, 256))
        objective = StyleObjective(learner.encoder, fit(learner.picture.tensor, 512), photos)
        losses = objective(painted, photos)
        return float((losses.style + content_cost(losses.content, torch.zeros(2))).mean())


def same(one, other):
    pairs = ((one.code, other.code), (one.residual, other.residual))
    return all(np.array_equal(mine, its) for mine, its in pairs)


def test_it_moves_towards_the_style_and_leaves_the_network_alone(style):
    learner = StyleLearner(style, PHOTOS, LearnSettings(steps=20, side=192, seed=1))
    before = {name: each.clone() for name, each in learner.painter.state_dict().items()}
    first = loss_of(learner)
    found = list(learner.steps())
    assert [each.step for each in found] == list(range(1, 21))
    assert {each.total for each in found} == {20}
    assert loss_of(learner) < 0.98 * first
    assert all(torch.equal(each, before[name]) for name, each in learner.painter.state_dict().items())
    assert all(each.grad is None for each in learner.painter.parameters())
    assert found[-1].picture.shape[:2] == (1, 3)
    assert 0 <= found[-1].picture.min() < found[-1].picture.max() <= 1


def test_the_same_seed_learns_the_same_and_another_seed_something_else(style):
    one, again = StyleLearner(style, PHOTOS, FEW), StyleLearner(style, PHOTOS, FEW)
    other = StyleLearner(style, PHOTOS, LearnSettings(steps=4, side=64, seed=4))
    for each in (one, again, other):
        list(each.steps())
    assert same(one.learned(), again.learned())
    assert one.file() == again.file()
    assert not same(one.learned(), other.learned())


def test_what_is_learned_stays_when_it_is_closed(style):
    whole, part = (StyleLearner(style, PHOTOS, FEW, name="sea") for _ in range(2))
    first = part.learned()
    assert first.residual is None
    with closing(part.steps()) as steps:
        list(islice(steps, 2))
    list(whole.steps())
    kept = load(part.file()).learned
    assert same(kept, part.learned())
    assert not np.array_equal(kept.code, first.code)
    assert not same(kept, whole.learned())
    assert kept.painter == part.sha256
    assert kept.name == "sea"


def test_it_begins_with_the_code_that_the_network_has(style):
    known = load(EXAMPLES / "styles" / "sun-mosaic.jpg")
    learner = StyleLearner(known, PHOTOS, FEW)
    table = learner.painter.table.find(known.sha256)
    assert np.array_equal(learner.learned().code, table.numpy())
    assert not np.array_equal(StyleLearner(style, PHOTOS, FEW).learned().code, table.numpy())


def test_a_limit_of_time_ends_it(style):
    learner = StyleLearner(style, PHOTOS, LearnSettings(minutes=1e-6, side=64))
    (only,) = learner.steps()
    assert only.step == only.total == 1
    assert only.picture is not None


def test_without_a_photo_the_style_itself_serves_and_what_cannot_be_read_is_told(style, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xffno")
    learner = StyleLearner(style, [tmp_path / "broken.jpg"], FEW)
    notes = [each.note for each in learner.steps() if each.note is not None]
    assert len(notes) == 1
    assert "broken.jpg" in str(notes[0])
    assert learner.learned().residual is not None


def test_a_code_alone_can_be_learned(style):
    learner = StyleLearner(style, PHOTOS, LearnSettings(steps=2, side=64, residual_rate=0.0))
    before = learner.learned().code
    list(learner.steps())
    assert learner.learned().residual is None
    assert not np.array_equal(learner.learned().code, before)


def test_a_style_of_a_few_pixels_is_refused():
    with pytest.raises(PictureError, match="too small"):
        StyleLearner(of_tensor(torch.rand(1, 3, 20, 400)), PHOTOS, FEW)


def test_gains_and_biases_reach_every_normalization():
    painter = Painter()
    assert painter.film.out_features == 2 * sum(each.channels for each in painter.norms)


def test_the_content_counts_less_the_freer_it_is():
    weights = content_weight(torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0]))
    torch.testing.assert_close(weights[[0, 2, 4]], torch.tensor([0.8, 0.14, 0.03]))
    assert (weights.diff() < 0).all()


def test_the_content_error_is_relative_to_the_photos_own_variation():
    photo = torch.randn(2, 8, 6, 6)
    torch.testing.assert_close(content_error(photo, photo), torch.zeros(2))
    mean = photo.mean((2, 3), keepdim=True).expand_as(photo)
    torch.testing.assert_close(content_error(mean, photo), torch.ones(2))
    torch.testing.assert_close(content_error(10 * mean, 10 * photo), torch.ones(2))
