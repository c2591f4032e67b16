"""Weight files: which there are, where they lie, whether they are whole, and the networks they make.

``catalog``: the rows of ``weights/catalog.toml``. ``locate``: where a file lies on this computer. ``digest``:
its sha256. ``fetch``: downloads. ``resolve``: all of these in order, from a name to a file. ``layouts``: the
key names of other projects. ``checkpoints``: a file's tensors into a network. ``zoo``: networks loaded and
kept.

What is handed on here needs no torch; ``checkpoints`` and ``zoo`` do.
"""

from .catalog import Row, Source
from .fetch.report import Transfer
from .resolve import Check, Found, find, pull, size, state, verify

__all__ = ["Check", "Found", "Row", "Source", "Transfer", "find", "pull", "size", "state", "verify"]
