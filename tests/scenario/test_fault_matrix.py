"""Each remote call gets each class of answer once: live, while catching up, and during a patrol; see `fault_matrix`."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import aiohttp
import httpx
import pytest
from aiohttp import web

import adapters
from adapters.chats.discord import DiscordChat
from adapters.chats.discord import requests as discord_requests
from adapters.chats.slack import requests as slack_requests
from adapters.chats.slack.chat import SlackChat
from adapters.vendors.client import http
from bot.model import DeliveryId
from bot.sandbox.loopback_server import HttpFault, LoopbackServer
from bot.tickets.replies import outcomes
from tests.contract.fault_matrix import (
    CALLS,
    FOLLOWS,
    AgentFate,
    Answer,
    Call,
    ChatFate,
    Kind,
    StoreFate,
    TicketFate,
    call_of,
    row,
)
from tests.support.fault_checks import Witness, has_check, still_to_be_made, untrue, watched
from tests.support.stage.stage import Stage, Ticket, set_stage
from tests.support.waiting import until

pytestmark = pytest.mark.takes(25)

SEATS = {
    "sellgate": "text slack",
    "nextcommerce": "forum slack",
    "sellsn": "text",
    "sellapp": "slack",
    "lightspeed": "text",
}
_STORES = ("KEYS", "OUTDOOR", "ARCADE", "PLUGINS", "BOUTIQUE")
_POLLS: dict[str, Any] = {f"STORES__{store}__POLL_SECONDS": "6" for store in _STORES}
_SHORT = 1.0
"""Seconds until a request counts as unanswered."""
_FIRST_ANSWER = 3.0
"""Seconds that Discord gives a bot for the first answer to a command, as in life; an agent then asks again."""
_STATUS = {Answer.UNAUTHORIZED: 401, Answer.FORBIDDEN: 403, Answer.CONFLICT: 409, Answer.BROKEN: 502}
_PATIENCE = 150.0
_QUESTIONS = 5
_LATER = ("Missed", "Silent")
"""The roads beside the live one: what is missed is caught up with, and what never comes is found by a patrol."""
_MEETS = {
    "Live": {Kind.SHOW, Kind.SEND, Kind.LIST, Kind.UPLOAD},
    "Missed": {Kind.CONNECT, Kind.READ},
    "Silent": {Kind.READ},
}
"""By road, kinds of calls that it takes."""
_SHAPE = json.dumps({"ok": True, "success": True, "surprise": [1]})
_PAGE = "<html>Something else</html>"


class EachCallOnce(HttpFault):
    """
    A fault that every call of a server meets once.

    Attributes:
        met: The calls that have met it, in that order, and how often each was made since.
        unknown: Requests that are in no row.
    """

    def __init__(self, server: str, answer: Answer) -> None:
        super().__init__(kind="refuse", times=1_000_000)
        self.server = server
        self.answer = answer
        self.met: Counter[Call] = Counter()
        self.unknown: set[str] = set()

    def fits(self, request: web.Request) -> bool:
        call = call_of(self.server, request.method, request.path)
        if call is None:
            if not request.path.startswith(("/gateway", "/link")):
                self.unknown.add(f"{self.server}: {request.method} {request.path}")
            return False
        if call in self.met:
            self.met[call] += 1
            return False
        self.met[call] = 0
        self.headers = {}
        self._become(call)
        return True

    def _become(self, call: Call) -> None:
        """The answer, as this server would write it."""
        match self.answer:
            case Answer.HANG:
                self.kind = "hang"
            case Answer.CUT:
                self.kind = "cut"
            case Answer.PAGE:
                self.kind, self.status, self.body = "replace", 200, _PAGE
            case Answer.SHAPE:
                self.kind, self.status, self.body = (
                    "replace",
                    200,
                    _SHAPE,
                )
            case Answer.FOREIGN_404:
                self.status, self.body = 404, _PAGE
            case Answer.TOO_MANY:
                self.status, self.headers = 429, {"Retry-After": "1"}
                self.body = json.dumps({"message": "Slow down", "retry_after": 0.1, "global": False})
            case Answer.BROKEN | Answer.CONFLICT:
                self.status, self.body = _STATUS[self.answer], _PAGE
            case _:
                self._refuse(call)

    def _refuse(self, call: Call) -> None:
        status = 404 if self.answer is Answer.OWN_404 else _STATUS[self.answer]
        if call.server == "slack":
            gone = "message_not_found" if "reactions" in call.path or "update" in call.path else "thread_not_found"
            gone = "user_not_found" if call.kind is Kind.PERSON else gone
            error = {401: "invalid_auth", 403: "missing_scope", 404: gone}[status]
            self.status, self.body = 200, json.dumps({"ok": False, "error": error})
            return
        code = {401: 0, 403: 50013, 404: call.code}[status]
        self.status, self.body = status, json.dumps({"message": "No", "code": code})


def servers(stage: Stage) -> dict[str, LoopbackServer]:
    world = stage.world
    vendors = {vendor: shop.vendor.http_server for vendor, shop in world.shops.items()}
    return {"discord": world.discord.http_server, "slack": world.slack.http_server, **vendors}


@contextmanager
def answered_with(stage: Stage, answer: Answer) -> Iterator[dict[str, EachCallOnce]]:
    """From here on each call gets this answer once."""
    faults = {name: EachCallOnce(name, answer) for name in servers(stage)}
    for name, server in servers(stage).items():
        server.faults.append(faults[name])
    try:
        yield faults
    finally:
        for name, server in servers(stage).items():
            server.faults.remove(faults[name])


@contextmanager
def short_patience(answer: Answer) -> Iterator[None]:
    """
    Nobody waits half a minute for an answer that does not come, or for the other chat.

    Where every answer comes, however late on a busy machine, it is waited for as in life.
    """
    with ExitStack() as patches:
        patches.enter_context(patch("bot.inbound.chats.catchup._CONNECTING_SECONDS", _SHORT))
        patches.enter_context(patch("bot.inbound.chats.catchup._READING_SECONDS", _SHORT))
        if answer is not Answer.HANG:
            yield
            return
        patches.enter_context(patch.object(discord_requests, "_TIMEOUT", aiohttp.ClientTimeout(total=_SHORT)))
        patches.enter_context(patch.object(slack_requests, "_TIMEOUT", aiohttp.ClientTimeout(total=_SHORT)))
        patches.enter_context(patch.object(http, "TIMEOUTS", httpx.Timeout(_SHORT)))
        patches.enter_context(patch("adapters.chats.discord.client._LOGIN_SECONDS", _SHORT))
        yield


async def press_retry(stage: Stage) -> None:
    """What an agent does about a message with ❌."""
    database = stage.bridge._open
    assert database is not None
    for failed in await stage.bridge.rows("unfinished_deliveries"):
        if failed["state"] == "failed":
            now = datetime.now(UTC)
            await database.write(outcomes.retry, DeliveryId(failed["id"]), now)


async def observe(stage: Stage, witness: Witness) -> None:
    """What an operator sees at this moment."""
    health = stage.bridge.app.health
    witness.unhealthy |= {name for name, each in health.chat_health().items() if not each.connected}
    for each in await stage.bridge.rows("stores"):
        if json.loads(each["incident_notices"]):
            witness.stores_told.add(each["name"])


async def settled(stage: Stage, tickets: list[Ticket], word: str, witness: Witness) -> None:
    """Every reply is sent, nothing waits and nothing has failed; an agent presses `Retry` where that is needed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    while True:
        left = await stage.bridge.rows("unfinished_deliveries")
        unsent = [each.about for each in tickets if " ".join(each.sent).count(word) < 1 + takes_files(each)]
        if not left and not unsent:
            return
        await observe(stage, witness)
        if any(each["state"] == "failed" for each in left):
            await press_retry(stage)
        told = [(each["kind"], each["state"], each["destination"], each["error"]) for each in left]
        assert loop.time() < deadline, f"not sent: {unsent}; not done: {told}"
        await asyncio.sleep(0.3)


