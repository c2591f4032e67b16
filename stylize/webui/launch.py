"""The page as a server: profiles, limits, files and the address."""

from __future__ import annotations

from . import ground

# isort: split
import gc
import importlib
import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from starlette.middleware import Middleware

from .. import library, modes
from ..errors import SettingsError
from ..execution import Executor, choice
from ..system import heap
from . import access, address, callers, endpoints, examples, folders, theme, tools, wiring
from .actions import Actions
from .address import ListenAddress
from .cell_runner import CellRunner
from .certificate import Certificate
from .drawing import Drawing
from .gate import Gate, Offer
from .keeper import Keeper
from .page import lay_out
from .page_files import PageFiles
from .profiles import BY_NAME, LOCAL, PUBLIC, SHARE, SPACE, Profile
from .run_queue import RunQueue
from .session import Sessions
from .store import Store

TITLE = "Stylize"
RACES = 5  # for a port that are lost before it is an error


@dataclass(frozen=True)
class Built:
    """A page that can be launched."""

    demo: gr.Blocks
    page_files: PageFiles
    sessions: Sessions
    run_queue: RunQueue
    profile: Profile
    offer: Offer
    keeper: Keeper

    def close(self) -> None:
        """Ends the server, if it was launched, and deletes what was its alone."""
        self.keeper.stop()
        self.demo.close(verbose=False)
        self.page_files.store.close()


def build(
    profile: Profile = LOCAL,
    *,
    root: Path | None = None,
    executor: Executor | None = None,
    tunes: bool = True,
) -> Built:
    """The page.

    Args:
        profile: its limits.
        root: the folder for its files; else a new one that is deleted at the end of the program.
        executor: where jobs run; in this process, one by one, if left out.
        tunes: whether this process has what the networks need, so that sliders may answer at once.
    """
    store = Store(
        root or folders.new_root(),
        profile.kept_megabytes,
        profile.kept_days * 86400.0,
        profile.kept_megabytes_each,
    )
    folders.give_gradio(store.uploads)  # read when a component is made
    page_files = PageFiles(store, profile)
    run_queue = RunQueue(profile.queue, profile.queue_each, _rest if tunes else None)
    sessions = Sessions(profile.sessions)
    store.in_use = lambda: page_files.in_use(sessions.all()) | run_queue.files
    samples = examples.find()
    cell_runner = CellRunner(page_files, profile, executor, tunes)
    actions = Actions(page_files, cell_runner, run_queue, profile)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 86400)) as demo:
        bus = lay_out()
        wiring.connect(bus, actions, Drawing(page_files, samples, run_queue, profile), sessions)
        offer = endpoints.publish(cell_runner, page_files, run_queue, profile)
    # Gradio's own queue holds only the pages that follow a run: who waits for the machine is in ours.
    demo.queue(max_size=None, default_concurrency_limit=8)

    def tidy() -> None:
        sessions.forget(profile.kept_days * 86400.0)
        store.trim()

    return Built(demo, page_files, sessions, run_queue, profile, offer, Keeper(tidy))


def launch(
    built: Built,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    auth: Sequence[tuple[str, str]] | None = None,
    root_path: str = "",
    certificate: Certificate | None = None,
    ssr: bool | None = None,
    mcp: bool | None = None,
) -> tuple[Any, str, str | None]:
    """Starts the server and returns its app, its address, and its public address if it has one.

    Args:
        root_path: as gradio takes it, see :func:`.address.root_path`.
        certificate: for https.
        ssr: whether a Node.js makes the first view of the page; default: as GRADIO_SSR_MODE says. It is not
            asked where it would have to speak https or IPv6.
        mcp: whether the public endpoints are tools for language models; default: as GRADIO_MCP_SERVER says.

    The others are those of :func:`serve`.

    Raises:
        SettingsError: if there is no package for ``mcp``, if there is ``auth`` as well, if the host is none
            of this computer's, the port is taken, or a proxy cannot be used for what needs it.
    """
    heap.few_heaps()
    listen = ListenAddress.of(host)
    mcp = tools.are_wanted() if mcp is None else mcp
    if mcp:
        tools.check(bool(auth))
        tools.keep_in(built.page_files.store.uploads)
    served = [*built.page_files.served, str(library.folder())]
    settings: dict[str, Any] = {
        "server_name": listen.name,
        "share": share,
        "auth": list(auth) if auth else None,
        "quiet": True,
        "prevent_thread_lock": True,
        "show_error": built.profile.trusted,
        "theme": theme.theme(),
        "css": theme.css(),
        "head": theme.head(),
        "footer_links": ["api"],
        "favicon_path": theme.icon(built.page_files.store.server.folder / "icon.png"),
        "allowed_paths": served,
        # Every run that waits may be an event of its own, and so may the page that follows it.
        "max_threads": 40 + 2 * built.profile.queue,
        "max_file_size": int(built.profile.upload_megabytes() * 1e6),
        "state_session_capacity": built.profile.sessions,
        "run_history": False,
        "enable_monitoring": False,
        "pwa": False,
        "ssr_mode": False if certificate or ":" in listen.host else ssr,
        "mcp_server": mcp,
        "root_path": root_path,
        "app_kwargs": {"middleware": [Middleware(Gate, offer=built.offer)]},
    }
    if certificate:
        settings |= {
            "ssl_certfile": certificate.certfile,
            "ssl_keyfile": certificate.keyfile,
            "ssl_keyfile_password": certificate.password,
            "ssl_verify": False,  # of gradio's question to itself: its name is not the loopback's
        }
    built.keeper.start()
    ground.spare_loopback()
    with ground.with_proxies([listen.near.host]) if share or mcp else ground.without_proxies():
        app, own, public = _started(built.demo, listen, port, settings)
    return app, listen.url(urlsplit(own).port or 0, urlsplit(own).scheme), public


