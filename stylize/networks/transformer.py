"""The network of fast neural style (Johnson, Alahi and Fei-Fei, ECCV 2016) as pytorch/examples trains it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .cpu_kernels import REFLECT, conv2d, instance_norm, transposed_upsample_conv2d
from .padding import reflect_pad


class InstanceNorm(nn.Module):
    """Instance normalization with a scale and a shift for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        scale, shift = (each.to(x.dtype).view(1, -1, 1, 1) for each in (self.weight, self.bias))
        return torch.addcmul(shift, instance_norm(x), scale)


class Layer(nn.Module):
    """A convolution with reflection padding, after nearest-neighbor upsampling by 2 if ``upsampled``."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, upsampled: bool = False
    ) -> None:
        super().__init__()
        self.conv2d, self.upsampled = nn.Conv2d(in_channels, out_channels, kernel, stride), upsampled

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, D, H / stride, W / stride), or to (B, D, 2H, 2W)."""
        weight, bias = self.conv2d.weight, self.conv2d.bias
        if self.upsampled:
            return transposed_upsample_conv2d(x, weight, bias, REFLECT)
        if self.conv2d.stride[0] == 1:
            return conv2d(x, weight, bias, REFLECT)
        return F.conv2d(reflect_pad(x, weight.shape[2] // 2), weight, bias, self.conv2d.stride)


class AffineResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance norm and a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.in1 = Layer(channels, channels, 3), InstanceNorm(channels)
        self.conv2, self.in2 = Layer(channels, channels, 3), InstanceNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        residual: Tensor = self.in2(self.conv2(F.relu(self.in1(self.conv1(x)))))
        return x + residual


class TransformerNet(nn.Module):
    """Picture to picture in one style: two strided convolutions down, residual blocks, two steps up.

    Args:
        width: channels after the first convolution (32 in pytorch/examples).
        blocks: residual blocks (5 there).
    """

    FACTOR, LEAST, MARGIN, SIDE = 4, 8, 0, 0  # as a ResNetGenerator has them

    def __init__(self, width: int = 32, blocks: int = 5) -> None:
        super().__init__()
        self.blocks = blocks
        self.conv1, self.in1 = Layer(3, width, 9), InstanceNorm(width)
        self.conv2, self.in2 = Layer(width, 2 * width, 3, 2), InstanceNorm(2 * width)
        self.conv3, self.in3 = Layer(2 * width, 4 * width, 3, 2), InstanceNorm(4 * width)
        for n in range(1, blocks + 1):
            self.add_module(f"res{n}", AffineResidualBlock(4 * width))
        self.deconv1, self.in4 = Layer(4 * width, 2 * width, 3, upsampled=True), InstanceNorm(2 * width)
        self.deconv2, self.in5 = Layer(2 * width, width, 3, upsampled=True), InstanceNorm(width)
        self.deconv3 = Layer(width, 3, 9)

    def forward(self, x: Tensor) -> Tensor:
        """Translate a picture.

        Args:
            x: (B, 3, H, W) RGB in [0, 1]; H and W multiples of 4, at least 8. The network was trained on
                values from 0 to 255, to which the picture is scaled here.

        Returns:
            (B, 3, H, W) float32 RGB, not clamped to [0, 1].
        """
        x = (x * 255).to(self.conv1.conv2d.weight.dtype)
        x = F.relu(self.in1(self.conv1(x)))
        x = F.relu(self.in2(self.conv2(x)))
        x = F.relu(self.in3(self.conv3(x)))
        for n in range(1, self.blocks + 1):
            x = self.get_submodule(f"res{n}")(x)
        x = F.relu(self.in4(self.deconv1(x)))
        x = F.relu(self.in5(self.deconv2(x)))
        result: Tensor = self.deconv3(x).float() / 255
        return result
