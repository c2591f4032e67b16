"""Other people's networks, as their authors published them."""

from __future__ import annotations

import torch
from torch import nn

WIDTHS = (3, 4, 5, 6, 7)
DEPTHS = (2, 2, 4, 4, 4)
BGR_MEAN = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)


def naoto_encoder(widths=WIDTHS, depths=DEPTHS):
    """naoto0804/pytorch-AdaIN: a 1x1 convolution in front, reflection padding, pooling that rounds up."""
    layers, channels = [nn.Conv2d(3, 3, 1)], 3
    for block, (out, depth) in enumerate(zip(widths, depths, strict=True)):
        if block:
            layers.append(nn.MaxPool2d(2, 2, 0, ceil_mode=True))
        for _ in range(depth):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, out, 3), nn.ReLU()]
            channels = out
    return nn.Sequential(*layers)


def zero_encoder(widths=WIDTHS, colored=True):
    """media-comp's with the 1x1 convolution; torchvision's ``features`` without."""
    layers, channels = [nn.Conv2d(3, 3, 1)] if colored else [], 3
    for block, (out, depth) in enumerate(zip(widths, DEPTHS, strict=True)):
        if block:
            layers.append(nn.MaxPool2d(2, 2))
        for _ in range(depth):
            layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU()]
            channels = out
    return nn.Sequential(*layers)


class TorchvisionVGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = zero_encoder(colored=False)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(nn.Linear(7 * 49, 9), nn.ReLU(), nn.Dropout(), nn.Linear(9, 5))


class TimmVGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = zero_encoder(colored=False)
        self.pre_logits = nn.ModuleDict({"fc1": nn.Conv2d(7, 9, 7), "fc2": nn.Conv2d(9, 9, 1)})
        self.head = nn.ModuleDict({"fc": nn.Linear(9, 5)})


def plan(widths):
    a, b, c, d = widths[:4]
    up = "up"
    return [(d, c), up, (c, c), (c, c), (c, c), (c, b), up, (b, b), (b, a), up, (a, a), (a, 3)]


def naoto_decoder(widths=WIDTHS):
    layers = []
    for step in plan(widths):
        if step == "up":
            layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
        else:
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(*step, 3), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def zero_decoder(widths=WIDTHS):
    layers = []
    for step in plan(widths):
        if step == "up":
            layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
        else:
            layers += [nn.Conv2d(*step, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class ResnetBlock(nn.Module):
    def __init__(self, channels, dropout, tracked):
        super().__init__()
        layers = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(channels, tracked), nn.ReLU()]
        layers += [nn.Dropout(0.5)] if dropout else []
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(channels, tracked)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


def norm(channels, tracked):
    return nn.InstanceNorm2d(channels, affine=False, track_running_stats=tracked)


def junyanz_layers(width=2, blocks=6, dropout=False, tracked=False):
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7), norm(width, tracked), nn.ReLU()]
    for channels in (width, 2 * width):
        layers += [nn.Conv2d(channels, 2 * channels, 3, 2, 1), norm(2 * channels, tracked), nn.ReLU()]
    layers += [ResnetBlock(4 * width, dropout, tracked) for _ in range(blocks)]
    for channels in (4 * width, 2 * width):
        up = nn.ConvTranspose2d(channels, channels // 2, 3, 2, 1, output_padding=1)
        layers += [up, norm(channels // 2, tracked), nn.ReLU()]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())


class JunyanzGenerator(nn.Module):
    def __init__(self, **kind):
        super().__init__()
        self.model = junyanz_layers(**kind)


class UpitCycleGAN(nn.Module):
    def __init__(self):
        super().__init__()
        self.G_A, self.G_B = junyanz_layers(blocks=9), junyanz_layers(blocks=9)
        self.D_A, self.D_B = nn.Sequential(nn.Conv2d(3, 2, 4)), nn.Sequential(nn.Conv2d(3, 2, 4))


def as_published(layers, picture):
    """How these generators are run: on [-1, 1], with the statistics of the picture itself."""
    dropouts = [part.eval() for part in layers.train().modules() if isinstance(part, nn.Dropout)]
    assert all(not part.training for part in dropouts)
    return (layers((picture - 0.5) / 0.5) + 1) / 2
