"""Posts and answers as Block Kit: verbatim, harmless, within Slack's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from unittest.mock import patch

import pytest

from adapters.chats.slack import blocks, messages
from adapters.chats.slack.messages import answer_blocks, post_blocks, post_fallback
from bot.model import (
    Answer,
    Attachment,
    Button,
    Card,
    Customer,
    Fact,
    Form,
    Further,
    Mention,
    MentionKind,
    Moment,
    Post,
    Standing,
    Status,
    TicketNumber,
    Verb,
    Voice,
)
from bot.text import lengths
from bot.text.tree import Paragraph, Style, Words
from tests.support.block_kit import NASTY, accepted, kinds, texts

CARD = Card(
    number=TicketNumber(1042),
    title="#1042 · Jane · Key not working",
    names=("#1042 · Jane · Key not working", "#1042 · Jane", "#1042"),
    store="Main · Sellgate",
    customer=Customer(name="Jane", email="jane@x.example"),
    status=Status.OPEN,
    status_text="Open",
    standing=Standing.NEXT_ANSWER,
    moment=Moment("Waiting for us since", datetime(2026, 1, 5, 9, tzinfo=UTC)),
    opening="My key does not work",
    facts=(Fact("Order", "ord_xyz_789"), Fact("Paid", "10.00 EUR")),
    hint="Reply in this thread to answer.",
    url="https://shop.example/tickets/1",
    buttons=(Button(verb=Verb.CLOSE, label="Close", ticket=TicketNumber(1042)),),
)
POST = Post(voice=Voice.CUSTOMER, name="Jane", text="Hello")


def test_a_post_names_who_speaks_and_shows_the_text() -> None:
    """Each person's text stands below their name and what they are; the bell speaks in small letters, unnamed."""
    assert texts(accepted(post_blocks(POST, 0))) == ["Jane · customer", "Hello"]
    staff = replace(POST, voice=Voice.STAFF, name="Anna")
    assert texts(accepted(post_blocks(staff, 0)))[0] == "Anna · team"
    note = replace(POST, voice=Voice.NOTE, name="")
    assert texts(accepted(post_blocks(note, 0)))[0] == "A colleague · internal note"
    bell = accepted(post_blocks(replace(POST, voice=Voice.BELL, name=""), 0))
    assert [block["type"] for block in bell] == ["context"]


def test_nasty_text_is_shown_verbatim() -> None:
    """Put together again the text is exactly what was written, and nothing in it can ping, format or hide a link."""
    shown = accepted(post_blocks(replace(POST, text=NASTY), 0))
    assert "".join(texts(shown)[1:]) == NASTY
    assert not kinds(shown) & {"mrkdwn", "plain_text", "user", "broadcast", "usergroup", "channel", "emoji"}


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("see https://x.example/a.", ["https://x.example/a"]),
        ("(https://x.example/a)", ["https://x.example/a"]),
        ("https://x.example/A_(b), really", ["https://x.example/A_(b)"]),
        ("http://x.example and https://y.example!", ["http://x.example", "https://y.example"]),
        ("javascript:alert(1) x.example mailto:a@b", []),
        ("https://x.example/" + "a" * 3000, []),
    ],
)
def test_addresses_can_be_clicked_and_are_shown_in_full(text: str, addresses: list[str]) -> None:
    """A link shows its own address and nothing else; the sentence around it stays out of it."""
    elements = blocks.verbatim(text)
    assert [element["url"] for element in elements if element["type"] == "link"] == addresses
    assert all("text" not in element for element in elements if element["type"] == "link")
    assert "".join(texts(elements)) == text


