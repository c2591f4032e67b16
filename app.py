"""The page: ``python app.py`` with the flags of ``stylize serve``, or the app file of a Space."""

import importlib.util

from stylize.errors import StylizeError  # the package before torch, whose threads read what it sets

if importlib.util.find_spec("spaces"):
    from stylize.webui import ground  # noqa: F401  gradio, before spaces brings it

    # isort: split
    import spaces  # before torch, as it asks
else:
    spaces = None

import os
import signal
import sys

from stylize.cli import main as command_line
from stylize.webui import serve


def main() -> None:
    """Open the page where this computer, or the Space, expects it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the page's files are deleted
    if os.environ.get("SPACE_ID"):
        serve(host="0.0.0.0", port=_port(), gpu=spaces.GPU if spaces else None)
    else:
        sys.exit(command_line(["serve", *sys.argv[1:]]))


def _port() -> int:
    """Where a Space is looked for."""
    return int(os.environ.get("GRADIO_SERVER_PORT") or 7860)


if __name__ == "__main__":
    try:
        main()
    except StylizeError as error:
        sys.exit(f"stylize: {error}")
