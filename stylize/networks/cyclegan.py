"""CycleGAN's generator and discriminator (Zhu, Park, Isola and Efros, ICCV 2017)."""

from __future__ import annotations

from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import bands, quick
from .padding import Reflection, reflect


def _norm(wide: int) -> nn.InstanceNorm2d:
    # Without affine parameters and without running statistics, as the published networks are run.
    return nn.InstanceNorm2d(wide, affine=False, track_running_stats=False)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with reflection padding and instance norm, if ``normed``, and the input added."""

    def __init__(self, wide: int, normed: bool = True) -> None:
        super().__init__()
        self.normed = normed
        norm = _norm if normed else nn.Identity
        self.body = nn.Sequential(
            Reflection(1), nn.Conv2d(wide, wide, 3), norm(wide), nn.ReLU(),
            Reflection(1), nn.Conv2d(wide, wide, 3), norm(wide),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape; H and W at least 2."""
        first, second = self.body[1], self.body[5]
        assert isinstance(first, nn.Conv2d)
        assert isinstance(second, nn.Conv2d)
        if not self.normed or quick.is_learning(x, first.weight):
            return x + self.body(x)
        y = quick.convolve(x, first.weight, first.bias, quick.REFLECT)
        y = quick.convolve(quick.instance_norm(y).relu_(), second.weight, second.bias, quick.REFLECT)
        return quick.instance_norm(y).add_(x)


class ResNetGenerator(nn.Module):
    """Picture to picture: two strided convolutions down, residual blocks, two steps up (appendix 7.2).

    Args:
        width: channels after the first convolution (the paper's 64).
        blocks: residual blocks, 9 for 256 px and more, 6 for 128 px in the paper.
        upsampling: ``transposed`` convolutions as published, or ``resize``: bilinear and then a
            convolution, which leaves no checkerboard.
        normed: with instance norm after the convolutions. Without, for networks that were trained with batch
            norm, which is part of the convolutions' weights once it is trained.
    """

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

    def _up(self, wide: int, out: int) -> nn.Module:
        if self.upsampling == "transposed":
            return nn.ConvTranspose2d(wide, out, 3, stride=2, padding=1, output_padding=1)
        return nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            Reflection(1),
            nn.Conv2d(wide, out, 3),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Translate a picture.

        Args:
            x: (B, 3, H, W) RGB in [0, 1]; H and W multiples of 4, at least 8.

        Returns:
            (B, 3, H, W) RGB in [0, 1].
        """
        x = (x * 2 - 1).to(self.head.weight.dtype)
        if _is_too_large(x, self.head.weight):
            return self._finish(self._in_bands(x, bands.rows_for(len(x), self.width, x.shape[3])))
        x = self._rectify(self.head(reflect(x, 3)))
        x = self._rectify(self.down1(x))
        x = self._rectify(self.down2(x))
        x = self.body(x)
        x = self._rectify(self.up1(x))
        x = self._rectify(self.up2(x))
        return self._finish(self._paint(x))

    def _finish(self, x: Tensor) -> Tensor:
        return (x.float().tanh() + 1) / 2

    def _in_bands(self, x: Tensor, rows: int) -> Tensor:
        """What the last convolution gives, worked out in bands of about so many rows."""
        both, half = Fraction(2), Fraction(1, 2)
        parts = bands.through(bands.cut(x, rows), lambda each: self.head(reflect(each, 3)), 3)
        parts = bands.through(self._rectified(parts), self.down1, 2, half)
        parts = self._rectified(bands.through(self._rectified(parts), self.down2, 2, half))
        for block in self.body:
            assert isinstance(block, ResidualBlock)
            inner = self._rectified(bands.through(parts, block.body[:2], 1))
            inner = bands.through(inner, block.body[4:6], 1)
            inner = bands.normalise(inner) if self.normed else inner
            parts = [each.add_(its) for each, its in zip(inner, parts, strict=True)]
        parts = bands.through(parts, self.up1, 2, both)
        parts = bands.through(self._rectified(parts), self.up2, 2, both)
        return torch.cat(bands.through(self._rectified(parts), self._paint, 4), 2)

    def _rectify(self, x: Tensor) -> Tensor:
        return _rectify(x) if self.normed else F.relu(x)

    def _rectified(self, parts: bands.Bands) -> bands.Bands:
        return _rectified(parts) if self.normed else [F.relu(each) for each in parts]

    def _paint(self, x: Tensor) -> Tensor:
        convolve = quick.convolve_to_few if quick.suits(x, self.tail.weight) else quick.convolve
        return convolve(x, self.tail.weight, self.tail.bias, quick.REFLECT)


def _is_too_large(x: Tensor, weight: Tensor) -> bool:
    """Whether the maps of an accelerator would have more numbers than its kernels count."""
    numbers = x[:, :1].numel() * weight.shape[0]
    return x.device.type != "cpu" and numbers > bands.LARGEST and not quick.is_learning(x, weight)


def _rectified(x: bands.Bands) -> bands.Bands:
    return [each.relu_() for each in bands.normalise(x)]


def _rectify(x: Tensor) -> Tensor:
    if not x.requires_grad:
        return quick.instance_norm(x).relu_()
    return F.relu(F.instance_norm(x))


class PatchGAN(nn.Module):
    """The 70x70 discriminator: real or translated, judged patch by patch (section 4, appendix 7.2).

    Args:
        width: channels after the first convolution (the paper's 64).
        layers: strided convolutions; 3 see patches of 70x70 pixels.
    """

    def __init__(self, width: int = 64, layers: int = 3) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        wide = width
        for n in range(1, layers + 1):
            out = width * min(2**n, 8)
            stride = 2 if n < layers else 1
            parts += [nn.Conv2d(wide, out, 4, stride=stride, padding=1), _norm(out), nn.LeakyReLU(0.2)]
            wide = out
        self.body = nn.Sequential(*parts, nn.Conv2d(wide, 1, 4, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) RGB in [0, 1] to (B, 1, h, w) scores without a sigmoid (LSGAN: real is 1)."""
        return self.body(x * 2 - 1)
