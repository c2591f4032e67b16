"""A visitor who knows everything that another one ever showed gets nothing of that visitor's photo.

The secrets are the sha256 of the photo and of what was made from it, the finished picture with its recipe, a
zip without its pictures, the notebook as JSON and every address. The roads are generated: every action with
every field that it reads, and every kind of file. ``test_two_visitors_http.py`` asks a running page.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from stylize.execution import Job, OneByOne
from stylize.notebook import Example, StyleRef
from stylize.notebook.archive import save_zip
from stylize.notebook.store import to_json
from stylize.progress import Progress
from stylize.webui.commands import TABLE
from stylize.webui.commands.fields import form
from stylize.webui.drawing import keepsake
from stylize.webui.files import KINDS
from stylize.webui.profiles import LOCAL, SHARE

from .bench import Bench
from .loot import SERVED, Loot, addresses, guesses, photo, pictures_in, shows, small, without_pictures


def test_the_photo_is_known_again():
    """Or else this file would prove nothing."""
    loot = Loot(photo())
    again = io.BytesIO()
    Image.open(io.BytesIO(loot.photo)).resize((48, 32)).save(again, "PNG")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x", loot.photo)
    for data in (loot.photo, again.getvalue(), packed.getvalue(), base64.b64encode(again.getvalue())):
        assert shows(data, loot)
    other = np.asarray(Image.open(io.BytesIO(loot.photo)))[::-1]
    flipped = io.BytesIO()
    Image.fromarray(other).save(flipped, "PNG")
    assert not shows(flipped.getvalue(), loot)


def darkly(job: Job) -> Iterator[Progress]:
    """A mode whose picture does not look like the photo, whoever paints it once more."""
    yield Progress(1, 1, job.content.tensor.flip(2) * 0.3)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("two"), SHARE, executor=OneByOne(darkly))


def painted(bench: Bench) -> Loot:
    """A visitor who uploads a photo, paints it, varies it and exports everything."""
    loot, session = Loot(photo()), bench.session()
    path = bench.upload("home.jpg", loot.photo)
    cell = bench.do(session, "add", kind="picture")
    bench.do(session, "upload", cell=cell, what="content", path=path)
    bench.do(session, "set", cell=cell, name="content_side", value=64)
    sweep = bench.do(session, "add", kind="sweep")
    bench.run(session)
    own = bench.page_files.of(session)
    shown = {}
    for kind in KINDS:
        bench.do(session, "export", kind=kind)
        shown |= {kind: session.download[1], **bench.drawing.changes(session, all_of_it=True).parts}
    packed = io.BytesIO()
    save_zip(session.book, own.assets, packed)
    assert any(shows(Path(unquote(each[len(SERVED) :])).read_bytes(), loot) for each in addresses(shown))
    loot.key = session.key
    loot.made = own.assets.get(session.book[cell].result.asset)
    loot.zip, loot.book = without_pictures(packed.getvalue()), to_json(session.book)
    loot.shas = [hashlib.sha256(loot.photo).hexdigest(), *own.assets]
    loot.shas += [tile.asset for tile in session.book[sweep].result.tiles]
    loot.addresses = addresses(shown)
    known = [unquote(each[len(SERVED) :]) for each in loot.addresses]
    loot.paths = [str(own.assets.path(sha)) for sha in own.assets]
    loot.paths += guesses(bench.root, loot.shas[:1], [each for each in known if "/pictures/" in each])
    return loot


@pytest.fixture(scope="module")
def loot(bench):
    return painted(bench)


def everything(bench: Bench, session) -> Iterator[bytes]:
    """All that a visitor can come by: what is drawn, what it leads to, exports, and the own folders."""
    own = bench.page_files.of(session)
    for kind in KINDS:
        bench.actions.act(session, {"do": "export", "kind": kind})
        parts = bench.drawing.changes(session, all_of_it=True).parts
        for address in [*addresses(parts), session.download[1]]:
            path = Path(unquote(address[len(SERVED) :]))
            if path.is_file():
                yield path.read_bytes()
    for folder in (bench.page_files.store.private(own.name), bench.page_files.store.public(own.name)):
        yield from (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def gets_nothing(bench: Bench, session, loot: Loot) -> None:
    bench.do(session, "stop_all")
    bench.actions.act(session, {"do": "run_all"})
    assert bench.run_queue.idle(60)
    assert not any(shows(data, loot) for data in everything(bench, session))


def test_commands_without_fields_are_known():
    silent = {name for name, entry in TABLE.items() if not form(entry.command).fields}
    assert silent == {"clear", "close", "redo", "run_all", "stop_all", "undo"}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_no_action_leads_to_the_photo(bench, loot, name):
    session = bench.session()
    cell = bench.do(session, "add", kind="picture")
    bench.do(session, "set", cell=cell, name="content_side", value=64)
    bench.do(session, "set", cell=cell, name="full_size", value=False)
    fields = form(TABLE[name].command).fields
    plain = {"cell": cell, "what": "content", "index": 0, "kind": "upload", "name": "x", "n": 0}
    for secret in loot.secrets:
        for each in sorted(fields):
            for more in ({}, {"what": "style"}) if "what" in fields else ({},):
                bench.actions.act(session, {"do": name, **plain, **more, each: secret})
    gets_nothing(bench, session, loot)


@pytest.mark.parametrize("what", ["content", "style"])
@pytest.mark.parametrize("file", ["made.png", "book.zip", "book.json", "recipe.json"])
def test_no_file_brings_the_photo_back(bench, loot, file, what):
    recipe = json.loads(loot.book)["cells"][0]["result"]["recipe"]
    data = {"made.png": loot.made, "book.zip": loot.zip, "book.json": loot.book.encode(),
            "recipe.json": json.dumps(recipe).encode()}[file]  # fmt: skip
    session = bench.session()
    bench.do(session, "import", paths=[bench.upload(file, data)])
    (first, *_) = session.book.ids
    if what == "style":  # everything that was the content becomes the style
        source = session.book[first].content
        book = session.book.change(first, styles=(StyleRef(source),), content=Example("raccoon"))
        session.do(book)
    for do in ("duplicate", "below", "undo", "redo", "delete", "undo"):
        bench.actions.act(session, {"do": do, "cell": first})
    for shot in list(session.shots):
        bench.actions.act(session, {"do": "shot", "asset": shot.asset})
    gets_nothing(bench, session, loot)


def test_the_browsers_text_brings_nothing_back(bench, loot):
    session = bench.session()
    bench.actions.restore(session, loot.book)
    assert len(session.book.cells) == 2
    assert all(cell.result is None for cell in session.book.cells)
    gets_nothing(bench, session, loot)


def test_the_key_of_a_tab_without_the_browsers_secret_brings_nothing(bench, loot):
    session = bench.session()
    session.key = loot.key
    bench.actions.restore(session, loot.book)
    assert all(cell.result is None for cell in session.book.cells)
    gets_nothing(bench, session, loot)


def test_a_link_with_a_recipe_brings_nothing_back(bench, loot):
    session = bench.session()
    recipe = json.dumps(json.loads(loot.book)["cells"][0]["result"]["recipe"])
    bench.actions.begin(session, {"recipe": base64.urlsafe_b64encode(recipe.encode()).decode().rstrip("=")})
    assert session.book.cells
    gets_nothing(bench, session, loot)


@pytest.mark.parametrize("same", ["tab", "browser"])
def test_who_comes_back_finds_the_photo_in_any_tab_of_the_browser(bench, same):
    session = bench.session()
    cell = bench.do(session, "add", kind="picture")
    bench.do(session, "upload", cell=cell, what="content", path=bench.upload("home.jpg", photo()))
    again = bench.session()
    again.owner = session.owner
    again.key = session.key if same == "tab" else again.key
    bench.actions.restore(again, keepsake(session.book))
    assert again.book[cell].content == session.book[cell].content
    assert again.book[cell].content.asset in bench.page_files.of(again).assets
    assert addresses(bench.drawing.changes(again, all_of_it=True).parts)


def test_on_a_page_of_ones_own_all_sessions_share(tmp_path):
    bench = Bench(tmp_path, LOCAL, executor=OneByOne(darkly))
    loot, session = painted(bench), bench.session()
    bench.do(session, "import", paths=[bench.upload("made.png", loot.made)])
    assert any(shows(data, loot) for data in everything(bench, session))


def test_networks_are_their_owners_alone(tmp_path):
    bench = Bench(tmp_path, replace(SHARE, own_weights=True))
    mine, other = bench.session(), bench.session()
    for session in (mine, other):
        bench.picture(session)
    data = bench.upload("mine.safetensors", b"x" * 100)
    bench.do(mine, "network", cell=mine.book.ids[0], path=data)
    assert mine.book.cells[0].settings.network == "mine.safetensors"
    said = bench.fails(other, "set", cell=other.book.ids[0], name="network", value="mine.safetensors")
    assert "one of the choices" in said
    assert [Path(each).name for each in bench.page_files.served] == ["pictures"]


def test_nothing_that_is_kept_or_exported_tells_where_a_photo_was_taken(bench):
    session = bench.session()
    cell = bench.do(session, "add", kind="picture")
    bench.do(session, "upload", cell=cell, what="content", path=bench.upload("home.jpg", photo()))
    bench.do(session, "import", paths=[bench.upload("home.jpg", photo())])
    bench.run(session)
    found = [each for data in everything(bench, session) for each in pictures_in(data)]
    assert any(shows(each, Loot(photo())) for each in found)
    assert not [each for each in found if b"A maker's name" in each]
    for each in found:
        if small(each) is not None:
            with Image.open(io.BytesIO(each)) as image:
                assert not dict(image.getexif().get_ifd(0x8825))


def test_an_upload_is_what_it_was_under_its_own_sha256_too(bench):
    """Recipes made elsewhere name the file as it lies on the visitor's disk."""
    session = bench.session()
    cell = bench.do(session, "add", kind="picture")
    bench.do(session, "upload", cell=cell, what="content", path=bench.upload("home.jpg", photo()))
    own, given = bench.page_files.of(session), hashlib.sha256(photo()).hexdigest()
    assert given != session.book[cell].content.asset
    assert own.assets.get(given) == own.assets.get(session.book[cell].content.asset)


def test_no_copy_of_the_upload_stays_as_it_came(bench):
    session = bench.session()
    cell = bench.do(session, "add", kind="picture")
    path = bench.upload("home.jpg", photo())
    for _ in range(2):
        bench.do(session, "upload", cell=cell, what="content", path=path)
    bench.do(session, "import", paths=[path])
    assert b"A maker's name" not in Path(path).read_bytes()
