"""A page below a path of somebody's site: everything that it asks for lies there."""

from __future__ import annotations

import asyncio
import html
import importlib.util
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from gradio_client import Client, handle_file

from stylize.webui.profiles import PUBLIC

from .conftest import second
from .mount import mounted
from .moves import download, first_picture
from .test_tools import data
from .visitor import Visitor

PATH = "/paint"
HERE = importlib.util.find_spec("mcp") is not None


@pytest.fixture(scope="module", params=[True, False], ids=["stripped", "whole"])
def behind(request, tmp_path_factory, site):
    """The page and its address, by a proxy that leaves its path out of what it asks for, or in."""
    with (
        second(PUBLIC, tmp_path_factory.mktemp("behind"), root_path=PATH, mcp=HERE) as served,
        mounted(served.url, PATH, strips=request.param) as address,
    ):
        yield served, address


@pytest.fixture(autouse=True)
def uploads(behind, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(behind[0].built.page_files.store.uploads))


def addresses(text):
    return [html.unescape(each) for each in re.findall(r'(?:src|href)="([^"#]+)"', text)]


def test_a_visitor_reaches_all_that_is_shown(behind, pictures):
    served, address = behind
    visitor = Visitor(address)
    assert visitor.config["root"] == address.rstrip("/")
    assert (
        visitor.get("favicon.ico") == (served.built.page_files.store.server.folder / "icon.png").read_bytes()
    )
    visitor.open()
    visitor.act("add", kind="picture")
    number = visitor.book["cells"][0]["id"]
    visitor.act("upload", cell=number, what="content", path=visitor.upload(pictures / "photo.png"))
    shown = {each for text in visitor.parts.values() for each in addresses(text)}
    assert any("gradio_api/file=" in each for each in shown)
    for each in shown:
        assert not each.startswith(("/", "http")), each
        assert visitor.status(each) == 200


def test_a_program_paints(behind, pictures):
    page = Client(behind[1], verbose=False)
    path = page.predict(
        handle_file(pictures / "photo.png"), style_name="claude-monet", side=64, api_name="/stylize"
    )
    assert path


@pytest.mark.skipif(not HERE, reason="the package mcp is not installed")
def test_a_language_model_paints(behind, pictures):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def talk():
        async with (
            streamable_http_client(behind[1] + "gradio_api/mcp/") as (read, write, *_),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            wanted = {"content": data(pictures / "photo.png"), "style_name": "claude-monet", "side": 64}
            return await session.call_tool("stylize", wanted)

    with ThreadPoolExecutor(1) as thread:
        painted = thread.submit(lambda: asyncio.run(talk())).result()
    assert any(each.type == "image" for each in painted.content), painted


def test_the_visitors_own_address_and_scheme_are_known(behind):
    """As the proxy tells them; it asks from the loopback, which is trusted in this."""
    asked = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "paint.example"}
    with Visitor(behind[1]).request("config", **asked) as answer:
        assert b'"root":"https://paint.example/paint"' in answer.read()


def test_a_whole_address_needs_no_word_of_the_proxy(tmp_path, site):
    with second(PUBLIC, tmp_path, root_path="https://paint.example/paint") as served:
        assert served.visitor().config["root"] == "https://paint.example/paint"


@pytest.mark.browser
def test_a_browser_paints(behind, visit):
    page = visit(url=behind[1])
    first_picture(page)
    assert download(page, 0)[:4] == b"\x89PNG"
    page.reload()
    page.wait_for_selector("#cell-0 .foot .download")
    broken = "() => [...document.images].filter(each => each.complete && !each.naturalWidth).length"
    assert page.evaluate(broken) == 0
