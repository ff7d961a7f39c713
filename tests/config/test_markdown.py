"""Rich text: what is allowed comes out, what could act does not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kit.markdown import ALLOWED_TAGS, plain, render


@pytest.mark.parametrize(
    ("text", "contains"),
    [
        ("**firm** and *soft*", "<strong>firm</strong> and <em>soft</em>"),
        ("- one\n- two", "<li>two</li>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>2</td>"),
        ("~~gone~~", "<s>gone</s>"),
        ("[link](https://example.org)", 'href="https://example.org"'),
        ("line\nbreak", "<br>"),
    ],
)
def test_the_usual_marks_work(text: str, contains: str) -> None:
    assert contains in render(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![pixel](https://example.org/track.png)",
        '<a href="x" style="color:red" onclick="y()">z</a>',
        "<svg/onload=alert(1)>",
        "[x](https://example.org 'a\" onmouseover=\"b')",
    ],
)
def test_nothing_that_could_act_or_fetch_comes_out(text: str) -> None:
    out = render(text)
    live = re.findall(r"<([a-z0-9]+)((?:\s[^>]*)?)>", out)
    assert {tag for tag, _ in live} <= ALLOWED_TAGS
    for _, attributes in live:
        names = set(re.findall(r'([a-z-]+)="[^"]*"', attributes))
        assert names <= {"href", "title", "rel"}
        assert not re.search(r'href="(?:javascript|data):', attributes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# Less\n\nTreated **less** *alike*,\nand `x < 1`.", "Less Treated less alike, and x < 1."),
        ("- one\n- [two](https://example.org)\n\n    three", "one two three"),
        ("| a | b |\n|---|---|\n| 1 | ~~2~~ |", "a b 1 2"),
        ("2 * 3 * 4 < 5 & <b>", "2 * 3 * 4 < 5 & <b>"),
    ],
)
def test_plain_leaves_the_words_and_takes_the_marks(text: str, words: str) -> None:
    assert plain(text) == words


def test_headings_stay_below_those_of_the_page() -> None:
    assert render("# Big\n\n###### Small") == "<h4>Big</h4>\n<h6>Small</h6>\n"


def test_links_tell_the_other_side_nothing() -> None:
    assert 'rel="noopener noreferrer nofollow"' in render("[x](https://example.org)")


@given(st.text(alphabet="<>[]()!*#`~-|\\\n ab\"'&:/", max_size=60))
def test_any_text_yields_only_allowed_tags(text: str) -> None:
    assert set(re.findall(r"<([a-zA-Z0-9]+)", render(text))) <= ALLOWED_TAGS
