"""Who gets which limits, and where the server listens."""

from __future__ import annotations

import inspect
import itertools
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from stylize.cli import main
from stylize.errors import SettingsError
from stylize.webui import folders, launch
from stylize.webui.address import ListenAddress
from stylize.webui.profiles import BY_NAME, LOCAL, PUBLIC, SHARE, SPACE
from stylize.weights import zoo

from .conftest import second
from .made import page
from .visitor import Visitor


@pytest.mark.parametrize(
    ("share", "host", "space", "profile"),
    [
        (False, "127.0.0.1", "", LOCAL), (False, "localhost", "", LOCAL), (True, "127.0.0.1", "", SHARE),
        (False, "0.0.0.0", "", SHARE), (False, "192.168.0.7", "", SHARE), (False, "0.0.0.0", "me/it", SPACE),
        (False, "[::1]", "", LOCAL), (False, "::1", "", LOCAL), (False, "127.0.0.2", "", LOCAL),
        (False, "::", "", SHARE), (True, "::1", "", SHARE),
    ],
)  # fmt: skip
def test_whoever_can_reach_the_page_decides_the_limits(monkeypatch, share, host, space, profile):
    monkeypatch.setenv("SPACE_ID", space)
    assert launch.choose_profile(share, host) is profile


@pytest.mark.parametrize("path", ["/paint", "https://example.org/paint"])
def test_behind_a_proxy_there_may_be_anybody(path):
    assert launch.choose_profile(False, "127.0.0.1", None, path) is PUBLIC
    assert launch.choose_profile(False, "127.0.0.1", "local", path) is LOCAL


def test_a_profile_is_chosen_by_name_but_never_weakened_by_sharing(monkeypatch):
    assert {launch.choose_profile(False, "127.0.0.1", name).name for name in BY_NAME} == set(BY_NAME)
    assert launch.choose_profile(True, "127.0.0.1", "public") is PUBLIC
    with pytest.raises(SettingsError, match="open to others"):
        launch.choose_profile(True, "127.0.0.1", "local")
    with pytest.raises(SettingsError, match="no profile"):
        launch.choose_profile(False, "127.0.0.1", "mine")
    monkeypatch.setenv("SPACE_ID", "me/it")
    assert launch.choose_profile(False, "127.0.0.1", "local") is SPACE


def test_only_a_page_for_oneself_trusts():
    for profile in (SHARE, PUBLIC, SPACE):
        assert (profile.trusted, profile.own_weights, profile.kept) == (False, False, False)
        assert profile.seconds is not None
        assert profile.side < LOCAL.side


@pytest.mark.parametrize(
    "more", [{"root_path": "/paint"}, {"host": "::1"}, {"ssl_keyfile": "key"}, {"profile": "local"}]
)
def test_what_does_not_go_with_sharing_is_said(more):
    with pytest.raises(SettingsError):
        launch.serve(share=True, **more)


def test_the_flags_arrive(monkeypatch):
    given = {}
    monkeypatch.setattr("stylize.webui.serve", lambda **options: given.update(options))
    wanted = {"host": "::1", "profile": "public", "root_path": "/a", "ssl_certfile": "c", "ssl_keyfile": "k"}
    flags = [[f"--{name.replace('_', '-')}", value] for name, value in wanted.items()]
    assert main(["serve", *itertools.chain(*flags)]) == 0
    assert wanted.items() <= given.items()


def test_the_page_is_for_this_computer_unless_asked():
    assert inspect.signature(launch.serve).parameters["host"].default == "127.0.0.1"
    assert inspect.signature(launch.launch).parameters["host"].default == "127.0.0.1"


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=str(port)):
            launch.serve(port=port)


def test_a_race_for_a_port_is_run_again(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")  # so that it is put back
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], ListenAddress("127.0.0.1").free_port()])
        monkeypatch.setattr(ListenAddress, "free_port", lambda place: next(ports))
        built = launch.build(root=tmp_path)
        _, url, _ = launch.launch(built)
    assert Visitor(url).open()
    built.close()


