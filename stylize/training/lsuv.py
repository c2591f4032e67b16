"""Layer-sequential unit-variance initialization (Mishkin and Matas, ICLR 2016)."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn

from ..networks import VGG19


@torch.no_grad()
def lsuv(network: VGG19, pictures: Tensor, exclude: Collection[str] = ()) -> None:
    """Orthogonal weights, scaled so that each layer's output has mean 0 and variance 1 on ``pictures``.

    Departures from the paper: one pass without iteration, as scaling a linear layer is exact, and the mean of
    each channel is set to 0 as well.

    Args:
        network: changed in place.
        pictures: (B, 3, H, W) RGB in [0, 1].
        exclude: names of convolutions that stay as they are, such as ``"conv1_1"``.
    """

    def rescale(layer: nn.Module, inputs: object, output: Tensor) -> Tensor:
        assert isinstance(layer, nn.Conv2d)
        assert layer.bias is not None
        mean = output.mean((0, 2, 3))
        centered = output - mean.view(1, -1, 1, 1)
        std = centered.square().mean().sqrt().clamp(min=1e-8)
        layer.weight.div_(std)
        layer.bias.sub_(mean).div_(std)
        return centered / std

    convolutions = [
        each for name, each in network.named_modules() if isinstance(each, nn.Conv2d) and name not in exclude
    ]
    hooks = [each.register_forward_hook(rescale) for each in convolutions]
    for each in convolutions:
        flat = torch.empty(each.weight.flatten(1).shape)
        nn.init.orthogonal_(flat)
        each.weight.copy_(flat.view(each.weight.shape))
        nn.init.zeros_(each.bias)  # type: ignore[arg-type]
    try:
        network(pictures, network.layers[-1:])
    finally:
        for hook in hooks:
            hook.remove()
