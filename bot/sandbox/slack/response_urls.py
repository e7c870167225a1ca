"""What an app posts to a response url: an ephemeral or public answer, or a change of the original message."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot.sandbox.slack.calls import SlackCall
from bot.sandbox.slack.message_requests import SlackMessageRequest, bot_message, read_message_request, thread_of
from bot.sandbox.slack.methods_chat import remove
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.trigger_ids import ResponseUrl
from bot.sandbox.slack.values import SlackMessage
from bot.sandbox.slack.workspace import Workspace


def answer_response_url(workspace: Workspace, code: str, body: bytes) -> None:
    """Do what was posted to a response url. Raises `SlackRefusal` if the url has expired or the body is wrong."""
    try:
        arguments = json.loads(body)
    except ValueError:
        raise SlackRefusal("invalid_payload") from None
    if not isinstance(arguments, dict):
        raise SlackRefusal("invalid_payload")
    call = SlackCall("response_url", arguments, None)
    content = read_message_request(workspace, call)
    response_url = workspace.response_urls.use(code)
    if call.flag("delete_original"):
        _delete_original(workspace, response_url)
    elif content.empty:
        raise SlackRefusal("no_text")
    elif call.flag("replace_original") and response_url.origin is not None:
        _replace_original(workspace, response_url.origin, content)
    else:
        post_answer(workspace, response_url, call, content)


def post_answer(
    workspace: Workspace, response_url: ResponseUrl, call: SlackCall, content: SlackMessageRequest
) -> SlackMessage:
    """Post a message in the channel of the interaction: only for its user, unless the call says `in_channel`."""
    channel = workspace.state.channels[response_url.channel]
    rest: dict[str, Any] = {"thread_ts": thread_of(workspace, channel, call.text("thread_ts"))}
    if call.text("response_type") == "in_channel":
        message = workspace.state.put(bot_message(workspace, channel, content, **rest))
        workspace.events.posted(message)
        return message
    message = workspace.state.finish(bot_message(workspace, channel, content, only_for=response_url.user, **rest))
    workspace.state.ephemerals.append(message)
    return message


def _replace_original(workspace: Workspace, origin: SlackMessage, content: SlackMessageRequest) -> None:
    changed = replace(
        origin, text=content.text or "", blocks=content.blocks or (), attachments=content.attachments or ()
    )
    if origin.only_for is not None:
        changed = workspace.state.finish(changed)
        shown = workspace.state.ephemerals
        shown[:] = [changed if each.ts == origin.ts else each for each in shown]
        return
    before = workspace.state.message(origin.channel, origin.ts)
    if before is None:
        raise SlackRefusal("message_not_found")
    changed = replace(changed, metadata=before.metadata, reactions=before.reactions)
    workspace.events.changed(before, workspace.state.put(changed))


def _delete_original(workspace: Workspace, response_url: ResponseUrl) -> None:
    origin = response_url.origin
    if origin is None:
        raise SlackRefusal("no_original_message")
    if origin.only_for is not None:
        shown = workspace.state.ephemerals
        shown[:] = [each for each in shown if each.ts != origin.ts]
        return
    current = workspace.state.message(origin.channel, origin.ts)
    if current is None:
        raise SlackRefusal("message_not_found")
    remove(workspace, current)
