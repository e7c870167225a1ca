"""A request to write or edit a message, read from the arguments of a call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.blocks import prepare_blocks
from bot.sandbox.slack.calls import SlackCall
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.state import BOT, BOT_USER
from bot.sandbox.slack.values import Json, SlackChannel, SlackMessage
from bot.sandbox.slack.workspace import TIMESTAMP, Workspace

_LONGEST_POST = 40_000
_LONGEST_METADATA = 8_000
_STRAY = re.compile(r"&(?!amp;|lt;|gt;)")
_SYSTEM = frozenset({"channel_join", "channel_leave", "channel_name", "channel_topic"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessageRequest:
    """The content of a new message, or of an edit; None: not in the request, which is not the same as empty."""

    text: str | None
    blocks: tuple[Json, ...] | None
    attachments: tuple[Json, ...] | None
    metadata: Json | None

    @property
    def empty(self) -> bool:
        return not ((self.text or "").strip() or self.blocks or self.attachments)


def read_message_request(workspace: Workspace, call: SlackCall) -> SlackMessageRequest:
    """The request in a call, with its blocks checked and their ids filled in."""
    blocks = call.decoded("blocks", "invalid_blocks_format")
    attachments = call.decoded("attachments", "invalid_attachments")
    text = call.text("text") if call.has("text") else None
    for each in workspace.state.filters:
        each.check({"text": text, "blocks": blocks, "attachments": attachments})
    if text is not None and call.flag("link_names"):
        text = _link_groups(workspace, text)
    return SlackMessageRequest(
        text=None if text is None else _STRAY.sub("&amp;", text),
        blocks=None if blocks is None else prepare_blocks(blocks, workspace.state.new_id),
        attachments=None if attachments is None else tuple(attachments),
        metadata=_metadata(call.decoded("metadata", "invalid_metadata_format")),
    )


def _link_groups(workspace: Workspace, text: str) -> str:
    for group in workspace.state.groups.values():
        text = re.sub(rf"(?<!\w)@{re.escape(group.handle)}\b", f"<!subteam^{group.id}>", text)
    return text


def _metadata(metadata: Any) -> Json | None:
    if metadata is None:
        return None
    well_formed = (
        isinstance(metadata, Mapping)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), Mapping)
    )
    if not well_formed:
        raise SlackRefusal("invalid_metadata_format")
    if len(str(metadata["event_payload"])) > _LONGEST_METADATA:
        raise SlackRefusal("metadata_too_large")
    return dict(metadata)


def thread_of(workspace: Workspace, channel: SlackChannel, thread_ts: str) -> str | None:
    """Which thread a reply goes to; None: the channel itself."""
    if not thread_ts:
        return None
    if TIMESTAMP.fullmatch(thread_ts) is None:
        raise SlackRefusal("invalid_thread_ts")
    parent = workspace.state.message(channel.id, thread_ts)
    if parent is None and workspace.limits.unknown_thread == "top level":
        return None
    if parent is None:
        raise SlackRefusal("thread_not_found")
    if parent.subtype in _SYSTEM:
        raise SlackRefusal("cannot_reply_to_message")
    if parent.locked:
        raise SlackRefusal("restricted_action_thread_locked")
    return thread_ts


def bot_message(workspace: Workspace, channel: SlackChannel, content: SlackMessageRequest, **rest: Any) -> SlackMessage:
    """A message of the bot, not yet stored."""
    # A post with a custom name has no user.
    return SlackMessage(
        channel=channel.id,
        ts=workspace.state.new_ts(),
        user=None if rest.get("username") else BOT_USER,
        bot_id=BOT,
        text=(content.text or "")[:_LONGEST_POST],
        blocks=content.blocks or (),
        attachments=content.attachments or (),
        metadata=content.metadata,
        **rest,
    )
