"""Learning one style for a painter network that stays as it is: a code, and changes of gains and biases.

Conditional instance normalization can learn a new style by its gains and biases alone (Dumoulin, Shlens and
Kudlur 2017, section 3.3). Here they begin where the network's own prediction is, so that a minute is enough.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import image
from ..device import Compute, send
from ..image import LearnedStyle, Limits, Picture
from ..networks.painter import LAYERS, Noise, style_vector
from ..progress import Progress
from ..weights import zoo
from .learn_losses import SMOOTH, StyleObjective, content_cost
from .learn_photos import PhotoCrops
from .painter_losses import roughness
from .run import choose_compute

STYLE_SIDE = 512  # pixels of the longer side at which the style is looked at, as it is in a run
RIM = 16  # pixels around a crop that are not compared
RAW_CROPS = 6  # whose style losses are what a style's are divided by
LAST_RATE = 0.1  # of the first, at the end
AVERAGED = 0.95  # how much of the average of what was learned stays at a step
PREVIEW_EVERY = 3.0  # seconds
PREVIEW_SIDE = 384  # pixels


@dataclass(frozen=True)
class LearnSettings:
    """How a style is learned.

    Args:
        minutes: after which it ends.
        steps: after which it ends, whatever the minutes; 0 for as many as the minutes allow.
        most_steps: after which it ends even before the minutes are over; 0 for no such limit.
        seed: of the crops and the noise. With a number of steps, the same seed learns the same.
        crops: of a step.
        side: of a crop, pixels, a multiple of 8.
        rate: of Adam for the code, at the beginning.
        residual_rate: of Adam for the changes of gains and biases; 0 leaves them out.
    """

    minutes: float = 1.0
    steps: int = 0
    most_steps: int = 0
    seed: int = 0
    crops: int = 2
    side: int = 224
    rate: float = 0.02
    residual_rate: float = 0.02

    def share(self, step: int, seconds: float) -> float:
        """How much of the whole is done; 1 or more at the end."""
        if self.steps:
            return step / self.steps
        share = seconds / (60 * self.minutes)
        return max(share, step / self.most_steps) if self.most_steps else share


class StyleLearner:
    """Learns the style of one picture for a painter network.

    :meth:`steps` learns; :meth:`learned` and :meth:`file` give what is learned so far, at any time.

    Args:
        style: the picture; of what is transparent, the colors at its edges count.
        photos: files of photos to learn with; where there are none, crops of the style itself serve.
        settings: how.
        name: the style's, in any language.
        network: a painter, by name or path.
        photo: a further photo to learn with, (1, 3, H, W) RGB in [0, 1].
        limits: of the photos that are read.
        compute: where it runs.

    Raises:
        PictureError: for a style picture of a few pixels.
        WeightsError.
    """

    def __init__(
        self,
        style: Picture,
        photos: Sequence[Path] = (),
        settings: LearnSettings | None = None,
        *,
        name: str = "",
        network: str = "painter",
        photo: Tensor | None = None,
        limits: Limits | None = None,
        compute: Compute | None = None,
    ) -> None:
        self.settings = settings or LearnSettings()
        self.compute = compute or choose_compute()
        self.picture, self.name = style, name
        encoder, painter = zoo.painter(network, self.compute)
        self.encoder, self.painter, self.sha256 = encoder.network, painter.network, painter.found.sha256
        self._style = self._send(_prepared(style))
        own = [] if photo is None else [photo]
        self.crops = PhotoCrops(photos, self._style.cpu(), self.settings.seed, limits, own)
        self._random = torch.Generator().manual_seed(self.settings.seed)
        code, residual = self._first()
        self._code, self._residual = nn.Parameter(code), nn.Parameter(residual)
        self._average = [each.detach().clone() for each in (self._code, self._residual)]

    def steps(self, preview: Callable[[LearnedStyle], Tensor] | None = None) -> Generator[Progress]:
        """Learns: a :class:`Progress` after each step, every few seconds with a picture. Its losses are
        ``style`` (1 for raw photos) and ``content`` (0 for them), and it has what is learned so far.

        It may be closed at any step. Until the number of steps is known, ``total`` is an estimate.

        Args:
            preview: paints with what is learned so far, (1, 3, H, W) RGB in [0, 1] on the CPU; default: a
                crop of one of the photos.
        """
        settings, began = self.settings, time.monotonic()
        objective = StyleObjective(self.encoder, self._style, self._photos(RAW_CROPS, settings.side))
        preview = preview or self._preview(self._photos(1, PREVIEW_SIDE))
        adam, step, due, share = self._optimizer(), 0, 0.0, 0.0
        while share < 1:
            for group in adam.param_groups:
                group["lr"] = group["first"] * _decayed(share)
            losses = self._advance(adam, objective)
            step, seconds = step + 1, time.monotonic() - began
            self._remember(step)
            share = settings.share(step, seconds)
            learned = self.learned()
            picture = preview(learned) if share >= 1 or seconds >= due else None
            due = seconds + PREVIEW_EVERY if picture is not None else due
            total = settings.steps or max(step + (share < 1), round(step / share))
            note = self.crops.notes.pop(0) if self.crops.notes else None
            yield Progress(step, total, picture, losses, note, learned)

    def learned(self) -> LearnedStyle:
        """What is learned so far: the average of the last steps."""
        code, residual = (each.cpu().numpy().copy() for each in self._average)
        return LearnedStyle(
            self.name, self.sha256, code, residual.astype("float16") if residual.any() else None
        )

    def file(self) -> bytes:
        """The file of what is learned so far."""
        return image.learned.encode(self.learned(), self.picture.opaque)

    @torch.no_grad()
    def _first(self) -> tuple[Tensor, Tensor]:
        """The code and the residual to begin with: what this network was taught before, or its own code of
        the picture, from its table or predicted."""
        film, before = self.painter.film, self.picture.learned
        nothing = torch.zeros(film.out_features, device=self.compute.device)
        if before is not None and before.painter == self.sha256 and len(before.code) == film.in_features:
            residual = nothing if before.residual is None else torch.from_numpy(before.residual).float()
            if len(residual) == film.out_features:
                return self._send(torch.from_numpy(before.code)).clone(), self._send(residual).clone()
        known = self.painter.table.find(self.picture.sha256)
        if known is not None:
            return self._send(known).clone(), nothing
        return self.painter.predict(style_vector(self.encoder(self._style, LAYERS)))[0], nothing

    def _optimizer(self) -> torch.optim.Adam:
        rates = [(self._code, self.settings.rate), (self._residual, self.settings.residual_rate)]
        groups = [{"params": [each], "lr": rate, "first": rate} for each, rate in rates if rate]
        return torch.optim.Adam(groups, betas=(0.9, 0.99))

    def _advance(self, adam: torch.optim.Adam, objective: StyleObjective) -> dict[str, float]:
        """One step; its losses."""
        count, side = self.settings.crops, self.settings.side + 2 * RIM
        photos = self._photos(count, side)
        freedom = self._send(torch.rand(count, generator=self._random) * 2 - 1)
        painted = self.painter(photos, self._condition(freedom), self._noise(side))
        inner, own = (each[..., RIM:-RIM, RIM:-RIM] for each in (painted, photos))
        losses = objective(inner, own)
        whole = losses.style + content_cost(losses.content, freedom) + SMOOTH * roughness(inner)
        adam.zero_grad(set_to_none=True)
        whole.mean().backward()
        adam.step()
        seen = {"style": losses.left, "content": losses.content}
        return {name: float(each.detach().mean()) for name, each in seen.items()}

    def _remember(self, step: int) -> None:
        """Takes a step into the average, in which the first steps count for less and less."""
        for mean, value in zip(self._average, (self._code, self._residual), strict=True):
            mean.lerp_(value.detach(), 1 - min(AVERAGED, step / (step + 4)))

    def _condition(self, freedom: Tensor) -> Tensor:
        codes = self._code.expand(len(freedom), -1)
        return self.painter.condition(codes, freedom) + self._residual

    def _preview(self, photos: Tensor) -> Callable[[LearnedStyle], Tensor]:
        """Paints a crop by the average, on the CPU."""

        @torch.no_grad()
        def paint(_: LearnedStyle) -> Tensor:
            code, residual = self._average
            condition = self.painter.condition(code[None], photos.new_zeros(1)) + residual
            painted: Tensor = self.painter(photos, condition, self._noise_at(photos.shape[2]))
            return painted.cpu()

        return paint

    def _noise(self, side: int) -> Noise:
        """Of a random place."""
        top, left = (8 * int(torch.randint(1 << 16, (), generator=self._random)) for _ in range(2))
        return self._noise_at(side, top, left)

    def _noise_at(self, side: int, top: int = 0, left: int = 0) -> Noise:
        return self.painter.noise_at(0, side, side, top, left).map(self._send)

    def _photos(self, count: int, side: int) -> Tensor:
        return self._send(self.crops.batch(count, side))

    def _send(self, tensor: Tensor) -> Tensor:
        return send(tensor, self.compute.device)


def _prepared(style: Picture) -> Tensor:
    """The picture at the size at which it is looked at. Raises PictureError."""
    small = image.fit(style.opaque, STYLE_SIDE)
    image.learned.check_size((small.shape[3], small.shape[2]), style.name)
    return small


def _decayed(share: float) -> float:
    """The learning rate at a share of the whole, relative to the first: half a cosine."""
    return LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * share)) / 2
