"""
Interactions: what people ask the bot for with a command, button or modal, and how the bot answers.

See https://github.com/discord/discord-api-docs/blob/main/developers/interactions/receiving-and-responding.mdx.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from bot.sandbox.discord.gateway import GatewayEvent
from bot.sandbox.discord.guild import Guild
from bot.sandbox.discord.permissions import held
from bot.sandbox.discord.refusals import DiscordRefusal, Json
from bot.sandbox.discord.values import LOADING, DiscordMessage, Member, Place

COMMAND, COMPONENT, COMPLETION, MODAL = 2, 3, 4, 5
MESSAGE, LATER, LATER_UPDATE, UPDATE, CHOICES, OPEN_MODAL = 4, 5, 6, 7, 8, 9

FIRST_ANSWER_SECONDS = 3.0
TOKEN_SECONDS = 15 * 60.0


class NoAnswer(Exception):
    """The client would show: the application did not respond."""


@dataclass(eq=False, slots=True, kw_only=True)
class Interaction:
    """
    One interaction, and the answers so far.

    Attributes:
        kind: Command, component, completion or modal.
        opened: On the clock's monotonic scale.
        source: The message whose button was pressed.
        answered: The type of the first answer; None: none yet.
        original: The message that the first answer made, or changed.
        modal: The modal that the first answer opened.
    """

    id: int
    token: str
    kind: int
    asker: Member
    place_id: int
    opened: float
    source: DiscordMessage | None = None
    answered: int | None = None
    ephemeral: bool = False
    original: DiscordMessage | None = None
    followups: list[DiscordMessage] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def waits(self) -> bool:
        """Whether the asker still sees `thinking…`."""
        return self.answered == LATER and self.original is not None and bool(self.original.flags & LOADING)

    def changed(self) -> None:
        """Wake everybody who waits for a change."""
        self._changed.set()

    async def until(self, test: Callable[[], bool], seconds: float) -> None:
        """Wait until `test` holds; it is called after each change. Raises `NoAnswer` when the time is over."""
        try:
            async with asyncio.timeout(seconds):
                while not test():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise NoAnswer("The application did not respond.") from None


class OpenInteractions:
    """The interactions that can still be answered, by their tokens."""

    def __init__(self, guild: Guild) -> None:
        self._guild = guild
        self._open: dict[str, Interaction] = {}

    def open(
        self, kind: int, asker: Member, place: Place, data: Json, *, source: DiscordMessage | None = None
    ) -> Interaction:
        """Make an interaction and send its event."""
        self._forget_old()
        state = self._guild.state
        interaction = Interaction(
            id=state.new_id(),
            token=f"{uuid4().hex}{uuid4().hex}",
            kind=kind,
            asker=asker,
            place_id=place.id,
            opened=self._guild.clock.monotonic(),
            source=source,
        )
        self._open[interaction.token] = interaction
        self._guild.gateway.send(GatewayEvent(name="INTERACTION_CREATE", data=self._payload(interaction, place, data)))
        return interaction

    def first(self, interaction_id: int, token: str) -> Interaction:
        """The interaction that gets its first answer now. Raises `DiscordRefusal`: 10062 too late, 40060 answered."""
        interaction = self._open.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise DiscordRefusal(10062)
        if interaction.answered is not None:
            raise DiscordRefusal(40060)
        if self._guild.clock.monotonic() - interaction.opened > FIRST_ANSWER_SECONDS:
            raise DiscordRefusal(10062)
        return interaction

    def later(self, application_id: int, token: str) -> Interaction:
        """The interaction of a webhook token. Raises `DiscordRefusal`: 50027 the token is not valid any more."""
        interaction = self._open.get(token)
        if interaction is None or application_id != self._guild.state.application_id:
            raise DiscordRefusal(50027)
        if self._guild.clock.monotonic() - interaction.opened > TOKEN_SECONDS:
            raise DiscordRefusal(50027)
        return interaction

    def _payload(self, interaction: Interaction, place: Place, data: Json) -> Json:
        state, serializer = self._guild.state, self._guild.serializer
        payload: Json = {
            "id": str(interaction.id),
            "application_id": str(state.application_id),
            "type": interaction.kind,
            "data": data,
            "token": interaction.token,
            "version": 1,
            "guild_id": str(state.guild_id),
            "guild": {"id": str(state.guild_id), "features": ["COMMUNITY"], "locale": "en-US"},
            "channel_id": str(place.id),
            "channel": serializer.place(place) | {"permissions": str(held(state, interaction.asker, place))},
            "member": serializer.asker(interaction.asker, place),
            "app_permissions": str(held(state, state.bot, place)),
            "locale": "en-US",
            "guild_locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(state.guild_id)},
            "context": 0,
            "attachment_size_limit": 10 * 1024 * 1024,
        }
        if interaction.source is not None:
            payload["message"] = serializer.message(interaction.source)
        return payload

    def _forget_old(self) -> None:
        now = self._guild.clock.monotonic()
        for token, interaction in list(self._open.items()):
            if now - interaction.opened > 2 * TOKEN_SECONDS:
                del self._open[token]


@dataclass(frozen=True, slots=True)
class InteractionResponse:
    """How the bot answered an interaction, always as it is now, later changes included."""

    interaction: Interaction

    @property
    def message(self) -> DiscordMessage | None:
        """What the asker reads: the answer itself, else the first message that followed."""
        own = self.interaction.original if self.interaction.answered in (MESSAGE, LATER) else None
        return own or next(iter(self.interaction.followups), None)

    @property
    def content(self) -> str:
        return "" if self.message is None else self.message.content

    @property
    def embeds(self) -> list[Json]:
        return [] if self.message is None else self.message.embeds

    @property
    def components(self) -> list[Json]:
        return [] if self.message is None else self.message.components

    @property
    def ephemeral(self) -> bool:
        """Whether only the asker reads it."""
        return self.message is not None and self.message.only_for is not None

    @property
    def deferred(self) -> bool:
        """Whether the bot first said that an answer would come."""
        return self.interaction.answered in (LATER, LATER_UPDATE)

    @property
    def followups(self) -> list[DiscordMessage]:
        return self.interaction.followups

    @property
    def modal(self) -> Json | None:
        return self.interaction.modal

    async def wait_for_message(self, seconds: float = 60.0) -> DiscordMessage:
        """Wait until there is something to read. Raises `NoAnswer`."""
        await self.interaction.until(lambda: self.message is not None and not self.interaction.waits, seconds)
        message = self.message
        if message is None:
            raise NoAnswer("The answer was taken back.")
        return message
