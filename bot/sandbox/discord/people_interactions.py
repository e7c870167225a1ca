"""What people do with the bot by commands, completions, buttons, message menus and modals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.sandbox.discord.guild import Guild
from bot.sandbox.discord.interactions import (
    COMMAND,
    COMPLETION,
    COMPONENT,
    FIRST_ANSWER_SECONDS,
    MODAL,
    Interaction,
    InteractionResponse,
    OpenInteractions,
)
from bot.sandbox.discord.message_limits import BUTTON, LINK, walk
from bot.sandbox.discord.modals import NotFilledIn, filled_in
from bot.sandbox.discord.people import DiscordPeople, Id
from bot.sandbox.discord.permissions import held, require
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.routes_commands import CHAT_INPUT, MESSAGE, CommandRoutes
from bot.sandbox.discord.values import DiscordMessage, Member, Place, Thread

SUBCOMMAND = 1
STRING, INTEGER, BOOLEAN, USER, NUMBER = 3, 4, 5, 6, 10
SECONDS = 30.0
"""How many seconds a deferred answer may take before the practice client gives up."""


class NotOffered(Exception):
    """The client does not offer that here: there is no such command or button, or not in an archived thread."""


class DiscordPeopleInteractions(DiscordPeople):
    """
    The commands, buttons and modals that people use. Raises `NotOffered`, and `NoAnswer` where the bot does not answer.

    Attributes:
        patience: Seconds of real time that the client waits for a first answer.
    """

    def __init__(self, guild: Guild, interactions: OpenInteractions, commands: CommandRoutes) -> None:
        super().__init__(guild)
        self.patience = FIRST_ANSWER_SECONDS
        self._interactions = interactions
        self._commands = commands

    async def command(
        self, member: Member, channel_id: Id, name: str, /, *, seconds: float = SECONDS, **options: Any
    ) -> InteractionResponse:
        """
        Send a slash command and wait for its answer.

        Args:
            name: Without the slash; a subcommand after a space.
            seconds: How long to wait for a deferred answer.
            options: By name. A person may be given by name.

        Raises:
            NotOffered: No such command or option; the thread is archived; the member lacks the permission.
            NoAnswer: No first answer within three seconds, or no deferred one within `seconds`.
        """
        place, command, path = self._offered(member, channel_id, name, CHAT_INPUT)
        leaf = _leaf(command, path)
        options = {key: self._picked(_option(leaf, key), value) for key, value in options.items()}
        filled = [_filled(_option(leaf, key), value) for key, value in options.items() if value is not None]
        for option in leaf.get("options") or []:
            if option.get("required") and options.get(option["name"]) is None:
                raise NotOffered(f"{option['name']} is required")
        data = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT, "options": _nested(path, filled)}
        named = [value for value in options.values() if isinstance(value, Member)]
        if named:
            data["resolved"] = self._resolved(named, place)
        return await self._answered(self._interactions.open(COMMAND, member, place, data), seconds)

    async def complete(self, member: Member, channel_id: Id, name: str, option: str, typed: str) -> list[Json]:
        """The choices that the bot offers for the text `typed` in a command's option: `name` and `value` of each."""
        place, command, path = self._offered(member, channel_id, name, CHAT_INPUT)
        described = _option(_leaf(command, path), option)
        if not described.get("autocomplete"):
            raise NotOffered(f"{option} does not complete")
        focused = [{"name": option, "type": described["type"], "value": typed, "focused": True}]
        data = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT, "options": _nested(path, focused)}
        interaction = self._interactions.open(COMPLETION, member, place, data)
        await interaction.until(lambda: interaction.answered is not None, self.patience)
        return interaction.choices

    async def context_menu(
        self, member: Member, message: DiscordMessage, name: str, *, seconds: float = SECONDS
    ) -> InteractionResponse:
        """Choose a command in a message's menu."""
        place, command, _ = self._offered(member, message.channel_id, name, MESSAGE)
        data = {
            "id": command["id"],
            "name": name,
            "type": MESSAGE,
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): self.guild.serializer.message(message)}},
        }
        return await self._answered(self._interactions.open(COMMAND, member, place, data), seconds)

    async def press(
        self,
        member: Member,
        message: DiscordMessage,
        what: str,
        *,
        values: tuple[str, ...] = (),
        seconds: float = SECONDS,
    ) -> InteractionResponse:
        """
        Press a button, or choose in a select.

        Args:
            what: The button's label, or the custom id of the button or select.
            values: The chosen values of a select.
        """
        place = self.guild.state.place(message.channel_id)
        require(self.guild.state, member, place)
        component = _component(message, what)
        data: Json = {"custom_id": component["custom_id"], "component_type": component["type"], "id": component["id"]}
        if component["type"] != BUTTON:
            data["values"] = list(values)
        return await self._answered(self._interactions.open(COMPONENT, member, place, data, source=message), seconds)

    async def submit_modal(
        self, answered: InteractionResponse, values: dict[str, str], *, seconds: float = SECONDS
    ) -> InteractionResponse:
        """Fill in the modal that an answer opened, by custom ids, and send it."""
        modal, asked = answered.modal, answered.interaction
        if modal is None:
            raise NotOffered("no modal was opened")
        try:
            parts = filled_in(modal, values)
        except NotFilledIn as refusal:
            raise NotOffered(str(refusal)) from refusal
        data = {"custom_id": modal["custom_id"], "components": parts}
        place = self.guild.state.place(asked.place_id)
        sent = self._interactions.open(MODAL, asked.asker, place, data, source=asked.source)
        return await self._answered(sent, seconds)

    def command_names(self) -> list[str]:
        """The names of the commands that the bot has registered."""
        return self._commands.names()

    def _offered(self, member: Member, channel_id: Id, name: str, kind: int) -> tuple[Place, Json, list[str]]:
        place = self.guild.state.place(int(channel_id))
        first, *path = name.split(" ") if kind == CHAT_INPUT else [name]
        command = self._commands.find(first, kind)
        if command is None:
            raise NotOffered(f"there is no command {first}")
        if isinstance(place, Thread) and place.archived:
            raise NotOffered("an archived thread takes no commands")
        require(self.guild.state, member, place, "use_application_commands")
        needed = int(command["default_member_permissions"] or 0)
        if held(self.guild.state, member, place) & needed != needed:
            raise NotOffered(f"{member.name} may not use {first}")
        return place, command, path

    def _picked(self, option: Json, value: Any) -> Any:
        """An option's value; people are picked by their names."""
        if option["type"] != USER or not isinstance(value, str):
            return value
        named = value.strip().removeprefix("@").casefold()
        for one in self.guild.state.members.values():
            if one.name.casefold() == named:
                return one
        raise NotOffered(f"nobody is called {value}")

    def _resolved(self, named: Sequence[Member], place: Place) -> Json:
        """The people whom a command names; those who have left the guild are users only."""
        state, serializer = self.guild.state, self.guild.serializer
        members = {
            str(one.id): serializer.membership(one) | {"permissions": str(held(state, one, place))}
            for one in named
            if one.id in state.members
        }
        for member in members.values():
            del member["mute"], member["deaf"]
        return {"users": {str(one.id): serializer.user(one) for one in named}, "members": members}

    async def _answered(self, interaction: Interaction, seconds: float) -> InteractionResponse:
        await interaction.until(lambda: interaction.answered is not None, self.patience)
        await interaction.until(lambda: not interaction.waits, seconds)
        return InteractionResponse(interaction)


