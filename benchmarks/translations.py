"""Whether translated photos are nearer to the other domain than untouched ones: a table and a contact sheet.

    python benchmarks/translations.py --teacher vgg19.npz --generators photo2vangogh.safetensors \\
        --photos weather --photos-include cloudy shine sunrise --photos-held-out 0.1 \\
        --targets vangogh -o translations

The distance is the kernel distance (the estimate of KID, stylize.metrics) of features of the full VGG-19:
for each picture the mean over the positions, or mean and deviation, of each channel at relu4_1 or relu5_1.
They are standardised by the mean and deviation over the target domain. It is no KID of the literature,
which takes an Inception network, and compares within one table only. Pictures are fitted into 256 px. The
share that was held out in training is found again by the names of the files; "within" is the distance
between the two halves of the target domain, the least that can be hoped for. After the ± stands the
deviation over random halves of the photos.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone

import torch
from pairs import SUFFIXES
from quality import load_teacher
from sheets import contact_sheet
from torch import Tensor

from stylize import device
from stylize.image import fit, load, save
from stylize.metrics import kernel_distance, subset_distances
from stylize.modes.cyclegan.mode import translate
from stylize.networks import VGG19
from stylize.statistics import mean_std
from stylize.training.data import is_held_out
from stylize.weights import zoo

LAYERS = ("relu4_1", "relu5_1")
KINDS = tuple(f"{layer} {what}" for layer in LAYERS for what in ("mean", "mean and deviation"))
SUBSETS = 50


def find(folder: Path, include: list[str], exclude: list[str], held_out: float, most: int) -> list[Path]:
    """Pictures by the beginnings of their names; of a share held out in training, those alone."""
    found = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    found = [path for path in found if path.name.startswith(tuple(include) or "")]
    found = [path for path in found if not (exclude and path.name.startswith(tuple(exclude)))]
    if held_out:
        found = [path for path in found if is_held_out(path.name, held_out)]
    if len(found) < 4:
        raise SystemExit(f"{folder} has {len(found)} such pictures: four are needed at least")
    return found[:: max(1, -(-len(found) // most))]


@torch.no_grad()
def describe(pictures: Iterable[Tensor], teacher: VGG19) -> dict[str, Tensor]:
    """Features of pictures by kind, (N, d) each."""
    kept: dict[str, list[Tensor]] = {kind: [] for kind in KINDS}
    for picture in pictures:
        for layer, features in teacher(picture, LAYERS).items():
            mean, deviation = (each.flatten(1) for each in mean_std(features))
            kept[f"{layer} mean"].append(mean)
            kept[f"{layer} mean and deviation"].append(torch.cat([mean, deviation], 1))
    return {kind: torch.cat(found) for kind, found in kept.items()}


def standardiser(target: Tensor) -> Callable[[Tensor], Tensor]:
    """Features in units of the target domain's deviation from its mean."""
    mean, deviation = target.mean(0), target.std(0)
    floor = 0.01 * float(deviation.mean())
    return lambda features: (features - mean) / deviation.clamp(min=floor)


def measure(sets: dict[str, dict[str, Tensor]], target: dict[str, Tensor]) -> list[dict[str, object]]:
    """The distance of every set from the target by every kind of features."""
    found: list[dict[str, object]] = []
    for kind in KINDS:
        scale = standardiser(target[kind])
        aim = scale(target[kind])
        within = kernel_distance(aim[::2], aim[1::2])
        for name, features in sets.items():
            own = scale(features[kind])
            several = subset_distances(own, aim, min(len(own), len(aim)) // 2, SUBSETS)
            found.append({
                "features": kind, "set": name, "distance": kernel_distance(own, aim),
                "deviation": float(several.std()), "within": within,
            })  # fmt: skip
    return found


def table(found: list[dict[str, object]], names: list[str]) -> str:
    """A row for each kind of features, in Markdown; the share is of the first set's distance."""
    lines = ["| features | within | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for kind in KINDS:
        row = {entry["set"]: entry for entry in found if entry["features"] == kind}
        first = float(str(row[names[0]]["distance"]))
        cells = [f"{row[names[0]]['within']:.3f}"]
        for name in names:
            distance, deviation = row[name]["distance"], row[name]["deviation"]
            share = "" if name == names[0] else f", {float(str(distance)) / first:.0%}"
            cells.append(f"{distance:.3f} ± {deviation:.3f}{share}")
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--generators", nargs="+", required=True, help="files or names of the catalog")
    for domain in ("photos", "targets"):
        parser.add_argument(f"--{domain}", type=Path, required=True)
        parser.add_argument(f"--{domain}-include", nargs="*", default=[], help="beginnings of file names")
        parser.add_argument(f"--{domain}-exclude", nargs="*", default=[], help="beginnings of file names")
        parser.add_argument(f"--{domain}-held-out", type=float, default=0.0, help="the share; 0: all files")
    parser.add_argument("--most", type=int, default=400, help="pictures of each domain")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--shown", type=int, default=12, help="photos in the contact sheet")
    parser.add_argument("-o", "--output", type=Path, default=Path("translations"))
    return parser.parse_args()


def main() -> None:
    """Write ``table.md``, ``distances.json`` and ``sheet.jpg``."""
    given = options()
    teacher, compute = load_teacher(given.teacher), device.choose()
    photos, targets = (
        find(
            getattr(given, each), getattr(given, f"{each}_include"), getattr(given, f"{each}_exclude"),
            getattr(given, f"{each}_held_out"), given.most,
        )
        for each in ("photos", "targets")
    )  # fmt: skip
    aim = describe((fit(load(path).tensor, given.side) for path in targets), teacher)
    untouched = [fit(load(path).tensor, given.side) for path in photos]
    pictures = {"untouched": untouched}
    for name in given.generators:
        network = zoo.generator(name, compute).network
        pictures[Path(name).stem] = [translate(network, photo, compute.device) for photo in untouched]
    found = measure({name: describe(each, teacher) for name, each in pictures.items()}, aim)
    text = f"{len(photos)} photos, {len(targets)} targets\n\n" + table(found, list(pictures))
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "distances.json").write_text(json.dumps(found, indent=1))
    (given.output / "table.md").write_text(text)
    rows = list(zip(*pictures.values(), strict=True))[:: max(1, len(photos) // given.shown)]
    save(given.output / "sheet.jpg", contact_sheet([list(row) for row in rows[: given.shown]]))
    print(text)


if __name__ == "__main__":
    main()
