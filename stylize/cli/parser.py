"""The flags. What a mode can be set to comes from its settings; the rest is written here."""

from __future__ import annotations

import argparse
import importlib
import math
from collections.abc import Callable
from typing import Any, NoReturn

from .. import modes, settings
from ..system.version import VERSION
from ..training import TASKS

FORMATS = ("png", "jpg", "jpeg", "webp", "tif", "tiff")

EPILOG = """\
examples:
  stylize adain photo.jpg --style painting.jpg -o out.png
  stylize adain photos/ --style a.jpg --style b.jpg --style-weights 2,1 -o painted/
  stylize adain photos/ --style paintings/ --recursive --skip-existing -o painted/
  stylize adain - --style claude-monet -o - < photo.jpg > out.png
  stylize gatys photo.jpg --style painting.jpg --preset draft
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
    parser = _Parser(
        prog="stylize",
        description="Pictures in the style of other pictures.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"stylize {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for spec in modes.specs():
        _add_mode(commands, spec)
    _add_run(commands)
    _add_styles(commands)
    _add_weights(commands)
    _add_train(commands)
    _add_serve(commands)
    return parser


def _later(module: str, function: str) -> Callable[..., int]:
    """A command that is imported when it runs, with torch and all."""

    def command(*args: Any) -> int:
        return int(getattr(importlib.import_module(f"{__package__}.{module}"), function)(*args))

    return command


def _add_mode(commands: Any, spec: modes.AnyMode) -> None:
    about = spec.summary[:1].lower() + spec.summary[1:]
    if spec.takes_content and not spec.takes_styles:
        about += "; needs no style picture"
    parser = commands.add_parser(spec.name, help=about, description=f"{spec.title}: {about}.")
    parser.set_defaults(command=_later("paint", "paint"), mode=spec.name)
    if spec.takes_content:
        _add_content(parser, "+" if spec.content is modes.Need.REQUIRED else "*")
    else:
        parser.set_defaults(content=(), recursive=False)
    if spec.takes_styles:
        needed = spec.styles is modes.Need.REQUIRED
        parser.add_argument(
            "--style",
            action="append",
            required=needed,
            default=None if needed else [],
            metavar="STYLE",
            help="the picture whose style to take (- for stdin), or a name that `stylize styles` lists; "
            "several times for a mix, or a folder of styles",
        )
        parser.add_argument(
            "--styles",
            choices=("each", "mix"),
            help="of several styles, paint one picture for each, or mix them (default: each if there is a "
            "folder or a wildcard among them, else mix)",
        )
        parser.add_argument(
            "--style-weights",
            type=_numbers,
            metavar="A,B,...",
            help="each style's share in the mix, in order (default: equal)",
        )
    else:
        field = spec.style_network_field.replace("_", "-")
        instead = f": its look is the --{field}" if field else ""
        parser.set_defaults(no_style=f"this mode takes no style picture{instead}")
        for flag in ("--style", "--styles", "--style-weights"):
            parser.add_argument(flag, action=_NoStyle, default=(), help=argparse.SUPPRESS)
    _add_output(parser)
    there = parser.add_mutually_exclusive_group()
    there.add_argument(
        "--overwrite",
        action="store_true",
        help="replace results that are there already; a file that -o names is always replaced",
    )
    there.add_argument(
        "--skip-existing",
        action="store_true",
        help="paint only what has no whole result yet, whatever that was made with",
    )
    settings.add_flags(parser, spec.settings)


def _add_content(parser: argparse.ArgumentParser, count: str) -> None:
    parser.add_argument(
        "content",
        nargs=count,
        metavar="PHOTO",
        help="the pictures to paint, folders of pictures, wildcards such as '*.jpg', or - for stdin",
    )
    parser.add_argument(
        "-r",
        "--recursive",
        action="store_true",
        help="search the folders below a folder as well, and keep their tree in that of the results; lets "
        "wildcards have **",
    )


class _NoStyle(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        parser.error(parser.get_default("no_style"))


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="a file, a folder where there are several photos, or - for stdout (default: NAME-MODE.png here)",
    )
    group.add_argument(
        "--format", choices=FORMATS, help="of files that are not named, and of stdout (default: png)"
    )
    group.add_argument(
        "--no-names",
        dest="names",
        action="store_false",
        help="leave the names of your files out of the recipe that the result carries",
    )
    running = parser.add_argument_group("running")
    running.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the fastest there is)")
    running.add_argument(
        "--max-megapixels",
        type=_above_zero,
        metavar="N",
        help="refuse larger pictures (default: STYLIZE_MAX_MEGAPIXELS, else 64)",
    )
    running.add_argument(
        "--max-megabytes",
        type=_above_zero,
        metavar="N",
        help="refuse larger files (default: STYLIZE_MAX_MEGABYTES, else 50)",
    )
    _add_talk(running)


def _add_talk(parser: Any) -> None:
    talk = parser.add_mutually_exclusive_group()
    talk.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    talk.add_argument("--json", action="store_true", help="for programs: a JSON object a line on stdout")


def _add_run(commands: Any) -> None:
    about = "make a picture again from its recipe, or from the picture itself"
    parser = commands.add_parser(
        "run",
        help=about,
        description=f"{about[0].upper()}{about[1:]}. The inputs are looked for by name beside the recipe, "
        "then in the current folder. No file is replaced but one that -o names.",
    )
    parser.set_defaults(command=_later("rerun", "rerun"))
    parser.add_argument(
        "recipe",
        metavar="RECIPE",
        help="recipe.json, a picture made by Stylize, notebook.zip, or - for stdin",
    )
    parser.add_argument("--content", metavar="PICTURE", help="paint this instead of the recipe's photo")
    parser.add_argument(
        "--style", action="append", metavar="STYLE", help="instead of the recipe's styles, in their order"
    )
    _add_output(parser)


def _add_styles(commands: Any) -> None:
    about = "the style library: names of painters that --style takes"
    parser = commands.add_parser("styles", help=about, description=f"{about[0].upper()}{about[1:]}.")
    parser.set_defaults(command=_later("styles", "show"))
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    each = actions.add_parser("build", help="make the library anew from folders of paintings")
    each.set_defaults(command=_later("styles", "build"))
    each.add_argument("config", metavar="CONFIG", help="a TOML file such as configs/library.toml")
    each.add_argument(
        "--data",
        metavar="FOLDER",
        help="where the folders that CONFIG names are (default: STYLIZE_DATA, else the current folder)",
    )
    each.add_argument("--out", metavar="FOLDER", help="default: where the library of this program lies")
    each.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the fastest there is)")
    _add_talk(each)


def _add_weights(commands: Any) -> None:
    parser = commands.add_parser("weights", help="the networks' files: list, pull, verify")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    each = actions.add_parser("list", help="what there is, where it lies, and its license")
    each.set_defaults(command=_later("weights", "show"))
    each.add_argument("--json", action="store_true", help="a JSON object a line")
    each = actions.add_parser("pull", help="bring files onto this machine")
    each.set_defaults(command=_later("weights", "pull"))
    each.add_argument("name", nargs="+", metavar="NAME")
    _add_talk(each)
    each = actions.add_parser("verify", help="read files again and compare their sha256")
    each.set_defaults(command=_later("weights", "verify"))
    each.add_argument("name", nargs="*", metavar="NAME", help="default: all that are on this machine")
    _add_talk(each)


def _add_train(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train a network on folders of pictures",
        description="Train a network. The folder of a run holds its checkpoint, its results, log.csv and "
        "samples/. Ctrl-C saves; --resume goes on. Several processes: torchrun -m stylize train ...",
    )
    parser.set_defaults(command=_later("train", "train"))
    parser.add_argument("task", choices=tuple(TASKS), help="what to train")
    parser.add_argument("config", metavar="CONFIG", help="a TOML file such as those in configs/")
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="where the folders that CONFIG names are, or one folder of pictures for all of them "
        "(default: STYLIZE_DATA, else the current folder)",
    )
    parser.add_argument("--out", metavar="FOLDER", help="the run's folder (default: out/TASK)")
    parser.add_argument("--minutes", type=_above_zero, metavar="N", help="stop and save after so long")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--teacher", metavar="FILE", help="instead of CONFIG's: a file or a catalog name")
    parser.add_argument("--encoder", metavar="FILE", help="instead of CONFIG's, for a decoder")
    parser.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the fastest there is)")
    _add_talk(parser)


def _add_serve(commands: Any) -> None:
    parser = commands.add_parser("serve", help="open the page", description="The page, in a browser.")
    parser.set_defaults(command=_later("serve", "serve"))
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


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers such as 2,1") from None


def _above_zero(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)
