"""`files.*`: information about files, and uploads in three steps."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.sandbox.slack.calls import SlackCall
from bot.sandbox.slack.composer import escape
from bot.sandbox.slack.message_requests import thread_of
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.serializers import file_json
from bot.sandbox.slack.state import BOT, BOT_USER
from bot.sandbox.slack.values import Json, SlackFile, SlackMessage
from bot.sandbox.slack.workspace import Method, Workspace

_LONGEST_ALTERNATIVE = 1_000
# Slack takes no person's id here, and no name of a channel: github.com/slackapi/bolt-js/issues/2115.
_PLACE = re.compile(r"[CGDZ][A-Z0-9]{8,}")


async def info(workspace: Workspace, call: SlackCall) -> Json:
    file = workspace.state.files.get(call.text("file"))
    if file is None or not file.shared:
        raise SlackRefusal("file_not_found")
    return {"file": file_json(file, workspace.address), "comments": []}


async def get_upload_url(workspace: Workspace, call: SlackCall) -> Json:
    name, length = call.text("filename"), call.number("length", 0)
    if not name or len(call.text("alt_txt")) > _LONGEST_ALTERNATIVE:
        raise SlackRefusal("invalid_arguments")
    if length < 1:
        raise SlackRefusal("file_upload_size_restricted" if call.has("length") else "missing_argument")
    file = SlackFile(
        id=workspace.state.new_id("F"),
        name=name,
        content=b"",
        owner=BOT_USER,
        shared=False,
        alternative=call.text("alt_txt"),
    )
    workspace.state.files[file.id] = file
    return {"upload_url": f"http://{workspace.address}/upload/v1/{file.id}?length={length}", "file_id": file.id}


async def complete_upload(workspace: Workspace, call: SlackCall) -> Json:
    wanted = call.decoded("files", "invalid_arguments") or []
    files = [_uploaded(workspace, each) for each in wanted]
    if not files:
        raise SlackRefusal("invalid_arguments")
    if call.has("channel_id"):
        if not _PLACE.fullmatch(call.text("channel_id")):
            raise SlackRefusal("invalid_arguments")
        channel = workspace.writable(call.text("channel_id"))
        thread = thread_of(workspace, channel, call.text("thread_ts"))
        message = SlackMessage(
            channel=channel.id,
            ts=workspace.state.new_ts(),
            user=BOT_USER,
            bot_id=BOT,
            text=escape(call.text("initial_comment")),
            thread_ts=thread,
            subtype="file_share",
            files=tuple(files),
        )
        # The answer does not contain the message: Slack makes it afterwards.
        workspace.events.posted(workspace.state.put(message))
    for file in files:
        workspace.state.files[file.id] = file
    return {"files": [file_json(file, workspace.address) for file in files]}


def _uploaded(workspace: Workspace, wanted: Json) -> SlackFile:
    file = workspace.state.files.get(str(wanted.get("id")))
    if file is None or file.shared or not file.content:
        raise SlackRefusal("file_not_found")
    return replace(file, shared=True, title=str(wanted.get("title") or file.name))


METHODS = (
    Method(name="files.info", run=info, scopes=("files:read",), tier=4),
    Method(name="files.getUploadURLExternal", run=get_upload_url, scopes=("files:write",), tier=4),
    Method(name="files.completeUploadExternal", run=complete_upload, scopes=("files:write",), tier=4),
)
