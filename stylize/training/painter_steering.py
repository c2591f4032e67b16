"""What is left of each style so far: it weighs the losses of named styles and tells which are hard."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from .painter_sampling import StyleDraws

ROW_RATE, STYLE_RATE = 0.05, 0.3  # how much a new loss counts in the running average
LEAST, MOST = 0.01, 10.0  # of an average
LEAST_EFFORT, MOST_EFFORT = 0.5, 2.5  # of a row's average relative to all rows', before the root


class Steering:
    """Running averages of style losses: of each row of the table, and of each style where it was predicted.

    Args:
        rows: of the table.
        styles: how many there are.
        device: where they are kept.
    """

    def __init__(self, rows: int, styles: int, device: torch.device) -> None:
        self.residuals = torch.ones(rows, device=device)
        self.difficulty = torch.ones(styles, device=device)

    def effort(self, rows: Tensor) -> Tensor:
        """The coefficient (B,) of the style loss for rows, or -1: above 1 for those behind the others."""
        if not len(self.residuals):
            return torch.ones_like(rows, dtype=torch.float32)
        relative = (self.residuals / self.residuals.mean()).clamp(LEAST_EFFORT, MOST_EFFORT).sqrt()
        return torch.where(rows >= 0, relative[rows.clamp_min(0)], 1.0)

    @torch.no_grad()
    def update(self, draws: StyleDraws, losses: Tensor, total: Callable[[Tensor], Tensor]) -> None:
        """Includes a batch.

        Args:
            draws: what was drawn, on the device.
            losses: the style loss of each crop, (B,).
            total: the sum of a tensor over all processes.
        """
        losses = losses.nan_to_num(1.0)
        styles = torch.tensor(draws.styles, device=losses.device)
        named = draws.rows >= 0
        predicted = ~named & ~draws.alone
        self.residuals = _averaged(self.residuals, draws.rows.clamp_min(0), losses, named, ROW_RATE, total)
        self.difficulty = _averaged(self.difficulty, styles, losses, predicted, STYLE_RATE, total)

    def state(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return {"residuals": self.residuals, "difficulty": self.difficulty}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Restores :meth:`state`; where there are other styles now, their difficulty is learned anew."""
        residuals, difficulty = state["residuals"], state["difficulty"]
        if not isinstance(residuals, Tensor) or residuals.shape != self.residuals.shape:
            raise ValueError("other rows")
        self.residuals = residuals.to(self.residuals.device)
        if isinstance(difficulty, Tensor) and difficulty.shape == self.difficulty.shape:
            self.difficulty = difficulty.to(self.difficulty.device)


def _averaged(
    before: Tensor,
    index: Tensor,
    losses: Tensor,
    flags: Tensor,
    rate: float,
    total: Callable[[Tensor], Tensor],
) -> Tensor:
    if not len(before):
        return before
    new = before.new_zeros(2, len(before))
    new[0].index_add_(0, index, losses * flags)
    new[1].index_add_(0, index, flags.float())
    sums, counts = total(new)
    share = 1 - (1 - rate) ** counts
    return before.lerp(sums / counts.clamp_min(1), share).clamp(LEAST, MOST)
