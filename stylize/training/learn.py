"""Learning one style: its code, and what it changes at the gains and biases, for a painter that stays as it is.

Conditional instance normalization can learn a new style by its gains and biases alone (Dumoulin, Shlens and
Kudlur 2017, section 3.3). Here they begin where the network's own prediction is, so that a minute is enough.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import image
from ..device import Compute, send
from ..errors import SettingsError
from ..image import Limits, Picture
from ..networks.painter import LAYERS, Noise, noise_at, style_vector
from ..progress import Progress
from ..weights import zoo
from .learn_losses import SMOOTH, StyleObjective, content_weight, roughness
from .learn_photos import PhotoCrops
from .run import choose_compute

STYLE_SIDE = 512  # pixels of the longer side at which the style is looked at, as it is in a run
LEAST_SIDE = 32
RIM = 16  # pixels around a crop that are not compared


@dataclass(frozen=True)
class LearnSettings:
    """How a style is learned.

    Args:
        minutes: after which it ends.
        steps: after which it ends; 0 for as many as the minutes allow.
        seed: of the crops and the noise.
        crops: of a step.
        side: of a crop, pixels, a multiple of 8.
        rate: of Adam for the code, at the beginning.
        residual_rate: of Adam for the changes of gains and biases; 0 leaves them out.
    """

    minutes: float = 1.0
    steps: int = 0
    seed: int = 0
    crops: int = 2
    side: int = 224
    rate: float = 0.02
    residual_rate: float = 0.002
    spread: float = 1.0
    decay: float = 0.95


class StyleLearner:
    """Learns the style of one picture.

    Args:
        style: the picture.
        photos: files of photos to learn with; crops of the style itself take their place where there is none.
        settings: how.
        network: a painter, by name or path.
        limits: of the photos that are read.
        compute: where it runs.
    """

    def __init__(
        self,
        style: Picture,
        photos: Sequence[Path] = (),
        settings: LearnSettings | None = None,
        *,
        network: str = "painter",
        limits: Limits | None = None,
        compute: Compute | None = None,
    ) -> None:
        self.settings = settings or LearnSettings()
        self.compute = compute or choose_compute()
        encoder, painter = zoo.painter(network, self.compute)
        self.encoder, self.painter, self.painter_sha256 = encoder.network, painter.network, painter.found.sha256
        self.picture = style
        self.style = send(_style(style), self.compute.device)
        self.crops = PhotoCrops(photos, self.style.cpu(), self.settings.seed, limits)
        self.generator = torch.Generator().manual_seed(self.settings.seed)
        self.code = nn.Parameter(self._first_code())
        self.residual = nn.Parameter(torch.zeros(self.painter.film.out_features, device=self.compute.device))
        self.average = [self.code.detach().clone(), self.residual.detach().clone()]

    @torch.no_grad()
    def _first_code(self) -> Tensor:
        """That of the network's table, or the predicted one."""
        known = self.painter.table.find(self.picture.sha256)
        if known is not None:
            return known.to(self.compute.device).clone()
        return self.painter.predict(style_vector(self.encoder(self.style, LAYERS)))[0]

    def condition(self, freedom: Tensor) -> Tensor:
        codes = self.code[None].expand(len(freedom), -1)
        return self.painter.condition(codes, freedom) + self.residual

    def loop(self):
        s = self.settings
        side = s.side + 2 * RIM
        bank = send(self.crops.batch(6, s.side), self.compute.device)
        objective = StyleObjective(self.encoder, self.style, bank)
        groups = [{"params": [self.code], "lr": s.rate, "base": s.rate}]
        if s.residual_rate:
            groups.append({"params": [self.residual], "lr": s.residual_rate, "base": s.residual_rate})
        adam = torch.optim.Adam(groups, betas=(0.9, 0.99))
        start = time.monotonic()
        step = 0
        while True:
            share = step / s.steps if s.steps else (time.monotonic() - start) / (60 * s.minutes)
            if share >= 1:
                return
            for group in adam.param_groups:
                group["lr"] = group["base"] * (0.1 + 0.9 * (0.5 + 0.5 * math.cos(math.pi * share)))
            x = send(self.crops.batch(s.crops, side), self.compute.device)
            freedom = torch.rand(s.crops, generator=self.generator) * 2 - 1
            freedom = freedom.to(self.compute.device) * s.spread
            y = self.painter(x, self.condition(freedom), self._noise(side))
            y, x = (each[..., RIM:-RIM, RIM:-RIM] for each in (y, x))
            losses = objective(y, x)
            loss = (losses.style + content_weight(freedom) * losses.content + SMOOTH * roughness(y)).mean()
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            step += 1
            decay = min(s.decay, step / (step + 4))
            for mean, value in zip(self.average, (self.code, self.residual)):
                mean.lerp_(value.detach(), 1 - decay)
            yield step, float(losses.style.mean()), float(losses.content.mean())

    def _noise(self, side: int) -> Noise:
        top, left = (int(8 * torch.randint(1 << 16, (), generator=self.generator)) for _ in range(2))
        noise = noise_at(0, side, side, top, left)
        return Noise(*(send(each, self.compute.device) for each in (noise.quarter, noise.eighth)))


def _style(picture: Picture) -> Tensor:
    return image.fit(picture.tensor, STYLE_SIDE)
