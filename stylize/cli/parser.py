"""The parser of the whole command line, and the flags of the commands that make no pictures."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from .. import modes
from ..system.version import VERSION
from ..training import TASKS
from .flags import Commands, above_zero, add_talk, later
from .picture_flags import add_mode, add_run

EPILOG = """\
examples:
  stylize adain photo.jpg --style painting.jpg -o out.png
  stylize adain photos/ --style a.jpg --style b.jpg --style-weights 2,1 -o painted/
  stylize adain photos/ --style paintings/ --recursive --skip-existing -o painted/
  stylize adain - --style claude-monet -o - < photo.jpg > out.png
  stylize gatys photo.jpg --style painting.jpg --preset draft
  stylize learn wave.jpg -o wave.style.safetensors
  stylize run out.png

"stylize COMMAND --help" lists a command's flags.
"""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **given: Any) -> None:
        # A flag is written in full: an abbreviation breaks as soon as a second setting begins alike.
        super().__init__(allow_abbrev=False, **given)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"stylize: error: {message} (see {self.prog} --help)\n")


def build() -> argparse.ArgumentParser:
    """The parser of the whole command line; a namespace's ``command`` is what runs it."""
    parser: argparse.ArgumentParser = _Parser(
        prog="stylize",
        description="Pictures in the style of other pictures.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"stylize {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for spec in modes.specs():
        add_mode(commands, spec)
    add_run(commands)
    _add_learn(commands)
    _add_styles(commands)
    _add_weights(commands)
    _add_train(commands)
    _add_serve(commands)
    return parser


def _add_learn(commands: Commands) -> None:
    parser = commands.add_parser(
        "learn",
        help="learn the style of one picture, for AdaIN",
        description="Learn the style of one picture for the network with which AdaIN paints. The small "
        "file serves wherever a style picture does. Ctrl-C keeps what is learned so far.",
    )
    parser.set_defaults(command=later("learn", "learn"))
    parser.add_argument(
        "style", metavar="STYLE", help="the picture, or a learned style that is to learn more"
    )
    parser.add_argument(
        "-o",
        dest="out",
        metavar="FILE",
        help="NAME.style.safetensors, or a folder (default: among your styles, for --style NAME)",
    )
    parser.add_argument(
        "--minutes", type=above_zero, default=1.0, metavar="N", help="for so long (default: 1)"
    )
    parser.add_argument("--steps", type=_count, default=0, metavar="N", help="for so many steps instead")
    parser.add_argument("--seed", type=_count, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--photos", metavar="FOLDER", help="photos like yours to learn with (default: those of the examples)"
    )
    parser.add_argument("--name", metavar="TEXT", help="of the style (default: that of the file)")
    parser.add_argument("--force", action="store_true", help="replace a file that is there already")
    parser.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the fastest there is)")
    add_talk(parser)


def _add_styles(commands: Commands) -> None:
    about = "the names that --style takes: your learned styles, and painters of the library"
    parser = commands.add_parser("styles", help=about, description=f"{about[0].upper()}{about[1:]}.")
    parser.set_defaults(command=later("styles", "show"))
    parser.add_argument("--mine", action="store_true", help="your learned styles alone")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    _add_my_styles(actions)
    each = actions.add_parser("build", help="make the library anew from folders of paintings")
    each.set_defaults(command=later("styles", "build"))
    each.add_argument("config", metavar="CONFIG", help="a TOML file such as configs/library.toml")
    each.add_argument(
        "--data",
        metavar="FOLDER",
        help="where the folders that CONFIG names are (default: STYLIZE_DATA, else the current folder)",
    )
    each.add_argument("--out", metavar="FOLDER", help="default: where the library of this program lies")
    each.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the fastest there is)")
    add_talk(each)


def _add_my_styles(actions: Commands) -> None:
    """What is done with the files of learned styles in the user's folder."""
    each = actions.add_parser("rename", help="give one of your styles another name")
    each.set_defaults(command=later("my_styles", "rename"))
    each.add_argument("name", metavar="NAME")
    each.add_argument("new", metavar="NEW")
    add_talk(each)
    each = actions.add_parser("delete", help="delete some of your styles")
    each.set_defaults(command=later("my_styles", "delete"))
    each.add_argument("name", nargs="+", metavar="NAME")
    add_talk(each)
    each = actions.add_parser("import", help="take files of learned styles among your styles")
    each.set_defaults(command=later("my_styles", "take"))
    each.add_argument("file", nargs="+", metavar="FILE", help="such as wave.style.safetensors")
    each.add_argument("--name", metavar="TEXT", help="of a single one (default: that of the file)")
    each.add_argument("--force", action="store_true", help="replace a style of that name")
    add_talk(each)
    each = actions.add_parser("export", help="write one of your styles to a file")
    each.set_defaults(command=later("my_styles", "export"))
    each.add_argument("name", metavar="NAME")
    each.add_argument(
        "-o",
        dest="out",
        default=".",
        metavar="FILE",
        help="NAME.style.safetensors, or a folder (default: the current one)",
    )
    each.add_argument("--force", action="store_true", help="replace a file that is there already")
    add_talk(each)


