"""REST: the bot's answers to interactions, the first one and those that follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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
    Interactions,
)
from bot.sandbox.discord.message_requests import Draft, read
from bot.sandbox.discord.refusals import Form, Json, Refusal
from bot.sandbox.discord.routes import Call, Reply, Rest
from bot.sandbox.discord.values import EPHEMERAL, LOADING, Message, Sort

MOST_CHOICES = 25
MODAL_PARTS = 5


class Answers:
    """Hangs its routes on construction."""

    def __init__(self, rest: Rest, interactions: Interactions) -> None:
        self._rest = rest
        self._interactions = interactions
        hook = "/webhooks/{application}/{token}"
        rest.on("POST", "/interactions/{interaction}/{token}/callback", self._callback, by_token=True)
        rest.on("POST", hook, self._follow_up, by_token=True)
        rest.on("GET", hook + "/messages/{message}", self._get, by_token=True)
        rest.on("PATCH", hook + "/messages/{message}", self._edit, by_token=True)
        rest.on("DELETE", hook + "/messages/{message}", self._delete, by_token=True)

    async def _callback(self, call: Call) -> Reply:
        interaction = self._interactions.first(call.id("interaction"), call.text("token"))
        body = call.fields()
        kind = body.get("type")
        if kind not in _fitting(interaction):
            form = Form()
            form.wrong("type", "BASE_TYPE_CHOICES", f"Value must be one of {_fitting(interaction)}.")
            form.refuse()
        message = self._first(interaction, int(body["type"]), body.get("data"), call)
        interaction.answered = int(body["type"])
        interaction.changed()
        if call.request.query.get("with_response", "").lower() not in ("true", "1"):
            return Reply(204)
        return Reply(200, self._told(interaction, message))

    def _first(self, interaction: Interaction, kind: int, data: Any, call: Call) -> Message | None:
        if kind in (MESSAGE, LATER):
            draft = read(data or {}, call.files, under="data.")
            interaction.ephemeral = bool(draft.flags & EPHEMERAL)
            interaction.original = self._say(interaction, draft, LOADING if kind == LATER else 0)
            return interaction.original
        if kind in (LATER_UPDATE, UPDATE):
            interaction.original = interaction.source
            if kind == UPDATE and interaction.source is not None:
                self._rest.guild.change(interaction.source, self._rest.bot, read(data or {}, call.files, under="data."))
                return interaction.source
        if kind == CHOICES:
            interaction.choices = _choices(data)
        if kind == OPEN_MODAL:
            interaction.modal = _modal(data)
        return None

    def _say(self, interaction: Interaction, draft: Draft, more_flags: int = 0) -> Message:
        place = self._rest.world.place(interaction.place_id)
        hidden = bool(draft.flags & EPHEMERAL)
        return self._rest.guild.say(
            self._rest.bot,
            place,
            draft,
            sort=Sort.SAID if interaction.kind == COMPONENT else Sort.COMMAND,
            via=interaction.id,
            only_for=interaction.asker.id if hidden else None,
            more_flags=more_flags,
        )

    def _told(self, interaction: Interaction, message: Message | None) -> Json:
        about: Json = {"id": str(interaction.id), "type": interaction.kind}
        body: Json = {"interaction": about}
        if message is not None:
            about["response_message_id"] = str(message.id)
            about["response_message_loading"] = bool(message.flags & LOADING)
            about["response_message_ephemeral"] = message.only_for is not None
            if interaction.answered in (MESSAGE, UPDATE):
                body["resource"] = {"type": interaction.answered, "message": self._rest.renderer.message(message)}
        return body

    async def _follow_up(self, call: Call) -> Reply:
        """The first message after a deferral takes the place of `thinking…`, and is as private as that was."""
        interaction = self._interaction(call)
        # a webhook's message takes no nonce; Discord ignores it
        draft = replace(read(call.fields(), call.files), nonce=None, enforce_nonce=False)
        if interaction.waits and interaction.original is not None:
            message = interaction.original
            if draft.empty:
                raise Refusal(50006)
            self._rest.guild.change(message, self._rest.bot, draft, less_flags=LOADING)
        else:
            message = self._say(interaction, draft)
            interaction.followups.append(message)
        interaction.changed()
        return Reply(200, self._rest.renderer.message(message))

    async def _get(self, call: Call) -> Reply:
        return Reply(200, self._rest.renderer.message(self._message(call)))

    async def _edit(self, call: Call) -> Reply:
        message = self._message(call)
        draft = read(call.fields(), call.files)
        self._rest.guild.change(message, self._rest.bot, draft, less_flags=LOADING)
        self._interaction(call).changed()
        return Reply(200, self._rest.renderer.message(message))

    async def _delete(self, call: Call) -> Reply:
        interaction, message = self._interaction(call), self._message(call)
        self._rest.guild.remove(message)
        message.flags &= ~LOADING
        if message is interaction.original:
            interaction.original = None
        else:
            interaction.followups.remove(message)
        interaction.changed()
        return Reply(204)

    def _interaction(self, call: Call) -> Interaction:
        return self._interactions.later(call.id("application"), call.text("token"))

    def _message(self, call: Call) -> Message:
        interaction = self._interaction(call)
        ours = [interaction.original, *interaction.followups]
        if call.text("message") == "@original":
            ours, wanted = ours[:1], None
        else:
            wanted = call.id("message")
        for message in ours:
            if message is not None and wanted in (None, message.id):
                return message
        raise Refusal(10008)


def _fitting(interaction: Interaction) -> tuple[int, ...]:
    """The kinds of first answer that an interaction takes."""
    if interaction.kind == COMPLETION:
        return (CHOICES,)
    if interaction.source is not None:
        updates = (MESSAGE, LATER, LATER_UPDATE, UPDATE)
        return updates if interaction.kind == MODAL else (*updates, OPEN_MODAL)
    return (MESSAGE, LATER) if interaction.kind == MODAL else (MESSAGE, LATER, OPEN_MODAL)


def _choices(data: Any) -> list[Json]:
    form = Form()
    choices = (data or {}).get("choices") or []
    form.most("data.choices", choices, MOST_CHOICES)
    for index, choice in enumerate(choices):
        form.between(f"data.choices.{index}.name", str(choice.get("name") or ""), 1, 100)
        if isinstance(choice.get("value"), str):
            form.between(f"data.choices.{index}.value", choice["value"], 1, 100)
    form.refuse()
    return list(choices)


def _modal(data: Any) -> Json:
    form = Form()
    body: Json = data or {}
    form.between("data.title", body.get("title"), 1, 45)
    form.between("data.custom_id", body.get("custom_id"), 1, 100)
    parts = body.get("components") or []
    if not 1 <= len(parts) <= MODAL_PARTS:
        form.wrong("data.components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MODAL_PARTS} in length.")
    form.refuse()
    return body
