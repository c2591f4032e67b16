"""A description of a picture's lightness and colors in a few words, English and Chinese.

Colors are (N, 3) Oklab (Ottosson 2020): lightness in [0, 1], green to red, blue to yellow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

Bilingual = tuple[str, str]  # English, Chinese

_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

GRAY = 0.022  # chroma in Oklab below which no color is visible in a painting
MIN_SHARE = 0.12  # of the picture's color, for a third color to be named
# Upper bounds of hue in degrees, and the names of the color when dark, of medium lightness, and light.
_HUES: tuple[tuple[float, Bilingual, Bilingual, Bilingual], ...] = (
    (22, ("red", "红"), ("red", "红"), ("pink", "粉")),
    (48, ("brown", "棕"), ("red", "红"), ("pink", "粉")),
    (80, ("brown", "棕"), ("ochre", "赭"), ("sand", "沙黄")),
    (103, ("umber", "褐"), ("gold", "金"), ("cream", "米黄")),
    (120, ("olive", "橄榄绿"), ("olive", "橄榄绿"), ("cream", "米黄")),
    (170, ("green", "绿"), ("green", "绿"), ("pale green", "浅绿")),
    (218, ("teal", "青"), ("teal", "青"), ("pale teal", "浅青")),
    (290, ("blue", "蓝"), ("blue", "蓝"), ("pale blue", "浅蓝")),
    (340, ("violet", "紫"), ("violet", "紫"), ("lilac", "淡紫")),
    (360, ("red", "红"), ("rose", "玫瑰红"), ("pink", "粉")),
)
_DARK, _LIGHT = 0.45, 0.72  # between which a color is of medium lightness
_BROWN = 0.55  # the end of dark for what is between red and yellow
# Two colors of one family do not make a description.
_FAMILIES = (
    {"brown", "umber", "ochre", "sand"},
    {"gold", "cream"},
    {"olive", "green", "pale green"},
    {"teal", "pale teal"},
    {"blue", "pale blue"},
    {"violet", "lilac"},
    {"red", "rose", "pink"},
    {"black", "grey", "white"},
)
_SOFT, _BOLD = 0.13, 0.22  # soft: less vividness than this; bold: more deviation of the lightness


def oklab(pixels: np.ndarray) -> np.ndarray:
    """(N, 3) sRGB in [0, 1] as Oklab."""
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    lab: np.ndarray = np.cbrt(linear @ _RGB_TO_LMS.T) @ _LMS_TO_OKLAB.T
    return lab


def colorfulness(lab: np.ndarray) -> float:
    """Standard deviation of the two color channels after linear regression on the lightness.

    So a sepia drawing has almost none; a painting has 0.02 and more.
    """
    columns = np.stack([lab[:, 0], np.ones(len(lab))], 1)
    fitted, *_ = np.linalg.lstsq(columns, lab[:, 1:], rcond=None)
    rest = lab[:, 1:] - columns @ fitted
    return float(np.sqrt(np.square(rest).sum(1).mean()))


def vividness(lab: np.ndarray) -> float:
    """Contrast and color together: the root mean square distance from the mean color."""
    return float(np.sqrt(np.square((lab - lab.mean(0)) * (1, 2, 2)).sum(1).mean()))


def descriptions(lab: np.ndarray) -> Iterator[Bilingual]:
    """Descriptions of a painting, the best first: ("dark brown and red", "暗调，棕与红")."""
    lightness, names = _lightness(lab), _colors(lab)
    for first, second in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3)):
        if second < len(names) and _family(names[first]) != _family(names[second]):
            yield _joined(lightness, names[first], names[second])
    for each in names:
        yield _joined(lightness, each) if lightness[0] else (f"mostly {each[0]}", f"以{each[1]}色为主")


def _family(name: Bilingual) -> int:
    return next(n for n, family in enumerate(_FAMILIES) if name[0] in family)


def drawing(lab: np.ndarray, kind: Bilingual) -> Iterator[Bilingual]:
    """Descriptions of a drawing or print, the best first; ``kind`` is what to call it."""
    lightness = _lightness(lab)
    if lightness[0] not in ("dark", "light"):
        lightness = ("grey", "灰调，") if np.hypot(*lab[:, 1:].mean(0)) < GRAY else ("tinted", "淡彩，")
    yield f"{lightness[0]} {kind[0]}", lightness[1] + kind[1]
    for each in _colors(lab):
        yield f"{each[0]} {kind[0]}", f"{each[1]}色{kind[1]}"


def _lightness(lab: np.ndarray) -> Bilingual:
    light = float(lab[:, 0].mean())
    if light < 0.36:
        return "dark", "暗调，"
    if light > 0.72:
        return "light", "亮调，"
    if vividness(lab) < _SOFT:
        return "soft", "柔和，"
    return ("bold", "对比强烈，") if float(lab[:, 0].std()) > _BOLD else ("", "")


def _joined(lightness: Bilingual, *names: Bilingual) -> Bilingual:
    if lightness[0] == "dark" and any(each[0] == "black" for each in names):
        lightness = "", ""  # goes without saying
    english, chinese = (" and ".join(each[0] for each in names), "与".join(each[1] for each in names))
    return f"{lightness[0]} {english}".strip(), lightness[1] + chinese


def _colors(lab: np.ndarray) -> Sequence[Bilingual]:
    """Names of the colors, those with the largest share first. A color's share grows with its chroma."""
    shares: dict[Bilingual, float] = {}
    for light, red, yellow in lab:
        chroma = float(np.hypot(red, yellow))
        name = _color_name(light, chroma, float(np.degrees(np.arctan2(yellow, red)) % 360))
        shares[name] = shares.get(name, 0.0) + 0.03 + chroma
    total = sum(shares.values())
    order = sorted(shares, key=lambda each: -shares[each])
    return [each for n, each in enumerate(order) if n < 2 or shares[each] > MIN_SHARE * total]


def _color_name(light: float, chroma: float, hue: float) -> Bilingual:
    if chroma < GRAY:
        return ("black", "黑") if light < 0.3 else ("grey", "灰") if light < 0.82 else ("white", "白")
    row = next(each for each in _HUES if hue <= each[0])
    dark = _BROWN if 22 < hue <= 80 else _DARK
    return row[1] if light < dark else row[2] if light < _LIGHT else row[3]
