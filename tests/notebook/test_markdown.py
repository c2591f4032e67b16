"""Notes: which Markdown is shown as what, whoever wrote it."""

from __future__ import annotations

import pytest

from stylize.notebook.markdown import to_html
from stylize.webui import theme

TABLE = """\
| Style | Strength | Kept |
| :---- | -------: | :--: |
| **Waves** | 0.8 | a \\| b |
| Dots |"""


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        ("1) one\n2) *two*", "<ol><li>one</li><li><em>two</em></li></ol>"),
        ("1、一\n2、二", "<ol><li>一</li><li>二</li></ol>"),
        ("7. seven\n8. eight", '<ol start="7"><li>seven</li><li>eight</li></ol>'),
        ("- one\n* two", "<ul><li>one</li><li>two</li></ul>"),
        ("To do:\n1. one\n- dot\nend", "<p>To do:</p><ol><li>one</li></ol><ul><li>dot</li></ul><p>end</p>"),
        ("Painted in\n1889. At night", "<p>Painted in<br>1889. At night</p>"),
        ("# Head\n1. one", "<h3>Head</h3><ol><li>one</li></ol>"),
        ("1.5 times as strong", "<p>1.5 times as strong</p>"),
        ("1. <b>x</b>", "<ol><li>&lt;b&gt;x&lt;/b&gt;</li></ol>"),
        ("a | b\nand no rule", "<p>a | b<br>and no rule</p>"),
        ("a | b\n---", "<p>a | b<br>---</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p>\n<p>three</p>"),
    ],
)
def test_lists_and_paragraphs(text, html):
    assert to_html(text) == html


def test_a_table():
    html = to_html(f"See:\n{TABLE}\nand so on")
    assert html.startswith("<p>See:</p><table><thead><tr>")
    assert html.endswith("</table><p>and so on</p>")
    assert '<th scope="col">Style</th><th scope="col" class="right">Strength</th>' in html
    assert '<td><strong>Waves</strong></td><td class="right">0.8</td><td class="center">a | b</td>' in html
    assert '<tr><td>Dots</td><td class="right"></td><td class="center"></td></tr>' in html


def test_a_table_of_strangers_is_text():
    html = to_html("| <script>x</script> | b |\n|---|---|\n| <img src=x> | `c` | more |")
    assert "<script" not in html
    assert "<img" not in html
    assert "more" not in html
    assert "<code>c</code>" in html


@pytest.mark.parametrize(
    "text", ["|" * 20_000, " " * 20_000 + "x\n" + "-|" * 9_000, "1. \n" * 5_000, "a\n" * 9_000]
)
def test_long_notes_end(text):
    assert to_html(text)


@pytest.mark.parametrize("what", [".written ol", ".written table", ".written .right"])
def test_the_page_shows_them(what):
    """Gradio's style sheet takes numbers and lines away."""
    assert what in theme.css()
