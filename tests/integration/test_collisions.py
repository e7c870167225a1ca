"""No two answers at once: a reply that crosses another one, or the customer's message, is held; its author is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Rejected, Uncertain
from bot.model import (
    Agent,
    AgentId,
    Answer,
    Button,
    ChannelId,
    ChatMessageId,
    Colleague,
    Edited,
    Mark,
    Person,
    PersonId,
    Place,
    Said,
    State,
    Store,
    Verb,
)
from bot.wording import answers
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
BOB = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)
CHO = Agent(id=AgentId("u3"), name="Cho", is_full_member=True)
BOB_IN_DISCORD = Agent(id=AgentId("u7"), name="bobby", is_full_member=True)
TWO_COLLEAGUES = tuple(
    Colleague(person=Person(id=PersonId(f"agent:{name.lower()}"), name=name), chats=chats)
    for name, chats in (("Ann", {"discord": "u1", "slack": "u1"}), ("Bob", {"discord": "u7", "slack": "u2"}))
)
NOBODY_KNOWN: tuple[Colleague, ...] = ()
SENDING = answers.sending()
SEND_AND_DISCARD = ["Send", "Discard"]


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket; Ann and Bob are one person each in both chats, Cho is not named."""
    async with running(tmp_path / "db", colleagues=TWO_COLLEAGUES) as bridge:
        await bridge.ticket_arrives()
        yield bridge


def buttons(bridge: Bridge, chat: MemoryChat) -> tuple[Button, ...]:
    """Those under the last line in a thread that has any."""
    return [shown.post.buttons for shown in chat.shown[bridge.thread(chat)] if shown.post.buttons][-1]


async def is_asked(bridge: Bridge, chat: MemoryChat, question: str) -> Button:
    """Wait until this question stands in a thread; returns its button `Send`."""
    await until(lambda: question in chat.texts(bridge.thread(chat)), question)
    assert [button.label for button in buttons(bridge, chat)] == SEND_AND_DISCARD
    return buttons(bridge, chat)[0]


async def presses(bridge: Bridge, chat: MemoryChat, button: Button, agent: Agent = BOB) -> str:
    assert button.delivery is not None
    return (await bridge.asks(chat, button.verb, agent=agent, delivery=button.delivery)).text


async def all_got(bridge: Bridge, *texts: str, held: int = 0) -> None:
    """Once all is at rest, the customer has exactly this, and so many replies are held."""
    await bridge.at_rest(State.HELD)
    assert bridge.vendor.texts("t1") == list(texts)
    assert len([row for row in await bridge.rows("unfinished_deliveries") if row["state"] == "held"]) == held


async def shows_again(bridge: Bridge, text: str = "One more thing") -> None:
    """The customer writes again, and both chats show it."""
    bridge.vendor.customer_writes("t1", text)
    bridge.app.nudge(MAIN)
    for chat in (bridge.discord, bridge.slack):
        await until(lambda: text in chat.texts(bridge.thread(chat)))  # noqa: B023
    await bridge.at_rest(State.HELD)


# ---------------------------------------------------------------- two people


async def test_two_people_in_two_chats(bridge: Bridge) -> None:
    """The second one reads what the first has written, and decides."""
    await bridge.says(bridge.discord, "d1", "It is on its way.")
    await asyncio.sleep(20)
    await bridge.says(bridge.slack, "s1", "Which address?", agent=BOB)
    question = (
        "✋ Ann in Discord wrote to the customer 20 s before you, so your message was not sent. "
        "It says: “It is on its way.” Send yours, too?"
    )
    send = await is_asked(bridge, bridge.slack, question)
    await all_got(bridge, "It is on its way.", held=1)
    assert bridge.slack.marks.get(ChatMessageId("s1")) is None
    assert await presses(bridge, bridge.slack, send) == SENDING
    await all_got(bridge, "It is on its way.", "Which address?")
    assert bridge.slack.marks[ChatMessageId("s1")] is Mark.DELIVERED
    assert bridge.slack.texts(bridge.thread(bridge.slack)).count(f"{question}\n➡️ Bob chose “Send”.") == 1
    assert await presses(bridge, bridge.slack, send) != SENDING
    await all_got(bridge, "It is on its way.", "Which address?")


async def test_two_people_in_one_thread(bridge: Bridge) -> None:
    """The line does not say in which chat the other one wrote: it stands there."""
    await bridge.says(bridge.discord, "d1", "It is on its way.")
    await asyncio.sleep(3)
    await bridge.says(bridge.discord, "d2", "Which address?", agent=BOB_IN_DISCORD)
    send = await is_asked(
        bridge,
        bridge.discord,
        "✋ Ann wrote to the customer 3 s before you, so your message was not sent. "
        "It says: “It is on its way.” Send yours, too?",
    )
    assert send.delivery is not None
    answer = await bridge.asks(bridge.discord, Verb.DISCARD, agent=BOB_IN_DISCORD, delivery=send.delivery)
    assert answer.text == "Discarded. The customer will not get it."
    await all_got(bridge, "It is on its way.")


async def test_one_person_in_both_chats_collides_with_nobody(bridge: Bridge) -> None:
    """Ann writes in Discord and at once in Slack; so does Bob, whom Discord calls otherwise, a minute later."""
    await bridge.says(bridge.discord, "d1", "One.")
    await bridge.says(bridge.slack, "s1", "Two.")
    await bridge.says(bridge.discord, "d2", "Three.")
    await asyncio.sleep(61)
    await bridge.says(bridge.discord, "d3", "Four.", agent=BOB_IN_DISCORD)
    await bridge.says(bridge.slack, "s2", "Five.", agent=BOB)
    await all_got(bridge, "One.", "Two.", "Three.", "Four.", "Five.")


async def test_without_the_settings_a_person_is_one_per_chat(tmp_path: Path) -> None:
    """Equal ids in two chats say nothing."""
    async with running(tmp_path / "db", colleagues=NOBODY_KNOWN) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "One.")
        await bridge.says(bridge.slack, "s1", "Two.")
        await all_got(bridge, "One.", held=1)


@pytest.mark.parametrize(("seconds", "held"), [(60.0, 1), (60.5, 0)])
async def test_a_minute_is_the_limit(bridge: Bridge, seconds: float, held: int) -> None:
    """By when they were written in their chats, whenever we hear of them."""
    moment = now()
    await bridge.says(bridge.discord, "d1", "One.", said_at=moment)
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB, said_at=moment + timedelta(seconds=seconds))
    await all_got(bridge, *["One.", "Two."][: 2 - held], held=held)


async def test_a_third_and_the_first_again(bridge: Bridge) -> None:
    """What is held holds up nobody; each who crosses somebody is asked, whoever has the ticket."""
    await bridge.says(bridge.discord, "d1", "One.")
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await bridge.says(bridge.slack, "s2", "Three.", agent=CHO)
    await bridge.says(bridge.discord, "d2", "Four.")
    await all_got(bridge, "One.", "Four.", held=2)
    await bridge.asks(bridge.slack, Verb.TAKE_OVER, agent=BOB)
    await bridge.says(bridge.slack, "s3", "Five.", agent=BOB)
    await all_got(bridge, "One.", "Four.", held=3)


async def test_what_was_sent_all_the_same_is_crossed_as_well(bridge: Bridge) -> None:
    """Bob had his reply sent; so Ann's next one crosses it."""
    await bridge.says(bridge.discord, "d1", "One.")
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await all_got(bridge, "One.", held=1)
    await presses(bridge, bridge.slack, buttons(bridge, bridge.slack)[0])
    await all_got(bridge, "One.", "Two.")
    await bridge.says(bridge.discord, "d2", "Three.")
    await all_got(bridge, "One.", "Two.", held=1)


@pytest.mark.parametrize("what", ["// a note", "!take"])
async def test_what_does_not_reach_the_customer_is_crossed_by_nobody(bridge: Bridge, what: str) -> None:
    """Neither a note nor a word to the bot; and a note is never held."""
    await bridge.says(bridge.discord, "d1", what)
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await bridge.says(bridge.discord, "d2", "// another")
    await all_got(bridge, "Two.")


async def test_what_the_customer_did_not_get_is_crossed_by_nobody(bridge: Bridge) -> None:
    """A reply that failed for good. One that may have arrived counts."""
    bridge.vendor.fail["reply"] = [Rejected("No.")]
    await bridge.says(bridge.discord, "d1", "One.")
    await until(lambda: bridge.discord.marks.get(ChatMessageId("d1")) is Mark.FAILED)
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await until(lambda: bridge.vendor.texts("t1") == ["Two."])
    (failed,) = buttons(bridge, bridge.discord)
    assert await presses(bridge, bridge.discord, failed, ANN) == "Trying again now."
    await all_got(bridge, "Two.", "One.")


async def test_a_reply_in_doubt_is_crossed(bridge: Bridge) -> None:
    """Nobody knows whether the customer has it."""
    bridge.vendor.fail["reply"] = [Uncertain("Lost.")] * 20
    await bridge.says(bridge.discord, "d1", "One.")
    await until(lambda: bridge.vendor.calls.count("reply") >= 1)
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await until(lambda: [button.label for button in buttons(bridge, bridge.slack)] == SEND_AND_DISCARD)
    bridge.vendor.fail.clear()
    await all_got(bridge, "One.", held=1)


async def test_what_was_taken_back_in_time_is_crossed_by_nobody(tmp_path: Path) -> None:
    """Recalled, edited into a note, or discarded."""
    async with running(tmp_path / "db", colleagues=TWO_COLLEAGUES, undo=5.0) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "One.")
        await bridge.deletes(bridge.discord, "d1")
        await bridge.says(bridge.discord, "d2", "Two.")
        await bridge.edits(bridge.discord, "d2", "// Two.")
        await bridge.says(bridge.slack, "s1", "Three.", agent=BOB)
        await bridge.says(bridge.discord, "d3", "Four.")
        await bridge.at_rest(State.HELD)
        (row,) = [row for row in await bridge.rows("unfinished_deliveries") if row["state"] == "held"]
        await bridge.asks(bridge.discord, Verb.DISCARD, delivery=row["id"])
        await asyncio.sleep(40)
        await bridge.says(bridge.slack, "s2", "Five.", agent=BOB)
        await all_got(bridge, "Three.", "Five.")


async def test_a_reply_that_waits_is_crossed(tmp_path: Path) -> None:
    """In the undo time; the first is sent, and the second is asked about."""
    async with running(tmp_path / "db", colleagues=TWO_COLLEAGUES, undo=5.0) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "One.")
        await asyncio.sleep(2)
        await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
        await all_got(bridge, "One.", held=1)


async def test_a_colleagues_reply_in_the_vendors_dashboard_counts_for_nothing(bridge: Bridge) -> None:
    """Nobody knows who wrote it: it may be Bob himself."""
    bridge.vendor.colleague_writes("t1", "From the dashboard.")
    await bridge.at_rest()
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await all_got(bridge, "From the dashboard.", "Two.")


async def test_the_guard_can_be_switched_off(tmp_path: Path) -> None:
    """`COLLISION_GUARD=false`."""
    async with running(tmp_path / "db", collision_guard=False) as bridge:
        await bridge.ticket_arrives()
        await shows_again(bridge)
        await bridge.says(bridge.discord, "d1", "One.")
        await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
        await all_got(bridge, "One.", "Two.")


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """What a former process sent is crossed, and what it held can be sent."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "One.")
        await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
        await all_got(bridge, "One.", held=1)
        vendor, discord, slack = bridge.vendor, bridge.discord, bridge.slack
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        await bridge.says(bridge.slack, "s2", "Three.", agent=BOB)
        await all_got(bridge, "One.", held=2)
        for row in await bridge.rows("unfinished_deliveries"):
            await bridge.asks(bridge.slack, Verb.RETRY, agent=BOB, delivery=row["id"])
        await all_got(bridge, "One.", "Two.", "Three.")


# ---------------------------------------------------------------- the customer


async def test_what_the_customer_wrote_between_makes_it_another_answer(bridge: Bridge) -> None:
    """Bob answers what Ann's reply did not know of, once he has had time to read it."""
    await bridge.says(bridge.discord, "d1", "One.")
    await shows_again(bridge)
    await asyncio.sleep(11)
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await all_got(bridge, "One.", "Two.")


async def test_what_showed_before_both_is_between_nothing(bridge: Bridge) -> None:
    """Both answer it."""
    await shows_again(bridge)
    await asyncio.sleep(11)
    await bridge.says(bridge.discord, "d1", "One.")
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await all_got(bridge, "One.", held=1)


@pytest.mark.parametrize(("seconds", "held"), [(0.0, 1), (9.0, 1), (11.0, 0)])
async def test_nobody_has_read_what_showed_a_moment_ago(bridge: Bridge, seconds: float, held: int) -> None:
    """Nobody has the ticket: whoever writes is asked, and reads what is new; the time is that of the thread."""
    bridge.vendor.customer_writes("t1", "I have found it!")
    bridge.app.nudge(MAIN)
    await until(lambda: "I have found it!" in bridge.slack.texts(bridge.thread(bridge.slack)))
    shown = bridge.slack.shown[bridge.thread(bridge.slack)][-1].at
    await bridge.at_rest()
    await bridge.says(bridge.slack, "s1", "Still looking?", agent=BOB, said_at=shown + timedelta(seconds=seconds))
    if held:
        when = f"{seconds:.0f} s" if seconds else "just"
        question = (
            f"✋ A message of the customer appeared here {when} before yours, so yours was not sent. "
            "It says: “I have found it!” Send it now?"
        )
        send = await is_asked(bridge, bridge.slack, question)
        assert await presses(bridge, bridge.slack, send) == SENDING
    await all_got(bridge, "Still looking?")


async def test_whoever_has_the_ticket_is_not_asked(bridge: Bridge) -> None:
    """In whichever chat they took it, and also if they have it by their first reply."""
    await bridge.asks(bridge.discord, Verb.TAKE, agent=BOB_IN_DISCORD)
    await shows_again(bridge)
    await bridge.says(bridge.slack, "s1", "One.", agent=BOB)
    await bridge.says(bridge.discord, "d1", "Two.")
    await all_got(bridge, "One.", held=1)


async def test_the_first_reply_that_is_asked_about_takes_nothing(bridge: Bridge) -> None:
    """Whoever has it sent has the ticket."""
    await shows_again(bridge)
    await bridge.says(bridge.slack, "s1", "One.", agent=BOB)
    await all_got(bridge, held=1)
    assert "Taken" not in bridge.slack.cards[bridge.thread(bridge.slack)][-1].status_text
    await presses(bridge, bridge.slack, buttons(bridge, bridge.slack)[0], CHO)
    await all_got(bridge, "One.")
    assert "Taken by Cho" in bridge.slack.cards[bridge.thread(bridge.slack)][-1].status_text


async def test_the_first_message_of_a_ticket_is_answered_at_once(tmp_path: Path) -> None:
    """On its card, or posted below it because it is long."""
    for number, text in enumerate(("Hello?", "Long. " * 200)):
        async with running(tmp_path / f"db{number}") as bridge:
            bridge.vendor.customer_writes("t1", text)
            bridge.app.nudge(MAIN)
            await until(lambda: bridge.slack.threads() and text.strip() in str(bridge.slack.texts("1.1")))  # noqa: B023
            await bridge.says(bridge.slack, "s1", "One.", agent=BOB)
            await all_got(bridge, "One.")


class SlowToAnswer(MemoryChat):
    """It shows what is posted two seconds before it says so."""

    async def post(self, place: Place, *rest: object, **more: object) -> ChatMessageId:
        message = await super().post(place, *rest, **more)  # type: ignore[arg-type]
        await asyncio.sleep(2)
        return message


async def test_a_message_that_is_being_posted_has_not_been_read(tmp_path: Path) -> None:
    """The chat may show it already while its answer is still on its way."""
    async with running(tmp_path / "db", slack=SlowToAnswer(name=SLACK)) as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.customer_writes("t1", "More")
        bridge.app.nudge(MAIN)
        await until(lambda: "More" in bridge.slack.texts(bridge.thread(bridge.slack)))
        await bridge.says(bridge.slack, "s1", "One.", agent=BOB)
        await all_got(bridge, held=1)


async def test_what_is_being_posted_did_not_stand_before_a_reply_that_is_read_late(tmp_path: Path) -> None:
    """A reply that was written minutes ago does not collide with what only now begins to show."""
    async with running(tmp_path / "db", slack=SlowToAnswer(name=SLACK)) as bridge:
        await bridge.ticket_arrives()
        assert bridge.slack.intake is not None
        bridge.slack.intake.gap_possible(SLACK)
        missed(bridge, bridge.slack, "s1", "One.", 300.0, BOB)
        bridge.vendor.customer_writes("t1", "More")
        bridge.app.nudge(MAIN)
        await until(lambda: "More" in bridge.slack.texts(bridge.thread(bridge.slack)))
        await reconnects(bridge.slack)
        await all_got(bridge, "One.")


async def test_addresses_are_masked_and_refused_words_left_out(tmp_path: Path) -> None:
    """As everywhere with `MASK_EMAILS`; and a chat that refuses somebody's words gets the question without them."""
    slack = MemoryChat(name=SLACK, refused_word="evil")
    async with running(tmp_path / "db", masks_emails=True, slack=slack) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "It is evil. Write to jane@example.com")
        await bridge.at_rest()
        await bridge.says(bridge.slack, "s1", "Hm.", agent=BOB)
        await until(lambda: "A colleague in Discord wrote" in str(slack.texts(bridge.thread(slack))))
        await bridge.says(bridge.discord, "d2", "Hm.", agent=BOB)
        await until(
            lambda: "“It is evil. Write to j…@example.com”" in str(bridge.discord.texts(bridge.thread(bridge.discord)))
        )
        await bridge.at_rest(State.HELD)


# ---------------------------------------------------------------- read late


def missed(bridge: Bridge, chat: MemoryChat, message: str, text: str, ago: float, agent: Agent) -> Said:
    """Somebody wrote while the chat had no connection."""
    said = bridge.said(chat, message, text, agent=agent, said_at=now() - timedelta(seconds=ago))
    chat.history.append(said)
    chat.wordings[said.message] = text
    chat.authors[said.message] = agent
    return said


async def reconnects(chat: MemoryChat) -> None:
    assert chat.intake is not None
    calls = chat.missed_calls
    chat.intake.gap_possible(chat.name)
    await chat.intake.connected(chat.name)
    await until(lambda: chat.missed_calls > calls)


async def test_the_earlier_one_is_read_when_the_later_one_has_left(bridge: Bridge) -> None:
    """It is the one that can still be held."""
    await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
    await until(lambda: bridge.vendor.texts("t1") == ["Two."])
    missed(bridge, bridge.discord, "d1", "One.", 30.0, ANN)
    await asyncio.sleep(100)
    bridge.discord.history[0] = replace(bridge.discord.history[0], said_at=now() - timedelta(seconds=120))
    await reconnects(bridge.discord)
    await until(lambda: "wrote to the customer meanwhile" in bridge.discord.texts(bridge.thread(bridge.discord))[-1])
    assert bridge.discord.texts(bridge.thread(bridge.discord))[-1].startswith("✋ Bob in Slack wrote")
    await all_got(bridge, "Two.", held=1)


async def test_both_are_read_late(bridge: Bridge) -> None:
    """In whatever order the chats are read: who wrote first is sent, by the chats' own times."""
    for chat in (bridge.discord, bridge.slack):
        assert chat.intake is not None
        chat.intake.gap_possible(chat.name)
    missed(bridge, bridge.slack, "s1", "Two.", 300.0, BOB)
    missed(bridge, bridge.discord, "d1", "One.", 320.0, ANN)
    await reconnects(bridge.slack)
    await reconnects(bridge.discord)
    await until(lambda: bridge.vendor.texts("t1") == ["One."])
    await all_got(bridge, "One.", held=1)


async def test_the_earlier_one_is_read_while_the_later_one_waits(tmp_path: Path) -> None:
    """Chats bring messages of nearly the same time in any order. What is held then can be sent, and once only."""
    async with running(tmp_path / "db", colleagues=TWO_COLLEAGUES, undo=5.0) as bridge:
        await bridge.ticket_arrives()
        moment = now()
        await bridge.says(bridge.slack, "s1", "Two.", agent=BOB, said_at=moment)
        await bridge.says(bridge.discord, "d1", "One.", said_at=moment - timedelta(seconds=1))
        question = (
            "✋ Ann in Discord wrote to the customer 1 s before you, so your message was not sent. "
            "It says: “One.” Send yours, too?"
        )
        await until(lambda: question in bridge.slack.texts(bridge.thread(bridge.slack)))
        await all_got(bridge, "One.", held=1)
        assert bridge.slack.marks.get(ChatMessageId("s1")) is None
        (row,) = [row for row in await bridge.rows("unfinished_deliveries") if row["state"] == "held"]
        await bridge.asks(bridge.slack, Verb.RETRY, agent=BOB, delivery=row["id"])
        await all_got(bridge, "One.", "Two.")


async def test_long_ago_and_far_apart(bridge: Bridge) -> None:
    """What was read together was not written together."""
    assert bridge.discord.intake is not None
    bridge.discord.intake.gap_possible(DISCORD)
    for number, (agent, ago) in enumerate(((ANN, 600.0), (BOB_IN_DISCORD, 500.0), (ANN, 400.0))):
        missed(bridge, bridge.discord, f"d{number}", f"{number}.", ago, agent)
    await reconnects(bridge.discord)
    await until(lambda: len(bridge.vendor.texts("t1")) == 3)
    await all_got(bridge, "0.", "1.", "2.")


# ---------------------------------------------------------------- by hand, and edited


async def test_by_hand(tmp_path: Path) -> None:
    """Whoever sends it answers for it, at the time when they do; asked once, and sent when they insist."""
    channels = tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK))
    store = Store(
        name=MAIN,
        label="Main · Memory",
        vendor_label="Memory",
        channels=channels,
        poll_seconds=5.0,
        sends_all=False,
    )
    async with running(tmp_path / "db", store=store, colleagues=TWO_COLLEAGUES) as bridge:
        await bridge.ticket_arrives()
        one = await bridge.says(bridge.discord, "d1", "One.")
        two = await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
        await asyncio.sleep(300)
        await all_got(bridge)
        assert await bridge.asks(bridge.discord, Verb.SEND, message=one) == Answer(
            text="That message is on its way to the customer."
        )
        held = await bridge.asks(bridge.slack, Verb.SEND, message=two, agent=BOB)
        assert held.text == (
            "It is not sent yet: somebody else wrote at the same time. See the question in the thread."
        )
        await all_got(bridge, "One.", held=1)
        assert "Ann in Discord wrote to the customer" in str(bridge.slack.texts(bridge.thread(bridge.slack)))
        assert await bridge.asks(bridge.slack, Verb.SEND, message=two, agent=BOB) == Answer(
            text="That message is on its way to the customer."
        )
        await all_got(bridge, "One.", "Two.")
        # Bob sends what Ann wrote: it is his, so it crosses hers of a moment ago, but not his own.
        three = await bridge.says(bridge.slack, "s2", "Three.")
        await asyncio.sleep(61)
        own = await bridge.says(bridge.slack, "s3", "Four.", agent=BOB)
        for message in (own, three):
            await bridge.asks(bridge.slack, Verb.SEND, message=message, agent=BOB)
        await all_got(bridge, "One.", "Two.", "Four.", "Three.")


async def test_a_held_reply_that_is_edited_is_sent_as_it_is_then(bridge: Bridge) -> None:
    """An edit is no confirmation."""
    await bridge.says(bridge.discord, "d1", "One.")
    await bridge.says(bridge.slack, "s1", "Tow.", agent=BOB)
    await bridge.at_rest(State.HELD)
    edited = Edited(place=bridge.place(bridge.slack), message=ChatMessageId("s1"), agent=BOB, text="Two.")
    bridge.slack.wordings[edited.message] = "Two."
    assert bridge.slack.intake is not None
    await bridge.slack.intake.edited(edited)
    await all_got(bridge, "One.", held=1)
    await presses(bridge, bridge.slack, buttons(bridge, bridge.slack)[0])
    await all_got(bridge, "One.", "Two.")


async def test_a_word_to_the_bot_that_becomes_a_reply_was_written_then(bridge: Bridge) -> None:
    """Its time is that of the edit: Bob's command of two minutes ago crosses what Ann has just written."""
    await bridge.says(bridge.slack, "s1", "!take", agent=BOB)
    await asyncio.sleep(120)
    await bridge.says(bridge.discord, "d1", "One.")
    edited = Edited(place=bridge.place(bridge.slack), message=ChatMessageId("s1"), agent=BOB, text="Two.")
    assert bridge.slack.intake is not None
    await bridge.slack.intake.edited(edited)
    await all_got(bridge, "One.", held=1)


async def test_a_question_quotes_a_message_only_as_long_as_it_is_kept(tmp_path: Path) -> None:
    """Ann takes hers back: her words stand in no row any more, and Bob is asked all the same."""
    async with running(tmp_path / "db", colleagues=TWO_COLLEAGUES, undo=5.0) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "My words.")
        await bridge.says(bridge.slack, "s1", "Two.", agent=BOB)
        await until(lambda: "“My words.”" in str(bridge.slack.texts(bridge.thread(bridge.slack))))
        await bridge.deletes(bridge.discord, "d1")
        await bridge.at_rest(State.HELD)
        await bridge.deletes(bridge.discord, "never-written")
        await bridge.at_rest(State.HELD)
        kept = [row["payload"] for number in range(20) for row in await bridge.rows("delivery", id=number)]
        assert "My words." not in str(kept)
        assert "A colleague in Discord wrote to the customer" in str(kept)
