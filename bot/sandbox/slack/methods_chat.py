"""`chat.*`: writing, editing and deleting messages."""

from __future__ import annotations

from dataclasses import replace

from bot.sandbox.slack.calls import SlackCall
from bot.sandbox.slack.message_requests import SlackMessageRequest, bot_message, read_message_request, thread_of
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.state import BOT, DOMAIN
from bot.sandbox.slack.values import Json, SlackMessage
from bot.sandbox.slack.workspace import Method, Workspace

_LONGEST_UPDATE = 4_000


async def post_message(workspace: Workspace, call: SlackCall) -> Json:
    channel = workspace.writable(call.text("channel"))
    content = read_message_request(workspace, call)
    if content.empty:
        raise SlackRefusal("no_text")
    thread = thread_of(workspace, channel, call.text("thread_ts"))
    broadcast = thread is not None and call.flag("reply_broadcast")
    customised = "chat:write.customize" in workspace.app.scopes and call.has("username")
    message = workspace.state.put(
        bot_message(
            workspace,
            channel,
            content,
            thread_ts=thread,
            subtype="thread_broadcast" if broadcast else "bot_message" if customised else None,
            username=call.text("username") if customised else None,
            mrkdwn=not call.has("mrkdwn") or call.flag("mrkdwn"),
        )
    )
    workspace.events.posted(message)
    return {"channel": channel.id, "ts": message.ts, "message": workspace.message_json(message, metadata=True)}


async def update(workspace: Workspace, call: SlackCall) -> Json:
    channel = workspace.writable(call.text("channel"))
    before = workspace.existing(channel, call.text("ts"))
    if before.bot_id != BOT:
        raise SlackRefusal("cant_update_message")
    content = read_message_request(workspace, call)
    if len(content.text or "") > _LONGEST_UPDATE:
        raise SlackRefusal("msg_too_long")
    if content.empty and content.blocks is None and content.metadata is None:
        raise SlackRefusal("no_text")
    after = workspace.state.put(_updated(workspace, before, content))
    workspace.events.changed(before, after)
    return {
        "channel": channel.id,
        "ts": after.ts,
        "text": after.text,
        "message": workspace.message_json(after, metadata=True),
    }


def _updated(workspace: Workspace, before: SlackMessage, content: SlackMessageRequest) -> SlackMessage:
    # Text alone replaces blocks, and only then the message shows as edited.
    text_alone = content.text is not None and content.blocks is None
    return replace(
        before,
        text=before.text if content.text is None else content.text,
        blocks=() if text_alone else before.blocks if content.blocks is None else content.blocks,
        attachments=before.attachments if content.attachments is None else content.attachments,
        metadata=before.metadata if content.metadata is None else content.metadata,
        edited_at=workspace.state.new_ts() if text_alone else before.edited_at,
    )


async def delete(workspace: Workspace, call: SlackCall) -> Json:
    channel = workspace.writable(call.text("channel"))
    message = workspace.existing(channel, call.text("ts"))
    if message.bot_id != BOT:
        raise SlackRefusal("cant_delete_message")
    remove(workspace, message)
    return {"channel": channel.id, "ts": message.ts}


def remove(workspace: Workspace, message: SlackMessage) -> None:
    """Delete a message; if it has replies, a tombstone stays."""
    if not workspace.state.replies(message.channel, message.ts):
        workspace.state.drop(message)
        workspace.events.deleted(message)
        return
    tombstone = SlackMessage(
        channel=message.channel,
        ts=message.ts,
        user="USLACKBOT",
        subtype="tombstone",
        text="This message was deleted.",
    )
    workspace.events.changed(message, workspace.state.put(tombstone))


async def post_ephemeral(workspace: Workspace, call: SlackCall) -> Json:
    channel = workspace.writable(call.text("channel"))
    if call.text("user") not in channel.members:
        raise SlackRefusal("user_not_in_channel")
    content = read_message_request(workspace, call)
    if content.empty:
        raise SlackRefusal("no_text")
    thread = thread_of(workspace, channel, call.text("thread_ts"))
    message = bot_message(workspace, channel, content, thread_ts=thread, only_for=call.text("user"))
    workspace.state.ephemerals.append(workspace.state.finish(message))
    return {"message_ts": message.ts}


async def get_permalink(workspace: Workspace, call: SlackCall) -> Json:
    channel = workspace.own(call.text("channel"))
    message = workspace.existing(channel, call.text("message_ts"))
    link = f"https://{DOMAIN}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts is not None:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


METHODS = (
    Method(name="chat.postMessage", run=post_message, scopes=("chat:write",), tier=0),
    Method(name="chat.update", run=update, scopes=("chat:write",), tier=3),
    Method(name="chat.delete", run=delete, scopes=("chat:write",), tier=3),
    Method(name="chat.postEphemeral", run=post_ephemeral, scopes=("chat:write",), tier=4),
    Method(name="chat.getPermalink", run=get_permalink, tier=0),
)
