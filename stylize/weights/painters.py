"""Painters as weight files: what ``checkpoints.load_painter`` reads."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ..networks.painter import StyleTable


def painter_tensors(network: Mapping[str, Tensor], table: StyleTable) -> dict[str, Tensor]:
    """The tensors of a painter's file, float16 but for what float16 cannot hold.

    Args:
        network: the state dict of a painter.
        table: its codes, as ``codes.NAME``, and the pictures they belong to, as ``pictures.NAME``.
    """
    tensors = {name: half(value) for name, value in network.items()}
    tensors |= {f"codes.{name}": half(code) for name, code in table.codes.items()}
    for sha256, name in table.pictures.items():
        tensors[f"pictures.{name}"] = torch.tensor(list(bytes.fromhex(sha256)), dtype=torch.uint8)
    return tensors


def half(tensor: Tensor) -> Tensor:
    """In float16 on the CPU; whole numbers as they are, and float32 where float16 would overflow."""
    tensor = tensor.detach().cpu()
    if not tensor.is_floating_point():
        return tensor.contiguous()
    rounded = tensor.to(torch.float16)
    return (rounded if rounded.isfinite().all() else tensor.float()).contiguous()
