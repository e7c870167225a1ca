"""
What an agent means is what the customer reads: every construct in every place, in every form there is.

The constructs are listed once for each way of writing, the places too, and each is put into each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest

from adapters.chats.discord import brackets, reading_markdown, writing_markdown
from adapters.chats.slack import reading_blocks, reading_mrkdwn, writing_blocks
from adapters.vendors.client.html import html_to_text
from adapters.vendors.client.html_writing import rich_text_to_html
from bot.text import comparable
from bot.text.normal_form import normal
from bot.text.plain import inert, plain
from bot.text.tree import RichText, has_formatting

DISCORD = brackets.Names(users={"11": "Ana"})
SLACK = reading_mrkdwn.Names(users={"U1": "Ana"})

Pairs = dict[str, str]
"""What is written: what a person must read."""

DISCORD_WORDS: Pairs = {
    "word": "word",
    "**bold**": "bold",
    "*it* and _it_": "it and it",
    "***both***": "both",
    "__under__": "under",
    "||hidden||": "hidden",
    "~~gone~~ now": "~~gone~~ now",
    "~~**gone**~~": "~~gone~~",
    "**~~gone~~**": "~~gone~~",
    "~~a `b` *c*~~ d": "~~a b c~~ d",
    "~~9,90~~8,90": "~~9,90~~8,90",
    "`code ~~x~~`": "code ~~x~~",
    "~~`AB12`~~": "~~AB12~~",
    "[shop](https://x.example)": "shop (https://x.example)",
    "[~~old~~](https://x.example)": "~~old (https://x.example)~~",
    "[~~old~~ new](https://x.example)": "~~old~~ new (https://x.example)",
    "~~[old](https://x.example)~~": "~~old (https://x.example)~~",
    r"\~\~not\~\~": "~~not~~",
    "~ 5 and ~~": "~ 5 and ~~",
    "~~<@11>~~": "~~@Ana~~",
    "~~<:blob:3>~~": "~~:blob:~~",
    "~~<t:1700000000:D>~~": "~~2023-11-14~~",
    "<https://x.example/1>s": "https://x.example/1 s",
    "<https://x.example/1>~~s~~": "https://x.example/1 ~~s~~",
    "<https://x.example/1>**, s**": "https://x.example/1, s",
    "~~https://x.example/1~~": "~~https://x.example/1~~",
    "Https://x.example/a_b_*c* d_": "Https://x.example/a_b_*c* d_",
    "[shop](Https://x.example)": "shop (Https://x.example)",
    "user:key:12:30": "user:key:12:30",
    "<:wave:3> <a:a:4>": ":wave: :a:",
    "[\u200b](https://x.example)": "https://x.example",
    "[ ](https://x.example)": "https://x.example",
    "***Note:* read this**": "Note: read this",
    "***Note:** read this*": "Note: read this",
    "___Note:_ read this__": "Note: read this",
    "**a *b*** and ***c***": "a b and c",
    "[**_shop_**](https://x.example)": "shop (https://x.example)",
    "[***shop***](https://x.example)": "shop (https://x.example)",
    "[~~**a _b_**~~](https://x.example)": "~~a b (https://x.example)~~",
    "[shop]( https://x.example 'our shop' )": "shop (https://x.example)",
    '[shop](<https://x.example> "our "shop"")': "shop (https://x.example)",
    "Name: __________ Date: ________": "Name: __________ Date: ________",
    "Sign ____________________": "Sign ____________________",
    "a ********** b": "a ********** b",
    "a ~~~~~~~~ b |||||||| c": "a ~~~~~~~~ b |||||||| c",
    "~~~ code ~~~ and ~~gone~~": "~~~ code ~~~ and ~~gone~~",
    "**Name: _____**": "Name: _____",
    "١. الأول": "١. الأول",
    "１. 一": "１. 一",
}
DISCORD_PLACES: dict[str, Callable[[str], str]] = {
    "{}": "{}".format,
    "a {} b": "a {} b".format,
    "- {}": "- {}".format,
    "3. {}": "3. {}".format,
    "- a\n  {}": "- a\n  {}".format,
    "- a\n  - {}": "- a\n  - {}".format,
    "> {}": "> {}".format,
    "# {}": "{}".format,
    "-# {}": "{}".format,
}
SLACK_WORDS: Pairs = {
    "word": "word",
    "*bold*": "bold",
    "_it_": "it",
    "~gone~ now": "~~gone~~ now",
    "*~gone~*": "~~gone~~",
    "~*gone*~": "~~gone~~",
    "`code ~x~`": "code ~x~",
    "~`AB12`~": "~~AB12~~",
    "<https://x.example|shop>": "shop (https://x.example)",
    "~<https://x.example|old>~": "~~old (https://x.example)~~",
    "~<@U1>~": "~~@Ana~~",
    "a~b~c": "a~b~c",
    "<https://x.example/1>s": "https://x.example/1 s",
    "<https://x.example/1><https://x.example/2>": "https://x.example/1 https://x.example/2",
    "<http://x.example|x.example>s": "x.examples",
    "<mailto:a@x.example?subject=Hi|write>": "write (a@x.example)",
}
SLACK_PLACES: dict[str, Callable[[str], str]] = {
    "{}": "{}".format,
    "a {} b": "a {} b".format,
    "&gt; {}": "> {}".format,
    "&gt;&gt;&gt; {}": "> {}".format,
}
HTML_WORDS: Pairs = {
    "word": "word",
    "<b>bold</b>": "bold",
    "<s>gone</s> now": "~~gone~~ now",
    "<del>gone</del> <ins>new</ins>": "~~gone~~ new",
    "<strike> gone </strike> now": "~~gone~~ now",
    '<span style="text-decoration: line-through">gone</span>': "~~gone~~",
    "<s><code>AB12</code></s>": "~~AB12~~",
    '<s><a href="https://x.example">old</a></s>': "~~old (https://x.example)~~",
    '<a href="https://x.example"><s>old</s></a>': "~~old (https://x.example)~~",
    '<a href="https://x.example"><s>old</s> new</a>': "~~old~~ new (https://x.example)",
    "<s> </s>word": "word",
    '<a href="https://x.example/1">https://x.example/1</a>s': "https://x.example/1 s",
    '<a href="https://x.example/1">https://x.example/1/</a>s': "https://x.example/1/ s",
    '<a href="mailto:a@x.example?subject=Hi">write</a>': "write (a@x.example)",
    '<a href="https://x.example">&zwnj;</a> b': "https://x.example b",
    '<a href="HTTPS://x.example">shop</a>': "shop (HTTPS://x.example)",
}
HTML_PLACES: dict[str, Callable[[str], str]] = {
    "<p>{}</p>": "{}".format,
    "<p>a {} b</p>": "a {} b".format,
    "<ul><li>{}</ul>": "- {}".format,
    '<ol start="4"><li>{}</ol>': "4. {}".format,
    "<ol><li>a<ul><li>{}</ul></ol>": "1. a\n  - {}".format,
    "<blockquote><p>{}</p></blockquote>": "> {}".format,
    "<table><tr><td>{}<td>b</table>": "{} | b".format,
    "<h2>{}</h2>": "{}".format,
}


def read_blocks(elements: object) -> RichText:
    return reading_blocks.read([{"elements": json.loads(json.dumps(elements))}], SLACK)


READERS: dict[str, Callable[[str], RichText]] = {
    "discord": lambda source: reading_markdown.read(source, DISCORD),
    "slack": lambda source: reading_mrkdwn.read(source, SLACK),
    "html": html_to_text,
}
WAYS = {
    "discord": (DISCORD_WORDS, DISCORD_PLACES),
    "slack": (SLACK_WORDS, SLACK_PLACES),
    "html": (HTML_WORDS, HTML_PLACES),
}


def every() -> Iterator[object]:
    """Each construct in each place."""
    for way, (words, places) in WAYS.items():
        for source, meant in words.items():
            for place, shown in places.items():
                yield pytest.param(way, place.replace("{}", source), shown(meant), id=f"{way}-{place}-{source}")


BLOCKS: tuple[tuple[str, str, str], ...] = (
    # Code between fences, wherever it begins.
    ("discord", "- run\n  ```py\n  if a:\n      b()\n\n  c()\n  ```\n  then\n- next",
     "- run\n  if a:\n      b()\n\n  c()\n  then\n- next"),
    ("discord", "1. ```\na\nb\n```\n2. c", "1. a\n   b\n2. c"),
    ("discord", "1. x ```a b``` y\n2. c", "1. x a b y\n2. c"),
    ("discord", "- a\n  - b\n    ```\n    k: 1\n    ```\n- c", "- a\n  - b\n    k: 1\n- c"),
    ("discord", "- a\n```\nb\n```\n- c", "- a\nb\n- c"),
    ("discord", "> - a\n>   ```\n>   b\n>     c\n>   ```", "> - a\n>   b\n>     c"),
    ("discord", "- a ```b\n- c", "- a ```b\n- c"),
    ("discord", "- \\```a\n- b```", "- ```a\n- b```"),
    ("discord", "- **a\n  b**\n- c", "- a\n  b\n- c"),
    ("discord", "**x ```\na\nb\n``` y**", "x \na\nb\n y"),
    ("slack", "*x* ```a\n  b``` y", "x \na\n  b\n y"),
    # Lists that count in their own way.
    ("html", "<ol reversed><li>a<li>b<li>c</ol>", "3. a\n2. b\n1. c"),
    ("html", '<ol reversed start="10"><li>a<li>b</ol>', "10. a\n9. b"),
    ("html", '<ol reversed><li>a<li value="7">b<li>c</ol>', "3. a\n7. b\n6. c"),
    ("html", "<ol reversed><li>a<ol reversed><li>x<li>y</ol><li>b</ol>", "2. a\n  2. x\n  1. y\n1. b"),
    ("html", "<ol reversed><li>a<li hidden>never seen<li>b</ol>", "2. a\n1. b"),
    ("html", "<ol reversed type=a><li>a<li>b</ol>", "b. a\na. b"),
    ("html", '<ol start="-1"><li>a<li>b<li>c</ol>', "-1. a\n0. b\n1. c"),
    ("html", '<ol start=" +3rd"><li>a<li value="x">b</ol>', "3. a\n4. b"),
    ("html", '<ol start="99999999999999999999"><li>a</ol>', "1. a"),
    ("html", '<ol><li value="5">a<li>b<li value="2">c</ol>', "5. a\n6. b\n2. c"),
    ("html", '<ol><li>a<li type="A">b</ol>', "1. a\nB. b"),
    ("html", "<ol><li>a<li><li>c</ol>", "1. a\n2.\n3. c"),
    ("html", "<ol><li>a<li><p> </p><li>c</ol>", "1. a\n2.\n3. c"),
    ("html", "<p>x</p><ol><li></ol>", "x\n\n1."),
    ("html", "<ol><li><ul><li>a</ul><li>b</ol>", "1.\n  - a\n2. b"),
    ("html", "<ol><li><pre>a</pre><li>b</ol>", "1. a\n2. b"),
    ("html", "<ol><li>a<pre>b\n  c\n\nd</pre>e<li>f</ol>", "1. a\n   b\n     c\n\n   d\n   e\n2. f"),
    ("html", '<ol style="list-style: none"><li>a<li>b</ol>', "- a\n- b"),
    ("html", "<menu><li>a<li>b</menu>", "- a\n- b"),
    # Tables as programs for mails write them, with paragraphs in the cells.
    ("html", "<table><tr><td><p>Item</p><td><p>Qty</p><tr><td><h3>Lamp<br></h3><td><div>2</div></table>",
     "Item | Qty\nLamp | 2"),
    ("html", "<table><tr><td><p>a</p><td>b<tr><td><p>c</p><td> </table><p>d", "a | b\nc\n\nd"),
    ("html", "<table><tr><td><p>a</p><p>b</p><td>c</table>", "a\n\nb\n\nc"),
    ("html", "<table><tr><td><p>a</p><td> </table><p>b", "a\n\nb"),
    ("html", "<table><tr><td rowspan=2>a<td>1<td>x<tr><td>2<td>y<tr><td>b<td>3<td>z</table>",
     "a | 1 | x\n| 2 | y\nb | 3 | z"),
    ("html", "<table><tr><td>a<td rowspan=2>1<td>x<tr><td>b<td>y</table>", "a | 1 | x\nb | | y"),
    ("html", "<table><tr><td colspan=2>Total<td>9<tr><td>a<td>b<td>c</table>", "Total | | 9\na | b | c"),
    ("html", "<table><tr><td colspan=12>a<td rowspan=x>b</table>", "a | b"),
    ("html", "<table><tr><td>a<table><tr><td><p>x</p><td><p>y</p></table><td>b</table>", "a\n\nx | y\n\nb"),
    # What a browser shows in another way than its words follow one another.
    ("html", "<p>Size <select><option>S<option selected>M</select>, <select><option>L<option>XL</select>", "Size M, L"),
    ("html", "<p><select multiple><option>a<option selected label=b>x<option selected>c</select>", "b, c"),
    ("html", "<p>1<sup>1/2</sup> in, 29<sup>99 €</sup>, 10<sup>−3</sup>, 1<sup>st</sup>", "1¹/² in, 29⁹⁹ €, 10⁻³, 1st"),
    ("html", "<p><ruby>漢<rt>kan</rt></ruby> <ruby>字<rp>[</rp><rt>ji</rt><rp>]</rp></ruby>", "漢(kan) 字(ji)"),
    ("html", "<p>a</p><xmp><b>\n  c</b></xmp>", "a\n\n<b>\n  c</b>"),
    ("html", "<div>shop:<br>&nbsp; keys:<br>&nbsp; &nbsp; - one<br>&nbsp;two</div>", "shop:\n  keys:\n    - one\ntwo"),
    ("html", '<p>a</p><a href="https://x.example"><div>b</div></a>c', "a\n\nb\nhttps://x.example\nc"),
    ("html", '<p><a href="https://x.example/a b\n/c">here</a>', "here (https://x.example/a%20b/c)"),
    ("html", '<p>a <img src=" https://x.example/a b.png">', "a picture (https://x.example/a%20b.png)"),
    ("html", '<p>See<img src="https://x.example/1">and', "See picture (https://x.example/1) and"),
    ("html", '<p>ok<img alt="👍🏽" src="https://x.example/1">! <img alt="1\ufe0f\u20e3" src="https://x.example/2">',
     "ok👍🏽! 1\ufe0f\u20e3"),
    ("html", '<p><img alt="🇩🇪" src="cid:1"><img alt="👨\u200d👩\u200d👧" src="cid:2">', "🇩🇪👨\u200d👩\u200d👧"),
    ("html", '<p><img alt="👍 thanks" src="https://x.example/1">', "👍 thanks (https://x.example/1)"),
    ("html", "<p>Sure?<button>Yes</button><button>No</button>", "Sure? Yes No"),
    ("html", '<p>a<img src="https://x.example/o" style="width: 1px; height:1px !important">', "a"),
    ("html", '<p>a <img src="https://x.example/o" style="width: 100px">', "a picture (https://x.example/o)"),
    ("html", '<img alt="Logo" src="cid:1">Shop<img src="cid:2">, <img src="cid:3">1',
     "Logo Shop [picture], [picture] 1"),
    ("html", "a<search>b</search>c<dialog open>d</dialog>e", "a\nb\nc\nd\ne"),
    ("html", "<p>a<textarea>\nb\n  c</textarea>", "a\nb\n  c"),
    ("html", '<p>a <embed src="https://x.example/a.mp4">', "a\nfile (https://x.example/a.mp4)"),
    ("html", '<p>a <a href="https://x.example/1"></a> b', "a https://x.example/1 b"),
    ("html", '<p><a href="//x.example/1">a</a><img src="//x.example/2">',
     "a (https://x.example/1) picture (https://x.example/2)"),
    ("html", "<p>Hi <span style='font-family:Wingdings'>J</span> <FONT face=Wingdings>\u00e0</FONT> JL", "Hi ☺ → JL"),
    ("html", "<p><span style='mso-char-type:symbol;mso-symbol-font-family:Wingdings'>\uf04a</span>.", "☺."),
    ("html", "<p><span style='font-family: \"wingdings\",serif'>\u00fc<sup>2</sup>J</span>", "✓²☺"),
    ("html", "<p><span style='font-family:\"Wingdings 2\"'>J</span><span style='font-family:Arial'>L</span>", "JL"),
    ("discord", "~~~\ncode\n~~~", "~~~\ncode\n~~~"),
    ("discord", "_____\nname\n\n*****", "_____\nname\n\n*****"),
    ("html", "<p>a<div>&#847; &zwnj; &nbsp; &#8199; &shy; &#65279;</div><p>b", "a\n\nb"),
    ("html", "<blockquote type=cite>\ufeff<p>a</blockquote><ul><li>&zwnj;<li>b</ul>", "> a\n\n- b"),
    ("html", '<p><s style="text-decoration:none;font:bold 9px x">9</s> <b style="font:italic 1em x">8</b>', "~~9~~ 8"),
)  # fmt: skip


@pytest.mark.parametrize(("way", "source", "meant"), [*every(), *BLOCKS])
def test_what_is_meant_is_what_is_read(way: str, source: str, meant: str) -> None:
    """The plain form says it all, and HTML and both chats' forms say the same as the plain one."""
    text = READERS[way](source)
    assert plain(text) == meant
    assert normal(text) == text
    assert comparable(plain(html_to_text(rich_text_to_html(text)))) == comparable(meant)
    assert comparable(plain(READERS["discord"](writing_markdown.write(text)))) == comparable(meant)
    assert comparable(plain(read_blocks(writing_blocks.write(text)))) == comparable(meant)
    assert has_formatting(text) or "~~gone" not in meant


