"""What every act in the practice guild is made of: the world is changed, and the gateway is told."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Clock
from bot.sandbox.discord.gateway import GUILD_MESSAGES, GUILDS, Event, Gateway
from bot.sandbox.discord.rate_limits import Allowances
from bot.sandbox.discord.refusals import Json, Refusal
from bot.sandbox.discord.serializers import Renderer
from bot.sandbox.discord.state import World
from bot.sandbox.discord.values import Channel, Member, Message, Place, Reference, Sort, Thread


@dataclass(eq=False, slots=True)
class Acts:
    """The world and those who hear of it."""

    world: World
    gateway: Gateway
    renderer: Renderer
    clock: Clock
    allowances: Allowances

    def tell_message(self, event: str, message: Message) -> None:
        """Tell the gateway of a message; of one that only one person sees, nobody hears."""
        if message.only_for is not None:
            return
        nonce = {} if message.nonce is None or event != "MESSAGE_CREATE" else {"nonce": message.nonce}
        self.gateway.tell(
            Event(
                name=event,
                data=self.renderer.message_event(message, readable=True) | nonce,
                without_content=self.renderer.message_event(message, readable=False) | nonce,
                intent=GUILD_MESSAGES,
                place_id=message.channel_id,
            )
        )

    def tell_thread(self, thread: Thread) -> None:
        self.tell("THREAD_UPDATE", self.renderer.thread(thread), GUILDS, thread)

    def tell_channel(self, event: str, channel: Channel) -> None:
        self.tell(event, self.renderer.channel(channel), GUILDS, None)

    def archive(self, thread: Thread, *, archived: bool) -> None:
        """Archive or open a thread, without telling. Raises `Refusal` 160006 when the guild is full."""
        if thread.archived == archived:
            return
        if not archived:
            self.refuse_full()
        thread.archived = archived
        thread.archived_at = self.world.now()

    def by_discord(self, actor: Member, place: Place, sort: Sort, text: str, points_at: Reference | None) -> None:
        """Write what Discord itself writes when somebody does something."""
        message = Message(
            id=self.world.new_id(),
            channel_id=place.id,
            author_id=actor.id,
            created_at=self.world.now(),
            sort=sort,
            content=text,
            reference=points_at,
        )
        self.add(place, message)

    def add(self, place: Place, message: Message) -> None:
        """Put a message where it belongs and tell of it."""
        self.world.keep(message)
        if message.only_for is None:
            place.last_message_id = message.id
            if isinstance(place, Thread) and message.id != place.id:
                place.message_count += 1
                place.ever_said += 1
        self.tell_message("MESSAGE_CREATE", message)

    def refuse_full(self) -> None:
        """Raise `Refusal` 160006 when the guild takes no more active threads."""
        if len(self.world.active_threads()) >= self.allowances.active_threads:
            raise Refusal(160006)

    def tell(self, name: str, data: Json, intent: int, place: Place | None) -> None:
        self.gateway.tell(Event(name=name, data=data, intent=intent, place_id=place.id if place else None))
