"""What a patrol finds, brings, and makes of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from adapters.chats.patrol import Patrol, RecentMessage, RecentMessages
from bot.clock import RemoteClock, SystemClock
from bot.errors import Unavailable
from bot.model import Agent, AgentId, ChannelId, ChatMessageId, ChatName, Place, Said, ThreadId

SLACK = ChatName("slack")
PLACE = Place(chat=SLACK, channel=ChannelId("C1"), thread=ThreadId("1"))
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Over(Exception):
    """The time of the story is up."""


@dataclass
class World(SystemClock):
    """
    Threads, somebody who takes what is brought, and time, which passes only while somebody sleeps.

    A message's id is the second in which it was written.

    Attributes:
        then: What happens at given seconds.
        asked: The ids after which was asked, and when.
        takes: How long a reading takes.
        ours: The last message that was our own.
        ahead: How far this machine's time of day is ahead of the platform's.
        recorded_before: Texts that an earlier process has recorded.
        elsewhere: The threads of messages that do not stand in the first one.
        unread: Messages that stand in a thread that cannot be read now.
        of_unknown: Messages of whose authors nothing can be known now.
    """

    until: float = 0.0
    time: float = 0.0
    then: dict[float, Callable[[], None]] = field(default_factory=dict)
    stands: list[int] = field(default_factory=list)
    away: bool = False
    asked: list[tuple[float, int]] = field(default_factory=list)
    takes: float = 0.0
    ours: int = 0
    ahead: timedelta = timedelta()
    brought: list[tuple[float, str]] = field(default_factory=list)
    recorded_before: set[str] = field(default_factory=set)
    elsewhere: dict[int, ThreadId] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    of_unknown: set[int] = field(default_factory=set)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time) + self.ahead

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        for moment in sorted(moment for moment in self.then if moment <= self.time):
            self.then.pop(moment)()
        if self.time > self.until:
            raise Over

    def id_at(self, moment: datetime) -> int:
        return int((moment - START).total_seconds())

    async def read(self, after: int) -> RecentMessages:
        self.asked.append((self.time, after))
        self.time += self.takes
        if self.away:
            raise Unavailable("away")
        found = [
            RecentMessage(message, self.elsewhere.get(message, PLACE.thread), partial(self._said, message))
            for message in self.stands
            if message > after and message not in self.unread
        ]
        return RecentMessages(max([self.ours, *self.stands]), found, is_complete=not self.unread)

    async def _said(self, message: int) -> Said:
        if message in self.of_unknown:
            raise Unavailable("who is that?")
        agent = Agent(id=AgentId("U1"), name="Ann", is_full_member=True)
        return Said(
            place=PLACE, message=ChatMessageId(str(message)), agent=agent, text=f"at {message}", said_at=self.now()
        )

    async def said(self, said: Said) -> bool:
        self.brought.append((self.time, said.text))
        return said.text not in self.recorded_before

    def writes(self, patrol: Patrol, at: int, heard: float | None = None) -> None:
        """Somebody writes; the message comes in later, or with None never."""
        self.then[at] = partial(self.stands.append, at)
        if heard is not None:
            self.then[heard + 0.5] = partial(patrol.received, at)


def patrolling(world: World) -> Patrol:
    theirs = RemoteClock(world)
    theirs.answered(format_datetime(START + timedelta(seconds=world.time)))
    patrol = Patrol(SLACK, world, world, theirs, seconds=180.0)
    patrol.begin()
    return patrol


async def over(world: World, running: Coroutine[Any, Any, None]) -> float | None:
    """When it returned, on that clock; None: not by the end of the story."""
    try:
        await running
    except Over:
        return None
    return world.time


async def run(world: World, patrol: Patrol, seconds: float) -> float | None:
    intake: Any = world
    world.until = world.time + seconds
    return await over(world, patrol.run(intake))


async def test_a_message_that_did_not_come_in_is_brought_within_four_minutes() -> None:
    """Whenever it was written; and the connection is given up."""
    for written in range(1, 400, 7):
        world = World()
        patrol = patrolling(world)
        world.writes(patrol, written)
        ended = await run(world, patrol, 1000)
        assert [text for _, text in world.brought] == [f"at {written}"]
        (moment, _) = world.brought[0]
        assert moment - written <= 240
        assert ended == moment
        assert patrol.overlooked_at == world.now()


@pytest.mark.parametrize("ahead", [timedelta(days=-1), timedelta(minutes=30), timedelta(days=1)])
async def test_it_is_as_soon_by_a_wrong_clock(ahead: timedelta) -> None:
    """What is lately is the platform's to say; nothing old is brought, either."""
    world = World(stands=[-700], ahead=ahead)
    patrol = patrolling(world)
    world.writes(patrol, 100)
    ended = await run(world, patrol, 1000)
    assert [text for _, text in world.brought] == ["at 100"]
    assert ended is not None
    assert ended <= 340