@pytest.mark.parametrize("code", ["if a:\n    b()", "a\n\nb", "  a\n b", "\ta\nb", "a\n\n\n  b"])
def test_code_in_an_entry_keeps_its_lines(code: str) -> None:
    """Indents and empty lines of code are seen by a customer who reads HTML, and in both chats."""
    lines = "\n".join(f"  {line}" if line else "" for line in code.split("\n"))
    text = READERS["discord"](f"- run\n  ```\n{lines}\n  ```\n- next")
    assert f"<pre><code>{code}</code></pre>" in rich_text_to_html(text)
    assert READERS["discord"](writing_markdown.write(text)) == text
    assert plain(read_blocks(writing_blocks.write(text))) == plain(text)


def test_a_body_that_cannot_be_converted_keeps_what_is_struck_out() -> None:
    """Too many elements: the tags go, but not what strikes words out."""
    body = "<div>" * 13_000 + "<p>Pay <S class='x'>12.90</S> 9.90 <span>now</span></p>"
    assert plain(html_to_text(body)) == "Pay ~~12.90~~ 9.90 now"


@pytest.mark.parametrize("place", HTML_PLACES)
def test_a_strangers_text_has_the_lines_that_it_has(place: str) -> None:
    """What is taken from it, such as labels that hide their addresses, adds no line before quotes, lists and code."""
    body = "<ul><li>x</ul><p>word<blockquote>y</blockquote><p>word<pre>z</pre>"
    text = html_to_text(place.format("word") + body + place.format("word"))
    assert inert(text) == text if "h2" not in place else plain(inert(text)) == plain(text)


