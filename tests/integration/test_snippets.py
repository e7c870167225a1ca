"""Saved answers: written and sent in forms from both chats, offered by `!s`, each refusal in words, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.db.connection import Transaction
from bot.db.rows import require, ticket_row
from bot.errors import Rejected, Unavailable
from bot.model import (
    Agent,
    AgentId,
    Answer,
    ChannelId,
    ChatMessageId,
    ChoiceField,
    DeliveryId,
    Mark,
    Modal,
    Place,
    State,
    Status,
    Store,
    TextField,
    TicketId,
    TicketNumber,
    Verb,
)
from bot.outbound.retry import Schedule
from bot.ports import VendorCapabilities
from bot.tickets import erasure
from bot.tickets.day.taking import Asker
from bot.tickets.from_agents import form_replies
from bot.tickets.from_agents.form_replies import Entered, send
from bot.wording import answers, form_answers, reasons
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
BOB = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)
GUEST = Agent(id=AgentId("u3"), name="Guest")
REFUND = "Hi {{requester.first_name|there}},\n\nyour money is on its way.\n{{agent.name}}, {{store.name}}"
FILLED = "Hi Jane,\n\nyour money is on its way.\nAnn, Main"
SLOW = Schedule(retries=(60.0,) * 5, reconcile_delays=(0.01,), refused_delay=60.0)


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket and one snippet."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await saved(bridge, "refund", REFUND)
        yield bridge


async def form(
    bridge: Bridge, verb: Verb, words: str = "", *, chat: MemoryChat | None = None, agent: Agent = ANN
) -> Modal | Answer:
    return await bridge.form(chat or bridge.discord, verb, words=words, agent=agent)


async def opened(bridge: Bridge, verb: Verb, words: str = "", *, chat: MemoryChat | None = None) -> Modal:
    found = await form(bridge, verb, words, chat=chat)
    assert isinstance(found, Modal), found
    return found


async def sent(
    bridge: Bridge,
    shown: Modal,
    changes: Mapping[str, str] | None = None,
    *,
    chat: MemoryChat | None = None,
    agent: Agent = ANN,
) -> Answer:
    """What the core answers to a form that is sent, with what stood in it and these changes."""
    ticket = None if shown.ticket is None else str(shown.ticket)
    entered = {**initial(shown), **(changes or {})}
    return await bridge.asks(
        chat or bridge.discord, shown.verb, ticket=ticket, words=shown.words, entered=entered, agent=agent
    )


def initial(shown: Modal) -> dict[str, str]:
    """What stands in a form before anybody has touched it."""
    return {field.name: field.value if isinstance(field, TextField) else field.options[0][0] for field in shown.fields}


async def saved(bridge: Bridge, name: str, text: str) -> None:
    shown = await opened(bridge, Verb.WRITE_SNIPPET)
    answer = await sent(bridge, shown, {"name": name, "text": text})
    assert answer == Answer(text=f"The snippet {name} is saved.")


def status(bridge: Bridge) -> Status | None:
    return bridge.vendor.tickets[TicketId("t1")].status


def lines(bridge: Bridge) -> list[list[str]]:
    """What stands below the first message in each thread."""
    return [chat.texts(bridge.thread(chat))[1:] for chat in (bridge.discord, bridge.slack)]


# ---------------------------------------------------------------- sending one


async def test_a_form_shows_the_text_filled_in(bridge: Bridge) -> None:
    """It can be changed, and says what may follow; opening it sends nothing."""
    shown = await opened(bridge, Verb.SNIPPET, " REFUND ")
    text, then = shown.fields
    assert (shown.title, shown.submit, shown.ticket) == ("#1001 · refund", "Send", 1001)
    assert isinstance(text, TextField)
    assert (text.value, text.hint, text.has_lines) == (FILLED, "", True)
    assert isinstance(then, ChoiceField)
    assert [label for _, label in then.options] == ["Send", "Send and close"]
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), lines(bridge)) == ([], [[], []])


async def test_what_the_form_says_is_sent_and_shown_in_both_chats(bridge: Bridge) -> None:
    """As Ann's, at once, also where she asked; it takes the ticket. Sent twice, it goes once; new words are kept."""
    shown = await opened(bridge, Verb.SNIPPET, "refund")
    assert await sent(bridge, shown) == Answer(text="That message is on its way to the customer.")
    assert await sent(bridge, shown) == Answer(text=form_answers.form_sent_already())
    again = await sent(bridge, shown, {"text": "Something else"})
    assert again == Answer(text=form_answers.form_sent_already(), kept="Something else")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [FILLED]
    assert lines(bridge) == [[FILLED], [FILLED]]
    for chat in (bridge.discord, bridge.slack):
        assert chat.shown[bridge.thread(chat)][-1].post.name == "Ann"
        assert "Taken by Ann" in chat.cards[bridge.thread(chat)][-1].status_text


