"""
What a message of Slack's is to the core: from events, from histories and from message shortcuts; pure.

Source of the shapes: docs.slack.dev/reference/events/message and its subtypes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.chats.slack import wording
from bot.model import Attachment, ChannelId, ChatMessageId, ChatName, Place, ThreadId

SLACK = ChatName("slack")

_SPOKEN = frozenset({None, "", "file_share", "thread_broadcast", "me_message"})
"""The subtypes by which people say something; every other one is Slack's or a bot's."""
_SLACKBOT = "USLACKBOT"
_CODE_POINTS = re.compile(r"[0-9a-f]{2,5}(-[0-9a-f]{2,5})*")

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """
    A person's message in a thread, in Slack's own markup.

    Attributes:
        user: The id of whoever wrote it.
        markup: Its text as Slack has it; see `markup.neutral`.
        emoji: What the short codes in it stand for: `:lock:` for 🔒.
    """

    place: Place
    message: ChatMessageId
    user: str
    markup: str
    emoji: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    other: tuple[str, ...] = ()

    @property
    def said_at(self) -> datetime:
        return moment(self.message)


@dataclass(frozen=True, slots=True)
class Changed:
    """A person's message reads differently now; `before` is its markup until then, empty where Slack did not say."""

    now: Spoken
    before: str

    @property
    def place(self) -> Place:
        """The thread that it stands in."""
        return self.now.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A message is gone; where it headed a thread, `place` is that thread."""

    place: Place
    message: ChatMessageId

    @property
    def headed(self) -> bool:
        """Whether a thread hung under it, which is gone with it."""
        return str(self.place.thread) == str(self.message)


Heard = Spoken | Changed | Removed


def hear(event: Event, served: Collection[str]) -> Heard | None:
    """
    What a `message` event tells; None: nothing that concerns the core.

    Args:
        served: The ids of the channels in which we listen.
    """
    channel = str(event.get("channel") or "")
    if channel not in served:
        return None
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return _changed(event, channel)
    if subtype == "message_deleted":
        return _removed(event, channel)
    return spoken(event, channel)


def spoken(message: Event, channel: str) -> Spoken | None:
    """A message as an event, a history or a shortcut carries it; None: not a person's, or in no thread."""
    thread, stamp, user = message.get("thread_ts"), message.get("ts"), message.get("user")
    if not thread or not stamp or thread == stamp or not is_a_persons(message):
        return None
    return Spoken(
        place=Place(chat=SLACK, channel=ChannelId(channel), thread=ThreadId(str(thread))),
        message=ChatMessageId(str(stamp)),
        user=str(user),
        markup=str(message.get("text") or ""),
        emoji=dict(_emoji(message.get("blocks"))),
        attachments=_attachments(message),
        other=_other(message),
    )


def is_a_persons(message: Event) -> bool:
    """Whether a person said this; a bot's messages and our own carry a `bot_id`."""
    user = message.get("user")
    return (
        bool(user)
        and user != _SLACKBOT
        and not message.get("bot_id")
        and not message.get("hidden")
        and message.get("subtype") in _SPOKEN
    )


def _changed(event: Event, channel: str) -> Changed | Removed | None:
    """
    Slack sends this also when it unfolds a link and when a thread's count of replies grows: the text tells.

    Of a deleted message that has replies a tombstone stays, which comes as a change.
    """
    now, before = event.get("message") or {}, event.get("previous_message")
    if now.get("subtype") == "tombstone":
        return _removed(event, channel)
    if before is not None and before.get("text") == now.get("text"):
        return None
    heard = spoken(now, channel)
    return None if heard is None else Changed(heard, str((before or {}).get("text") or ""))


def _removed(event: Event, channel: str) -> Removed | None:
    before = event.get("previous_message") or {}
    stamp = event.get("deleted_ts") or before.get("ts") or (event.get("message") or {}).get("ts")
    if not stamp:
        return None
    thread = before.get("thread_ts") or stamp
    place = Place(chat=SLACK, channel=ChannelId(channel), thread=ThreadId(str(thread)))
    return Removed(place=place, message=ChatMessageId(str(stamp)))


def _emoji(part: Any) -> Iterator[tuple[str, str]]:
    """
    The short codes of a message with the characters that were typed.

    Slack puts short codes into `text` for the emoji that people type, and says in `blocks` which characters they
    are. A workspace's own emoji have none, and stay short codes.
    """
    if isinstance(part, list):
        for each in part:
            yield from _emoji(each)
    elif isinstance(part, Mapping) and part.get("type") == "emoji":
        points = str(part.get("unicode") or "")
        if _CODE_POINTS.fullmatch(points):
            tone = f":skin-tone-{part['skin_tone']}:" if part.get("skin_tone") else ""
            yield f":{part.get('name')}:{tone}", "".join(chr(int(point, 16)) for point in points.split("-"))
    elif isinstance(part, Mapping):
        yield from _emoji(part.get("elements"))


def _attachments(message: Event) -> tuple[Attachment, ...]:
    """The files; their addresses open only for members of the workspace, so none of them lasts for a customer."""
    return tuple(
        Attachment(
            name=str(file.get("name") or file.get("title") or wording.FILE),
            url=str(file["permalink"]) if file.get("permalink") else _text_or_none(file.get("url_private")),
            source=_text_or_none(file.get("url_private_download") or file.get("url_private")),
            size=int(file["size"]) if file.get("size") is not None else None,
            lasting=False,
        )
        for file in message.get("files") or ()
        if file.get("mode") != "tombstone"
    )


def _text_or_none(value: Any) -> str | None:
    return str(value) if value else None


def _other(message: Event) -> tuple[str, ...]:
    """What only Slack can show: a message that was passed on has its text in `attachments`."""
    shared = any(attachment.get("is_share") for attachment in message.get("attachments") or ())
    return (wording.SHARED_MESSAGE,) if shared else ()


def order(stamp: str) -> tuple[int, int]:
    """A message's `ts` as something to compare; never a float, which loses its last digits."""
    seconds, _, rest = stamp.partition(".")
    return int(seconds or 0), int((rest or "0").ljust(6, "0")[:6])


def number(stamp: str) -> int:
    """A message's `ts` as one number, microseconds."""
    seconds, microseconds = order(stamp)
    return seconds * 1_000_000 + microseconds


def stamp_of(number: int) -> str:
    """The `ts` that this number is of."""
    return f"{number // 1_000_000}.{number % 1_000_000:06d}"


def moment(stamp: str) -> datetime:
    """When a message was written, from its `ts`."""
    seconds, microseconds = order(stamp)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)


def stamp(at: datetime) -> str:
    """A moment as Slack writes it in `oldest` and `latest`."""
    return f"{int(at.timestamp())}.{at.microsecond:06d}"
