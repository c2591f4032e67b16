"""Trains a painter on one GPU in minutes, on what ``pack.py`` packed.

    python configs/gpu/painter.py --packed PACKED -o OUT --minutes 9
    python configs/gpu/painter.py --packed PACKED -o OUT --minutes 9 --resume OUT    # goes on with it
    python configs/gpu/painter.py --packed PACKED -o OUT --minutes 9 --start FILE    # from a released one
    python configs/gpu/painter.py --packed PACKED -o OUT --steps 20 --batch 2 --most 40    # a trial on a CPU

Everything is on the device: photos as uint8, styles as the statistics of their features. Each step takes a
batch of crops; each crop has a style of its own, by a row of the table (the examples, and one row a painter),
by the predicted code of a single picture, or none (the photo is to come back), and a freedom of its own.

Loss of a crop, with the full VGG-19 of Oxford: style + w content, w from ``STRICT`` (freedom -1) to
``FREE`` (freedom 1). Style: relative squared errors of means, covariances and Gram matrices at relu1_1 to
relu5_1, divided by what raw photos have to that style, so that every style begins at 1. Content: squared
error at relu4_2, relative to the photo's own variation.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import math
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

from quality import Measure, load_teacher  # noqa: E402
from release import name_of  # noqa: E402

from stylize.device import choose  # noqa: E402
from stylize.networks import Metric  # noqa: E402
from stylize.networks.painter import LAYERS, NOISE, Noise, Painter, noise_at, style_vector  # noqa: E402
from stylize.weights import checkpoints, zoo  # noqa: E402

CONTENT = "relu4_2"
SIDE, CUT = 256, 16  # pixels of a crop that are compared, and of the rim around it
STORED = 320
STRICT, DEFAULT, FREE = 0.8, 0.14, 0.03  # weights of the content
BANK = 24  # photos whose style losses are what a style's are divided by
NAMED, ALONE = 0.4, 0.06  # shares of a batch: by a row of the table, and the photo itself
SMOOTH = 0.01
LAST = torch.channels_last


# Data


def pictures(folder: Path, start: str, most: int) -> Iterator[tuple[str, Tensor]]:
    """Names below ``start`` and uint8 pictures (3, H, W) of all tars in a folder."""
    count = 0
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                if not member.name.startswith(start) or count >= most:
                    continue
                file = tar.extractfile(member)
                assert file is not None
                with Image.open(io.BytesIO(file.read())) as image:
                    array = numpy.array(image.convert("RGB"))
                count += 1
                yield member.name.removeprefix(start), torch.from_numpy(array).permute(2, 0, 1)


def squares(folder: Path, most: int) -> Tensor:
    """All photos as uint8 squares (N, 3, STORED, STORED): two of each, from both ends of its longer side."""
    found = []
    for _, picture in pictures(folder, "photos/", most):
        height, width = picture.shape[1:]
        tops, lefts = {0, (height - STORED) // 2, height - STORED}, {0, (width - STORED) // 2, width - STORED}
        if min(height, width) < 2 * STORED:
            tops, lefts = {0, height - STORED}, {0, width - STORED}
        found += [picture[:, y : y + STORED, x : x + STORED] for y in tops for x in lefts]
    return torch.stack(found)


def varied(picture: Tensor, generator: torch.Generator) -> Tensor:
    """A style (3, H, W) in [0, 1] with other colors: channels exchanged, perhaps inverted, another gamma."""
    order = torch.randperm(3, generator=generator)
    other = picture[order.tolist()]
    if torch.rand((), generator=generator) < 0.25:
        other = 1 - other
    gamma = torch.exp((torch.rand((), generator=generator) - 0.5) * 0.8)
    return other ** float(gamma)


# Statistics


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """(B, C, H, W) to means (B, C) and covariances (B, C, C), float32, of a whole batch at once."""
    flat = features.flatten(2).float()
    mean = flat.mean(2)
    centered = flat - mean[:, :, None]
    return mean, centered @ centered.mT / flat.shape[2]


ByLayer = dict[str, tuple[Tensor, Tensor]]  # means (N, C) and covariances (N, C, C) by layer


class Targets:
    """Statistics of styles; covariances in half precision, scaled so that its range suffices."""

    def __init__(self) -> None:
        self.means: dict[str, list[Tensor]] = {layer: [] for layer in LAYERS}
        self.covariances: dict[str, list[Tensor]] = {layer: [] for layer in LAYERS}
        self.scales: dict[str, list[Tensor]] = {layer: [] for layer in LAYERS}
        self.raw: list[Tensor] = []
        self.vectors: list[Tensor] = []

    def add(self, found: ByLayer, vector: Tensor, bank: ByLayer) -> None:
        """One style: its statistics by layer, each with a batch of one, and its vector."""
        raw = []
        for layer, (mean, covariance) in found.items():
            scale = covariance.diagonal(dim1=1, dim2=2).amax(1).clamp_min(1e-6)
            self.means[layer].append(mean)
            self.covariances[layer].append((covariance / scale[:, None, None]).half())
            self.scales[layer].append(scale)
            raw.append(torch.stack(errors(*bank[layer], mean, covariance)).mean(1))
        self.raw.append(torch.stack(raw)[None])
        self.vectors.append(vector)

    def join(self) -> None:
        """After the last style."""
        for parts in (self.means, self.covariances, self.scales):
            for layer in LAYERS:
                parts[layer] = torch.cat(parts[layer])  # type: ignore[assignment]
        self.raw_errors = torch.cat(self.raw)  # (N, layers, 3)
        self.all_vectors = torch.cat(self.vectors)

    def at(self, layer: str, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Means and covariances of some styles."""
        scale = self.scales[layer][rows]
        return self.means[layer][rows], self.covariances[layer][rows].float() * scale[:, None, None]