@pytest.mark.parametrize(("channel", "in_thread"), [("2", True), ("2", False), ("1", True), ("1", False)])
async def test_a_form_belongs_to_where_it_was_asked_for(tmp_path: Path, channel: str, in_thread: bool) -> None:
    """A store with two channels in one chat: the question goes to the thread there, and so does what becomes of it."""
    places = tuple(Place(chat=DISCORD, channel=ChannelId(each)) for each in ("1", "2"))
    slack = Place(chat=SLACK, channel=ChannelId("1"))
    store = Store(name=MAIN, label="Main · Memory", vendor_label="Memory", channels=(*places, slack), poll_seconds=10)
    async with running(tmp_path / "db", store=store) as bridge:
        await bridge.ticket_arrives()
        await until(lambda: len(bridge.discord.threads()) == 2)
        thread = next(each for each in bridge.discord.threads() if each.startswith(f"{channel}."))
        here = Place(chat=DISCORD, channel=ChannelId(channel), thread=thread if in_thread else None)
        await bridge.says(bridge.slack, "s1", "Bob is faster.", agent=BOB)
        answer = await bridge.asks(
            bridge.discord,
            Verb.SEND_FORM,
            place=here,
            ticket="1001",
            words=form_replies.new_token(),
            entered={"text": "Ann's text", "then": "send"},
        )
        assert answer.text == answers.held()
        await bridge.at_rest(State.HELD)
        asked = {
            each: [button.label for say in bridge.discord.shown[each] for button in say.post.buttons]
            for each in bridge.discord.threads()
        }
        assert [each for each, labels in asked.items() if "Discard" in labels] == [thread]
        noted = await bridge.asks(bridge.discord, Verb.NOTE, place=here, ticket="1001", words="Mind the key")
        assert noted.text.startswith("Noted in #1001.")
        links = {row["id"]: row["thread"] for row in await bridge.rows("links_of_ticket", ticket=1001)}
        notes = [row for row in await bridge.rows("latest_messages", ticket=1001, most=-1) if row["purpose"] == "note"]
        assert [links[row["link"]] for row in notes] == [thread]


async def test_a_form_that_crosses_another_reply_is_held(bridge: Bridge) -> None:
    """Its text stays in the thread, with the question; Send sends it, Discard does not, and says so."""
    for word, reaches in (("Send", True), ("Discard", False)):
        await bridge.says(bridge.slack, f"s{word}", f"Bob's answer, {word}", agent=BOB)
        shown = await opened(bridge, Verb.REPLY)
        answer = await sent(bridge, shown, {"text": f"Ann's answer, {word}"})
        assert answer.text == answers.held()
        await bridge.at_rest(State.HELD)
        thread = lines(bridge)[0]
        assert thread[-2] == f"Ann's answer, {word}"  # and then the question about it
        assert "so your message was not sent" in thread[-1]
        asked = [say.post for say in bridge.discord.shown[bridge.thread(bridge.discord)] if say.post.buttons][-1]
        assert "Bob" in asked.text
        (button,) = [each for each in asked.buttons if each.label == word]
        await bridge.asks(bridge.discord, button.verb, delivery=button.delivery)
        await bridge.at_rest()
        assert (f"Ann's answer, {word}" in bridge.vendor.texts("t1")) is reaches
        assert bridge.vendor.texts("t1").count(f"Bob's answer, {word}") == 1
        told = [text for text in lines(bridge)[0] if "discarded their own message" in text]
        assert len(told) == (not reaches), "who reads the form's text there knows that the customer has not got it"
        await asyncio.sleep(120)


async def test_a_held_form_that_closes_says_so(bridge: Bridge) -> None:
    """The ticket stays open until its author decides; `Send` says that it is closed then, and does both."""
    await bridge.says(bridge.slack, "s1", "Bob's answer", agent=BOB)
    shown = await opened(bridge, Verb.REPLY)
    held = await sent(bridge, shown, {"text": "Ann's answer", "then": "close"})
    assert held.text == form_answers.held_and_open()
    await bridge.at_rest(State.HELD)
    assert status(bridge) is Status.OPEN
    asked = [say.post for say in bridge.discord.shown[bridge.thread(bridge.discord)] if say.post.buttons][-1]
    (button,) = [each for each in asked.buttons if each.label == "Send"]
    pressed = await bridge.asks(bridge.discord, button.verb, delivery=button.delivery)
    assert pressed.text == form_answers.sending_then_closing(TicketNumber(1001))
    await bridge.at_rest()
    assert status(bridge) is Status.CLOSED
    assert bridge.vendor.texts("t1")[-1] == "Ann's answer"


