"""A public page under load: are runs lost or pictures crossed, do memory and files stay, does it answer?

    python benchmarks/load.py --minutes 60 --visitors 8
    python benchmarks/load.py --minutes 1 --visitors 4 --big 1200 --json load.json

A page of its own is started, with the limits of a public one but for its disk (``--megabytes`` and
``--each``, so that both limits are reached), and visited by plain HTTP from this process: small and large
pictures from upload to download, sweeps, sliders, programs that wait, cancel or hang up, hostile files, pages
that are loaded again. Each photo has a number of its own in its colors, by which a result is known, and no
two visitors may get the same file. Beside them, two visitors fold a cell once a second, one of whom has
another cell running; and somebody sends slow files and large requests under ever new names.

Memory, disk, open files and threads are flat if the median of the last third is at most 1.15 times that of
the second; the first is the warm-up. The exit status is 1 if a run was lost, a picture crossed, or something
broke; what is only slow or grows is said in the verdict. Linux only.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

FLAT = 1.15
PROMPT = 1.0  # seconds
BROKEN = re.compile(r"Error|Traceback|Exception|A run failed|A cell failed|could not|Internal Server")
GAUGES = ("memory", "disk", "files", "threads")


def serve(folder: Path, megabytes: int, each: int) -> None:
    """The page, until it is killed."""
    from stylize.webui import launch
    from stylize.webui.profiles import PUBLIC

    built = launch.build(replace(PUBLIC, kept_megabytes=megabytes, kept_megabytes_each=each), root=folder)
    _, url, _ = launch.launch(built)
    print(f"Stylize is at {url} (ended by its parent)", flush=True)
    launch.bring_networks()
    built.demo.block_thread()


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Everything that is reported."""
    from crowd import Crowd, Guest, Rude
    from gauges import Gauges

    from tests.webui.served import running

    folder = Path(tempfile.mkdtemp(prefix="stylize-load-"))
    command = [sys.executable, "-u", __file__, "--serve", str(folder / "page"),
               "--megabytes", str(options.megabytes), "--each", str(options.each)]  # fmt: skip
    variables = {"XDG_CACHE_HOME": str(folder / "caches"), "HF_HUB_CACHE": str(folder / "hub"),
                 "HF_HUB_OFFLINE": "1", "TMPDIR": str(folder / "tmp")}  # fmt: skip
    (folder / "tmp").mkdir()
    people: list[Guest | Rude] = []
    over = threading.Event()
    try:
        with running(command, **variables) as server:
            start = time.monotonic()
            crowd = Crowd(server.url, options.seed, start + options.minutes * 60, start)
            gauges = Gauges(server.pid, folder, options.every)
            people += [Guest(crowd, n, options.big) for n in range(options.visitors)]
            people.append(Rude(crowd))
            # In a process of its own, which does not wait for what the visitors compute.
            probe = subprocess.Popen(
                [sys.executable, __file__, "--probe", server.url, "--minutes", str(options.minutes)],
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            threading.Thread(target=gauges.watch, args=(over, start), daemon=True).start()
            for each in people:
                each.start()
            for each in people:
                each.join(max(0.0, crowd.until - time.monotonic()) + options.patience)
            stuck = [each.name for each in people if each.is_alive()]
            over.set()
            _heard(probe, crowd.ledger, options.patience)
            crowd.ledger.lost.extend(f"{name} still waits" for name in stuck)
            return report(options, crowd, gauges, server.said, time.monotonic() - start)
    finally:
        over.set()
        for guest in people:
            shutil.rmtree(guest.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _heard(probe: subprocess.Popen[str], ledger: Any, patience: float) -> None:
    """What the probe measured."""
    try:
        text, _ = probe.communicate(timeout=patience)
        found = json.loads(text)
        ledger.latencies.extend(map(tuple, found["latencies"]))
        ledger.faults.extend(found["faults"])
    except (subprocess.TimeoutExpired, ValueError) as error:
        ledger.faults.append(f"probe: {error!r}")
    finally:
        probe.kill()
        probe.wait()


def fold(url: str, minutes: float) -> None:
    """One visitor who folds a cell once a second; what that took, as JSON."""
    from crowd import Crowd, Probe

    start = time.monotonic()
    crowd = Crowd(url, 0, start + minutes * 60, start)
    other = Probe(crowd, 1.0, busy=True)
    other.start()
    Probe(crowd, 1.0).run()
    other.join(120)
    json.dump({"latencies": crowd.ledger.latencies, "faults": crowd.ledger.faults}, sys.stdout)


def report(
    options: argparse.Namespace, crowd: Any, gauges: Any, said: list[str], seconds: float
) -> dict[str, Any]:
    """Counts, faults, gauges by thirds, latencies, and the verdict."""
    from gauges import thirds

    ledger = crowd.ledger
    waits = sorted(took for at, took in ledger.latencies if at > options.minutes * 20)
    found = {name: thirds(gauges.readings, attrgetter(name), options.minutes) for name in GAUGES}
    ratios = {name: third / second if second else 0.0 for name, (_, second, third) in found.items()}
    latency = {
        "median": statistics.median(waits), "99 %": waits[int(len(waits) * 0.99)], "most": waits[-1]
    } if waits else {}  # fmt: skip
    broken = [line.strip() for line in said if BROKEN.search(line)]
    verdict = {
        "no run lost": not ledger.lost,
        "no picture crossed": not ledger.crossed,
        "nothing broken": not ledger.faults and not broken,
        **{f"{name} flat": ratio <= FLAT for name, ratio in ratios.items()},
        "answers at once": bool(latency) and latency["most"] < PROMPT,
    }
    return {
        "minutes": options.minutes, "visitors": options.visitors, "seed": options.seed,
        "seconds": seconds, "counts": dict(ledger.counts), "lost": ledger.lost, "crossed": ledger.crossed,
        "faults": ledger.faults, "said": broken, "thirds": found, "ratios": ratios, "latency": latency,
        "verdict": verdict,
        "readings": [asdict(each) for each in gauges.readings] if options.json else [],
    }  # fmt: skip


def show(found: dict[str, Any]) -> None:
    """The report as text."""
    print(", ".join(f"{name} {count}" for name, count in sorted(found["counts"].items())))
    print(f"{'':8} {'warm-up':>9} {'second':>9} {'last':>9}  last / second")
    for name, values in found["thirds"].items():
        print(f"{name:8} " + " ".join(f"{value:9.0f}" for value in values) + f"  {found['ratios'][name]:.3f}")
    print("a small action, in seconds: "
          + ", ".join(f"{name} {value:.3f}" for name, value in found["latency"].items()))  # fmt: skip
    for name in ("lost", "crossed", "faults", "said"):
        for each in found[name][:10]:
            print(f"{name}: {each}")
    for name, holds in found["verdict"].items():
        print(f"{'yes' if holds else 'NO '}  {name}")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--big", type=int, default=4000, help="longer side of large pictures")
    parser.add_argument("--every", type=float, default=2, help="seconds between two readings")
    parser.add_argument("--patience", type=float, default=1000, help="seconds for what runs at the end")
    parser.add_argument("--megabytes", type=int, default=400, help="what the page may keep on the disk")
    parser.add_argument("--each", type=int, default=50, help="what it may keep there of one visitor")
    parser.add_argument("--json", type=Path, help="where to write all of it, with every reading")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        fold(options.probe, options.minutes)
        return 0
    if options.serve:
        serve(options.serve, options.megabytes, options.each)
        return 0
    found = measure(options)
    show(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), "utf-8")
    good = ("no run lost", "no picture crossed", "nothing broken")
    return 0 if all(found["verdict"][name] for name in good) else 1


if __name__ == "__main__":
    sys.exit(main())
