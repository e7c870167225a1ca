"""What the core expects of a chat. The docstrings are the contract; see `bot.ports`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol, runtime_checkable

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
from bot.ports.intake import Intake


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatHealth:
    """
    The state of a chat's connection.

    Attributes:
        last_event_at: When it last brought an event, also one that we caused; None: none yet. Heartbeats and what every
            new connection begins with do not count.
        last_sign_at: When it last brought anything, also a heartbeat; None: nothing yet.
        compared_at: When the messages in the threads were last compared with those that it brought; None: not yet.
        overlooked_at: When that last found a message that it had not brought; None: never.
        malformed: How many events and messages could not be read since the start, because they were malformed.
        problem: Why it is not connected, in words; empty while it is.
    """

    connected: bool
    last_event_at: datetime | None
    last_sign_at: datetime | None = None
    compared_at: datetime | None = None
    overlooked_at: datetime | None = None
    malformed: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """
    The platform's limit that holds for a delivery.

    Attributes:
        bucket: What the limit is counted by. Deliveries with the same bucket are made one after the other.
        seconds: So long the limit allows no further one; zero: it allows one now.
        scarce_for: For so many seconds little is left, and whoever had the last one leaves it to others; zero: there is
            enough.
    """

    bucket: str
    seconds: float
    scarce_for: float = 0.0


class Chat(Protocol):
    """
    One chat platform with one bot account.

    The methods that post something take a `DeliveryKey` and put it where `find_*` can find it later. They never repeat
    a request of unknown outcome: they raise `Uncertain`, and the core calls `find_*` before it tries again. All methods
    may also raise `Unavailable`, `RateLimited`, `AuthFailed`, `Forbidden` (a permission is missing; `user_message`
    names it), `Gone` (the channel or the thread does not exist) and `Rejected`.
    """

    @property
    def name(self) -> ChatName: ...

    @property
    def label(self) -> str:
        """The name for people: `Discord`."""
        ...

    def typable(self, beginning: str) -> bool:
        """Whether a person can begin a message with this. In Slack, for example, `/…` is always a command."""
        ...

    def listen_in(self, channels: Collection[ChannelId]) -> None:
        """Listen in these channels, too: tickets have threads there. Called before `run`."""
        ...

    def address(self, place: Place) -> str:
        """Where a thread is opened in a browser. Does not wait; no request. Empty: it is not known yet."""
        ...

    async def run(self, intake: Intake) -> None:
        """
        Connect, pass what people do to `intake`, and reconnect when needed. Ends only when cancelled or by raising.

        Before the first event of a connection that is not a resumption, `intake.gap_possible` is called; as soon as
        such a connection is usable, `intake.connected`. Messages that a connection fails to bring although it seems to
        work are found in the threads within some minutes, and are passed to `intake` too.

        Raises:
            AuthFailed: The token is refused, or an intent or scope is missing; `user_message` names the step to fix it.
        """
        ...

    def health(self) -> ChatHealth:
        """The current state of the connection. Does not wait; no request."""
        ...

    def now(self) -> datetime | None:
        """
        The chat's time, known from its answers. Does not wait; no request. None: it has not answered yet.

        The time of a message is compared with this, because this machine's clock may be wrong.
        """
        ...

    def parts(self, post: Post) -> int:
        """
        How many messages `post` needs here. Pure, does not wait, and never changes for the same post.

        For a post with `further` texts it is one if they have room together, else more.
        """
        ...

    def limit(self, kind: Kind, place: Place) -> Limit:
        """
        The limit for such a delivery to this place. Does not wait, counts nothing; no request.

        It is asked before a delivery is begun, so that none is begun that would only have to wait. What is begun all
        the same raises `RateLimited` instead of waiting for seconds.

        Args:
            place: The thread or channel; for `Kind.OPEN` the channel.
        """
        ...

    async def writable(self, agent: Agent, places: Collection[Place], *, wrote: bool = False) -> frozenset[Place]:
        """
        In which of these places the person can now see the channel and write in its threads.

        A place without a thread stands for all threads of its channel. What is remembered to answer this is never
        older than a minute, and a right ends at once where the platform reports that. Raises if it cannot be known.

        Args:
            wrote: They have written there: so the thread was open for them then, and if it is locked now, it was locked
                afterwards.
        """
        ...

    async def known_at(self, agent: Agent, place: Place) -> Agent:
        """
        The person as they are known at a place where they can write: on another Discord server they have other roles.

        What is remembered for that is as old as in `writable`; right after that it costs no request.
        """
        ...

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        """Post the card in the channel and make a thread under it. May find the card by `key` and add the thread."""
        ...

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        """
        Post one part of `post`, counted from 0, in a thread or a channel. This opens an archived thread.

        All text is shown exactly as it is, without formatting, and pings nobody.
        """
        ...

    async def edit_post(self, place: Place, message: ChatMessageId, post: Post, part: int, key: DeliveryKey) -> None:
        """
        Make a message of ours that `post` made with this key show a part of this post instead. Twice does no harm.

        This may open an archived thread. Raises `Gone` if the message was deleted, too.
        """
        ...

    def time_of(self, message: ChatMessageId) -> datetime:
        """When a message was posted, by the chat's own time, as it stands in the message's id. Pure."""
        ...

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        """
        Make the card and the tags as `card` says, and archive the thread of a closed ticket, if this chat can do that.

        Doing it twice does no harm.

        Returns:
            Whether the card exists; False: it was deleted, but not its thread. If a chat deletes the thread with its
            card, this raises `Gone` instead.
        """
        ...

    async def post_card(self, place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
        """Post a new card in its thread, after the first one was deleted. `find_post` finds it by its key."""
        ...

    async def erase(self, place: Place, message: ChatMessageId, text: str) -> None:
        """
        Replace all that a message of ours shows, its buttons included, by `text`. Doing it twice does no harm.

        This may open an archived thread. Raises `Gone` if the message was deleted.
        """
        ...

    async def rename_thread(self, place: Place, card: Card) -> None:
        """Name a thread after its card again, if this chat's threads have names; this may open an archived thread."""
        ...

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        """Replace our mark `was` on a person's message with `mark`; None: no mark. Doing it twice does no harm."""
        ...

    async def tell(self, place: Place, agent: Agent, answer: Answer) -> None:
        """Show an answer to one agent only, or as privately as the platform allows. Best effort, never repeated."""
        ...

    async def download(self, attachment: Attachment, target: BinaryIO) -> None:
        """
        Write the content of a file that a person added to a message to `target`, piece by piece.

        Raises `Gone` if it is not available any more. After an error, what stands in `target` is of no use.
        """
        ...

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        """
        Search for what `open_thread` with this key made; None: it certainly made nothing.

        Args:
            after: A message of ours, anywhere in this chat, that was posted before the attempt began; it may be deleted
                since. What the attempt made is newer by the platform's own time, so no clock of ours matters.
                None: no such message is known; then recent messages are searched, as far back as is cheap.
        """
        ...

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        """Search for what `post` with this key posted; None: certainly nothing. For `after` see `find_thread`."""
        ...

    def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        """
        What people wrote in these threads after each cursor, oldest first within a thread.

        Costs a constant number of requests per channel, plus those for threads that have new messages. While `run`
        runs, threads and channels that are found to be gone are reported to `Intake.place_deleted`, except threads that
        their tickets have left, and channels that cannot be read to `Intake.channel_unreadable`. The other threads are
        read all the same.
        """
        ...

    async def reread(self, place: Place, message: ChatMessageId) -> Said | None:
        """
        A person's message in a thread as it is now, with its author as they are now; None: it was deleted.

        A message that `missed` would leave out counts as deleted. Raises `Rejected` if the platform
        withholds the text.
        """
        ...

    async def check(
        self,
        channels: Sequence[ChannelId],
        pings: Sequence[tuple[ChannelId, Mention]] = (),
        agents: Collection[str] = (),
    ) -> Sequence[Finding]:
        """
        Check the token, the intents or scopes, and the permissions in each channel. Never raises.

        Args:
            pings: Whom reminders ping, each with a channel in whose threads that happens.
            agents: The people, roles and user groups that the settings name as agents.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection. Called once, after `run` has ended."""
        ...


@runtime_checkable
class CanShowHome(Protocol):
    """A chat that has a page of its own for each agent, beside the channels."""

    async def person(self, agent: AgentId) -> Agent:
        """Who somebody is now. Raises if it cannot be known."""
        ...

    async def show_home(self, agent: AgentId, home: Home) -> None:
        """Show somebody's page, in place of the one that they see. Doing it twice does no harm."""
        ...
