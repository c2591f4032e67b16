"""Weight files into networks: Stylize's own and those of other projects, recognized by keys and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import torch
from torch import Tensor

from ..errors import CheckpointError, Note, note
from ..networks import (
    NORMALIZATIONS,
    VGG19,
    AdaINDecoder,
    Normalization,
    Painter,
    PainterGenerator,
    ResNetGenerator,
    TransformerNet,
)
from ..networks.painter import StyleTable
from ..networks.vgg import CONVOLUTIONS
from . import layouts
from .batchnorm import folded
from .files import File, StrPath, open_file, take
from .fitting import check_shape, dimensions, fill, need
from .layouts import Match, Shapes

Generator = ResNetGenerator | TransformerNet | PainterGenerator

_EXPECTED = {
    "encoder": note("VGG-19 as torchvision, timm, naoto0804/pytorch-AdaIN, media-comp or Stylize save it"),
    "decoder": note("an AdaIN decoder as naoto0804/pytorch-AdaIN, media-comp or Stylize save it"),
    "painter": note("a network that paints in one pass, as Stylize saves it"),
    "generator": note(
        "a ResNet generator as pytorch-CycleGAN-and-pix2pix (with instance or batch norm), UPIT or Stylize "
        "save it, or a network of pytorch/examples' fast_neural_style"
    ),
}


def recognize(state: Mapping[str, Tensor]) -> str:
    """The format and role of a state dict, such as ``"torchvision encoder"``; ``""`` if unknown."""
    return layouts.describe({name: tuple(tensor.shape) for name, tensor in state.items()})


def load_encoder(path: StrPath, normalization: str | None = None, pooling: str = "max") -> VGG19:
    """VGG-19 from a file, as deep as the file goes, in float32 on the CPU.

    Args:
        path: keys of Stylize, torchvision, timm, naoto0804 or media-comp; any width.
        normalization: what the weights expect, a key of ``NORMALIZATIONS``; None: ImageNet's for
            torchvision's keys and none for others. A file with a 1x1 convolution for the colors
            in front uses that.
        pooling: ``max``, ``average`` or ``l2``.

    Raises:
        CheckpointError: the file is unsound or is no such network.
    """
    file, match = _matched(path, "encoder")
    tensors = _tensors(file, match, path)
    if normalization is None:
        normalization = "imagenet" if match.format == "torchvision" else "none"
    colors = _colors(tensors, path) or NORMALIZATIONS[normalization]
    widths = _encoder_widths(tensors, path)
    deepest = [name for name in CONVOLUTIONS if f"conv{name}.weight" in tensors][-1]
    metrics = ["relu" + name for name in CONVOLUTIONS if f"metric{name}.weight" in tensors]
    network = VGG19(widths, deepest, match.padding, pooling, colors, metrics)
    return fill(network, tensors, path)


def load_decoder(path: StrPath) -> AdaINDecoder:
    """An AdaIN decoder of any width from a file, in float32 on the CPU.

    Args:
        path: keys of Stylize, naoto0804 or media-comp.

    Raises:
        CheckpointError: the file is unsound or is no such network.
    """
    file, match = _matched(path, "decoder")
    tensors = _tensors(file, match, path)
    deepest = need(tensors, "deconv4_1.weight", path).shape[1]
    widths = [need(tensors, f"deconv{step}.weight", path).shape[0] for step in ("2_1", "3_1", "4_1")]
    enriched = "skip3_1.weight" in tensors
    return fill(AdaINDecoder((*widths, deepest, deepest), match.padding, enriched), tensors, path)


def load_generator(path: StrPath, member: str = "") -> Generator:
    """A translation network from a file, in float32 on the CPU: CycleGAN's generator of any width and number
    of blocks (arXiv:1703.10593), a painter of one style, or the network of fast neural style
    (arXiv:1603.08155).

    Args:
        path: keys of pytorch-CycleGAN-and-pix2pix, UPIT or Stylize, or of pytorch/examples'
            fast_neural_style. Batch norm becomes part of the convolutions before it.
        member: which part of a file that holds several networks, such as ``"G_B"``.

    Raises:
        CheckpointError: the file is unsound or is no such network.
    """
    file, match = _matched(path, "generator", member)
    if match.format == "fast-neural-style":
        return _transformer(take(file, match.keys, path), path)
    if layouts.is_painter_generator(match.keys):
        return _painter_generator(take(file, match.keys, path), path)
    normed = not any(layouts.NORM in name for name in match.keys)
    tensors = _tensors(file, match, path) if normed else folded(take(file, match.keys, path), path)
    blocks = {name.split(".")[1] for name in tensors if name.startswith("body.")}
    upsampling = "resize" if "up1.2.weight" in tensors else "transposed"
    width = need(tensors, "head.weight", path).shape[0]
    return fill(ResNetGenerator(width, len(blocks), upsampling, normed), tensors, path)


def load_painter(path: StrPath) -> Painter:
    """A network of one pass that paints from a file, with its table of styles, in float32 on the CPU.

    Beside the network's own tensors the file has ``codes.NAME`` (code,), and ``pictures.NAME``, the 32 bytes
    of the sha256 of the picture that the code belongs to.

    Raises:
        CheckpointError: the file is unsound or is no such network.
    """
    file, match = _matched(path, "painter")
    tensors = take(file, match.keys, path)
    named = {key: tensors.pop(key) for key in list(tensors) if key.startswith(("codes.", "pictures."))}
    tensors = _in_float32(tensors, path)
    network = fill(_painter_of(tensors, path), tensors, path)
    network.table = _table(named, network.film.in_features, path)
    return network


def is_painter(path: StrPath) -> bool:
    """Whether a file holds a network that paints in one pass. Raises CheckpointError for an unsound file."""
    return layouts.match(open_file(path).shapes, "painter") is not None


def _painter_generator(tensors: dict[str, Tensor], path: StrPath) -> PainterGenerator:
    tensors = _in_float32(tensors, path)
    return fill(PainterGenerator(**_trunk(tensors, path)), tensors, path)


def _in_float32(tensors: Mapping[str, Tensor], path: StrPath) -> dict[str, Tensor]:
    """Raises CheckpointError for a tensor that is empty or holds no floating-point numbers."""
    for key, tensor in tensors.items():
        if not tensor.is_floating_point() or not tensor.numel():
            raise CheckpointError(
                "{file} does not fit: {key} holds no floating-point numbers.", file=Path(path).name, key=key
            )
    return {key: each.float() for key, each in tensors.items()}


def _painter_of(tensors: Mapping[str, Tensor], path: StrPath) -> Painter:
    """A painter of the widths that the tensors have."""
    return Painter(
        **_trunk(tensors, path),
        code=_rows("freedom", tensors, path),
        statistics=len(need(tensors, "center", path)),
        hidden=_rows("predictor.0", tensors, path),
    )


class _Trunk(TypedDict):
    grain: bool
    widths: tuple[int, int]
    blocks: tuple[int, int, int]
    late: tuple[int, int]


def _trunk(tensors: Mapping[str, Tensor], path: StrPath) -> _Trunk:
    """The sizes of a painter's trunk."""

    def blocks(part: str) -> int:
        return len({key.split(".")[1] for key in tensors if key.startswith(part + ".")})

    return {
        "widths": (_rows("stem", tensors, path), _rows("down", tensors, path)),
        "blocks": (blocks("before"), blocks("deep"), blocks("after")),
        "late": (_rows("middle", tensors, path), _rows("full", tensors, path)),
        "grain": "half_grain.weight" in tensors,
    }


