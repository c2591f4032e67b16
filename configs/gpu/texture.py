"""The adversarial loss of ``stylize/training/adversarial_painter.py``, with everything on one device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from stylize.training.adversarial import init_weights
from stylize.training.adversarial_painter import window
from stylize.training.style_discriminator import STD, StyleDiscriminator, discriminator_errors, distance

FILE = "discriminator.safetensors"


class Texture:
    """A discriminator that compares windows of what was painted with windows of its style.

    Args:
        picture: a style by its number, (1, 3, H, W) RGB in [0, 1] on the device.
        side: of a window, pixels.
        rate: of Adam.
        device: where everything is.
    """

    def __init__(
        self, picture: Callable[[int], Tensor], side: int, rate: float, device: torch.device
    ) -> None:
        self._picture, self._side, self._shown = picture, side, dict[int, Tensor]()
        self.network = StyleDiscriminator()
        init_weights(self.network, STD)
        self.network.to(device).to(memory_format=torch.channels_last)
        self._adam = torch.optim.Adam(self.network.parameters(), lr=rate, betas=(0.5, 0.999))
        self.loss = torch.ones((), device=device)  # of the discriminator, a running average

    def errors(self, painted: Tensor, styles: Sequence[int], random: numpy.random.Generator) -> Tensor:
        """(B,) the adversarial loss of each painting (B, 3, H, W), after one step of the discriminator."""
        own = torch.cat([window(each, self._side, random) for each in painted.split(1)])
        seen = [self._style(number) for number in styles]
        style, other = (_last(torch.cat([window(each, self._side, random) for each in seen])) for _ in "12")
        with torch.autocast(painted.device.type, torch.bfloat16):
            loss = discriminator_errors(self.network, other, style, _last(own.detach())).mean()
        self._adam.zero_grad(set_to_none=True)
        loss.backward()
        self._adam.step()
        self.loss.lerp_(loss.detach().float(), 0.02)
        self.network.requires_grad_(False)
        with torch.autocast(painted.device.type, torch.bfloat16):
            errors = distance(self.network(_last(own), style), 1)
        self.network.requires_grad_(True)
        return errors

    def _style(self, number: int) -> Tensor:
        if number not in self._shown:
            self._shown[number] = (self._picture(number) * 255).round().byte()
        return self._shown[number].float() / 255

    def save(self, folder: Path) -> None:
        """For a run that goes on."""
        save_file(
            {name: value.contiguous() for name, value in self.network.state_dict().items()}, folder / FILE
        )

    def load(self, folder: Path) -> None:
        """What :meth:`save` wrote, where there is some."""
        if (folder / FILE).is_file():
            self.network.load_state_dict(load_file(folder / FILE))


def _last(pictures: Tensor) -> Tensor:
    return pictures.contiguous(memory_format=torch.channels_last)