@pytest.mark.parametrize("tag", ["span", "b", "strong", "em", "font", "a", "label", "small", "code", "u", "shop-row"])
@pytest.mark.parametrize("style", ["display:block", "color:red;DISPLAY : flex", "display:table-row!important"])
@pytest.mark.parametrize(
    ("place", "meant"),
    [
        ("<p>{}</p>", "Street 1\n12345 Town"),
        ("<table><tr><td>{}<td>z</table>", "Street 1\n12345 Town\nz"),
        ("<ul><li>{}<li>z</ul>", "- Street 1\n  12345 Town\n- z"),
    ],
)
def test_what_is_a_line_by_its_style_is_a_line(tag: str, style: str, place: str, meant: str) -> None:
    """Programs for mails make lines of any element; without its line ends, a house number is read as a postcode."""
    lines = "".join(f'<{tag} style="{style}">{line}</{tag}>' for line in ("Street 1", "12345 Town"))
    assert plain(html_to_text(place.format(lines))) == meant


@pytest.mark.parametrize(
    "style",
    [
        *("padding-left:20px", "margin-left: 1em", "FLOAT : right", "padding:0 10px", "margin:2px 5pt!important"),
        *("padding:5px;", "margin-left:.5rem", "padding: 0 0 0 20px", "padding:0 10px 0", "padding:1px 2em 0 12.5px"),
    ],
)
@pytest.mark.parametrize("tag", ["span", "b", "font", "strong", "label"])
def test_a_gap_by_style_is_a_space(tag: str, style: str) -> None:
    """Receipts put words apart by space around them; without it, a number is a part of the word before."""
    assert plain(html_to_text(f'<p>Order<{tag} style="{style}">1001</{tag}>, <i>x</i>')) == "Order 1001, x"
    assert plain(html_to_text(f'<p style="{style}">a <{tag} style="{style}">b</{tag}><ul><li style="{style}">c')) == (
        "a b\n\n- c"
    )


