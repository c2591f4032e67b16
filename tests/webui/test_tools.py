"""The public endpoints as tools for language models, asked by the protocol's own client."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio.route_utils
import pytest
from PIL import Image

from stylize.errors import SettingsError
from stylize.webui import launch, tools
from stylize.webui.profiles import LOCAL

from .conftest import second
from .made import page, painting

HERE = importlib.util.find_spec("mcp") is not None
needs_mcp = pytest.mark.skipif(not HERE, reason="the package mcp is not installed")


@pytest.fixture(scope="module")
def tool_site(tmp_path_factory, site):
    with second(LOCAL, tmp_path_factory.mktemp("tools"), mcp=True) as served:
        yield served


@pytest.fixture
def ask(tool_site, monkeypatch):
    """Has one session with the server."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tool_site.built.page_files.store.uploads))

    def session(questions):
        from mcp import ClientSession
        from mcp.client.streamable_http import streamablehttp_client

        async def talk():
            async with (
                streamablehttp_client(tool_site.url + "gradio_api/mcp/") as (read, write, _),
                ClientSession(read, write) as session,
            ):
                await session.initialize()
                return await questions(session)

        with ThreadPoolExecutor(1) as thread:  # this one may have a loop that runs, of the browser's tests
            return thread.submit(lambda: asyncio.run(talk())).result()

    return session


def data(path):
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


@needs_mcp
def test_the_tools_are_the_public_endpoints(ask):
    found = {each.name: each for each in ask(lambda session: session.list_tools()).tools}
    assert set(found) == {"stylize", "styles", "translations"}
    assert all(each.description for each in found.values())
    fields = found["stylize"].inputSchema["properties"]
    assert all(each["description"] and each["type"] for each in fields.values())
    assert fields["mode"]["enum"] == ["adain", "gatys", "cyclegan"]
    assert not found["stylize"].inputSchema.get("required")


@needs_mcp
def test_a_model_paints(ask, pictures):
    async def talk(session):
        styles = await session.call_tool("styles", {})
        translations = await session.call_tool("translations", {})
        wanted = {"content": data(pictures / "photo.png"), "style_name": "claude-monet", "side": 64}
        return styles, translations, await session.call_tool("stylize", wanted)

    styles, translations, painted = ask(talk)
    assert "'name': 'claude-monet'" in styles.content[0].text
    assert "'name': 'photo2vangogh'" in translations.content[0].text
    picture = next(each for each in painted.content if each.type == "image")
    assert Image.open(io.BytesIO(base64.b64decode(picture.data))).size == (480, 320)


@needs_mcp
def test_what_a_model_sends_lies_in_the_pages_own_folder(ask, tool_site, tmp_path):
    """Where it is deleted in time; gradio alone would leave it in the folder that it knew when imported."""
    photo = painting(tmp_path / "mine.png", seed=712).read_bytes()

    def copies(folder):
        return [path for path in Path(folder).rglob("*.png") if path.read_bytes() == photo]

    wanted = {"content": data(tmp_path / "mine.png"), "style_name": "no-such-style"}
    ask(lambda session: session.call_tool("stylize", wanted))
    assert copies(tool_site.built.page_files.store.root)
    assert not copies(gradio.route_utils.DEFAULT_TEMP_DIR)


@needs_mcp
def test_a_model_may_name_what_it_uploaded_here(ask, tool_site, pictures):
    path = tool_site.visitor().upload(pictures / "photo.png")
    wanted = {"content": f"{tool_site.url}gradio_api/file={path}", "style_name": "claude-monet", "side": 64}
    assert not ask(lambda session: session.call_tool("stylize", wanted)).isError


@needs_mcp
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("http://127.0.0.1:1/photo.png", "Addresses are not fetched here"),
        ("http://127.0.0.1:1/gradio_api/file=/etc/passwd", "Addresses are not fetched here"),
        ("http://127.0.0.1:1/gradio_api/file=", "Addresses are not fetched here"),
        ("/etc/passwd", "Invalid file data"),
        (None, "Choose a photo first"),
    ],
)
def test_a_model_gets_messages_it_can_use(ask, content, said):
    wanted = {"style_name": "claude-monet", **({"content": content} if content is not None else {})}
    answer = ask(lambda session: session.call_tool("stylize", wanted))
    assert answer.isError
    assert said in answer.content[0].text


def test_there_are_no_tools_unless_asked_for(site):
    assert site.visitor().status("gradio_api/mcp/") == 404


@pytest.mark.parametrize(("value", "wanted"), [("True", True), ("False", False), ("", False)])
def test_the_environment_may_ask(monkeypatch, value, wanted):
    monkeypatch.setenv("GRADIO_MCP_SERVER", value)
    assert tools.are_wanted() is wanted


def test_without_the_package_its_name_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"stylize\[mcp\]"):
        launch.launch(page(LOCAL, tmp_path), mcp=True)


def test_passwords_and_tools_do_not_go_together(tmp_path):
    with pytest.raises(SettingsError, match="password"):
        launch.launch(page(LOCAL, tmp_path), mcp=True, auth=[("a", "b")])