def _leaf(command: Json, path: list[str]) -> Json:
    for step in path:
        command = _option(command, step)
    if any(option["type"] <= SUBCOMMAND + 1 for option in command.get("options") or []):
        raise NotOffered(f"{command['name']} needs a subcommand")
    return command


def _option(command: Json, name: str) -> Json:
    for option in command.get("options") or []:
        if option["name"] == name:
            found: Json = option
            return found
    raise NotOffered(f"{command['name']} has no option {name}")


def _nested(path: list[str], options: list[Json]) -> list[Json]:
    for depth, step in enumerate(reversed(path)):
        options = [{"name": step, "type": SUBCOMMAND + (depth > 0), "options": options}]
    return options


def _filled(option: Json, value: Any) -> Json:
    """An option with its value, checked as the client checks it."""
    kinds: dict[int, type | tuple[type, ...]] = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}
    kind = option["type"]
    if kind == USER and isinstance(value, Member):
        return {"name": option["name"], "type": kind, "value": str(value.id)}
    if kind not in kinds:
        raise NotOffered(f"the practice client cannot fill in {option['name']}")
    if not isinstance(value, kinds[kind]) or (kind == INTEGER and isinstance(value, bool)):
        raise NotOffered(f"{option['name']} does not take {value!r}")
    if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
        raise NotOffered(f"{option['name']} does not offer {value!r}")
    size = len(value) if isinstance(value, str) else value
    low, high = ("min_length", "max_length") if isinstance(value, str) else ("min_value", "max_value")
    if size < option.get(low, size) or size > option.get(high, size):
        raise NotOffered(f"{option['name']} does not take {value!r}")
    return {"name": option["name"], "type": kind, "value": value}


def _component(message: DiscordMessage, what: str) -> Json:
    for _, component in walk(message.components):
        if what in (component.get("label"), component.get("custom_id")):
            if component.get("disabled"):
                raise NotOffered(f"{what} is disabled")
            if component.get("style") == LINK and component["type"] == BUTTON:
                raise NotOffered(f"{what} is a link")
            return component
    raise NotOffered(f"there is no {what} to press")