@pytest.mark.parametrize(
    "style",
    [
        *("padding:0", "padding:10px 0", "padding-left:0", "margin-left:-5px", "padding-left:1px", "margin:0 auto"),
        *("padding-right:9px", "float:left", "padding:9px 9px 9px 0", "x-padding:9px", "text-align:right"),
    ],
)
def test_no_gap_by_style_is_none(style: str) -> None:
    """A word of which a part looks otherwise stays one word."""
    assert plain(html_to_text(f'<p>un<b style="{style}">seen</b>')) == "unseen"


@pytest.mark.parametrize("style", ["display:inline-block", "display:table-cell", "x-display:block"])
def test_what_is_no_line_by_its_style_is_none(style: str) -> None:
    """Cells of a table stay in their row, too."""
    assert plain(html_to_text(f'<p><b style="{style}">un</b>seen')) == "unseen"
    assert plain(html_to_text('<table><tr><td style="display:block">a<td>b</table>')) == "a | b"


@pytest.mark.parametrize("place", ["<p>{}", "<ul><li>{}", "<blockquote>{}", "<table><tr><td>{}<td>z</table>", "<b>{}"])
@pytest.mark.parametrize(
    "following", ["Shop", "/more", "<i>more</i>", ")", "日本", '<a href="https://x.example/2">Shop</a>', "<s>9</s>"]
)
def test_what_follows_a_strangers_link_is_no_part_of_its_address(place: str, following: str) -> None:
    """A link whose label hides its address is shown with it, and that can be opened whatever stands behind the link."""
    text = inert(html_to_text(place.format(f'<a href="https://x.example/1">Home</a>{following}')))
    assert "(<https://x.example/1>)" in writing_markdown.write(text)
    assert '"url": "https://x.example/1"' in json.dumps(writing_blocks.write(text))