def _add_weights(commands: Commands) -> None:
    parser = commands.add_parser("weights", help="the networks' files: list, pull, verify")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    each = actions.add_parser("list", help="what there is, where it lies, and its license")
    each.set_defaults(command=later("weights", "show"))
    each.add_argument("--json", action="store_true", help="a JSON object a line")
    each = actions.add_parser("pull", help="bring files onto this machine")
    each.set_defaults(command=later("weights", "pull"))
    each.add_argument("name", nargs="+", metavar="NAME")
    add_talk(each)
    each = actions.add_parser("verify", help="read files again and compare their sha256")
    each.set_defaults(command=later("weights", "verify"))
    each.add_argument("name", nargs="*", metavar="NAME", help="default: all that are on this machine")
    add_talk(each)


def _add_train(commands: Commands) -> None:
    parser = commands.add_parser(
        "train",
        help="train a network on folders of pictures",
        description="Train a network. The folder of a run holds its checkpoint, its results, log.csv and "
        "samples/. Ctrl-C saves; --resume goes on. Several processes: torchrun -m stylize train ...",
    )
    parser.set_defaults(command=later("train", "train"))
    parser.add_argument("task", choices=tuple(TASKS), help="what to train")
    parser.add_argument("config", metavar="CONFIG", help="a TOML file such as those in configs/")
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="where the folders that CONFIG names are, or one folder of pictures for all of them "
        "(default: STYLIZE_DATA, else the current folder)",
    )
    parser.add_argument("--out", metavar="FOLDER", help="the run's folder (default: out/TASK)")
    parser.add_argument("--minutes", type=above_zero, metavar="N", help="stop and save after so long")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--teacher", metavar="FILE", help="instead of CONFIG's: a file or a catalog name")
    parser.add_argument("--encoder", metavar="FILE", help="instead of CONFIG's, for a decoder")
    parser.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the fastest there is)")
    add_talk(parser)


def _add_serve(commands: Commands) -> None:
    parser = commands.add_parser("serve", help="open the page", description="The page, in a browser.")
    parser.set_defaults(command=later("serve", "serve"))
    parser.add_argument("--share", action="store_true", help="a public address by a tunnel, for up to a week")
    parser.add_argument("--port", type=_port, metavar="N", help="default: the first free one from 7860")
    parser.add_argument(
        "--host", default="127.0.0.1", help="0.0.0.0 opens it to your network, :: to that of IPv6"
    )
    parser.add_argument(
        "--profile",
        choices=("local", "share", "public"),
        help="the limits: yours alone, for people who have the link, or for anybody (default: local on this "
        "computer, public with --root-path, else share)",
    )
    parser.add_argument(
        "--root-path",
        metavar="PATH",
        help="below which a proxy shows the page, such as /paint, or the whole address there (default: "
        "GRADIO_ROOT_PATH)",
    )
    parser.add_argument(
        "--ssl-certfile",
        metavar="FILE",
        help="for https: a PEM file with the certificate; a browser lends its camera only there, or on this "
        "computer",
    )
    parser.add_argument(
        "--ssl-keyfile",
        metavar="FILE",
        help="its key (default: in the same file); its password, if any, is that of STYLIZE_SSL_PASSWORD",
    )
    parser.add_argument("--open", action="store_true", help="show it in this computer's browser")
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--auth",
        action="append",
        metavar="NAME:PASSWORD",
        help="let in only who knows this; several times for several people. Other users of this computer "
        "can see it in the list of processes: rather use --auth-file, or the variable STYLIZE_AUTH",
    )
    who.add_argument(
        "--auth-file", metavar="FILE", help="let in only whom this file names: NAME:PASSWORD on each line"
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help='offer its public endpoints as tools to language models (needs pip install "stylize[mcp]")',
    )


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)
