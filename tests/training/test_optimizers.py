from __future__ import annotations

import pytest
import torch
from torch import nn

from stylize.training import optimizers
from stylize.training.settings import LoopSettings


@pytest.mark.parametrize("shape", [(8, 27), (40, 12), (16, 16)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 1e-3
    values = torch.linalg.svdvals(optimizers.orthogonalize(matrix))
    assert values.min() > 0.5
    assert values.max() < 1.3


def test_orthogonalising_keeps_the_directions():
    matrix = torch.randn(6, 20, generator=torch.Generator().manual_seed(1))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    inner = left.T @ optimizers.orthogonalize(matrix) @ right.T
    assert (inner - inner.diagonal().diag()).abs().max() < 1e-3
    assert inner.diagonal().min() > 0.5


def test_muon_takes_the_convolutions_and_adam_the_rest():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1))
    muon, adam = optimizers.build([network], LoopSettings(learning_rate=0.5, adam_rate=0.25), muon=True)
    assert isinstance(muon, optimizers.Muon)
    assert {each.dim() for each in muon.param_groups[0]["params"]} == {4}
    assert {each.dim() for each in adam.param_groups[0]["params"]} == {1}
    (only,) = optimizers.build([network], LoopSettings(adam_rate=0.25), muon=False)
    assert only.param_groups[0]["base"] == 0.25
    (only,) = optimizers.build([network], LoopSettings(optimizer="adam", learning_rate=0.5), muon=True)
    assert only.param_groups[0]["base"] == 0.5


def test_muon_lowers_a_loss():
    torch.manual_seed(0)
    conv, wanted = nn.Conv2d(3, 8, 3, bias=False), nn.Conv2d(3, 8, 3, bias=False)
    x = torch.randn(4, 3, 8, 8)
    muon = optimizers.Muon(conv.parameters(), lr=0.02)
    losses = []
    for _ in range(30):
        loss = (conv(x) - wanted(x).detach()).square().mean()
        muon.zero_grad()
        loss.backward()
        muon.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


def test_rates_rise_hold_and_fall():
    def rates(**given):
        settings = LoopSettings(steps=10, warmup=2, **given)
        return [round(optimizers.rate_factor(step, settings), 4) for step in range(1, 11)]

    assert rates(schedule="constant") == [0.5, *[1.0] * 9]
    far = LoopSettings(steps=10**6, schedule="inverse")
    assert optimizers.rate_factor(20_000, far) == 0.5
    assert rates(schedule="linear", hold=4) == [0.5, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]
    cosine = rates(schedule="cosine")
    assert cosine[5] == 0.5
    assert cosine[-1] == 0
    assert sorted(cosine[1:], reverse=True) == cosine[1:]