async def test_a_form_begins_with_what_was_typed(bridge: Bridge) -> None:
    """Behind `/reply`, as it is: nothing in it is filled in."""
    shown = await opened(bridge, Verb.REPLY, " Dear Jane,\r\n{{agent.name}} ")
    assert initial(shown)["text"] == "Dear Jane,\n{{agent.name}}"


@pytest.mark.parametrize("verb", [Verb.REPLY, Verb.NOTE])
async def test_what_was_typed_is_given_back_if_there_is_no_form(bridge: Bridge, verb: Verb) -> None:
    """The number is wrong, the asker is a guest, or the text is too long for a form: it can be copied."""
    wrong: list[dict[str, Any]] = [{"ticket": "9999"}, {"agent": GUEST}]
    for more in wrong:
        found = await bridge.form(bridge.discord, verb, **{"words": "A long text", "agent": ANN, **more})
        assert isinstance(found, Answer)
        assert found.kept == "A long text"
        asked = await bridge.asks(bridge.discord, Verb.NOTE, **{"words": "A long note", **more})
        assert asked.kept == "A long note"
    long = "x" * 4_001
    found = await form(bridge, Verb.REPLY, long)
    assert isinstance(found, Answer)
    assert found.kept == long


@pytest.mark.parametrize("verb", [Verb.REPLY, Verb.NOTE])
async def test_a_chat_that_is_down_gives_no_form(bridge: Bridge, verb: Verb) -> None:
    """The reason is told, and what was typed is given back."""
    bridge.discord.fail["writable"].append(Unavailable("Discord does not answer."))
    assert await form(bridge, verb, "A long text") == Answer(text="Discord does not answer.", kept="A long text")


async def test_an_erased_ticket_has_no_form(bridge: Bridge) -> None:
    """Nobody types an answer in vain."""
    await bridge.database.write(erasure.forget, [TicketNumber(1001)], now(), in_chats=False)
    found = await form(bridge, Verb.REPLY, "A long text")
    assert isinstance(found, Answer)
    assert ("was erased here" in found.text, found.kept) == (True, "A long text")


async def test_what_was_changed_in_the_form_is_sent_as_it_is(bridge: Bridge) -> None:
    """Nothing in it is filled in any more."""
    shown = await opened(bridge, Verb.SNIPPET, "refund", chat=bridge.slack)
    await sent(bridge, shown, {"text": "  Dear {{agent.name}},\r\nno.  "}, chat=bridge.slack, agent=BOB)
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == ["Dear {{agent.name}},\nno."]


async def test_send_and_close_closes_after_the_reply(bridge: Bridge) -> None:
    """First the customer has the answer, then the ticket is closed."""
    shown = await opened(bridge, Verb.SNIPPET, "refund")
    answer = await sent(bridge, shown, {"then": "close"})
    assert answer.text == "That message is on its way to the customer. #1001 will be closed once it has arrived."
    await until(lambda: status(bridge) is Status.CLOSED)
    await bridge.at_rest()
    writes = [call for call in bridge.vendor.calls if call in ("reply", "set_status")]
    assert writes == ["reply", "set_status"]
    assert lines(bridge) == [[FILLED, "Closed by Ann from Discord."]] * 2


async def test_a_reply_that_fails_leaves_the_ticket_open(bridge: Bridge) -> None:
    """Its thread says so; `Retry` sends it, and then closes the ticket."""
    bridge.vendor.fail["reply"] = [Rejected("The shop does not like it.")]
    shown = await opened(bridge, Verb.SNIPPET, "refund")
    await sent(bridge, shown, {"then": "close"})
    failed = (
        "❌ Your message did not reach the customer. The shop does not like it. Your message is kept here. "
        "The ticket stays open until it does."
    )
    await until(lambda: lines(bridge)[0] == [FILLED, failed])
    await bridge.sweeps(2)
    assert status(bridge) is Status.OPEN
    assert lines(bridge)[1] == []
    (retry,) = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
    answer = await bridge.asks(bridge.discord, Verb.RETRY, delivery=retry.delivery)
    assert answer.text == form_answers.sending_then_closing(TicketNumber(1001))
    await until(lambda: status(bridge) is Status.CLOSED)
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [FILLED]