def patrols(stage: Stage) -> None:
    """Both chats compare what they have received in a moment, and again every few seconds."""
    assert stage.bridge.outside is not None
    for chat in stage.bridge.outside.chats.values():
        assert isinstance(chat, DiscordChat | SlackChat)
        chat._patrol._seconds, chat._patrol._due = 12.0, 0.0


async def everything_is_where_it_belongs(stage: Stage, tickets: list[Ticket], word: str, witness: Witness) -> None:
    """The customer's words once in every thread, the agents' once at the vendor, in the threads from before."""
    await settled(stage, tickets, word, witness)
    for ticket in tickets:
        await ticket.shown(f"{word} from the customer")
        assert len(ticket.sent) == len(set(ticket.sent)), ticket.sent
        if takes_files(ticket):
            files = sorted((file.name, file.content) for message in ticket.now.messages for file in message.files)
            expected = [(f"{word}.pdf", b"from Discord"), (f"{word}.png", b"from Slack")]
            assert [file for file in files if file[0].startswith(word)] == expected
        if stage.sits(ticket.shop, "discord"):
            assert len(ticket.discord.threads) == 1
            assert ticket.discord.count("still counts") == 0
        if stage.sits(ticket.shop, "slack"):
            assert len(ticket.slack.cards) == 1
            assert ticket.slack.count("still counts") == 0


