"""Saved answers through the real SDKs: written, completed, filled in, sent, sent and closed, offered by a word."""

from __future__ import annotations

import asyncio

import pytest

from bot.model import State
from bot.sandbox.discord import InteractionResponse, NotOffered
from bot.sandbox.slack import View
from bot.wording import form_answers
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

TEXT = "Hi {{requester.first_name|there}} & <all>,\n*thanks*! {{agent.name}}"


async def ann_writes(stage: Stage, name: str, text: str) -> InteractionResponse:
    """Ann opens the form from the list of snippets, and sends it."""
    world = stage.world
    listed = await world.discord.command(world.ann, world.support.id, "snippets")
    assert listed.message is not None
    opened = await world.discord.press(world.ann, listed.message, "New snippet")
    return await world.discord.submit_modal(opened, {"name": name, "text": text})


def values(response: InteractionResponse) -> dict[str, str]:
    """What stands in the fields of a modal."""
    assert response.modal is not None
    parts = [part["component"] for part in response.modal["components"]]
    return {part["custom_id"]: part.get("value", "") for part in parts}


async def test_from_discord(stage: Stage) -> None:
    """Written in a form, found while one types, sent as Ann's with the ticket closed behind it, once."""
    ticket = await stage.arrives("Money")
    world, thread = stage.world, ticket.discord.thread.id
    assert (await ann_writes(stage, "Refund", TEXT)).content == "The snippet refund is saved."
    (offered,) = await world.discord.complete(world.ann, thread, "snippet", "name", "ref")
    assert (offered["value"], offered["name"]) == ("refund", f"refund · {' '.join(TEXT.split())}")
    (found,) = await world.discord.complete(world.ann, world.support.id, "snippet", "ticket", ticket.number)
    assert found["value"] == ticket.number
    form = await world.discord.command(world.ann, thread, "snippet", name="refund")
    filled = values(form)["text"]
    assert filled.endswith(" & <all>,\n*thanks*! Ann")
    changed = f"{filled}\n`bye`"
    done = await world.discord.submit_modal(form, {"text": changed, "then": "close"})
    assert (done.ephemeral, done.content) == (
        True,
        f"That message is on its way to the customer. #{ticket.number} will be closed once it has arrived.",
    )
    again = await world.discord.submit_modal(form, {"text": "Something else"})
    assert again.content == form_answers.form_sent_already()
    await until(lambda: [message.content for message in again.followups] == ["Something else"], "nothing is lost")
    await ticket.has_sent(changed)
    await ticket.shown("*thanks*! Ann")
    await until(lambda: ticket.slack.count("Closed by Ann from Discord.") == 1)
    await stage.at_rest()
    assert ticket.sent == [changed]


async def test_what_is_wrong_in_discord(stage: Stage) -> None:
    """A modal is gone when it was sent: so what was typed is shown again, whole; and there is no form for nothing."""
    ticket = await stage.arrives("Wrong")
    world, thread = stage.world, ticket.discord.thread.id
    text = f"{'Long words. ' * 200}{{{{nobody}}}}"
    refused = await ann_writes(stage, "long", text)
    assert refused.content.startswith("{{nobody}} is no variable.")

    def shown() -> str:
        return "".join(message.content for message in refused.followups).replace(" ", "")

    await until(lambda: shown() == text.replace(" ", ""), "all that was typed is shown again")
    assert all(message.only_for == world.ann.id for message in refused.followups)
    nothing = await world.discord.command(world.ann, thread, "snippet", name="nothing")
    no_such = "There is no snippet nothing. /snippets lists them, and writes new ones."
    assert (nothing.content, nothing.modal, nothing.ephemeral) == (no_such, None, True)
    assert nothing.message is not None
    opened = await world.discord.press(world.ann, nothing.message, "New snippet")
    assert values(opened) == {"name": "nothing", "text": ""}
    badly_named = await ann_writes(stage, "a b", "x")
    await until(lambda: [message.content for message in badly_named.followups] == ["a b\nx"], "name and text are shown")
    form = await world.discord.command(world.ann, thread, "reply")
    empty = await world.discord.submit_modal(form, {"text": " "})
    assert (empty.content, empty.followups) == ("It contains nothing to send.", [])
    elsewhere = await world.discord.command(world.ann, world.support.id, "snippet", name="nothing")
    assert elsewhere.content.startswith("Which ticket?")
    with pytest.raises(NotOffered):
        await world.discord.submit_modal(opened, {"name": "", "text": "x"})
    assert ticket.sent == []