async def test_what_the_customer_wrote_meanwhile_keeps_the_ticket_open(bridge: Bridge) -> None:
    """Whoever asked for both had not read it: the reply goes, and its thread says why the ticket is not closed."""
    bridge.vendor.fail["reply"] = [Rejected("The shop does not like it.")]
    shown = await opened(bridge, Verb.SNIPPET, "refund")
    await sent(bridge, shown, {"then": "close"})
    await until(lambda: len(lines(bridge)[0]) == 2, "it is said that the reply failed")
    bridge.vendor.customer_writes("t1", "One more thing")
    await until(lambda: lines(bridge)[1] == ["One more thing"], "what the customer wrote is shown")
    (retry,) = next(say.post.buttons for say in bridge.discord.shown[bridge.thread(bridge.discord)] if say.post.buttons)
    answer = await bridge.asks(bridge.discord, Verb.RETRY, delivery=retry.delivery)
    assert answer.text == answers.retrying()
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [FILLED]
    assert status(bridge) is Status.OPEN
    assert lines(bridge)[0][-1].endswith("stays open, because the customer has written since you wrote it.")


async def test_an_unknown_outcome_is_looked_for_and_nothing_is_sent_twice(bridge: Bridge) -> None:
    """The answer to the reply is lost; it is found, and then the ticket is closed, once."""
    bridge.vendor.lose.add("reply")
    shown = await opened(bridge, Verb.SNIPPET, "refund")
    await sent(bridge, shown, {"then": "close"})
    await until(lambda: status(bridge) is Status.CLOSED)
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [FILLED]
    assert bridge.vendor.calls.count("set_status") == 1


async def test_a_ticket_that_is_closed_meanwhile_stays_closed(bridge: Bridge) -> None:
    """The reply goes out all the same, as one that is written in a closed ticket."""
    shown = await opened(bridge, Verb.SNIPPET, "refund")
    await bridge.asks(bridge.slack, Verb.CLOSE)
    answer = await sent(bridge, shown, {"then": "close"})
    assert answer.text == "That message is on its way to the customer."
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [FILLED]
    assert bridge.vendor.calls.count("set_status") == 1
    again = await opened(bridge, Verb.SNIPPET, "refund")
    assert [field.name for field in again.fields] == ["text"]


async def test_a_form_survives_a_restart(tmp_path: Path) -> None:
    """It is sent to the next process, and once more to the one after that."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await saved(bridge, "refund", REFUND)
        shown = await opened(bridge, Verb.SNIPPET, "refund")
        vendor, chats = bridge.vendor, {"discord": bridge.discord, "slack": bridge.slack}
    for answer in (
        "That message is on its way to the customer.",
        form_answers.form_sent_already(),
    ):
        async with running(tmp_path / "db", vendor=vendor, **chats) as bridge:  # type: ignore[arg-type]
            assert (await sent(bridge, shown)).text == answer
            await bridge.at_rest()
    assert vendor.texts("t1") == [FILLED]


async def test_a_vendor_that_is_down_gets_it_later(tmp_path: Path) -> None:
    """Nothing is lost, and nothing closes the ticket before."""
    async with running(tmp_path / "db", schedule=Schedule(retries=(1.0,) * 5, reconcile_delays=(0.01,))) as bridge:
        await bridge.ticket_arrives()
        await saved(bridge, "refund", REFUND)
        bridge.vendor.fail["reply"] = [Unavailable("It is down.")]
        await sent(bridge, await opened(bridge, Verb.SNIPPET, "refund"), {"then": "close"})
        await until(lambda: status(bridge) is Status.CLOSED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == [FILLED]
        writes = [call for call in bridge.vendor.calls if call in ("reply", "set_status")]
        assert writes == ["reply", "reply", "set_status"]


async def test_an_empty_form_is_a_reply_too(bridge: Bridge) -> None:
    """What is typed in it is sent as it is, once, and may close the ticket."""
    shown = await opened(bridge, Verb.REPLY)
    assert (shown.title, initial(shown)) == ("Reply to #1001", {"text": "", "then": "send"})
    assert (await sent(bridge, shown)).fault == "text"
    text = "Dear {{agent.name}}, {{x}}"
    assert "will be closed" in (await sent(bridge, shown, {"text": text, "then": "close"})).text
    assert (await sent(bridge, shown, {"text": text})).text.startswith("This form was sent before")
    await until(lambda: status(bridge) is Status.CLOSED)
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [text]
    assert lines(bridge)[0][0] == text


# ---------------------------------------------------------------- what is wrong with one


async def test_a_variable_without_a_value_must_be_written_by_hand(bridge: Bridge) -> None:
    """The form says which; sent with it, nothing goes out, and what was typed is kept."""
    await saved(bridge, "track", "Here: {{order.tracking_link}} for {{ order.number | your order }}")
    shown = await opened(bridge, Verb.SNIPPET, "track")
    text = shown.fields[0]
    assert isinstance(text, TextField)
    assert text.value == "Here: {{order.tracking_link}} for your order"
    assert text.hint == "Fill in yourself: {{order.tracking_link}}"
    answer = await sent(bridge, shown)
    assert answer.fault == "text"
    assert answer.text == (
        "Not sent. This ticket has no {{order.tracking_link}}. "
        "Put the right words there, or delete it, and send the form again."
    )
    assert (await sent(bridge, shown, {"text": "Here: https://x.example"})).fault == ""
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == ["Here: https://x.example"]


async def test_a_customers_name_is_never_evaluated(tmp_path: Path) -> None:
    """Neither in the form nor when it is sent."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives(name="{{agent.name}}{{7*7}}{{order.number}} Doe")
        await saved(bridge, "hi", "Hi {{requester.name}}!")
        shown = await opened(bridge, Verb.SNIPPET, "hi")
        await sent(bridge, shown)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["Hi {{agent.name}}{{7*7}}{{order.number}} Doe!"]