async def speak(stage: Stage, tickets: list[Ticket], word: str) -> None:
    """The customer writes in each ticket, and an agent in one thread; where files go along, in both, with a file."""
    for ticket in tickets:
        ticket.customer_says(f"{word} from the customer")
        if takes_files(ticket):
            await ticket.ann_says(f"{word} from Ann", attachments=[(f"{word}.pdf", b"from Discord")])
            await ticket.bob_says(f"{word} from Bob", files=[(f"{word}.png", b"from Slack")])
        elif stage.sits(ticket.shop, "discord"):
            await ticket.ann_says(f"{word} from Ann")
        else:
            await ticket.bob_says(f"{word} from Bob")


def takes_files(ticket: Ticket) -> bool:
    """Whether its vendor takes files with a reply."""
    return ticket.shop.vendor.vendor == "nextcommerce"


async def ask(stage: Stage, witness: Witness) -> None:
    """An agent of each chat asks for figures, again and again until there is an answer."""
    world = stage.world
    for _ in range(_QUESTIONS):
        with suppress(Exception):
            shown = await world.discord.command(world.ann, world.support.id, "stats", seconds=_SHORT)
            if "open" in str(shown).lower():
                break
    else:
        witness.answered = False
    for _ in range(_QUESTIONS):
        outcome = await world.slack.command(world.bob, stage.shop.slack, "/stats", within=_SHORT)
        if "open" in outcome.text.lower():
            return
    witness.answered = False


def failures_shown(stage: Stage) -> int:
    """How often the bot has put ❌ on a message."""
    discord, slack = stage.world.discord.http_server.seen, stage.world.slack.http_server.seen
    in_discord = sum(e.method == "PUT" and "❌" in unquote(e.path) for e in discord)
    in_slack = [e.body for e in slack if e.path.endswith("reactions.add") and isinstance(e.body, dict)]
    return int(in_discord + sum(body.get("name") == "x" for body in in_slack))


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        # Each call that gets no answer is waited for.
        pytest.param(number, answer, id=answer, marks=[pytest.mark.takes(150)] if answer is Answer.HANG else [])
        for number, answer in enumerate(Answer)
    ],
)
async def test_each_call_gets_each_answer(number: int, answer: Answer) -> None:
    """
    What the rows say of the meantime is so; afterwards nothing is lost, doubled or moved, nobody was sent away.

    Live, and either while catching up or during a patrol, in turn.
    """
    await play(answer, "Live", _LATER[number % len(_LATER)])


@pytest.mark.soak
@pytest.mark.parametrize("answer", Answer)
async def test_each_call_gets_each_answer_on_each_road(answer: Answer) -> None:
    """The same: live, while catching up and during a patrol, one after the other."""
    await play(answer, "Live", *_LATER)


