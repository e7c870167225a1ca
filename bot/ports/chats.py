"""What the core expects of a chat, and what a chat may ask of it. The docstrings are the contract; see `bot.ports`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model import (
    Agent,
    Answer,
    Ask,
    Attachment,
    Card,
    ChannelId,
    ChatMessageId,
    ChatName,
    Choice,
    Cursor,
    Deleted,
    DeliveryKey,
    Edited,
    Finding,
    Mark,
    Opened,
    Place,
    Post,
    Said,
    Verb,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatHealth:
    """
    How a chat's connection is.

    Attributes:
        last_event_at: When it last told that somebody, perhaps we ourselves, did something; None: not yet. Heartbeats
            and what a new connection begins with are none.
        last_sign_at: When anything last came in by it, heartbeats included; None: nothing yet.
        compared_at: When what stands in the threads was last held against what came in; None: not yet.
        overlooked_at: When a message was last found there that had not come in; None: never.
        trouble: Why it is not connected, in words; empty when it is.
    """

    connected: bool
    last_event_at: datetime | None
    last_sign_at: datetime | None = None
    compared_at: datetime | None = None
    overlooked_at: datetime | None = None
    trouble: str = ""


class Chat(Protocol):
    """
    One chat platform with one bot account.

    The methods that say something take the `DeliveryKey` of what they say and put it where `find_*` can see it
    later. They never repeat a request whose outcome is unknown: they raise `Uncertain`, and the core asks `find_*`
    before it tries again. Besides, all may raise `Unavailable`, `RateLimited`, `AuthFailed`, `Gone` (the channel
    or thread is not there) and `Rejected` (a permission is missing; `told` names it).
    """

    @property
    def name(self) -> ChatName: ...

    @property
    def label(self) -> str:
        """As people read it: `Discord`."""
        ...

    def typable(self, beginning: str) -> bool:
        """Whether a person can begin a message with this here; Slack's composer takes `/…` for a command."""
        ...

    async def run(self, intake: Intake) -> None:
        """
        Connect, bring what people do to `intake`, reconnect by itself; returns only by cancellation or by raising.

        Before any event of a connection that is not a resumption reaches `intake.said`, `intake.blind` is called;
        once such a connection is usable, `intake.sighted`. What a connection that seems well does not bring is found
        in the threads within some minutes and brought all the same.

        Raises:
            AuthFailed: The token is refused or a needed intent or scope is missing; `told` names the step.
        """
        ...

    def health(self) -> ChatHealth:
        """How the connection is, now, without asking anybody."""
        ...

    def now(self) -> datetime | None:
        """
        What time it is there, as its answers tell, at once and without asking; None: it has not answered yet.

        When something was written there is compared with this; this machine's clock may be wrong.
        """
        ...

    def parts(self, post: Post) -> int:
        """How many messages `post` needs here. Pure, at once; the same for the same post, for ever."""
        ...

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        """Post the card in the channel and make a thread under it. May find half of it done by `key` and finish it."""
        ...

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        """
        Say one part of `post`, counted from 0, in a thread or a channel. An archived thread is opened for it.

        Everybody's text is shown verbatim and harmlessly; nobody is pinged.
        """
        ...

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        """
        Make the card, the tags and the archived state what `card` says. Doing so twice does no harm.

        Returns:
            Whether the card is there; False: people have deleted it and not its thread. Where a thread goes with its
            card, that is `Gone`.
        """
        ...

    async def post_card(self, place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
        """Say the card in its thread, for the one that headed it was deleted. `find_post` finds it by its key."""
        ...

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        """Replace our mark `was` on a person's message by `mark`; None: no mark. Doing so twice does no harm."""
        ...

    async def tell(self, place: Place, agent: Agent, text: str) -> None:
        """Say something privately to one agent, as near to that as the platform allows. Best effort, never repeated."""
        ...

    async def download(self, attachment: Attachment) -> bytes:
        """The content of a file that a person added to a message; `Gone` where it can be had no longer."""
        ...

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        """
        Whether `open_thread` with this key came about; None: it certainly did not.

        Args:
            after: A message of ours that stood in this chat before the attempt began, in whatever place, and may be
                gone since. What the attempt made is newer by the platform's own time, and no clock of ours is asked.
                None: we know of none; then what was made lately is looked through, as far back as that costs little.
        """
        ...

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        """Whether `post` with this key came about; None: it certainly did not. For `after` see `find_thread`."""
        ...

    def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        """
        What people wrote in these threads after each cursor, oldest first within a thread.

        Costs a constant number of requests a channel plus those for threads that really have something new. While
        `run` runs, threads and channels that turn out to be gone are told by `Intake.vanished`, and channels that may
        not be read by `Intake.barred`; neither holds up the others.
        """
        ...

    async def reread(self, place: Place, message: ChatMessageId) -> str | None:
        """
        What a person's message in a thread reads like now, as `Said.text` has it; None: it was deleted.

        One request. What `missed` leaves out counts as deleted. Raises `Rejected` where its text is kept from us.
        """
        ...

    async def check(self, channels: Sequence[ChannelId]) -> Sequence[Finding]:
        """Token, intents or scopes, and each channel's permissions. Never raises."""
        ...

    async def aclose(self) -> None:
        """Let go of every connection. Called once, after `run` has ended."""
        ...


class Intake(Protocol):
    """What a chat brings to the core. When a method returns, the event is on disk and may be acknowledged."""

    def blind(self, chat: ChatName) -> None:
        """
        From now on messages may have been missed; called at the start of every connection that is no resumption.

        Does not wait: it must be done before the new connection's first event is handled.
        """
        ...

    async def sighted(self, chat: ChatName) -> None:
        """The connection is usable: what was missed may be read now. Returns at once; the reading goes on behind."""
        ...

    async def said(self, said: Said) -> None:
        """A person wrote in a thread, any thread. Those that are no ticket's are left alone. One transaction."""
        ...

    async def edited(self, edited: Edited) -> None:
        """A person changed the text of their message. One transaction."""
        ...

    async def deleted(self, deleted: Deleted) -> None:
        """A message is gone, from a thread or from a channel itself. On disk when it returns."""
        ...

    async def vanished(self, place: Place) -> None:
        """A thread was deleted, or (without a thread in `place`) a whole channel. One transaction."""
        ...

    async def barred(self, place: Place, told: str) -> None:
        """A channel may not be read, so that nobody is heard there; `told` names what mends it. One transaction."""
        ...

    async def ask(self, ask: Ask) -> Answer:
        """
        Do what an agent asks. Never raises for anything the agent did: the answer says what to do.

        May take some seconds (the vendor is asked): acknowledge the platform before.
        """
        ...

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        """At most 25 tickets that `verb` fits, best first, by what was typed so far; within some milliseconds."""
        ...

    async def stores(self) -> Sequence[str]:
        """The stores' names, for completing `/stats`."""
        ...
