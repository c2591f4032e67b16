"""The page as a server: profiles, limits, files and the address."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import gradio as gr
from starlette.middleware import Middleware

from .. import library
from ..errors import SettingsError
from . import access, endpoints, examples, lending, theme, tools, wiring
from .actions import Actions
from .cards import Cards
from .cellwork import Workshop
from .drawing import Drawing
from .forms import Forms
from .gate import Gate, Offer
from .line import Line
from .page import Page, lay_out
from .profiles import LOCAL, SHARE, SPACE, Profile
from .runner import Work, run_job
from .shelf import Shelf
from .sitting import Sittings
from .store import Store

TITLE = "Stylize"
PORTS = range(7860, 7960)
RACES = 5  # for a port that are lost before it is an error
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Built:
    """A page that can be launched."""

    demo: gr.Blocks
    page: Page
    shelf: Shelf
    sittings: Sittings
    line: Line
    profile: Profile
    offer: Offer


def build(
    profile: Profile = LOCAL, *, root: Path | None = None, work: Work = run_job, tunes: bool = True
) -> Built:
    """The page.

    Args:
        profile: its limits.
        root: the folder for its files; else a new one that is deleted at the end of the program.
        work: what turns a job into progress.
        tunes: whether this process has what the networks need, so that sliders may answer at once.
    """
    store = Store(root or _new_root(), profile.kept_megabytes, profile.kept_days * 86400.0)
    os.environ["GRADIO_TEMP_DIR"] = str(store.root)  # read when a component is made
    shelf, line = Shelf(store, profile), Line(profile.queue, profile.queue_each)
    sittings = Sittings(profile.sessions)
    samples = examples.find()
    workshop = Workshop(shelf, profile, work, tunes)
    actions = Actions(shelf, workshop, line, profile)
    cards = Cards(shelf, Forms(shelf, samples, profile), line, profile)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 86400)) as demo:
        page = lay_out()
        wiring.connect(page, actions, Drawing(shelf, samples, cards), sittings)
        offer = endpoints.publish(workshop, shelf, line, profile)
    # Gradio's own queue holds only the pages that follow a run: who waits for the machine is in our line.
    demo.queue(max_size=None, default_concurrency_limit=8)
    return Built(demo, page, shelf, sittings, line, profile, offer)


def work_folder() -> Path:
    """Where the pictures of this computer's own notebooks are kept from one start to the next."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    root = Path(caches) / "stylize" / "page"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _new_root()
    return root


def _new_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="stylize-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def launch(
    built: Built,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    auth: Sequence[tuple[str, str]] | None = None,
    open_browser: bool = False,
    ssr: bool | None = None,
    mcp: bool | None = None,
) -> tuple[Any, str, str | None]:
    """Starts the server and returns its app, its address, and its public address if it has one.

    Args:
        ssr: whether a Node.js makes the first view of the page; default: as GRADIO_SSR_MODE says.
        mcp: whether the public endpoints are tools for language models; default: as GRADIO_MCP_SERVER says.

    The others are those of :func:`serve`.

    Raises:
        SettingsError: if there is no package for ``mcp``, or if there is ``auth`` as well.
    """
    mcp = tools.are_wanted() if mcp is None else mcp
    if mcp:
        tools.check(bool(auth))
    served = [*built.shelf.served, str(library.folder())]
    settings: dict[str, Any] = {
        "server_name": host, "share": share, "inbrowser": open_browser, "auth": list(auth) if auth else None,
        "quiet": True, "prevent_thread_lock": True, "show_error": built.profile.trusted,
        "theme": theme.theme(), "css": theme.css(), "head": theme.head(), "footer_links": ["api"],
        "favicon_path": theme.icon(built.shelf.store.root / "icon.png"), "allowed_paths": served,
        "max_file_size": int(built.profile.upload_megabytes() * 1e6),
        "state_session_capacity": built.profile.sessions, "run_history": False, "enable_monitoring": False,
        "pwa": False, "ssr_mode": ssr, "mcp_server": mcp,
        "app_kwargs": {"middleware": [Middleware(Gate, offer=built.offer)]},
    }  # fmt: skip
    if port is not None:
        return built.demo.launch(server_port=port, **settings)
    for _ in range(RACES):
        with suppress(OSError):  # another program was quicker
            return built.demo.launch(server_port=free_port(host), **settings)
    return built.demo.launch(server_port=free_port(host), **settings)


def serve(
    *,
    share: bool = False,
    port: int | None = None,
    host: str = "127.0.0.1",
    auth: Sequence[tuple[str, str]] | None = None,
    open_browser: bool = False,
    mcp: bool | None = None,
    gpu: Callable[..., Any] | None = None,
) -> None:
    """Open the page and stay until Ctrl-C.

    Args:
        share: a public address by a tunnel, for a week at most.
        port: default: the first free one from 7860.
        host: ``0.0.0.0`` opens the page to the network.
        auth: names and passwords that are let in; default: those of STYLIZE_AUTH, and without it everybody
            who can reach the page.
        open_browser: open it in this computer's browser.
        mcp: offer the public endpoints as tools to language models; default: as GRADIO_MCP_SERVER says.
        gpu: ``spaces.GPU`` where an accelerator is lent for each run.

    Raises:
        SettingsError: if the port is taken, STYLIZE_AUTH cannot be read, there is no package for ``mcp``, or
            there are passwords as well.
    """
    auth = access.from_environment() if auth is None else auth
    profile = choose_profile(share, host)
    if port is not None and not _is_free(host, port):
        raise SettingsError("Port {port} is taken: choose another one, or none.", port=port)
    gpu = gpu if lending.is_lent() else None
    if gpu:
        _bring_networks()  # at once: an import half done in a thread would hang the processes that are forked
    built = build(
        profile, root=work_folder() if profile.kept else None,
        work=lending.lent(gpu) if gpu else run_job, tunes=gpu is None,
    )  # fmt: skip
    _, address, public = launch(
        built, host=host, port=port, share=share, auth=auth, open_browser=open_browser, mcp=mcp
    )
    print(f"Stylize is at {address} (Ctrl-C ends it)", flush=True)
    threading.Thread(target=_bring_networks, name="stylize-import", daemon=True).start()
    if share:
        print(
            f"and for everybody at {public}" if public else "There is no public address: no network?",
            flush=True,
        )
    built.demo.block_thread()


def _bring_networks() -> None:
    """Imports torch and the quickest mode, which the page itself does without until the first run."""
    with suppress(Exception):  # the run that needs them will say what is wrong
        importlib.import_module("stylize.modes.adain")


def choose_profile(share: bool, host: str) -> Profile:
    """The limits for whoever can reach the page."""
    if os.environ.get("SPACE_ID"):
        return SPACE
    return SHARE if share or host not in LOOPBACK else LOCAL


def free_port(host: str) -> int:
    """The first port from 7860 that nobody listens at. Raises SettingsError."""
    for port in PORTS:
        if _is_free(host, port):
            return port
    raise SettingsError(
        "All ports from {first} to {last} are taken: choose another one.", first=PORTS[0], last=PORTS[-1]
    )


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
