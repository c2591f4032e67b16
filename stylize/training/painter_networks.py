"""What is trained of a painter: its network and the codes of its named styles."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..networks import Painter
from .config import TrainingError
from .painter_sampling import StyleDraws

GRAINS = ("half_grain.weight", "full_grain.weight")


class StyleCodes(nn.Module):
    """The codes of named styles.

    Args:
        rows: how many.
        length: of a code.
    """

    def __init__(self, rows: int, length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(rows, length))


def mixed_codes(painter: Painter, table: Tensor, draws: StyleDraws, vectors: Tensor) -> Tensor:
    """The code of each crop, (B, code): from the table, predicted from the vectors, or the photo's."""
    codes = painter.predict(vectors)
    if len(table):
        codes = torch.where((draws.rows >= 0)[:, None], table[draws.rows.clamp_min(0)], codes)
    return torch.where(draws.alone[:, None], painter.photo, codes)


@torch.no_grad()
def scale_to(painter: Painter, vectors: Tensor) -> None:
    """Sets the scales of the predictor's input by vectors of styles (N, statistics)."""
    painter.center.copy_(vectors.mean(0))
    painter.scale.copy_(vectors.std(0, unbiased=False).clamp_min(0.02))


@torch.no_grad()
def start_from(painter: Painter, table: Tensor, names: Sequence[str], kept: Painter, file: str) -> None:
    """Copies a released painter, and the codes of those names that it has; one without grain begins without.

    Raises:
        TrainingError: it has other widths; ``file`` is named.
    """
    try:
        without = {name: torch.zeros_like(value) for name, value in painter.state_dict().items()
                   if name in GRAINS}  # fmt: skip
        painter.load_state_dict({**without, **kept.state_dict()})
    except RuntimeError as error:
        raise TrainingError(
            "The painter {file} to start from has other widths: set width, blocks and code to its own.",
            file=file,
        ) from error
    for row, name in zip(table, names, strict=True):
        code = kept.table.find(name)
        if code is not None:
            row.copy_(code)
