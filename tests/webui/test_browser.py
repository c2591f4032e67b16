"""Journeys through the page in a real browser."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from stylize.image import read_recipe

pytestmark = pytest.mark.browser


def choose(page, mode):
    page.locator("#mode label", has_text=mode).click()
    page.wait_for_selector(f"#settings-{mode.lower()}")


def put(page, field, file):
    """Uploads a file into a picture field that may hold another one."""
    if page.locator(f"#{field} img").count():
        page.locator(f"#{field} [aria-label='Remove Image']").click()
    page.set_input_files(f"#{field} input[type=file]", file)


def number(page, name, value):
    page.fill(f"#{name} input[type=number]", str(value))
    page.keyboard.press("Tab")


def download(page):
    with page.expect_download() as waiting:
        page.click("#download")
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def shown(page):
    return page.get_attribute("#result .slider-wrap img >> nth=1", "src")


def long_gatys(page, side=256, steps=2000):
    choose(page, "Gatys")
    number(page, "gatys-content-side", side)
    number(page, "gatys-steps", steps)


def test_photo_and_style_become_a_painting(visit, pictures):
    page = visit()
    put(page, "content", pictures / "photo.png")
    put(page, "style-0", pictures / "painting.png")
    page.wait_for_selector("#style-0 img")
    number(page, "adain-content-side", 256)
    page.click("#run")
    page.wait_for_selector("#download")
    assert "Done" in page.inner_text("#bar")

    name, data = download(page)
    assert re.fullmatch(r"stylize-adain-\d{8}-\d{6}\.png", name)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("PNG", (480, 320))
    recipe = json.loads(read_recipe(data))
    assert recipe["settings"]["content_side"] == 256
    assert (recipe["content"]["name"], recipe["styles"][0]["name"]) == ("", "")
    page.click("#recipe-box button")
    assert json.loads(page.input_value("#recipe textarea")) == recipe

    handle = page.locator("#result [data-testid=slider]")
    before = handle.bounding_box()
    page.mouse.move(before["x"], before["y"] + before["height"] / 2)
    page.mouse.down()
    page.mouse.move(before["x"] - 150, before["y"] + before["height"] / 2, steps=4)
    page.mouse.up()
    assert handle.bounding_box()["x"] == pytest.approx(before["x"] - 150, abs=12)
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([e, x]) => e.getBoundingClientRect().x > x", arg=[handle.element_handle(), before["x"] - 140]
    )
    assert page.locator("#result .slider-wrap img").evaluate_all("all => all.map(x => x.alt)") == [
        "Before",
        "After",
    ]


def test_stop_keeps_the_picture_so_far(visit, pictures):
    page = visit()
    put(page, "content", pictures / "photo.png")
    long_gatys(page)
    page.click("#run")
    page.wait_for_selector("#result img")
    track = page.locator("#bar [role=progressbar]")
    assert "of 2000" in track.get_attribute("aria-valuetext")
    first = shown(page)
    page.wait_for_function(
        "old => document.querySelectorAll('#result .slider-wrap img')[1].src !== old", arg=first
    )
    assert not page.locator("#download").count()
    assert not page.locator("#run").count()
    page.click("#stop")
    page.wait_for_selector("#download")
    assert "Stopped, with the picture so far" in page.inner_text("#bar")
    assert page.locator("#run").is_visible()
    _, data = download(page)
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (480, 320)
    assert json.loads(read_recipe(data))["mode"] == "gatys"


def test_a_bad_file_is_explained_and_the_next_run_works(visit, pictures):
    page = visit()
    put(page, "content", pictures / "bad.jpg")
    number(page, "adain-content-side", 128)
    page.click("#run")
    alert = page.wait_for_selector("#bar [role=alert]")
    assert "bad.jpg is not a picture: choose another." in alert.inner_text()
    assert page.input_value("#adain-content-side input[type=number]") == "128"
    assert page.locator("#style-0 img").count() == 1
    put(page, "content", pictures / "photo.png")
    page.wait_for_selector("#content img")
    page.click("#run")
    page.wait_for_selector("#download")
    assert not page.locator("#bar [role=alert]").count()


def test_a_value_out_of_bounds_is_explained(visit):
    page = visit()
    choose(page, "Gatys")
    number(page, "gatys-steps", 99999999)
    page.click("#run")
    assert "a value is out of bounds" in page.wait_for_selector("#bar [role=alert]").inner_text()
    page.wait_for_selector("#run")
    assert page.locator("#stop, #cancel").count() == 0


def test_an_example_and_run(visit):
    page = visit()
    number(page, "adain-content-side", 128)
    before = {name: page.get_attribute(f"#{name} img", "src") for name in ("content", "style-0")}
    for strip, name in (("photos", "content"), ("paintings", "style-0")):
        button = page.locator(f"#{strip} button").nth(2)
        assert button.locator("img").get_attribute("alt")
        button.click()
        page.wait_for_function(
            "([id, old]) => { const e = document.querySelector(id + ' img'); return e && e.src !== old; }",
            arg=["#" + name, before[name]],
        )
    page.click("#run")
    page.wait_for_selector("#download")


def test_a_pair_of_examples_fills_both(visit):
    page = visit()
    number(page, "adain-content-side", 128)
    before = [page.get_attribute(f"#{name} img", "src") for name in ("content", "style-0")]
    page.locator("#pairs button").nth(1).click()
    page.wait_for_function(
        "old => ['#content img', '#style-0 img'].every((q, n) => {"
        " const e = document.querySelector(q); return e && e.src !== old[n]; })",
        arg=before,
    )
    page.click("#run")
    page.wait_for_selector("#download")
    assert not page.locator("#pairs").count()


def test_one_click_on_the_fresh_page_paints(visit):
    page = visit()
    assert page.locator("h1").inner_text() == "Stylize"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#download")
    assert "Done" in page.inner_text("#bar")


def test_styles_are_added_mixed_and_removed(visit):
    page = visit()
    number(page, "adain-content-side", 128)
    page.click("#add-style")
    page.wait_for_selector("#style-box-1")
    page.locator("#paintings button").nth(3).click()
    page.wait_for_selector("#style-1 img")
    number(page, "share-1", 0.25)
    page.click("#run")
    page.wait_for_selector("#download")
    recipe = json.loads(read_recipe(download(page)[1]))
    assert [style["weight"] for style in recipe["styles"]] == [1.0, 0.25]
    page.click("#remove-style")
    page.wait_for_selector("#style-box-1", state="detached")
    page.click("#add-style")
    page.wait_for_selector("#style-box-1")
    assert not page.locator("#style-1 img").count()


def test_modes_show_what_they_need(visit):
    page = visit()
    choose(page, "CycleGAN")
    page.wait_for_selector("#styles", state="detached")
    list_ = page.locator("#cyclegan-translation")
    assert "Photo to Monet\nDownload of 46 MB" in list_.inner_text()
    assert "Photo to Cezanne\nBring the file" in list_.inner_text()
    page.click("#run")
    assert "not on this computer" in page.wait_for_selector("#bar [role=alert]").inner_text()
    choose(page, "Gatys")
    page.wait_for_selector("#styles")
    page.click("#gatys-preset input")
    page.get_by_role("option", name="As in the paper (2016)").click()
    page.wait_for_function("() => document.querySelector('#gatys-steps input').value === '500'")


def test_chinese(visit, pictures):
    page = visit(locale="zh-CN")
    assert page.inner_text("#run") == "运行"
    page.wait_for_function("() => document.querySelector('#bar').innerText.includes('准备就绪')")
    assert page.get_attribute("html", "lang") == "zh-CN"
    english = page.evaluate("""() => [...document.querySelectorAll('label span, button, p, h2, .block-info')]
        .filter(e => e.offsetParent && !e.children.length).map(e => e.innerText.trim())
        .filter(t => /[a-z]{4}/i.test(t) && !/[\\u4e00-\\u9fff]/.test(t))""")
    assert set(english) <= {"AdaIN", "Gatys", "CycleGAN"}
    put(page, "content", pictures / "bad.jpg")
    page.click("#run")
    assert "不是图片" in page.wait_for_selector("#bar [role=alert]").inner_text()


@pytest.mark.parametrize("mode", ["AdaIN", "Gatys", "CycleGAN"])
def test_no_sideways_scrolling_on_a_phone(visit, mode):
    page = visit(390, 844, has_touch=True)
    choose(page, mode)
    wide = "() => document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(wide) <= 0
    if mode == "AdaIN":
        page.click("#add-style")
        page.wait_for_selector("#style-box-1")
        page.click("#run")
        page.wait_for_selector("#download")
        assert page.evaluate(wide) <= 0
        assert page.locator("#result").bounding_box()["width"] > 300


def test_two_visitors_wait_and_stop_by_themselves(visit, site):
    first, second = visit(), visit()
    long_gatys(first)
    first.click("#run")
    first.wait_for_selector("#result img")
    number(second, "adain-content-side", 128)
    second.click("#run")
    second.wait_for_selector("#cancel")
    assert "Waiting for a free place" in second.inner_text("#bar")
    second.wait_for_function("() => /queue: 1\\/1/.test(document.querySelector('#bar').innerText)")
    second.click("#cancel")
    second.wait_for_selector("#run")
    assert "Taken out of the line" in second.inner_text("#bar")
    seen = site.watch.steps
    with site.watch.moved:
        assert site.watch.moved.wait_for(lambda: site.watch.steps > seen, 30)
    assert first.locator("#stop").is_visible()
    second.click("#run")
    second.wait_for_selector("#cancel")
    first.click("#stop")
    first.wait_for_selector("#download")
    second.wait_for_selector("#download")
    assert "Done" in second.inner_text("#bar")
    assert "Stopped" in first.inner_text("#bar")


def test_closing_the_tab_stops_the_work(visit, site):
    page = visit()
    long_gatys(page, steps=10000)
    page.click("#run")
    page.wait_for_selector("#result img")
    assert site.watch.running == 1
    page.context.close()
    assert site.watch.idle()
