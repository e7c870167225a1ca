"""
A chat in memory, for tests of the core alone; as strict as the vendor beside it.

It keeps what it was told and fails on demand, so that a test sees exactly what left the core and how often.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO

from bot.errors import Gone, Rejected, RemoteError, Uncertain
from bot.model import (
    Agent,
    AgentId,
    Answer,
    Attachment,
    Card,
    ChannelId,
    ChatMessageId,
    ChatName,
    Cursor,
    DeliveryKey,
    Finding,
    Form,
    Kind,
    Mark,
    Mention,
    Opened,
    Place,
    Post,
    Said,
    ThreadId,
    Voice,
)
from bot.ports import ChatHealth, Intake, Limit
from tests.support.memory.vendor import START, Gate
from tests.support.opening import opening_on
from tests.support.simulation.loop import now


@dataclass
class Shown:
    """One text that stands in a chat. Texts that were said in one post have the same id."""

    id: ChatMessageId
    post: Post
    part: int
    key: DeliveryKey
    at: datetime


@dataclass
class Headed:
    """One thread that was opened."""

    channel: ChannelId
    opened: Opened
    key: DeliveryKey
    at: datetime


@dataclass
class MemoryChat:
    """
    Threads in dictionaries; fails and loses as `MemoryVendor` does.

    Attributes:
        shown: What stands in each thread; also the first message, if it stands on the card.
        headed: Every thread that was ever opened, also those that are gone.
        reactions: What stands on people's messages now; `marks`: what was put there last.
        gone: Threads, channels and cards that were deleted.
        wordings: What people's messages read like now, by id; None: deleted. Others are in no thread that is there.
        authors: Who wrote a message that is read again; others are Ann's.
        shut_out: Who cannot write in which channel.
        locked: Threads in which nobody can write any more.
        posts: How many there ever were in each thread or channel, those on cards included.
        said: All that was ever said or opened here, wherever, in its order; `said_at`: when.
        held_back_until: Until when a limit allows no post; None: none does.
        refused_word: Refused in posts that are not in their plainest form, and on cards in full; empty: none is.
    """

    name: ChatName = field(default=ChatName("discord"))
    part_length: int = 2000
    cards: dict[ThreadId, list[Card]] = field(default_factory=lambda: defaultdict(list))
    names: dict[ThreadId, str] = field(default_factory=dict)
    headed: list[Headed] = field(default_factory=list)
    shown: dict[str, list[Shown]] = field(default_factory=lambda: defaultdict(list))
    marks: dict[ChatMessageId, Mark | None] = field(default_factory=dict)
    reactions: dict[ChatMessageId, set[Mark]] = field(default_factory=lambda: defaultdict(set))
    gone: set[str] = field(default_factory=set)
    told: list[tuple[AgentId, str]] = field(default_factory=list)
    wordings: dict[ChatMessageId, str | None] = field(default_factory=dict)
    history: list[Said] = field(default_factory=list)
    authors: dict[ChatMessageId, Agent] = field(default_factory=dict)
    shut_out: set[tuple[AgentId, ChannelId]] = field(default_factory=set)
    locked: set[ThreadId | None] = field(default_factory=set)
    said: list[ChatMessageId] = field(default_factory=list)
    posts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    said_at: dict[ChatMessageId, datetime] = field(default_factory=dict)
    held_back_until: datetime | None = None
    refused_word: str = ""
    fail: dict[str, list[RemoteError]] = field(default_factory=lambda: defaultdict(list))
    lose: set[str] = field(default_factory=set)
    intake: Intake | None = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    missed_calls: int = 0
    reread_calls: int = 0
    now: Callable[[], datetime] = field(default=now)
    gate: Gate = field(default_factory=Gate)

    @property
    def label(self) -> str:
        return self.name.title()

    def listen_in(self, channels: Collection[ChannelId]) -> None:
        """It hears everything anyway."""

    def address(self, place: Place) -> str:
        return f"https://{self.name}.example/{place.thread}"

    def typable(self, beginning: str) -> bool:
        return self.name != "slack" or not beginning.startswith("/")

    async def run(self, intake: Intake) -> None:
        self.intake = intake
        intake.gap_possible(self.name)
        await intake.connected(self.name)
        self.connected.set()
        await asyncio.Event().wait()

    def health(self) -> ChatHealth:
        return ChatHealth(connected=self.connected.is_set(), last_event_at=START)

    def limit(self, kind: Kind, place: Place) -> Limit:
        """One at a time: openings in a channel, and each kind in a thread; no post where they are held back."""
        is_held_back = kind is Kind.POST and self.held_back_until is not None
        seconds = (self.held_back_until - now()).total_seconds() if is_held_back and self.held_back_until else 0.0
        return Limit(f"{kind} {place.thread or place.channel}", max(0.0, seconds))

    def parts(self, post: Post) -> int:
        if post.further:
            length = len(post.text) + sum(len(each.text) for each in post.further)
            return 1 if length <= self.part_length else 2
        return max(1, -(-len(post.text) // self.part_length))

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        await self._before("open_thread")
        self._must_be_there(channel)
        self._must_be_taken(card.opening, card.form, Form.PLAIN)
        thread = ThreadId(f"{channel}.{len(self.headed) + 1}")
        opened = Opened(thread=thread, card=ChatMessageId(f"card-{thread}"))
        self.headed.append(Headed(channel, opened, key, self.now()))
        self._said(opened.card)
        self.cards[thread].append(card)
        self.names[thread] = card.title
        opening = opening_on(card)
        if opening:
            post = Post(voice=Voice.CUSTOMER, name=card.customer.name or "", text=opening, form=card.form)
            self.shown[thread].append(Shown(opened.card, post, 0, DeliveryKey(f"{key} opening"), self.now()))
            self.posts[thread] += 1
        await self._after("open_thread")
        return opened

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        await self._before("post")
        self._must_be_there(place.channel, place.thread)
        assert not post.further or (part, self.parts(post), post.form) == (0, 1, Form.FULL)
        texts = [replace(post, further=()), *(replace(post, text=each.text, at=each.at) for each in post.further)]
        for each in texts:
            self._must_be_taken(each.text, post.form, Form.DEFUSED)
        where = place.thread or place.channel
        self.posts[where] += 1
        message = ChatMessageId(f"{where}#{self.posts[where]}")
        self.shown[where] += [Shown(message, replace(each, further=()), part, key, self.now()) for each in texts]
        self._said(message)
        await self._after("post")
        return message

    async def edit_post(self, place: Place, message: ChatMessageId, post: Post, part: int, key: DeliveryKey) -> None:
        await self._before("edit_post")
        self._must_be_there(place.channel, place.thread, message)
        self._must_be_taken(post.text, post.form, Form.DEFUSED)
        where = self.shown[place.thread or place.channel]
        (index,) = [index for index, shown in enumerate(where) if shown.id == message]
        assert (where[index].key, where[index].part) == (key, part)
        where[index] = replace(where[index], post=post)
        await self._after("edit_post")

    def time_of(self, message: ChatMessageId) -> datetime:
        """When it was said or opened here."""
        return self.said_at[message]

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        await self._before("render_card")
        self._must_be_there(place.channel, opened.thread)
        self._must_be_taken(card.opening, card.form, Form.PLAIN)
        if opened.card not in self.gone:
            self.cards[opened.thread].append(card)
            where = self.shown[opened.thread]
            if where and where[0].id == opened.card:
                where[0] = replace(where[0], post=replace(where[0].post, text=opening_on(card), form=card.form))
        await self._after("render_card")
        return opened.card not in self.gone

    async def post_card(self, place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
        said = await self.post(place, Post(voice=Voice.BELL, name="", text=card.title), 0, key)
        self.cards[ThreadId(str(place.thread))].append(card)
        return said

    async def erase(self, place: Place, message: ChatMessageId, text: str) -> None:
        await self._before("erase")
        self._must_be_there(place.channel, place.thread, message)
        where = self.shown[place.thread or place.channel]
        index, *others = [index for index, shown in enumerate(where) if shown.id == message]
        where[index] = replace(where[index], post=Post(voice=Voice.BELL, name="", text=text), part=0)
        for other in reversed(others):
            del where[other]
        await self._after("erase")

    async def rename_thread(self, place: Place, card: Card) -> None:
        await self._before("rename_thread")
        self._must_be_there(place.channel, place.thread)
        self.names[ThreadId(str(place.thread))] = card.title
        await self._after("rename_thread")

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        await self._before("mark")
        self._must_be_there(place.channel, place.thread)
        self.marks[message] = mark
        self.reactions[message] = (self.reactions[message] - {was}) | ({mark} if mark else set())
        await self._after("mark")

    async def tell(self, place: Place, agent: Agent, answer: Answer) -> None:
        await self._before("tell")
        self.told.append((agent.id, answer.text))
        await self._after("tell")

    async def download(self, attachment: Attachment, target: BinaryIO) -> None:
        await self._before("download")
        target.write(f"content of {attachment.name}".encode())

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        await self._before("find_thread")
        self._must_be_there(channel)
        ours = [h.opened for h in self.headed if h.key == key and h.opened.thread not in self.gone]
        found = [opened for opened in ours if self._is_newer(opened.card, after)]
        await self._after("find_thread")
        return found[0] if found else None

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        await self._before("find_post")
        self._must_be_there(place.channel, place.thread)
        ours = [shown.id for shown in self.shown[place.thread or place.channel] if shown.key == key]
        found = [message for message in ours if self._is_newer(message, after)]
        await self._after("find_post")
        return found[0] if found else None

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        self.missed_calls += 1
        await self._before("missed")
        threads = {cursor.place.thread for cursor in cursors}
        for said in self.history:
            if said.place.thread in threads:
                yield said

    async def writable(self, agent: Agent, places: Collection[Place], *, wrote: bool = False) -> frozenset[Place]:
        await self._before("writable")
        able = (place for place in places if (agent.id, place.channel) not in self.shut_out)
        return frozenset(place for place in able if wrote or place.thread not in self.locked)

    async def known_at(self, agent: Agent, place: Place) -> Agent:
        return agent

    async def reread(self, place: Place, message: ChatMessageId) -> Said | None:
        await self._before("reread")
        self._must_be_there(place.channel, place.thread)
        if message not in self.wordings:
            raise Gone("It was never written.")
        self.reread_calls += 1
        wording = self.wordings[message]
        await self._after("reread")
        return None if wording is None else self._as_said(place, message, wording)

    def _as_said(self, place: Place, message: ChatMessageId, text: str) -> Said:
        agent = self.authors.get(message, Agent(id=AgentId("u1"), name="Ann", is_full_member=True))
        return Said(place=place, message=message, agent=agent, text=text, said_at=self.now())

    async def check(
        self,
        channels: Sequence[ChannelId],
        pings: Sequence[tuple[ChannelId, Mention]] = (),
        agents: Collection[str] = (),
    ) -> Sequence[Finding]:
        return ()

    async def aclose(self) -> None:
        return

    def _said(self, message: ChatMessageId) -> None:
        self.said.append(message)
        self.said_at[message] = self.now()

    def threads(self) -> list[ThreadId]:
        """Every thread that was ever opened, oldest first."""
        return [headed.opened.thread for headed in self.headed]

    def texts(self, thread: str) -> list[str]:
        """What stands in a thread, oldest first; an erased card has nothing to read."""
        return [each.post.text for each in self.shown[thread] if each.post.text or not each.id.startswith("card-")]

    def _is_newer(self, message: ChatMessageId, than: ChatMessageId | None) -> bool:
        return than is None or self.said.index(message) > self.said.index(than)

    def _must_be_there(self, *places: str | None) -> None:
        if not self.gone.isdisjoint(places):
            raise Gone("It was deleted.")

    def _must_be_taken(self, text: str, form: Form, plain_enough: Form) -> None:
        if self.refused_word and self.refused_word in text and form < plain_enough:
            raise Rejected("It refuses a word.", plainer_may_pass=True)

    async def _before(self, method: str) -> None:
        await self.gate.before(self.name, method)
        self._call(method)

    async def _after(self, method: str) -> None:
        await self.gate.after(self.name, method)
        self._lose(method)

    def _call(self, method: str) -> None:
        if self.fail[method]:
            raise self.fail[method].pop(0)

    def _lose(self, method: str) -> None:
        if method in self.lose:
            self.lose.remove(method)
            raise Uncertain("The answer was lost.")
