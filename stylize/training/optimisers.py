"""Muon for the weights of convolutions, Adam for the rest, and the schedule of their rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from .config import LoopSettings

INVERSE = 5e-5  # a step, as AdaIN's authors have it


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """The nearest orthogonal matrix, roughly: (R, C) with singular values from about 0.7 to 1.2.

    Quintic Newton-Schulz iteration with the coefficients of Jordan et al. 2024 (Muon), which trade
    exactness for speed: matrix products only. All steps are taken on the small square X Xᵀ, of which
    the factors are polynomials, so that the long side counts but twice.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix.float() if wide else matrix.float().mT
    x = x / (x.norm() + 1e-7)
    gram = x @ x.mT
    identity = torch.eye(len(gram), device=gram.device)
    factors = identity
    for _ in range(steps):
        factor = a * identity + b * gram + c * gram @ gram
        factors, gram = factor @ factors, factor @ gram @ factor
    x = factors @ x
    return x if wide else x.mT


class Muon(torch.optim.Optimizer):
    """Momentum orthogonalised by Newton-Schulz (Jordan et al. 2024), for weights of two dimensions or more.

    A convolution's weight (O, I, k, k) counts as a matrix (O, I k k).
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step; ``closure`` is not used."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group["lr"], group["momentum"])

    def _update(self, parameter: nn.Parameter, rate: float, momentum: float) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        average: Tensor = state["momentum"]
        gradient = parameter.grad
        assert gradient is not None
        average.lerp_(gradient, 1 - momentum)
        ahead = gradient.lerp(average, momentum)  # Nesterov's
        matrix = orthogonalise(ahead.flatten(1))
        longer = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
        parameter.add_(matrix.view(parameter.shape), alpha=-rate * longer)


def build(
    networks: Iterable[nn.Module], settings: LoopSettings, *, muon: bool
) -> list[torch.optim.Optimizer]:
    """The optimisers of some networks, each group with its highest rate as ``base``.

    Args:
        networks: whose parameters are trained together.
        settings: rates and kind.
        muon: False leaves even the convolutions to Adam, at ``adam_rate`` (for helpers that are no
            deep networks).
    """
    every = [parameter for network in networks for parameter in network.parameters()]
    weights = [each for each in every if each.dim() == 4]
    rest = [each for each in every if each.dim() != 4]
    rate, adam_rate = settings.learning_rate, settings.adam_rate
    if settings.optimiser == "adam" and muon:
        found = [_adam(every, rate, settings)]
    elif muon and weights:
        found = [Muon(weights, lr=rate), *([_adam(rest, adam_rate, settings)] if rest else [])]
    else:
        found = [_adam(every, adam_rate, settings)]
    for optimiser in found:
        for group in optimiser.param_groups:
            group["base"] = group["lr"]
    return found


def _adam(parameters: list[nn.Parameter], rate: float, settings: LoopSettings) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=rate, betas=(settings.beta, 0.999))


def rate_factor(step: int, settings: LoopSettings) -> float:
    """What share of its highest value a rate has at ``step`` (1 to ``steps``)."""
    if step <= settings.warmup:
        return step / settings.warmup
    start = settings.warmup + settings.hold
    if settings.schedule == "constant" or step <= start:
        return 1.0
    if settings.schedule == "inverse":
        return 1 / (1 + INVERSE * (step - start))
    done = min(1.0, (step - start) / max(1, settings.steps - start))
    return 1 - done if settings.schedule == "linear" else (1 + math.cos(math.pi * done)) / 2


def set_rates(optimisers: Iterable[Any], factor: float) -> None:
    """Every group at ``factor`` of its highest rate."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["base"] * factor
