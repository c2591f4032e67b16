"""CycleGAN's generator and discriminator (Zhu, Park, Isola and Efros, ICCV 2017)."""

from __future__ import annotations

from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import bands
from .cpu_kernels import REFLECT, conv2d, few_channel_conv2d, instance_norm, needs_gradient
from .padding import ReflectionPad, reflect_pad


def _norm(channels: int) -> nn.InstanceNorm2d:
    # Without affine parameters and without running statistics, as the published networks are run.
    return nn.InstanceNorm2d(channels, affine=False, track_running_stats=False)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with reflection padding, instance norm if ``normed``, and a skip connection."""

    def __init__(self, channels: int, normed: bool = True) -> None:
        super().__init__()
        self.normed = normed
        norm = _norm if normed else nn.Identity
        self.body = nn.Sequential(
            ReflectionPad(1),
            nn.Conv2d(channels, channels, 3),
            norm(channels),
            nn.ReLU(),
            ReflectionPad(1),
            nn.Conv2d(channels, channels, 3),
            norm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape; H and W at least 2."""
        if not self.normed:
            residual: Tensor = self.body(x)
            return x + residual
        y = _norm_relu(_conv3x3(x, self.body[1]))
        y = instance_norm(_conv3x3(y, self.body[5]))
        return x + y if y.requires_grad else y.add_(x)


def _conv3x3(x: Tensor, layer: nn.Module) -> Tensor:
    assert isinstance(layer, nn.Conv2d)
    return conv2d(x, layer.weight, layer.bias, REFLECT)


def _norm_relu(x: Tensor) -> Tensor:
    return F.relu(instance_norm(x), inplace=not x.requires_grad)


class ResNetGenerator(nn.Module):
    """Picture to picture: two strided convolutions down, residual blocks, two steps up (appendix 7.2).

    Args:
        width: channels after the first convolution (the paper's 64).
        blocks: residual blocks; in the paper 9 for 256 px and more, 6 for 128 px.
        upsampling: ``transposed`` convolutions as published, or ``resize``. Departure from the paper:
            bilinear resizing and a convolution, which leaves no checkerboard (Odena et al. 2016).
        normed: with instance norm after the convolutions; without it for networks that were trained with
            batch norm, which is folded into the convolutions' weights.

    Raises:
        ValueError: for another upsampling.
    """

    FACTOR, LEAST, MARGIN = 4, 8, 0  # both sides: multiples of what, at least; pixels to be cut off again
    SIDE = 0  # the longer side at which the broad of a picture is made, in pixels; 0 is its own

    def __init__(
        self, width: int = 64, blocks: int = 9, upsampling: str = "transposed", normed: bool = True
    ) -> None:
        super().__init__()
        if upsampling not in ("transposed", "resize"):
            raise ValueError(f"unknown upsampling {upsampling!r}")
        self.width, self.blocks, self.upsampling, self.normed = width, blocks, upsampling, normed
        self.head = nn.Conv2d(3, width, 7)
        self.down1 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.down2 = nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1)
        self.body = nn.Sequential(*(ResidualBlock(4 * width, normed) for _ in range(blocks)))
        self.up1 = self._up(4 * width, 2 * width)
        self.up2 = self._up(2 * width, width)
        self.tail = nn.Conv2d(width, 3, 7)

    def _up(self, in_channels: int, out_channels: int) -> nn.Module:
        if self.upsampling == "transposed":
            return nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2, padding=1, output_padding=1)
        return nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            ReflectionPad(1),
            nn.Conv2d(in_channels, out_channels, 3),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Translate a picture.

        Args:
            x: (B, 3, H, W) RGB in [0, 1]; H and W multiples of 4, at least 8.

        Returns:
            (B, 3, H, W) float32 RGB in [0, 1].
        """
        x = (x * 2 - 1).to(self.head.weight.dtype)
        if _is_too_large(x, self.head.weight):
            return self._to_rgb(self._in_bands(x, bands.band_rows(len(x), self.width, x.shape[3])))
        x = self._activate(self.head(reflect_pad(x, 3)))
        x = self._activate(self.down1(x))
        x = self._activate(self.down2(x))
        x = self.body(x)
        x = self._activate(self.up1(x))
        x = self._activate(self.up2(x))
        return self._to_rgb(self._last(x))

    def _to_rgb(self, x: Tensor) -> Tensor:
        return (x.float().tanh() + 1) / 2

    def _last(self, x: Tensor) -> Tensor:
        return few_channel_conv2d(x, self.tail.weight, self.tail.bias, REFLECT)

    def _activate(self, x: Tensor) -> Tensor:
        return _norm_relu(x) if self.normed else F.relu(x)

    def _in_bands(self, x: Tensor, rows: int) -> Tensor:
        """The same up to the last convolution, in bands of about ``rows`` rows, for inference."""
        double, half = Fraction(2), Fraction(1, 2)
        parts = bands.apply(bands.split(x, rows), lambda each: self.head(reflect_pad(each, 3)), 3)
        parts = bands.apply(self._activate_bands(parts), self.down1, 2, half)
        parts = self._activate_bands(bands.apply(self._activate_bands(parts), self.down2, 2, half))
        for block in self.body:
            assert isinstance(block, ResidualBlock)
            inner = self._activate_bands(bands.apply(parts, block.body[:2], 1))
            inner = bands.apply(inner, block.body[4:6], 1)
            inner = bands.instance_norm(inner) if self.normed else inner
            parts = [residual.add_(part) for residual, part in zip(inner, parts, strict=True)]
        parts = bands.apply(parts, self.up1, 2, double)
        parts = bands.apply(self._activate_bands(parts), self.up2, 2, double)
        return torch.cat(bands.apply(self._activate_bands(parts), self._last, 4), 2)

    def _activate_bands(self, parts: bands.Bands) -> bands.Bands:
        if not self.normed:
            return [F.relu(each) for each in parts]
        return [each.relu_() for each in bands.instance_norm(parts)]


def _is_too_large(x: Tensor, weight: Tensor) -> bool:
    """Whether the maps of an accelerator would have more elements than its kernels count."""
    elements = x[:, :1].numel() * weight.shape[0]
    return x.device.type != "cpu" and elements > bands.INT32_MAX and not needs_gradient(x, weight)


class PatchGAN(nn.Module):
    """The 70x70 discriminator, which scores overlapping patches (section 4, appendix 7.2).

    Args:
        width: channels after the first convolution (the paper's 64).
        layers: strided convolutions; 3 give a receptive field of 70x70 pixels.
    """

    def __init__(self, width: int = 64, layers: int = 3) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        channels = width
        for n in range(1, layers + 1):
            out_channels = width * min(2**n, 8)
            stride = 2 if n < layers else 1
            parts += [nn.Conv2d(channels, out_channels, 4, stride=stride, padding=1)]
            parts += [_norm(out_channels), nn.LeakyReLU(0.2)]
            channels = out_channels
        self.body = nn.Sequential(*parts, nn.Conv2d(channels, 1, 4, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) RGB in [0, 1], sides at least 24, to (B, 1, h, w) scores, one per patch.

        Without a sigmoid: a real patch is to have 1, a generated one 0 (LSGAN, Mao et al. 2017).
        """
        scores: Tensor = self.body(x * 2 - 1)
        return scores
