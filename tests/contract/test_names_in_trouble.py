"""Who somebody is at a vendor is asked for by requests of their own; what these answer hides no word of the ticket."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from adapters.vendors.client import http
from bot.errors import RateLimited
from bot.model import Conversation, Customer, TicketId
from tests.contract.fault_matrix import CALLS, Answer, Call, Kind, TicketFate, row
from tests.support.vendors.world import PLAIN, Case, World, world

NAMES = [call for call in CALLS if call.kind is Kind.NAME]
FAULTS: dict[Answer, dict[str, Any]] = {
    Answer.UNAUTHORIZED: {"kind": "refuse", "status": 401, "body": '{"message": "No"}'},
    Answer.FORBIDDEN: {"kind": "refuse", "status": 403, "body": '{"message": "No"}'},
    Answer.FOREIGN_404: {"kind": "refuse", "status": 404},
    Answer.OWN_404: {"kind": "refuse", "status": 404, "body": '{"message": "No"}'},
    Answer.CONFLICT: {"kind": "refuse", "status": 409, "body": '{"message": "No"}'},
    Answer.TOO_MANY: {"kind": "refuse", "status": 429, "headers": {"Retry-After": "1"}},
    Answer.BROKEN: {"kind": "refuse", "status": 502},
    Answer.HANG: {"kind": "hang"},
    Answer.CUT: {"kind": "cut"},
    Answer.PAGE: {"kind": "replace", "status": 200},
    Answer.SHAPE: {"kind": "replace", "status": 200, "body": json.dumps({"surprise": [1]})},
}


async def read(here: World, ticket: TicketId) -> Conversation:
    """The ticket, asked for again after the time that its vendor gives."""
    try:
        return await here.vendor.ticket(ticket)
    except RateLimited as limited:
        here.clock.advance(limited.retry_after or 1.0)
        return await here.vendor.ticket(ticket)


@pytest.mark.parametrize("answer", Answer)
@pytest.mark.parametrize("call", NAMES, ids=str)
async def test_a_ticket_is_shown_whatever_is_answered_for_a_name(call: Call, answer: Answer) -> None:
    """With all its words; who wrote them is asked for again later, and then known."""
    assert row(call, answer).ticket is TicketFate.SHOWN
    (case,) = (each for each in PLAIN if each.subject.kind.name == call.server)
    expected = await _customer(case)
    # Where every answer comes, it is waited for, however late it is on a busy machine.
    timeouts = httpx.Timeout(1.0) if answer is Answer.HANG else http.TIMEOUTS
    with patch.object(http, "TIMEOUTS", timeouts):
        async with world(case) as here:
            ticket = _opened(here)
            fault = here.server.http_server.fail(**FAULTS[answer], method=call.method, path=f"^{call.path}$")
            found = await read(here, ticket)
            assert fault.times == 0
            assert [message.text for message in found.messages] == ["Hello?", "Hello Jane"]
            here.clock.advance(2 * 3600.0)
            known = await here.vendor.ticket(ticket)
            assert [message.text for message in known.messages] == ["Hello?", "Hello Jane"]
            assert known.ticket.customer == expected


def _opened(here: World) -> TicketId:
    ticket = TicketId(here.store.customer_writes("About", "Hello?", name="Jane Doe", email="jane@example.com"))
    here.store.staff_replies(ticket, "Hello Jane")
    return ticket


async def _customer(case: Case) -> Customer:
    """What is known of the customer where nothing goes wrong."""
    async with world(case) as here:
        return (await here.vendor.ticket(_opened(here))).ticket.customer
