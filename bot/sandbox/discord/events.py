"""Every change in the practice guild, and the gateway event that reports it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Clock
from bot.sandbox.discord.gateway import GUILD_MESSAGES, GUILDS, Gateway, GatewayEvent
from bot.sandbox.discord.rate_limits import DiscordLimits
from bot.sandbox.discord.refusals import DiscordRefusal, Json
from bot.sandbox.discord.serializers import DiscordSerializer
from bot.sandbox.discord.state import DiscordState
from bot.sandbox.discord.values import (
    DiscordChannel,
    DiscordMessage,
    Member,
    MessageReference,
    MessageType,
    Place,
    Thread,
)


@dataclass(eq=False, slots=True)
class DiscordEvents:
    """
    The state of the guild, and the events that go out when it changes.

    Attributes:
        serializer: Writes the events' bodies.
    """

    state: DiscordState
    gateway: Gateway
    serializer: DiscordSerializer
    clock: Clock
    limits: DiscordLimits

    def send_message_event(self, event: str, message: DiscordMessage) -> None:
        """Send an event about a message. There is no event about a message that only one person sees."""
        if message.only_for is not None:
            return
        nonce = {} if message.nonce is None or event != "MESSAGE_CREATE" else {"nonce": message.nonce}
        self.gateway.send(
            GatewayEvent(
                name=event,
                data=self.serializer.message_event(message, readable=True) | nonce,
                without_content=self.serializer.message_event(message, readable=False) | nonce,
                intent=GUILD_MESSAGES,
                place_id=message.channel_id,
            )
        )

    def send_thread_event(self, thread: Thread) -> None:
        self.send("THREAD_UPDATE", self.serializer.thread(thread), GUILDS, thread)

    def send_channel_event(self, event: str, channel: DiscordChannel) -> None:
        self.send(event, self.serializer.channel(channel), GUILDS, None)

    def archive(self, thread: Thread, *, archived: bool) -> None:
        """Archive or open a thread, without an event. Raises `DiscordRefusal` 160006 when the guild is full."""
        if thread.archived == archived:
            return
        if not archived:
            self.refuse_if_full()
        thread.archived = archived
        thread.archived_at = self.state.now()

    def add_system_message(
        self, actor: Member, place: Place, message_type: MessageType, text: str, points_at: MessageReference | None
    ) -> None:
        """Add the message that Discord itself writes when somebody does something."""
        message = DiscordMessage(
            id=self.state.new_id(),
            channel_id=place.id,
            author_id=actor.id,
            created_at=self.state.now(),
            type=message_type,
            content=text,
            reference=points_at,
        )
        self.add(place, message)

    def add(self, place: Place, message: DiscordMessage) -> None:
        """Add a message to its channel or thread and send the event."""
        self.state.keep(message)
        if message.only_for is None:
            place.last_message_id = message.id
            if isinstance(place, Thread) and message.id != place.id:
                place.message_count += 1
                place.ever_said += 1
        self.send_message_event("MESSAGE_CREATE", message)

    def refuse_if_full(self) -> None:
        """Raise `DiscordRefusal` 160006 when the guild takes no more active threads."""
        if len(self.state.active_threads()) >= self.limits.active_threads:
            raise DiscordRefusal(160006)

    def send(self, name: str, data: Json, intent: int, place: Place | None) -> None:
        self.gateway.send(GatewayEvent(name=name, data=data, intent=intent, place_id=place.id if place else None))
