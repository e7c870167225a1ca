"""What exists in the practice workspace now, and how to find it. It checks no limits and sends no events."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.clock import Clock
from bot.sandbox.slack.composer import broadcasts
from bot.sandbox.slack.refusals import WordFilter
from bot.sandbox.slack.rendering import pings, read_message
from bot.sandbox.slack.values import Group, Json, SlackChannel, SlackFile, SlackMessage, User

TEAM = "T0PRACTICE"
OTHER_TEAM = "T0OTHERONE"
APP = "A0PRACTICE"
BOT = "B0PRACTICE"
BOT_USER = "U0PRACTICE"
DOMAIN = "practice"


class SlackState:
    """
    Everything that exists in the workspace.

    Attributes:
        filters: Refuse what the bot posts or changes; may be changed any time.
        ephemerals: The messages that only one user sees, oldest first.
        pings: Who was ever notified by the bot: one entry for each post and each edit that pinged somebody.
    """

    def __init__(self, clock: Clock, bot_name: str) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._last_tick = 0
        self.users: dict[str, User] = {}
        self.channels: dict[str, SlackChannel] = {}
        self.groups: dict[str, Group] = {}
        self.files: dict[str, SlackFile] = {}
        self.filters: list[WordFilter] = []
        self.ephemerals: list[SlackMessage] = []
        self.pings: list[tuple[str, ...]] = []
        self._messages: dict[str, dict[str, SlackMessage]] = {}
        self.users[BOT_USER] = User(id=BOT_USER, name=bot_name, real_name=bot_name, display_name="", bot=True)

    # ------------------------------------------------------------ names and numbers

    def new_id(self, letter: str) -> str:
        """A new id: `C00000012`."""
        return f"{letter}{next(self._numbers):08d}"

    def new_ts(self) -> str:
        """A new `ts`: seconds with six decimals, always greater than every one before."""
        now = int(self._clock.now().timestamp() * 1_000_000)
        self._last_tick = max(now, self._last_tick + 1)
        return f"{self._last_tick // 1_000_000}.{self._last_tick % 1_000_000:06d}"

    def now(self) -> int:
        """Whole seconds since 1970."""
        return int(self._clock.now().timestamp())

    def user(self, user: str) -> str:
        return self.users[user].shown if user in self.users else user

    def channel(self, channel: str) -> str:
        return self.channels[channel].name if channel in self.channels else channel

    def group(self, group: str) -> str:
        return self.groups[group].handle if group in self.groups else group

    def mentions(self) -> dict[str, Json]:
        """What `@name` and `#channel` stand for in the composer, each as a rich text element."""
        found = broadcasts()
        for user in self.users.values():
            for name in (user.name, user.real_name, user.display_name):
                found[f"@{name}"] = {"type": "user", "user_id": user.id}
        for group in self.groups.values():
            found[f"@{group.handle}"] = {"type": "usergroup", "usergroup_id": group.id}
        for channel in self.channels.values():
            found[f"#{channel.name}"] = {"type": "channel", "channel_id": channel.id}
        return found

    # ------------------------------------------------------------ people and places

    def add_user(self, user: User) -> User:
        self.users[user.id] = user
        return user

    def add_channel(self, channel: SlackChannel) -> SlackChannel:
        self.channels[channel.id] = channel
        self._messages[channel.id] = {}
        return channel

    def change_channel(self, channel: str, **change: Any) -> SlackChannel:
        self.channels[channel] = replace(self.channels[channel], **change)
        return self.channels[channel]

    def direct(self, user: str) -> SlackChannel:
        """The direct channel between the bot and a user."""
        for channel in self.channels.values():
            if channel.direct and user in channel.members:
                return channel
        members = frozenset({user, BOT_USER})
        return self.add_channel(
            SlackChannel(id=self.new_id("D"), name="", direct=True, members=members, created=self.now())
        )

    # ------------------------------------------------------------ messages

    def put(self, message: SlackMessage) -> SlackMessage:
        """Store a message, new or changed, with its rendered text and its pings."""
        before = self.message(message.channel, message.ts)
        said = before is None or (before.text, before.blocks) != (message.text, message.blocks)
        message = self.finish(message, said=said)
        self._messages[message.channel][message.ts] = message
        return message

    def finish(self, message: SlackMessage, *, said: bool = True) -> SlackMessage:
        """The message with its rendered text and its pings; `said`: whether its text is new, so that it pings."""
        pinged = pings(message.text, message.blocks, message.attachments)
        if pinged and said and message.bot_id == BOT:
            self.pings.append(pinged)
        rendered = read_message(message.text, message.blocks, message.attachments, self, mrkdwn=message.mrkdwn)
        return replace(message, pinged=pinged, rendered=rendered)

    def drop(self, message: SlackMessage) -> None:
        del self._messages[message.channel][message.ts]

    def message(self, channel: str, ts: str) -> SlackMessage | None:
        return self._messages.get(channel, {}).get(ts)

    def messages(self, channel: str) -> tuple[SlackMessage, ...]:
        """Everything in a channel, replies included, oldest first."""
        return tuple(sorted(self._messages[channel].values(), key=lambda message: message.ts))

    def top_level(self, channel: str) -> tuple[SlackMessage, ...]:
        """The messages in the channel itself, oldest first; replies only if they were also sent to the channel."""
        return tuple(each for each in self.messages(channel) if each.thread_ts is None or each.broadcast)

    def replies(self, channel: str, ts: str) -> tuple[SlackMessage, ...]:
        """The replies to a message, oldest first, without it."""
        return tuple(each for each in self.messages(channel) if each.thread_ts == ts)

    def is_locked(self, channel: str, ts: str | None) -> bool:
        """Whether the thread that begins with this message is locked."""
        first = None if ts is None else self.message(channel, ts)
        return first is not None and first.locked

    def find(self, message: SlackMessage) -> SlackMessage:
        """A message as it is now. Raises `ValueError` if it was deleted."""
        found = self.message(message.channel, message.ts)
        if found is None:
            raise ValueError("that message is gone")
        return found

    def files_of(self, named: Iterable[tuple[str, bytes]], owner: str) -> tuple[SlackFile, ...]:
        """Store the files that somebody adds to a message."""
        added = tuple(
            SlackFile(id=self.new_id("F"), name=name, title=name, content=content, owner=owner)
            for name, content in named
        )
        self.files.update({file.id: file for file in added})
        return added
