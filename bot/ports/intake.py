"""What a chat may ask of the core, and reports to it. The docstrings are the contract; see `bot.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.model import (
    Agent,
    Answer,
    Ask,
    ChatName,
    Choice,
    Deleted,
    Door,
    Edited,
    Modal,
    Place,
    Said,
    SnippetChoice,
    TimeChoice,
    Verb,
)

MOST_CHOICES = 101
"""So many things to choose from are given at most: one more than any chat can show."""


class Intake(Protocol):
    """What a chat reports to the core. When a method returns, the event is on disk and may be acknowledged."""

    def gap_possible(self, chat: ChatName) -> None:
        """
        Messages may have been missed. Called at the start of every connection that is not a resumption.

        Does not wait, because it must end before the new connection's first event is handled.
        """
        ...

    async def connected(self, chat: ChatName) -> None:
        """The connection is usable: missed messages can be read. Returns at once and reads in the background."""
        ...

    async def said(self, said: Said) -> bool:
        """
        A person wrote in a thread. Threads that belong to no ticket are ignored. One transaction.

        Returns:
            Whether it is in a ticket's thread and was not recorded before, by this process or an earlier one.
        """
        ...

    async def edited(self, edited: Edited) -> None:
        """A person changed the text of a message. One transaction."""
        ...

    async def deleted(self, deleted: Deleted) -> None:
        """A message was deleted, in a thread or in a channel itself."""
        ...

    async def place_deleted(self, place: Place) -> None:
        """A thread was deleted or, if `place` has no thread, a whole channel. One transaction."""
        ...

    async def channel_unreadable(self, place: Place, reason: str) -> None:
        """A channel cannot be read, so its messages are missed; `reason` says what fixes that. One transaction."""
        ...

    async def ask(self, ask: Ask) -> Answer:
        """
        Do what an agent asks. Never raises because of what was asked: the answer says what to do instead.

        May take some seconds, because it may wait for the vendor: acknowledge the platform's event first.
        """
        ...

    async def home_opened(self, chat: ChatName, agent: Agent, answer: Answer | None = None) -> None:
        """
        Somebody opened their page. Shows it by `CanShowHome.show_home`, and keeps it true for some time.

        Args:
            answer: What came of a button that they pressed there; None: they pressed none.
        """
        ...

    async def refusal(self, chat: ChatName, agent: Agent, door: Door) -> Answer | None:
        """
        What somebody is told who is no agent in this chat by the settings; None: they are one.

        For doors that cost the chat a request before it is asked for which ticket. No chat is asked.
        """
        ...

    async def choices(self, verb: Verb, typed: str, place: Place, agent: Agent) -> Sequence[Choice]:
        """
        At most `MOST_CHOICES` tickets for `verb` that match what was typed so far, best first.

        Only those on which the agent may act. Takes some milliseconds, or as long as `Chat.writable`.
        """
        ...

    async def form(self, ask: Ask) -> Modal | Answer:
        """
        The form that is asked for by one of `OPENS_FORM`; an `Answer` if there is none. Never raises because of that.

        Takes some milliseconds, or as long as `Chat.writable`: a platform opens a form only within three seconds, and
        only before the request is acknowledged in another way.
        """
        ...

    async def snippets(self, typed: str, place: Place, agent: Agent) -> Sequence[SnippetChoice]:
        """
        At most `MOST_CHOICES` saved answers that match what was typed so far, best first.

        There are none for who may act in no store in this chat.
        """
        ...

    async def times(self, typed: str) -> Sequence[TimeChoice]:
        """At most 25 times until which a ticket can be snoozed, that begin with what was typed so far."""
        ...

    async def stores(self, place: Place, agent: Agent) -> Sequence[str]:
        """The names of the stores whose tickets the agent may act on in this chat, to complete `/stats`."""
        ...
