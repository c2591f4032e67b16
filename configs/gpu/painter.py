"""Trains a painter on one GPU in minutes, on what ``pack.py`` packed.

    python configs/gpu/painter.py --packed PACKED -o OUT --minutes 9
    python configs/gpu/painter.py --packed PACKED -o OUT --minutes 9 --resume OUT    # goes on with it
    python configs/gpu/painter.py --packed PACKED -o OUT --minutes 9 --start FILE    # from a released one
    python configs/gpu/painter.py --packed PACKED -o OUT --steps 20 --batch 2 --most 40    # a trial on a CPU

Everything is on the device: photos as uint8, styles as the statistics of their features. Losses, styles and
steering are those of ``stylize train painter`` (``stylize/training/painter*.py``). Each step takes a batch of
crops; each crop has a style of its own, by a row of the table (the examples, and one row a painter), by the
predicted code of a single picture, or none (the photo is to come back), and a freedom of its own. Losses are
those of the full VGG-19 of Oxford, or with ``--bundled`` those of ``vgg19-half`` through its metric.

OUT gets ``painter.safetensors``, the released form, and what another run needs to go on.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import math
import sys
import time
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

from packed import STORED, pictures, squares  # noqa: E402
from quality import Measure, load_teacher  # noqa: E402
from texture import Texture  # noqa: E402

from stylize.device import Compute, choose  # noqa: E402
from stylize.networks.painter import (  # noqa: E402
    GRAIN,
    LAYERS,
    NOISE,
    Noise,
    Painter,
    StyleTable,
    noise_at,
    style_vector,
)
from stylize.training.painter_losses import (  # noqa: E402
    CONTENT_LAYER,
    combined,
    compared_moments,
    content_error,
    copy_loss,
    roughness,
    style_errors,
    style_loss,
)
from stylize.training.painter_networks import mixed_codes, scale_to, start_from  # noqa: E402
from stylize.training.painter_sampling import StyleSampler  # noqa: E402
from stylize.training.painter_statistics import (  # noqa: E402
    MeasuredStyles,
    RawPhotoMoments,
    StyleBank,
    measured,
)
from stylize.training.painter_steering import Steering  # noqa: E402
from stylize.training.painter_styles import (  # noqa: E402
    StyleCollection,
    StyleFolder,
    StyleForm,
    code_name,
    forms_of,
    shown,
)
from stylize.training.task_settings import PainterSettings  # noqa: E402
from stylize.weights import checkpoints, zoo  # noqa: E402
from stylize.weights.painters import painter_tensors  # noqa: E402

SIDE, CUT = 256, 16  # pixels of a crop that are compared, and of the rim around it
BANK = 24  # photos whose style losses are what a style's are divided by
SETTINGS = PainterSettings()
# By folder: longer sides, copies in other colors, weight, share of hard ones, all as in configs/painter.toml.
KINDS = {
    "modern": ((512, 384), 2, 5.0, 0.5),
    "paintings": ((512,), 0, 4.0, 0.0),
    "vangogh": ((512,), 1, 2.0, 0.0),
    "examples": ((512, 384), 3, 1.0, 0.0),
}
LAST = torch.channels_last


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
        self.random = numpy.random.default_rng(options.seed)
        torch.manual_seed(options.seed)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        teacher = load_teacher(next(options.packed.glob("*.npz")))
        for conv in (each for each in teacher.modules() if isinstance(each, nn.Conv2d)):
            conv.to(torch.bfloat16)  # but not the colors before them
        self.teacher = teacher.to(self.device).to(memory_format=LAST)
        self.judge = Measure(self.teacher)
        self.encoder = zoo.encoder("vgg19-half", self.compute).network
        self.compared = self.teacher
        if options.bundled:
            half = Compute(self.device, torch.bfloat16)
            self.compared = half.place(copy.deepcopy(self.encoder))
        self.photos = squares(options.packed, options.most).to(self.device)
        self.say(f"{len(self.photos)} squares of photos")
        self._describe()
        self.painter = Painter().to(self.device).to(memory_format=LAST)
        self.codes = nn.Parameter(torch.randn(len(self.rows), 128, generator=self.generator).to(self.device))
        self.texture = Texture(self._shown, SIDE // 2, 4e-4, self.device)
        self._begin()

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - START:6.1f} s  {text}", flush=True)

    # Styles

    @torch.no_grad()
    def _describe(self) -> None:
        """All styles: their statistics, and which of them belong to which row of the table."""
        self.raw = RawPhotoMoments(self.compared).to(self.device)
        self.raw.measure([self._bank()])
        self.kept: list[Tensor] = []  # (3, H, W) uint8
        self.collection = StyleCollection()
        groups: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for name, picture in pictures(self.options.packed, "styles/", self.options.most):
            kind, file = name.split("/")
            sides, recolored, *_ = KINDS[kind]
            forms = forms_of(len(self.kept), file, sides, recolored)
            groups[kind] += self.collection.add(forms, _code(kind, Path(file).stem))
            self.kept.append(picture)
        for kind, (_, _, weight, hard) in KINDS.items():
            if groups[kind]:
                self.collection.folders.append(StyleFolder([groups[kind]], weight, hard))
        self.rows = self.collection.names
        self.sampler = StyleSampler(self.collection, SETTINGS.named_share, SETTINGS.identity_share)
        count = len(self.collection.forms)
        self.statistics = StyleBank(self._measured, count, 1e12, self.options.batch)
        for style in range(count):  # before the first step: it is the steps that are timed
            self.statistics.vectors([style])
        self.say(f"{count} styles, {len(self.rows)} rows: {', '.join(self.rows)[:200]}")

    def _measured(self, style: int) -> MeasuredStyles:
        return measured(self.compared, self.encoder, self.raw, self._shown(style))

    def _shown(self, style: int) -> Tensor:
        form = self.collection.forms[style]
        return shown(self.kept[form.picture].to(self.device).float() / 255, form)

    def _bank(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Statistics of some raw photos."""
        chosen = torch.randperm(len(self.photos), generator=self.generator)[:BANK].to(self.device)
        features = self.compared(self.photos[chosen].float() / 255, LAYERS)
        return compared_moments(self.compared, features)

    # Steps

    def _begin(self) -> None:
        scale_to(self.painter, self.statistics.vectors(range(len(self.collection.forms))))
        self.step, self.steering = 0, Steering(len(self.rows), len(self.collection.forms), self.device)
        self.difficulty = self.steering.difficulty.tolist()
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
        self.first = self.step

    def state(self) -> dict[str, Tensor]:
        return {**self.painter.state_dict(), "codes": self.codes.data}

    def _take_up(self, folder: Path) -> None:
        kept = load_file(folder / "painter-raw.safetensors", device=str(self.device))
        about = json.loads((folder / "painter.json").read_text())
        names = [code_name(row) for row in about["rows"]]  # earlier runs had the names of files
        if sorted(names) != self.rows:
            raise SystemExit("other rows than those of the run that is to be taken up")
        order = torch.tensor([names.index(row) for row in self.rows], device=self.device)
        self.codes.data.copy_(kept.pop("codes")[order])
        self.painter.load_state_dict(kept)
        average = load_file(folder / "painter-average.safetensors", device=str(self.device))
        self.average = {name: value.float() for name, value in average.items()}
        self.average["codes"] = self.average["codes"][order]
        self._take_up_moments(load_file(folder / "painter-adam.safetensors", device=str(self.device)),
                              about["step"], order)  # fmt: skip
        self.texture.load(folder)
        self.step = about["step"]
        difficulty = torch.tensor(about.get("difficulty", []), device=self.device)
        residuals = torch.tensor(about["residuals"], device=self.device)[order]
        self.steering.load_state({"residuals": residuals, "difficulty": difficulty})

    def _take_up_moments(self, kept: dict[str, Tensor], steps: int, order: Tensor) -> None:
        where = self.device if self.device.type == "cuda" else None
        for n, parameter in enumerate(self.parameters):
            layout = LAST if parameter.dim() == 4 else torch.contiguous_format
            parts = [kept[f"{n}.{name}"].float().to(memory_format=layout) for name in ("mean", "square")]
            mean, square = (part[order] for part in parts) if parameter is self.codes else parts
            step = torch.tensor(float(steps), device=where)
            self.adam.state[parameter] = {"step": step, "exp_avg": mean, "exp_avg_sq": square}

    def _start_from(self, file: Path) -> None:
        """Takes the network of a released file, and the codes of those rows that it has."""
        start_from(self.painter, self.codes.data, self.rows, checkpoints.load_painter(file), str(file))
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

    def noise(self, count: int, side: int) -> Noise:
        """Anew for each step."""

        def plane(channels: int, step: int) -> Tensor:
            shape = (count, channels, side // step, side // step)
            return (torch.rand(shape, device=self.device) - 0.5) * 12**0.5

        return Noise(plane(NOISE[0], 4), plane(NOISE[1], 8), plane(GRAIN[0], 2), plane(GRAIN[1], 1))

    def still(self, height: int, width: int) -> Noise:
        """The same for every picture of this size."""
        return noise_at(0, height, width).map(lambda each: each.to(self.device))

    def advance(self, share: float) -> Tensor:
        """One step, at a share of the time; means of the style and content losses."""
        count = self.options.batch
        warm = min(1.0, (self.step + 1) / 100)
        for group in self.adam.param_groups:
            group["lr"] = (
                self.options.rate * warm * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * min(1.0, share))))
            )
        x = self.crops(count)
        draws = self.sampler.draw([self.random] * count, self.difficulty).to(self.device)
        wanted = self.statistics.at(draws.styles)
        codes = mixed_codes(self.painter, self.codes, draws, wanted.vectors)
        condition = self.painter.condition(codes, draws.freedom)
        with torch.autocast(self.device.type, torch.bfloat16):
            y = self.painter(x, condition, self.noise(count, x.shape[2]))
        y, x = (each[..., CUT:-CUT, CUT:-CUT].contiguous(memory_format=LAST) for each in (y, x))
        with torch.no_grad():
            own = self.compared(x, (CONTENT_LAYER,))[CONTENT_LAYER]
        found = self.compared(y, (*LAYERS, CONTENT_LAYER))
        style = style_loss(style_errors(compared_moments(self.compared, found), wanted.moments), wanted.raw)
        content = content_error(found[CONTENT_LAYER], own)
        losses = combined(
            draws.alone,
            draws.freedom,
            self.steering.effort(draws.rows),
            style,
            content,
            roughness(y),
            copy_loss(y, x, content),
            SETTINGS.smoothness_weight,
        )
        total = losses["total"].mean()
        if self.options.adversarial:
            weight = self.options.adversarial * min(1.0, (self.step + 1 - self.first) / 200)
            errors = self.texture.errors(y.float(), draws.styles, self.random)
            total = total + weight * (errors * ~draws.alone).mean()
        self.adam.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for (
            parameter
        ) in self.parameters:  # a step that went wrong changes nothing, and nobody waits to see it
            if parameter.grad is not None:
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0)
        self.adam.step()
        self.step += 1
        self.steering.update(draws, style.detach(), lambda values: values)
        self._average()
        painted = (~draws.alone).sum()
        return torch.stack([losses[name].detach().sum() / painted for name in ("style", "content")])

    def _average(self) -> None:
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
                 "residuals": self.steering.residuals.tolist(),
                 "difficulty": self.steering.difficulty.tolist(), "log": self.seen}  # fmt: skip
        (out / "painter.json").write_text(json.dumps(about))
        if self.options.adversarial:
            self.texture.save(out)
        self._release(out / "painter.safetensors")

    def _release(self, path: Path) -> None:
        """The file that modes load: codes by name, those of the examples by the sha256 of their pictures."""
        network = dict(self.average)
        codes = dict(zip(self.rows, network.pop("codes"), strict=True))
        examples = {file.stem: file for file in (ROOT / "examples" / "styles").glob("*.jpg")}
        digests = {hashlib.sha256(examples[row].read_bytes()).hexdigest(): row
                   for row in self.rows if row in examples}  # fmt: skip
        save_file(painter_tensors(network, StyleTable(codes, digests)), path)

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
        return network.predict(style_vector(self.encoder(shown(style, StyleForm(0)), LAYERS)))[0]

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
        examples = {file.stem for file in (ROOT / "examples" / "styles").glob("*.jpg")}
        named = [n for n, row in enumerate(self.rows) if row in examples][:10:2]
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


def _code(kind: str, stem: str) -> str:
    """The name of the code of a style, or none."""
    names = {"examples": stem, "vangogh": "vincent-van-gogh", "paintings": stem.rpartition("_")[0]}
    return code_name(names.get(kind, ""))


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
    parser.add_argument("--adversarial", type=float, default=0.0, help="weight of the adversarial loss")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=Path, help="the folder of a run that is to go on")
    parser.add_argument("--start", type=Path, help="a released network")
    options = parser.parse_args()
    run = Run(options)
    torch.backends.cudnn.benchmark = True  # not before: each style has another size
    first, start, saved = run.first, time.monotonic(), time.monotonic()
    while run.step - first < options.steps and (gone := time.monotonic() - start) < options.minutes * 60:
        share = max(gone / (options.minutes * 60), (run.step - first) / options.steps)
        losses = run.advance(share)
        if run.step % 50 == 0 or run.step < 4:
            style, content = losses.tolist()
            run.seen.append((run.step, style, content))
            run.difficulty = run.steering.difficulty.tolist()  # here, where the device is waited for anyway
            judged = f", discriminator {float(run.texture.loss):.3f}" if options.adversarial else ""
            run.say(f"step {run.step}: style {style:.3f}, content {content:.3f}{judged}")
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
