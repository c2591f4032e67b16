"""Packs what the GPU run trains on: smaller copies of pictures, in pieces that can be carried.

    python configs/gpu/pack.py --data DATA -o PACKED

DATA has the folders weather, landscapes, photos, paintings, vangogh and styles-modern, and the teacher,
vgg19_caffe_conv.npz. What is held out of training by its name is never packed as training data; some of it
goes into ``test``, which the run only measures with.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from stylize.training.data import is_held_out  # noqa: E402
from stylize.training.painter_styles import some_of_each_group  # noqa: E402

SHARES = {"weather": 0.05, "landscapes": 0.5, "photos": 0.1, "paintings": 0.05, "vangogh": 0.05,
          "styles-modern": 0.25}  # fmt: skip
NOT_PHOTOS = ("Elephants", "Fossa", "Kokkini", "Shell", "Volna", "umang", "analogpattern", "Blinds")
QUALITY = 74


def chosen(data: Path, folder: str, held_out: bool, starts: Sequence[str] = ("",)) -> list[Path]:
    """Files of a folder, in training or held out."""
    files = [path for path in (data / folder).glob("*.jpg") if path.name.startswith(tuple(starts))]
    return [
        path for path in some_of_each_group(files, 0) if is_held_out(path.name, SHARES[folder]) == held_out
    ]


def smaller(path: Path, shorter: int = 0, longer: int = 0) -> bytes:
    """A JPEG with that shorter side, or at most that longer side."""
    with Image.open(path) as file:
        image = file.convert("RGB")
        factor = shorter / min(image.size) if shorter else min(1.0, longer / max(image.size))
        if factor != 1:
            width, height = (max(16, round(side * factor)) for side in image.size)
            image = image.resize((width, height), Image.Resampling.LANCZOS)
        if shorter and max(image.size) > 1.5 * shorter:
            left, top = ((side - min(side, round(1.5 * shorter))) // 2 for side in image.size)
            image = image.crop((left, top, image.width - left, image.height - top))
        data = io.BytesIO()
        image.save(data, "JPEG", quality=QUALITY)
        return data.getvalue()


def write(target: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """A tar of files under these names."""
    with tarfile.open(target, "w") as tar:
        for name, data in files:
            about = tarfile.TarInfo(name)
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))
    print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=1500, help="of photos/ and of weather/ together")
    options = parser.parse_args()
    data, out = options.data, options.out
    out.mkdir(parents=True, exist_ok=True)

    styles = [("styles/examples/" + path.name, smaller(path, longer=512))
              for path in sorted((ROOT / "examples" / "styles").glob("*.jpg"))]  # fmt: skip
    styles += [("styles/modern/" + path.name, smaller(path, longer=512))
               for path in chosen(data, "styles-modern", False)]  # fmt: skip
    styles += [("styles/vangogh/" + path.name, smaller(path, longer=480))
               for path in chosen(data, "vangogh", False)[:160]]  # fmt: skip
    styles += [("styles/paintings/" + path.name, smaller(path, longer=256))
               for path in some_of_each_group(chosen(data, "paintings", False), 24)]  # fmt: skip
    write(out / "styles.tar", styles)

    test = [("test/photos/" + path.name, smaller(path, longer=512))
            for path in chosen(data, "landscapes", True) if not path.name.startswith(NOT_PHOTOS)]  # fmt: skip
    test += [("test/photos/" + path.name, smaller(path, longer=512))
             for path in chosen(data, "photos", True, ("face", "person", "kodak"))[:8]]  # fmt: skip
    test += [("test/modern/" + path.name, smaller(path, longer=512))
             for path in chosen(data, "styles-modern", True)[:20]]  # fmt: skip
    test += [("test/old/" + path.name, smaller(path, longer=512))
             for folder in ("vangogh", "paintings") for path in chosen(data, folder, True)[:10]]  # fmt: skip
    test += [("test/examples/" + path.name, smaller(path, longer=512))
             for path in sorted((ROOT / "examples" / "photos").glob("*.jpg"))]  # fmt: skip
    write(out / "test.tar", test)

    photos = chosen(data, "photos", False)
    weather = chosen(data, "weather", False, ("cloudy", "shine", "sunrise"))
    part = options.photos * 3 // 4
    contents = [("photos/" + path.name, smaller(path, shorter=320)) for path in photos[:part]]
    contents += [
        ("photos/" + path.name, smaller(path, shorter=320)) for path in weather[: options.photos - part]
    ]
    scenes = [path for path in chosen(data, "landscapes", False) if not path.name.startswith(NOT_PHOTOS)]
    contents += [("photos/" + path.name, smaller(path, shorter=640)) for path in scenes]
    write(out / "photos.tar", contents)
    shutil.copy(data / "vgg19_caffe_conv.npz", out)


if __name__ == "__main__":
    main()
