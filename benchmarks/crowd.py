"""Visitors who use a page at once, past the browser, and look whether what they get is their own."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import secrets
import socket
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import coded
import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.webui.visitor import Visitor

CELLS = 6  # of one visitor, then the notebook is emptied
LONGEST = 900.0  # seconds for which a run may wait and take, before it counts as lost
BAR = re.compile(r'class="bar (\w+)"(.*?)</div>', re.DOTALL)
PICTURE = re.compile(r'src="([^"]+)"')
DOWNLOAD = re.compile(
    r'<a [^>]*href="([^"]+)"[^>]*class="button download"|class="button download"[^>]*href="([^"]+)"'
)


@dataclass
class Ledger:
    """What happened to everybody; may be written by all at once."""

    counts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    latencies: list[tuple[float, float]] = field(default_factory=list)
    owners: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def note(self, where: list[str], what: str) -> None:
        with self.lock:
            where.append(what)

    def seen(self, owner: int, data: bytes) -> None:
        """A picture that a visitor was sent: nobody else may ever be sent the same."""
        digest = hashlib.sha256(data).hexdigest()
        with self.lock:
            if self.owners.setdefault(digest, owner) != owner:
                self.crossed.append(f"visitor {owner} got a file of visitor {self.owners[digest]}")


@dataclass
class Crowd:
    """All visitors of a page; ``start`` and ``until`` are moments, the second ends the moves."""

    url: str
    seed: int
    until: float
    start: float
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def over(self) -> bool:
        return time.monotonic() > self.until


class Guest(threading.Thread):
    """One visitor: random moves, one after another, until the time is over."""

    def __init__(self, crowd: Crowd, number: int, big: int) -> None:
        super().__init__(name=f"guest-{number}", daemon=True)
        self.crowd, self.number, self.ledger, self.big = crowd, number, crowd.ledger, big
        self.rng = np.random.default_rng((crowd.seed, number))
        self.address = f"192.0.2.{number + 1}"
        self.visitor = Visitor(crowd.url, address=self.address)
        self.visitor.open()
        self.client: Client | None = None
        self.bad = coded.hostile(self.rng)
        self.folder = Path(tempfile.mkdtemp(prefix="guest-"))

    def run(self) -> None:
        moves: list[tuple[Callable[[], None], float]] = [
            (self.paint, 6), (self.large, 1), (self.sweep, 2), (self.tune, 3), (self.stop, 1), (self.ask, 2),
            (self.cancel, 2), (self.hang_up, 2), (self.harm, 3), (self.come_back, 2), (self.tidy, 3),
        ]  # fmt: skip
        weights = np.array([weight for _, weight in moves])
        first = [move for move, _ in moves]  # each once, so that a short run has seen all
        self.rng.shuffle(first)
        while not self.crowd.over:
            move = first.pop() if first else moves[self.rng.choice(len(moves), p=weights / weights.sum())][0]
            try:
                move()
                self.ledger.count(move.__name__)
            except Exception:
                report = f"visitor {self.number}, {move.__name__}: {traceback.format_exc(limit=-3)}"
                self.ledger.note(self.ledger.faults, report)

    # Moves

    def paint(self) -> None:
        """A small picture, from the upload to the download."""
        cell, number = self.cell("picture", *self.rng.integers(160, 640, 2))
        self.finish(cell)
        self.check(self.download(cell), number, "a result")

    def large(self) -> None:
        """The same with a picture of many megapixels, which is enlarged to its full size."""
        cell, number = self.cell("picture", self.big, self.big * 3 // 4, "JPEG")
        self.finish(cell)
        self.check(self.download(cell), number, "a large result")

    def sweep(self) -> None:
        """Four pictures, each shown small."""
        cell, number = self.cell("sweep", 320, 240)
        self.finish(cell)
        tiles = PICTURE.findall(self.face(cell).partition('class="sheet"')[2].partition('class="foot"')[0])
        if len(tiles) < 4:
            raise AssertionError(f"a sheet of {len(tiles)} pictures")
        for each in tiles:
            self.check(self.visitor.get(html.unescape(each)), number, "a tile")

    def tune(self) -> None:
        """The slider after a run, several times, and a run with what it says."""
        cell, number = self.cell("picture", 240, 200)
        self.finish(cell)
        for value in self.rng.uniform(0.1, 1, 4):
            self.visitor.act("set", cell=cell, name="strength", value=round(float(value), 2))
        self.finish(cell)
        self.check(self.download(cell), number, "a result after the slider")

    def stop(self) -> None:
        """A run that is taken back while it waits or works; nobody waits for a picture."""
        cell, _ = self.cell("picture", 200, 200)
        self.visitor.act("run", cell=cell)
        time.sleep(float(self.rng.uniform(0, 1)))
        self.visitor.act("stop", cell=cell)
        self.rest()

    def ask(self) -> None:
        """As a program; at strength 0, the photo is what comes back."""
        number, path = self.code(), self.folder / f"{secrets.token_hex(4)}.png"
        path.write_bytes(coded.encoded(coded.picture(number, 200, 160, self.rng), "PNG"))
        wanted = {"style_name": "claude-monet", "side": 96, "strength": 0, "api_name": "/stylize"}
        made = Path(self.program().predict(handle_file(path), **wanted))
        self.check(made.read_bytes(), number, "a program's result")
        made.unlink()
        path.unlink()

    def cancel(self) -> None:
        """As a program that thinks better of it."""
        path = self.folder / f"{secrets.token_hex(4)}.png"
        path.write_bytes(coded.encoded(coded.picture(self.code(), 900, 700, self.rng), "PNG"))
        wanted = {"style_name": "claude-monet", "side": 512, "api_name": "/stylize"}
        job = self.program().submit(handle_file(path), **wanted)
        time.sleep(float(self.rng.uniform(0.1, 1.5)))
        job.cancel()
        path.unlink()

    def hang_up(self) -> None:
        """As a program that dies in the middle."""
        path = self.sent("gone.png", coded.encoded(coded.picture(self.code(), 600, 400, self.rng), "PNG"))
        photo = {"path": path, "meta": {"_type": "gradio.FileData"}}
        body = {"content": photo, "style_name": "claude-monet", "side": 512}
        asked = json.loads(self.visitor.post("gradio_api/call/v2/stylize", body))
        there = urlsplit(self.crowd.url)
        with socket.create_connection((there.hostname, there.port), timeout=60) as line:
            line.sendall(f"GET {there.path}gradio_api/call/stylize/{asked['event_id']} HTTP/1.1\r\n"
                         f"Host: {there.netloc}\r\n\r\n".encode())  # fmt: skip
            time.sleep(float(self.rng.uniform(0, 1.5)))

    def harm(self) -> None:
        """A file that was made to do harm is refused in a sentence, and changes nothing."""
        cell, number = self.cell("picture", 160, 160)
        name = list(self.bad)[self.rng.integers(len(self.bad))]
        path = None
        try:
            path = self.sent(name, self.bad[name])
        except urllib.error.HTTPError as error:
            if error.code >= 500 or self.bad[name]:  # an empty file is refused by gradio itself
                raise
        if path is not None:
            before = self.visitor.pulse["said"][0]
            self.visitor.act("upload", cell=cell, what="content", path=path)
            if self.visitor.pulse["said"][0] == before or self.visitor.pulse["said"][1] != "failed":
                raise AssertionError(f"{name} was not refused")
        self.check(self.shown(cell), number, "the photo beside a hostile file")

    def come_back(self) -> None:
        """The page is loaded again, in the same browser."""
        before = self.visitor.book
        again = Visitor(self.crowd.url, address=self.address)
        again.key, again.browser = self.visitor.key, self.visitor.browser
        again.open(self.visitor.parts["keep"])
        if again.book != before:
            raise AssertionError("another notebook after loading the page again")
        self.visitor = again

    def tidy(self) -> None:
        """What is done between runs."""
        self.visitor.act("add", kind="note")
        note = self.visitor.book["cells"][-1]["id"]
        self.visitor.act("text", cell=note, value=f"Visitor {self.number}")
        self.visitor.act("duplicate", cell=note)
        self.visitor.act("undo")
        self.visitor.act("fold", cell=note)
        self.visitor.act("delete", cell=note)

    # What moves are made of

    def code(self) -> int:
        return int(self.rng.integers(1 << coded.BITS))

    def cell(self, kind: str, width: int, height: int, form: str = "PNG") -> tuple[str, int]:
        """A new cell with an own photo, and the number in that."""
        visitor, number = self.visitor, self.code()
        if len(visitor.book["cells"]) >= CELLS:
            visitor.act("clear")
        visitor.act("add", kind=kind)
        cell = visitor.book["cells"][-1]["id"]
        photo = coded.encoded(coded.picture(number, int(width), int(height), self.rng), form)
        visitor.act("upload", cell=cell, what="content", path=self.sent(f"photo.{form.lower()}", photo))
        painting = coded.encoded(coded.picture(self.code(), 128, 128, self.rng), "PNG")
        visitor.act("upload", cell=cell, what="style", index=0, path=self.sent("style.png", painting))
        values = {"content_side": int(self.rng.integers(64, 192)), "style_side": 128,
                  "network": "adain-quarter", "color": "luminance"}  # fmt: skip
        for name, value in values.items():
            visitor.act("set", cell=cell, name=name, value=value)
        return cell, number

    def sent(self, name: str, data: bytes) -> str:
        """The path of a file on the server."""
        path = self.folder / name
        path.write_bytes(data)
        try:
            return self.visitor.upload(path)
        finally:
            path.unlink()

    def finish(self, cell: str) -> None:
        """Runs a cell to its end. Notes a run that has none, or another than it should have."""
        self.ledger.count("runs")
        start = time.monotonic()
        self.visitor.act("run", cell=cell)
        self.rest()
        end = self.state(cell)
        while end not in ("done", "failed", "idle") and time.monotonic() - start < LONGEST:
            time.sleep(0.2)
            self.rest()
            end = self.state(cell)
        if end != "done":
            face = re.sub(r"<[^>]+>|\s+", " ", self.face(cell))[:300]
            self.ledger.note(self.ledger.lost, f"visitor {self.number}: a run ended as {end}: {face}")
            raise AssertionError(f"a run ended as {end}")

    def rest(self) -> None:
        """Until nothing of this visitor's runs, as the page follows it; then all of the page anew."""
        self.visitor.follow()
        self.visitor.open(self.visitor.parts["keep"])

    def part(self, name: str, cell: str) -> str:
        heads = [key for key, text in self.visitor.parts.items()
                 if key.startswith("head-") and f'data-cell="{cell}"' in text]  # fmt: skip
        return self.visitor.parts[f"{name}-{heads[0].partition('-')[2]}"]

    def face(self, cell: str) -> str:
        return self.part("face", cell)

    def state(self, cell: str) -> str:
        found = BAR.search(self.face(cell))
        return found[1] if found else "nothing"

    def download(self, cell: str) -> bytes:
        found = DOWNLOAD.search(self.face(cell))
        if not found:
            raise AssertionError("nothing to download")
        return self.visitor.get(html.unescape(found[1] or found[2]))

    def shown(self, cell: str) -> bytes:
        """The photo as the cell shows it."""
        return self.visitor.get(html.unescape(PICTURE.findall(self.face(cell))[0]))

    def check(self, data: bytes, number: int, what: str) -> None:
        """Notes a picture that is not this visitor's."""
        self.ledger.seen(self.number, data)
        with Image.open(io.BytesIO(data)) as image:
            found = coded.number_of(image)
        self.ledger.count("pictures looked at")
        if coded.distance(found, number) > coded.TOLERATED:
            self.ledger.note(
                self.ledger.crossed,
                f"visitor {self.number}: {what} differs by {coded.distance(found, number)} bits",
            )

    def program(self) -> Client:
        if self.client is None:
            self.client = Client(
                self.crowd.url, verbose=False, download_files=str(self.folder),
                headers={"X-Forwarded-For": self.address},
            )  # fmt: skip
        return self.client