def _started(demo: gr.Blocks, listen: ListenAddress, port: int | None, settings: dict[str, Any]) -> Any:
    """What gradio says of a server that it started, at a port that is free if none is named."""
    for _ in range(RACES if port is None else 0):
        with suppress(OSError):  # another program was quicker
            return demo.launch(server_port=listen.free_port(), **settings)
    chosen = listen.free_port() if port is None else port
    listen.check(chosen)
    try:
        return demo.launch(server_port=chosen, **settings)
    except OSError as error:
        raise SettingsError("Port {port} is taken: choose another one, or none.", port=chosen) from error


def serve(
    *,
    share: bool = False,
    port: int | None = None,
    host: str = "127.0.0.1",
    auth: Sequence[tuple[str, str]] | None = None,
    profile: str | None = None,
    root_path: str | None = None,
    ssl_certfile: str | None = None,
    ssl_keyfile: str | None = None,
    open_browser: bool = False,
    mcp: bool | None = None,
    gpu: Callable[..., Any] | None = None,
) -> None:
    """Open the page and stay until Ctrl-C.

    Args:
        share: a public address by a tunnel, for a week at most.
        port: default: the first free one from 7860.
        host: ``0.0.0.0`` opens the page to the network, ``::`` to that of IPv6.
        auth: names and passwords that are let in; default: those of STYLIZE_AUTH, and without it everybody
            who can reach the page.
        profile: the limits: ``local``, ``share`` or ``public``; default: by who can reach the page, see
            :func:`choose_profile`.
        root_path: below which a proxy shows the page, such as ``/paint``, or the whole address there;
            default: that of GRADIO_ROOT_PATH.
        ssl_certfile: for https, as PEM.
        ssl_keyfile: its key; default: in the same file. A password is that of STYLIZE_SSL_PASSWORD.
        open_browser: open it in this computer's browser.
        mcp: offer the public endpoints as tools to language models; default: as GRADIO_MCP_SERVER says.
        gpu: ``spaces.GPU`` where an accelerator is lent for each run.

    Raises:
        SettingsError: for what cannot be had: a port that is taken, a host that is not this computer's,
            passwords or certificates that cannot be read, options that exclude each other.
    """
    auth = access.from_environment() if auth is None else auth
    root_path = address.root_path(os.environ.get("GRADIO_ROOT_PATH", "") if root_path is None else root_path)
    listen, certificate = ListenAddress.of(host), Certificate.of(ssl_certfile, ssl_keyfile)
    limits = choose_profile(share, host, profile, root_path)
    callers.trust_a_spaces_proxy()
    if share:
        _check_share(listen, root_path, certificate)
    if port is not None:
        listen.check(port)
    executor = choice.for_page(gpu, gr.Error)
    if executor is not None:
        bring_networks()  # at once: an import half done in a thread would hang the processes that are forked
    built = build(
        limits,
        root=folders.work_folder() if limits.kept else None,
        executor=executor,
        tunes=executor is None,
    )
    _, own, public = launch(
        built,
        host=host,
        port=port,
        share=share,
        auth=auth,
        root_path=root_path,
        certificate=certificate,
        mcp=mcp,
    )
    print(f"Stylize is at {own} (Ctrl-C ends it)", flush=True)
    if root_path:
        print(f"and to be opened through a proxy at {root_path}/", flush=True)
    threading.Thread(target=bring_networks, name="stylize-import", daemon=True).start()
    if share:
        print(
            f"and for everybody at {public}" if public else "There is no public address: no network?",
            flush=True,
        )
    if open_browser:  # not by gradio, which would hand on an environment without proxies
        webbrowser.open(public or (f"{root_path}/" if "://" in root_path else own))
    built.demo.block_thread()


def _check_share(listen: ListenAddress, root_path: str, certificate: Certificate | None) -> None:
    if root_path:
        raise SettingsError("A public link by --share has no path of its own: leave out --root-path.")
    if certificate:
        raise SettingsError("A public link by --share has https already: leave out --ssl-certfile.")
    if ":" in listen.host:
        raise SettingsError("A public link by --share needs an IPv4 host: leave out --host.")


def bring_networks() -> None:
    """Imports torch and the quickest mode, which the page itself does without until the first run, and spares
    the collector what is imported: 300,000 objects that it would go through again and again, a quarter of a
    second each time in which no request is answered.
    """
    with suppress(Exception):  # the run that needs them will say what is wrong
        modes.load(modes.DEFAULT)
    gc.collect()
    gc.freeze()


def _rest() -> None:
    """Between runs, memory that torch keeps for the next goes back to the system."""
    if "torch" in sys.modules:
        importlib.import_module("stylize.device").give_back()


def choose_profile(share: bool, host: str, name: str | None = None, root_path: str = "") -> Profile:
    """The limits for whoever can reach the page: those of ``name``, or else strangers' unless nobody but this
    computer does. Behind a proxy, which ``root_path`` tells of, anybody may.

    Raises:
        SettingsError: for a name that is none, or that would give a shared page its owner's limits.
    """
    if os.environ.get("SPACE_ID"):
        return SPACE
    if name is not None:
        if name not in BY_NAME:
            raise SettingsError("{name} is no profile: choose local, share or public.", name=name)
        if share and BY_NAME[name].trusted:
            raise SettingsError("A page with --share is open to others: its profile is share or public.")
        return BY_NAME[name]
    if root_path and not share:
        return PUBLIC
    return LOCAL if ListenAddress(address.bare(host)).is_private and not share else SHARE