async def test_a_form_closes_nothing_that_its_vendor_cannot_close(tmp_path: Path) -> None:
    """The form does not offer it; one that was made up, or opened before, sends and leaves the ticket open."""
    capabilities = VendorCapabilities(verbs=frozenset({Verb.REOPEN}))
    async with running(tmp_path / "db", vendor=MemoryVendor(now=now, capabilities=capabilities)) as bridge:
        await bridge.ticket_arrives()
        shown = await opened(bridge, Verb.REPLY)
        assert [field.name for field in shown.fields] == ["text"]
        await sent(bridge, shown, {"text": "An answer", "then": "close"})
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["An answer"]
        assert bridge.vendor.calls.count("set_status") == 0
        assert status(bridge) is Status.OPEN


async def test_refusals_of_the_vendor_are_told_in_the_form(tmp_path: Path) -> None:
    """Too long, or nothing to send."""
    capabilities = VendorCapabilities(verbs=frozenset({Verb.CLOSE}), reply_length=10)
    async with running(tmp_path / "db", vendor=MemoryVendor(now=now, capabilities=capabilities)) as bridge:
        await bridge.ticket_arrives()
        await saved(bridge, "refund", REFUND)
        shown = await opened(bridge, Verb.SNIPPET, "refund")
        long = await sent(bridge, shown)
        assert (long.fault, long.text) == ("text", reasons.too_long("Memory", len(FILLED) - 10))
        empty = await sent(bridge, shown, {"text": " \n "})
        assert (empty.fault, empty.text) == ("text", reasons.nothing_to_send())
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == []


async def test_no_such_snippet(bridge: Bridge) -> None:
    """The nearest name is named, and one can write it."""
    missing = await form(bridge, Verb.SNIPPET, "refunt")
    assert isinstance(missing, Answer)
    assert missing.text == "There is no snippet refunt. Did you mean refund? /snippets lists them, and writes new ones."
    assert [(button.verb, button.words) for button in missing.buttons] == [(Verb.WRITE_SNIPPET, "refunt")]
    nameless = await form(bridge, Verb.SNIPPET, "  ")
    assert nameless == Answer(text="Which snippet? Give its name, such as !s refund.", buttons=nameless.buttons)  # type: ignore[union-attr]
    assert await form(bridge, Verb.SNIPPET, "…") == nameless, "a list's line that says that there are more"
    bad = await form(bridge, Verb.SNIPPET, "../../etc")
    assert bad == Answer(text="There is no snippet ../../etc. /snippets lists them, and writes new ones.")


async def test_a_snippet_that_is_deleted_meanwhile(bridge: Bridge) -> None:
    """What the form says is sent: its sender has read it. But a variable that was left open is still refused."""
    await saved(bridge, "track", "Here: {{order.tracking_link}}")
    whole, open_one = await opened(bridge, Verb.SNIPPET, "refund"), await opened(bridge, Verb.SNIPPET, "track")
    for name in ("refund", "track"):
        gone = await sent(bridge, await opened(bridge, Verb.WRITE_SNIPPET, name), {"text": ""})
        assert gone.text == f"The snippet {name} is deleted. Its text was:"
    assert (await sent(bridge, open_one)).fault == "text"
    assert (await sent(bridge, whole)).text == "That message is on its way to the customer."
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [FILLED]


