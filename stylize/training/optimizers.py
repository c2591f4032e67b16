"""Muon for the weights of convolutions, Adam for the rest, and the schedule of their learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .settings import LoopSettings

INVERSE_DECAY = 5e-5  # per step, as in the code of AdaIN's authors


def orthogonalize(matrix: Tensor, steps: int = 5) -> Tensor:
    """Approximately the nearest orthogonal matrix, by matrix products only.

    Quintic Newton-Schulz iteration with the coefficients of Jordan et al. 2024 (Muon), which trade exactness
    for speed. Departure: all steps are taken on the smaller square X Xᵀ, of which the factors are
    polynomials, so that the long side is multiplied only twice.

    Args:
        matrix: (R, C).
        steps: of the iteration.

    Returns:
        (R, C) float32 with singular values from about 0.7 to 1.2.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    transposed = matrix.shape[0] > matrix.shape[1]
    x = matrix.float().mT if transposed else matrix.float()
    x = x / (x.norm() + 1e-7)
    gram = x @ x.mT
    identity = torch.eye(len(gram), device=gram.device)
    factors = identity
    for _ in range(steps):
        factor = a * identity + b * gram + c * gram @ gram
        factors, gram = factor @ factors, factor @ gram @ factor
    result: Tensor = factors @ x
    return result.mT if transposed else result


class Muon(Optimizer):
    """Momentum, orthogonalized by Newton-Schulz (Jordan et al. 2024).

    Args:
        parameters: of two dimensions or more; a convolution's weight (O, I, k, k) counts as (O, I k k).
        lr: learning rate.
        momentum: decay of the average of the gradients, with Nesterov's look-ahead.
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
        matrix = orthogonalize(ahead.flatten(1))
        aspect = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
        parameter.add_(matrix.view(parameter.shape), alpha=-rate * aspect)


def build(networks: Iterable[nn.Module], settings: LoopSettings, *, muon: bool) -> list[Optimizer]:
    """The optimizers of some networks, each parameter group with its highest rate as ``base``.

    Args:
        networks: whose parameters are trained together.
        settings: rates and kind.
        muon: False leaves the convolutions to Adam as well, at ``adam_rate`` (for discriminators and
            single linear maps).
    """
    every = [parameter for network in networks for parameter in network.parameters()]
    weights = [each for each in every if each.dim() == 4]
    rest = [each for each in every if each.dim() != 4]
    rate, adam_rate = settings.learning_rate, settings.adam_rate
    if settings.optimizer == "adam" and muon:
        built: list[Optimizer] = [_adam(every, rate, settings)]
    elif muon and weights:
        built = [Muon(weights, lr=rate), *([_adam(rest, adam_rate, settings)] if rest else [])]
    else:
        built = [_adam(every, adam_rate, settings)]
    for optimizer in built:
        for group in optimizer.param_groups:
            group["base"] = group["lr"]
    return built


def _adam(parameters: list[nn.Parameter], rate: float, settings: LoopSettings) -> Optimizer:
    return torch.optim.Adam(parameters, lr=rate, betas=(settings.beta, 0.999))


def rate_factor(step: int, settings: LoopSettings) -> float:
    """The learning rate at ``step`` (1 to ``steps``) as a share of its highest value, from 0 to 1."""
    if step <= settings.warmup:
        return step / settings.warmup
    start = settings.warmup + settings.hold
    if settings.schedule == "constant" or step <= start:
        return 1.0
    if settings.schedule == "inverse":
        return 1 / (1 + INVERSE_DECAY * (step - start))
    done = min(1.0, (step - start) / max(1, settings.steps - start))
    return 1 - done if settings.schedule == "linear" else (1 + math.cos(math.pi * done)) / 2


def set_rates(optimizers: Iterable[Optimizer], factor: float) -> None:
    """Sets the rate of every parameter group to ``factor`` times its highest."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * factor