@pytest.mark.scenario(AGENTS__ANN="")
async def test_from_slack(stage: Stage) -> None:
    """With number and name; with less, a form asks for the rest; by the message shortcut; all as Bob's."""
    ticket = await stage.arrives("Money")
    world, channel = stage.world, ticket.shop.slack
    await ann_writes(stage, "refund", TEXT)
    opened = await world.slack.command(world.bob, channel, "/snippet", f"refund #{ticket.number}")
    assert isinstance(opened.view, View)
    assert opened.view.title == f"#{ticket.number} · refund"
    first = await world.slack.submit(world.bob, opened.view, {"then": "Send"}, answers=1)
    assert first.view is not None
    assert "That message is on its way to the customer." in first.view.rendered
    picker = await world.slack.command(world.bob, channel, "/snippet")
    assert isinstance(picker.view, View)
    await world.slack.suggest(world.bob, picker.view, "shopbell:ticket", "")
    (option,) = await world.slack.suggest(world.bob, picker.view, "shopbell:snippet", "thanks")
    assert option.value == "refund"
    chosen = {"shopbell:ticket": ticket.number, "shopbell:snippet": "refund"}
    form = await world.slack.submit(world.bob, picker.view, chosen, answers=1)
    assert form.view is not None
    await world.slack.submit(world.bob, form.view, {"text": "Second & <b>"}, answers=1)
    await ticket.has_sent(*(await _sent(ticket, 2)))
    picker = await world.slack.shortcut(world.bob, ticket.slack.card, "snippet", answers=1)
    assert isinstance(picker.view, View)
    await world.slack.suggest(world.bob, picker.view, "shopbell:snippet", "")
    form = await world.slack.submit(world.bob, picker.view, {"shopbell:snippet": "refund"}, answers=1)
    assert form.view is not None
    await world.slack.submit(world.bob, form.view, {"text": "Third", "then": "Send and close"}, answers=1)
    await until(lambda: ticket.discord.count("Closed by Bob from Slack.") == 1)
    await stage.at_rest()
    assert ticket.sent[0].endswith(" & <all>,\n*thanks*! Bob")
    assert ticket.sent[1:] == ["Second & <b>", "Third"]
    for words in ("*thanks*! Bob", "Second & <b>", "Third"):
        await ticket.shown(words)


async def _sent(ticket: Ticket, amount: int) -> list[str]:
    await until(lambda: len(ticket.sent) >= amount, f"{amount} replies at the vendor")
    return ticket.sent


async def test_what_is_wrong_in_slack(stage: Stage) -> None:
    """The form stays open, with what was typed, and says beside the field what is wrong."""
    ticket = await stage.arrives("Wrong")
    world, channel = stage.world, ticket.shop.slack
    listed = await world.slack.command(world.bob, channel, "/snippets")
    (ephemeral,) = listed.ephemerals
    opened = await world.slack.press(world.bob, ephemeral, "New snippet", answers=1)
    assert isinstance(opened.view, View)
    refused = await world.slack.submit(
        world.bob, opened.view, {"name": "a b", "text": "Track: {{order.tracking_link}}"}
    )
    assert refused.errors == {"name": "A snippet's name has 1 to 32 letters, digits, - and _, such as refund-eu."}
    saved = await world.slack.submit(world.bob, opened.view, {"name": "track"}, answers=1)
    assert saved.view is not None
    assert "The snippet track is saved." in saved.view.rendered
    form = await world.slack.command(world.bob, channel, "/snippet", f"{ticket.number} track")
    assert isinstance(form.view, View)
    open_one = await world.slack.submit(world.bob, form.view)
    assert list(open_one.errors) == ["text"]
    assert "{{order.tracking_link}}" in open_one.errors["text"]
    sent = await world.slack.submit(world.bob, form.view, {"text": "No parcel yet."}, answers=1)
    assert not sent.errors
    await ticket.has_sent("No parcel yet.")
    missing = await world.slack.command(world.bob, channel, "/snippet", f"{ticket.number} trak")
    assert missing.text == f"{form_answers.no_such_snippet('trak', 'track')}\n[New snippet]"
    changed = await world.slack.command(world.bob, channel, "/snippets")
    pressed = await world.slack.press(world.bob, changed.ephemerals[-1], "track", answers=1)
    assert isinstance(pressed.view, View)
    gone = await world.slack.submit(world.bob, pressed.view, {"text": ""}, answers=1)
    assert gone.view is not None
    assert "Track: {{order.tracking_link}}" in gone.view.rendered
    await stage.at_rest()
    assert ticket.sent == ["No parcel yet."]


@pytest.mark.scenario(AGENTS__ANN="")
async def test_a_word_in_both_chats(stage: Stage) -> None:
    """The thread shows the text with `Send` and `Discard`; it is sent as the word's author's, marked there."""
    ticket = await stage.arrives("Word")
    world = stage.world
    await ann_writes(stage, "thanks", "Thank you, {{agent.name}}")
    typed = await ticket.bob_says("!s thanks")
    await until(lambda: ticket.slack.count("The snippet thanks, filled in.") == 1)
    offered = next(m for m in reversed(world.slack.thread(ticket.shop.slack, ticket.slack.card.ts)) if m.buttons)
    assert [button.label for button in offered.buttons] == ["Send", "Discard"]
    await stage.at_rest(State.HELD)
    assert ticket.sent == []
    await world.slack.press(world.bob, offered, "Send", answers=1)
    await ticket.has_sent("Thank you, Bob")
    await ticket.marked(typed, "✅")
    await ticket.ann_says("!s thanks")
    await until(lambda: ticket.discord.count("The snippet thanks, filled in.") == 1)
    offer = next(m for m in ticket.discord.messages() if "filled in" in str(m.embeds))
    discarded = await world.discord.press(world.ann, offer, "Discard")
    assert discarded.content == "Discarded. The customer will not get it."
    await stage.at_rest()
    assert ticket.sent == ["Thank you, Bob"]


