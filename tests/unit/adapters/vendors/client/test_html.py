"""HTML bodies and neutral text."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.vendors.client.html import html_to_text as html_to_rich_text
from adapters.vendors.client.html import looks_like_html, rich_text, text_of
from adapters.vendors.client.html_writing import text_to_html
from bot.text import clean, comparable
from bot.text.as_seen import seen
from bot.text.plain import plain


def html_to_text(body: str) -> str:
    return plain(html_to_rich_text(body))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>Hello &amp; hi<br>there</p><p>Bye</p>", "Hello & hi\nthere\n\nBye"),
        ('<a href="https://a.example/x">https://a.example/x</a>', "https://a.example/x"),
        ('See <a href="https://a.example/x?a=1&amp;b=2">the <b>page</b></a>.', "See the page (https://a.example/x?a=1&b=2)."),
        ('<a href="mailto:jane@a.example">Jane</a>', "Jane (jane@a.example)"),
        ('<a href="mailto:jane@a.example">jane@a.example</a>', "jane@a.example"),
        ('<a href="https://a.example"><img src="x.png"></a>', "[picture] (https://a.example)"),
        ('<a href="javascript:alert(1)">click</a> <a href="data:text/html,x">me</a>', "click me"),
        ("<style>p { color: red }</style><script>alert('x')</script><p>Seen</p>", "Seen"),
        ("<head><title>T</title><meta charset=utf-8></head><body>Seen</body>", "Seen"),
        ('<p>Seen<img src="https://t.example/pixel.gif" width="1" alt=""></p>', "Seen"),
        ('<img src="x.png" alt="A broken lamp">', "A broken lamp"),
        ('<div style="display: none">preheader<div>deep</div></div><p hidden>no</p>Seen', "Seen"),
        ("<ul><li>one</li><li>two</ul>after", "- one\n- two\n\nafter"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"),
        ("<pre>one\n  two</pre>", "one\n  two"),
        ("<p>  much   white\n space </p>", "much white space"),
        ("<p>a < b and &lt;tag&gt; and &nbsp;&#128274;</p>", "a < b and <tag> and 🔒"),
        ("<div>unclosed <p>all the way", "unclosed\n\nall the way"),
        ("</p></div>stray", "stray"),
        ("<br/><br/><br/>a<br/><br/><br/><br/>b", "a\n\nb"),
        ("<!-- a comment --><p>Seen<!-- another --></p>", "Seen"),
        ("<p></p>", ""),
        ("<ul><li>one<ul><li>in</ul><li>two</ul>after", "- one\n  - in\n- two\n\nafter"),
        ("<ol><li>one<li>two</ol>", "1. one\n2. two"),
        ("a<blockquote>one<br>two<blockquote>deep</blockquote></blockquote>b", "a\n\n> one\n> two\n>\n> > deep\n\nb"),
        ("<table><tr><th>Item<th>Price<tr><td>Lamp<td>29.90</table>", "Item | Price\nLamp | 29.90"),
        ('<meta charset="utf-16"><p>kept: ä😀', "kept: ä😀"),
        ("<p>a\ud800b", "ab"),
    ],
)  # fmt: skip
def test_what_a_person_would_see(body: str, text: str) -> None:
    """Words, breaks and links stay; what nobody sees goes."""
    assert html_to_text(body) == text


@pytest.mark.parametrize(
    "body",
    [
        "<p>x",
        "a<br>b",
        "<DIV class='a'>x</DIV>",
        'x <a href="y">z</a>',
        "<!doctype html>x",
        "<dl><dt>x</dl>",
        "<td>x",
        '<font face="Arial">x',
    ],
)
def test_html_is_known_by_its_structure(body: str) -> None:
    """A paragraph, a break or a link make it HTML."""
    assert looks_like_html(body)


@pytest.mark.parametrize(
    "body",
    [
        "plain",
        "1 < 2 > 1",
        "<b>bold</b>",
        "<3",
        "a <pretend> tag",
        "<http://x.example>",
        "",
        "to <address>, <name>",
        "a <T type>",
    ],
)
def test_what_somebody_typed_is_no_html(body: str) -> None:
    """Angle brackets alone are what somebody typed, and stay."""
    assert not looks_like_html(body)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("It&#x27;s &amp; &#39;that&#39;", "It's & 'that'"),
        ("5 &lt; 6&nbsp; cm &hellip;\n> &euro; 7", "5 < 6  cm …\n> € 7"),
        ("Tom & Jerry &amp; co", "Tom & Jerry &amp; co"),
        ("<b>R&amp;D</b>", "<b>R&amp;D</b>"),
        ("https://shop.example/?a=1&lt=2&copy;=3", "https://shop.example/?a=1&lt=2&copy;=3"),
        ("a &nosuch; b", "a &nosuch; b"),
        ("&#0;&#x202e;a&#55357;", "\ufffda\ufffd"),
    ],
)
def test_one_escaped_line_has_no_entities(body: str, text: str) -> None:
    """HTML without any tag is known by its entities, if nothing stands in it that HTML would escape."""
    assert plain(rich_text(body)) == text


@given(st.text(st.sampled_from("a1 &<>'\";#x27ampltß\n\xa0")))
def test_a_reply_of_ours_is_read_as_it_was_written(text: str) -> None:
    """However the vendor gives back what we have sent: with tags or, of one line, with none."""
    assert comparable(plain(rich_text(text_to_html(text)))) == comparable(text)


@given(st.text())
def test_a_text_comes_back_from_its_html(text: str) -> None:
    """A reply that left as HTML reads as it was written, but for what nobody sees."""
    before, after = clean(text), html_to_text(text_to_html(clean(text)))
    assert seen(after).split() == seen(before).split()


def test_replies_keep_indents_and_gaps() -> None:
    """A browser shows one of several spaces, so the others are such that do not break; one alone may break."""
    assert text_to_html("a b\n  c   d\te") == "a b<br>\n&nbsp; c&nbsp;&nbsp; d&nbsp;&nbsp;&nbsp; e"
    assert html_to_text(text_to_html("shop:\n  keys:\n    - one")) == "shop:\n  keys:\n    - one"


def test_replies_keep_breaks_and_links() -> None:
    """Line breaks are breaks, addresses can be clicked, and nothing else is markup."""
    assert text_to_html('a < "b"\nsee https://x.example/?a=1&b=2.') == (
        'a &lt; &quot;b&quot;<br>\nsee <a href="https://x.example/?a=1&amp;b=2">https://x.example/?a=1&amp;b=2</a>.'
    )


@given(st.text(alphabet='<>/="& abpdivrscriptyle!-\n', max_size=200))
def test_no_markup_is_too_broken(body: str) -> None:
    """Whatever it is, it becomes neutral text."""
    assert html_to_text(body) == clean(html_to_text(body))


@pytest.mark.takes(2)
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>before<![foo[", "before"),
        ("<p>x&#" + "9" * 5000 + ";y", "x\ufffdy"),
        ("<p>x" + "<a " * 30_000, "x"),
        ("<div>" * 100_000 + "deep", "deep"),
        ("<b>" * 150_000 + "</i>" * 100_000 + "x", "x"),
        ("<p>" + "long " * 500_000, clean("long " * 500_000)),
        ("<table><tr>" + "<td>" * 200_000 + "x", "x"),
        ("<table><tr>" + "<td>x" * 100_000, " | ".join(["x"] * 100_000)),
        ("<table><tr>" + "<td rowspan=9999 colspan=4>" * 9_000 + "x" + "<tr><td>" * 9_000, "x"),
    ],
    ids=[
        "marked section",
        "long number",
        "open tags",
        "deep",
        "open and closed",
        "large",
        "cells",
        "full cells",
        "high cells",
    ],
)
def test_hostile_bodies_are_read_soon(body: str, text: str) -> None:
    """The words are there, whatever is around them, and nobody waits for them: seconds are far more than it takes."""
    begun = time.process_time()
    assert html_to_text(body) == text
    assert time.process_time() - begun < 60


@pytest.mark.takes(4)
async def test_a_large_body_leaves_the_event_loop_free() -> None:
    """Others go on meanwhile; none of them waits for the whole conversion."""
    body = "<p>x" * 250_000
    converting = asyncio.create_task(text_of(body))
    steps = 0
    while not converting.done():
        await asyncio.sleep(0.001)
        steps += 1
    assert steps > 5
    assert plain(await converting).startswith("x\n\nx")


def test_what_the_parser_cannot_do_is_shown_without_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect in the parser costs the layout of one message, never its words."""

    def fail(_document: object) -> None:
        raise ValueError("quotes the message")

    monkeypatch.setattr("adapters.vendors.client.html.read", fail)
    with capture_logs() as logs:
        assert html_to_text("<p>Hello</p>") == "Hello"
    assert "quotes" not in str(logs)
    assert logs[0]["error"] == "ValueError"
