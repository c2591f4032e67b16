"""Journeys through the notebook in a real browser."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from stylize.image import read_recipe

from .moves import WIDE, download, first_picture, long_gatys, number, small, until_order

pytestmark = pytest.mark.browser


def test_first_picture_in_one_click_and_back_after_a_reload(visit):
    page = visit()
    assert page.locator("h1").inner_text() == "Stylize"
    first_picture(page)
    data = download(page, 0)
    recipe = json.loads(read_recipe(data))
    assert recipe["mode"] == "adain"
    assert recipe["content"]["name"] == ""
    images = page.locator("#cell-0 .compare img")
    assert all(images.evaluate_all("all => all.map(each => each.alt)"))
    slider = page.locator("#cell-0 .divide")
    slider.focus()
    page.keyboard.press("End")
    style = page.locator("#cell-0 .compare").get_attribute("style")
    assert "--at: 100%" in style
    page.fill("#cell-0 input.title", "Harbour")
    page.keyboard.press("Tab")
    page.wait_for_function("() => Object.values(localStorage).some(each => each.includes('Harbour'))")
    page.reload()
    page.wait_for_selector("#cell-0 .foot .download")
    assert page.input_value("#cell-0 input.title") == "Harbour"
    assert download(page, 0) == data


def test_a_note_is_shown_and_written_on(visit):
    page = visit(address="?preset=adain")
    page.wait_for_selector("#cell-0 .form")
    page.click(".next [data-kind=note]")
    page.fill("#cell-1 textarea", "# Plans\n\n<img src=x onerror=alert(1)> and **paint**")
    page.keyboard.press("Tab")
    page.wait_for_selector("#cell-1 .written strong")
    assert not page.locator("#cell-1 .written img").count()
    page.click("#cell-1 .written")
    page.keyboard.press("Control+End")
    page.keyboard.type(" more")
    page.keyboard.press("Tab")
    page.wait_for_selector("#cell-1 .written:has-text('paint more')")


def test_a_run_goes_on_while_the_page_is_away(visit, site):
    page = visit()
    page.locator(".start [data-do=add]").click()
    page.wait_for_selector("#cell-0 .form")
    long_gatys(page, 0)
    page.reload()
    page.wait_for_selector("#cell-0 .compare.busy")
    seen = site.watch.steps
    with site.watch.moved:
        assert site.watch.moved.wait_for(lambda: site.watch.steps > seen, 60)
    page.click("#cell-0 .stop")
    page.wait_for_selector("#cell-0 .foot .download")


def test_a_sweep_and_its_tiles(visit):
    page = visit()
    page.keyboard.press("Control+b")
    page.wait_for_selector("#cell-0 .form")
    page.locator(".next [data-kind=sweep]").click()
    page.wait_for_selector("#cell-1 .axes")
    small(page, 1)
    page.fill("#cell-1 [data-field=values]", "0.3, 1")
    page.keyboard.press("Tab")
    page.locator("#cell-1 [data-field=setting]").nth(1).select_option("color")
    page.wait_for_selector("#cell-1 [data-field=values] >> nth=1")
    page.click("#cell-1 .run")
    page.wait_for_selector("#cell-1 .sheet button >> nth=5")
    page.locator("#cell-1 .sheet button").nth(2).click()
    page.wait_for_selector("#cell-2 .foot .download")
    assert page.input_value("#cell-2 [data-name=strength]") == "0.3"
    assert page.input_value("#cell-2 [data-name=color]") == "luminance"


def test_the_endpoints_are_described_where_the_address_asks_for_it(visit):
    page = visit(address="?view=api")
    page.wait_for_selector(".api-docs-wrap")
    page.wait_for_function("document.querySelector('.api-docs-wrap').innerText.includes('/stylize')")
    page.mouse.click(20, 400)  # beside it
    page.wait_for_selector(".api-docs-wrap", state="detached")
    assert "view" not in page.url
    page.wait_for_selector("#top .top")


def test_files_that_arrive_in_another_order_come_as_they_were_given(visit, pictures):
    page = visit()
    slow = []

    def hold(route):
        """The first file arrives when the others have."""
        if b'filename="first.png"' in (route.request.post_data_buffer or b""):
            slow.append(route)
        else:
            route.continue_()
            while slow:
                slow.pop().continue_()

    page.route("**/gradio_api/upload", hold)
    data = (pictures / "photo.png").read_bytes()
    files = [{"name": f"{name}.png", "mimeType": "image/png", "buffer": data}
             for name in ("first", "second", "third")]  # fmt: skip
    page.set_input_files(".import input", files)
    page.wait_for_selector("#cell-2 input.title")
    titles = [page.input_value(f"#cell-{n} input.title") for n in range(3)]
    assert titles == ["first", "second", "third"]


def test_pictures_are_chosen_dropped_and_brought_back(visit, pictures):
    page = visit()
    page.set_input_files(".start input[type=file]", pictures / "photo.png")
    page.wait_for_selector("#cell-0 .input.content img")
    page.locator("#cell-0 .input.style, #cell-0 .add-style").first.click()
    page.set_input_files("dialog.picker input[type=file]", pictures / "painting.png")
    page.wait_for_selector("dialog.picker[open]", state="hidden")
    page.wait_for_selector("#cell-0 .input.style img")
    page.click("#cell-0 .add-style")
    page.wait_for_selector("dialog.picker[open] [data-search]")
    page.fill("[data-search]", "nobody")
    page.wait_for_selector("dialog.picker .no-hit:visible")
    assert not page.locator("dialog.picker [data-keywords]:visible").count()
    page.fill("[data-search]", "Cézanne")
    page.wait_for_selector("dialog.picker .no-hit", state="hidden")
    assert page.locator("dialog.picker [data-name^=paul-cezanne]:visible").count()
    page.fill("[data-search]", "monet")
    page.locator("dialog.picker [data-keywords]:visible").first.click()
    page.wait_for_selector("#cell-0 .share >> nth=1")
    small(page, 0)
    page.click("#cell-0 .run")
    page.wait_for_selector("#cell-0 .foot .download")
    data = download(page, 0)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("PNG", (480, 320))
    page.set_input_files(".import input", {"name": "made.png", "mimeType": "image/png", "buffer": data})
    page.wait_for_selector("#cell-1 .foot .download")
    assert download(page, 1) == data
    page.set_input_files(".import input", pictures / "bad.jpg")
    assert "bad.jpg is not a picture" in page.wait_for_selector(".toast.failed").inner_text()


def test_values_out_of_bounds_are_explained_and_put_back(visit):
    page = visit(address="?preset=gatys-draft")
    page.wait_for_selector("#cell-0 [data-name=steps]")
    number(page, 0, "steps", 99999999)
    assert "must be from 1 to 10000" in page.wait_for_selector(".toast.failed").inner_text()
    assert page.input_value("#cell-0 [data-name=steps]") == "80"


def test_keys(visit):
    page = visit()
    page.keyboard.press("?")
    assert "Ctrl B" in page.wait_for_selector("dialog.keys[open]").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+b")
    page.wait_for_selector("#cell-0 .form")
    page.keyboard.press("Control+b")
    page.wait_for_selector("#cell-1 .form")
    small(page, 1)
    page.focus("#cell-1 input.title")
    page.keyboard.press("Alt+ArrowUp")
    until_order(page, 1, 0)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#cell-1 .foot .download")


def test_chinese(visit, pictures):
    page = visit(locale="zh-CN")
    assert page.get_attribute("html", "lang") == "zh-CN"
    page.locator(".start [data-do=add]").click()
    assert page.wait_for_selector("#cell-0 .run").inner_text() == "运行"
    page.set_input_files(".import input", pictures / "bad.jpg")
    assert "不是图片" in page.wait_for_selector(".toast.failed").inner_text()
    page.locator("[data-do=language]").click()
    page.wait_for_function("() => document.querySelector('#cell-0 .run').innerText === 'Run'")
    page.reload()
    page.wait_for_selector("#cell-0 .run")
    assert page.get_attribute("html", "lang") == "en"


SMALL = """() => [...document.querySelectorAll('#top .button, #cells .button, #cells button, #cells select, '
    + '#cells input[type=number], #cells .segments label, .next .button')]
    .filter(each => each.checkVisibility() && each.offsetHeight < 44)
    .map(each => each.className + ' ' + (each.title || each.textContent) + ' ' + each.offsetHeight)"""


def test_a_click_on_another_style_paints_it(visit, pictures):
    page = visit()
    page.set_input_files(".start input[type=file]", pictures / "photo.png")
    page.wait_for_selector("#cell-0 .blank .go")
    assert page.input_value("#cell-0 input.title") == "photo"
    small(page, 0)
    page.click("#cell-0 .strip [data-style=ink-mountains]")
    page.wait_for_selector("#cell-0 .foot .download")
    first = page.get_attribute("#cell-0 .compare .after", "src")
    page.click("#cell-0 .strip [data-style=lily-pond]")
    page.wait_for_function(
        "old => document.querySelector('#cell-0 .compare .after').getAttribute('src') !== old", arg=first
    )
    assert page.get_attribute("#cell-0 .strip [data-style=lily-pond]", "aria-pressed") == "true"
    assert page.locator(".shots img").count() == 2


def test_what_to_do_with_a_picture_needs_no_scrolling(visit):
    page = visit(1440, 900)
    first_picture(page)
    foot = page.locator("#cell-0 .foot").bounding_box()
    assert foot["y"] + foot["height"] <= 900


def test_a_phone_in_the_dark(visit):
    page = visit(390, 844, has_touch=True, color_scheme="dark")
    assert page.evaluate("() => document.body.classList.contains('dark')")
    assert page.evaluate(WIDE) <= 0
    first_picture(page)
    assert page.evaluate(WIDE) <= 0
    assert page.locator("#cell-0 .compare").bounding_box()["width"] > 300
    assert page.evaluate(SMALL) == []
    assert not page.locator(".extras").is_visible()
    page.click(".top > .more-button")
    assert page.get_attribute(".top > .more-button", "aria-expanded") == "true"
    assert page.evaluate(SMALL) == []
    assert page.locator(".extras .language").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".extras").is_visible()
    page.click("#cell-0 .head .more-button")
    assert page.locator("#cell-0 .tools [data-do=duplicate]").is_visible()
    assert page.evaluate(SMALL) == []
    page.click(".menu.add summary")
    box = page.locator(".menu.add .items").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.click(".menu.add [data-kind=sweep]")
    page.wait_for_selector("#cell-1 .axes")
    assert page.evaluate(WIDE) <= 0
    page.click("#cell-1 .input.style")
    page.wait_for_selector("dialog.picker[open] .tiles img")
    assert page.evaluate(WIDE) <= 0


def test_a_tab_that_is_duplicated_keeps_its_pictures_on_a_shared_page(visit, shared_site):
    page = visit(url=shared_site.url)
    first_picture(page)
    data = download(page, 0)
    page.wait_for_function(
        "() => Object.keys(localStorage).some(each => each.startsWith('stylize-notebook:'))"
    )
    with page.context.expect_page() as opening:
        page.evaluate("() => void window.open(location.href)")  # with a copy of the tab's own store
    other = opening.value
    other.wait_for_selector("#cell-0 .foot .download")
    assert download(other, 0) == data
    keys = [each.evaluate("() => sessionStorage.getItem('stylize-key')") for each in (page, other)]
    assert keys[0] != keys[1]
    secret = page.evaluate("() => localStorage.getItem('stylize-browser')")
    assert len(secret) == 32
    assert secret not in page.content() + other.content() + page.url + other.url
