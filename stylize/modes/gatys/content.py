"""What the photo asks of the picture: layers, weights and normalization of the content loss."""

from __future__ import annotations

from torch import Tensor

from ...losses import content_loss
from ...networks import VGG19
from .spec import GatysSettings

PAPERS = "relu4_2"
# Where an encoder has metrics: what the large network sees at relu4_2 is between the two deeper ones, and
# relu3_1 keeps faces together. In all they weigh more than one layer, by trial.
BALANCED = {"relu3_1": 0.25, "relu4_1": 0.5, "relu5_1": 0.5}
FLATTEST = 0.2  # of the mean square: what an even photo's variation counts as


def content_layers(network: VGG19, settings: GatysSettings) -> dict[str, float]:
    """The layers that the settings name, or the usual ones of this encoder, with their weights."""
    if settings.content_layers:
        return dict.fromkeys(settings.content_layers, 1 / len(settings.content_layers))
    if settings.balance != "fixed":
        known = [layer for layer in BALANCED if layer in network.layers and network.metric(layer) is not None]
        whole = sum(BALANCED.values()) / (sum(BALANCED[layer] for layer in known) or 1)
        if known:
            return {layer: BALANCED[layer] * whole for layer in known}
    return {PAPERS if PAPERS in network.layers else network.layers[-1]: 1.0}


class ContentTarget:
    """The squared difference of F^l and P^l at one layer (eq. 1), in relation to P^l.

    With a fixed balance it is divided by P's sum of squares. Otherwise both go through the encoder's metric,
    where it has one, and the difference is divided by the squared deviations from P's mean: of an even photo
    less must remain until a loss says that it is gone.

    Args:
        photo: P^l as the network gives it, (1, C, H, W).
        network: the encoder.
        layer: its name.
        balanced: whether the balance is not fixed.
    """

    def __init__(self, photo: Tensor, network: VGG19, layer: str, balanced: bool) -> None:
        self.layer, self.metric = layer, network.metric(layer) if balanced else None
        self.target = self._compared(photo)
        size = float(self.target.float().square().mean())
        if balanced:
            spread = self.target.float() - self.target.float().mean((2, 3), keepdim=True)
            size = max(float(spread.square().mean()), FLATTEST * size)
        self.scale = 1 / (size + 1e-12)

    def _compared(self, features: Tensor) -> Tensor:
        return features if self.metric is None else self.metric(features)

    def loss(self, features: Tensor) -> Tensor:
        """½ of the relative squared difference, for F^l as the network gives it."""
        return content_loss(self._compared(features), self.target) * self.scale / self.target.numel()
