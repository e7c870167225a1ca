"""REST: the bot's answers to interactions: the first one and the follow-ups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.sandbox.discord.calls import DiscordCall, DiscordResponse
from bot.sandbox.discord.interactions import (
    CHOICES,
    COMPLETION,
    COMPONENT,
    LATER,
    LATER_UPDATE,
    MESSAGE,
    MODAL,
    OPEN_MODAL,
    UPDATE,
    Interaction,
    OpenInteractions,
)
from bot.sandbox.discord.message_requests import DiscordMessageRequest, read_message_request
from bot.sandbox.discord.modals import read_modal
from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors, Json
from bot.sandbox.discord.routes import DiscordRoutes
from bot.sandbox.discord.values import EPHEMERAL, LOADING, DiscordMessage, MessageType

MOST_CHOICES = 25


class InteractionRoutes:
    """Adds its routes on construction."""

    def __init__(self, routes: DiscordRoutes, interactions: OpenInteractions) -> None:
        self._routes = routes
        self._interactions = interactions
        hook = "/webhooks/{application}/{token}"
        routes.on("POST", "/interactions/{interaction}/{token}/callback", self._callback, by_token=True)
        routes.on("POST", hook, self._follow_up, by_token=True)
        routes.on("GET", hook + "/messages/{message}", self._get, by_token=True)
        routes.on("PATCH", hook + "/messages/{message}", self._edit, by_token=True)
        routes.on("DELETE", hook + "/messages/{message}", self._delete, by_token=True)

    async def _callback(self, call: DiscordCall) -> DiscordResponse:
        interaction = self._interactions.first(call.id("interaction"), call.text("token"))
        body = call.fields()
        kind = body.get("type")
        if kind not in _allowed_types(interaction):
            errors = FieldErrors()
            errors.add("type", "BASE_TYPE_CHOICES", f"Value must be one of {_allowed_types(interaction)}.")
            errors.raise_any()
        message = self._first(interaction, int(body["type"]), body.get("data"), call)
        interaction.answered = int(body["type"])
        interaction.changed()
        if call.request.query.get("with_response", "").lower() not in ("true", "1"):
            return DiscordResponse(204)
        return DiscordResponse(200, self._callback_body(interaction, message))

    def _first(self, interaction: Interaction, kind: int, data: Any, call: DiscordCall) -> DiscordMessage | None:
        if kind in (MESSAGE, LATER):
            request = read_message_request(data or {}, call.files, under="data.")
            interaction.ephemeral = bool(request.flags & EPHEMERAL)
            interaction.original = self._say(interaction, request, LOADING if kind == LATER else 0)
            return interaction.original
        if kind in (LATER_UPDATE, UPDATE):
            interaction.original = interaction.source
            if kind == UPDATE and interaction.source is not None:
                self._routes.guild.change(
                    interaction.source, self._routes.bot, read_message_request(data or {}, call.files, under="data.")
                )
                return interaction.source
        if kind == CHOICES:
            interaction.choices = _choices(data)
        if kind == OPEN_MODAL:
            interaction.modal = read_modal(data)
        return None

    def _say(self, interaction: Interaction, request: DiscordMessageRequest, more_flags: int = 0) -> DiscordMessage:
        place = self._routes.state.place(interaction.place_id)
        hidden = bool(request.flags & EPHEMERAL)
        return self._routes.guild.say(
            self._routes.bot,
            place,
            request,
            message_type=MessageType.DEFAULT if interaction.kind == COMPONENT else MessageType.COMMAND,
            via=interaction.id,
            only_for=interaction.asker.id if hidden else None,
            more_flags=more_flags,
        )

    def _callback_body(self, interaction: Interaction, message: DiscordMessage | None) -> Json:
        about: Json = {"id": str(interaction.id), "type": interaction.kind}
        body: Json = {"interaction": about}
        if message is not None:
            about["response_message_id"] = str(message.id)
            about["response_message_loading"] = bool(message.flags & LOADING)
            about["response_message_ephemeral"] = message.only_for is not None
            if interaction.answered in (MESSAGE, UPDATE):
                body["resource"] = {"type": interaction.answered, "message": self._routes.serializer.message(message)}
        return body

    async def _follow_up(self, call: DiscordCall) -> DiscordResponse:
        """The first message after a deferral replaces `thinking…`, and has the same visibility."""
        interaction = self._interaction(call)
        # Discord ignores the nonce of a webhook's message
        request = replace(read_message_request(call.fields(), call.files), nonce=None, enforce_nonce=False)
        if interaction.waits and interaction.original is not None:
            message = interaction.original
            if request.empty:
                raise DiscordRefusal(50006)
            self._routes.guild.change(message, self._routes.bot, request, less_flags=LOADING)
        else:
            message = self._say(interaction, request)
            interaction.followups.append(message)
        interaction.changed()
        return DiscordResponse(200, self._routes.serializer.message(message))

    async def _get(self, call: DiscordCall) -> DiscordResponse:
        return DiscordResponse(200, self._routes.serializer.message(self._message(call)))

    async def _edit(self, call: DiscordCall) -> DiscordResponse:
        message = self._message(call)
        request = read_message_request(call.fields(), call.files)
        self._routes.guild.change(message, self._routes.bot, request, less_flags=LOADING)
        self._interaction(call).changed()
        return DiscordResponse(200, self._routes.serializer.message(message))

    async def _delete(self, call: DiscordCall) -> DiscordResponse:
        interaction, message = self._interaction(call), self._message(call)
        self._routes.guild.remove(message)
        message.flags &= ~LOADING
        if message is interaction.original:
            interaction.original = None
        else:
            interaction.followups.remove(message)
        interaction.changed()
        return DiscordResponse(204)

    def _interaction(self, call: DiscordCall) -> Interaction:
        return self._interactions.later(call.id("application"), call.text("token"))

    def _message(self, call: DiscordCall) -> DiscordMessage:
        interaction = self._interaction(call)
        ours = [interaction.original, *interaction.followups]
        if call.text("message") == "@original":
            ours, wanted = ours[:1], None
        else:
            wanted = call.id("message")
        for message in ours:
            if message is not None and wanted in (None, message.id):
                return message
        raise DiscordRefusal(10008)


def _allowed_types(interaction: Interaction) -> tuple[int, ...]:
    """The types of first answer that are allowed for an interaction."""
    if interaction.kind == COMPLETION:
        return (CHOICES,)
    if interaction.source is not None:
        updates = (MESSAGE, LATER, LATER_UPDATE, UPDATE)
        return updates if interaction.kind == MODAL else (*updates, OPEN_MODAL)
    return (MESSAGE, LATER) if interaction.kind == MODAL else (MESSAGE, LATER, OPEN_MODAL)


def _choices(data: Any) -> list[Json]:
    errors = FieldErrors()
    choices = (data or {}).get("choices") or []
    errors.add_if_more("data.choices", choices, MOST_CHOICES)
    for index, choice in enumerate(choices):
        errors.add_unless_between(f"data.choices.{index}.name", str(choice.get("name") or ""), 1, 100)
        if isinstance(choice.get("value"), str):
            errors.add_unless_between(f"data.choices.{index}.value", choice["value"], 1, 100)
    errors.raise_any()
    return list(choices)