@pytest.mark.parametrize("voice", [Voice.CUSTOMER, Voice.BELL])
def test_a_long_text_goes_out_whole(voice: Voice) -> None:
    """50,000 characters become several messages, each within Slack's limits; joined they are the whole text."""
    words = " ".join(f"word{number} 😀" for number in range(4000))
    post = replace(POST, voice=voice, text=words, buttons=CARD.buttons)
    count = messages.parts(post)
    assert count > 3
    seen: list[str] = []
    for part in range(count):
        shown = accepted(post_blocks(post, part))
        assert sum(len(text) for text in texts(shown)) < 13_000
        assert sum(len(text.encode("utf-16-le")) // 2 for text in texts(shown)) < 13_000
        assert any(block["type"] == "actions" for block in shown) == (part == count - 1)
        seen.extend(texts([block for block in shown if block["type"] in ("rich_text", "context")]))
    assert f"1/{count}" in seen
    assert f"{count}/{count}" in seen
    said = " ".join(text for text in seen if text.startswith("word") or " word" in text or "😀" in text)
    assert said.split() == words.split()


def test_parts_do_not_depend_on_when_they_are_asked() -> None:
    """The same post needs the same number of messages, at least one, whatever it holds."""
    assert messages.parts(POST) == messages.parts(POST) == 1
    assert messages.parts(replace(POST, text="")) == 1
    assert messages.parts(replace(POST, text="x" * 12_000)) == 1
    assert messages.parts(replace(POST, text="x" * 12_001)) == 2


def test_attachments_stand_below_with_their_addresses() -> None:
    """Name, size and the whole address; a name cannot pass for another address."""
    post = replace(
        POST,
        text="look",
        attachments=(
            Attachment(name="a.png", url="https://files.example/a.png", size=2048),
            Attachment(name="https://bank.example", url="https://evil.example/x", size=3 * 1024 * 1024),
            Attachment(name="", size=12),
        ),
    )
    said = "".join(texts(accepted(post_blocks(post, 0))))
    assert "look\n📎 a.png (2 kB) https://files.example/a.png" in said
    assert "📎 https:__bank.example (3.0 MB) https://evil.example/x" in said
    assert said.endswith("📎 file (12 B)")


def test_an_empty_post_says_so() -> None:
    """Slack takes no empty text."""
    assert texts(accepted(post_blocks(replace(POST, text=""), 0)))[-1] == "(no text)"


def test_the_time_is_shown_in_each_readers_zone() -> None:
    """A time goes out as Slack's date markup, with a UTC text where that is not understood."""
    shown = accepted(post_blocks(replace(POST, at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)), 0))
    assert "<!date^1767323040^{date_short_pretty}, {time}|2026-01-02 03:04 UTC>" in json.dumps(shown)


def test_the_fallback_is_one_escaped_line() -> None:
    """Notifications get who speaks and the beginning, with nothing in it that Slack would parse."""
    fallback = post_fallback(replace(POST, text="a\n<!channel> & " + "x" * 5000))
    assert fallback.startswith("Jane · customer: a &lt;!channel&gt; &amp; xx")
    assert "\n" not in fallback
    assert len(fallback) < 1000


def test_an_answer_shows_its_table_in_fixed_width() -> None:
    """The text first, the table below it; even a far too long one is taken by Slack."""
    shown = accepted(answer_blocks(Answer(text="Figures", table="a  b\n1  2")))
    assert kinds(shown) >= {"rich_text_preformatted"}
    assert texts(shown) == ["Figures", "a  b\n1  2"]
    accepted(answer_blocks(Answer(text=NASTY * 200, table="😀" * 5000)))
    accepted(answer_blocks(Answer(text="")))


def test_a_long_text_is_cut_once_however_many_parts_it_has() -> None:
    """The outbox asks for part after part, with what it has read anew each time."""
    with patch.object(lengths, "spans", wraps=lengths.spans) as cutting:
        for number in range(messages.parts(long_post())):
            post_blocks(long_post(), number)
        assert messages.parts(long_post()) == 2
    assert cutting.call_count == 1


def long_post() -> Post:
    return Post(voice=Voice.CUSTOMER, name="Jane", text="".join(["It does not work! " * 800]))


@pytest.mark.parametrize("length", [40, 512, 1_300, 2_900])
def test_a_files_long_address_can_be_opened(length: int) -> None:
    """A signed address may have thousands of characters; it is one link, in one piece."""
    url = "https://cdn.example/".ljust(length, "x")
    post = Post(voice=Voice.CUSTOMER, name="Jane", text="Look", attachments=(Attachment(name="photo.png", url=url),))
    assert f"'type': 'link', 'url': '{url}'" in str(post_blocks(post, 0))