@pytest.mark.parametrize("lends", [True, False])
def test_an_accelerator_is_borrowed_only_where_it_is_lent(monkeypatch, lends):
    """The package is there on every Space; without a lender, sliders may answer in this process."""
    built = []
    monkeypatch.setenv("SPACES_ZERO_GPU", "true" if lends else "")
    monkeypatch.setattr(launch, "build", lambda profile, **about: built.append(about) or sys.exit())
    with pytest.raises(SystemExit):
        launch.serve(gpu=lambda duration: lambda task: task)
    assert built[0]["tunes"] is not lends
    assert (built[0]["executor"] is None) is not lends


def test_nothing_is_painted_before_somebody_asks(monkeypatch, tmp_path):
    """No examples of gradio's, which would be worked out at the start; and nobody in the queue."""
    monkeypatch.setattr(zoo, "_kept", None)  # what loads a network
    built = page(SPACE, tmp_path)
    assert "dataset" not in {each.get_block_name() for each in built.demo.blocks.values()}
    assert built.run_queue._thread is None
    assert not list(tmp_path.glob("**/*.png"))


def test_the_first_view_may_come_from_node(monkeypatch, tmp_path):
    """Where there is no Node.js, the browser makes it as ever."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")  # so that it is put back
    monkeypatch.setenv("GRADIO_NODE_PATH", "")
    monkeypatch.setenv("GRADIO_SSR_MODE", "True")
    built = launch.build(root=tmp_path)
    _, url, _ = launch.launch(built)
    assert built.demo.ssr_mode is True
    assert Visitor(url).open()
    built.close()


@pytest.mark.parametrize("wanted", [True, False, None])
def test_a_caller_decides_on_the_first_view(monkeypatch, tmp_path, wanted):
    built, given = page(LOCAL, tmp_path), {}
    started = (None, "http://127.0.0.1:7860/", None)
    monkeypatch.setattr(built.demo, "launch", lambda **settings: given.update(settings) or started)
    launch.launch(built, ssr=wanted)
    assert given["ssr_mode"] is wanted


def test_importing_the_package_brings_no_gradio():
    code = "import sys, stylize.webui; sys.exit('gradio' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


ANSWERS_FIRST = """
import pathlib, sys, urllib.request
from stylize.webui import folders, launch
built = launch.build(root=pathlib.Path(sys.argv[1]))
_, address, _ = launch.launch(built)
answer = urllib.request.urlopen(address).read()
sys.exit(b"gradio" not in answer or "torch" in sys.modules)
"""


def test_the_page_answers_before_torch_is_there(tmp_path):
    done = subprocess.run([sys.executable, "-c", ANSWERS_FIRST, tmp_path], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_ending_one_of_two_pages_leaves_the_others_uploads(tmp_path, pictures):
    """Both of one folder, and the same file, of which gradio deletes what it was given when it ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path))  # so that it is put back
        with second(LOCAL, tmp_path) as first, second(LOCAL, tmp_path) as other:
            visitors = [each.visitor() for each in (first, other)]
            paths = []
            for site, visitor in zip((first, other), visitors, strict=True):
                folders.give_gradio(site.built.page_files.store.uploads)
                paths.append(Path(visitor.upload(pictures / "photo.png")))
            assert all(path.is_file() for path in paths)
            first.built.close()
            assert [path.is_file() for path in paths] == [False, True]
            visitors[1].open()
            visitors[1].act("add", kind="picture")
            cell = visitors[1].book["cells"][0]["id"]
            visitors[1].act("upload", cell=cell, what="content", path=str(paths[1]))
            assert visitors[1].book["cells"][0]["content"]["name"] == "photo.png"


def test_what_is_imported_is_spared_the_collector():
    code = (
        "import gc; from stylize.webui import launch; launch.bring_networks(); print(gc.get_freeze_count())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 100_000
