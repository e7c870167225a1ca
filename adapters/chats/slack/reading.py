"""
Slack's messages as the core's values: from events, from the history and from message shortcuts.

Source of the shapes: docs.slack.dev/reference/events/message and its subtypes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from adapters.chats import shared_wording
from adapters.chats.disappearance import ask_each
from adapters.chats.slack import beside_text, reading_blocks, reading_mrkdwn
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.reading_mrkdwn import Names
from bot.model import Agent, Attachment, ChannelId, ChatMessageId, ChatName, Edited, Place, Said, ThreadId
from bot.text.as_seen import seen
from bot.text.normal_form import normal
from bot.text.plain import plain
from bot.text.tree import RichText, formatting_of

SLACK: Final = ChatName("slack")

_FROM_PEOPLE = frozenset({None, "", "file_share", "thread_broadcast", "me_message"})
"""The subtypes of people's messages; all others are from Slack or from bots."""
_SLACKBOT = "USLACKBOT"
_TS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")

_WORDS = ("text", "blocks", "attachments")
"""Where the words of a message are."""

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMessage:
    """
    A person's message in a thread, in Slack's own markup.

    Attributes:
        user: The id of the person who wrote it.
        markup: Its text in mrkdwn.
        blocks: What was written in Slack's own programs, which says more than `markup`; None: there is none.
        below: Blocks that stand below the text and hold words of the author's, such as a table.
        raw: The message as Slack sent it, for asking for files of which it says nothing more.
        unsupported: What no vendor accepts of the message, in words.
    """

    place: Place
    message: ChatMessageId
    user: str
    markup: str
    blocks: Sequence[Event] | None = None
    below: Sequence[Event] = ()
    raw: Event = field(default_factory=dict, repr=False, compare=False)
    attachments: tuple[Attachment, ...] = ()
    unsupported: tuple[str, ...] = ()

    @property
    def said_at(self) -> datetime:
        return time_of(self.message)


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A person's message has a new text, or other files; `at`: since when, None: Slack does not say it."""

    now: PersonMessage
    has_other_files: bool = False
    at: datetime | None = None

    @property
    def place(self) -> Place:
        """The thread of the message."""
        return self.now.place


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted:
    """A message was deleted; if it was the first of a thread, `place` is that thread, and no person began it."""

    place: Place
    message: ChatMessageId

    @property
    def deletes_thread(self) -> bool:
        """Whether it was the first message of a thread, which is gone with it."""
        return str(self.place.thread) == str(self.message)


MessageEvent = PersonMessage | MessageChanged | MessageDeleted


def read_event(event: Event, served: Collection[str]) -> MessageEvent | None:
    """
    What a `message` event means; None: nothing that the core needs.

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
        return _deleted(event, channel)
    return read_message(event, channel)


def read_message(message: Event, channel: str) -> PersonMessage | None:
    """A message from an event, a history or a shortcut; None: not from a person, or in no thread."""
    thread, ts, user = message.get("thread_ts"), message.get("ts"), message.get("user")
    if not thread or not ts or thread == ts or not is_from_person(message):
        return None
    found = PersonMessage(
        place=Place(chat=SLACK, channel=ChannelId(channel), thread=ThreadId(str(thread))),
        message=ChatMessageId(str(ts)),
        user=str(user),
        markup=str(message.get("text") or ""),
        blocks=reading_blocks.rich_blocks(message.get("blocks")),
        below=beside_text.tables_below(message),
        raw=message,
        attachments=beside_text.attachments_of(message),
        unsupported=beside_text.not_sent(message),
    )
    if found.attachments or found.unsupported or seen(words_of(found)):
        return found
    return replace(found, unsupported=(shared_wording.UNKNOWN_PART,))  # nobody can send an empty message


def is_from_person(message: Event) -> bool:
    """Whether a person wrote it; bots' messages and our own have a `bot_id`."""
    user = message.get("user")
    return (
        bool(user)
        and user != _SLACKBOT
        and not message.get("bot_id")
        and not message.get("hidden")
        and message.get("subtype") in _FROM_PEOPLE
    )


def _changed(event: Event, channel: str) -> MessageChanged | MessageDeleted | None:
    """
    Slack sends this also when it shows a link's preview and when a thread gets a reply; only a new text counts, and
    that a file was deleted or taken out.

    When a message with replies is deleted, a tombstone stays in its place, and that comes as a change, too.
    """
    now, before = event.get("message") or {}, event.get("previous_message")
    if now.get("subtype") == "tombstone":
        return _deleted(event, channel)
    message = read_message(now, channel)
    if message is None:
        return None
    old = read_message({**now, **{name: (before or {}).get(name) for name in _WORDS}}, channel)
    is_same = old is not None and words_of(old) == words_of(message)
    has_other_files = before is None or beside_text.file_ids(before) != beside_text.file_ids(now)
    if before is not None and before.get("text") == now.get("text") and is_same and not has_other_files:
        return None
    changed_at = str(event.get("event_ts") or "")
    return MessageChanged(message, has_other_files, time_of(changed_at) if is_ts(changed_at) else None)


