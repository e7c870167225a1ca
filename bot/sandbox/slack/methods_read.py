"""`conversations.*`, `users.*`, `usergroups.*`, `bots.info`, `auth.test`: reading the workspace."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from bot.sandbox.slack.calls import SlackCall
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.serializers import channel_json, user_json
from bot.sandbox.slack.state import APP, BOT, BOT_USER, DOMAIN, TEAM
from bot.sandbox.slack.values import Json, SlackChannel, SlackMessage
from bot.sandbox.slack.workspace import TIMESTAMP, Method, Workspace

_LOOKING = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY_PAGE = 100
_LIST_PAGE = 100


async def auth_test(workspace: Workspace, call: SlackCall) -> Json:
    del call
    return {
        "url": f"https://{DOMAIN}.slack.com/",
        "team": "Practice",
        "user": workspace.state.users[BOT_USER].name,
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


async def bots_info(workspace: Workspace, call: SlackCall) -> Json:
    if call.text("bot") not in ("", BOT):
        raise SlackRefusal("bot_not_found")
    name = workspace.state.users[BOT_USER].name
    bot = {"id": BOT, "deleted": False, "name": name, "updated": 0, "app_id": APP, "user_id": BOT_USER, "icons": {}}
    return {"bot": bot}


async def open_connection(workspace: Workspace, call: SlackCall) -> Json:
    del call
    ticket = workspace.sockets.new_link()
    return {"url": f"ws://{workspace.address}/link/?ticket={ticket}&app_id={APP}"}


async def users_info(workspace: Workspace, call: SlackCall) -> Json:
    user = workspace.state.users.get(call.text("user"))
    if user is None:
        raise SlackRefusal("user_not_found")
    return {"user": user_json(user)}


async def usergroups_list(workspace: Workspace, call: SlackCall) -> Json:
    groups = [
        {"id": group.id, "team_id": TEAM, "is_usergroup": True, "name": group.handle, "handle": group.handle}
        | ({"users": list(group.members)} if call.flag("include_users") else {})
        for group in workspace.state.groups.values()
    ]
    return {"usergroups": groups}


async def usergroup_users(workspace: Workspace, call: SlackCall) -> Json:
    group = workspace.state.groups.get(call.text("usergroup"))
    if group is None:
        raise SlackRefusal("no_such_subteam")
    return {"users": list(group.members)}


# ---------------------------------------------------------------- channels


def _seen(workspace: Workspace, call: SlackCall) -> SlackChannel:
    channel = workspace.visible(call.text("channel"))
    if not channel.direct:
        workspace.require("groups:read" if channel.private else "channels:read")
    return channel


async def info(workspace: Workspace, call: SlackCall) -> Json:
    channel = _seen(workspace, call)
    count = {"num_members": len(channel.members)} if call.flag("include_num_members") else {}
    return {"channel": channel_json(channel) | count}


async def members(workspace: Workspace, call: SlackCall) -> Json:
    channel = _seen(workspace, call)
    everybody = sorted(channel.members)
    start, limit = _page(call, _LIST_PAGE, 1000)
    answer = {"members": everybody[start : start + limit]}
    return answer | _next_page(start + limit, len(everybody))


async def list_channels(workspace: Workspace, call: SlackCall) -> Json:
    wanted = (call.text("types") or "public_channel").split(",")
    if "public_channel" in wanted:
        workspace.require("channels:read")
    if "private_channel" in wanted:
        workspace.require("groups:read")
    found = [
        channel
        for channel in workspace.state.channels.values()
        if not channel.direct
        and ("private_channel" if channel.private else "public_channel") in wanted
        and (not channel.private or BOT_USER in channel.members)
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    start, limit = _page(call, _LIST_PAGE, 999)
    channels = [channel_json(channel) | {"num_members": len(channel.members)} for channel in found]
    return {"channels": channels[start : start + limit]} | _next_page(start + limit, len(found))


async def join(workspace: Workspace, call: SlackCall) -> Json:
    channel = workspace.visible(call.text("channel"))
    if channel.private or channel.direct:
        raise SlackRefusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackRefusal("is_archived")
    already = BOT_USER in channel.members
    channel = workspace.state.change_channel(channel.id, members=channel.members | {BOT_USER})
    if not already:
        workspace.events.joined(channel, BOT_USER)
    return {"channel": channel_json(channel)} | ({"warning": "already_in_channel"} if already else {})


async def open_direct(workspace: Workspace, call: SlackCall) -> Json:
    """The direct channel between the bot and one person; with several it would be a group, which nobody asks for."""
    users = [user for user in call.text("users").split(",") if user]
    if not users:
        raise SlackRefusal("users_list_not_supplied")
    if len(users) > 1:
        raise SlackRefusal("missing_scope", needed="mpim:write", provided=",".join(sorted(workspace.app.scopes)))
    user = workspace.state.users.get(users[0])
    if user is None:
        raise SlackRefusal("user_not_found")
    if user.deleted:
        raise SlackRefusal("user_disabled")
    if user.bot:
        raise SlackRefusal("cannot_dm_bot")
    known = {channel.id for channel in workspace.state.channels.values()}
    channel = workspace.state.direct(user.id)
    return {"channel": {"id": channel.id}, **({"no_op": True, "already_open": True} if channel.id in known else {})}


# ---------------------------------------------------------------- history


async def history(workspace: Workspace, call: SlackCall) -> Json:
    channel = workspace.readable(call.text("channel"))
    found = _between(workspace.state.top_level(channel.id), call)[::-1]
    start, limit = _page(call, min(_HISTORY_PAGE, workspace.limits.page), workspace.limits.page)
    return _answer(workspace, call, found[start : start + limit]) | _next_page(start + limit, len(found))


async def replies(workspace: Workspace, call: SlackCall) -> Json:
    channel = workspace.readable(call.text("channel"))
    parent = workspace.state.message(channel.id, call.text("ts"))
    if parent is None:
        raise SlackRefusal("thread_not_found")
    found = _between(workspace.state.replies(channel.id, parent.ts), call)
    start, limit = _page(call, workspace.limits.page, workspace.limits.page)
    # The parent is first on every page, whatever was asked for.
    page = (parent, *found[start : start + limit])
    return _answer(workspace, call, page) | _next_page(start + limit, len(found))


def _answer(workspace: Workspace, call: SlackCall, page: Sequence[SlackMessage]) -> Json:
    wanted = call.flag("include_all_metadata")
    return {"messages": [workspace.message_json(message, metadata=wanted) for message in page]}


def _between(messages: Sequence[SlackMessage], call: SlackCall) -> tuple[SlackMessage, ...]:
    """Those after `oldest` and before `latest`; with `inclusive` also those at them."""
    oldest, latest = _bound(call, "oldest"), _bound(call, "latest")
    inclusive = call.flag("inclusive")
    return tuple(
        message
        for message in messages
        if (oldest is None or message.ts > oldest or (inclusive and message.ts == oldest))
        and (latest is None or message.ts < latest or (inclusive and message.ts == latest))
    )


def _bound(call: SlackCall, name: str) -> str | None:
    given = call.text(name)
    if given in ("", "0", "now"):
        return None
    try:
        return given if TIMESTAMP.fullmatch(given) else f"{float(given):.6f}"
    except ValueError:
        raise SlackRefusal(f"invalid_ts_{name}") from None


def _page(call: SlackCall, usual: int, most: int) -> tuple[int, int]:
    """Where the page begins and how many entries it has, at most `most`."""
    limit = call.number("limit", usual)
    if limit < 1:
        raise SlackRefusal("invalid_limit")
    cursor = call.text("cursor")
    if not cursor:
        return 0, min(limit, most)
    try:
        start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except ValueError:
        raise SlackRefusal("invalid_cursor") from None
    return start, min(limit, most)


def _next_page(start: int, count: int) -> Json:
    more = start < count
    cursor = base64.b64encode(f"next:{start}".encode()).decode() if more else ""
    return {"has_more": more, "response_metadata": {"next_cursor": cursor}}


METHODS = (
    Method(name="auth.test", run=auth_test, tier=0),
    Method(name="bots.info", run=bots_info, scopes=("users:read",), tier=3),
    Method(name="apps.connections.open", run=open_connection, scopes=("connections:write",), tier=1, token="app"),
    Method(name="users.info", run=users_info, scopes=("users:read",), tier=4),
    Method(name="usergroups.list", run=usergroups_list, scopes=("usergroups:read",), tier=2),
    Method(name="usergroups.users.list", run=usergroup_users, scopes=("usergroups:read",), tier=2),
    Method(name="conversations.info", run=info, scopes=_LOOKING, tier=3),
    Method(name="conversations.members", run=members, scopes=_LOOKING, tier=4),
    Method(name="conversations.list", run=list_channels, scopes=_LOOKING, tier=2),
    Method(name="conversations.open", run=open_direct, scopes=("im:write",), tier=3),
    Method(name="conversations.join", run=join, scopes=("channels:join",), tier=3),
    Method(name="conversations.history", run=history, tier=3),
    Method(name="conversations.replies", run=replies, tier=3),
)
