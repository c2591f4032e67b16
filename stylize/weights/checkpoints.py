"""Weight files into networks: our own and those of other projects, recognised by keys and shapes.

Files are only ever read as data: safetensors, or pickles of plain tensors with ``weights_only=True``.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import load as safetensors_of
from torch import Tensor, nn

from ..device import is_out_of_memory
from ..errors import CheckpointError, MemoryLimitError
from ..networks import NORMALIZATIONS, VGG19, AdaINDecoder, Normalization, ResNetGenerator, TransformerNet
from ..networks.vgg import CONVOLUTIONS
from . import layouts
from .layouts import Match, Shapes

Path_ = str | os.PathLike[str]
Network = TypeVar("Network", bound=nn.Module)

_EXPECTED = {
    "encoder": "VGG-19 as torchvision, timm, naoto0804/pytorch-AdaIN, media-comp or Stylize save it",
    "decoder": "an AdaIN decoder as naoto0804/pytorch-AdaIN, media-comp or Stylize save it",
    "generator": "a ResNet generator as pytorch-CycleGAN-and-pix2pix (with instance or batch norm), UPIT or "
    "Stylize save it, or a network of pytorch/examples' fast_neural_style",
}
BATCH_EPSILON = 1e-5  # of batch norm: torch's, which no file tells
_DEEPEST = 4  # dictionaries within dictionaries that are looked into


def read(path: Path_, prefixes: Sequence[str] | None = None) -> dict[str, Tensor]:
    """The tensors of a weight file by name, without wrappers such as ``state_dict`` or ``module.``.

    Args:
        path: safetensors, or a pickle that ``torch.save`` made of a state dict.
        prefixes: if any name starts with one of these, only such names are read and the prefix is
            taken off: ``("features.",)`` leaves a classifier on the disk.

    Returns:
        Tensors on the CPU, in float32 where they are stored in another floating-point format.

    Raises:
        CheckpointError: the file is damaged, no weight file, needs code to be read, or holds
            numbers that are not finite.
    """
    file = _open(path)
    stored = layouts.unwrap(file.shapes, prefixes or ())
    return _take(file, stored, path)


def recognise(state: Mapping[str, Tensor]) -> str:
    """The format and role of a state dict, such as ``"torchvision encoder"``; ``""`` if unknown."""
    return layouts.describe({name: tuple(tensor.shape) for name, tensor in state.items()})


def load_encoder(path: Path_, normalisation: str | None = None, pooling: str = "max") -> VGG19:
    """VGG-19 from a file, as deep as the file goes, in float32 on the CPU.

    Args:
        path: keys of Stylize, torchvision, timm, naoto0804 or media-comp; any width.
        normalisation: what the weights expect, a key of ``NORMALIZATIONS``; None: ImageNet's for
            torchvision's keys and none for others. A file with a 1x1 convolution for the colours
            in front uses that.
        pooling: ``max``, ``average`` or ``l2``.

    Raises:
        CheckpointError: the file is unsound or is no such network.
    """
    file, match = _matched(path, "encoder")
    tensors = _tensors(file, match, path)
    if normalisation is None:
        normalisation = "imagenet" if match.format == "torchvision" else "none"
    colours = _colours(tensors, path) or NORMALIZATIONS[normalisation]
    widths = _encoder_widths(tensors, path)
    deepest = [name for name in CONVOLUTIONS if f"conv{name}.weight" in tensors][-1]
    metrics = ["relu" + name for name in CONVOLUTIONS if f"metric{name}.weight" in tensors]
    network = VGG19(widths, deepest, match.padding, pooling, colours, metrics)
    return _fill(network, tensors, path)


def load_decoder(path: Path_) -> AdaINDecoder:
    """An AdaIN decoder of any width from a file, in float32 on the CPU. Raises CheckpointError."""
    file, match = _matched(path, "decoder")
    tensors = _tensors(file, match, path)
    deepest = _need(tensors, "deconv4_1.weight", path).shape[1]
    widths = [_need(tensors, f"deconv{step}.weight", path).shape[0] for step in ("2_1", "3_1", "4_1")]
    enriched = "skip3_1.weight" in tensors
    return _fill(AdaINDecoder((*widths, deepest, deepest), match.padding, enriched), tensors, path)


def load_generator(path: Path_, member: str = "") -> ResNetGenerator | TransformerNet:
    """CycleGAN's generator of any width and number of blocks, or the network of fast neural style, in float32
    on the CPU.

    Args:
        path: keys of pytorch-CycleGAN-and-pix2pix, UPIT or Stylize, or of pytorch/examples'
            fast_neural_style. Batch norm becomes part of the convolutions before it.
        member: which part of a file that holds several networks, such as ``"G_B"``.

    Raises:
        CheckpointError: the file is unsound or is no such network.
    """
    file, match = _matched(path, "generator", member)
    if match.format == "fast-neural-style":
        return _transformer(_take(file, match.keys, path), path)
    normed = not any(layouts.NORM in name for name in match.keys)
    tensors = _tensors(file, match, path) if normed else _folded(_take(file, match.keys, path), path)
    blocks = {name.split(".")[1] for name in tensors if name.startswith("body.")}
    upsampling = "resize" if "up1.2.weight" in tensors else "transposed"
    width = _need(tensors, "head.weight", path).shape[0]
    return _fill(ResNetGenerator(width, len(blocks), upsampling, normed), tensors, path)


def _transformer(tensors: dict[str, Tensor], path: Path_) -> TransformerNet:
    first = _need(tensors, "conv1.conv2d.weight", path)
    blocks = {name.partition(".")[0] for name in tensors if name.startswith("res")}
    return _fill(TransformerNet(first.shape[0], len(blocks)), tensors, path)


def _folded(tensors: dict[str, Tensor], path: Path_) -> dict[str, Tensor]:
    """Convolutions with the batch norm after them, by its running statistics, in their weights.

    Names are ``X.weight``, ``X.bias`` where there is one, and ``X.norm.weight``, ``bias``, ``running_mean``
    and ``running_var``, (C,) each.
    """
    found: dict[str, Tensor] = {}
    for name in (each.removesuffix(".weight") for each in tensors if each.endswith(".weight")):
        if name.endswith(layouts.NORM[:-1]):
            continue
        weight, bias = tensors[f"{name}.weight"], tensors.get(f"{name}.bias")
        if f"{name}.norm.weight" in tensors:
            weight, bias = _fold(name, weight, bias, tensors, path)
        found[f"{name}.weight"] = weight
        if bias is not None:
            found[f"{name}.bias"] = bias
    return found


def _fold(
    name: str, weight: Tensor, bias: Tensor | None, tensors: dict[str, Tensor], path: Path_
) -> tuple[Tensor, Tensor]:
    axis = 1 if name.startswith("up") and weight.dim() == 4 else 0  # transposed: inputs come first
    wide = weight.shape[axis] if weight.dim() == 4 else 0
    parts = []
    for kind in ("weight", "bias", "running_mean", "running_var"):
        parts.append(_need(tensors, f"{name}.norm.{kind}", path))
        _check_shape(f"{name}.norm.{kind}", parts[-1], (wide,), path)
    scale, shift, mean, variance = parts
    scale = scale / (variance.clamp(min=0) + BATCH_EPSILON).sqrt()
    bias = torch.zeros(wide) if bias is None else bias
    shape = [1] * weight.dim()
    shape[axis] = wide
    return weight * scale.view(shape), (bias - mean) * scale + shift


# --------------------------------------------------------------------------------------- files


class _File(Protocol):
    """An opened weight file: what is in it at once, the tensors on demand."""

    shapes: Shapes

    def take(self, names: Iterable[str]) -> dict[str, Tensor]: ...


class _Held:
    """Of safetensors in a file whose name the library cannot have: one that is not UTF-8."""

    def __init__(self, path: Path_) -> None:
        self.tensors = safetensors_of(Path(path).read_bytes())
        self.shapes: Shapes = {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}

    def take(self, names: Iterable[str]) -> dict[str, Tensor]:
        return {name: self.tensors[name] for name in names}


class _Safetensors:
    def __init__(self, path: Path_) -> None:
        self.path = path
        with safe_open(path, "pt") as file:
            self.shapes: Shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118

    def take(self, names: Iterable[str]) -> dict[str, Tensor]:
        with safe_open(self.path, "pt") as file:
            return {name: file.get_tensor(name) for name in names}


class _Pickle:
    def __init__(self, path: Path_, zipped: bool) -> None:
        # Only zipped files can be mapped, torch takes what is named .safetensors for that, and knows only
        # names in UTF-8.
        mapped = zipped and Path(path).suffix.lower() != ".safetensors" and _is_utf8(path)
        with open(path, "rb") as file:
            source = path if mapped else file
            loaded = torch.load(source, map_location="cpu", weights_only=True, mmap=mapped)
        self.tensors = _flat(loaded, "", _DEEPEST)
        self.shapes: Shapes = {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}

    def take(self, names: Iterable[str]) -> dict[str, Tensor]:
        return {name: self.tensors[name] for name in names}


def _flat(loaded: Any, prefix: str, depth: int) -> dict[str, Tensor]:
    """The tensors in nested dictionaries, their keys joined by dots."""
    if isinstance(loaded, Tensor) and prefix:
        return {prefix[:-1]: loaded.detach()}
    found: dict[str, Tensor] = {}
    if isinstance(loaded, Mapping) and depth:
        for key, value in loaded.items():
            found.update(_flat(value, f"{prefix}{key}.", depth - 1))
    return found


def _open(path: Path_) -> _File:
    name = Path(path).name
    try:
        with open(path, "rb") as opened:
            start = opened.read(64)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise CheckpointError(
            "The weight file {file} cannot be read: check the path and its permissions.", file=str(path)
        ) from error
    _refuse_other_files(start, name)
    with _guard(name):
        file: _File
        if start[8:9] == b"{":
            file = _Safetensors(path) if _is_utf8(path) else _Held(path)
        else:
            file = _Pickle(path, start[:2] == b"PK")
    if not file.shapes:
        raise CheckpointError("{file} holds no named tensors: choose a file with a state dict.", file=name)
    return file


def _is_utf8(path: Path_) -> bool:
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _guard(name: str) -> Iterator[None]:
    """Makes a CheckpointError of anything that a damaged or hostile file can cause."""
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise MemoryLimitError(
                "Not enough memory to load {file}: close other programs or choose another file.", file=name
            ) from error
        raise _unreadable(error, name) from error


def _refuse_other_files(start: bytes, name: str) -> None:
    if not start:
        raise CheckpointError("{file} is empty: download it again.", file=name)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise CheckpointError(
            "{file} is a web page and not a weight file: download the file itself.", file=name
        )
    if start.startswith(b"version https://git-lfs"):
        raise CheckpointError(
            "{file} is a Git LFS pointer and not the weights: fetch the file itself, with git lfs pull or "
            "from the web page.", file=name,
        )  # fmt: skip


def _unreadable(error: Exception, name: str) -> CheckpointError:
    words = str(error)
    if (isinstance(error, pickle.UnpicklingError) and "global" in words.lower()) or "TorchScript" in words:
        return CheckpointError(
            "{file} holds program code and not only weights, so it is not loaded: ask for its state dict, "
            "best as safetensors.", file=name,
        )  # fmt: skip
    return CheckpointError(
        "{file} is damaged, incomplete or no weight file: download it again or choose another one.", file=name
    )


# ------------------------------------------------------------------------------------ contents


def _matched(path: Path_, role: str, member: str = "") -> tuple[_File, Match]:
    file = _open(path)
    match = layouts.match(file.shapes, role, member)
    if match is None:
        raise _stranger(file.shapes, role, member, Path(path).name)
    return file, match


def _stranger(shapes: Shapes, role: str, member: str, name: str) -> CheckpointError:
    parts = layouts.members(shapes)
    if role == "generator" and parts and member not in parts:
        return CheckpointError(
            "{file} holds several generators ({members}): say which one is wanted.",
            file=name, members=", ".join(parts),
        )  # fmt: skip
    kind = layouts.describe(shapes)
    if kind:
        return CheckpointError(
            "{file} is a {kind}, which does not serve here. Needed: {expected}.",
            file=name, kind=kind, expected=_EXPECTED[role],
        )  # fmt: skip
    return CheckpointError(
        "{file} fits no network that Stylize knows: it holds {found}. Needed: {expected}.",
        file=name, found=_summary(shapes), expected=_EXPECTED[role],
    )  # fmt: skip


def _summary(shapes: Shapes, most: int = 3) -> str:
    shown = [f"{name[:60]} {_by(shape)}" for name, shape in list(shapes.items())[:most]]
    more = len(shapes) - most
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _by(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape)) or "a single number"


def _tensors(file: _File, match: Match, path: Path_) -> dict[str, Tensor]:
    """The tensors of a match by our names, in float32, each a convolution's weight or bias."""
    tensors = _take(file, match.keys, path)
    for name, tensor in tensors.items():
        wanted = 1 if name.endswith(".bias") else 4
        if not tensor.is_floating_point() or tensor.dim() != wanted or not tensor.numel():
            raise CheckpointError(
                "{file} does not fit: {key} is no convolution of floating-point numbers.",
                file=Path(path).name, key=match.keys[name],
            )  # fmt: skip
    return tensors


