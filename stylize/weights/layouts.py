"""How other projects name the convolutions of our networks: from names and shapes to a :class:`Match`.

Pure functions without files or tensors; ``checkpoints.py`` reads the files. Projects that keep their
network in an ``nn.Sequential`` number the convolutions by their index in it, and the gaps between the
numbers show where padding, activations and pooling lie.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..networks.adain import DECODER_CONVOLUTIONS
from ..networks.vgg import CONVOLUTIONS

Shapes = Mapping[str, tuple[int, ...]]

# timm and torchvision: 3x3 from the start. The others have a 1x1 convolution for the colors in front.
ENCODERS = {
    "torchvision": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
    "naoto": (0, 2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42, 45, 48, 51),
    "media-comp": (0, 1, 3, 6, 8, 11, 13, 15, 17, 20, 22, 24, 26, 29, 31, 33, 35),
}
DECODERS = {
    "naoto": (1, 5, 8, 11, 14, 18, 21, 25, 28),
    "media-comp": (0, 3, 5, 7, 9, 12, 14, 17, 19),
}
# Of pytorch/examples' fast_neural_style. Files of old releases also have running statistics, never used.
TRANSFORMER = re.compile(
    r"(?:(?:conv[123]|deconv[123])\.conv2d|in[1-5]|res\d+\.(?:conv[12]\.conv2d|in[12]))\.(?:weight|bias)"
)
PADDINGS = {"stylize": "reflect", "naoto": "reflect", "torchvision": "zeros", "media-comp": "zeros"}
COLOR = "colour"  # the 1x1 convolution in front of an encoder, as Stylize's own files name it
VGG16 = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)

_WRAPPERS = (
    "state_dict.",
    "model_state_dict.",
    "params_ema.",
    "params.",
    "weights.",
    "module.",
    "_orig_mod.",
    "net.",
    "layers.",
    "model.",
)
_PARTS: Mapping[str, tuple[str, ...]] = {
    "encoder": ("features.", "encoder."),
    "decoder": ("decoder.",),
    "generator": ("generator.", "netG."),
    "painter": ("painter.",),
}
_MEMBERS = ("G_A.", "G_B.")
_STATISTICS = (".running_mean", ".running_var", ".num_batches_tracked")
NORM = ".norm."  # within our names of what belongs to a batch norm after a convolution


@dataclass(frozen=True)
class Match:
    """A state dict that we know.

    ``format`` and ``role`` as in the catalog, ``keys`` from our names to the stored ones, and the
    ``padding`` that the network was trained with.
    """

    format: str
    role: str
    keys: Mapping[str, str]

    @property
    def padding(self) -> str:
        """``reflect`` or ``zeros``, as the networks name it."""
        return PADDINGS.get(self.format, "reflect")


def unwrap(names: Iterable[str], wanted: Sequence[str] = ()) -> dict[str, str]:
    """Names without the wrappers around a network, mapped to the stored names.

    Whatever lies beside a wrapper (a classifier beside ``features.``, an optimizer beside
    ``state_dict.``) is left out. ``wanted`` are prefixes to look for before the usual ones.
    """
    inside = {name: name for name in names}
    while prefix := next(
        (each for each in (*wanted, *_WRAPPERS) if any(name.startswith(each) for name in inside)), None
    ):
        inside = {
            name.removeprefix(prefix): stored for name, stored in inside.items() if name.startswith(prefix)
        }
    return inside


def match(shapes: Shapes, role: str, member: str = "") -> Match | None:
    """What a state dict is when it is to serve as one of ``catalog.ROLES``, or None.

    ``member`` is the part of a file that holds several networks, such as ``"G_B"``.
    """
    stored = unwrap(shapes, (f"{member}.",) if member else _PARTS[role])
    inside = {name: shapes[key] for name, key in stored.items()}
    found = _MATCHERS[role](inside)
    if found is None:
        return None
    return Match(found.format, role, {ours: stored[theirs] for ours, theirs in found.keys.items()})


def describe(shapes: Shapes) -> str:
    """The format of a state dict, such as ``"naoto decoder"``; or its unsupported kind; or ``""``."""
    for role in _PARTS:
        if found := match(shapes, role):
            return f"{found.format} {role}"
    if members(shapes):
        return "upit generators"
    return _foreign_format(shapes)


def members(shapes: Shapes) -> tuple[str, ...]:
    """The generators in a file that holds several of them."""
    names = unwrap(shapes)
    return tuple(each[:-1] for each in _MEMBERS if any(name.startswith(each) for name in names))


def _foreign_format(shapes: Shapes) -> str:
    names = unwrap(shapes, ("features.",))
    if any("features." in name and name.endswith("running_mean") for name in shapes):
        return "VGG with batch normalization"
    if _numbers(names) == VGG16:
        return "VGG-16"
    if any(".block." in name for name in shapes):
        return "huggan generator"
    if any(".model.3.model." in name for name in shapes):
        return "U-Net generator"
    if _is_affine(unwrap(shapes, _PARTS["generator"])):
        return "ResNet generator whose instance norm has parameters"
    return ""


def _numbers(names: Iterable[str]) -> tuple[int, ...]:
    """The numbers of convolutions that are named ``N.weight`` and ``N.bias``; empty for other names."""
    found = [re.fullmatch(r"(\d{1,3})\.(?:weight|bias)", name) for name in names]
    return () if None in found else tuple(sorted({int(each[1]) for each in found if each}))


def _renumbered(format: str, role: str, numbers: Sequence[int], ours: Sequence[str], names: Shapes) -> Match:
    of = dict(zip(map(str, numbers), ours, strict=False))
    keys = {}
    for name in names:
        number, _, kind = name.partition(".")
        keys[f"{of[number]}.{kind}"] = name
    return Match(format, role, keys)


def _encoder(shapes: Shapes) -> Match | None:
    if "conv1_1.weight" in shapes:
        return Match("stylize", "encoder", {name: name for name in shapes})
    numbers = _numbers(shapes)
    has_color = shapes.get("0.weight", ())[2:] == (1, 1)
    ours = [COLOR] * has_color + ["conv" + name for name in CONVOLUTIONS]
    for format, table in ENCODERS.items():
        if len(numbers) >= 2 and numbers == table[: len(numbers)] and has_color == (format != "torchvision"):
            return _renumbered(format, "encoder", numbers, ours, shapes)
    return None


def _decoder(shapes: Shapes) -> Match | None:
    if "deconv4_1.weight" in shapes:
        return Match("stylize", "decoder", {name: name for name in shapes})
    numbers = _numbers(shapes)
    for format, table in DECODERS.items():
        if numbers == table:
            ours = ["deconv" + name for name in DECODER_CONVOLUTIONS]
            return _renumbered(format, "decoder", numbers, ours, shapes)
    return None


def _generator(shapes: Shapes) -> Match | None:
    if "head.weight" in shapes or is_painter_generator(shapes):
        return Match("stylize", "generator", {name: name for name in shapes})
    if "deconv3.conv2d.weight" in shapes:
        names = [name for name in shapes if not name.endswith(_STATISTICS)]
        known = all(map(TRANSFORMER.fullmatch, names))
        return Match("fast-neural-style", "generator", {name: name for name in names}) if known else None
    return _resnet(shapes)


def is_painter_generator(names: Iterable[str]) -> bool:
    """Whether these are the names of a painter of one style, of Stylize's own format."""
    return {"stem.weight", "gain", "bias"} <= set(names)


