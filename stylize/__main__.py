"""``python -m stylize``: the same as the installed command."""

from .cli import entry

if __name__ == "__main__":
    entry()
