"""What the speed is compared with: the published networks and methods as plain eager float32 PyTorch.

Written for this comparison from the papers' descriptions, with the published shapes and settings; the weights
are random unless a file is given, since time does not depend on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PLAN = (64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512)
STYLE = (1, 6, 11, 20, 29)  # places of relu1_1 to relu5_1 among the layers
CONTENT = 22  # relu4_2
SHALLOW = (256, 64, 16, 4, 1)  # weights of the style layers
Padding = Literal["zeros", "reflect"]
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def vgg(plan: Sequence[int | str] = PLAN, padding: Padding = "zeros") -> nn.Sequential:
    """VGG-19's convolutions as a chain; relu5_1 is the last."""
    layers: list[nn.Module] = []
    channels = 3
    for step in plan:
        if isinstance(step, str):
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, step, 3, padding=1, padding_mode=padding), nn.ReLU()]
            channels = step
    return nn.Sequential(*layers).requires_grad_(False).eval()


def features(network: nn.Sequential, picture: Tensor) -> dict[int, Tensor]:
    """Maps at every place that is compared."""
    x = (picture - picture.new_tensor(_MEAN).view(3, 1, 1)) / picture.new_tensor(_STD).view(3, 1, 1)
    found = {}
    for n, layer in enumerate(network):
        x = layer(x)
        if n in (*STYLE, CONTENT):
            found[n] = x
    return found


