"""The networks. Each takes RGB in [0, 1], so that nobody can normalise wrongly."""

from .adain import AdaINDecoder, tell
from .cyclegan import PatchGAN, ResNetGenerator
from .transformer import TransformerNet
from .vgg import NORMALISATIONS, VGG19, Metric, Normalisation, metric_of

__all__ = [
    "NORMALISATIONS",
    "VGG19",
    "AdaINDecoder",
    "Metric",
    "Normalisation",
    "PatchGAN",
    "ResNetGenerator",
    "TransformerNet",
    "metric_of",
    "tell",
]