def errors(mean: Tensor, covariance: Tensor, aim: Tensor, spread: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Relative squared errors (B,) of means, covariances and Gram matrices."""
    gram, wanted = covariance + _outer(mean), spread + _outer(aim)
    return (
        (mean - aim).square().sum(1) / aim.square().sum(1),
        (covariance - spread).square().sum((1, 2)) / spread.square().sum((1, 2)),
        (gram - wanted).square().sum((1, 2)) / wanted.square().sum((1, 2)),
    )


def _outer(mean: Tensor) -> Tensor:
    return mean[:, :, None] * mean[:, None, :]


# Training


class Run:
    """Everything of one run.

    Args:
        options: of the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.compute = choose()
        self.device = self.compute.device
        self.generator = torch.Generator().manual_seed(options.seed)
        torch.manual_seed(options.seed)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        teacher = load_teacher(next(options.packed.glob("*.npz")))
        for conv in (each for each in teacher.modules() if isinstance(each, nn.Conv2d)):
            conv.to(torch.bfloat16)  # but not the colors before them
        self.teacher = teacher.to(self.device).to(memory_format=LAST)
        self.judge = Measure(self.teacher)
        self.encoder = zoo.encoder("vgg19-half", self.compute).network
        if options.bundled:
            self.critic = copy.deepcopy(self.encoder).to(torch.bfloat16)
            for module in self.critic.modules():
                if isinstance(module, Metric):
                    module.float()
        self.photos = squares(options.packed, options.most).to(self.device)
        self.say(f"{len(self.photos)} squares of photos")
        self._describe()
        self.painter = Painter().to(self.device).to(memory_format=LAST)
        self.codes = nn.Parameter(torch.randn(len(self.rows), 128, generator=self.generator).to(self.device))
        self._begin()

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - START:6.1f} s  {text}", flush=True)

    # Styles

    @torch.no_grad()
    def _describe(self) -> None:
        """All styles: their statistics, and which of them belong to which row of the table."""
        bank = self._bank()
        self.targets = Targets()
        self.single: dict[str, list[int]] = {"examples": [], "modern": [], "vangogh": [], "paintings": []}
        members: dict[str, list[int]] = {}
        for name, picture in pictures(self.options.packed, "styles/", self.options.most):
            kind, file = name.split("/")
            plain = picture.to(self.device).float() / 255
            forms = self._forms(kind, plain)
            for form, own in forms:
                row = len(self.targets.vectors)
                self._add(form, bank)
                self.single[kind].append(row)
                if own and kind != "modern":
                    stem = Path(file).stem
                    key = stem if kind == "examples" else (
                        "vincent-van-gogh" if kind == "vangogh" else stem.rpartition("_")[0])  # fmt: skip
                    members.setdefault(key, []).append(row)
        self.targets.join()
        self.rows = sorted(members)
        self.members = [torch.tensor(members[name]) for name in self.rows]
        self.say(
            f"{len(self.targets.all_vectors)} styles, {len(self.rows)} rows: {', '.join(self.rows)[:200]}"
        )

    def _forms(self, kind: str, picture: Tensor) -> list[tuple[Tensor, bool]]:
        """The sizes and colors in which a style is shown; whether each is the picture itself."""

        def at(side: int, what: Tensor = picture) -> Tensor:
            factor = side / max(what.shape[1:])
            size = [max(32, round(each * factor)) for each in what.shape[1:]]
            return F.interpolate(what[None], size, mode="bicubic", antialias=True, align_corners=False)[
                0
            ].clamp(0, 1)

        if kind == "examples":
            others = [(at(512, varied(picture, self.generator)), False) for _ in range(3)]
            return [(at(512), True), (at(384), True), *others]
        if kind == "modern":
            others = [(at(512, varied(picture, self.generator)), False) for _ in range(2)]
            return [(at(512), True), (at(384), True), *others]
        if kind == "vangogh":
            return [(at(512), True), (at(512, varied(picture, self.generator)), False)]
        return [(at(512), True)]

    def compared(self, x: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features for the losses: the teacher's, or those of the bundled encoder through its metric."""
        if not self.options.bundled:
            return self.teacher(x, layers)
        found = self.critic(x.to(torch.bfloat16), layers)
        for layer in layers:
            metric = self.critic.metric(layer)
            if metric is not None and layer != CONTENT:
                found[layer] = metric(found[layer])
        return found

    def _add(self, picture: Tensor, bank: dict[str, tuple[Tensor, Tensor]]) -> None:
        features = self.compared(picture[None], LAYERS)
        found = {layer: moments(features[layer]) for layer in LAYERS}
        vector = style_vector(self.encoder(picture[None], LAYERS))
        self.targets.add(found, vector, bank)

    def _bank(self) -> ByLayer:
        """Statistics of some raw photos."""
        chosen = torch.randperm(len(self.photos), generator=self.generator)[:BANK].to(self.device)
        features = self.compared(self.photos[chosen].float() / 255, LAYERS)
        return {layer: moments(features[layer]) for layer in LAYERS}

    # Steps

    def _begin(self) -> None:
        vectors = self.targets.all_vectors
        self.painter.center.copy_(vectors.mean(0))
        self.painter.scale.copy_(vectors.std(0).clamp_min(0.02))
        self.step, self.residuals = 0, torch.ones(len(self.rows), device=self.device)
        self.seen: list[tuple[int, float, float]] = []  # step, style error, content error
        self.parameters = [*self.painter.parameters(), self.codes]
        self.average = {name: value.detach().clone() for name, value in self.state().items()}
        self.adam = torch.optim.Adam(
            self.parameters, lr=1e-3, betas=(0.9, 0.99), fused=self.device.type == "cuda"
        )
        if self.options.resume:
            self._take_up(self.options.resume)
        elif self.options.start:
            self._start_from(self.options.start)

    def state(self) -> dict[str, Tensor]:
        return {**self.painter.state_dict(), "codes": self.codes.data}

    def _take_up(self, folder: Path) -> None:
        kept = load_file(folder / "painter-raw.safetensors", device=str(self.device))
        about = json.loads((folder / "painter.json").read_text())
        if about["rows"] != self.rows:
            raise SystemExit("other rows than those of the run that is to be taken up")
        self.codes.data.copy_(kept.pop("codes"))
        self.painter.load_state_dict(kept)
        self.average = load_file(folder / "painter-average.safetensors", device=str(self.device))
        self.average = {name: value.float() for name, value in self.average.items()}
        moments = load_file(folder / "painter-adam.safetensors", device=str(self.device))
        where = self.device if self.device.type == "cuda" else None
        for n, parameter in enumerate(self.parameters):
            layout = LAST if parameter.dim() == 4 else torch.contiguous_format
            mean, square = (
                moments[f"{n}.{name}"].float().to(memory_format=layout) for name in ("mean", "square")
            )
            step = torch.tensor(float(about["step"]), device=where)
            self.adam.state[parameter] = {"step": step, "exp_avg": mean, "exp_avg_sq": square}
        self.step = about["step"]
        self.residuals = torch.tensor(about["residuals"], device=self.device)

    def _start_from(self, file: Path) -> None:
        """Takes the network of a released file, and the codes of those rows that it has."""
        kept = checkpoints.load_painter(file)
        for n, row in enumerate(self.rows):
            code = kept.table.find(name_of(row))
            if code is not None:
                self.codes.data[n] = code
        self.painter.load_state_dict(kept.state_dict())
        self.average = {name: value.detach().clone() for name, value in self.state().items()}

    def crops(self, count: int) -> Tensor:
        """(B, 3, SIDE + 2 CUT, ...) in [0, 1], at random places, sizes and ways round."""
        side = SIDE + 2 * CUT
        scale = (
            float(torch.rand((), generator=self.generator)) * 0.45 + 0.65
        )  # 0.65 to 1.1 of the size wanted
        taken = min(STORED, round(side * scale))
        which = torch.randint(len(self.photos), (count,), generator=self.generator)
        tops, lefts = torch.randint(STORED - taken + 1, (2, count), generator=self.generator)
        reach = torch.arange(taken)
        ys, xs = (tops[:, None] + reach).to(self.device), (lefts[:, None] + reach)
        flipped = torch.rand(count, generator=self.generator) < 0.5
        xs = torch.where(flipped[:, None], xs.flip(1), xs).to(self.device)
        which = which.to(self.device)
        found = (
            self.photos[which[:, None, None], :, ys[:, :, None], xs[:, None, :]].permute(0, 3, 1, 2).float()
            / 255
        )
        if taken != side:
            found = F.interpolate(
                found, (side, side), mode="bicubic", antialias=True, align_corners=False
            ).clamp(0, 1)
        return found.contiguous(memory_format=LAST)

    def styles(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """For each crop: the row of the table or -1, the style that is compared, and whether there is one."""
        rows = torch.full((count,), -1)
        targets = torch.zeros(count, dtype=torch.long)
        alone = torch.zeros(count, dtype=torch.bool)
        kinds = [kind for kind, weight in (("modern", 5), ("paintings", 4), ("vangogh", 2), ("examples", 1))
                 for _ in range(weight) if self.single[kind]]  # fmt: skip
        draws = torch.rand(count, generator=self.generator)
        for n in range(count):
            if draws[n] < NAMED:
                rows[n] = self._row()
                targets[n] = self._of(self.members[int(rows[n])])
            elif draws[n] < NAMED + ALONE:
                alone[n] = True
            else:
                kind = kinds[int(torch.randint(len(kinds), (), generator=self.generator))]
                targets[n] = self._of(self.single[kind])
        return rows.to(self.device), targets.to(self.device), alone.to(self.device)

    def _row(self) -> int:
        return int(torch.randint(len(self.rows), (), generator=self.generator))

    def _of(self, choices: Sequence[int] | Tensor) -> int:
        return int(choices[int(torch.randint(len(choices), (), generator=self.generator))])

    def noise(self, count: int, side: int) -> Noise:
        """Anew for each step."""

        def plane(channels: int, step: int) -> Tensor:
            shape = (count, channels, side // step, side // step)
            return (torch.rand(shape, device=self.device) - 0.5) * 12**0.5

        return Noise(plane(NOISE[0], 4), plane(NOISE[1], 8))

    def still(self, height: int, width: int) -> Noise:
        """The same for every picture of this size."""
        noise = noise_at(0, height, width)
        return Noise(noise.quarter.to(self.device), noise.eighth.to(self.device))

    def advance(self, share: float) -> Tensor:
        """One step, at a share of the time; means of the style and content losses."""
        count = self.options.batch
        warm = min(1.0, (self.step + 1) / 100)
        for group in self.adam.param_groups:
            group["lr"] = (
                self.options.rate * warm * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * min(1.0, share))))
            )
        x = self.crops(count)
        rows, targets, alone = self.styles(count)
        freedom = torch.rand(count, generator=self.generator).to(self.device) * 2 - 1
        codes = self.painter.predict(self.targets.all_vectors[targets])
        codes = torch.where((rows >= 0)[:, None], self.codes[rows.clamp_min(0)], codes)
        codes = torch.where(alone[:, None], self.painter.photo, codes)
        condition = self.painter.condition(codes, torch.where(alone, 0.0, freedom))
        with torch.autocast(self.device.type, torch.bfloat16):
            y = self.painter(x, condition, self.noise(count, x.shape[2]))
        y, x = (each[..., CUT:-CUT, CUT:-CUT].contiguous(memory_format=LAST) for each in (y, x))
        with torch.no_grad():
            own = self.compared(x, (CONTENT,))[CONTENT].float()
        found = self.compared(y, (*LAYERS, CONTENT))
        style = self.style_loss(found, targets)
        content = content_loss(found[CONTENT].float(), own)
        weight = torch.where(
            freedom < 0, DEFAULT * (STRICT / DEFAULT) ** -freedom, DEFAULT * (FREE / DEFAULT) ** freedom
        )
        smooth = (y[..., 1:] - y[..., :-1]).square().mean((1, 2, 3)) + (
            y[..., 1:, :] - y[..., :-1, :]
        ).square().mean((1, 2, 3))
        effort = self.effort(rows)
        paints = effort * style + weight * content + SMOOTH * smooth
        copies = 2 * content + 40 * (y - x).square().mean((1, 2, 3)) + (y - x).abs().mean((1, 2, 3))
        loss = torch.where(alone, copies, paints).mean()
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for (
            parameter
        ) in self.parameters:  # a step that went wrong changes nothing, and nobody waits to see it
            if parameter.grad is not None:
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0)
        self.adam.step()
        self.step += 1
        self._remember(style.detach(), rows)
        painted = (~alone).float()
        return torch.stack([(each.detach() * painted).sum() / painted.sum() for each in (style, content)])

    def style_loss(self, found: dict[str, Tensor], targets: Tensor) -> Tensor:
        """(B,): half by the sum over layers, as it is measured, half by each layer's own share."""
        raw = self.targets.raw_errors[targets]  # (B, layers, 3)
        every = []
        for layer in LAYERS:
            mean, covariance = moments(found[layer])
            every.append(torch.stack(errors(mean, covariance, *self.targets.at(layer, targets)), 1))
        error = torch.stack(every, 1)
        whole = error.sum(1) / raw.sum(1).clamp_min(0.1)
        each = (error / raw.clamp_min(0.02)).mean(1)
        return (0.5 * whole + 0.5 * each).mean(1)

    def effort(self, rows: Tensor) -> Tensor:
        """More for rows that are behind the others."""
        relative = self.residuals / self.residuals.mean()
        return torch.where(rows >= 0, relative[rows.clamp_min(0)].clamp(0.5, 2.5).sqrt(), 1.0)

    def _remember(self, style: Tensor, rows: Tensor) -> None:
        index, named = rows.clamp_min(0), (rows >= 0).float()
        change = 0.05 * (style.nan_to_num(1.0) - self.residuals[index]) * named
        self.residuals = self.residuals.index_add(0, index, change).clamp(0.01, 10)
        decay = min(0.999, (self.step + 1) / (self.step + 10))
        state = self.state()
        with torch.no_grad():
            torch._foreach_lerp_([self.average[name] for name in state], list(state.values()), 1 - decay)

    # Results

    def save(self, out: Path) -> None:
        """The averaged network in half precision, and what another run needs to go on."""
        out.mkdir(parents=True, exist_ok=True)
        average = {name: value.half().contiguous() for name, value in self.average.items()}
        save_file(average, out / "painter-average.safetensors", {"rows": json.dumps(self.rows)})
        save_file({name: value.contiguous() for name, value in self.state().items()},
                  out / "painter-raw.safetensors")  # fmt: skip
        moments = {}
        for n, parameter in enumerate(self.parameters):
            state = self.adam.state.get(parameter)
            if state:
                moments[f"{n}.mean"] = state["exp_avg"].bfloat16().contiguous()
                moments[f"{n}.square"] = state["exp_avg_sq"].bfloat16().contiguous()
        save_file(moments, out / "painter-adam.safetensors")
        about = {"step": self.step, "rows": self.rows, "batch": self.options.batch, "rate": self.options.rate,
                 "residuals": self.residuals.tolist(), "log": self.seen}  # fmt: skip
        (out / "painter.json").write_text(json.dumps(about))

    def averaged(self) -> tuple[Painter, Tensor]:
        network = Painter().to(self.device).to(memory_format=LAST)
        kept = dict(self.average)
        codes = kept.pop("codes")
        network.load_state_dict(kept)
        return network.eval(), codes

    @torch.no_grad()
    def paint(self, network: Painter, photo: Tensor, code: Tensor, freedom: float = 0.0) -> Tensor:
        """(3, H, W) in [0, 1] to the same, with a mirrored rim."""
        height, width = photo.shape[1:]
        below, right = (-height) % 8 + 32, (-width) % 8 + 32
        x = F.pad(photo[None], (32, right, 32, below), mode="reflect")
        condition = network.condition(code[None], torch.tensor([freedom], device=self.device))
        with torch.autocast(self.device.type, torch.bfloat16):
            y = network(x.contiguous(memory_format=LAST), condition, self.still(*x.shape[2:]))
        return y[0, :, 32 : 32 + height, 32 : 32 + width]

    def tests(self, what: str, most: int) -> list[Tensor]:
        return [picture.to(self.device).float() / 255
                for _, picture in pictures(self.options.packed, f"test/{what}/", most)]  # fmt: skip

    @torch.no_grad()
    def code_of(self, network: Painter, style: Tensor) -> Tensor:
        form = self._forms("paintings", style)[0][0]
        return network.predict(style_vector(self.encoder(form[None], LAYERS)))[0]

    @torch.no_grad()
    def measure(self) -> dict[str, list[tuple[float, float]]]:
        """Held-out styles by predicted codes on held-out photos: (style, content) as in ``quality.py``."""
        network, _ = self.averaged()
        photos = self.tests("photos", 24)
        found: dict[str, list[tuple[float, float]]] = {}
        for kind in ("modern", "old"):
            found[kind] = []
            for n, style in enumerate(self.tests(kind, 20)):
                photo = photos[n % len(photos)]
                painted = self.paint(network, photo, self.code_of(network, style))
                aim, raw, own = (self._compared(each) for each in (style, photo, painted))
                left = self.judge.style(own, aim) / self.judge.style(raw, aim)
                found[kind].append((left, self.judge.content(own, raw)))
        return found

    def _compared(self, picture: Tensor) -> dict[str, Tensor]:
        return {name: each.float() for name, each in self.judge.features(picture[None]).items()}

    @torch.no_grad()
    def sheet(self, path: Path) -> None:
        """Examples of both kinds of code, at the default and at both ends of the freedom."""
        network, codes = self.averaged()
        photos = [*self.tests("examples", 5), *self.tests("photos", 24)[-4:]]
        named = [n for n, row in enumerate(self.rows) if "-" in row and row != "vincent-van-gogh"][:10:2]
        columns = [(codes[n], 0.0) for n in (named or range(min(5, len(codes))))]
        columns += [(codes[(named or [0])[0]], freedom) for freedom in (-1.0, 1.0)]
        columns += [(self.code_of(network, style), 0.0) for style in self.tests("modern", 20)[::5]]
        columns += [(self.code_of(network, style), 0.0) for style in self.tests("old", 20)[::10]]
        lines = []
        for photo in photos:
            cells = [photo, *(self.paint(network, photo, code, freedom) for code, freedom in columns)]
            lines.append(torch.cat([_cell(each) for each in cells], 2))
        array = (torch.cat(lines, 1).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        Image.fromarray(array).save(path, quality=88)


def content_loss(found: Tensor, own: Tensor) -> Tensor:
    """(B,) squared error relative to the photo's own variation."""
    spread = (own - own.mean((2, 3), keepdim=True)).square().sum((1, 2, 3))
    return (found - own).square().sum((1, 2, 3)) / spread.clamp_min(1e-3)


def _cell(picture: Tensor, width: int = 300, height: int = 300) -> Tensor:
    factor = min(width / picture.shape[2], height / picture.shape[1])
    size = [max(1, int(side * factor)) for side in picture.shape[1:]]
    small = F.interpolate(picture[None], size, mode="bicubic", antialias=True, align_corners=False)[0]
    return F.pad(small, (0, width - size[1], 0, height - size[0]), value=1.0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packed", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument(
        "--minutes", type=float, default=9, help="of training, without what comes before and after"
    )
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--most", type=int, default=10**9, help="photos and styles")
    parser.add_argument("--bundled", action="store_true", help="losses by vgg19-half and its metric: cheaper")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=Path, help="the folder of a run that is to go on")
    parser.add_argument("--start", type=Path, help="a released network")
    options = parser.parse_args()
    run = Run(options)
    torch.backends.cudnn.benchmark = True  # not before: each style has another size
    first, start, saved = run.step, time.monotonic(), time.monotonic()
    while run.step - first < options.steps and (gone := time.monotonic() - start) < options.minutes * 60:
        share = max(gone / (options.minutes * 60), (run.step - first) / options.steps)
        losses = run.advance(share)
        if run.step % 50 == 0 or run.step < 4:
            style, content = losses.tolist()
            run.seen.append((run.step, style, content))
            run.say(f"step {run.step}: style {style:.3f}, content {content:.3f}")
        if time.monotonic() - saved > 120:
            run.save(options.out)
            saved = time.monotonic()
    torch.backends.cudnn.benchmark = False
    run.save(options.out)
    run.sheet(options.out / "sheet.jpg")
    found = run.measure()
    (options.out / "measured.json").write_text(json.dumps(found))
    for kind, pairs in found.items():
        for n, what in enumerate(("style", "content")):
            values = sorted(pair[n] for pair in pairs)
            run.say(
                f"{kind}, {what}: median {values[len(values) // 2]:.3f}, {values[0]:.3f} to {values[-1]:.3f}"
            )


START = time.monotonic()
if __name__ == "__main__":
    main()
