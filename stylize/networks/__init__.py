"""The networks. Each takes RGB in [0, 1] and normalizes it itself, so that no caller can do it wrongly."""

from .adain import AdaINDecoder, adaptive_instance_norm, style_code
from .cyclegan import PatchGAN, ResNetGenerator
from .painter import Painter, PainterGenerator
from .transformer import TransformerNet
from .vgg import NORMALIZATIONS, VGG19, Metric, Normalization, metric_of

__all__ = [
    "NORMALIZATIONS",
    "VGG19",
    "AdaINDecoder",
    "Metric",
    "Normalization",
    "Painter",
    "PainterGenerator",
    "PatchGAN",
    "ResNetGenerator",
    "TransformerNet",
    "adaptive_instance_norm",
    "metric_of",
    "style_code",
]
