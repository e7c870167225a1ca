"""Texts on the sandbox's page: Discord's markdown, Slack's blocks, and commands as one types them. All pure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.page import slash_commands
from bot.sandbox.page.actions import ActionRefused
from bot.sandbox.page.formatted_text import discord_lines
from bot.sandbox.page.slack_message import blocks
from bot.sandbox.slack.rendering import unescape

COMMANDS: list[dict[str, Any]] = [
    {
        "name": "close",
        "description": "Close a ticket",
        "options": [{"name": "ticket", "type": 3, "autocomplete": True}],
    },
    {
        "name": "stats",
        "description": "Figures",
        "options": [
            {"name": "store", "type": 3, "autocomplete": True},
            {"name": "days", "type": 4, "description": "How many"},
        ],
    },
    {"name": "ping", "description": "Nothing", "options": []},
]


def names(kind: str, wanted: int) -> str:
    return f"{kind}{wanted}"


def shown(content: str) -> list[tuple[str, str, frozenset[str]]]:
    """Each span as its line's kind, its text and its styles."""
    return [
        (line["as"], span["text"], frozenset(span) - {"text"})
        for line in discord_lines(content, names)
        for span in line["spans"]
    ]


class TestDiscordText:
    @pytest.mark.parametrize(
        ("content", "spans"),
        [
            ("plain", [("plain", "plain", set())]),
            ("**a *b* c**", [("plain", "a ", {"bold"}), ("plain", "b", {"bold", "italic"}), ("plain", " c", {"bold"})]),
            (r"\*\*a\*\* \<@1>", [("plain", "**a** <@1>", set())]),
            ("`**a**`", [("plain", "**a**", {"code"})]),
            ("snake_case_name, 2*3*", [("plain", "snake_case_name, 2", set()), ("plain", "3", {"italic"})]),
            ("<@1>", [("plain", "@user1", {"mention"})]),
            ("<@&2>", [("plain", "@role2", {"mention"})]),
            ("<#3>", [("plain", "#channel3", {"mention"})]),
            ("> a\n> b\nc", [("quote", "a\nb", set()), ("plain", "c", set())]),
            ("-# small", [("small", "small", set())]),
            ("# Title", [("heading", "Title", set())]),
            ("#1042 is open", [("plain", "#1042 is open", set())]),
            ("- a\n- b", [("bullet", "a", set()), ("bullet", "b", set())]),
            ("a\n```\nx  **y**\n```", [("plain", "a", set()), ("code", "x  **y**", set())]),
            ("<t:1700000000:R>", [("plain", "2023-11-14 22:13 UTC", {"ago"})]),
            ("<t:1700000000:f>", [("plain", "2023-11-14 22:13 UTC", set())]),
        ],
    )
    def test_it_reads_as_in_discord(self, content: str, spans: list[tuple[str, str, set[str]]]) -> None:
        """Marks become styles, an escaped sign is the sign, names stand for ids."""
        assert shown(content) == [(kind, text, frozenset(styles)) for kind, text, styles in spans]

    @pytest.mark.parametrize(
        ("content", "links"),
        [
            ("see https://example.com/a.", ["https://example.com/a"]),
            ("<https://example.com/a_b_c>", ["https://example.com/a_b_c"]),
            ("[here](https://example.com/)", ["https://example.com/"]),
            ("[**here**](javascript:alert(1))", []),
            ("javascript:alert(1) data:text/html,x", []),
        ],
    )
    def test_only_web_addresses_are_links(self, content: str, links: list[str]) -> None:
        """Nothing else that a text holds can be followed."""
        found = [span["link"] for line in discord_lines(content, names) for span in line["spans"] if "link" in span]
        assert found == links

    @given(st.text(alphabet="a \n*_~`\\<>[]()@#-1:/https", max_size=60))
    def test_any_text_can_be_shown(self, content: str) -> None:
        """Whatever is written, there are lines of a known kind, and no letter or digit of a plain one is lost."""
        lines = discord_lines(content, names)
        assert {line["as"] for line in lines} <= {"plain", "quote", "code", "small", "heading", "bullet"}
        if content.isalnum():
            assert "".join(span["text"] for line in lines for span in line["spans"]) == content


class _Names:
    def user(self, user: str) -> str:
        return f"user {user}"

    def channel(self, channel: str) -> str:
        return f"channel {channel}"

    def group(self, group: str) -> str:
        return f"group {group}"


