"""The gallery."""

from __future__ import annotations

from ..html import button, tag, text
from .view import View


def draw(view: View) -> str:
    """Every picture of the session, the latest first."""
    own, tiles = view.own, []
    for shot in view.session.shots:
        address = own.thumb(shot.asset)
        if address:
            title = shot.title or view.say("Untitled")
            about = view.say("Use as the photo of a new cell")
            tiles.append(
                tag(
                    "button",
                    tag("img", src=address, alt=title, loading="lazy"),
                    type="button",
                    data_do="shot",
                    data_asset=shot.asset,
                    title=f"{title}: {about}",
                )
            )
    inner = "".join(tiles) or tag("p", text(view.say("Your pictures gather here.")))
    close = button(view.say("Close"), "gallery", drawing="close", plain=True)
    head = tag("header", tag("h2", text(view.say("Gallery"))) + close)
    return tag(
        "aside", head + tag("div", inner, class_="shots"), class_="gallery", aria_label=view.say("Gallery")
    )
