"""Users, channels, messages, files and views as Slack's JSON."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence

from bot.sandbox.slack.state import APP, BOT, BOT_USER, DOMAIN, OTHER_TEAM, TEAM, SlackState
from bot.sandbox.slack.values import Json, SlackChannel, SlackFile, SlackMessage, User, View


def user_json(user: User) -> Json:
    return {
        "id": user.id,
        "team_id": OTHER_TEAM if user.stranger else TEAM,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": "Europe/Amsterdam",
        "profile": {
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.display_name,
            "display_name_normalized": user.display_name,
            "team": TEAM,
        },
        "is_admin": user.admin,
        "is_owner": False,
        "is_restricted": user.guest,
        "is_stranger": user.stranger,
        "is_ultra_restricted": False,
        "is_bot": user.bot,
        "is_app_user": False,
    }


def channel_json(channel: SlackChannel) -> Json:
    if channel.direct:
        user = next(iter(channel.members - {BOT_USER}))
        return {"id": channel.id, "created": channel.created, "is_im": True, "is_archived": False, "user": user}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_member": BOT_USER in channel.members,
        "created": channel.created,
        "creator": "U0ADMIN",
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        **channel.more,
    }


def file_json(file: SlackFile, address: str) -> Json:
    """A file; `address` is the server's, for the links that need the bot's token."""
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    place = f"http://{address}/files-pri/{TEAM}-{file.id}"
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": kind,
        "filetype": file.name.rpartition(".")[2],
        "size": len(file.content),
        "user": file.owner,
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "url_private": f"{place}/{file.name}",
        "url_private_download": f"{place}/download/{file.name}",
        "permalink": f"https://{DOMAIN}.slack.com/files/{file.owner}/{file.id}/{file.name}",
        "file_access": "visible",
        **({"alt_txt": file.alternative} if file.alternative else {}),
    }


def _file_of_message(file: SlackFile, address: str) -> Json:
    """A file as events and histories have it."""
    if file.must_be_asked:
        return {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}
    return file_json(file, address)


def message_json(state: SlackState, message: SlackMessage, address: str, *, metadata: bool = False) -> Json:
    """
    A message as in the history.

    Args:
        metadata: Whether its metadata is wanted (`include_all_metadata`).
    """
    body: Json = {"type": "message", "ts": message.ts, "text": message.text}
    optional = {
        "subtype": message.subtype,
        "client_msg_id": message.client_msg_id,
        "thread_ts": message.thread_ts,
        "attachments": list(message.attachments),
        "blocks": list(message.blocks),
    }
    body |= {name: value for name, value in optional.items() if value}
    body |= _author_json(state, message)
    if message.files:
        body["files"] = [_file_of_message(file, address) for file in message.files]
        body |= {"upload": False, "display_as_bot": False}
    if message.edited_at is not None:
        body["edited"] = {"user": message.user, "ts": message.edited_at}
    if message.reactions:
        body["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()
        ]
    if message.only_for is not None:
        body["is_ephemeral"] = True
    if metadata and message.metadata is not None:
        body["metadata"] = message.metadata
    if message.thread_ts is not None:
        parent = state.message(message.channel, message.thread_ts)
        if parent is not None and parent.user is not None:
            body["parent_user_id"] = parent.user
    return body | thread_json(state.replies(message.channel, message.ts), message)


def _author_json(state: SlackState, message: SlackMessage) -> Json:
    body: Json = {} if message.user is None else {"user": message.user, "team": TEAM}
    if message.bot_id is not None:
        body["bot_id"] = message.bot_id
    if message.username is not None:
        body["username"] = message.username
    if message.bot_id == BOT:
        body |= {"app_id": APP, "bot_profile": _bot_profile(state)}
    return body


def thread_json(replies: Sequence[SlackMessage], parent: SlackMessage) -> Json:
    """What a parent says about its replies; empty without replies."""
    if not replies or parent.only_for is not None:
        return {"is_locked": True} if parent.locked else {}
    users = list(dict.fromkeys(reply.user for reply in replies if reply.user is not None))
    return {
        "thread_ts": parent.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users[:5],
        "latest_reply": replies[-1].ts,
        "is_locked": parent.locked,
        "subscribed": True,
    }


def _bot_profile(state: SlackState) -> Json:
    name = state.users[BOT_USER].name
    return {"id": BOT, "app_id": APP, "name": name, "deleted": False, "team_id": TEAM}


def view_json(view: View) -> Json:
    return {
        "id": view.id,
        "team_id": TEAM,
        "type": view.body["type"],
        "title": view.body.get("title"),
        "close": view.body.get("close"),
        "submit": view.body.get("submit"),
        "blocks": list(view.blocks),
        "private_metadata": view.private_metadata,
        "callback_id": view.callback_id,
        "external_id": view.body.get("external_id", ""),
        "state": {"values": {block: dict(values) for block, values in view.state.items()}},
        "hash": view.hash,
        "clear_on_close": bool(view.body.get("clear_on_close", False)),
        "notify_on_close": bool(view.body.get("notify_on_close", False)),
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": BOT,
    }