@pytest.mark.scenario(AGENTS__ANN="", COLLISION_GUARD="false")
async def test_a_form_that_is_sent_after_a_restart(stage: Stage) -> None:
    """All that is needed stands in the form itself."""
    ticket = await stage.arrives("Restart")
    world = stage.world
    await ann_writes(stage, "thanks", "Thank you, {{agent.name}}")
    in_discord = await world.discord.command(world.ann, ticket.discord.thread.id, "snippet", name="thanks")
    in_slack = await world.slack.command(world.bob, ticket.shop.slack, "/snippet", f"{ticket.number} thanks")
    assert isinstance(in_slack.view, View)
    await stage.bridge.restart()
    await world.discord.submit_modal(in_discord, {})
    await ticket.has_sent("Thank you, Ann")
    await world.slack.submit(world.bob, in_slack.view, answers=1)
    await ticket.has_sent("Thank you, Ann", "Thank you, Bob")


async def test_a_form_that_is_sent_twice_at_once(stage: Stage) -> None:
    """The customer gets it once, and Slack is answered both times."""
    ticket = await stage.arrives("Twice")
    world = stage.world
    form = await world.slack.command(world.bob, ticket.shop.slack, "/reply", ticket.number)
    assert isinstance(form.view, View)
    entered = {"text": "Only once"}
    both = await asyncio.gather(*(world.slack.submit(world.bob, form.view, entered, answers=1) for _ in range(2)))
    assert [outcome.error for outcome in both] == ["", ""]
    await stage.at_rest()
    assert ticket.sent == ["Only once"]


async def test_a_note_by_command_in_both_chats(stage: Stage) -> None:
    """From the channel with the number and the text, or in a form; the customer gets nothing."""
    ticket = await stage.arrives("Note")
    world, channel = stage.world, ticket.shop.slack
    said = f"Noted in #{ticket.number}. The team sees it there, the customer does not."
    typed = await world.discord.command(world.ann, world.support.id, "note", text="One", ticket=ticket.number)
    assert typed.content == said
    opened = await world.discord.command(world.ann, ticket.discord.thread.id, "note")
    assert (await world.discord.submit_modal(opened, {"note": "Two"})).content == said
    assert (await world.slack.command(world.bob, channel, "/note", f"{ticket.number} Three")).text == said
    picker = await world.slack.command(world.bob, channel, "/note", "Fo <&> ur")
    assert isinstance(picker.view, View)
    await world.slack.suggest(world.bob, picker.view, "shopbell:ticket", "")
    form = await world.slack.submit(world.bob, picker.view, {"shopbell:ticket": ticket.number}, answers=1)
    assert form.view is not None
    done = await world.slack.submit(world.bob, form.view, answers=1)
    assert done.view is not None
    assert said in done.view.rendered
    long = await world.slack.command(world.bob, channel, "/note", "long " * 700)
    assert long.text.startswith("Give the ticket's number first")
    for words in ("One", "Two", "Three", "Fo <&> ur"):
        await ticket.shown(words)
    await stage.at_rest()
    assert ticket.sent == []


async def test_a_reply_in_a_form_in_both_chats(stage: Stage) -> None:
    """In Discord in the thread, in Slack by the number, or picked."""
    ticket = await stage.arrives("Form")
    world, channel = stage.world, ticket.shop.slack
    opened = await world.discord.command(world.ann, ticket.discord.thread.id, "reply")
    assert values(opened) == {"text": "", "then": ""}
    await world.discord.submit_modal(opened, {"text": "From\n*Ann*"})
    await ticket.has_sent("From\n*Ann*")
    form = await world.slack.command(world.bob, channel, "/reply", ticket.number)
    assert isinstance(form.view, View)
    assert form.view.title == f"Reply to #{ticket.number}"
    empty = await world.slack.submit(world.bob, form.view)
    assert empty.errors == {"text": "Please complete this required field."}
    await world.slack.submit(world.bob, form.view, {"text": "From Bob"}, answers=1)
    await ticket.has_sent("From\n*Ann*", "From Bob")
    picker = await world.slack.command(world.bob, channel, "/reply")
    assert isinstance(picker.view, View)
    assert picker.view.title == "Reply to a ticket"
    await ticket.shown("From Bob")
