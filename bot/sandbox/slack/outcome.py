"""What a person sees after they did something, and waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.sandbox.slack.people import People
from bot.sandbox.slack.values import Message, View

_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What a person sees after they did something.

    Attributes:
        error: What Slack itself tells them, because the app did not take it; empty: it did.
        ephemerals: What only they are shown since, oldest first.
        view: The modal they have in front of them now; None: none.
        errors: What stands under single inputs of a modal, by block id.
    """

    error: str = ""
    ephemerals: tuple[Message, ...] = ()
    view: View | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Everything that they alone can read, as they read it."""
        return "\n".join(message.rendered for message in self.ephemerals)


class Watch:
    """Remembers what a user had seen before, to tell what is new to them."""

    def __init__(self, people: People, user: str) -> None:
        self._people = people
        self._user = user
        self._seen = {message.ts for message in people.ephemerals(user)}
        self._views = len(people.views(user))

    def _ephemerals(self) -> tuple[Message, ...]:
        return tuple(each for each in self._people.ephemerals(self._user) if each.ts not in self._seen)

    def _count(self) -> int:
        return len(self._ephemerals()) + len(self._people.views(self._user)) - self._views

    async def outcome(self, answers: int, within: float) -> Outcome:
        """What is new once there are so many things, or when the time is over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while self._count() < answers and loop.time() < deadline:  # noqa: ASYNC110 - many things add to what is seen
            await asyncio.sleep(_POLL_SECONDS)
        return Outcome(ephemerals=self._ephemerals(), view=self._people.view(self._user))
