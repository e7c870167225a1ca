"""What becomes of snoozes and of the day's line where something is missing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from bot.db.connection import Transaction
from bot.db.rows import TicketRow, require, ticket_row, to_ms
from bot.model import Answer, Place
from bot.tickets import enqueue
from bot.tickets.day.digests import tell_the_day
from bot.tickets.day.snoozing import end_snoozes, snooze
from bot.tickets.day.taking import Asker
from bot.tickets.erasure import forget
from bot.tickets.links import address_of
from bot.tickets.people import chat_id
from bot.wording import reasons
from tests.support.database import NOON, write
from tests.support.one_message import ANN, RULES, THREAD, said


def ticket(tx: Transaction) -> TicketRow:
    return ticket_row(require(tx.one("ticket", number=1001)))


def kinds(tx: Transaction) -> list[str]:
    return sorted({row["kind"] for row in tx.all("unfinished_deliveries")})


async def test_a_ticket_that_is_forgotten_is_snoozed_no_more(tmp_path: Path) -> None:
    """Neither can it be snoozed, nor does anybody read that its snooze is over; it is looked at once."""

    def work(tx: Transaction) -> tuple[Answer, object, list[str]]:
        said(tx, "talk", can_reply=False)
        until = NOON + timedelta(hours=2)
        tx.run("set_ticket_snoozed", number=1001, until=to_ms(until), by=chat_id(THREAD.chat, ANN.id))
        forget(tx, [ticket(tx).number], NOON, in_chats=False)
        for row in tx.all("unfinished_deliveries"):
            tx.run("finish_delivery", id=row["id"], now=0)
        end_snoozes(tx, RULES, until)
        answer = snooze(tx, ticket(tx), Asker(THREAD.chat, ANN.id, ANN.name), RULES, NOON, words="2h")
        return answer, ticket(tx).snoozed_until, kinds(tx)

    assert await write(tmp_path / "db", work) == (Answer(text=reasons.forgotten()), None, [])


async def test_a_channel_of_a_chat_that_does_not_run_gets_no_line_for_the_day(tmp_path: Path) -> None:
    """It gets one when the chat runs again."""

    def work(tx: Transaction) -> tuple[list[str], list[str]]:
        said(tx, "talk", can_reply=False)
        day = date(2026, 11, 20)
        tell_the_day(tx, day, RULES, {}, NOON)
        before = kinds(tx)
        tell_the_day(tx, day, RULES, {THREAD.chat: lambda _place: "https://chat.example"}, NOON)
        return before, kinds(tx)

    before, after = await write(tmp_path / "db", work)
    assert ("line" in before, "line" in after) == (False, True)


async def test_a_thread_that_is_not_open_yet_has_no_address(tmp_path: Path) -> None:
    """Nor has one in a channel that nobody asked about."""

    def work(tx: Transaction) -> list[str]:
        said(tx, "talk", can_reply=False)
        (link, other) = enqueue.links_of(tx, ticket(tx).number)
        places: tuple[list[Place], ...] = ([link.place], [other.place], [])
        return [address_of(tx, ticket(tx).number, where, lambda place: f"at {place.channel}") for where in places]

    found = await write(tmp_path / "db", work)
    assert found[-1] == ""