async def test_what_an_earlier_process_recorded_is_not_missing() -> None:
    """After a restart, the messages of the last minutes are compared with what is recorded; the connection stays."""
    world = World(stands=[-200, -100, -1], recorded_before={"at -200", "at -100", "at -1"})
    patrol = patrolling(world)
    assert await run(world, patrol, 3000) is None
    assert patrol.overlooked_at is None
    world.writes(patrol, 3100)
    ended = await run(world, patrol, 1000)
    assert world.brought[-1][1] == "at 3100"
    assert ended == world.brought[-1][0]


async def test_what_comes_in_is_not_brought_again() -> None:
    """Not even where it comes half a minute late; then everything is well."""
    world = World()
    patrol = patrolling(world)
    for at in range(10, 3000, 50):
        world.writes(patrol, at, heard=at + 25)
    assert await run(world, patrol, 3600) is None
    assert world.brought == []
    assert patrol.overlooked_at is None
    assert patrol.compared_at is not None


async def test_one_lost_message_among_others_is_found() -> None:
    """Others of its thread that came in before and after do not hide it."""
    world = World()
    patrol = patrolling(world)
    for at in (100, 110, 120):
        world.writes(patrol, at, heard=None if at == 110 else at)
    assert await run(world, patrol, 1000) is not None
    assert [text for _, text in world.brought] == ["at 110"]


async def test_several_are_brought_as_they_were_written() -> None:
    """However the threads are listed; and none of them twice, not on the next connection either."""
    world = World()
    patrol = patrolling(world)
    for at in (120, 100, 110):
        world.writes(patrol, at)
    assert await run(world, patrol, 1000) is not None
    patrol.begin()
    assert await run(world, patrol, 1000) is None
    assert [text for _, text in world.brought] == ["at 100", "at 110", "at 120"]


async def test_what_was_deleted_meanwhile_is_not_brought() -> None:
    """It is read again before it is believed."""
    world = World()
    patrol = patrolling(world)
    world.writes(patrol, 170)
    world.then[195.0] = world.stands.clear
    assert await run(world, patrol, 1000) is None
    assert world.brought == []


async def test_what_was_written_long_before_the_connection_is_left_to_catching_up() -> None:
    """And what that has read is known."""
    world = World(time=3600.0)
    world.stands = [2000, 3500]
    patrol = patrolling(world)
    patrol.received(3500)
    assert await run(world, patrol, 1000) is None
    assert world.brought == []


async def test_connections_are_not_made_anew_again_and_again() -> None:
    """Where a new one is as silent, everything is brought all the same; patience grows to an hour."""
    world = World()
    patrol = patrolling(world)
    for at in range(30, 40_000, 100):
        world.writes(patrol, at)
    ended = []
    while (moment := await run(world, patrol, 40_000 - world.time)) is not None:
        ended.append(moment)
        patrol.begin()
    waits = [later - earlier for earlier, later in pairwise(ended)]
    assert waits[0] >= 600
    assert waits == sorted(waits)
    assert all(wait >= 3600 for wait in waits[3:])
    assert len(ended) < 16
    texts = [text for _, text in world.brought]
    assert len(texts) == len(set(texts)) >= 390
    assert all(moment - int(text[3:]) <= 300 for moment, text in world.brought)