async def test_a_form_that_is_too_long_says_by_how_much(bridge: Bridge) -> None:
    """Chats do not let it be sent, but what they let through is checked again."""
    shown = await opened(bridge, Verb.REPLY)
    answer = await sent(bridge, shown, {"text": "x" * 4_001})
    assert answer.fault == "text"
    assert "1 " in answer.text
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


async def test_a_ticket_that_is_erased_meanwhile(bridge: Bridge) -> None:
    """Nothing is sent, and what was typed is kept."""
    shown = await opened(bridge, Verb.SNIPPET, "refund")
    await bridge.database.write(erasure.forget, [TicketNumber(1001)], now(), in_chats=False)
    answer = await sent(bridge, shown)
    assert answer.fault == "text"
    assert "erased" in answer.text
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


@pytest.mark.parametrize("verb", [Verb.SNIPPET, Verb.WRITE_SNIPPET])
async def test_who_may_not_act_gets_no_form(bridge: Bridge, verb: Verb) -> None:
    """Neither a guest, nor somebody who cannot write in the channel."""
    bridge.slack.shut_out.add((BOB.id, ChannelId("1")))
    for chat, agent in ((bridge.discord, GUEST), (bridge.slack, BOB)):
        refused = await form(bridge, verb, "refund", chat=chat, agent=agent)
        assert isinstance(refused, Answer)
        assert refused.text.startswith("Only the team's agents can do that")


async def test_who_loses_the_right_meanwhile_sends_and_saves_nothing(bridge: Bridge) -> None:
    """What was typed is given back."""
    reply, snippet = await opened(bridge, Verb.SNIPPET, "refund"), await opened(bridge, Verb.WRITE_SNIPPET, "refund")
    bridge.discord.shut_out.add((ANN.id, ChannelId("1")))
    for shown in (reply, snippet):
        refused = await sent(bridge, shown, {"text": "Typed"})
        assert refused.text.startswith("Only the team's agents can do that")
        assert refused.kept == "Typed" or len(refused.kept) > len("Typed")
    listed = await bridge.asks(bridge.discord, Verb.SNIPPETS)
    assert listed.text.startswith("Only the team's agents can do that")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


async def test_a_form_that_is_not_ours(bridge: Bridge) -> None:
    """Forged or cut: nothing is sent, and the answer says what to do."""
    shown = await opened(bridge, Verb.SNIPPET, "refund")
    for words, entered in (("", {"text": "x"}), ("zz refund", {"text": "x"}), (shown.words, {"then": "close"})):
        answer = await bridge.asks(bridge.discord, Verb.SEND_FORM, words=words, entered=entered)
        assert answer.text == "This form is not complete, or too old. Open it again."
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


# ---------------------------------------------------------------- !s name


@pytest.mark.parametrize("typed", ["!s refund", "!S Refund", "/s refund"])
async def test_a_word_offers_the_text(bridge: Bridge, typed: str) -> None:
    """It sends nothing by itself; `Send` sends it as the author's reply, marked on what they wrote."""
    await bridge.says(bridge.discord, "m1", typed)
    offered = f"The snippet refund, filled in. Send it to the customer?\n\n{FILLED}"
    await until(lambda: lines(bridge)[0] == [offered])
    await bridge.sweeps(2)
    assert bridge.vendor.texts("t1") == []
    send, discard = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
    assert (send.label, discard.label) == ("Send", "Discard")
    await bridge.asks(bridge.discord, send.verb, delivery=send.delivery)
    await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == [FILLED]
    assert lines(bridge) == [[f"{offered}\n➡️ Ann chose “Send”."], [FILLED]]


async def test_an_offer_is_discarded(bridge: Bridge) -> None:
    """By its button, or by deleting the word."""
    for number, away in enumerate(("button", "deleted")):
        await bridge.says(bridge.slack, f"m{number}", "!s refund")
        await until(lambda: len(lines(bridge)[1]) == number + 1)  # noqa: B023
        send, discard = bridge.slack.shown[bridge.thread(bridge.slack)][-1].post.buttons
        if away == "button":
            await bridge.asks(bridge.slack, Verb.DISCARD, delivery=discard.delivery)
        else:
            await bridge.deletes(bridge.slack, f"m{number}")
        answer = await bridge.asks(bridge.slack, Verb.RETRY, delivery=send.delivery)
        assert answer.text.startswith("There is nothing to do")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []


