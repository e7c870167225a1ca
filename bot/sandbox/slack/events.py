"""Which Events API payloads the app gets when something changes in the workspace."""

from __future__ import annotations

from bot.sandbox.slack.serializers import message_json, thread_json, user_json, view_json
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import APP, BOT_USER, TEAM, SlackState
from bot.sandbox.slack.values import Group, Json, SlackApp, SlackChannel, SlackMessage, User, View

_HISTORY_SCOPES = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
_SUBSCRIPTIONS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


class SlackEvents:
    """
    Turns changes into events; there are none about a channel that the bot is not in.

    Attributes:
        address: The address of the server; empty until it listens, and then no events are sent.
        withheld: Channels about whose messages no events are sent, not even on a new connection.
    """

    def __init__(self, state: SlackState, sockets: Sockets, app: SlackApp) -> None:
        self._state = state
        self._sockets = sockets
        self._app = app
        self.address = ""
        self.withheld: set[str] = set()

    def posted(self, message: SlackMessage, *, times: int = 1) -> None:
        """A new message: `times` events under different ids, and one more if it mentions the bot."""
        self.repeated(message, times=times)
        if BOT_USER in message.pinged and message.user != BOT_USER:
            self._mention_event(self._state.channels[message.channel], message)
        self._counters_changed(message, added=True)

    def repeated(self, message: SlackMessage, *, times: int = 1) -> None:
        """The events about a message again, as if it were new."""
        channel = self._state.channels[message.channel]
        for _ in range(times):
            self._message_event(channel, self._message_json(message) | self._where(channel, message.ts))

    def _counters_changed(self, reply: SlackMessage, *, added: bool) -> None:
        """The parent of a new or deleted reply has changed: it shows another number of replies."""
        parent = None if reply.thread_ts is None else self._state.message(reply.channel, reply.thread_ts)
        if parent is None:
            return
        now = self._state.replies(parent.channel, parent.ts)
        before = tuple(each for each in now if each.ts != reply.ts) if added else (*now, reply)
        body = self._message_json(parent)
        bare = {name: value for name, value in body.items() if name not in thread_json((reply,), parent)}
        channel = self._state.channels[parent.channel]
        self._changed(channel, bare | thread_json(before, parent), bare | thread_json(now, parent))

    def changed(self, before: SlackMessage, after: SlackMessage) -> None:
        """A message has changed: it was edited, got a link preview, or became a tombstone."""
        self._changed(self._state.channels[after.channel], self._message_json(before), self._message_json(after))

    def _changed(self, channel: SlackChannel, before: Json, after: Json) -> None:
        event = {"type": "message", "subtype": "message_changed", "hidden": True}
        self._message_event(
            channel, event | {"message": after, "previous_message": before} | self._where(channel, self._state.new_ts())
        )

    def deleted(self, message: SlackMessage) -> None:
        channel = self._state.channels[message.channel]
        event = {"type": "message", "subtype": "message_deleted", "hidden": True, "deleted_ts": message.ts}
        self._message_event(
            channel,
            event | {"previous_message": self._message_json(message)} | self._where(channel, self._state.new_ts()),
        )
        self._counters_changed(message, added=False)

    def archived(self, channel: SlackChannel) -> None:
        """A channel was archived, or opened again."""
        what = f"{'group' if channel.private else 'channel'}_{'archive' if channel.archived else 'unarchive'}"
        if what in self._app.events and self._has_bot(channel):
            self._send({"type": what, "channel": channel.id, "event_ts": self._state.new_ts()})

    def joined(self, channel: SlackChannel, user: str) -> None:
        """Somebody, perhaps the bot, has joined a channel."""
        if "member_joined_channel" in self._app.events and self._has_bot(channel):
            kind = "G" if channel.private else "C"
            event = {"type": "member_joined_channel", "user": user, "channel": channel.id, "channel_type": kind}
            self._send(event | {"team": TEAM, "event_ts": self._state.new_ts()})

    def member_left(self, channel: SlackChannel, user: str) -> None:
        """Somebody else than the bot has left a channel; see docs.slack.dev/reference/events/member_left_channel."""
        if "member_left_channel" in self._app.events and self._has_bot(channel):
            kind = "G" if channel.private else "C"
            event = {"type": "member_left_channel", "user": user, "channel": channel.id, "channel_type": kind}
            self._send(event | {"team": TEAM, "event_ts": self._state.new_ts()})

    def person_changed(self, user: User) -> None:
        """An account or a profile has changed; see docs.slack.dev/reference/events/user_change."""
        if "user_change" in self._app.events and "users:read" in self._app.scopes:
            now = self._state.now()
            self._send(
                {"type": "user_change", "user": user_json(user), "cache_ts": now, "event_ts": self._state.new_ts()}
            )

    def home_opened(self, user: User, view: View | None) -> None:
        """Somebody has opened the app's Home tab; see docs.slack.dev/reference/events/app_home_opened."""
        if "app_home_opened" in self._app.events and self._app.has_home:
            event = {"type": "app_home_opened", "user": user.id, "channel": f"D{user.id[1:]}", "tab": "home"}
            shown = {} if view is None else {"view": view_json(view)}
            self._send(event | shown | {"event_ts": self._state.new_ts()})

    def group_changed(self, group: Group) -> None:
        """A user group has other members; see docs.slack.dev/reference/events/subteam_members_changed."""
        if "subteam_members_changed" in self._app.events and "usergroups:read" in self._app.scopes:
            event = {"type": "subteam_members_changed", "subteam_id": group.id, "team_id": TEAM}
            self._send(event | {"event_ts": self._state.new_ts()})

    def left(self, channel: SlackChannel) -> None:
        """The bot was removed from a channel; see docs.slack.dev/reference/events/channel_left."""
        kind = "group_left" if channel.private else "channel_left"
        if kind in self._app.events:
            new_ts = self._state.new_ts()
            self._send({"type": kind, "channel": channel.id, "actor_id": "USLACKBOT", "event_ts": new_ts})

    def reacted(self, message: SlackMessage, user: str, name: str, *, added: bool) -> None:
        kind = "reaction_added" if added else "reaction_removed"
        channel = self._state.channels[message.channel]
        if kind in self._app.events and "reactions:read" in self._app.scopes and self._has_bot(channel):
            item = {"type": "message", "channel": message.channel, "ts": message.ts}
            event = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
            self._send(event | {"event_ts": self._state.new_ts()})

    def _mention_event(self, channel: SlackChannel, message: SlackMessage) -> None:
        if "app_mention" in self._app.events and "app_mentions:read" in self._app.scopes and self._has_bot(channel):
            body = self._message_json(message) | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}
            body.pop("subtype", None)
            self._send(body)

    def _message_event(self, channel: SlackChannel, event: Json) -> None:
        subscribed = _SUBSCRIPTIONS[channel.kind] in self._app.events and channel.id not in self.withheld
        if subscribed and _HISTORY_SCOPES[channel.kind] in self._app.scopes and self._has_bot(channel):
            self._send(event)

    @staticmethod
    def _has_bot(channel: SlackChannel) -> bool:
        return BOT_USER in channel.members

    def _message_json(self, message: SlackMessage) -> Json:
        body = message_json(self._state, message, self.address)
        if message.broadcast and message.thread_ts is not None:
            parent = self._state.message(message.channel, message.thread_ts)
            if parent is not None:
                body["root"] = message_json(self._state, parent, self.address)
        return body

    @staticmethod
    def _where(channel: SlackChannel, ts: str) -> Json:
        where = {"channel": channel.id, "channel_type": channel.kind, "event_ts": ts}
        return where | {"ts": ts}

    def _send(self, event: Json) -> None:
        if not self.address:
            return
        self._sockets.send_event(
            {
                "token": "practice",
                "team_id": TEAM,
                "api_app_id": APP,
                "event": event,
                "type": "event_callback",
                "event_id": self._state.new_id("Ev"),
                "event_time": self._state.now(),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": TEAM,
                        "user_id": BOT_USER,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
                "event_context": "practice",
            }
        )
