"""`views.*` and `reactions.*`: modals, and reactions to messages."""

from __future__ import annotations

from dataclasses import replace

from bot.sandbox.slack.blocks import prepare_view
from bot.sandbox.slack.calls import SlackCall
from bot.sandbox.slack.emoji import SIGNS
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.serializers import view_json
from bot.sandbox.slack.state import BOT_USER
from bot.sandbox.slack.values import Json, SlackMessage
from bot.sandbox.slack.workspace import Method, Workspace

_MOST_KINDS = 23


def _view(workspace: Workspace, call: SlackCall, kind: str = "modal") -> Json:
    return prepare_view(call.decoded("view", "invalid_arguments"), workspace.state.new_id, kind)


async def open_view(workspace: Workspace, call: SlackCall) -> Json:
    body = _view(workspace, call)
    user = workspace.trigger_ids.redeem(call.text("trigger_id"))
    return {"view": view_json(workspace.modals.open(user, body))}


async def publish_view(workspace: Workspace, call: SlackCall) -> Json:
    body = _view(workspace, call, "home")
    if not workspace.app.has_home:
        raise SlackRefusal("not_enabled")
    if call.text("user_id") not in workspace.state.users:
        raise SlackRefusal("user_not_found")
    before = workspace.modals.home(call.text("user_id"))
    if call.has("hash") and (before is None or call.text("hash") != before.hash):
        raise SlackRefusal("hash_conflict")
    return {"view": view_json(workspace.modals.publish(call.text("user_id"), body))}


async def push_view(workspace: Workspace, call: SlackCall) -> Json:
    body = _view(workspace, call)
    user = workspace.trigger_ids.redeem(call.text("trigger_id"))
    return {"view": view_json(workspace.modals.push(user, body))}


async def update_view(workspace: Workspace, call: SlackCall) -> Json:
    body = _view(workspace, call)
    view = workspace.modals.find(call.text("view_id"), call.text("external_id"))
    if call.has("hash") and call.text("hash") != view.hash:
        raise SlackRefusal("hash_conflict")
    return {"view": view_json(workspace.modals.update(view, body))}


# ---------------------------------------------------------------- reactions


def _target(workspace: Workspace, call: SlackCall) -> SlackMessage:
    if not call.text("channel") or not call.text("timestamp"):
        raise SlackRefusal("no_item_specified")
    return workspace.existing(workspace.own(call.text("channel")), call.text("timestamp"))


async def add(workspace: Workspace, call: SlackCall) -> Json:
    name = call.text("name").strip(":")
    if name not in SIGNS:
        raise SlackRefusal("invalid_name")
    message = _target(workspace, call)
    if workspace.state.channels[message.channel].archived:
        raise SlackRefusal("is_archived")
    react(workspace, message, BOT_USER, name)
    return {}


def react(workspace: Workspace, message: SlackMessage, user: str, name: str) -> SlackMessage:
    """Add a reaction. Raises `SlackRefusal` `thread_locked`, `already_reacted` or `too_many_emoji`."""
    _refuse_if_locked(workspace, message)
    users = message.reactions.get(name, ())
    if user in users:
        raise SlackRefusal("already_reacted")
    if not users and len(message.reactions) >= _MOST_KINDS:
        raise SlackRefusal("too_many_emoji")
    changed = workspace.state.put(replace(message, reactions={**message.reactions, name: (*users, user)}))
    workspace.events.reacted(changed, user, name, added=True)
    return changed


def _refuse_if_locked(workspace: Workspace, message: SlackMessage) -> None:
    if workspace.state.is_locked(message.channel, message.thread_ts or message.ts):
        raise SlackRefusal("thread_locked")


async def remove(workspace: Workspace, call: SlackCall) -> Json:
    name = call.text("name").strip(":")
    if name not in SIGNS:
        raise SlackRefusal("invalid_name")
    unreact(workspace, _target(workspace, call), BOT_USER, name)
    return {}


def unreact(workspace: Workspace, message: SlackMessage, user: str, name: str) -> SlackMessage:
    """Remove a reaction. Raises `SlackRefusal` `thread_locked` or `no_reaction`."""
    _refuse_if_locked(workspace, message)
    users = message.reactions.get(name, ())
    if user not in users:
        raise SlackRefusal("no_reaction")
    left = tuple(each for each in users if each != user)
    reactions = {each: who for each, who in message.reactions.items() if each != name} | ({name: left} if left else {})
    changed = workspace.state.put(replace(message, reactions=reactions))
    workspace.events.reacted(changed, user, name, added=False)
    return changed


async def get(workspace: Workspace, call: SlackCall) -> Json:
    message = _target(workspace, call)
    return {"type": "message", "channel": message.channel, "message": workspace.message_json(message)}


METHODS = (
    Method(name="views.open", run=open_view, tier=4),
    Method(name="views.push", run=push_view, tier=4),
    Method(name="views.update", run=update_view, tier=4),
    Method(name="views.publish", run=publish_view, tier=4),
    Method(name="reactions.add", run=add, scopes=("reactions:write",), tier=3),
    Method(name="reactions.remove", run=remove, scopes=("reactions:write",), tier=2),
    Method(name="reactions.get", run=get, scopes=("reactions:read",), tier=3),
)