class AdaIN(nn.Module):
    """VGG-19 to relu4_1 with reflection padding behind a 1x1 convolution for the colors, and its mirror."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 3, 1), vgg((*PLAN[:11], 512), "reflect"))
        self.decoder = nn.Sequential(*self._mirror()).requires_grad_(False).eval()

    @staticmethod
    def _mirror() -> list[nn.Module]:
        layers: list[nn.Module] = []
        channels = 512
        for step in (256, "up", 256, 256, 256, 128, "up", 128, 64, "up", 64, 3):
            if isinstance(step, str):
                layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
            else:
                layers += [nn.Conv2d(channels, step, 3, padding=1, padding_mode="reflect"), nn.ReLU()]
                channels = step
        return layers[:-1]

    @torch.no_grad()
    def forward(self, content: Tensor, style: tuple[Tensor, Tensor]) -> Tensor:
        """(1, 3, H, W) and the style's mean and deviation to (1, 3, H, W)."""
        x = self.encoder(content)
        mean, deviation = self.statistics(x)
        return self.decoder((x - mean) / deviation * style[1] + style[0])

    @staticmethod
    def statistics(x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation, (1, C, 1, 1) each."""
        flat = x.flatten(2)
        return flat.mean(2)[..., None, None], (flat.var(2) + 1e-5).sqrt()[..., None, None]

    @torch.no_grad()
    def encode_style(self, style: Tensor) -> tuple[Tensor, Tensor]:
        """What :meth:`forward` wants of a style."""
        return self.statistics(self.encoder(style))


class Residual(nn.Module):
    """Two convolutions and the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        again = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        self.body = nn.Sequential(*half, nn.ReLU(), *again)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return x + self.body(x)


def resnet_9() -> nn.Sequential:
    """CycleGAN's generator for [-1, 1]."""

    def then(conv: nn.Module, channels: int) -> list[nn.Module]:
        return [conv, nn.InstanceNorm2d(channels), nn.ReLU()]

    def up(channels: int) -> nn.Module:
        return nn.ConvTranspose2d(channels, channels // 2, 3, stride=2, padding=1, output_padding=1)

    return nn.Sequential(
        nn.ReflectionPad2d(3), *then(nn.Conv2d(3, 64, 7), 64),
        *then(nn.Conv2d(64, 128, 3, stride=2, padding=1), 128),
        *then(nn.Conv2d(128, 256, 3, stride=2, padding=1), 256),
        *(Residual(256) for _ in range(9)), *then(up(256), 128), *then(up(128), 64),
        nn.ReflectionPad2d(3), nn.Conv2d(64, 3, 7), nn.Tanh(),
    ).requires_grad_(False).eval()  # fmt: skip


Loss = Callable[[Tensor], Tensor]


def gram(x: Tensor) -> Tensor:
    """F Fᵀ / (H W)."""
    flat = x.flatten(2)[0]
    return flat @ flat.T / flat.shape[1]


def gram_objective(network: nn.Sequential, content: Tensor, style: Tensor) -> Loss:
    """Gatys 2016: squared errors of relu4_2 and of the Gram matrices."""
    with torch.no_grad():
        wanted = features(network, content)[CONTENT]
        grams = {n: gram(x) for n, x in features(network, style).items() if n in STYLE}

    def loss(picture: Tensor) -> Tensor:
        found = features(network, picture)
        errors = [F.mse_loss(gram(found[n]), each) / each.square().mean() for n, each in grams.items()]
        return F.mse_loss(found[CONTENT], wanted) / wanted.square().mean() + torch.stack(errors).sum()

    return loss


class _Root(torch.autograd.Function):
    """Newton-Schulz in 12 iterations, and as many for the Lyapunov equation of its gradient."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, matrix: Tensor) -> Tensor:
        size, eye = matrix.norm(), torch.eye(len(matrix), device=matrix.device)
        root, inverse = matrix / size, eye
        for _ in range(12):
            middle = (3 * eye - inverse @ root) / 2
            root, inverse = root @ middle, middle @ inverse
        ctx.save_for_backward(root * size.sqrt())
        return root * size.sqrt()

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *grads: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors  # type: ignore[attr-defined]
        size, eye = root.norm(), torch.eye(len(root), device=root.device)
        root, right = root / size, grads[0] / size
        for _ in range(12):
            middle = 3 * eye - root @ root
            right = (right @ middle - root.T @ (root.T @ right - right @ root)) / 2
            root = root @ middle / 2
        return right / 2


def wasserstein_objective(network: nn.Sequential, content: Tensor, style: Tensor) -> Loss:
    """Its successor: relu4_2 at 0.015, Wasserstein-2 of Gaussians, shallow weights, smoothness at 2."""

    def gaussian(x: Tensor) -> tuple[Tensor, Tensor]:
        flat = x.flatten(2)[0]
        mean = flat.mean(1)
        return mean, flat @ flat.T / flat.shape[1] - torch.outer(mean, mean) + 1e-4 * torch.eye(
            len(mean), device=mean.device
        )

    with torch.no_grad():
        wanted = features(network, content)[CONTENT]
        targets = {n: gaussian(x) for n, x in features(network, style).items() if n in STYLE}
        roots = {n: _Root.apply(covariance) for n, (_, covariance) in targets.items()}

    def distance(x: Tensor, n: int) -> Tensor:
        (mean, own), (its_mean, its) = gaussian(x), targets[n]
        cross = _Root.apply(roots[n] @ own @ roots[n])
        return (mean - its_mean).square().mean() + (own + its - 2 * cross).diagonal().mean()

    def loss(picture: Tensor) -> Tensor:
        found = features(network, picture)
        shares = [weight / sum(SHALLOW) for weight in SHALLOW]
        style_loss = sum(share * distance(found[n], n) for share, n in zip(shares, STYLE, strict=True))
        edges = (picture.diff(dim=2).square().mean() + picture.diff(dim=3).square().mean()) * 2
        return 0.015 * F.mse_loss(found[CONTENT], wanted) + style_loss + 2 * edges

    return loss


def stepper(loss: Loss, picture: Tensor, optimizer: str) -> Callable[[], None]:
    """One step at each call."""
    picture = picture.clone().requires_grad_()
    if optimizer == "adam":
        steps: torch.optim.Optimizer = torch.optim.Adam([picture], lr=0.02, betas=(0.9, 0.99), foreach=False)
    else:
        steps = torch.optim.LBFGS(
            [picture], max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0
        )

    def closure() -> Tensor:
        steps.zero_grad()
        value = loss(picture)
        value.backward()
        return value

    def step() -> None:
        steps.step(closure)  # type: ignore[arg-type]
        with torch.no_grad():
            picture.clamp_(0, 1)

    return step


def pyramid(side: int, smallest: int = 128) -> list[tuple[int, int]]:
    """The usual one: the longer side of each scale, up by the root of two, and its steps."""
    count = int(2 * math.log2(side / smallest) + 1e-9) + 1
    sides = [round(side / math.sqrt(2) ** n) for n in range(count)][::-1]
    return [(each, 500 if n else 1000) for n, each in enumerate(sides)]


def pyramid_pixels(side: int) -> float:
    """What it costs, in steps at the full size."""
    return sum(count * (each / side) ** 2 for each, count in pyramid(side))
