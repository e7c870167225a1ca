"""What an app posts to a response url: an ephemeral answer, a public one, or a change of the message it came from."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot.sandbox.slack.calls import Call
from bot.sandbox.slack.message_requests import Content, bot_message, read_content, thread_of
from bot.sandbox.slack.methods_chat import remove
from bot.sandbox.slack.refusals import Refused
from bot.sandbox.slack.trigger_ids import Return
from bot.sandbox.slack.values import Message
from bot.sandbox.slack.workspace import Workspace


def answer_return(workspace: Workspace, code: str, body: bytes) -> None:
    """Do what was posted to the response url `code`; `Refused` where it has run out or the body is wrong."""
    try:
        arguments = json.loads(body)
    except ValueError:
        raise Refused("invalid_payload") from None
    if not isinstance(arguments, dict):
        raise Refused("invalid_payload")
    call = Call("response_url", arguments, None)
    content = read_content(workspace, call)
    back = workspace.passes.use_return(code)
    if call.flag("delete_original"):
        _delete_original(workspace, back)
    elif content.empty:
        raise Refused("no_text")
    elif call.flag("replace_original") and back.origin is not None:
        _replace_original(workspace, back.origin, content)
    else:
        say_back(workspace, back, call, content)


def say_back(workspace: Workspace, back: Return, call: Call, content: Content) -> Message:
    """A new message where the interaction was: only for its user, unless it says `in_channel`."""
    channel = workspace.world.channels[back.channel]
    rest: dict[str, Any] = {"thread_ts": thread_of(workspace, channel, call.text("thread_ts"))}
    if call.text("response_type") == "in_channel":
        message = workspace.world.put(bot_message(workspace, channel, content, **rest))
        workspace.feed.posted(message)
        return message
    message = workspace.world.finish(bot_message(workspace, channel, content, only_for=back.user, **rest))
    workspace.world.ephemerals.append(message)
    return message


def _replace_original(workspace: Workspace, origin: Message, content: Content) -> None:
    changed = replace(
        origin, text=content.text or "", blocks=content.blocks or (), attachments=content.attachments or ()
    )
    if origin.only_for is not None:
        changed = workspace.world.finish(changed)
        shown = workspace.world.ephemerals
        shown[:] = [changed if each.ts == origin.ts else each for each in shown]
        return
    before = workspace.world.message(origin.channel, origin.ts)
    if before is None:
        raise Refused("message_not_found")
    changed = replace(changed, metadata=before.metadata, reactions=before.reactions)
    workspace.feed.changed(before, workspace.world.put(changed))


def _delete_original(workspace: Workspace, back: Return) -> None:
    origin = back.origin
    if origin is None:
        raise Refused("no_original_message")
    if origin.only_for is not None:
        shown = workspace.world.ephemerals
        shown[:] = [each for each in shown if each.ts != origin.ts]
        return
    standing = workspace.world.message(origin.channel, origin.ts)
    if standing is None:
        raise Refused("message_not_found")
    remove(workspace, standing)
