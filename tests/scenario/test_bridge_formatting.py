"""What people type is understood as they meant it, through the real SDKs: in the other chat, and at the vendor."""

from __future__ import annotations

from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until


async def last_in_slack(ticket: Ticket, words: str) -> list[dict[str, object]]:
    """The rich text elements of the message with these words, once it is there."""
    await until(lambda: any(words in message.rendered for message in ticket.slack.messages()), f"{words} in Slack")
    (found,) = [message for message in ticket.slack.messages() if words in message.rendered]
    return [
        span
        for block in found.blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
        for span in element.get("elements", ())
    ]


async def last_in_discord(ticket: Ticket, words: str) -> str:
    """The description of the embed with these words, once it is there."""

    def found() -> list[str]:
        shown = [embed.get("description") or "" for m in ticket.discord.messages() for embed in m.embeds]
        return [each for each in shown if words in each]

    await until(lambda: bool(found()), f"{words} in Discord")
    return found()[-1]


async def test_what_is_bold_in_discord_is_bold_in_slack_and_has_no_stars_for_the_customer(stage: Stage) -> None:
    """`**New key**` reaches the vendor as words, and Slack as bold words; code is as it was typed."""
    ticket = await stage.arrives("Formatting one way")
    await ticket.ann_says("**New key**: `AB_12*C`\n- open\n- paste")
    await ticket.has_sent("New key: AB_12*C\n- open\n- paste")
    spans = await last_in_slack(ticket, "New key")
    assert {"type": "text", "text": "New key", "style": {"bold": True}} in spans
    assert {"type": "text", "text": "AB_12*C", "style": {"code": True}} in spans
    assert not any("**" in str(span) for span in spans)


async def test_what_is_bold_in_slack_is_bold_in_discord_and_has_no_stars_for_the_customer(stage: Stage) -> None:
    """So are `_that_` and `:tada:`; signs that were typed without such a meaning stay as they are."""
    ticket = await stage.arrives("Formatting the other way")
    await ticket.bob_says("*Bob* and _that_ :tada: of 5*3*2 cm, part a_b_c")
    await ticket.has_sent("Bob and that 🎉 of 5*3*2 cm, part a_b_c")
    assert await last_in_discord(ticket, "Bob") == "**Bob** and _that_ 🎉 of 5\\*3\\*2 cm, part a\\_b\\_c"


async def test_a_note_is_a_note_however_it_is_formatted(stage: Stage) -> None:
    """Signs that nobody sees, bold letters or a list before the prefix never send a note to the customer."""
    ticket = await stage.arrives("Notes in disguise")
    for typed in ("\ufeff// one", "\u200b// two", "**// three**", "\u2060 // four"):
        await ticket.ann_says(typed)
    for typed in ("*// five*", "\u200e// six"):
        await ticket.bob_says(typed)
    sent = await ticket.ann_says("For the customer")
    await ticket.has_sent("For the customer")
    await ticket.marked(sent, "✅")
    await stage.at_rest()
    assert ticket.sent == ["For the customer"]