def _deleted(event: Event, channel: str) -> MessageDeleted | None:
    before = event.get("previous_message") or {}
    ts = event.get("deleted_ts") or before.get("ts") or (event.get("message") or {}).get("ts")
    if not ts:
        return None
    thread = before.get("thread_ts") or ts
    if str(thread) == str(ts) and is_from_person(before):
        return None  # tickets' threads begin with cards of ours, and whether they are gone costs requests to find out
    place = Place(chat=SLACK, channel=ChannelId(channel), thread=ThreadId(str(thread)))
    return MessageDeleted(place=place, message=ChatMessageId(str(ts)))


# ------------------------------------------------------------ with the names of people


async def said(message: PersonMessage, agents: Agents, sent_by: Agent | None = None) -> Said:
    """
    A person's message, for the core.

    Args:
        sent_by: Who sends it to the customer; None: whoever wrote it, if anybody.
    """
    author = await agents.agent(message.user)
    text = await text_of(message, agents, sent_by or author)
    message = await _with_files(message, agents, sent_by or author)
    return Said(
        place=message.place,
        message=message.message,
        agent=author,
        text=plain(text),
        formatted=formatting_of(text),
        said_at=message.said_at,
        attachments=message.attachments,
        unsupported=message.unsupported,
    )


async def _with_files(message: PersonMessage, agents: Agents, by: Agent) -> PersonMessage:
    """The message with its files, also where the event has only their ids."""
    wanted = beside_text.files_to_ask(message.raw)
    if not wanted:
        return message
    found = await ask_each(agents.file(file, by) for file in wanted)
    whole = beside_text.with_files(message.raw, dict(zip(wanted, found, strict=True)))
    files, unsupported = beside_text.attachments_of(whole), beside_text.not_sent(whole)
    return replace(message, attachments=files, unsupported=unsupported)


async def edited(changed: MessageChanged, agents: Agents) -> Edited:
    """A person's changed message, for the core."""
    author = await agents.agent(changed.now.user)
    text = await text_of(changed.now, agents, author)
    message = await _with_files(changed.now, agents, author) if changed.has_other_files else changed.now
    return Edited(
        place=message.place,
        message=message.message,
        agent=author,
        text=plain(text),
        edited_at=changed.at,
        formatted=formatting_of(text),
        attachments=message.attachments if changed.has_other_files else None,
    )


async def text_of(message: PersonMessage, agents: Agents, by: Agent) -> RichText:
    """The message's text, with names where it mentions somebody; who asks for them is `by`."""
    users = {user: await agents.mention(user, by) for user in _people_in(message)}
    # Blocks have no names of channels and groups; the text beside them has.
    named = reading_mrkdwn.labels_in(message.markup)
    return _read(message, Names(users=users, groups=named, channels=named))


def words_of(message: PersonMessage) -> str:
    """The message's text without formatting and names: whether there is one, and whether it is another one."""
    return plain(_read(message, Names()))


def _people_in(message: PersonMessage) -> frozenset[str]:
    below = reading_blocks.people_in(list(message.below))
    if message.blocks is not None:
        return below | reading_blocks.people_in(list(message.blocks))
    return below | reading_mrkdwn.people_in(message.markup)


def _read(message: PersonMessage, names: Names) -> RichText:
    if message.blocks is None:
        text = reading_mrkdwn.read(message.markup, names)
    else:
        text = reading_blocks.read(message.blocks, names)
    return normal((*text, *reading_blocks.read(message.below, names))) if message.below else text


# ------------------------------------------------------------ ids, which are times


def order(ts: str) -> tuple[int, int]:
    """A message's `ts` for comparing; never a float, which would lose the last digits."""
    seconds, _, rest = ts.partition(".")
    return int(seconds or 0), int((rest or "0").ljust(6, "0")[:6])


def is_ts(value: str) -> bool:
    """Whether this can be a message's `ts`."""
    return _TS.fullmatch(value) is not None


def number_of(ts: str) -> int:
    """A message's `ts` as one number, in microseconds."""
    seconds, microseconds = order(ts)
    return seconds * 1_000_000 + microseconds


def ts_of(number: int) -> str:
    """The `ts` with this number."""
    return f"{number // 1_000_000}.{number % 1_000_000:06d}"


def time_of(ts: str) -> datetime:
    """When a message was written."""
    seconds, microseconds = order(ts)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)


def ts_at(moment: datetime) -> str:
    """A moment as Slack writes it in `oldest` and `latest`."""
    return f"{int(moment.timestamp())}.{moment.microsecond:06d}"
