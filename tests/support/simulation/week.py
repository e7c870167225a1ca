"""
A week of a shop's life: busy by day, quiet at night, and something goes wrong all the time.

Everybody's acts are drawn from one seed, each kind as often as its hour has it. Nothing here asks whether shopbell
is well: people write and press whatever they see, and it dies whenever it dies.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

from bot.model import Agent, Ask, Hours, Promises, Status, ThreadId, TicketId, Verb
from tests.support.memory.vendor import START
from tests.support.simulation.accidents import Accidents
from tests.support.simulation.checks import Watch
from tests.support.simulation.room import NOTE, Room, Written, about, agent
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import Simulation

HOUR = 3600.0
DAY = 24 * HOUR
STORES: Mapping[str, Sequence[str]] = {
    "books": ("discord:1", "slack:1"),
    "tea": ("discord:2", "slack:1"),
    "toys": ("discord:2", "slack:3"),
    "wood": ("discord:4",),
    "silk": ("slack:4",),
}
"""Two of them share a channel in Slack and two in Discord; one is in Discord only, and one in Slack."""
_LAGS = {"books": 0.0, "tea": 3.0, "toys": 12.0, "wood": 0.0, "silk": 8.0}
_WITH_WEBHOOKS = ("tea", "wood")
_AGENTS = ("Ann", "Bob", "Cho", "Dee")
_DAY = (
    (Verb.TAKE, ""),
    (Verb.TAKE_OVER, ""),
    (Verb.RELEASE, ""),
    (Verb.SNOOZE, "20m"),
    (Verb.SNOOZE, "3h"),
    (Verb.SNOOZE, "tomorrow"),
    (Verb.SNOOZE, "off"),
)
_OPEN = ((9 * 60, 18 * 60),)
PROMISES = Promises(
    hours=Hours(zone=ZoneInfo("UTC"), week=(*(_OPEN,) * 5, (), ())),
    first_answer=timedelta(hours=2),
    next_answer=timedelta(hours=5),
)
"""Kept by nobody on purpose, so it is broken as often as customers write in the evening."""
# So long after anybody's act everything happens at its own moment; what comes later may be so late.
_LIVELY = 20.0
_STRIDE = 60.0
# How many of the people do something at nearly the same time.
_CROWD = 3
_LONG = " and so on" * 450
# The people whose turn comes again are those who spoke last.
_RECENT = 40
_UNDECIDED = """
SELECT d.id, d.kind, d.state, l.chat, m.chat_message
FROM deliveries AS d LEFT JOIN messages AS m ON m.id = d.message LEFT JOIN links AS l ON l.id = m.link
WHERE d.state IN ('failed', 'held') AND d.state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
ORDER BY d.id
"""

Act = Callable[[], Awaitable[None]]


@dataclass
class Week:
    """
    The people and the accidents of some days.

    Attributes:
        faults: What must never be and was seen, an hour after it happened at the latest.
        outages, suspensions: How often a side was down for an hour, and how often the machine slept.
    """

    sim: Simulation
    random: Random
    days: float = 7.0
    faults: list[str] = field(default_factory=list)
    accidents: Accidents = field(init=False)
    _said: int = 0
    _recent: deque[TicketId] = field(default_factory=lambda: deque(maxlen=_RECENT))
    _own: deque[tuple[Room, Written]] = field(default_factory=lambda: deque(maxlen=_RECENT))
    _threads: dict[str, list[tuple[Room, ThreadId]]] = field(default_factory=lambda: defaultdict(list))
    _known: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        customers, agents, any_time = _customers_hours, _agents_hours, _any_hour
        accidents = self.accidents = Accidents(self.sim, self.random)
        self._acts: list[tuple[float, Callable[[float], float], Act]] = [
            (4.0, customers, self._a_customer_comes),
            (10.0, customers, self._a_customer_goes_on),
            (2.0, agents, self._a_colleague_answers),
            (1.0, agents, self._a_colleague_changes_the_status),
            (11.0, agents, self._an_agent_replies),
            (2.0, agents, self._an_agent_takes_a_note),
            (2.0, agents, self._an_agent_has_second_thoughts),
            (1.0, agents, self._an_agent_changes_an_old_message),
            (5.0, agents, self._an_agent_closes_or_reopens),
            (4.0, agents, self._an_agent_decides),
            (1.5, agents, self._an_agent_takes_or_snoozes),
            (0.4, agents, self._an_agent_sends_by_hand),
            (0.4, agents, self._a_guest_writes),
            (0.3, agents, self._an_agent_looks_at_the_figures),
            (0.1, agents, self._a_thread_is_deleted),
            (0.05, agents, self._a_ticket_is_deleted),
            (0.9, any_time, accidents.shopbell_dies),
            (0.3, any_time, accidents.shopbell_is_restarted),
            (0.5, any_time, accidents.a_chat_loses_its_connection),
            (0.5, agents, self._an_agent_writes_over_a_lost_connection),
            (0.5, any_time, accidents.a_limit_holds_posts_back),
            (0.05, any_time, accidents.a_vendor_is_down),
            (0.06, agents, accidents.a_chat_is_down),
            (0.02, any_time, accidents.the_machine_sleeps),
            (0.06, any_time, accidents.the_clock_is_set),
        ]

    async def live(self) -> None:
        """Let the days pass; ends early where something is wrong."""
        for store, shop in self.sim.shops.items():
            shop.lag = timedelta(seconds=_LAGS[store])
            shop.capabilities = replace(shop.capabilities, quick_poll=40.0)
            shop.names_replies = store != "toys"
            shop.reopens = store != "silk"
        watch, loop = Watch(self.sim), self.sim.loop
        next_look = HOUR
        await self._a_customer_comes()
        while loop.time() < self.days * DAY and not self.faults:
            likely = [(often * hours(self._hour()), act) for often, hours, act in self._acts]
            wait = self.random.expovariate(sum(often for often, _ in likely) / HOUR)
            await self._pass(min(wait * _CROWD, HOUR / 4))
            self.accidents.end_outages()
            if wait * _CROWD < HOUR / 4:
                await self._a_moment(likely)
            if loop.time() >= next_look:
                next_look += HOUR
                self.sim.observe()
                self.faults += watch.unsafe()
        self.sim.clock.skew = 0.0

    async def _a_moment(self, likely: Sequence[tuple[float, Act]]) -> None:
        """Several do something at nearly the same time."""
        weights = [often for often, _ in likely]
        for _, act in self.random.choices(likely, weights, k=self.random.randrange(1, 2 * _CROWD)):
            await act()
            await asyncio.sleep(self.random.choice([0.0, 0.1, 1.0, 3.0]))

    # ------------------------------------------------------------ at the vendors

    async def _a_customer_comes(self) -> None:
        store = self.random.choice(list(STORES))
        shop = self.sim.shops[store]
        ticket = TicketId(f"{store}-{len(shop.said) + 1}")
        name = f"Jane{self.random.randrange(200)}"
        shop.customer_writes(ticket, self._text(ticket, "customer"), name=name)
        self._stirred(shop, ticket)

    async def _a_customer_goes_on(self) -> None:
        shop, ticket = self._a_ticket()
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            text = self._text(ticket, "customer") + self.random.choice(["", "", "", "", _LONG])
            shop.customer_writes(ticket, text)
        self._stirred(shop, ticket)

    async def _a_colleague_answers(self) -> None:
        shop, ticket = self._a_ticket()
        shop.colleague_writes(ticket, self._text(ticket, "colleague"))
        self._stirred(shop, ticket)

    async def _a_colleague_changes_the_status(self) -> None:
        shop, ticket = self._a_ticket()
        now = shop.tickets[ticket].status
        shop.set(ticket, Status.OPEN if now is Status.CLOSED else Status.CLOSED)
        self._stirred(shop, ticket)

    def _stirred(self, shop: Shop, ticket: TicketId) -> None:
        if ticket in self._recent:
            self._recent.remove(ticket)
        self._recent.append(ticket)
        if shop.name in _WITH_WEBHOOKS:
            self.sim.nudge(shop.name, ticket)

    # ------------------------------------------------------------ in the chats

    async def _an_agent_replies(self) -> None:
        """To whom it is our turn to answer; now and then in two messages, in both chats at once, or just thanks."""
        shop, ticket = self._a_ticket(waiting=True)
        for room, thread in self._threads_of(ticket)[: self.random.choice([1, 1, 1, 1, 2])]:
            for _ in range(self.random.choice([1, 1, 1, 2])):
                unlike_others = self._text(ticket, "reply") + self.random.choice([""] * 19 + [_LONG])
                self._writes(room, thread, f"{ticket} Thanks!" if self.random.random() < 0.06 else unlike_others)
        self._stirred(shop, ticket)

    async def _an_agent_takes_a_note(self) -> None:
        _, ticket = self._a_ticket()
        for room, thread in self._threads_of(ticket)[:1]:
            self._writes(room, thread, NOTE + self._text(ticket, "note"))

    async def _an_agent_has_second_thoughts(self) -> None:
        """About what they wrote a moment ago: in time, or just too late."""
        _, ticket = self._a_ticket()
        for room, thread in self._threads_of(ticket)[:1]:
            written = self._writes(room, thread, self._text(ticket, "reply"))
            await asyncio.sleep(self.random.choice([0.5, 2.0, 4.8, 5.2, 9.0]))
            self._changes(room, written)

    async def _an_agent_changes_an_old_message(self) -> None:
        own = [(r, w) for r, w in self._own if not w.deleted and w.place.thread not in r.gone]
        if own:
            self._changes(*self.random.choice(own))

    async def _an_agent_closes_or_reopens(self) -> None:
        shop, ticket = self._a_ticket()
        closed = shop.tickets[ticket].status is Status.CLOSED
        for room, thread in self._threads_of(ticket)[:1]:
            verb = Verb.REOPEN if closed else Verb.CLOSE
            await self.sim.ask(room, Ask(verb=verb, agent=self._somebody(), place=room.place_of(thread)))

    async def _an_agent_takes_or_snoozes(self) -> None:
        """Mostly what waits for us; now and then what somebody else has, or what is snoozed already."""
        _, ticket = self._a_ticket(waiting=True)
        for room, thread in self._threads_of(ticket)[:1]:
            verb, words = self.random.choice(_DAY)
            await self.sim.ask(room, Ask(verb=verb, agent=self._somebody(), place=room.place_of(thread), words=words))

    async def _an_agent_decides(self) -> None:
        """About everything that failed or was held: mostly it shall be sent."""
        for row in self.sim.rows(_UNDECIDED):
            discard = row["kind"] == "reply" and self.random.random() < 0.1
            if discard:
                self.sim.discarded.append(self.sim.rooms[row["chat"]].written[int(row["chat_message"]) - 1])
            await self.sim.press(Verb.DISCARD if discard else Verb.RETRY, row["id"])

    async def _an_agent_sends_by_hand(self) -> None:
        """What was a note, or a guest's."""
        kept = [(r, w) for r, w in self._own if not w.deleted and w.place.thread not in r.gone]
        kept = [(r, w) for r, w in kept if w.versions[-1].startswith(NOTE) or not w.agent.is_full_member]
        if kept:
            room, written = self.random.choice(kept)
            written.sent_by_hand = True
            self.sim.out_of_turn |= set(written.versions)
            ask = Ask(verb=Verb.SEND, agent=self._somebody(), place=written.place, message=written.said)
            await self.sim.ask(room, ask)

    async def _a_guest_writes(self) -> None:
        _, ticket = self._a_ticket()
        for room, thread in self._threads_of(ticket)[:1]:
            self._own.append((room, room.writes(thread, self._text(ticket, "guest"), may=False)))

    async def _an_agent_looks_at_the_figures(self) -> None:
        _, ticket = self._a_ticket()
        for room, thread in self._threads_of(ticket)[:1]:
            await self.sim.ask(room, Ask(verb=Verb.STATS, agent=self._somebody(), place=room.place_of(thread)))

    async def _a_thread_is_deleted(self) -> None:
        _, ticket = self._a_ticket()
        for room, thread in self._threads_of(ticket)[:1]:
            room.thread_vanishes(thread)

    async def _a_ticket_is_deleted(self) -> None:
        shop, ticket = self._a_ticket()
        # Closed ones are not listed, so nobody would notice.
        if shop.tickets[ticket].status is Status.OPEN:
            shop.vanishes(ticket)

    async def _an_agent_writes_over_a_lost_connection(self) -> None:
        """Before it is back, and just when it is."""
        _, ticket = self._a_ticket()
        for room, thread in self._threads_of(ticket)[:1]:
            room.disconnects(2.0)
            for pause in (2.4, 0.3, 0.3, 0.3):
                self._writes(room, thread, self._text(ticket, "reply"))
                await asyncio.sleep(pause)

    # ------------------------------------------------------------ hands

    def _hour(self) -> float:
        """Hours since the beginning of the week's first day."""
        return (START - START.replace(hour=0)).total_seconds() / HOUR + self.sim.loop.time() / HOUR

    async def _pass(self, seconds: float) -> None:
        """Time passes, and when nobody has done anything for a while it passes in strides."""
        await asyncio.sleep(min(seconds, _LIVELY))
        if seconds > _LIVELY:
            self.sim.loop.stride = _STRIDE
            await asyncio.sleep(seconds - _LIVELY)
            self.sim.loop.stride = 0.0

    def _text(self, ticket: str, kind: str) -> str:
        self._said += 1
        return f"{ticket} {kind} {self._said}"

    def _somebody(self) -> Agent:
        return agent(self.random.choice(_AGENTS))

    def _a_ticket(self, *, waiting: bool = False) -> tuple[Shop, TicketId]:
        """One of those that somebody spoke in lately; mostly, where `waiting`, one that waits for us."""
        recent = [(self.sim.shops[ticket.split("-")[0]], ticket) for ticket in self._recent]
        there = [(shop, ticket) for shop, ticket in recent if ticket in shop.tickets]
        ours = [(shop, ticket) for shop, ticket in there if waiting and shop.unanswered(ticket)]
        return self.random.choice(ours or there)

    def _threads_of(self, ticket: TicketId) -> list[tuple[Room, ThreadId]]:
        """The threads in which somebody can write, in any order."""
        for room in self.sim.rooms.values():
            for headed in room.headed[self._known[room.name] :]:
                self._threads[room.ticket_of(headed.opened.thread)].append((room, headed.opened.thread))
            self._known[room.name] = len(room.headed)
        live = [(room, thread) for room, thread in self._threads[ticket] if thread not in room.gone]
        self.random.shuffle(live)
        return live

    def _writes(self, room: Room, thread: ThreadId, text: str) -> Written:
        times = self.random.choice([1] * 18 + [2, 11])
        written = room.writes(thread, text, times=times, who=self.random.choice(_AGENTS))
        self._own.append((room, written))
        return written

    def _changes(self, room: Room, written: Written) -> None:
        if self.random.random() < 0.4:
            room.deletes(written)
        else:
            text = self._text(about(written.versions[0]), "edited")
            room.edits(written, self.random.choice(["", "", NOTE]) + text)


def _customers_hours(hour: float) -> float:
    """How much customers do, as a share of their busiest hour."""
    awake = 0.1 if hour % 24 < 7 or hour % 24 >= 23 else 0.4 if not 9 <= hour % 24 < 18 else 1.0
    return awake * (0.4 if _weekend(hour) else 1.0)


def _agents_hours(hour: float) -> float:
    """How much agents do: the shop is open from nine to six, and somebody looks in now and then."""
    return (1.0 if 9 <= hour % 24 < 18 else 0.04) * (0.15 if _weekend(hour) else 1.0)


def _any_hour(_: float) -> float:
    return 1.0


def _weekend(hour: float) -> bool:
    """The days begin on a Sunday."""
    return int(hour // 24) % 7 in (0, 6)
