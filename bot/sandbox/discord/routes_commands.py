"""REST: the application's commands, and the rules for their names and options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.sandbox.discord.calls import DiscordCall, DiscordResponse
from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors, Json
from bot.sandbox.discord.routes import DiscordRoutes

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER: 15, MESSAGE: 15}
NEW_A_DAY = 200
_NAME = re.compile(r"[-_'\w]{1,32}")


class CommandRoutes:
    """
    Adds its routes on construction, and keeps the registered commands.

    Attributes:
        creates_left: How many new commands are still allowed today; a known name does not count.
    """

    def __init__(self, routes: DiscordRoutes) -> None:
        self._routes = routes
        self._everywhere: list[Json] = []
        self._here: list[Json] = []
        self.creates_left = NEW_A_DAY
        for path in ("/applications/{application}/commands", "/applications/{application}/guilds/{guild}/commands"):
            routes.on("GET", path, self._list)
            routes.on("PUT", path, self._replace)
            routes.on("POST", path, self._add)
            routes.on("DELETE", path + "/{command}", self._delete)

    def find(self, name: str, kind: int) -> Json | None:
        """The command that a person finds by this name; a guild command hides a global one."""
        for command in [*self._here, *self._everywhere]:
            if command["name"] == name and command["type"] == kind:
                return command
        return None

    def names(self) -> list[str]:
        return [command["name"] for command in [*self._here, *self._everywhere]]

    def _scope(self, call: DiscordCall) -> list[Json]:
        if call.id("application") != self._routes.state.application_id:
            raise DiscordRefusal(50001)
        if "guild" not in call.request.match_info:
            return self._everywhere
        if call.id("guild") != self._routes.state.guild_id:
            raise DiscordRefusal(50001)
        return self._here

    async def _list(self, call: DiscordCall) -> DiscordResponse:
        return DiscordResponse(200, self._scope(call))

    async def _replace(self, call: DiscordCall) -> DiscordResponse:
        scope = self._scope(call)
        if not isinstance(call.body, list):
            raise DiscordRefusal(50035, errors={"_errors": [{"code": "LIST_TYPE_CONVERT", "message": "Not a list."}]})
        _check(call.body)
        scope[:] = [self._created(scope, body, call) for body in call.body]
        return DiscordResponse(200, scope)

    async def _add(self, call: DiscordCall) -> DiscordResponse:
        scope, body = self._scope(call), call.fields()
        _check([body])
        made = self._created(scope, body, call)
        known = [command for command in scope if command["id"] == made["id"]]
        scope[:] = [*(command for command in scope if command["id"] != made["id"]), made]
        return DiscordResponse(200 if known else 201, made)

    async def _delete(self, call: DiscordCall) -> DiscordResponse:
        scope, wanted = self._scope(call), str(call.id("command"))
        if all(command["id"] != wanted for command in scope):
            raise DiscordRefusal(10063)
        scope[:] = [command for command in scope if command["id"] != wanted]
        return DiscordResponse(204)

    def _created(self, scope: Sequence[Json], body: Json, call: DiscordCall) -> Json:
        kind = body.get("type") or CHAT_INPUT
        known = next((c for c in scope if c["name"] == body["name"] and c["type"] == kind), None)
        if known is None:
            if self.creates_left <= 0:
                raise DiscordRefusal(30034, retry_after=86_400.0)
            self.creates_left -= 1
        new_id = str(self._routes.state.new_id())
        permissions = body.get("default_member_permissions")
        kept = {key: value for key, value in body.items() if value is not None and key != "id"}
        made = kept | {
            "id": known["id"] if known else new_id,
            "application_id": str(self._routes.state.application_id),
            "version": new_id,
            "type": kind,
            "description": body.get("description") or "",
            "default_member_permissions": None if permissions is None else str(permissions),
        }
        if "guild" in call.request.match_info:
            made["guild_id"] = call.text("guild")
        return made


def _check(commands: Sequence[Any]) -> None:
    errors = FieldErrors()
    for index, command in enumerate(commands):
        kind = command.get("type") or CHAT_INPUT
        name = str(command.get("name") or "")
        errors.add_unless_between(f"{index}.name", name, 1, 32)
        if kind == CHAT_INPUT:
            if not _NAME.fullmatch(name) or name != name.lower():
                errors.add(f"{index}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
            errors.add_unless_between(f"{index}.description", command.get("description"), 1, 100)
        _check_options(command.get("options") or [], f"{index}", errors)
    named = [(command.get("type") or CHAT_INPUT, command.get("name")) for command in commands]
    if len(set(named)) != len(named):
        errors.add("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    errors.raise_any()
    for kind, most in MOST.items():
        if sum(entry[0] == kind for entry in named) > most:
            raise DiscordRefusal(30032, message=f"Maximum number of application commands reached ({most}).")


def _check_options(options: Sequence[Json], at: str, errors: FieldErrors) -> None:
    errors.add_if_more(f"{at}.options", list(options), 25)
    optional_before = False
    for index, option in enumerate(options):
        field = f"{at}.options.{index}"
        name = str(option.get("name") or "")
        if not _NAME.fullmatch(name) or name != name.lower():
            errors.add(f"{field}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        errors.add_unless_between(f"{field}.description", option.get("description"), 1, 100)
        errors.add_if_more(f"{field}.choices", option.get("choices") or [], 25)
        if option.get("choices") and option.get("autocomplete"):
            errors.add(f"{field}.autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", "Not with choices.")
        if option.get("required") and optional_before:
            errors.add(field, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must come first")
        optional_before = optional_before or not option.get("required")
        _check_options(option.get("options") or [], field, errors)