def _resnet(shapes: Shapes) -> Match | None:
    """With instance norm, or with batch norm, which has a weight beside its running statistics."""
    blocks = {name.partition(".")[0] for name in shapes if ".conv_block." in name}
    # Dropout between the two convolutions of a block moves the second one from 5 to 6.
    second = "6" if len(shapes.get("10.conv_block.6.weight", ())) == 4 else "5"
    ours = _junyanz(len(blocks), second)
    normed = {
        _after(convolution): f"{name}{NORM[:-1]}" for convolution, name in ours.items() if name != "tail"
    }
    batch = _is_batch_normed(shapes)
    keys = {}
    for name in shapes:
        part, _, kind = name.rpartition(".")
        # Running statistics of instance norm are stored by old releases and were never meant to be used.
        if kind == "num_batches_tracked" or (not batch and f".{kind}" in _STATISTICS):
            continue
        home = ours.get(part) or (normed.get(part) if batch else None)
        if home is None:
            return None
        keys[f"{home}.{kind}"] = name
    return Match("junyanz", "generator", keys) if blocks else None


def _after(convolution: str) -> str:
    """Where the norm after a convolution lies: ``"4"`` to ``"5"``."""
    part, _, number = convolution.rpartition(".")
    return f"{part}.{int(number) + 1}" if part else str(int(number) + 1)


def _is_batch_normed(shapes: Iterable[str]) -> bool:
    names = set(shapes)
    return "2.running_var" in names and "2.weight" in names


def _is_affine(names: Iterable[str]) -> bool:
    """Whether these are a ResNet generator's with parameters in the norm after the first convolution."""
    return {"1.weight", "2.weight", "2.bias", "10.conv_block.1.weight"} <= set(names)


def _junyanz(blocks: int, second: str) -> dict[str, str]:
    ours = {"1": "head", "4": "down1", "7": "down2"}
    for n in range(blocks):
        ours[f"{10 + n}.conv_block.1"] = f"body.{n}.body.1"
        ours[f"{10 + n}.conv_block.{second}"] = f"body.{n}.body.5"
    return {**ours, f"{10 + blocks}": "up1", f"{13 + blocks}": "up2", f"{17 + blocks}": "tail"}


def _painter(shapes: Shapes) -> Match | None:
    """A network of one pass that paints, of Stylize's own format; no other project has one."""
    needed = {"stem.weight", "film.weight", "predictor.0.weight"}
    return Match("stylize", "painter", {name: name for name in shapes}) if needed <= shapes.keys() else None


_MATCHERS: Mapping[str, Callable[[Shapes], Match | None]] = {
    "encoder": _encoder,
    "decoder": _decoder,
    "generator": _generator,
    "painter": _painter,
}
