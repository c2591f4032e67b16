"""The colors."""

from __future__ import annotations

import re
from itertools import product

import pytest

from stylize.webui import theme


def luminance(color):
    """Of #rrggbb, as WCAG has it."""
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("of", [":root", ".dark"])
def test_every_color_of_text_can_be_read_on_every_paper(of):
    block = theme.css().split(f"{of} {{", 1)[1].split("}", 1)[0]
    colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    pairs = [*product(("ink", "quiet", "accent"), ("page", "panel", "well")), ("ink", "danger-soft")]
    pairs += [(name, name.removesuffix("-ink")) for name in colors if name.endswith("-ink")]
    pairs += [(name.removesuffix("-soft"), name) for name in colors if name.endswith("-soft")]
    assert len(pairs) > 13
    weak = {pair: contrast(*(colors[name] for name in pair)) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}
