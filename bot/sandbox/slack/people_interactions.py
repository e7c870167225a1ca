"""What people do with the app by commands, buttons, shortcuts and modals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.slack.blocks import prepare_view
from bot.sandbox.slack.calls import SlackCall
from bot.sandbox.slack.elements import suggestions
from bot.sandbox.slack.message_requests import read_message_request
from bot.sandbox.slack.modal_values import Option, entered_value, fill_in, missing, options_in, read_options
from bot.sandbox.slack.people import PATIENCE, Outcome, SeenSoFar, SlackPeople, id_of
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.response_urls import post_answer
from bot.sandbox.slack.serializers import view_json
from bot.sandbox.slack.sockets import Ack
from bot.sandbox.slack.state import APP, DOMAIN, TEAM
from bot.sandbox.slack.trigger_ids import ResponseUrl
from bot.sandbox.slack.values import Json, SlackChannel, SlackMessage, User, View, elements_of
from bot.sandbox.slack.workspace import Workspace

_NAMED = re.compile(r"(?<!\w)@([\w.-]*\w)")
CONNECTION_ERROR = "We had some trouble connecting. Try again?"


class SlackPeopleInteractions(SlackPeople):
    """The commands, buttons, shortcuts and modals that people use. `ValueError`: Slack's client does not offer that."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._offered: dict[tuple[str, str], tuple[Json, ...]] = {}

    # ------------------------------------------------------------ commands, buttons, shortcuts

    async def command(
        self,
        user: User | str,
        channel: SlackChannel | str,
        command: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
        answers: int = 1,
        within: float = PATIENCE,
    ) -> Outcome:
        """
        Type a slash command, and wait until the app has handled it and something new can be seen.

        Args:
            answers: How many new things (ephemeral messages, modals) to wait for.
            within: How many seconds to wait at most.
        """
        place = self._composer(user, channel, None)
        app = self.workspace.app
        if thread_ts is not None:
            return Outcome(error=f"{command} is not supported in threads. Sorry!")
        if command not in app.commands or "commands" not in app.scopes:
            return Outcome(error=f"{command} is not a valid command.")
        watch = self._watch(user)
        payload = self._command_payload(self.workspace.state.users[id_of(user)], place, command, text)
        ack = await self.workspace.sockets.send("slash_commands", payload)
        if ack.outcome != "acknowledged":
            reason = "dispatch_failed" if ack.outcome == "no connection" else "operation_timeout"
            return Outcome(error=f'{command} failed with the error "{reason}"')
        try:
            self._answer_command(ack, ResponseUrl(user=id_of(user), channel=place.id, made_at=0.0))
        except SlackRefusal as refusal:
            return Outcome(error=f'{command} failed with the error "{refusal.error}"')
        return await watch.outcome(answers, within)

    def _command_payload(self, user: User, place: SlackChannel, command: str, text: str) -> Json:
        return {
            "token": "practice",
            "team_id": TEAM,
            "team_domain": DOMAIN,
            "channel_id": place.id,
            "channel_name": _place_name(place),
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": self._escaped(text) if command in self.workspace.app.escaped else text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._response_url(self.workspace.response_urls.create(user.id, place.id)),
            "trigger_id": self.workspace.trigger_ids.create(user.id),
        }

    def _escaped(self, text: str) -> str:
        """What Slack makes of a command's text if the app wants it: ids instead of names, and entities."""
        safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        names = {user.name: user for user in self.workspace.state.users.values()}
        return _NAMED.sub(lambda found: _mention(names.get(found[1])) or found[0], safe)

    def _answer_command(self, ack: Ack, response_url: ResponseUrl) -> None:
        answer = {"text": ack.payload} if isinstance(ack.payload, str) else ack.payload
        if not isinstance(answer, dict):
            return
        call = SlackCall("response_url", answer, None)
        content = read_message_request(self.workspace, call)
        if not content.empty:
            post_answer(self.workspace, response_url, call, content)

    async def press(
        self, user: User | str, where: SlackMessage | View, button: str, *, answers: int = 0, within: float = PATIENCE
    ) -> Outcome:
        """Press a button on a message or in a modal, by its label or action id."""
        current = self._current(user, where)
        found = [each for each in current.buttons if button in (each.label, each.action_id)]
        if not found:
            raise ValueError(f"there is no button {button!r}; there are {[each.label for each in current.buttons]}")
        pressed = found[0]
        action: Json = {
            "type": "button",
            "action_id": pressed.action_id,
            "block_id": pressed.block_id,
            "text": pressed.element["text"],
            **{name: pressed.element[name] for name in ("value", "style") if name in pressed.element},
        }
        return await self._act(user, current, action, answers=answers, within=within)

    async def choose(
        self, user: User | str, where: SlackMessage | View, action_id: str, value: str, *, within: float = PATIENCE
    ) -> Outcome:
        """Choose in a select outside an input block; the app is informed at once."""
        current = self._current(user, where)
        for block, element in elements_of(current.blocks):
            if element["action_id"] == action_id and block["type"] != "input":
                chosen = entered_value(element, value, lambda action: self._offers(current, action))
                action = {"action_id": action_id, "block_id": block["block_id"], **chosen}
                return await self._act(user, current, action, answers=0, within=within)
        raise ValueError(f"there is nothing to choose at {action_id!r}")

    async def _act(
        self, user: User | str, current: SlackMessage | View, action: Json, *, answers: int, within: float
    ) -> Outcome:
        watch = self._watch(user)
        payload = self._interaction("block_actions", user, current) | {
            "actions": [action | {"action_ts": self.workspace.state.new_ts()}],
            "trigger_id": self.workspace.trigger_ids.create(id_of(user)),
            "state": {"values": {}},
        }
        ack = await self.workspace.sockets.send("interactive", payload)
        if ack.outcome != "acknowledged":
            return Outcome(error=CONNECTION_ERROR, view=self.view(user))
        return await watch.outcome(answers, within)

    async def shortcut(
        self, user: User | str, message: SlackMessage, callback_id: str, *, answers: int = 0, within: float = PATIENCE
    ) -> Outcome:
        """Use a message shortcut on a message, in a thread or not."""
        if callback_id not in self.workspace.app.shortcuts or "commands" not in self.workspace.app.scopes:
            raise ValueError(f"the app has no message shortcut {callback_id!r}")
        current = self.workspace.state.find(message)
        self._current(user, current)
        watch = self._watch(user)
        payload = self._interaction("message_action", user, current) | {
            "callback_id": callback_id,
            "message_ts": current.ts,
            "action_ts": self.workspace.state.new_ts(),
            "trigger_id": self.workspace.trigger_ids.create(id_of(user)),
        }
        ack = await self.workspace.sockets.send("interactive", payload)
        if ack.outcome != "acknowledged":
            return Outcome(error=CONNECTION_ERROR)
        return await watch.outcome(answers, within)

    # ------------------------------------------------------------ modals

    async def suggest(
        self, user: User | str, where: SlackMessage | View, action_id: str, typed: str
    ) -> tuple[Option, ...]:
        """Type into an external select, and get the app's suggestions; none if the text is too short."""
        current = self._current(user, where)
        found = [
            (block, element)
            for block, element in elements_of(current.blocks)
            if element["action_id"] == action_id and element["type"] == "external_select"
        ]
        if not found:
            raise ValueError(f"there is no external select {action_id!r}")
        block, element = found[0]
        if len(typed) < element.get("min_query_length", 3):
            return ()
        payload = self._interaction("block_suggestion", user, current) | {
            "action_id": action_id,
            "block_id": block["block_id"],
            "value": typed,
        }
        ack = await self.workspace.sockets.send("interactive", payload)
        if ack.outcome != "acknowledged" or list(suggestions(ack.payload)):
            return ()
        self._offered[id_of_shown(current), action_id] = options_in(ack.payload)
        return read_options(ack.payload)

    async def submit(
        self,
        user: User | str,
        view: View,
        values: Mapping[str, object] | None = None,
        *,
        answers: int = 0,
        within: float = PATIENCE,
    ) -> Outcome:
        """Fill in a modal, by action id, and submit it; for a select, give an option's value or label."""
        current = self.workspace.modals.find(view.id)
        state = fill_in(current, values or {}, lambda action: self._offers(current, action))
        current = self.workspace.modals.enter(current, state)
        empty = missing(current, state)
        if empty:
            return Outcome(view=current, errors=empty)
        watch = self._watch(user)
        payload = self._interaction("view_submission", user, current) | {
            "trigger_id": self.workspace.trigger_ids.create(id_of(user)),
            "response_urls": [],
        }
        ack = await self.workspace.sockets.send("interactive", payload)
        if ack.outcome != "acknowledged":
            return Outcome(error=CONNECTION_ERROR, view=self.view(user))
        refused = self._after_submit(current, ack.payload)
        return refused or await watch.outcome(answers, within)

    def _after_submit(self, view: View, answer: Any) -> Outcome | None:
        """Do what the app answered. Returns what the person sees, or None if the modal is closed."""
        wanted = answer if isinstance(answer, dict) else {}
        action, modals = wanted.get("response_action"), self.workspace.modals
        if action == "errors":
            known = {block["block_id"] for block in view.blocks if block["type"] == "input"}
            errors = wanted.get("errors") or {}
            if not errors or set(errors) - known:
                return Outcome(error=CONNECTION_ERROR, view=view)
            return Outcome(view=view, errors=errors)
        if action in ("update", "push"):
            try:
                body = prepare_view(wanted.get("view"), self.workspace.state.new_id)
                changed = modals.push(view.user, body) if action == "push" else modals.update(view, body)
            except SlackRefusal:
                return Outcome(error=CONNECTION_ERROR, view=view)
            return Outcome(view=changed)
        modals.close(view, all_of_them=action == "clear")
        return None

    async def close(self, user: User | str, view: View) -> None:
        """Close a modal without sending it; the app is informed if it asked for that."""
        current = self.workspace.modals.find(view.id)
        self.workspace.modals.close(current, all_of_them=bool(current.body.get("clear_on_close")))
        if current.body.get("notify_on_close"):
            payload = self._interaction("view_closed", user, current) | {"is_cleared": False}
            await self.workspace.sockets.send("interactive", payload)

    # ------------------------------------------------------------ shared by all of them

    def _current(self, user: User | str, where: SlackMessage | View) -> SlackMessage | View:
        """The message or view, as it is now. Raises `ValueError` if this person does not see it (any more)."""
        self._refuse_deactivated(user)
        if isinstance(where, SlackMessage):
            place = self.workspace.state.channels[where.channel]
            if place.private and id_of(user) not in place.members:
                raise ValueError(f"{id_of(user)} does not see the private channel #{place.name}")
        open_now: tuple[SlackMessage | View, ...]
        if isinstance(where, View):
            modals = self.workspace.modals
            on_screen = (*modals.stack(id_of(user)), *filter(None, [modals.home(id_of(user))]))
            open_now = tuple(each for each in on_screen if each.id == where.id)
        else:
            shown = (
                self.ephemerals(user) if where.only_for is not None else self.workspace.state.messages(where.channel)
            )
            open_now = tuple(each for each in shown if each.ts == where.ts)
        if not open_now:
            raise ValueError("that is gone from this person's screen")
        return open_now[0]

    def _offers(self, current: SlackMessage | View, action_id: str) -> Sequence[Json]:
        return self._offered.get((id_of_shown(current), action_id), ())

    def _response_url(self, code: str) -> str:
        return f"http://{self.workspace.address}/response/{code}"

    def _interaction(self, kind: str, user: User | str, current: SlackMessage | View) -> Json:
        account = self.workspace.state.users[id_of(user)]
        payload: Json = {
            "type": kind,
            "token": "practice",
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": DOMAIN},
            "user": {"id": account.id, "username": account.name, "name": account.name, "team_id": TEAM},
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if isinstance(current, View):
            where = {"type": "view", "view_id": current.id}
            return payload | {"view": view_json(current), "container": where}
        place = self.workspace.state.channels[current.channel]
        code = self.workspace.response_urls.create(account.id, place.id, origin=current)
        container: Json = {
            "type": "message",
            "message_ts": current.ts,
            "channel_id": place.id,
            "is_ephemeral": current.only_for is not None,
        }
        if current.thread_ts is not None:
            container["thread_ts"] = current.thread_ts
        payload |= {
            "channel": {"id": place.id, "name": _place_name(place)},
            "response_url": self._response_url(code),
        }
        if current.only_for is None:
            payload["message"] = self.workspace.message_json(current)  # Slack keeps no ephemeral messages
        return payload if kind == "message_action" else payload | {"container": container}

    def _watch(self, user: User | str) -> SeenSoFar:
        return SeenSoFar(self, id_of(user))


def _mention(user: User | None) -> str:
    return "" if user is None else f"<@{user.id}|{user.name}>"


def _place_name(place: SlackChannel) -> str:
    if place.direct:
        return "directmessage"
    return "privategroup" if place.private else place.name


def id_of_shown(current: SlackMessage | View) -> str:
    """A key for a message or a view that never changes."""
    return current.id if isinstance(current, View) else f"{current.channel}/{current.ts}"
