"""What every vendor's adapter does with one ticket, or one message, that is malformed: it harms no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.model import Change, Nameless
from tests.support.vendors.world import PLAIN, Case, World, ids, world

every_vendor = pytest.mark.parametrize("case", PLAIN, ids=str)


def tickets_in(answer: Any) -> list[Any]:
    """The list of tickets in an answer, wherever it stands."""
    if isinstance(answer, list):
        return answer
    return next(value for value in answer.values() if isinstance(value, list))


def spoiled(here: World, change: Callable[[list[Any]], None]) -> str:
    """The list's last answer, with something done to its tickets."""

    def work(answer: Any) -> Any:
        change(tickets_in(answer))
        return answer

    return here.doctored(work)


def without_id(listed: list[Any]) -> None:
    listed[0]["id"] = None


def null(listed: list[Any]) -> None:
    listed[0] = None


def a_text(listed: list[Any]) -> None:
    listed[0] = "what is this"


def an_endless_id(listed: list[Any]) -> None:
    listed[0]["id"] = "9" * 5000


@every_vendor
@pytest.mark.parametrize("spoil", [without_id, null, a_text])
async def test_one_ticket_without_an_id(case: Case, spoil: Callable[[list[Any]], None]) -> None:
    """The others are yielded, by the same requests, and that one is named with what can be read of it."""
    async with world(case) as here:
        made = here.write(3)
        await here.sweep(full=True)
        here.ledger.known.clear()
        here.server.http_server.fail("garbage", method="GET", path="tickets", body=spoiled(here, spoil))
        found = await here.sweep(full=True)
        assert len({ticket for ticket in ids(found) if ticket in made}) >= 2
        assert [one for one in found if isinstance(one, Nameless)]


@every_vendor
async def test_an_id_that_is_longer_than_a_number_may_be(case: Case) -> None:
    """Python refuses to read such a number; the others are yielded all the same."""
    async with world(case) as here:
        made = here.write(3)
        await here.sweep(full=True)
        here.ledger.known.clear()
        body = spoiled(here, an_endless_id).replace(f'"{"9" * 5000}"', "9" * 5000)
        here.server.http_server.fail("garbage", method="GET", path="tickets", body=body)
        found = await here.sweep(full=True)
        assert len({ticket for ticket in ids(found) if ticket in made}) >= 2


def first_message(answer: Any) -> dict[str, Any] | None:
    """The first message in an answer, of whatever depth."""
    if isinstance(answer, list):
        return next((found for part in answer if (found := first_message(part)) is not None), None)
    if not isinstance(answer, dict):
        return None
    for name in ("comments", "entries", "messages", "ticketMessages", "data"):
        parts = answer.get(name)
        if isinstance(parts, list) and parts and {"body", "message", "content"} & set(parts[0]):
            return dict(parts[0]) if not isinstance(parts[0], dict) else parts[0]
    return next((found for part in answer.values() if (found := first_message(part)) is not None), None)


@every_vendor
async def test_one_message_without_an_id(case: Case) -> None:
    """The ticket is read, with that message as far as it can be read, and it is the same one the next time."""
    async with world(case) as here:
        (made,) = here.write(1)
        here.store.customer_replies(made, "And another thing")
        plain = await here.vendor.ticket(made)
        answers = [exchange for exchange in here.server.http_server.seen if first_message(exchange.answer)]
        first_message(answers[-1].answer)["id"] = None  # type: ignore[index]
        body = json.dumps(answers[-1].answer)
        read = []
        for _ in range(2):
            here.server.http_server.fail("garbage", method="GET", path=f"^{answers[-1].path}$", body=body)
            read.append(await here.vendor.ticket(made))
        assert read[0] == read[1]
        assert [message.text for message in read[0].messages] == [message.text for message in plain.messages]
        assert [message.malformed for message in read[0].messages].count(True) == 1


@every_vendor
async def test_a_message_without_an_id_in_the_list(case: Case) -> None:
    """No ticket of the store is lost to it."""
    async with world(case) as here:
        made = here.write(3)
        await here.sweep(full=True)
        here.ledger.known.clear()

        def spoil(answer: Any) -> Any:
            message = first_message(answer)
            if message is not None:
                message["id"] = None
            return answer

        here.server.http_server.fail("garbage", method="GET", path="tickets", body=here.doctored(spoil))
        found = await here.sweep(full=True)
        assert sorted(set(ids(found))) == sorted(made)
        for change in found:
            assert isinstance(change, Change)
