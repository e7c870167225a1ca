"""Who may write in the threads of a channel, as far as Slack tells of the channel itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.chats.disappearance import Disappearances
from adapters.chats.slack import wording
from adapters.chats.slack.cached_answers import Remembered
from adapters.chats.slack.failures import usable_answer
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, Unavailable

_FULL_MEMBERS = "ra"
_ADMINS = frozenset({"admin", "org_admin", "owner", "org_owner"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Writers:
    """
    The members of a channel who may write in its threads.

    Attributes:
        nobody: The channel is archived or frozen.
        kinds: Slack's words for kinds of people; None: all members may. An unknown word means nobody.
        users, groups: Ids of people and user groups that may as well.
    """

    nobody: bool = False
    kinds: frozenset[str] | None = None
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def include(self, user: str, *, is_full_member: bool, is_admin: bool, groups: Collection[str] = ()) -> bool:
        """Whether a member of the channel may write; `groups`: those of `self.groups` that they are in."""
        if self.nobody:
            return False
        if self.kinds is None or user in self.users or not self.groups.isdisjoint(groups):
            return True
        return (is_admin and not self.kinds.isdisjoint(_ADMINS)) or (is_full_member and _FULL_MEMBERS in self.kinds)


class Channels:
    """
    What Slack says of each channel, remembered for a minute.

    The fields are those of docs.slack.dev/reference/objects/conversation-object. Slack does not tell of everything: a
    workspace can restrict posting by rules that no app can read.
    """

    def __init__(self, requests: Requests, clock: Clock) -> None:
        self._requests = requests
        self._disappearances = Disappearances(clock)
        self._known = Remembered(clock, self._read)

    async def writers(self, channel: str) -> Writers:
        """Who may write in the channel's threads. Raises what `Requests.read` raises, if that may be over soon."""
        return await self._known.of(channel)

    def changed(self, channel: str) -> None:
        """Slack reports that the channel was archived, or opened again."""
        self._known.changed(channel)

    async def _read(self, channel: str) -> Writers:
        asked_at = self._disappearances.now()
        try:
            answer = await self._requests.read("conversations.info", channel=channel)
        except (Forbidden, Gone, Rejected) as error:
            wait = self._disappearances.missing(channel, asked_at)
            if wait:
                raise Unavailable(wording.PERHAPS_HIDDEN, retry_after=wait) from error
            return Writers(nobody=True)
        self._disappearances.there(channel)
        with usable_answer(writes=False):
            found = answer["channel"]
            if found["id"] != channel:
                raise ValueError("another channel")
            return writers_of(found)


def writers_of(channel: Mapping[str, Any]) -> Writers:
    """Who may write in threads, by a conversation object; pure. Raises one of `SHAPE_ERRORS` if that is malformed."""
    if channel.get("is_archived") or channel.get("is_frozen"):
        return Writers(nobody=True)
    limits = (channel.get("properties") or {}).get("threads_restricted_to")
    if limits is not None:
        return Writers(
            kinds=_ids(limits.get("type")), users=_ids(limits.get("user")), groups=_ids(limits.get("subteam"))
        )
    if channel.get("is_read_only") and not channel.get("is_thread_only"):
        return Writers(kinds=_ADMINS)
    return Writers()


def _ids(listed: Any) -> frozenset[str]:
    return frozenset(str(each) for each in listed or ())