class Rude(threading.Thread):
    """Somebody who keeps the page busy: files near the limit of decoding, large requests, invented names."""

    def __init__(self, crowd: Crowd) -> None:
        super().__init__(name="rude", daemon=True)
        self.crowd, self.folder = crowd, Path(tempfile.mkdtemp(prefix="guest-"))
        self.slow = coded.slow()

    def run(self) -> None:
        ledger = self.crowd.ledger
        while not self.crowd.over:
            for move in (self.decode, self.flood, self.invent):
                try:
                    move()
                except urllib.error.HTTPError as error:
                    if error.code >= 500:
                        ledger.note(ledger.faults, f"rude, {move.__name__}: {error}")
                except Exception:
                    ledger.note(ledger.faults, f"rude, {move.__name__}: {traceback.format_exc(limit=-3)}")
                ledger.count(f"rude: {move.__name__}")

    def new(self) -> Visitor:
        """Under a name of its own, from the same address."""
        visitor = Visitor(self.crowd.url, address="192.0.2.200")
        visitor.open()
        return visitor

    def decode(self) -> None:
        """Slow files under several names at once."""
        path = self.folder / "slow.jpg"
        path.write_bytes(self.slow)

        def send() -> None:
            with suppress(OSError):  # of which the page's own log tells more
                visitor = self.new()
                visitor.act("add", kind="picture")
                cell, sent = visitor.book["cells"][0]["id"], visitor.upload(path)
                visitor.act("upload", cell=cell, what="content", path=sent)

        others = [threading.Thread(target=send, daemon=True) for _ in range(3)]
        for each in others:
            each.start()
        for each in others:
            each.join(120)

    def flood(self) -> None:
        """A request of many values, which is refused."""
        visitor = self.new()
        body = {"fn_index": 0, "session_hash": "x", "data": [[]] * 1_000_000}
        visitor.post("gradio_api/queue/join", body)

    def invent(self) -> None:
        """Many names, each with a run that nobody waits for."""
        for _ in range(5):
            visitor = self.new()
            visitor.act("add", kind="picture")
            cell = visitor.book["cells"][0]["id"]
            visitor.act("set", cell=cell, name="content_side", value=64)
            visitor.act("run", cell=cell)
            visitor.act("stop", cell=cell)


