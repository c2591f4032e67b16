"""The flags of the commands that make pictures: one for each mode, and ``run``."""

from __future__ import annotations

import argparse

from .. import modes, settings
from . import style_flags
from .flags import Commands, above_zero, add_talk, later

FORMATS = ("png", "jpg", "jpeg", "webp", "tif", "tiff")


def add_mode(commands: Commands, spec: modes.AnyMode) -> None:
    """The command of a mode, whose flags come from its settings."""
    about = spec.summary[:1].lower() + spec.summary[1:]
    if spec.takes_content and not spec.takes_styles:
        about += "; needs no style picture"
    parser = commands.add_parser(spec.name, help=about, description=f"{spec.title}: {about}.")
    parser.set_defaults(command=later("paint", "paint"), mode=spec.name)
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
        style_flags.add(parser)
    else:
        field = spec.style_network_field.replace("_", "-")
        instead = f": its look is the --{field}" if field else ""
        parser.set_defaults(no_style=f"this mode takes no style picture{instead}")
        for flag in ("--style", "--styles", *style_flags.flags()):
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
    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
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
        type=above_zero,
        metavar="N",
        help="refuse larger pictures (default: STYLIZE_MAX_MEGAPIXELS, else 64)",
    )
    running.add_argument(
        "--max-megabytes",
        type=above_zero,
        metavar="N",
        help="refuse larger files (default: STYLIZE_MAX_MEGABYTES, else 50)",
    )
    add_talk(running)


def add_run(commands: Commands) -> None:
    """The command that makes a picture again."""
    about = "make a picture again from its recipe, or from the picture itself"
    parser = commands.add_parser(
        "run",
        help=about,
        description=f"{about[0].upper()}{about[1:]}. The inputs are looked for by name beside the recipe, "
        "then in the current folder. No file is replaced but one that -o names.",
    )
    parser.set_defaults(command=later("rerun", "rerun"))
    parser.add_argument(
        "recipe",
        metavar="RECIPE",
        help="recipe.json, a picture made by Stylize, notebook.zip, or - for stdin",
    )
    parser.add_argument("--content", metavar="PICTURE", help="paint this instead of the recipe's photo")
    parser.add_argument(
        "--style", action="append", metavar="STYLE", help="instead of the recipe's styles, in their order"
    )
    style_flags.add_pictures(parser)
    _add_output(parser)
