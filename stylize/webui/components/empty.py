"""The page without cells."""

from __future__ import annotations

from ..html import button, icon, tag, text
from .view import View

TAGLINE = "Your photo, painted in the style of any picture you like."


def draw(view: View) -> str:
    """The page without cells: one click on an example makes a first picture."""
    if view.session.book.cells:
        return ""
    heading = tag("h2", text(view.say(TAGLINE)))
    hint = tag("p", text(view.say("Choose a photo or drop it on this page, then pick a style.")))
    own = tag(
        "input",
        type="file",
        accept=".zip,.json,image/*",
        class_="unseen",
        data_upload="import",
        multiple=True,
    )
    upload = tag(
        "label",
        icon("photo") + f"<span>{text(view.say('Choose a photo'))}</span>" + own,
        class_="button primary",
    )
    start = tag(
        "div",
        upload + button(view.say("New cell"), "add", drawing="add", kind="picture"),
        class_="start",
    )
    pairs = [_pair(view, n) for n in range(len(view.samples.pairs))]
    known = tag("h3", text(view.say("Or click an example to paint it now"))) if pairs else ""
    return tag(
        "div",
        heading + hint + start + known + tag("div", "".join(pairs), class_="pairs"),
        class_="empty-page",
    )


def _pair(view: View, n: int) -> str:
    """A photo that turns into its painting from left to right, with the style in a corner."""
    samples, page_files = view.samples, view.page_files
    photo_at, style_at = samples.pairs[n]
    photo, style = samples.photos[photo_at], samples.paintings[style_at]
    name = f"{photo.called(view.language)} + {style.called(view.language)}"
    images = tag("img", src=page_files.sample(photo.path, 640), alt="")
    if n in samples.painted:
        images += tag("img", src=page_files.sample(samples.painted[n], 640), alt="", class_="painted")
        images += tag("i", "", class_="line")
    images += tag("img", src=page_files.sample(style.path), alt="", class_="style")
    return tag(
        "button",
        images + tag("span", text(name)),
        type="button",
        data_do="pair",
        data_photo=photo.path.stem,
        data_style=style.path.stem,
        data_title=photo.called(view.language),
    )
