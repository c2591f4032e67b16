"""The picture under optimization: its optimizer, its running average, and what is done about divergence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import Note, note
from .objective import Objective
from .parametrization import PARAMETRIZATIONS
from .spec import GatysSettings

# The second is low: as the picture takes shape, gradients of some steps ago say little about their size.
BETAS = (0.9, 0.9)
REST = 0.05  # of the learning rate, at the end of the last scale
LBFGS_HISTORY = 20
PERFECT = 1e-3  # of the weights: a first picture with less loss, as that of its own style, is a result
EXPLODED = 100.0  # times the first loss of a scale, or a tenth of the weights if that is more
BACK_OFF = 0.25  # of the learning rate


class PictureOptimizer:
    """A picture that an optimizer changes step by step towards a lower loss.

    A loss is that of the picture before the step, so what a step led to is only confirmed by the next one, or
    by :meth:`settle`. If that finds it exploded, the last picture whose loss was sane takes its place, and
    the average goes without it.

    Args:
        initial: (1, 3, H, W) float32 in [0, 1].
        settings: the mode's settings.
    """

    def __init__(self, initial: Tensor, settings: GatysSettings) -> None:
        self.settings = settings
        self._form = PARAMETRIZATIONS[settings.parametrization]
        self.rate = settings.learning_rate if settings.optimizer == "adam" else 1.0
        self.backed_off = self.given_up = self.has_picture = False
        self._from_initial = True  # this scale began with a picture that is no result
        self._begin(initial)

    def _begin(self, picture: Tensor) -> None:
        self.parameters = [
            each.contiguous().requires_grad_() for each in self._form.parameters(picture.detach())
        ]
        self.optimizer = self._new_optimizer()
        self._sum, self._count = torch.zeros_like(picture), 0.0
        self._confirmed = self._sum, self._count  # the same without the picture that is not confirmed yet
        self._good = picture.detach().clone()
        self._first: float | None = None

    def _new_optimizer(self) -> torch.optim.Optimizer:
        if self.settings.optimizer == "adam":
            return torch.optim.Adam(self.parameters, lr=self._adam_rate, betas=BETAS, fused=True)
        # One iteration a step. No tolerances: the user's steps decide when to stop.
        return torch.optim.LBFGS(
            self.parameters,
            lr=self.rate,
            max_iter=1,
            history_size=LBFGS_HISTORY,
            tolerance_grad=0,
            tolerance_change=0,
        )

    @property
    def _adam_rate(self) -> float:
        return self.rate * self._form.rate

    @property
    def picture(self) -> Tensor:
        """The picture as it is now, (1, 3, H, W), without gradients."""
        return self._form.picture(self.parameters).detach()

    @property
    def average(self) -> Tensor:
        """The bias-corrected running average of the iterates at this scale, (1, 3, H, W)."""
        return self._sum / self._count if self._count else self._good

    @property
    def moved(self) -> bool:
        """Whether :attr:`average` is anything else than a first picture that is no result."""
        return self._count > 0 or not self._from_initial

    def slow_down(self, part: float) -> None:
        """Set Adam's rate for the last scale, of which ``part`` in [0, 1] is done: it falls linearly."""
        if self.settings.optimizer == "adam":
            self.optimizer.param_groups[0]["lr"] = self._adam_rate * (1 - (1 - REST) * part)

    @torch.enable_grad()
    def step(self, objective: Objective) -> tuple[dict[str, Tensor], Note | None]:
        """One step down. Returns the loss's parts before the step, and a note if there was trouble."""
        seen: dict[str, Tensor] = {}
        before = self.picture.clone()

        def closure() -> Tensor:
            self.optimizer.zero_grad()
            picture = self._form.picture(self.parameters)
            loss, parts = objective(picture)
            seen.update({name: part.detach() for name, part in parts.items()})
            # Per pixel the gradient would sink below Adam's epsilon and half precision's range.
            pixels = picture.shape[2] * picture.shape[3]
            (loss * pixels).backward()
            return loss.detach() * pixels

        self.optimizer.step(closure)  # type: ignore[arg-type]
        if not self._is_sane(seen):
            return seen, self._recover()
        self._approve(before)
        if not self.picture.isfinite().all():
            return seen, self._recover()
        with torch.no_grad():
            if self.settings.optimizer == "adam":
                self._clamp()
            decay = self.settings.average
            self._sum = torch.add(self._sum * decay, self.picture, alpha=1 - decay)
            self._count = self._count * decay + 1 - decay
        return seen, None

    def _clamp(self) -> None:
        """Bring the picture into [0, 1]."""
        clamped = self._form.parameters(self.picture.clamp(0, 1))
        for parameter, value in zip(self.parameters, clamped, strict=True):
            parameter.copy_(value)

    @torch.no_grad()
    def settle(self, objective: Objective) -> Note | None:
        """Judge the picture that the last step led to, before it is shown or grown: L-BFGS may have gone far
        too far, unlike Adam, whose steps are as long as its rate. Returns a note if there was trouble."""
        if self.settings.optimizer == "adam":
            return None
        if not self._is_sane(objective(self.picture)[1]):
            return self._recover()
        self._approve(self.picture.clone())
        return None

    def _approve(self, picture: Tensor) -> None:
        self.has_picture = self.has_picture or self.moved
        self._good = picture
        self._confirmed = self._sum, self._count

    def _is_sane(self, parts: dict[str, Tensor]) -> bool:
        """Whether a loss is finite and not far above the first at this scale."""
        loss = float(torch.stack(list(parts.values())).sum())
        weights = self.settings.content_weight + self.settings.style_weight
        if self._first is None:
            self._first = loss
            self._from_initial = self._from_initial and not loss < PERFECT * weights
        # An initial picture that is the style, or nearly, has next to no loss; any step raises it many times.
        return math.isfinite(loss) and loss <= EXPLODED * max(self._first, weights / 10)

    def _recover(self) -> Note:
        if self.backed_off:
            self.given_up = True
            self._sum, self._count = self._confirmed
            return note("The optimization diverged again: stopped, keeping the picture so far.")
        self.backed_off = True
        self.rate *= BACK_OFF
        confirmed = self._confirmed
        self._begin(self._good)
        self._sum, self._count = self._confirmed = confirmed
        return note(
            "The optimization diverged: continuing with a learning rate of {rate:.2g}.", rate=self.rate
        )

    @torch.no_grad()
    def grow(self, height: int, width: int) -> None:
        """On to the next scale: the average, and Adam's moments with it, resampled to (height, width)."""
        states = [dict(self.optimizer.state[each]) for each in self.parameters]
        self._from_initial = not self.moved
        grown = F.interpolate(self.average, (height, width), mode="bicubic", align_corners=False)
        self._begin(grown.clamp_(0, 1))
        if self.settings.optimizer == "adam":
            for parameter, state in zip(self.parameters, states, strict=True):
                self.optimizer.state[parameter].update(_grown(state, parameter))


def _grown(state: Mapping[str, Any], parameter: Tensor) -> dict[str, Any]:
    """Adam's state at the size of ``parameter``; nothing if no step was made."""
    if "exp_avg" not in state:
        return {}
    size = parameter.shape[2:]
    first = F.interpolate(state["exp_avg"], size, mode="bicubic", align_corners=False)
    second = F.interpolate(state["exp_avg_sq"], size, mode="bilinear", align_corners=False).relu_()
    return {"step": state["step"].clone(), "exp_avg": first, "exp_avg_sq": second}