def _rows(part: str, tensors: Mapping[str, Tensor], path: StrPath) -> int:
    """Rows of a weight, at most 4096."""
    shape = need(tensors, part + ".weight", path).shape
    if not shape or shape[0] > 4096:
        raise CheckpointError(
            "{file} does not fit: {key} is {found}.",
            file=Path(path).name,
            key=part + ".weight",
            found=dimensions(shape),
        )
    return shape[0]


def _table(named: Mapping[str, Tensor], length: int, path: StrPath) -> StyleTable:
    """The table of styles of a painter whose codes have this length."""
    codes, pictures = {}, {}
    for key, tensor in named.items():
        kind, _, name = key.partition(".")
        if kind == "codes":
            check_shape(key, tensor, (length,), path)
            codes[name] = tensor.float()
        else:
            check_shape(key, tensor, (32,), path)
            pictures[bytes(tensor.to(torch.uint8).tolist()).hex()] = name
    return StyleTable(codes, pictures)


def _transformer(tensors: dict[str, Tensor], path: StrPath) -> TransformerNet:
    first = need(tensors, "conv1.conv2d.weight", path)
    blocks = {name.partition(".")[0] for name in tensors if name.startswith("res")}
    return fill(TransformerNet(first.shape[0], len(blocks)), tensors, path)


