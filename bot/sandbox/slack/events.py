"""What the app is told about what happens in the workspace: Events API payloads, and which of them it gets."""

from __future__ import annotations

from bot.sandbox.slack.serializers import message_shape, thread_shape
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import APP, BOT_USER, TEAM, World
from bot.sandbox.slack.values import App, Channel, Json, Message

_HISTORY_SCOPES = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
_SUBSCRIPTIONS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


class Feed:
    """
    Turns changes into events; nothing about a channel that the bot is not in.

    Attributes:
        address: The server's own; before it has started there is none, and nobody is told of anything.
        withheld: Channels of whose messages nothing is told, however new the connection.
    """

    def __init__(self, world: World, sockets: Sockets, app: App) -> None:
        self._world = world
        self._sockets = sockets
        self._app = app
        self.address = ""
        self.withheld: set[str] = set()

    def posted(self, message: Message, *, times: int = 1) -> None:
        """A new message, `times` deliveries of it under different event ids; a mention of the bot comes besides."""
        self.told(message, times=times)
        if BOT_USER in message.pinged and message.user != BOT_USER:
            self._mention_event(self._world.channels[message.channel], message)
        self._counters_changed(message, added=True)

    def told(self, message: Message, *, times: int = 1) -> None:
        """A message once more, as if it were new."""
        channel = self._world.channels[message.channel]
        for _ in range(times):
            self._message_event(channel, self._shape(message) | self._where(channel, message.ts))

    def _counters_changed(self, reply: Message, *, added: bool) -> None:
        """The parent of a reply that has come or gone shows another number of replies."""
        parent = None if reply.thread_ts is None else self._world.message(reply.channel, reply.thread_ts)
        if parent is None:
            return
        now = self._world.replies(parent.channel, parent.ts)
        before = tuple(each for each in now if each.ts != reply.ts) if added else (*now, reply)
        shape = self._shape(parent)
        bare = {name: value for name, value in shape.items() if name not in thread_shape((reply,), parent)}
        channel = self._world.channels[parent.channel]
        self._changed(channel, bare | thread_shape(before, parent), bare | thread_shape(now, parent))

    def changed(self, before: Message, after: Message) -> None:
        """A message is not what it was: edited, unfurled, or a tombstone."""
        self._changed(self._world.channels[after.channel], self._shape(before), self._shape(after))

    def _changed(self, channel: Channel, before: Json, after: Json) -> None:
        event = {"type": "message", "subtype": "message_changed", "hidden": True}
        self._message_event(
            channel, event | {"message": after, "previous_message": before} | self._where(channel, self._world.tick())
        )

    def deleted(self, message: Message) -> None:
        channel = self._world.channels[message.channel]
        event = {"type": "message", "subtype": "message_deleted", "hidden": True, "deleted_ts": message.ts}
        self._message_event(
            channel, event | {"previous_message": self._shape(message)} | self._where(channel, self._world.tick())
        )
        self._counters_changed(message, added=False)

    def joined(self, channel: Channel, user: str) -> None:
        """Somebody, perhaps the bot, has come into a channel."""
        if "member_joined_channel" in self._app.events and self._hears(channel):
            kind = "G" if channel.private else "C"
            event = {"type": "member_joined_channel", "user": user, "channel": channel.id, "channel_type": kind}
            self._send(event | {"team": TEAM, "event_ts": self._world.tick()})

    def left(self, channel: Channel) -> None:
        """The bot was taken out of a channel; see docs.slack.dev/reference/events/channel_left."""
        kind = "group_left" if channel.private else "channel_left"
        if kind in self._app.events:
            tick = self._world.tick()
            self._send({"type": kind, "channel": channel.id, "actor_id": "USLACKBOT", "event_ts": tick})

    def reacted(self, message: Message, user: str, name: str, *, added: bool) -> None:
        kind = "reaction_added" if added else "reaction_removed"
        channel = self._world.channels[message.channel]
        if kind in self._app.events and "reactions:read" in self._app.scopes and self._hears(channel):
            item = {"type": "message", "channel": message.channel, "ts": message.ts}
            event = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
            self._send(event | {"event_ts": self._world.tick()})

    def _mention_event(self, channel: Channel, message: Message) -> None:
        if "app_mention" in self._app.events and "app_mentions:read" in self._app.scopes and self._hears(channel):
            shape = self._shape(message) | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}
            shape.pop("subtype", None)
            self._send(shape)

    def _message_event(self, channel: Channel, event: Json) -> None:
        subscribed = _SUBSCRIPTIONS[channel.kind] in self._app.events and channel.id not in self.withheld
        if subscribed and _HISTORY_SCOPES[channel.kind] in self._app.scopes and self._hears(channel):
            self._send(event)

    @staticmethod
    def _hears(channel: Channel) -> bool:
        return BOT_USER in channel.members

    def _shape(self, message: Message) -> Json:
        shape = message_shape(self._world, message, self.address)
        if message.broadcast and message.thread_ts is not None:
            parent = self._world.message(message.channel, message.thread_ts)
            if parent is not None:
                shape["root"] = message_shape(self._world, parent, self.address)
        return shape

    @staticmethod
    def _where(channel: Channel, ts: str) -> Json:
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
                "event_id": self._world.new_id("Ev"),
                "event_time": self._world.now(),
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
