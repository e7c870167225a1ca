"""
What people are called whom a message mentions.

Whoever can write in a channel can mention anybody, many at once, and also people who do not exist. A name is only a
word of a text, so no message waits for one that Slack does not give. And of what people mention who are no agents, only
some names a minute are asked for, so that what remains of Slack's limit is enough to find out who may do what. What an
agent writes goes to customers: it has every name, and waits for it if it must.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from adapters.chats import shared_wording
from adapters.chats.disappearance import is_unsure
from adapters.chats.slack.allowances import Allowances
from bot.clock import Clock
from bot.errors import Forbidden, Gone, RateLimited, Rejected, Unavailable

ASKED_A_MINUTE: Final = 30
"""So many names; Slack allows a hundred people to be asked for, and who may do what is asked in the same way."""
_MINUTE = 60.0
_SECONDS = 3600.0
_REMEMBERED = 5_000


class MentionedNames:
    """
    The names of people who were mentioned; at most 5,000 are remembered, each for an hour.

    Args:
        ask: Asks Slack what somebody is called. `Unavailable` because of a refusal means that it is not certain yet.
    """

    def __init__(self, clock: Clock, ask: Callable[[str], Awaitable[str]]) -> None:
        self._clock = clock
        self._ask = ask
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._allowance = Allowances(clock, ASKED_A_MINUTE)

    async def name(self, user: str, *, for_agent: bool) -> str:
        """
        What somebody is called; `somebody`: Slack does not say, or was asked for enough names.

        Args:
            for_agent: Whether an agent mentions them, so that they are asked for however many there were.

        Raises what a read may raise, if that has nothing to do with this person.
        """
        now = self._clock.monotonic()
        until, name = self._known.get(user, (now, ""))
        if now < until:
            return name
        if not for_agent and not self._allowance.take():
            return shared_wording.SOMEBODY
        try:
            return self._remember(user, await self._ask(user), _SECONDS)
        except (Forbidden, Gone, Rejected):
            return self._remember(user, shared_wording.SOMEBODY, _MINUTE)
        except Unavailable as error:
            if not is_unsure(error):
                raise
            return self._remember(user, shared_wording.SOMEBODY, _MINUTE)
        except RateLimited:
            if for_agent:
                raise
            return shared_wording.SOMEBODY

    def changed(self, user: str) -> None:
        """Slack reports that somebody may have another name."""
        self._known.pop(user, None)

    def _remember(self, user: str, name: str, seconds: float) -> str:
        self._known.pop(user, None)
        self._known[user] = (self._clock.monotonic() + seconds, name)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return name
