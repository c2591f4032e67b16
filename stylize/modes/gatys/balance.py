"""How much the content counts beside the style: α of the paper's eq. 7, fixed or following the picture."""

from __future__ import annotations

import math

from .spec import GatysSettings

FREEDOM = 4.0  # by this the content's weight falls from freedom 0 to 1
TARGET = 0.77  # relative content error that an adaptive balance aims at; 1 is an even picture
TARGET_FREEDOM = 1.75  # by this the target rises from freedom 0 to 1
RATE = 0.25  # most that the logarithm of the weight changes in a step
LEAST, MOST = 1 / 4, 8.0  # times the weight that the settings say


class ContentBalance:
    """The content's weight during a run.

    With the balance ``adaptive`` it rises while the picture's relative content error is above a target, and
    falls while it is below: gradient ascent on a Lagrange multiplier, in logarithms (Platt and Barr 1987).
    So as much of the photo remains whatever the style is, within the bounds of the weight. Otherwise the
    weight stays as the settings say, and so it does for L-BFGS, whose estimates of the curvature hold for one
    function only.

    Args:
        settings: the mode's settings.
    """

    def __init__(self, settings: GatysSettings) -> None:
        self.weight = self._usual = settings.content_weight * FREEDOM**-settings.freedom
        self.target = TARGET * TARGET_FREEDOM**settings.freedom
        self.adapts = settings.balance == "adaptive" and settings.optimizer == "adam"

    def observe(self, error: float) -> None:
        """Takes the relative content error of the picture of this step; one that is no number says nothing.

        Args:
            error: |F - P|² / |P - mean P|², averaged over the content's layers by their weights.
        """
        if self.adapts and math.isfinite(error):
            change = RATE * max(-1.0, min(1.0, error / self.target - 1))
            found = self.weight * math.exp(change)
            self.weight = min(MOST * self._usual, max(LEAST * self._usual, found))