def last_offer(bridge: Bridge) -> DeliveryId | None:
    """The reply that the last line in Discord's thread asks about."""
    return bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons[0].delivery


async def test_an_offer_that_is_edited(bridge: Bridge) -> None:
    """The same words again change nothing; another name offers that; other words become what they are."""
    await saved(bridge, "wait", "Please wait.")
    await bridge.says(bridge.discord, "m1", "!s refund")
    await until(lambda: len(lines(bridge)[0]) == 1)
    await bridge.edits(bridge.discord, "m1", "!s refund")
    await bridge.sweeps(1)
    assert len(lines(bridge)[0]) == 1
    offers = [last_offer(bridge)]
    await bridge.edits(bridge.discord, "m1", "!s wait")
    await until(lambda: len(lines(bridge)[0]) == 2)
    assert lines(bridge)[0][1].endswith("\n\nPlease wait.")
    offers.append(last_offer(bridge))
    await bridge.edits(bridge.discord, "m1", "I write it myself.")
    await until(lambda: bridge.vendor.texts("t1") == ["I write it myself."])
    await bridge.at_rest()
    edited = "➡️ Its author has edited it, so the new text counts."
    assert [line.rsplit("\n", 1)[1] for line in lines(bridge)[0]] == [edited, edited]
    for offer in offers:
        answer = await bridge.asks(bridge.discord, Verb.RETRY, delivery=offer)
        assert answer.text.startswith("There is nothing to do")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == ["I write it myself."]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("!s", "Which snippet? Give its name, such as !s refund."),
        ("!s refunt", "There is no snippet refunt. Did you mean refund? /snippets lists them, and writes new ones."),
        (
            "!s track",
            (
                "The snippet track was not sent, because this ticket has no {{order.tracking_link}}. "
                "Write the answer yourself, or give the snippet a fallback, such as {{order.tracking_link|…}}."
            ),
        ),
    ],
)
async def test_a_word_that_offers_nothing(bridge: Bridge, typed: str, told: str) -> None:
    """Only its author is told why, and it stays inside."""
    await saved(bridge, "track", "Here: {{order.tracking_link}}")
    await bridge.says(bridge.slack, "m1", typed)
    await until(lambda: (ANN.id, told) in bridge.slack.told)
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), lines(bridge)) == ([], [[], []])


# ---------------------------------------------------------------- writing them


async def test_snippets_are_listed_changed_renamed_and_deleted(bridge: Bridge) -> None:
    """Both chats share them; the form shows what stands there, and who saves it is known."""
    listed = await bridge.asks(bridge.slack, Verb.SNIPPETS)
    assert listed.text == "1 snippet. Press one to change or delete it; /snippet and its name sends it."
    assert [(each.label, each.words) for each in listed.buttons] == [("refund", "refund"), ("New snippet", "")]
    shown = await opened(bridge, Verb.WRITE_SNIPPET, "refund", chat=bridge.slack)
    assert (shown.title, initial(shown)) == ("Change a snippet", {"name": "refund", "text": REFUND})
    await sent(bridge, shown, {"name": "Money-Back", "text": "Done, {{agent.name}}."}, chat=bridge.slack, agent=BOB)
    (row,) = await bridge.rows("snippets")
    assert (row["name"], row["text"]) == ("money-back", "Done, {{agent.name}}.")
    assert (row["changed_by"], row["changed_by_name"]) == ("slack:u2", "Bob")
    gone = await sent(bridge, await opened(bridge, Verb.WRITE_SNIPPET, "money-back"), {"text": ""})
    assert (gone.text, gone.kept) == ("The snippet money-back is deleted. Its text was:", "Done, {{agent.name}}.")
    listed = await bridge.asks(bridge.discord, Verb.SNIPPETS)
    assert listed.text.startswith("There are no snippets yet.")