def test_an_address_that_fits_nowhere_is_named() -> None:
    """The thread says where the file can be opened."""
    url = "https://cdn.example/".ljust(4_000, "x")
    post = Post(voice=Voice.CUSTOMER, name="Jane", text="Look", attachments=(Attachment(name="photo.png", url=url),))
    assert "open it in the store's dashboard" in str(post_blocks(post, 0))


def test_a_line_that_pings_pings_one_person_once() -> None:
    """In the first part only, as blocks and as a text; nothing in the words pings."""
    line = Post(voice=Voice.BELL, name="", text=f"<@U99> <!here> {'word ' * 5000}", ping=Mention(id="U17"))
    shown = [post_blocks(line, part) for part in range(messages.parts(line))]
    assert [str(blocks_).count("U17") for blocks_ in shown] == [1, *[0] * (len(shown) - 1)]
    assert {"type": "user", "user_id": "U17"} in shown[0][1]["elements"][0]["elements"]
    accepted(shown[0])
    plain = replace(line, form=Form.PLAIN)
    first, second, *_ = [messages.plain_text(plain, part) for part in range(messages.parts(plain))]
    assert first.startswith("<@U17> ")
    assert "&lt;@U99&gt; &lt;!here&gt;" in first
    assert "U17" not in second


def test_a_line_can_ping_one_user_group() -> None:
    """As a part of its own, in blocks and in a text."""
    line = Post(voice=Voice.BELL, name="", text="<!subteam^S9>", ping=Mention(kind=MentionKind.GROUP, id="S17"))
    shown = post_blocks(line, 0)
    assert shown[0]["elements"][0]["elements"] == [{"type": "usergroup", "usergroup_id": "S17"}]
    text = messages.plain_text(replace(line, form=Form.PLAIN), 0)
    assert text.startswith("<!subteam^S17> ")
    assert "<!subteam^S9>" not in text


AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def joined(*said: str) -> Post:
    further = (Further(text=text, at=AT.replace(minute=1 + number)) for number, text in enumerate(said[1:]))
    return replace(POST, text=said[0], at=AT, further=tuple(further))


def test_what_is_said_together_stands_under_one_name_each_with_its_time() -> None:
    """Verbatim, and also where blocks are not shown."""
    shown = texts(accepted(post_blocks(joined("a *x*", "b", "c"), 0)))
    assert [text for text in shown if not text.startswith("<!date")] == ["Jane · customer", "a *x*", "b", "c"]
    assert [kind["type"] for kind in post_blocks(joined("a", "b"), 0)] == ["rich_text", *["context", "rich_text"] * 2]
    assert post_fallback(joined("a", "b")) == "Jane · customer: a b"


def test_files_of_a_further_message_stand_below_it() -> None:
    """Not below the first."""
    post = joined("a", "b", "c")
    file = Attachment(name="a.png", url="https://files.example/a.png")
    shown = texts(post_blocks(replace(post, further=(replace(post.further[0], files=(file,)), post.further[1])), 0))
    flat = " ".join(shown)
    assert flat.index("b") < flat.index("a.png") < flat.rindex("c")


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        (["a"] * 10, True),
        (["a" * 5000, "b" * 5000], True),
        (["a" * 8000, "b" * 8000], False),
        (["a" * 13_000, "b"], False),
        (["😀" * 3000, "😀" * 3000, "b"], False),
        (["&" * 2000, "&" * 2000], True),
    ],
)
def test_what_fits_is_accepted(said: list[str], fits: bool) -> None:
    """Together at most what one message holds, by Slack's way of counting."""
    assert (messages.parts(joined(*said)) == 1) is fits
    if fits:
        accepted(post_blocks(joined(*said), 0))


def test_formatted_messages_are_joined_with_their_formatting() -> None:
    """As each would stand by itself."""
    bold = (Paragraph((Words("yes", Style(bold=True)),)),)
    post = replace(POST, text="yes", formatted=bold, further=(Further(text="yes", at=AT, formatted=bold),))
    assert messages.parts(post) == 1
    assert json.dumps(post_blocks(post, 0)).count('"bold": true') == 3