def _take(file: _File, keys: Mapping[str, str], path: Path_) -> dict[str, Tensor]:
    """The tensors by the names that ``keys`` maps to the stored ones."""
    with _guard(Path(path).name):
        taken = file.take(keys.values())
        return {name: _sound(taken[stored], stored, path) for name, stored in keys.items()}


def _sound(tensor: Tensor, key: str, path: Path_) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    tensor = tensor.float()
    if not tensor.isfinite().all():
        raise CheckpointError(
            "{file} holds numbers that are not finite, in {key}: download it again or choose another one.",
            file=Path(path).name, key=key,
        )  # fmt: skip
    return tensor


def _colours(tensors: dict[str, Tensor], path: Path_) -> Normalization | None:
    """Takes the 1x1 convolution in front of an encoder out of its tensors."""
    weight = tensors.pop(layouts.COLOUR + ".weight", None)
    bias = tensors.pop(layouts.COLOUR + ".bias", None)
    if weight is None or bias is None:
        return None
    _check_shape("0.weight", weight, (3, 3, 1, 1), path)
    _check_shape("0.bias", bias, (3,), path)
    return Normalization(tuple(map(tuple, weight.flatten(1).tolist())), tuple(bias.tolist()))


def _encoder_widths(tensors: Mapping[str, Tensor], path: Path_) -> list[int]:
    """The width of each of the five blocks; a block that the file does not have repeats the last."""
    widths = [_need(tensors, "conv1_1.weight", path).shape[0]]
    for block in "2345":
        first = tensors.get(f"conv{block}_1.weight")
        widths.append(widths[-1] if first is None else first.shape[0])
    return widths


def _need(tensors: Mapping[str, Tensor], key: str, path: Path_) -> Tensor:
    if key not in tensors:
        raise CheckpointError(
            "{file} lacks {key}: it may be cut short; choose another file.", file=Path(path).name, key=key
        )
    return tensors[key]


def _check_shape(key: str, tensor: Tensor, wanted: tuple[int, ...], path: Path_) -> None:
    if tuple(tensor.shape) != wanted:
        raise CheckpointError(
            "{file} does not fit: {key} is {found}, but must be {wanted}.",
            file=Path(path).name, key=key, found=_by(tensor.shape), wanted=_by(wanted),
        )  # fmt: skip


def _fill(network: Network, tensors: Mapping[str, Tensor], path: Path_) -> Network:
    for key, parameter in network.state_dict().items():
        _check_shape(key, _need(tensors, key, path), tuple(parameter.shape), path)
    for key in tensors.keys() - network.state_dict().keys():
        raise CheckpointError(
            "{file} does not fit: it holds {key}, which the network does not have.",
            file=Path(path).name, key=key,
        )  # fmt: skip
    network.load_state_dict(tensors, strict=True)
    return network
