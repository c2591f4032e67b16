"""What anybody can send by plain HTTP, past all widgets."""

from __future__ import annotations

import json
import urllib.error
from pathlib import Path

import pytest

from stylize.image import read_recipe

from .made import bomb, painting, photo


@pytest.fixture
def visitor(site):
    return site.visitor()


def upload(visitor, path: Path):
    return visitor.picture(visitor.upload(path))


def test_a_run_by_plain_http(visitor, pictures):
    answer = visitor.paint(
        content=upload(visitor, pictures / "photo.png"), style_0=upload(visitor, pictures / "painting.png"),
        adain_content_side=128, adain_strength=0.5,
    )  # fmt: skip
    assert answer.success
    assert "Done" in answer.text()
    file = answer.values["download"]
    path = file["value"]["path"] if "value" in file else file["path"]
    recipe = json.loads(read_recipe(visitor.get(f"gradio_api/file={path}")))
    assert recipe["settings"]["strength"] == 0.5
    assert recipe["content"]["name"] == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mode": "nonsense"}, "not in the list of choices"),
        ({"adain_network": "/etc/passwd"}, "not in the list of choices"),
        ({"gatys_network": "../weights/x.pth"}, "not in the list of choices"),
        ({"cyclegan_translation": "/tmp/mine.pth"}, "not in the list of choices"),
        ({"gatys_style_layers": ["relu1_1", "/etc"]}, "not in the list of choices"),
        ({"adain_strength": 5}, "greater than maximum"),
        ({"gatys_steps": -1}, "less than minimum"),
        ({"gatys_seed": 2**40}, "greater than maximum"),
        ({"share_0": 7}, "greater than maximum"),
    ],
)
def test_values_outside_choices_and_bounds_are_refused(visitor, changes, words):
    answer = visitor.paint(**changes)
    assert not answer.success
    assert words in answer.error
    assert "Traceback" not in answer.error


def test_a_value_that_is_missing_is_named(visitor):
    answer = visitor.paint(mode="gatys", gatys_steps=None)
    assert "Steps is None, but it must be a whole number" in answer.text()


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/tmp/../etc/hostname", __file__, "../../etc/passwd", "app.py"]
)
def test_a_path_of_the_server_is_no_upload(visitor, path):
    answer = visitor.paint(content=visitor.picture(path))
    assert not answer.success
    assert "download" not in {name for name, value in answer.values.items() if value}
    assert visitor.status(f"gradio_api/file={path}") in (403, 404)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x.png", "https://example.com/x.png"])
def test_addresses_are_not_fetched(visitor, address):
    answer = visitor.paint(content=visitor.picture(address))
    assert not answer.success
    assert "upload the file" in answer.error


def test_a_bomb_gets_a_clear_message(visitor, tmp_path):
    answer = visitor.paint(content=upload(visitor, bomb(tmp_path / "bomb.png")))
    assert "bomb.png has 10000 x 10000 pixels" in answer.text()
    assert 'role="alert"' in answer.text()


def test_a_text_that_calls_itself_a_picture(visitor, pictures):
    answer = visitor.paint(style_0=upload(visitor, pictures / "bad.jpg"))
    assert "bad.jpg is not a picture: choose another." in answer.text()


def test_a_file_beyond_the_limit_gets_a_clear_message(visitor, tmp_path):
    path = tmp_path / "huge.png"
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(51_000_000)
    answer = visitor.paint(content=upload(visitor, path))
    assert "huge.png is 51.0 MB large, but at most 50 MB are read" in answer.text()


def test_messages_are_in_the_visitors_language(site, pictures):
    visitor = site.visitor("zh-CN,zh;q=0.9")
    answer = visitor.paint(content=upload(visitor, pictures / "bad.jpg"))
    assert "bad.jpg 不是图片" in answer.text()
    assert "没有成功" in answer.text()


def test_names_of_files_do_not_become_html(visitor, tmp_path):
    path = tmp_path / "<img src=x onerror=alert(1)>.jpg"
    path.write_text("hello")
    sent = visitor.picture(visitor.upload(path))
    text = visitor.paint(content=sent).text()
    assert "is not a picture" in text
    assert "<img" not in text


def test_an_own_network_that_is_none(visitor, tmp_path):
    path = tmp_path / "mine.pth"
    path.write_bytes(b"not a network")
    answer = visitor.paint(mode="cyclegan", own_weights=upload(visitor, path))
    assert "mine.pth is damaged, incomplete or no weight file" in answer.text()


def test_a_translation_that_is_not_here_says_what_to_do(visitor):
    answer = visitor.paint(mode="cyclegan", cyclegan_translation="style-monet")
    assert "style_monet.pth" in answer.text()
    assert "not on this computer" in answer.text()


def test_four_styles_are_mixed(visitor, tmp_path):
    pictures = {f"style_{n}": upload(visitor, painting(tmp_path / f"{n}.png", seed=n)) for n in range(4)}
    for _ in range(3):  # the count is the server's own: only the button raises it
        answer = visitor.call(visitor.listener("add-style"), [None])
        assert answer.success
    content = upload(visitor, photo(tmp_path / "photo.png"))
    answer = visitor.paint(content=content, share_1=0.5, adain_content_side=64, **pictures)
    recipe = json.loads(answer.text("recipe"))
    assert [style["weight"] for style in recipe["styles"]] == [1.0, 0.5, 1.0, 1.0]
    assert len({style["sha256"] for style in recipe["styles"]}) == 4


def test_hidden_styles_do_not_count(visitor, tmp_path):
    extra = upload(visitor, painting(tmp_path / "extra.png", seed=5))
    answer = visitor.paint(style_3=extra, adain_content_side=64)
    assert len(json.loads(answer.text("recipe"))["styles"]) == 1


def test_what_strangers_may_not(shared_site, tmp_path):
    visitor = shared_site.visitor()
    assert visitor.config["show_error"] is False
    assert visitor.status("monitoring") != 200
    assert json.loads(visitor.get("gradio_api/info"))["named_endpoints"] == {}
    assert not visitor.paint(mode="gatys", gatys_steps=5000).success
    large = tmp_path / "large.png"
    large.write_bytes(bytes(21_000_000))
    with pytest.raises(urllib.error.HTTPError) as refused:
        visitor.upload(large)
    assert refused.value.code == 413
    answer = visitor.paint(content=upload(visitor, bomb(tmp_path / "six.png", 6000)))
    assert "36.0 megapixels" in answer.text()


@pytest.mark.parametrize("path", ["monitoring", "gradio_api/file=/etc/passwd", "gradio_api/file=app.py"])
def test_nothing_else_is_served(visitor, path):
    assert visitor.status(path) in (403, 404, 405)


def test_no_traces_are_kept(visitor):
    assert visitor.config["analytics_enabled"] is False
    assert visitor.config["run_history"] is False
    assert visitor.config["footer_links"] == []
