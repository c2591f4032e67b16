"""From what a visitor sends to a job: nothing is trusted."""

from __future__ import annotations

import pytest

from stylize.errors import PictureError, SettingsError
from stylize.webui.form import Form, to_job
from stylize.webui.profiles import LOCAL, SHARE, SPACE

from .made import bomb, painting, photo


@pytest.fixture
def fill(tmp_path):
    content, style = photo(tmp_path / "photo.png"), painting(tmp_path / "painting.png")

    def make(mode="adain", **changes):
        given = {"content": str(content), "styles": ((str(style), 1.0), (None, 1.0)), "values": {}}
        return Form(mode, **{**given, **changes})

    return make


def test_a_form_becomes_a_job(fill):
    job = to_job(fill(values={"strength": 0.5, "content_side": 128}), LOCAL)
    assert (job.mode, job.settings.strength, job.settings.content_side) == ("adain", 0.5, 128)
    assert job.content.size == (96, 64)
    assert [share for _, share in job.styles] == [1.0]


def test_empty_places_for_styles_are_passed_over(fill, tmp_path):
    other = str(painting(tmp_path / "other.png", seed=1))
    job = to_job(fill(styles=((None, 1.0), (other, 0.25))), LOCAL)
    assert [(picture.name, share) for picture, share in job.styles] == [("other.png", 0.25)]


def test_cyclegan_takes_no_styles(fill):
    assert to_job(fill("cyclegan"), LOCAL).styles == ()


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"content": None}, PictureError, "photo"),
        ({"styles": ((None, 1.0),)}, PictureError, "style"),
        ({"mode": "nonsense"}, SettingsError, "mode"),
        ({"values": {"strength": 2}}, SettingsError, "Strength"),
        ({"values": {"strength": None}}, SettingsError, "Strength is"),
        ({"values": {"strength": float("nan")}}, SettingsError, "Strength"),
        ({"values": {"colour": "magic"}}, SettingsError, "Colours"),
        ({"values": {"unheard_of": 1}}, SettingsError, "unheard_of"),
    ],
)
def test_what_is_wrong_is_named_as_on_the_page(fill, changes, error, words):
    with pytest.raises(error, match=words):
        to_job(fill(**changes), LOCAL)


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), float("inf")])
def test_shares_that_make_no_mix(fill, tmp_path, share):
    with pytest.raises(SettingsError):
        to_job(fill(styles=((str(painting(tmp_path / "p.png")), share),)), LOCAL)


@pytest.mark.parametrize(
    ("mode", "name"), [("adain", "network"), ("gatys", "network"), ("cyclegan", "translation")]
)
def test_an_open_choice_names_no_path_on_the_page(fill, tmp_path, mode, name):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"")
    for value in (str(path), "../../etc/passwd", "vgg19-half.pth", 3, ["adain-half"]):
        with pytest.raises(SettingsError, match="choices on the page"):
            to_job(fill(mode, values={name: value}), LOCAL)


def test_own_weights_where_they_are_welcome(fill, tmp_path):
    path = str(tmp_path / "mine.pth")
    assert to_job(fill("cyclegan", own_weights=path), LOCAL).settings.translation == path
    with pytest.raises(SettingsError, match="weight files"):
        to_job(fill("cyclegan", own_weights=path), SHARE)
    assert to_job(fill("adain", own_weights=path), LOCAL).settings.network == "adain-half"


@pytest.mark.parametrize("profile", [SHARE, SPACE])
def test_limits_hold_whatever_the_widgets_said(fill, profile, tmp_path):
    wide = str(photo(tmp_path / "wide.png", profile.side + 64, 16))
    for changes in (
        {"content": wide, "values": {"content_side": 0}},
        {"content": wide, "values": {"content_side": 4096}},
        {"mode": "gatys", "values": {"steps": profile.steps + 1}},
        {"values": {"style_side": 4096}},
    ):
        with pytest.raises(SettingsError, match="This page"):
            to_job(fill(**changes), profile)
        to_job(fill(**changes), LOCAL)
    to_job(fill(values={"content_side": 0}), profile)


def test_a_bomb_is_refused_by_its_size(fill, tmp_path):
    with pytest.raises(PictureError, match="10000 x 10000"):
        to_job(fill(content=str(bomb(tmp_path / "bomb.png"))), LOCAL)


def test_strangers_get_smaller_pictures(fill, tmp_path):
    large = str(bomb(tmp_path / "large.png", 6000))
    with pytest.raises(PictureError, match=r"36\.0 megapixels"):
        to_job(fill(content=large), SHARE)
