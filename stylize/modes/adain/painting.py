"""One pass that paints: the network of ``stylize/networks/painter.py`` with the steps of :class:`AdaIN`.

A style is a code: that of the table for a picture or a painter whom the network learned by name, that of a
learned style, or one predicted from the statistics of the style's features. Codes mix linearly, and the walk
from the code that gives the photo back is the strength.

The photo is painted at a size that the brush alone decides, whatever the working size is, and the painting is
brought to the working size and painted over there; so the same brush gives the same strokes at every size of
the result.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...device import send
from ...image import LearnedStyle, fit, resize
from ...inputs import StyleInput
from ...networks import VGG19
from ...networks.painter import FACTOR, LAYERS, Painter, vector_of
from ...statistics import MeanStd, mean_std, position_weights
from ..finish import pad_to_multiple, with_margin
from ..named import Pictured, changed, parts
from .spec import LEAST
from .transfer import shares

SIDE = 512  # pixels of the longer side at which a brush of size 1 paints
MOST = 2048  # pixels: the longest side at which is painted
REVISED = 1.25  # times the size of the first painting: from where on it is painted over
LEAST_STYLE = 32  # pixels a side: two features at relu5_1, which reflection padding needs
MARGIN = 32  # pixels, mirrored, that are cut off again
SEED = 0
NOTHING = torch.zeros(())


@dataclass(frozen=True)
class StyleCode:
    """A style as the network takes it.

    Args:
        code: (code,) float32 on the CPU.
        residual: (2 N,) float32 on the CPU, added to the gains and biases that follow from the code; () for
            nothing.
    """

    code: Tensor
    residual: Tensor = NOTHING


@dataclass(frozen=True)
class Draft:
    """A photo, or several of one size: at the size at which it is painted first, and at the working size.

    Args:
        small: (B, 3, h, w), RGB in [0, 1].
        photo: (B, 3, H, W) at the working size.
        shift: how far down and right the small picture is moved while it is painted, in pixels.
    """

    small: Tensor
    photo: Tensor
    shift: tuple[int, int]


class Painting:
    """Encoder and painter with the steps of :class:`stylize.modes.adain.transfer.AdaIN`.

    ``encoder_sha256`` and ``painter_sha256`` are those of the files, which tell whether the library's
    statistics fit, and what a user taught a painter.
    """

    layers: tuple[str, ...] = LAYERS

    def __init__(
        self,
        encoder: VGG19,
        painter: Painter,
        device: torch.device,
        encoder_sha256: str = "",
        brush: float = 1.0,
        painter_sha256: str = "",
    ) -> None:
        self.encoder, self.painter, self.device = encoder, painter, device
        self.encoder_sha256, self.brush, self.painter_sha256 = encoder_sha256, brush, painter_sha256

    @property
    def style_key(self) -> Hashable:
        """The files of both networks: one describes the picture, the other predicts the code."""
        return self.encoder_sha256, self.painter_sha256

    def known(self, key: str) -> StyleCode | None:
        """The code of a picture by its sha256, or of a style of the library by its name, where the network
        learned it by name."""
        code = self.painter.table.find(key)
        return None if code is None else StyleCode(code)

    def taught(self, style: LearnedStyle) -> StyleCode | None:
        """What a user taught this very painter of a style; None of another file's."""
        code = torch.from_numpy(style.code)
        residual = NOTHING if style.residual is None else torch.from_numpy(style.residual).float()
        film = self.painter.film
        if not self.painter_sha256 or style.painter != self.painter_sha256 or len(code) != film.in_features:
            return None
        if residual.dim() and len(residual) != film.out_features:
            return None
        return StyleCode(code, residual)

    @torch.no_grad()
    def encode_style(self, style: Pictured) -> StyleCode:
        """The predicted code of a style picture, (1, 3, H, W) RGB in [0, 1], any size, or of what counts of
        it."""
        picture, alpha = parts(style)
        if min(picture.shape[2:]) < LEAST_STYLE:
            picture, alpha = parts(changed(style, lambda each: pad_to_multiple(each, 1, LEAST_STYLE)))
        features = self.encoder(send(picture, self.device), self.layers)
        return self.of_statistics(
            {layer: mean_std(each, weight=position_weights(alpha, each)) for layer, each in features.items()}
        )

    @torch.no_grad()
    def of_statistics(self, statistics: Mapping[str, MeanStd]) -> StyleCode:
        """The predicted code of a style of which mean and standard deviation of the features are known."""
        return StyleCode(self.painter.predict(vector_of(statistics).to(self.device))[0].cpu())

    @staticmethod
    def mix(styles: Sequence[StyleInput[StyleCode]]) -> StyleCode:
        """The weighted mean of codes, and of residuals; the weights are divided by their sum. Raises
        SettingsError."""
        its = shares([style.weight for style in styles])
        pairs = [(style.source, share) for style, share in zip(styles, its, strict=True)]
        code = sum((source.code * share for source, share in pairs), NOTHING)
        return StyleCode(code, sum((source.residual * share for source, share in pairs), NOTHING))

    @staticmethod
    def tiles(height: int, width: int) -> int:
        """It is painted as a whole."""
        return 1

    @torch.no_grad()
    def encode_content(self, content: Tensor, shift: tuple[int, int] = (0, 0)) -> Iterator[Draft | None]:
        """The draft of (B, 3, H, W) pictures, RGB in [0, 1]; None first."""
        yield None
        side = min(MOST, round(SIDE / self.brush))
        yield Draft(fit(content, side, enlarge=True), content, shift)

    @torch.no_grad()
    def render(
        self, content: Draft, style: StyleCode, strength: float = 1.0, freedom: float = 0.0
    ) -> Iterator[Tensor | None]:
        """The pictures; None after the first painting, then (B, 3, H, W) float32 in [0, 1] on the CPU.

        Where the working size is larger, the painting is enlarged and painted over once more at that size,
        keeping most of it, as LapStyle revises its drafts (Lin et al. 2021): strokes stay as broad as the
        brush, and their edges and grain are as fine as the working size allows.

        At half the strength the network paints half as far, and a quarter of the photo itself is laid over
        it; so that a strength of 0 is the photo.
        """
        picture = self._painted(content.small, self.condition(style, strength, freedom), content.shift)
        yield None
        side = min(MOST, max(content.photo.shape[2:]))
        if side > REVISED * max(picture.shape[2:]):
            large = fit(picture, side, enlarge=True)
            picture = self._painted(large, self.condition(style, strength, -1.0), content.shift)
        large = resize(picture, content.photo.shape[2:])
        yield large.lerp(content.photo, (1 - strength) ** 2)

    def _painted(self, pictures: Tensor, condition: Tensor, shift: tuple[int, int]) -> Tensor:
        """Pictures (B, 3, H, W) on the CPU as the network paints them, of the same size: all at once, but on
        the CPU one by one, which is as fast there and makes a batch's pictures those of single runs."""
        padded = pad_to_multiple(with_margin(pictures, MARGIN, shift), FACTOR, LEAST)
        noise = self.painter.noise_at(SEED, *padded.shape[2:]).map(lambda each: send(each, self.device))
        at_once = 1 if self.device.type == "cpu" else len(padded)
        groups = padded.split(at_once)
        every = [self.painter(send(each, self.device), condition, noise).cpu() for each in groups]
        (top, left), (height, width) = shift, pictures.shape[2:]
        rows, columns = (
            slice(MARGIN + top, MARGIN + top + height),
            slice(MARGIN + left, MARGIN + left + width),
        )
        return torch.cat(every)[..., rows, columns]

    @staticmethod
    def nbytes(content: Draft) -> int:
        """Of its pictures."""
        return content.small.nbytes + content.photo.nbytes

    def condition(self, style: StyleCode, strength: float, freedom: float) -> Tensor:
        """Gains and biases (1, 2 N) between those of the photo and those of the style."""
        code = style.code.to(self.device)[None]
        own = self.painter.condition(self.painter.photo[None], torch.zeros(1, device=self.device))
        its = self.painter.condition(code, torch.full((1,), freedom, device=self.device))
        its = its + style.residual.to(self.device)
        return own.lerp(its, strength)