@pytest.mark.parametrize("beginning", ["# a", "### a", "-# a", "> a", ">>> a", "- a", "+ a", "1. a"])
@pytest.mark.parametrize(
    "place", ["<p><b>{}", "<p><s><i>{}", "<ul><li>{}", "<ol><li><b>{}", '<a href="https://x.example">{}']
)
def test_words_begin_no_heading_within_marks(beginning: str, place: str) -> None:
    """Discord reads what stands in bold, in an entry and in a link's name as a text of its own, also its beginning."""
    text = html_to_text(place.format(beginning.replace(">", "&gt;")))
    assert beginning in plain(text)
    assert re.search(r"\\([#>+-]|\. a)", writing_markdown.write(text))


def test_unseen_signs_are_not_struck_out() -> None:
    """What shows nothing has no marks around it: a message of such signs alone stays an empty one."""
    assert re.sub("\u200b", "", plain(READERS["discord"]("~~\u200b~~"))) == ""


@pytest.mark.parametrize(
    "source",
    [
        "~~a~~" * 4_000,
        "- a\n  ```\n" * 9_000,
        "- ```" * 20_000,
        "- a\n" * 5_000,
        "- a\n  b\n" * 3_000,
        "1. ```x\n```" * 9_000,
    ],
)
def test_readers_stay_linear(source: str) -> None:
    """The longest texts that readers take, dense with what may go on over many lines, are read without recursion."""
    for reader in (READERS["discord"], READERS["slack"]):
        assert plain(reader(source[:100_000]))


@pytest.mark.parametrize(
    "body",
    [
        "<ol reversed>" * 6_000 + "<li>x",
        "<ol reversed><li>" * 5_000 + "x",
        "<ol reversed>" + "<li>x" * 20_000,
        "<ol><li>" + "<li>" * 20_000,
        "<p>x" + "<s>a</s>" * 11_000,
        '<ol start="' + "9" * 900_000 + '"><li>x</ol>',
        "<ol type=a>" + "<li>" * 20_000 + "<p>x" * 1000,
    ],
)
def test_lists_without_end_are_read(body: str) -> None:
    """However many lists and entries somebody writes, the body is read, and in a time that grows with it."""
    assert plain(html_to_text(body))
