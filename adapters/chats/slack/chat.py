"""Slack as the core sees it: the port `Chat`, put together from the other modules."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import BinaryIO

from adapters.chats.echo import Echo
from adapters.chats.malformed import Malformed
from adapters.chats.patrol import Patrol
from adapters.chats.slack import checks, messages
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.connection import Connection
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.history import History
from adapters.chats.slack.home import home_view
from adapters.chats.slack.missed_messages import MissedMessages
from adapters.chats.slack.pictures import Pictures
from adapters.chats.slack.posting import Posting
from adapters.chats.slack.reading import SLACK, time_of
from adapters.chats.slack.recent_messages import RecentMessageReader
from adapters.chats.slack.requests import SLACK_URL, Requests
from bot.clock import Clock
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
    Home,
    Kind,
    Mark,
    Mention,
    Opened,
    Place,
    Post,
    Said,
)
from bot.ports import ChatHealth, Intake, Limit


class SlackChat:
    """
    Implements `bot.ports.Chat` with slack-bolt, for one workspace.

    Args:
        bot_token: `xoxb-…`.
        app_token: `xapp-…`, with the scope `connections:write`.
        api_url: Base of the Web API, ends in `/api/`; None: Slack's own.
        agents: Ids that the settings name as agents, of people and of user groups, for each store; none: all full
            members.
        channels: Ids of the channels that we serve; nothing outside them is listened to.
        heartbeat: Seconds between the pings that show whether the socket still works.
    """

    name: ChatName = SLACK
    label = "Slack"

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str,
        clock: Clock,
        channels: frozenset[ChannelId],
        agents: Collection[frozenset[str]] = (frozenset(),),
        api_url: str | None = None,
        heartbeat: float = 10.0,
    ) -> None:
        self._requests = Requests(bot_token=bot_token, app_token=app_token, api_url=api_url or SLACK_URL, clock=clock)
        self._agents = Agents(self._requests, clock, agents)
        echo = Echo(clock)
        malformed, deletions = Malformed(SLACK), Deletions(self._requests, clock)
        self._posting = Posting(self._requests, clock, echo, deletions)
        self._pictures = Pictures(self._requests)
        self._served = {str(channel) for channel in channels}
        reader = RecentMessageReader(self._requests, self._agents, clock, self._served, malformed)
        self._patrol = Patrol(SLACK, reader, clock, self._requests.their_clock)
        self._history = History(self._requests, self._agents, deletions)
        self._missed = MissedMessages(
            self._requests,
            self._agents,
            clock,
            self._patrol,
            needs=reader.needs,
            deletions=deletions,
            malformed=malformed,
        )
        self._intake: Intake | None = None
        self._connection = Connection(
            self._requests,
            self._agents,
            self._posting,
            clock,
            served=self._served,
            heartbeat=heartbeat,
            echo=echo,
            patrol=self._patrol,
            reader=reader,
            deletions=deletions,
            malformed=malformed,
        )

    def typable(self, beginning: str) -> bool:
        return not beginning.startswith("/")

    def address(self, place: Place) -> str:
        return self._requests.address(place)

    # ------------------------------------------------------------ what people do

    def listen_in(self, channels: Collection[ChannelId]) -> None:
        self._served.update(channels)

    async def run(self, intake: Intake) -> None:
        self._intake = intake
        await self._connection.run(intake)

    def health(self) -> ChatHealth:
        return self._connection.health()

    def now(self) -> datetime | None:
        return self._requests.their_clock.now()

    def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        return self._missed.read(cursors, self._intake)

    async def writable(self, agent: Agent, places: Collection[Place], *, wrote: bool = False) -> frozenset[Place]:
        return await self._agents.writable(agent, places, wrote=wrote)

    async def known_at(self, agent: Agent, place: Place) -> Agent:  # noqa: ARG002 - there is one workspace
        return agent

    async def reread(self, place: Place, message: ChatMessageId) -> Said | None:
        return await self._history.reread(place, message)

    async def download(self, attachment: Attachment, target: BinaryIO) -> None:
        await self._requests.download(attachment, target)

    # ------------------------------------------------------------ what we post

    def parts(self, post: Post) -> int:
        return messages.parts(post)

    def limit(self, kind: Kind, place: Place) -> Limit:
        return self._posting.limit(kind, place)

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        return await self._posting.post(place, post, part, key)

    async def edit_post(
        self,
        place: Place,
        message: ChatMessageId,
        post: Post,
        part: int,
        key: DeliveryKey,  # noqa: ARG002 - Slack keeps it
    ) -> None:
        await self._posting.edit_post(place, message, post, part)

    def time_of(self, message: ChatMessageId) -> datetime:
        return time_of(message)

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        return await self._history.find_post(place, key, after)

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        return await self._posting.open_thread(channel, card, key)

    async def find_thread(
        self,
        channel: ChannelId,
        card: Card,  # noqa: ARG002 - in Slack the key is enough
        key: DeliveryKey,
        after: ChatMessageId | None,
    ) -> Opened | None:
        return await self._history.find_thread(channel, key, after)

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        await self._posting.render_card(place, opened, card)
        return True

    async def post_card(self, place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
        return await self._posting.post_card(place, card, key)

    async def erase(self, place: Place, message: ChatMessageId, text: str) -> None:
        await self._posting.erase(place, message, text)

    async def rename_thread(self, place: Place, card: Card) -> None:
        """A thread in Slack has no name but its card."""

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        await self._posting.mark(place, message, mark, was)

    async def person(self, agent: AgentId) -> Agent:
        return await self._agents.agent(agent)

    async def show_home(self, agent: AgentId, home: Home) -> None:
        await self._requests.write("views.publish", user_id=agent, view=home_view(home))

    async def tell(self, place: Place, agent: Agent, answer: Answer) -> None:
        async def show(shown: Answer) -> None:
            await self._posting.answer(place, agent.id, shown)

        await self._pictures.answer(agent.id, answer, show)

    # ------------------------------------------------------------ the rest

    async def check(
        self,
        channels: Sequence[ChannelId],
        pings: Sequence[tuple[ChannelId, Mention]] = (),
        agents: Collection[str] = (),
    ) -> Sequence[Finding]:
        return await checks.check(self._requests, channels, pings, agents, groups=self._agents.asks_for_groups)

    async def aclose(self) -> None:
        await self._requests.aclose()
