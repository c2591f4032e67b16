"""What tests of commands share: small pictures, and what is in a result."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from stylize import image
from stylize.recipe import Recipe

FAST = ["--steps", "2", "--content-side", "64"]


def picture(path, seed=0, width=64, height=48):
    """Writes blocks of random colors."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    Image.fromarray(small.repeat(8, 0).repeat(8, 1)).save(path)


def recipe_of(path):
    return Recipe.from_json(image.read_recipe(path))


def pixels(path):
    with Image.open(path) as opened:
        return np.asarray(opened).astype(int)


def events(out):
    return [json.loads(line) for line in out.splitlines()]


class Ticks:
    """A clock that goes on by the same time whenever somebody looks."""

    def __init__(self, seconds):
        self.seconds, self.now = seconds, 0.0

    def __call__(self):
        self.now += self.seconds
        return self.now
