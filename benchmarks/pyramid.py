"""In what part of the usual pyramid's time does Gatys' mode reach its loss?

    python benchmarks/pyramid.py --teacher vgg19.npz
    python benchmarks/pyramid.py --teacher vgg19.npz --side 512 --steps 60 80 120

The usual pyramid: scales from 128 px up by the root of two, 1000 steps of Adam at the first and 500 at each
other, rate 0.02, betas (0.9, 0.99), running average 0.99. Its time is that of ``plain.py``: steps timed at
each scale, times their number, since the whole takes hours. Its loss is found by taking all of these steps
with Stylize's network and objective in the device's number format; the plain code's objective has other
weights, which makes no difference to its time. Stylize's time is that of whole runs.

All final losses are those of one objective, by the full VGG-19 in float32 at the full size. Up to 3 % above
the pyramid's counts as the same. Stylize's loss is that of a run without the margin that it otherwise puts
around a picture, so that both solve the same problem; its time is that of a run with it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone

import plain
import quality
import torch
from methods import as_encoder
from torch import Tensor

from stylize import api
from stylize.device import Compute, choose
from stylize.image import fit, load, of_tensor
from stylize.inputs import StyleInput
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys import padded_canvas, picture_optimizer
from stylize.modes.gatys.objective import Objective
from stylize.modes.gatys.spec import GatysSettings
from stylize.weights import zoo

ROOT = Path(__file__).parents[1]
USUAL: dict[str, Any] = {"learning_rate": 0.02, "average": 0.99}
USUAL_BETAS = (0.9, 0.99)
SAME = 1.03
NO_MARGIN = 10**9  # the margin is this part of the shorter side


class Trial:
    """A photo and a style at one size, and the objective by which all results are judged."""

    def __init__(self, photo: Tensor, style: Tensor, network: str) -> None:
        self.photo, self.style, self.network = photo, style, network
        self.settings = GatysSettings(network=network, content_side=0)
        self.objective = self._objective(photo, Compute(choose().device, torch.float32))

    def _objective(self, photo: Tensor, compute: Compute) -> Objective:
        network = zoo.encoder(self.network, compute).network
        style = fit(self.style, max(photo.shape[2:])).to(compute.device)
        return Objective(network, photo.to(compute.device), [StyleInput(style)], self.settings)

    @torch.no_grad()
    def loss(self, picture: Tensor) -> float:
        """Of a (1, 3, H, W) picture of the photo's size."""
        return float(self.objective(picture.to(choose().device))[0])

    def usual_loss(self, plan: list[tuple[int, int]]) -> float:
        """What the usual pyramid ends at."""
        picture_optimizer.BETAS, kept = USUAL_BETAS, picture_optimizer.BETAS
        flow: picture_optimizer.PictureOptimizer | None = None
        for side, count in plan:
            small = fit(self.photo, side)
            if flow is None:
                flow = picture_optimizer.PictureOptimizer(
                    small.to(choose().device), replace(self.settings, **USUAL)
                )
            else:
                flow.grow(small.shape[2], small.shape[3])
            objective = self._objective(small, choose())
            for _ in range(count):
                flow.step(objective)
        picture_optimizer.BETAS = kept
        assert flow is not None
        return self.loss(flow.average.clamp(0, 1))

    def usual_seconds(self, plan: list[tuple[int, int]], timed: int = 3) -> float:
        """What the plain code would take."""
        network, total = plain.vgg().to(choose().device), 0.0
        for side, count in plan:
            small = fit(self.photo, side).to(choose().device)
            style = fit(self.style, side).to(choose().device)
            step = plain.stepper(plain.wasserstein_objective(network, small, style), small, "adam")
            step()
            total += count * statistics.median(seconds(step) for _ in range(timed))
        return total

    def ours(self, steps: int) -> tuple[float, float]:
        """Seconds of a whole run, and the loss of one without a margin."""
        settings, made = replace(self.settings, steps=steps), self.photo
        inputs = api.inputs(of_tensor(self.photo), of_tensor(self.style))

        def work() -> None:
            nonlocal made
            for progress in gatys.run(inputs, settings):
                made = made if progress.picture is None else progress.picture

        took = seconds(work)
        padded_canvas.PART, kept = NO_MARGIN, padded_canvas.PART
        work()
        padded_canvas.PART = kept
        return took, self.loss(made)


def seconds(work: object) -> float:
    """Of one call, by the wall's clock."""
    start = time.perf_counter()
    work()  # type: ignore[operator]
    if choose().device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="VGG-19, as for quality.py")
    parser.add_argument("--photo", type=Path, default=ROOT / "examples/photos/mountain-path.jpg")
    parser.add_argument("--style", type=Path, default=ROOT / "examples/styles/starlit-swirls.jpg")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--steps", type=int, nargs="+", default=[40, 60, 80, 120, 160])
    options = parser.parse_args()
    network = as_encoder(quality.load_teacher(options.teacher))
    photo, style = (fit(load(path).tensor, options.side) for path in (options.photo, options.style))
    trial, plan = Trial(photo, style, network), plain.pyramid(options.side)
    usual = trial.usual_seconds(plan)
    rows = [(steps, *trial.ours(steps)) for steps in options.steps]
    usual += trial.usual_seconds(plan)
    usual, goal = usual / 2, trial.usual_loss(plan)
    print(f"{options.side} px; the usual pyramid: {usual:.0f} s, loss {goal:.4f}")
    print("| steps | seconds | part of the pyramid's time | loss above the pyramid's | the same |")
    print("|---|---|---|---|---|")
    for steps, took, loss in rows:
        same = "yes" if loss <= SAME * goal else "no"
        print(f"| {steps} | {took:.1f} | {took / usual:.1%} | {loss / goal - 1:+.1%} | {same} |")


if __name__ == "__main__":
    main()
