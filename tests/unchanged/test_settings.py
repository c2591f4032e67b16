"""Every value of every setting gives the picture that it gave before."""

from __future__ import annotations

import itertools

import pytest

from .pictures import RECIPES, Pictures, apart, of_recipe, tolerance

# Settings that make no difference where the others are as they are there.
THE_SAME = [
    {"adain cutout", "adain one-counts"},
    {"gatys", "gatys layer_balance=equal"},
    {"gatys content_side=0 pyramid=False", "gatys content_side=0 smallest_side=60"},
    {"gatys content_side=0", "gatys content_side=0 smallest_side=40"},
]


@pytest.mark.parametrize("name", RECIPES)
def test_the_picture_of_a_recipe_is_as_before(name: str, references: Pictures) -> None:
    assert apart(of_recipe(name), references[name]) < tolerance(name)


def test_the_pictures_tell_the_settings_apart(references: Pictures) -> None:
    """By more than is tolerated."""
    for one, other in itertools.combinations(RECIPES, 2):
        if {one, other} not in THE_SAME:
            assert apart(references[one], references[other]) > tolerance(one), (one, other)