async def play(answer: Answer, *roads: str) -> None:
    with short_patience(answer), watched() as witnesses:
        async with set_stage(SEATS, **_POLLS) as stage:
            stage.world.discord.patience = _FIRST_ANSWER
            tickets = [await stage.arrives(f"About {vendor}", vendor=vendor) for vendor in SEATS]
            await stage.bridge.drained()
            patrols(stage)
            stores = {vendor: stage.world.shops[vendor].name for vendor in SEATS}
            wrong: list[str] = []

            @asynccontextmanager
            async def road(word: str) -> AsyncIterator[dict[str, EachCallOnce]]:
                witness, shown = Witness(), failures_shown(stage)
                witnesses.append(witness)
                with answered_with(stage, answer) as faults:
                    by_destination = {f"store:{name}": vendor for vendor, name in stores.items()}

                    def last_met(destination: str, kinds: Collection[Kind]) -> Kind | None:
                        server = by_destination.get(destination, destination.removeprefix("chat:"))
                        return next((call.kind for call in reversed(faults[server].met) if call.kind in kinds), None)

                    witness.last_met = last_met
                    yield faults
                    if word == "Live":
                        await ask(stage, witness)
                    await everything_is_where_it_belongs(stage, tickets, word, witness)
                    witness.arrived = True
                    await stage.bridge.ready()
                    # Some calls come by the clock alone, and one of them may have been the last to meet its answer.
                    await until(
                        lambda: not [c for fault in faults.values() for c in still_to_be_made(answer, fault.met)],
                        "what failed is asked again",
                        seconds=_PATIENCE,
                    )
                witness.failures_shown = failures_shown(stage) - shown
                witness.refused = {
                    chat for chat in ("discord", "slack") for f in stage.faults if "chat refused us" in f and chat in f
                }
                for fault in faults.values():
                    wrong.extend(untrue(witness, answer, fault.met, stores, is_live=word == "Live"))

            for word in roads:
                await stage.bridge.ready()
                if word == "Silent":
                    stage.world.discord.gateway.mute()
                    stage.world.slack.sockets.mute()
                async with road(word) as faults:
                    if word == "Missed":
                        await stage.world.discord.gateway.cut(resumable=False)
                        stage.world.slack.sockets.cut()
                    await speak(stage, tickets, word)
                assert {name for fault in faults.values() for name in fault.unknown} == set()
                assert {call.kind for fault in faults.values() for call in fault.met} >= _MEETS[word]
            # A refused login is an error to the operator, and rightly so.
            stage.faults[:] = [fault for fault in stage.faults if "chat refused us" not in fault]
            assert not wrong, "\n".join(wrong)


def test_every_word_of_a_row_has_a_check() -> None:
    """What a row can say is looked at."""
    assert all(has_check(fate) for words in (TicketFate, StoreFate, ChatFate, AgentFate) for fate in words)


def test_every_kind_of_call_has_a_row_for_every_answer() -> None:
    """The matrix has no hole."""
    assert {(kind, answer) for kind in Kind for answer in Answer} == FOLLOWS.keys()
    for call in CALLS:
        for answer in Answer:
            assert row(call, answer) is not None


def test_every_call_in_the_source_has_a_row() -> None:
    """What an adapter can ask for, found in its source, is in the matrix."""
    folder = Path(adapters.__file__).parent / "chats"
    found: set[tuple[str, str, str]] = set()
    for file in (folder / "discord").glob("*.py"):
        text = file.read_text()
        found |= {("discord", method, path) for method, path in re.findall(r'"([A-Z]{3,6})",\s+"(/[^"]+)"', text)}
    for file in (folder / "slack").glob("*.py"):
        text = file.read_text()
        families = "auth|apps|chat|conversations|files(?!.slack)|reactions|users|usergroups|views"
        names = re.findall(rf'"((?:{families})\.[a-zA-Z.]+)"', text)
        found |= {("slack", "", name) for name in names}
    assert len(found) > 25
    missing = []
    for server, method, path in sorted(found):
        example = re.sub(r"\{[a-z_]+\}", "1", path)
        if server == "discord":
            known: Any = call_of(server, method, f"/api/v10{example}")
        else:
            known = call_of(server, "GET", f"/api/{path}") or call_of(server, "POST", f"/api/{path}")
        if known is None and not path.startswith("users:"):
            missing.append((server, method, path))
    assert missing == []
