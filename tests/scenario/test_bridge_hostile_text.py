"""What customers write is shown harmlessly, in full and in order, whatever it is, and nobody is pinged by it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest

from bot.sandbox.discord import DiscordMessage
from bot.sandbox.tour_steps import field_values
from bot.wording.cards import CUSTOMER_WROTE
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

BOTH_KINDS = {"sellgate": "text slack", "lightspeed": "forum slack"}

MENTIONS = "@everyone @here <!channel> <!here|here> <!subteam^S1> <@{ann}> <@!{ann}> <@&{role}> <#{channel}> <@{bob}>"
MARKUP = r"""
**bold** *it* __under__ ~~gone~~ ||spoiler|| `code` _it_ *bold*
[your bank](https://evil.example/login) <https://evil.example|your bank> <mailto:a@b.example|Mum>
```py
fence
```
# head
### head
-# small
> quote
>>> all of it
- list
1. one
<t:1700000000:R> <!date^1700000000^{date}|then> <a:wave:123> <:x:456> </close:789> <id:guide>
&lt;!channel&gt; &amp; \*not bold\* :lock: ¯\_(ツ)_/¯
""".strip()
_FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
COMPOSED = f"{_FAMILY} \U0001f1e9\U0001f1ea 1\ufe0f\u20e3 Z\u0337\u031ba\u0338l\u0334go n\u0303 שלום 你好"
_ESCAPED = re.compile(r"\\(?P<sign>[^0-9A-Za-z\s])|<(?P<address>https?://[^\s<>]+)>")


def read_in_discord(message: DiscordMessage) -> str:
    """What people read of a message's embed, and proof that nothing in it formats, links in disguise or mentions."""
    source = message.embeds[0].get("description") or ""
    bare = _ESCAPED.sub("x", source)
    assert not re.search(r"[*_~`|<\[]", bare), source
    assert not re.search(r"^\s*(#{1,3}|-#|>|[-+]|\d+[.)])\s", bare, re.MULTILINE), source
    assert "@everyone" not in bare
    assert "@here" not in bare
    return _ESCAPED.sub(lambda found: found["sign"] or found["address"], source)


def in_discord(ticket: Ticket) -> list[str]:
    """What the bot's messages in the ticket's thread read like, oldest first; of the card only the customer's words."""
    bot = ticket.discord.discord.bot.id
    head = ticket.discord.thread.id
    said = [m for m in ticket.discord.messages() if m.author_id == bot and m.id != head and m.embeds]
    for message in said:
        assert not any(field_values(message.pinged)), "somebody was pinged"
        assert not message.content
    return [*_opening(read_in_discord(_untitled(ticket.discord.card()))), *map(read_in_discord, said)]


def in_slack(ticket: Ticket) -> list[str]:
    """The same of the Slack thread, block by block: only the text itself, without who says it and when."""
    quotes = [part for block in ticket.slack.card.blocks for part in block.get("elements", ())]
    found = [text for part in quotes if part["type"] == "rich_text_quote" for text in _opening(_text(part))]
    for message in ticket.slack.messages():
        if message.user == ticket.slack.slack.bot_user:
            assert not message.pinged
            texts = [block for block in message.blocks if block["type"] == "rich_text"][1:]
            found.extend("".join(map(_text, block["elements"])) for block in texts)
    return found


def _opening(card: str) -> list[str]:
    """The first message, if it stands on the card alone."""
    _, label, text = card.partition(CUSTOMER_WROTE)
    return [text] if label else []


def _text(element: dict[str, object]) -> str:
    parts = element["elements"]
    assert isinstance(parts, list)
    for part in parts:
        assert part["type"] in ("text", "link"), part
        assert part["type"] == "text" or "text" not in part, "a link that reads as something else"
    return "".join(str(part["text"] if part["type"] == "text" else part["url"]) for part in parts)


async def _each(stage: Stage, about: str, text: str, **more: str) -> list[Ticket]:
    """The same customer's words in a text channel, a forum and Slack, there as soon as everything is delivered."""
    tickets = [await stage.writes(about, text, vendor=vendor, **more) for vendor in BOTH_KINDS]
    for ticket in tickets:
        await until(lambda ticket=ticket: ticket.discord.threads and ticket.slack.cards, "its threads")  # type: ignore[misc]
    await stage.bridge.drained()
    return tickets


@pytest.mark.scenario(BOTH_KINDS)
async def test_mentions_are_only_words(stage: Stage) -> None:
    """`@everyone`, `<!channel>` and mentions of people, roles and channels by their ids are shown as typed."""
    world = stage.world
    role = world.discord.add_role("agents")
    text = MENTIONS.format(ann=world.ann.id, role=role.id, channel=world.support.id, bob=world.bob.id)
    for ticket in await _each(stage, "Mentions", text):
        assert in_discord(ticket) == [text]
        assert in_slack(ticket) == [text]
        assert not any(field_values(ticket.discord.card().pinged))
    assert not world.slack.pings


@pytest.mark.scenario(BOTH_KINDS)
async def test_markup_is_only_signs(stage: Stage) -> None:
    """Markdown, fences, masked links, timestamps, custom emoji and entities are shown letter for letter."""
    for ticket in await _each(stage, "Markup", MARKUP):
        assert in_discord(ticket) == [MARKUP]
        assert in_slack(ticket) == [MARKUP]


@pytest.mark.scenario(BOTH_KINDS)
async def test_invisible_characters_are_left_out_and_composed_ones_stay(stage: Stage) -> None:
    """Control characters, lone surrogates and direction overrides vanish; emoji sequences and accents stay whole."""
    text = f"a\x00b\x1b[31mc\x7f \u202egpj.exe\u2066 \ud83d {COMPOSED}\r\nnext\u2028last\x0b"
    for ticket in await _each(stage, "Invisible", text):
        for shown in (in_discord(ticket), in_slack(ticket)):
            assert [" ".join(each.split(" ")) for each in shown] == [f"ab[31mc gpj.exe  {COMPOSED}\nnext\nlast"]


@pytest.mark.scenario(BOTH_KINDS)
async def test_fifty_thousand_characters_are_shown_in_full_and_in_order(stage: Stage) -> None:
    """Words in 50,000 characters, markup among them, stand in several messages, each numbered, none lost or doubled."""
    words = [
        f"w{number:05d}" + ("*" if number % 7 == 0 else "") + ("\n" if number % 31 == 0 else "")
        for number in range(6500)
    ]
    text = " ".join(words)[:50_000]
    for ticket in await _each(stage, "A novel", text):
        for shown in (in_discord(ticket), in_slack(ticket)):
            assert len(shown) > 1
            assert " ".join(shown).split() == text.split()


@pytest.mark.scenario(BOTH_KINDS)
async def test_a_text_without_any_space_is_cut_but_not_changed(stage: Stage) -> None:
    """Where there is no place to cut, a text is cut anyway, but never inside what people see as one character."""
    text = _FAMILY * 900 + "e\u0301" * 3000 + "`" * 4000
    for ticket in await _each(stage, "No space", text):
        for shown in (in_discord(ticket), in_slack(ticket)):
            assert len(shown) > 1
            assert "".join(shown) == text
            for piece in shown:
                assert not unicodedata.combining(piece[0])
                assert "\u200d" not in (piece[0], piece[-1])


@pytest.mark.scenario(BOTH_KINDS)
async def test_a_hostile_subject_and_name_make_a_harmless_title(stage: Stage) -> None:
    """The thread's name keeps the number, stands on one line within the limit, and neither it nor the card pings."""
    subject = "@everyone <!channel>\n# **Re:** \u202e\x07[bank](https://evil.example) " + "long " * 60
    name = "<!here>\u202e\n`*jane*` ||x||"
    who = {"name": name, "email": f"{name}@evil.example"}  # Sellgate tells no name
    for ticket in await _each(stage, "@everyone <!channel>", "Hello", subject=subject, **who):
        title = ticket.discord.thread.name
        assert re.match(r"#\d+ · <!here> `\*jane\*` \|\|x\|\| · @everyone <!channel> # ", title)
        assert len(title) <= 100
        assert "\n" not in title
        assert not {"\u202e", "\x07"} & set(title)
        card = ticket.discord.card()
        assert not any(field_values(card.pinged))
        assert read_in_discord(_untitled(card)).startswith("#")
        assert not ticket.slack.card.pinged
        assert "@everyone <!channel> # **Re:** [bank](https://evil.example)" in ticket.slack.card.rendered


def _untitled(card: DiscordMessage) -> DiscordMessage:
    """The card without the two stars that are ours."""
    described = str(card.embeds[0]["description"])
    first, _, rest = described.partition("\n")
    assert first.startswith("**")
    assert first.endswith("**")
    return replace(card, embeds=[{**card.embeds[0], "description": f"{first[2:-2]}\n{rest}"}])


@pytest.mark.scenario(BOTH_KINDS)
async def test_a_text_of_nothing_is_still_a_message(stage: Stage) -> None:
    """An empty message, or one of control characters alone, is shown as one without text; nothing gets stuck."""
    for ticket in await _each(stage, "Nothing", "\x00\x01 \n"):
        assert in_discord(ticket) == ["(no text)"]
        assert in_slack(ticket) == ["(no text)"]


@pytest.mark.scenario(BOTH_KINDS)
async def test_what_follows_a_hostile_text_is_not_touched_by_it(stage: Stage) -> None:
    """An open fence, a spoiler and a quote of everything in one message do not swallow the next one."""
    for ticket in await _each(stage, "Open ends", ">>> ```\n||**"):
        ticket.customer_says("and then this")
        await ticket.shown("and then this")
        assert in_discord(ticket) == [">>> ```\n||**", "and then this"]
        assert in_slack(ticket) == [">>> ```\n||**", "and then this"]
