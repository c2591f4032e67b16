"""The discriminator that sees a window of the style."""

from __future__ import annotations

import torch

from stylize.training.style_discriminator import OTHERS, StyleDiscriminator, discriminator_errors, distance


def test_scores_are_of_patches_and_depend_on_the_style():
    torch.manual_seed(0)
    network, pictures = StyleDiscriminator(4), torch.rand(2, 3, 64, 64)
    one, other = (network(pictures, torch.rand(2, 3, 48, 48)) for _ in range(2))
    assert one.shape == (2, 1, 7, 7)
    assert not torch.allclose(one, other)


def test_only_the_style_itself_is_real():
    """Of a network that scores the brightness relative to the style's."""

    class Brightness(torch.nn.Module):
        def forward(self, pictures, styles):
            return (pictures - styles).mean((1, 2, 3), keepdim=True) + 1

    styles = torch.tensor([0.2, 0.5]).view(2, 1, 1, 1).expand(2, 3, 4, 4)
    found = discriminator_errors(Brightness(), styles, styles, styles + 0.1)
    assert torch.allclose(found, torch.tensor([1.1**2 + OTHERS * 1.3**2, 1.1**2 + OTHERS * 0.7**2]))


def test_the_distance_is_a_mean_over_patches():
    scores = torch.tensor([[1.0, 3.0], [0.0, 0.0]]).view(2, 1, 1, 2)
    assert distance(scores, 1).tolist() == [2.0, 1.0]


def test_it_learns_to_tell_a_texture_from_another():
    torch.manual_seed(0)
    network, weave = StyleDiscriminator(4), torch.zeros(1, 3, 48, 48)
    weave[..., ::2] = 1
    grain = torch.rand(1, 3, 48, 48)
    adam = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(60):
        loss = discriminator_errors(network, grain, grain.flip(3), weave).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    own, false = (network(each, grain).detach().mean() for each in (grain, weave))
    assert float(own) > float(false) + 0.2
