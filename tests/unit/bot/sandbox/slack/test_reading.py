"""How the practice Slack reads messages, whom they ping, and what its composer makes of typing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.composer import broadcasts, compose
from bot.sandbox.slack.rendering import pings, read_message

Json = dict[str, Any]


class Everybody:
    """One person, one channel and one group."""

    def user(self, user: str) -> str:
        return {"U1": "Jane"}.get(user, user)

    def channel(self, channel: str) -> str:
        return {"C1": "support"}.get(channel, channel)

    def group(self, group: str) -> str:
        return {"S1": "agents"}.get(group, group)


def reads(text: str, *blocks: Json, mrkdwn: bool = True) -> str:
    return read_message(text, blocks, (), Everybody(), mrkdwn=mrkdwn)


def section(kind: str, text: str) -> Json:
    return {"type": "section", "text": {"type": kind, "text": text}}


def rich(*spans: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(spans)}]}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt;", "&lt;"),
        ("*bold* and _it_ and ~no~", "bold and it and no"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("`*verbatim* &lt;`", "*verbatim* <"),
        ("```\n> a\n*b*\n```", "> a\n*b*"),
        ("&gt; said before\nnow", "▌ said before\nnow"),
        ("<@U1> in <#C1|support> and <!subteam^S1>", "@Jane in #support and @agents"),
        ("<!channel> <!here|here>", "@channel @here"),
        ("<https://evil.example|your bank>", "your bank"),
        ("<https://a.example>", "https://a.example"),
        ("<mailto:a@b.example>", "a@b.example"),
        ("<!date^1^{date}|1 March>", "1 March"),
        (":lock: :no_such_emoji:", "🔒 :no_such_emoji:"),
    ],
)
def test_mrkdwn_reads_as_people_see_it(text: str, read: str) -> None:
    """Marks take effect, code is verbatim, mentions and links show what they show."""
    assert reads(text) == read
    assert reads("fallback", section("mrkdwn", text)) == read


def test_plain_text_is_verbatim() -> None:
    """Nothing but emoji codes means anything in plain text, and even that can be turned off."""
    assert reads("", section("plain_text", "*a* <!channel> &lt;")) == "*a* <!channel> &lt;"
    assert reads("", {"type": "header", "text": {"type": "plain_text", "text": ":x:"}}) == "❌"
    assert reads("", {"type": "header", "text": {"type": "plain_text", "text": ":x:", "emoji": False}}) == ":x:"
    assert reads("*a* &amp;", mrkdwn=False) == "*a* &"


def test_blocks_read_from_top_to_bottom_in_place_of_the_text() -> None:
    """A person who sees blocks does not see the fallback text."""
    option = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
    blocks: list[Json] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Head"}},
        {"type": "divider"},
        {**section("mrkdwn", "*Body*"), "fields": [{"type": "plain_text", "text": "Field"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "_small_"}, {"type": "image", "alt_text": "pic"}]},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "text": {"type": "plain_text", "text": "Close"}},
                {"type": "static_select", "options": [option], "placeholder": {"type": "plain_text", "text": "Pick"}},
            ],
        },
        rich({"type": "text", "text": "<b>*"}, {"type": "link", "url": "https://a.example", "text": "a"}),
        {"type": "markdown", "text": "**as it is**"},
    ]
    assert reads("fallback", *blocks) == "Head\n───\nBody\nField\nsmall (pic)\n[Close] [Pick]\n<b>*a\n**as it is**"


@pytest.mark.parametrize(
    ("text", "pinged"),
    [
        ("<!channel> <!here> <!everyone>", ("@channel", "@here", "@everyone")),
        ("<@U1> <@U1|jane> <!subteam^S1|@agents>", ("U1", "S1")),
        ("@channel &lt;!channel&gt; <#C1> <https://a.example|@here>", ()),
        ("`<!channel>`", ("@channel",)),
    ],
)
def test_mentions_ping_where_they_take_effect(text: str, pinged: tuple[str, ...]) -> None:
    """A mention pings in text alone and in mrkdwn; in plain text, and in the fallback of blocks, it does not."""
    assert pings(text, ()) == pinged
    assert pings("", [section("mrkdwn", text)]) == pinged
    assert pings("", [{"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}]) == pinged
    assert pings("", (), [{"text": text}]) == pinged
    assert pings("", [section("plain_text", text)]) == ()
    assert pings(text, [section("plain_text", "x")]) == ()
    assert pings("", [rich({"type": "text", "text": text})]) == ()


def test_rich_text_mentions_ping() -> None:
    """A rich text block names people by elements of their own."""
    spans = [
        {"type": "user", "user_id": "U1"},
        {"type": "usergroup", "usergroup_id": "S1"},
        {"type": "broadcast", "range": "here"},
    ]
    assert pings("", [rich(*spans)]) == ("U1", "S1", "@here")
    assert reads("", rich(*spans)) == "@Jane@agents@here"


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("a <b> & c", "a &lt;b&gt; &amp; c"),
        ("see https://a.example/x?y=1&z=2.", "see <https://a.example/x?y=1&amp;z=2>."),
        ("mail jane@shop.example now", "mail <mailto:jane@shop.example|jane@shop.example> now"),
        ("shop.com/x sells", "<http://shop.com/x|shop.com/x> sells"),
        ("@jane @channel @nobody #support", "<@U1> <!channel> @nobody <#C1|support>"),
        ("🔒 only us", ":lock: only us"),
        ("```\n<a> @jane\n```", "```&lt;a&gt; @jane```"),
        ("*bold* `code`", "*bold* `code`"),
    ],
)
def test_what_is_typed_becomes_slacks_text(typed: str, text: str) -> None:
    """Inbound text is escaped, linked and has emoji as codes, as the events of real Slack have it."""
    mentions = {
        **broadcasts(),
        "@jane": {"type": "user", "user_id": "U1"},
        "#support": {"type": "channel", "channel_id": "C1"},
    }
    assert compose(typed, mentions)[0] == text


def test_what_is_typed_comes_as_rich_text_too() -> None:
    """The block says the same in elements, with styles taken out of the text."""
    text, (block,) = compose("*hi* 🔒 <x>\n```\ncode\n```", {})
    assert text == "*hi* :lock: &lt;x&gt;\n```code```"
    assert block["elements"] == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "hi", "style": {"bold": True}},
                {"type": "text", "text": " "},
                {"type": "emoji", "name": "lock", "unicode": "1f512"},
                {"type": "text", "text": " <x>\n"},
            ],
        },
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}]},
    ]


def test_nothing_typed_has_no_block() -> None:
    """A message of files alone carries no text and no block."""
    assert compose("", {}) == ("", [])
