"""Slack's mrkdwn as a tree."""

from __future__ import annotations

import pytest

from adapters.chats.slack.markup import escape
from adapters.chats.slack.reading_mrkdwn import Names, people_in, read
from bot.text.plain import plain


def neutral(markup: str, users: dict[str, str]) -> str:
    return plain(read(markup, Names(users=users)))


@pytest.mark.parametrize(
    ("typed", "reads"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt;", "&lt;"),
        ("&lt;@U1&gt; and &lt;!channel&gt;", "<@U1> and <!channel>"),
        ("hi <@U1>, and <@W2|wim>", "hi @Anna, and @wim"),
        ("who is <@U9>?", "who is @somebody?"),
        ("see <#C1|general> or <#C2> or <#C3|>", "see #general or #channel or #channel"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!here|here> <!here|@here>", "@here @here"),
        ("<!subteam^S1|@support> and <!subteam^S2>", "@support and @group"),
        ("<!date^1700000000^{date}|14 Nov 2023>", "2023-11-14"),
        ("<https://x.example/a?b=1&amp;c=2>", "https://x.example/a?b=1&c=2"),
        ("<https://x.example|the shop>", "the shop (https://x.example)"),
        ("<https://x.example|https://x.example>", "https://x.example"),
        ("<http://x.example|x.example>", "x.example"),
        ("<mailto:jane@x.example|jane@x.example>", "jane@x.example"),
        ("<mailto:jane@x.example|write us>", "write us (jane@x.example)"),
        ("<tel:+31612345678|+31612345678>", "+31612345678"),
        (":lock: between us", "🔒 between us"),
        (":tada: *yes* _no_ `code` ~gone~ :wave::skin-tone-3: :shop:", "🎉 yes no code ~~gone~~ 👋🏼 :shop:"),
        ("It is 5*3*2 cm, part a_b_c", "It is 5*3*2 cm, part a_b_c"),
        ("```a *b*\n  c &amp; &lt;d&gt;```", "a *b*\n  c & <d>"),
        ("&gt; quoted\n&gt;more\nreply", "> quoted\n> more\nreply"),
        ("&gt;&gt;&gt;all\nof it", "> all\n> of it"),
        ("one\r\ntwo", "one\ntwo"),
        ("", ""),
    ],
)
def test_what_people_typed_reads_as_they_saw_it(typed: str, reads: str) -> None:
    """Entities, mentions, links and dates become what Slack shows, marks become formatting, and no id is shown."""
    assert neutral(typed, {"U1": "Anna"}) == reads


def test_a_name_from_slack_is_not_read_as_markup() -> None:
    """A person who calls themselves `<!here>` is shown so, and a name's entities are not resolved again."""
    assert neutral("<@U1>", {"U1": "<!here> &amp;"}) == "@<!here> &amp;"


def test_the_mentioned_are_found_once_each() -> None:
    """The ids of people, and of nothing else that stands in brackets."""
    assert people_in("<@U1> <@U1|anna> <@W2> <#C1|x> <!here> &lt;@U3&gt;") == {"U1", "W2"}


@pytest.mark.parametrize("text", ["<!channel>", "<@U1>", "<https://evil.example|your bank>", "&lt;!here&gt;", "a & b"])
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    """What is escaped holds no bracket, and reads as before."""
    assert "<" not in escape(text)
    assert neutral(escape(text), {}) == text
