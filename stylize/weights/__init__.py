"""Weight files: which there are, where they lie, whether they are whole, and the networks they make.

* ``catalog``: the rows of ``weights/catalog.toml``; ``locate``: where a row's file lies on this computer;
  ``digest``: a file's sha256; ``fetch`` and ``download``: a file from the Hub or the web; ``resolve``: all of
  these in order, from a name to a file; ``check``: the files compared with the catalog.
* ``layouts``: the key names of other projects; ``checkpoints``: a file's tensors into a network; ``zoo``:
  networks that are loaded and kept.

What is handed on here needs neither torch nor an HTTP client.
"""

from .catalog import Row, WeightSource
from .check import Check, verify
from .fetch.transfer import Transfer
from .locate import Found, size, state
from .resolve import find, pull

__all__ = ["Check", "Found", "Row", "Transfer", "WeightSource", "find", "pull", "size", "state", "verify"]