class TestSlackBlocks:
    def test_each_kind_of_block(self) -> None:
        """Headings, small print, rich text and buttons keep their kind; people's texts stand as they are."""
        given_blocks: list[dict[str, Any]] = [
            {"type": "header", "text": {"type": "plain_text", "text": "#1 · *Jane*", "emoji": False}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "a <!date^1^{date}|then>"}]},
            {"type": "divider"},
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "Status: ", "style": {"bold": True}},
                            {"type": "text", "text": "<b>&amp;"},
                            {"type": "link", "url": "javascript:x", "text": "no link"},
                            {"type": "link", "url": "https://example.com/"},
                            {"type": "user", "user_id": "U1"},
                            {"type": "emoji", "name": "lock"},
                        ],
                    },
                    {"type": "rich_text_quote", "elements": [{"type": "text", "text": "q"}]},
                    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "p"}]},
                ],
            },
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "action_id": "close", "text": {"type": "plain_text", "text": "Close"}},
                    {"type": "overflow", "action_id": "more", "options": []},
                ],
            },
        ]
        heading, context, divider, rich, buttons, rest = blocks(given_blocks, _Names())
        assert heading["lines"] == [{"as": "heading", "spans": [{"text": "#1 · *Jane*"}]}]
        assert context["lines"] == [{"as": "small", "spans": [{"text": "a then"}]}]
        assert divider == {"kind": "divider"}
        assert rich["lines"][0]["spans"] == [
            {"text": "Status: ", "bold": True},
            {"text": "<b>&amp;"},
            {"text": "no link"},
            {"text": "https://example.com/", "link": "https://example.com/"},
            {"text": "@user U1", "mention": True},
            {"text": "🔒"},
        ]
        assert [line["as"] for line in rich["lines"]] == ["plain", "quote", "code"]
        assert [(each["id"], each["label"]) for each in buttons["buttons"]] == [("close", "Close")]
        assert "cannot show" in rest["lines"][0]["spans"][0]["text"]

    def test_a_section_with_its_button(self) -> None:
        """Text, fields and the accessory stand one below the other; `mrkdwn` is read as Slack shows it."""
        section: dict[str, Any] = {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*a* &lt;b&gt;"},
            "fields": [{"type": "plain_text", "text": "*c*"}],
            "accessory": {"type": "button", "action_id": "x", "text": {"type": "plain_text", "text": "X"}},
        }
        text, row = blocks([section], _Names())
        assert [line["spans"][0]["text"] for line in text["lines"]] == [f"a {unescape('&lt;b&gt;')}", "*c*"]
        assert row["kind"] == "buttons"


class TestTyped:
    @pytest.mark.parametrize(
        ("text", "sent"),
        [
            ("/close", ("close", {})),
            ("/CLOSE 1042", ("close", {"ticket": "1042"})),
            ("/close ticket:#1042", ("close", {"ticket": "#1042"})),
            ("/close  Jane Doe ", ("close", {"ticket": "Jane Doe"})),
            ("/close ticket:", ("close", {})),
            ("/stats keys days:7", ("stats", {"store": "keys", "days": 7})),
            ("/stats days:30 store:my shop", ("stats", {"store": "my shop", "days": 30})),
            ("/ping", ("ping", {})),
        ],
    )
    def test_what_is_sent(self, text: str, sent: tuple[str, dict[str, Any]]) -> None:
        """A value stands by itself or behind its option's name; an empty one is none."""
        assert slash_commands.read_command(text, COMMANDS) == sent

    @pytest.mark.parametrize("text", ["/dance", "/", "/ping x", "/stats days:x"])
    def test_what_is_not_sent(self, text: str) -> None:
        """An unknown command, a value that nothing takes, and one of the wrong kind are refused in words."""
        with pytest.raises(ActionRefused):
            slash_commands.read_command(text, COMMANDS)

    @pytest.mark.parametrize(
        ("text", "offered"),
        [
            ("/", ["/close ", "/stats ", "/ping "]),
            ("/s", ["/stats "]),
            ("/stats ", ["/stats store:", "/stats days:"]),
            ("/stats store:keys ", ["/stats store:keys days:"]),
            ("/stats store:keys", []),
            ("/dance ", []),
            ("hello", []),
        ],
    )
    def test_what_the_client_offers(self, text: str, offered: list[str]) -> None:
        """Commands by their beginning, then what is still to fill in."""
        assert [choice["text"] for choice in slash_commands.suggestions(text, COMMANDS)] == offered

    @pytest.mark.parametrize(
        ("text", "begun", "filled"),
        [
            ("/close ", "", "/close ticket:1042"),
            ("/close 10", "10", "/close ticket:1042"),
            ("/close ticket:10", "10", "/close ticket:1042"),
            ("/stats days:7 store:k", "k", "/stats days:7 store:1042"),
        ],
    )
    def test_what_the_bot_is_asked(self, text: str, begun: str, filled: str) -> None:
        """The option that is being typed, and the whole box once a value of it is chosen."""
        asked = slash_commands.option_completion(text, COMMANDS)
        assert asked is not None
        assert asked.begun == begun
        assert asked.filled("1042") == filled

    @pytest.mark.parametrize("text", ["/clo", "/ping ", "/stats days:", "/dance x", "hello ", "/close ticket:10 "])
    def test_where_the_bot_is_not_asked(self, text: str) -> None:
        """No command yet, no option that completes, or one that is done."""
        assert slash_commands.option_completion(text, COMMANDS) is None

    def test_what_the_client_offers_for_an_option(self) -> None:
        """The choices that a command names, and people; before an option is named, the options."""
        choices = [{"name": "Mine", "value": "mine"}]
        options = [{"name": "which", "type": 3, "choices": choices}, {"name": "agent", "type": 6}]
        commands = [{"name": "list", "description": "", "options": options}]
        assert slash_commands.option_completion("/list ", commands) is None
        which = slash_commands.option_completion("/list which:", commands)
        assert which is not None
        assert (which.choices, which.is_person) == ((("Mine", "mine"),), False)
        agent = slash_commands.option_completion("/list which:mine agent:A", commands)
        assert agent is not None
        assert (agent.begun, agent.is_person, agent.filled("Ann")) == ("A", True, "/list which:mine agent:Ann")
