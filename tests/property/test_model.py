"""
Customers, agents and colleagues do anything in any order while everything fails: a model that Hypothesis plays.

After every step nothing may be doubled, misplaced or out of turn. At the end, when nothing fails any more, nothing
may be lost, and every mark and card must be right. Time is simulated; the same seed is the same story.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.model import Ask, Hours, Place, Promises, Status, TicketId, Verb
from tests.support.simulation.checks import unsafe, unsettled
from tests.support.simulation.fate import Fate, Trouble
from tests.support.simulation.loop import SimulatedLoop, now
from tests.support.simulation.room import NOTE, Room, Written, about, agent
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import Simulation

T = TypeVar("T")
# Two stores; in Slack they share a channel.
_STORES = {"books": ("discord:1", "slack:1"), "tea": ("discord:2", "slack:1")}
_PROMISES = Promises(
    hours=Hours(zone=ZoneInfo("UTC")), first_answer=timedelta(minutes=10), next_answer=timedelta(minutes=40)
)
_MOST_TICKETS = 3
_MOST_DELETED_THREADS = 2
_SAYING = ("open_thread", "post", "edit_post", "render_card", "mark")
_CALLS = st.one_of(
    st.tuples(st.sampled_from(list(_STORES)), st.sampled_from(["reply", "set_status"]), st.sampled_from(list(Trouble))),
    st.tuples(
        st.sampled_from(["discord", "slack"]),
        st.sampled_from(_SAYING),
        st.sampled_from([trouble for trouble in Trouble if trouble is not Trouble.NOT_TAKEN]),
    ),
    st.tuples(
        st.sampled_from(list(_STORES)), st.sampled_from(["changes", "ticket"]), st.sampled_from([Trouble.REFUSED])
    ),
    st.tuples(
        st.sampled_from(["discord", "slack"]),
        st.sampled_from(["find_thread", "find_post", "missed", "connect", "tell"]),
        st.sampled_from([Trouble.REFUSED, Trouble.LIMITED, Trouble.UNWELCOME]),
    ),
)
_UNDECIDED = """
SELECT d.id, d.kind, l.chat, m.chat_message
FROM deliveries AS d LEFT JOIN messages AS m ON m.id = d.message LEFT JOIN links AS l ON l.id = m.link
WHERE d.state IN ('failed', 'held') ORDER BY d.id
"""
_PICK = st.integers(min_value=0, max_value=30)
_TIMES = st.sampled_from([1, 1, 1, 2, 11])
_PEOPLE = st.sampled_from(["Ann", "Ann", "Bob"])
"""Ann is one person in both chats, Bob is two."""
_SNOOZES = st.sampled_from(["1m", "20m", "3h", "off"])
_ROOMS = st.sampled_from(["discord", "slack"])
_SPANS = st.sampled_from([0.3, 2.0, 7.0, 30.0, 120.0, 900.0, 4000.0])
_SKEWS = st.sampled_from([-86_400.0, -3600.0, -20.0, -2.0, 0.0, 0.0, 15.0, 600.0, 86_400.0])


class World(RuleBasedStateMachine):
    """Everybody around shopbell, and shopbell itself."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.runner = asyncio.Runner(loop_factory=SimulatedLoop)
        loop = self.runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        self.loop = loop
        self.fate = Fate()
        self.sim = Simulation(loop, Path(self.folder.name) / "db", stores=_STORES, fate=self.fate, promises=_PROMISES)
        self.said = 0
        self.sound = True

    # ------------------------------------------------------------ how it begins and ends

    @initialize(
        lag=st.sampled_from([0.0, 3.0, 12.0]),
        names=st.booleans(),
        latency=st.sampled_from([0.0, 0.5]),
        seed=st.integers(0, 2**16),
    )
    def begins(self, lag: float, names: bool, latency: float, seed: int) -> None:
        self.fate.random = Random(seed)
        self.fate.latency = latency
        for shop in self.sim.shops.values():
            shop.lag, shop.names_replies = timedelta(seconds=lag), names
        self._do(self.sim.__aenter__())
        for store in _STORES:
            self.a_customer_writes(store, 0, long=False)
        self._do(asyncio.sleep(lag + 40))

    def teardown(self) -> None:
        try:
            if self.sound:
                self._do(self.sim.settle(full=True))
                _must_be_none(unsettled(self.sim))
        finally:
            self._do(self.sim.__aexit__())
            self.runner.close()
            self.folder.cleanup()

    @invariant()
    def is_safe(self) -> None:
        if self.sim.processes:
            self.sim.observe()
            faults = unsafe(self.sim)
            self.sound = not faults
            _must_be_none(faults)

    # ------------------------------------------------------------ at the vendors

    @rule(store=st.sampled_from(list(_STORES)), pick=_PICK, long=st.booleans())
    def a_customer_writes(self, store: str, pick: int, long: bool) -> None:
        ticket = f"{store}-{pick % _MOST_TICKETS}"
        shop = self.sim.shops[store]
        if ticket not in shop.vanished:
            shop.customer_writes(ticket, self._text(ticket, "customer") + " and so on" * (450 if long else 0))
            self._breathe()

    @rule(
        pick=_PICK, seconds=st.sampled_from([5.0, 60.0]), store=st.sampled_from(list(_STORES)), amount=st.integers(1, 4)
    )
    def a_limit_holds_posts_back(self, pick: int, seconds: float, store: str, amount: int) -> None:
        """And a customer goes on writing."""
        self._do(self._hold_back(seconds))
        ticket = f"{store}-{pick % _MOST_TICKETS}"
        for _ in range(amount if ticket not in self.sim.shops[store].vanished else 0):
            self.sim.shops[store].customer_writes(ticket, self._text(ticket, "customer"))
        self._breathe()

    @precondition(lambda self: self._tickets())
    @rule(pick=_PICK, status=st.sampled_from([None, None, *Status]))
    def a_colleague_answers_or_changes_the_status(self, pick: int, status: Status | None) -> None:
        shop, ticket = self._a_ticket(pick)
        if status is None:
            shop.colleague_writes(ticket, self._text(ticket, "colleague"))
        elif shop.tickets[ticket].status is not status:
            shop.set(ticket, status)
        self._breathe()

    # ------------------------------------------------------------ in the chats

    @precondition(lambda self: self._threads())
    @rule(
        pick=_PICK,
        kind=st.sampled_from(["reply", "reply", "reply", "thanks", "note", "guest"]),
        times=_TIMES,
        who=_PEOPLE,
    )
    def somebody_writes(self, pick: int, kind: str, times: int, who: str) -> None:
        room, thread = self._a_thread(pick)
        ticket = room.ticket_of(thread)
        text = f"{ticket} Thanks!" if kind == "thanks" else self._text(ticket, kind)
        room.writes(thread, f"{NOTE}{text}" if kind == "note" else text, times=times, may=kind != "guest", who=who)
        self._breathe()

    @precondition(lambda self: self._written())
    @rule(pick=_PICK, what=st.sampled_from(["edits", "makes it a note", "deletes", "sends by hand"]), times=_TIMES)
    def somebody_changes_a_message(self, pick: int, what: str, times: int) -> None:
        room, written = self._a_message(pick)
        if what == "deletes":
            room.deletes(written, times=times)
        elif what == "sends by hand":
            written.sent_by_hand = True
            self.sim.out_of_turn |= set(written.versions)
            self._do(self.sim.ask(room, Ask(verb=Verb.SEND, agent=agent(), place=written.place, message=written.said)))
        else:
            text = self._text(about(written.versions[0]), "edited")
            room.edits(written, text if what == "edits" else f"{NOTE}{text}", times=times)
        self._breathe()

    @precondition(lambda self: self._threads())
    @rule(pick=_PICK, verb=st.sampled_from([Verb.CLOSE, Verb.REOPEN]))
    def somebody_closes_or_reopens(self, pick: int, verb: Verb) -> None:
        room, thread = self._a_thread(pick)
        place = Place(chat=room.name, channel=room.channel_of(thread), thread=thread)
        self._do(self.sim.ask(room, Ask(verb=verb, agent=agent(), place=place)))

    @precondition(lambda self: self._threads())
    @rule(
        pick=_PICK,
        verb=st.sampled_from([Verb.TAKE, Verb.TAKE_OVER, Verb.RELEASE, Verb.SNOOZE]),
        who=_PEOPLE,
        words=_SNOOZES,
    )
    def somebody_takes_or_snoozes(self, pick: int, verb: Verb, who: str, words: str) -> None:
        room, thread = self._a_thread(pick)
        self._do(self.sim.ask(room, Ask(verb=verb, agent=agent(who), place=room.place_of(thread), words=words)))

    @precondition(lambda self: self._undecided())
    @rule(pick=_PICK, send=st.booleans())
    def somebody_presses_a_button(self, pick: int, send: bool) -> None:
        rows = self._undecided()
        row = rows[pick % len(rows)]
        if not send and row["kind"] == "reply":
            room = self.sim.rooms[row["chat"]]
            self.sim.discarded += [written for written in room.written if written.id == row["chat_message"]]
        elif not send:
            return  # what the bell itself has to show is not for agents to discard
        self._do(self.sim.press(Verb.RETRY if send else Verb.DISCARD, row["id"]))

    @precondition(lambda self: self._threads())
    @rule(pick=_PICK, ticket=st.sampled_from([False, False, False, True]))
    def somebody_deletes_a_thread_or_a_ticket(self, pick: int, ticket: bool) -> None:
        room, thread = self._a_thread(pick)
        if not ticket and len(room.gone) < _MOST_DELETED_THREADS:
            room.thread_vanishes(thread)
        elif ticket and self._tickets():
            shop, vanishing = self._a_ticket(pick)
            # Closed ones are not listed, so nobody would notice.
            if shop.tickets[vanishing].status is Status.OPEN:
                shop.vanishes(vanishing)
        self._breathe()

    # ------------------------------------------------------------ what goes wrong

    @rule(call=_CALLS)
    def the_next_call_goes_wrong(self, call: tuple[str, str, Trouble]) -> None:
        side, method, trouble = call
        self.fate.planned.setdefault((side, method), []).append(trouble)

    @rule(rate=st.sampled_from([0.0, 0.0, 0.1, 0.3]), down=st.sampled_from([None, None, *_STORES, "discord", "slack"]))
    def more_or_less_goes_wrong(self, rate: float, down: str | None) -> None:
        self.fate.rate = rate
        self.fate.down = set() if down is None else {down}

    @rule(room=_ROOMS, seconds=_SPANS, resumes=st.booleans())
    def a_chat_loses_its_connection(self, room: str, seconds: float, resumes: bool) -> None:
        self.sim.rooms[room].disconnects(seconds, resumes=resumes)
        self._breathe()

    @rule(points=st.one_of(st.none(), st.just(0), st.integers(1, 60)))
    def shopbell_ends(self, points: int | None) -> None:
        """It is asked to, or dies at once, or some points later."""
        if points is None:
            self.sim.restart()
        elif points == 0:
            self.sim.kill()
        else:
            self.fate.dies_at = self.fate.point + points
        self._breathe()

    # ------------------------------------------------------------ time

    @rule(seconds=_SPANS)
    def time_passes(self, seconds: float) -> None:
        self._do(self._pass(seconds))

    @rule(suspended=st.sampled_from([0.0, 60.0, 3000.0, 10_000.0]), skew=_SKEWS)
    def the_machine_sleeps_and_its_clock_is_set(self, suspended: float, skew: float) -> None:
        self.loop.passed += suspended
        self.sim.clock.skew = skew
        self._breathe()

    # ------------------------------------------------------------ hands

    async def _hold_back(self, seconds: float) -> None:
        for room in self.sim.rooms.values():
            room.held_back_until = now() + timedelta(seconds=seconds)

    def _do(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)

    def _breathe(self) -> None:
        self._do(asyncio.sleep(0.1))

    async def _pass(self, seconds: float) -> None:
        self.loop.stride = 0.0 if seconds < 100 else seconds / 200
        await asyncio.sleep(seconds)
        self.loop.stride = 0.0

    def _text(self, ticket: str, kind: str) -> str:
        self.said += 1
        return f"{ticket} {kind} {self.said}"

    def _tickets(self) -> list[tuple[Shop, TicketId]]:
        return [(shop, ticket) for shop in self.sim.shops.values() for ticket in shop.tickets]

    def _a_ticket(self, pick: int) -> tuple[Shop, TicketId]:
        tickets = self._tickets()
        return tickets[pick % len(tickets)]

    def _threads(self) -> list[tuple[Room, Any]]:
        rooms = self.sim.rooms.values()
        return [(room, thread) for room in rooms for thread in room.threads() if thread not in room.gone]

    def _a_thread(self, pick: int) -> tuple[Room, Any]:
        threads = self._threads()
        return threads[pick % len(threads)]

    def _written(self) -> list[tuple[Room, Written]]:
        rooms = self.sim.rooms.values()
        return [(r, w) for r in rooms for w in r.written if not w.deleted and w.place.thread not in r.gone]

    def _a_message(self, pick: int) -> tuple[Room, Written]:
        """The newest are the most interesting."""
        written = sorted(self._written(), key=lambda found: found[1].at, reverse=True)
        return written[pick % len(written)]

    def _undecided(self) -> list[Any]:
        if not self.sim.processes:
            return []
        return self.sim.rows(_UNDECIDED)


def _must_be_none(faults: list[str]) -> None:
    if faults:
        raise AssertionError("\n".join(faults))


_MODEL = settings(
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("world", range(6))
@pytest.mark.parametrize("worlds", [5, pytest.param(10, marks=pytest.mark.soak)])
def test_whatever_happens_nothing_is_lost_or_doubled(world: int, worlds: int) -> None:
    """Some worlds of thirty steps each, the same ones every time."""
    run_state_machine_as_test(
        seed(world)(_kind()), settings=settings(_MODEL, max_examples=worlds, stateful_step_count=30)
    )


@pytest.mark.soak
def test_whatever_happens_for_long() -> None:
    """Other worlds every time, many more of them, and longer ones."""
    run_state_machine_as_test(World, settings=settings(_MODEL, max_examples=3000, stateful_step_count=60))


def _kind() -> type[World]:
    """The machine, to be given a seed of its own."""

    class Seeded(World):
        pass

    return Seeded