def _matched(path: StrPath, role: str, member: str = "") -> tuple[File, Match]:
    file = open_file(path)
    match = layouts.match(file.shapes, role, member)
    if match is None:
        raise _stranger(file.shapes, role, member, Path(path).name)
    return file, match


def _stranger(shapes: Shapes, role: str, member: str, name: str) -> CheckpointError:
    parts = layouts.members(shapes)
    if role == "generator" and parts and member not in parts:
        return CheckpointError(
            "{file} holds several generators ({members}): say which one is wanted.",
            file=name,
            members=", ".join(parts),
        )
    kind = layouts.describe(shapes)
    if kind:
        return CheckpointError(
            "{file} is a {kind}, which does not serve here. Needed: {expected}.",
            file=name,
            kind=kind,
            expected=_EXPECTED[role],
        )
    return CheckpointError(
        "{file} fits no network that Stylize knows: it holds {found}. Needed: {expected}.",
        file=name,
        found=_summary(shapes),
        expected=_EXPECTED[role],
    )


def _summary(shapes: Shapes, most: int = 3) -> str | Note:
    shown = ", ".join(f"{name[:60]} {dimensions(shape)}" for name, shape in list(shapes.items())[:most])
    more = len(shapes) - most
    return note("{some} and {more} more", some=shown, more=more) if more > 0 else shown


def _tensors(file: File, match: Match, path: StrPath) -> dict[str, Tensor]:
    """The tensors of a match by our names, in float32, each a convolution's weight or bias."""
    tensors = take(file, match.keys, path)
    for name, tensor in tensors.items():
        wanted = 1 if name.endswith(".bias") else 4
        if not tensor.is_floating_point() or tensor.dim() != wanted or not tensor.numel():
            raise CheckpointError(
                "{file} does not fit: {key} is no convolution of floating-point numbers.",
                file=Path(path).name,
                key=match.keys[name],
            )
    return tensors


def _colors(tensors: dict[str, Tensor], path: StrPath) -> Normalization | None:
    """Takes the 1x1 convolution in front of an encoder out of its tensors."""
    weight = tensors.pop(layouts.COLOR + ".weight", None)
    bias = tensors.pop(layouts.COLOR + ".bias", None)
    if weight is None or bias is None:
        return None
    check_shape("0.weight", weight, (3, 3, 1, 1), path)
    check_shape("0.bias", bias, (3,), path)
    return Normalization(tuple(map(tuple, weight.flatten(1).tolist())), tuple(bias.tolist()))


def _encoder_widths(tensors: Mapping[str, Tensor], path: StrPath) -> list[int]:
    """The width of each of the five blocks; a block that the file does not have repeats the last."""
    widths = [need(tensors, "conv1_1.weight", path).shape[0]]
    for block in "2345":
        first = tensors.get(f"conv{block}_1.weight")
        widths.append(widths[-1] if first is None else first.shape[0])
    return widths