@pytest.mark.parametrize(
    ("name", "text", "field", "told"),
    [
        ("", "x", "name", "A snippet's name has 1 to 32 letters"),
        ("a b", "x", "name", "A snippet's name has 1 to 32 letters"),
        ("../x", "x", "name", "A snippet's name has 1 to 32 letters"),
        ("con", "x", "name", "A snippet's name has 1 to 32 letters"),
        ("x" * 33, "x", "name", "A snippet's name has 1 to 32 letters"),
        ("refund", "x", "name", "There is a snippet refund already."),
        ("REFUND", "x", "name", "There is a snippet refund already."),
        ("new", " \n", "text", "A snippet needs a text."),
        ("new", "x" * 3001, "text", "This text is 1 character too long: a snippet has 3,000 at most."),
        ("new", "😀" * 1501, "text", "This text is 2 characters too long: a snippet has 3,000 at most."),
        ("new", "{{requester.firstname}}", "text", "{{requester.firstname}} (did you mean {{requester.first_name}}?)"),
        ("new", "{{7*7}} {{}}", "text", "{{7*7}} and {{}} are no variables. Use one of these: requester.first_name, "),
        ("new", "Hi {{agent.name", "text", "{{agent.name (did you mean {{agent.name}}?) is no variable."),
    ],
)
async def test_what_cannot_be_saved(bridge: Bridge, name: str, text: str, field: str, told: str) -> None:
    """The field is named, and nothing changes."""
    answer = await sent(bridge, await opened(bridge, Verb.WRITE_SNIPPET), {"name": name, "text": text})
    assert (answer.fault, answer.text[: len(told)]) == (field, told)
    assert [row["name"] for row in await bridge.rows("snippets")] == ["refund"]


async def test_who_changes_an_old_version_is_told(bridge: Bridge) -> None:
    """Bob was faster: Ann's text is kept in her form. The same form sent twice is saved once."""
    anns = await opened(bridge, Verb.WRITE_SNIPPET, "refund")
    bobs = await opened(bridge, Verb.WRITE_SNIPPET, "refund", chat=bridge.slack)
    for _ in range(2):
        answer = await sent(bridge, bobs, {"text": "Bob's"}, chat=bridge.slack, agent=BOB)
        assert answer == Answer(text="The snippet refund is saved.")
    late = await sent(bridge, anns, {"text": "Ann's"})
    assert late == Answer(text=form_answers.snippet_changed_meanwhile("Bob"), fault="text")
    await sent(bridge, await opened(bridge, Verb.WRITE_SNIPPET, "refund"), {"text": ""})
    gone = await sent(bridge, anns, {"text": "Ann's"})
    assert gone == Answer(text=form_answers.snippet_deleted_meanwhile("refund"), fault="text")
    assert await bridge.rows("snippets") == []


async def test_many_snippets_come_in_pages(bridge: Bridge) -> None:
    """Twenty at a time; what completes is given whole, the best first."""
    for number in range(30):
        await saved(bridge, f"a{number:02}", f"Text {number}")
    first = await bridge.asks(bridge.discord, Verb.SNIPPETS)
    assert [each.label for each in first.buttons][-3:] == ["a19", "Next", "New snippet"]
    second = await bridge.asks(bridge.discord, Verb.SNIPPETS, page=first.buttons[-2].page)
    assert [each.label for each in second.buttons][-3:] == ["refund", "Back", "New snippet"]
    beyond = await bridge.asks(bridge.discord, Verb.SNIPPETS, page=99)
    assert beyond.buttons == second.buttons
    assert bridge.discord.intake is not None
    for typed, expected in (("A1", ["a10", "a11"]), ("money", ["refund"]), ("", ["a00", "a01"])):
        found = await bridge.discord.intake.snippets(typed, bridge.place(bridge.discord), ANN)
        assert [each.name for each in found][:2] == expected
    everything = await bridge.discord.intake.snippets("", bridge.place(bridge.discord), ANN)
    assert len(everything) == 31
    assert await bridge.discord.intake.snippets("", bridge.place(bridge.discord), GUEST) == ()


async def test_forgetting_a_ticket_leaves_snippets(bridge: Bridge) -> None:
    """They are the team's own words."""
    await sent(bridge, await opened(bridge, Verb.SNIPPET, "refund"), {"then": "close"})
    await bridge.at_rest()
    await bridge.database.write(erasure.forget, [TicketNumber(1001)], now(), in_chats=False)
    assert [row["text"] for row in await bridge.rows("snippets")] == [REFUND]


async def test_a_form_of_a_ticket_that_has_moved_is_outdated(bridge: Bridge) -> None:
    """Where nobody may write, or the ticket has no thread any more, nothing is sent; what was typed is kept."""
    entered = Entered("0" * 32, "", "Typed", closes=False)

    def work(tx: Transaction) -> Answer:
        ticket = ticket_row(require(tx.one("ticket", number=1001)))
        asker = Asker(bridge.discord.name, ANN.id, ANN.name)
        here = bridge.place(bridge.discord)
        return send(tx, ticket, asker, (), entered, now(), bridge.app._intake._rules, now(), here=here)

    answer = await bridge.database.write(work)
    assert (answer.text, answer.kept) == ("This form is not complete, or too old. Open it again.", "Typed")
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []
