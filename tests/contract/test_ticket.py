"""What every vendor's single tickets, replies and changes of status do, under every reading of its documentation."""

from __future__ import annotations

import pytest

from bot.errors import Gone, Rejected, Unavailable, Unsupported
from bot.model import Author, Status, TicketId, Verb
from bot.ports import CanCount
from bot.text import clean
from tests.support.vendors.world import FRIENDLY, PLAIN, Case, readings, world

every_case = pytest.mark.parametrize("case", FRIENDLY, ids=str)
every_vendor = pytest.mark.parametrize("case", PLAIN, ids=str)

TEXTS = (
    "Plain",
    "Two lines\nand a third\n\nafter a gap",
    "Ümläute, 漢字, עברית, emoji 👩‍👩‍👧 and a tab\there",
    '<b>not bold</b> & "quoted" \\ backslash / slash',
    "@everyone <!channel> *stars* _under_ `code`",
    "%2E%2E/%00 {braces} [brackets] ${dollars}",
    "x" * 5_000,
)


@readings(0)
async def test_a_ticket_has_its_messages_oldest_first(case: Case) -> None:
    """Whatever the vendor's order, messages come oldest first and are distinguished by who wrote them."""
    async with world(case) as here:
        (made,) = here.write(1)
        here.clock.advance(60)
        here.store.staff_replies(made, "Hello Jane")
        here.clock.advance(60)
        here.store.customer_replies(made, "Thank you")
        conversation = await here.vendor.ticket(made)
        assert conversation.ticket.id == made
        assert [message.text for message in conversation.messages] == ["Text 0", "Hello Jane", "Thank you"]
        colleague = Author.STAFF if here.subject.names_staff else Author.UNKNOWN
        authors = [message.author for message in conversation.messages]
        assert authors == [Author.CUSTOMER, colleague, Author.CUSTOMER]


@every_case
async def test_a_long_conversation_is_read_whole(case: Case) -> None:
    """A hundred and twenty messages are a hundred and twenty messages, however the vendor pages them."""
    async with world(case) as here:
        (made,) = here.write(1)
        for number in range(119):
            here.clock.advance(10)
            here.store.customer_replies(made, f"More {number}")
        messages = (await here.vendor.ticket(made)).messages
        assert [message.text for message in messages] == ["Text 0", *(f"More {number}" for number in range(119))]


@readings(1)
async def test_a_reply_is_said_once_and_becomes_visible(case: Case) -> None:
    """A reply is one request and one message; where the answer names it, by the id that reading shows later."""
    async with world(case) as here:
        (made,) = here.write(1)
        before = here.requests()
        given = await here.vendor.reply(made, "Your parcel left today.")
        assert here.requests() - before == 1
        said = [message for message in here.store.ticket(made).messages if message.text == "Your parcel left today."]
        assert [message.writer for message in said] == ["staff"]
        assert given in (None, said[0].id)

        async def visible() -> bool:
            messages = (await here.vendor.ticket(made)).messages
            return any(message.id == said[0].id for message in messages)

        assert await here.eventually(visible)


@every_vendor
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_texts_survive_both_ways(case: Case, text: str) -> None:
    """What is written on one side is what is read on the other."""
    async with world(case) as here:
        made = TicketId(here.store.customer_writes(text[:80], text))
        conversation = await here.vendor.ticket(made)
        assert conversation.messages[0].text == clean(text)
        assert conversation.ticket.subject == clean(text[:80])
        await here.vendor.reply(made, text)
        assert here.store.ticket(made).messages[-1].text == text


@readings(2)
async def test_closing_and_reopening(case: Case) -> None:
    """Closing closes, reopening opens, and doing either twice does no harm; what is missing is said at once."""
    async with world(case) as here:
        (made,) = here.write(1)
        can = here.vendor.capabilities
        for status, verb in ((Status.CLOSED, Verb.CLOSE), (Status.OPEN, Verb.REOPEN)):
            if verb not in can.verbs or case.subject.lacks(case.variant):
                assert verb in can.verbs or can.instead[verb]
                # One that lacks it where others have it must say so twice.
                with pytest.raises((Unsupported, Unavailable)):
                    await here.vendor.set_status(made, status)
                here.clock.advance(5)
                with pytest.raises(Unsupported):
                    await here.vendor.set_status(made, status)
                continue
            for _ in range(2):
                await here.vendor.set_status(made, status)
                assert here.store.ticket(made).closed is (status is Status.CLOSED)
        assert here.server.destroyed == []


@readings(3)
async def test_a_ticket_that_is_not_there_is_gone(case: Case) -> None:
    """
    Reading a ticket that was destroyed says `Gone`, and so does answering it.

    A web page may be from anybody in between, so a vendor whose refusals are pages cannot say so.
    """
    wanted = Unavailable if getattr(case.variant, "errors", "") == "page" else Gone
    async with world(case) as here:
        (made,) = here.write(1)
        here.store.vanish(made)
        with pytest.raises(wanted):
            await here.vendor.ticket(made)
        with pytest.raises(wanted):
            await here.vendor.reply(made, "Hello?")


@readings(0)
async def test_an_empty_reply_is_refused(case: Case) -> None:
    """What the vendor does not take is `Rejected`, in words an agent can read."""
    async with world(case) as here:
        (made,) = here.write(1)
        with pytest.raises(Rejected) as refused:
            await here.vendor.reply(made, " ")
        assert refused.value.user_message.startswith(here.subject.kind.label)


@every_vendor
@pytest.mark.parametrize("name", ["..", ".", "../../admin", "a/b?c#d", "%2e%2e", "\ud800", "x" * 70_000])
async def test_a_ticket_by_an_impossible_name_is_gone(case: Case, name: str) -> None:
    """An id that no ticket can have is asked for as one segment of the address, or not at all."""
    async with world(case) as here:
        with pytest.raises((Gone, Rejected)):
            await here.vendor.ticket(TicketId(name))


@readings(1)
async def test_the_vendors_own_figures(case: Case) -> None:
    """Where the vendor counts, it counts all its tickets, and the open ones where it tells them apart."""
    async with world(case) as here:
        made = here.write(5)
        here.store.close(made[0])
        if isinstance(here.vendor, CanCount):
            counts = await here.vendor.counts()
            assert counts.total in (None, 5)
            assert counts.open in (None, 4)
            assert counts.closed in (None, 1)
