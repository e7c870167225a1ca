"""What becomes of snoozes and of the day's line where something is missing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import TicketRow, require, ticket_row, to_ms
from bot.model import Answer, Place
from bot.outbound.clock_rollback import move_times_back
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
        tx.run("set_ticket_snoozed", number=1001, until=to_ms(until), by=chat_id(THREAD.chat, ANN.id), asked_at=None)
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


@pytest.mark.parametrize(
    ("words", "back", "later"),
    [
        ("2h", timedelta(hours=3), timedelta(hours=2)),
        ("in 3 days", timedelta(days=30), timedelta(days=3)),
        ("2h", timedelta(0), timedelta(hours=2)),
        ("tomorrow 9:00", timedelta(hours=3), timedelta(hours=24)),
        ("15:00", timedelta(hours=3), timedelta(hours=6)),
    ],
)
async def test_with_the_clock_comes_back_what_is_for_a_length_of_time(
    tmp_path: Path, words: str, back: timedelta, later: timedelta
) -> None:
    """It ends so long after the clock was set back to; a time on the clock stays what it is, and so does the past."""

    def work(tx: Transaction) -> tuple[timedelta, timedelta]:
        said(tx, "talk", can_reply=False)
        snooze(tx, ticket(tx), Asker(THREAD.chat, ANN.id, ANN.name), RULES, NOON, words=words)
        ends = []
        for now in (NOON - back, NOON - back + timedelta(minutes=5)):
            move_times_back(tx, back, now)
            ends.append(require(ticket(tx).snoozed_until) - (NOON - back))
        return ends[0], ends[1]

    assert await write(tmp_path / "db", work) == (later, later)


async def test_what_was_woken_before_is_not_snoozed_again(tmp_path: Path) -> None:
    """Neither by a clock that is set back, nor is its card made anew for that."""

    def work(tx: Transaction) -> tuple[object, int, int]:
        said(tx, "talk", can_reply=False)
        asker = Asker(THREAD.chat, ANN.id, ANN.name)
        for words in ("2h", "off"):
            snooze(tx, ticket(tx), asker, RULES, NOON, words=words)
        before = ticket(tx).version
        move_times_back(tx, timedelta(hours=3), NOON - timedelta(hours=3))
        return ticket(tx).snoozed_until, before, ticket(tx).version

    until, before, after = await write(tmp_path / "db", work)
    assert (until, after) == (None, before)