async def test_patience_is_short_again_once_nothing_was_overlooked_for_an_hour() -> None:
    """Until then a place of which nothing comes is no reason for another connection whenever somebody writes there."""
    world = World()
    patrol = patrolling(world)
    world.writes(patrol, 100)
    assert await run(world, patrol, 1000) is not None
    world.writes(patrol, 300)
    world.writes(patrol, 700, heard=701)
    assert await run(world, patrol, 4100) is None
    assert len(world.brought) == 2
    world.writes(patrol, int(world.time) + 10)
    assert await run(world, patrol, 400) is not None
    world.writes(patrol, int(world.time) + 10)
    assert await run(world, patrol, 400) is None
    assert len(world.brought) == 4


async def test_what_we_said_ourselves_is_not_read_over_and_over() -> None:
    """The list names it as a thread's last message; after some minutes only what is newer is asked for."""
    world = World(ours=500)
    patrol = patrolling(world)
    assert await run(world, patrol, 3600) is None
    assert {after for moment, after in world.asked if moment > 1000} == {500}


async def test_quiet_looks_cost_little() -> None:
    """One every three minutes; each asks for what is new only; one that takes long is followed by a longer pause."""
    world = World()
    patrol = patrolling(world)
    for at in range(10, 3600, 60):
        world.writes(patrol, at, heard=at + 1)
    assert await run(world, patrol, 3600) is None
    assert 14 <= len(world.asked) <= 20
    assert all(after >= moment - 600 for moment, after in world.asked if moment > 800)
    assert len(patrol._received) < 10
    slow = World(takes=600.0)
    patrol = patrolling(slow)
    assert await run(slow, patrol, 18_000) is None
    assert 9 <= len(slow.asked) <= 11


async def test_a_platform_that_does_not_answer_is_asked_again_later() -> None:
    """What was overlooked meanwhile is found then."""
    world = World(away=True)
    patrol = patrolling(world)
    world.writes(patrol, 20)

    def back() -> None:
        world.away = False

    world.then[1000.0] = back
    assert await run(world, patrol, 2000) is not None
    assert [text for _, text in world.brought] == ["at 20"]
    assert 1000 < world.brought[0][0] < 1300


async def test_a_thread_that_cannot_be_read_hides_no_other() -> None:
    """What stands there is found when it can be read, however much later."""
    world = World(unread={20})
    patrol = patrolling(world)
    world.writes(patrol, 20)
    world.writes(patrol, 30)
    assert await run(world, patrol, 400) is not None
    assert [text for _, text in world.brought] == ["at 30"]
    patrol.received(30)
    assert await run(world, patrol, 40_000) is None
    world.unread.clear()
    assert await run(world, patrol, 400) is not None
    assert [text for _, text in world.brought] == ["at 30", "at 20"]


async def test_somebody_unknown_keeps_back_their_own_thread_alone() -> None:
    """In that thread nothing overtakes; after a day nothing more is read again because of it."""
    world = World(of_unknown={20}, elsewhere={30: ThreadId("2")})
    patrol = patrolling(world)
    for at in (20, 30, 40):
        world.writes(patrol, at)
    assert await run(world, patrol, 400) is not None
    assert [text for _, text in world.brought] == ["at 30"]
    world.of_unknown.clear()
    await run(world, patrol, 400)
    assert [text for _, text in world.brought] == ["at 30", "at 20", "at 40"]
    world.of_unknown = {2000}
    world.then[2000.0] = partial(world.stands.append, 2000)
    assert await run(world, patrol, 200_000) is None
    assert world.asked[-1][1] > 2000


@pytest.mark.parametrize("failures", [4, 5])
async def test_an_outage_is_not_asked_about_in_each_thread(failures: int) -> None:
    """After five failures in a row nothing more is tried, until the next time."""
    world = World(of_unknown=set(range(20, 20 + failures)))
    world.elsewhere = {at: ThreadId(str(at)) for at in range(20, 30)}
    patrol = patrolling(world)
    for at in range(20, 30):
        world.writes(patrol, at)
    await run(world, patrol, 300)
    assert len(world.brought) == (10 - failures if failures < 5 else 0)