class Probe(threading.Thread):
    """A visitor who folds a cell again and again, and how long that takes; ``busy``: while others run."""

    def __init__(self, crowd: Crowd, every: float, busy: bool = False) -> None:
        super().__init__(name="probe", daemon=True)
        self.crowd, self.every, self.runs = crowd, every, ""
        self.visitor = Visitor(crowd.url, address=f"192.0.2.{210 + busy}")
        self.visitor.open()
        if busy:
            self.visitor.act("add", kind="picture")
            self.runs = self.visitor.book["cells"][0]["id"]
            self.visitor.act("set", cell=self.runs, name="content_side", value=128)
            self.visitor.act("set", cell=self.runs, name="network", value="adain-quarter")
        self.visitor.act("add", kind="note")
        self.cell = self.visitor.book["cells"][-1]["id"]

    def run(self) -> None:
        ledger = self.crowd.ledger
        while not self.crowd.over:
            try:
                if self.runs:
                    self.visitor.act("run", cell=self.runs)
                start = time.monotonic()
                self.visitor.act("fold", cell=self.cell)
            except Exception:
                ledger.note(ledger.faults, f"probe: {traceback.format_exc(limit=-3)}")
                continue
            ledger.latencies.append((start - self.crowd.start, time.monotonic() - start))
            time.sleep(self.every)
