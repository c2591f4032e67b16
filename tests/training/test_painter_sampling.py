"""Which styles a painter learns from, how often each is drawn, and how the losses are steered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from stylize.training import TrainingError
from stylize.training.painter_sampling import StyleDraws, StyleSampler
from stylize.training.painter_steering import ROW_RATE, STYLE_RATE, Steering
from stylize.training.painter_styles import (
    StyleCollection,
    StyleFolder,
    StyleForm,
    code_name,
    forms_of,
    recolored,
    shown,
    some_of_each_group,
)

CPU = torch.device("cpu")


def collection(hard=0.0):
    found = StyleCollection()
    old = [found.add(forms_of(n, f"a{n}.jpg"), "giotto" if n < 2 else "monet") for n in range(3)]
    modern = [found.add(forms_of(3 + n, f"b{n}.jpg", (512, 384), 2)) for n in range(2)]
    found.folders += [StyleFolder(old, 1.0), StyleFolder(modern, 3.0, hard)]
    return found


def draw(sampler, count=4000, difficulty=None):
    randoms = (np.random.default_rng([7, n]) for n in range(count))
    return sampler.draw(randoms, difficulty or [1.0] * 11)


def test_shares():
    found = draw(StyleSampler(collection(), 0.4, 0.1))
    styles = torch.tensor(found.styles)
    named, predicted = found.rows >= 0, (found.rows < 0) & ~found.alone
    assert named.float().mean().item() == pytest.approx(0.4, abs=0.03)
    assert found.alone.float().mean().item() == pytest.approx(0.1, abs=0.02)
    assert not (named & found.alone).any()
    assert (styles[predicted] >= 3).float().mean().item() == pytest.approx(0.75, abs=0.03)
    for row, members in enumerate(collection().members):
        assert set(styles[found.rows == row].tolist()) == set(members)
    assert set(styles[predicted].tolist()) == set(range(11))
    assert (found.freedom[found.alone] == 0).all()
    assert found.freedom[named].abs().max() <= 1
    assert found.freedom[named].mean().abs() < 0.1


def test_hard_styles_are_drawn_more_often_where_that_is_wanted():
    difficulty = [1.0] * 11
    difficulty[5] = 2.0
    shares = []
    for hard in (0.0, 1.0):
        styles = torch.tensor(draw(StyleSampler(collection(hard), 0.0, 0.0), difficulty=difficulty).styles)
        shares.append((styles[styles >= 3] == 5).float().mean().item())
    assert shares[0] == pytest.approx(1 / 8, abs=0.02)
    assert shares[1] == pytest.approx(1 - (7 / 8) ** 4, abs=0.03)


def test_without_rows_all_are_predicted_and_without_styles_nothing_is():
    found = StyleCollection()
    found.folders.append(StyleFolder([found.add(forms_of(0, "a.jpg"))]))
    assert (draw(StyleSampler(found, 0.9, 0.0), 50, [1.0]).rows == -1).all()
    with pytest.raises(TrainingError, match="no styles"):
        StyleSampler(replace(found, folders=[StyleFolder([[0]], 0.0)]), 0.5, 0.0)


def test_only_own_colors_belong_to_a_code():
    found = StyleCollection()
    found.add(forms_of(0, "sea.jpg", (512, 384), 3), "sea")
    assert found.named == {"sea": [0, 1]}
    assert [form.side for form in found.forms] == [512, 384, 512, 512, 512]
    assert len({form.colors for form in found.forms[2:]} | {0}) == 4


def test_a_style_is_shown_at_its_side_and_in_its_colors():
    picture = torch.rand(3, 30, 60, generator=torch.Generator().manual_seed(2))
    plain = shown(picture, StyleForm(0, 120))
    assert plain.shape == (1, 3, 60, 120)
    assert shown(picture, StyleForm(0, 40)).shape == (1, 3, 32, 40)
    other = shown(picture, StyleForm(0, 120, 77))
    assert torch.equal(other, shown(picture, StyleForm(0, 120, 77)))
    assert (other - plain).abs().mean() > 0.02
    assert 0 <= recolored(picture, 5).min() <= recolored(picture, 5).max() <= 1


def test_names_of_codes_are_those_of_the_style_library():
    assert code_name("Giotto_di_Bondone") == "giotto"
    assert code_name("Henri_de_Toulouse-Lautrec") == "henri-de-toulouse-lautrec"


def test_some_files_of_each_group_whatever_the_folder():
    files = [f"{group}_{n}.jpg" for group in "ab" for n in range(9)]
    few = some_of_each_group(files, 3)
    assert sorted(each[0] for each in few) == list("aaabbb")
    assert some_of_each_group(files[::-1], 3) == few
    assert set(some_of_each_group(files, 0)) == set(files)


# --------------------------------------------------------------------------------------- steering


def draws(rows, styles, alone=None):
    rows = torch.tensor(rows)
    return StyleDraws(rows, styles, torch.tensor(alone or [False] * len(rows)), torch.zeros(len(rows)))


def test_rows_that_lag_behind_get_larger_steps():
    steering = Steering(3, 1, CPU)
    steering.residuals = torch.tensor([0.2, 0.2, 0.8])
    effort = steering.effort(torch.tensor([0, 2, -1]))
    assert effort.tolist() == pytest.approx([0.5**0.5, 2**0.5, 1.0])
    assert Steering(0, 1, CPU).effort(torch.tensor([-1])).tolist() == [1.0]


def test_averages_follow_the_losses_of_what_was_drawn():
    steering = Steering(2, 3, CPU)
    losses = torch.tensor([0.5, 0.3, 0.1, float("nan"), 0.2])
    given = draws([1, 1, -1, 0, -1], [0, 0, 2, 1, 1], [False, False, False, False, True])
    steering.update(given, losses, lambda x: x)
    share = 1 - (1 - ROW_RATE) ** 2
    assert steering.residuals.tolist() == pytest.approx([1.0, 1 + share * (0.4 - 1)])
    assert steering.difficulty.tolist() == pytest.approx([1, 1, 1 + STYLE_RATE * (0.1 - 1)])


def test_the_state_is_kept_and_other_rows_are_refused():
    steering, other = Steering(2, 3, CPU), Steering(2, 3, CPU)
    steering.update(draws([1, -1], [0, 1]), torch.tensor([0.5, 0.2]), lambda x: x)
    other.load_state(steering.state())
    assert torch.equal(other.residuals, steering.residuals)
    assert torch.equal(other.difficulty, steering.difficulty)
    more = Steering(2, 4, CPU)
    more.load_state(steering.state())
    assert (more.difficulty == 1).all()
    with pytest.raises(ValueError, match="rows"):
        Steering(3, 3, CPU).load_state(steering.state())
