"""What people do in the practice Slack by pressing: commands, buttons, shortcuts and modals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.slack.blocks import prepare_view
from bot.sandbox.slack.calls import Call
from bot.sandbox.slack.elements import suggestions
from bot.sandbox.slack.message_requests import read_content
from bot.sandbox.slack.modal_values import Option, entered, fill, missing, options_in, read_options
from bot.sandbox.slack.people import Outcome, People, Watch, id_of
from bot.sandbox.slack.refusals import Refused
from bot.sandbox.slack.response_urls import say_back
from bot.sandbox.slack.serializers import view_shape
from bot.sandbox.slack.sockets import Ack
from bot.sandbox.slack.state import APP, DOMAIN, TEAM
from bot.sandbox.slack.trigger_ids import Return
from bot.sandbox.slack.values import Channel, Json, Message, User, View, elements_of
from bot.sandbox.slack.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class Interactions(People):
    """The other half of what people can do; `ValueError` where Slack's client would offer no such thing."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._offered: dict[tuple[str, str], tuple[Json, ...]] = {}

    # ------------------------------------------------------------ commands, buttons, shortcuts

    async def command(
        self,
        user: User | str,
        channel: Channel | str,
        command: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
        answers: int = 1,
        within: float = 5.0,
    ) -> Outcome:
        """
        Type a slash command, and wait until the app has taken it and something is to be seen.

        Args:
            answers: How many things (ephemeral messages, modals) are waited for.
            within: Seconds that are waited at most.
        """
        place = self._composer(user, channel, None)
        app = self.workspace.app
        if thread_ts is not None:
            return Outcome(error=f"{command} is not supported in threads. Sorry!")
        if command not in app.commands or "commands" not in app.scopes:
            return Outcome(error=f"{command} is not a valid command.")
        watch = self._watch(user)
        payload = self._command_payload(self.workspace.world.users[id_of(user)], place, command, text)
        ack = await self.workspace.sockets.ask("slash_commands", payload)
        if ack.outcome != "acknowledged":
            reason = "dispatch_failed" if ack.outcome == "unheard" else "operation_timeout"
            return Outcome(error=f'{command} failed with the error "{reason}"')
        try:
            self._answer_command(ack, Return(user=id_of(user), channel=place.id, made_at=0.0))
        except Refused as refusal:
            return Outcome(error=f'{command} failed with the error "{refusal.error}"')
        return await watch.outcome(answers, within)

    def _command_payload(self, user: User, place: Channel, command: str, text: str) -> Json:
        passes = self.workspace.passes
        return {
            "token": "practice",
            "team_id": TEAM,
            "team_domain": DOMAIN,
            "channel_id": place.id,
            "channel_name": _place_name(place),
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._return_url(passes.open_return(user.id, place.id)),
            "trigger_id": passes.trigger(user.id),
        }

    def _answer_command(self, ack: Ack, back: Return) -> None:
        answer = {"text": ack.payload} if isinstance(ack.payload, str) else ack.payload
        if not isinstance(answer, dict):
            return
        call = Call("response_url", answer, None)
        content = read_content(self.workspace, call)
        if not content.empty:
            say_back(self.workspace, back, call, content)

    async def press(
        self, user: User | str, where: Message | View, button: str, *, answers: int = 0, within: float = 5.0
    ) -> Outcome:
        """Press a button, named by its label or action id, on a message or in a modal."""
        standing = self._standing(user, where)
        found = [each for each in standing.buttons if button in (each.label, each.action_id)]
        if not found:
            raise ValueError(f"there is no button {button!r}; there are {[each.label for each in standing.buttons]}")
        pressed = found[0]
        action: Json = {
            "type": "button",
            "action_id": pressed.action_id,
            "block_id": pressed.block_id,
            "text": pressed.element["text"],
            **{name: pressed.element[name] for name in ("value", "style") if name in pressed.element},
        }
        return await self._act(user, standing, action, answers=answers, within=within)

    async def choose(
        self, user: User | str, where: Message | View, action_id: str, value: str, *, within: float = 5.0
    ) -> Outcome:
        """Choose in a select that stands outside an input block, which tells the app at once."""
        standing = self._standing(user, where)
        for block, element in elements_of(standing.blocks):
            if element["action_id"] == action_id and block["type"] != "input":
                chosen = entered(element, value, lambda action: self._offers(standing, action))
                action = {"action_id": action_id, "block_id": block["block_id"], **chosen}
                return await self._act(user, standing, action, answers=0, within=within)
        raise ValueError(f"there is nothing to choose at {action_id!r}")

    async def _act(
        self, user: User | str, standing: Message | View, action: Json, *, answers: int, within: float
    ) -> Outcome:
        watch = self._watch(user)
        payload = self._interaction("block_actions", user, standing) | {
            "actions": [action | {"action_ts": self.workspace.world.tick()}],
            "trigger_id": self.workspace.passes.trigger(id_of(user)),
            "state": {"values": {}},
        }
        ack = await self.workspace.sockets.ask("interactive", payload)
        if ack.outcome != "acknowledged":
            return Outcome(error=TROUBLE, view=self.view(user))
        return await watch.outcome(answers, within)

    async def shortcut(
        self, user: User | str, message: Message, callback_id: str, *, answers: int = 0, within: float = 5.0
    ) -> Outcome:
        """Use a message shortcut on a message, in a thread or not."""
        if callback_id not in self.workspace.app.shortcuts or "commands" not in self.workspace.app.scopes:
            raise ValueError(f"the app has no message shortcut {callback_id!r}")
        standing = self.workspace.world.find(message)
        watch = self._watch(user)
        payload = self._interaction("message_action", user, standing) | {
            "callback_id": callback_id,
            "message_ts": standing.ts,
            "action_ts": self.workspace.world.tick(),
            "trigger_id": self.workspace.passes.trigger(id_of(user)),
        }
        ack = await self.workspace.sockets.ask("interactive", payload)
        if ack.outcome != "acknowledged":
            return Outcome(error=TROUBLE)
        return await watch.outcome(answers, within)

    # ------------------------------------------------------------ modals

    async def suggest(self, user: User | str, where: Message | View, action_id: str, typed: str) -> tuple[Option, ...]:
        """Type into an external select, and see what the app suggests; nothing where too little was typed."""
        standing = self._standing(user, where)
        found = [
            (block, element)
            for block, element in elements_of(standing.blocks)
            if element["action_id"] == action_id and element["type"] == "external_select"
        ]
        if not found:
            raise ValueError(f"there is no external select {action_id!r}")
        block, element = found[0]
        if len(typed) < element.get("min_query_length", 3):
            return ()
        payload = self._interaction("block_suggestion", user, standing) | {
            "action_id": action_id,
            "block_id": block["block_id"],
            "value": typed,
        }
        ack = await self.workspace.sockets.ask("interactive", payload)
        if ack.outcome != "acknowledged" or list(suggestions(ack.payload)):
            return ()
        self._offered[standing_id(standing), action_id] = options_in(ack.payload)
        return read_options(ack.payload)

    async def submit(
        self,
        user: User | str,
        view: View,
        values: Mapping[str, object] | None = None,
        *,
        answers: int = 0,
        within: float = 5.0,
    ) -> Outcome:
        """Fill in a modal, by action id, and press its submit button; a select takes an option's value or label."""
        standing = self.workspace.screens.find(view.id)
        state = fill(standing, values or {}, lambda action: self._offers(standing, action))
        standing = self.workspace.screens.enter(standing, state)
        empty = missing(standing, state)
        if empty:
            return Outcome(view=standing, errors=empty)
        watch = self._watch(user)
        payload = self._interaction("view_submission", user, standing) | {
            "trigger_id": self.workspace.passes.trigger(id_of(user)),
            "response_urls": [],
        }
        ack = await self.workspace.sockets.ask("interactive", payload)
        if ack.outcome != "acknowledged":
            return Outcome(error=TROUBLE, view=self.view(user))
        refused = self._after_submit(standing, ack.payload)
        return refused or await watch.outcome(answers, within)

    def _after_submit(self, view: View, answer: Any) -> Outcome | None:
        """Do what the app wants done with the modal; what the person sees where it is not closed for that."""
        wanted = answer if isinstance(answer, dict) else {}
        action, screens = wanted.get("response_action"), self.workspace.screens
        if action == "errors":
            known = {block["block_id"] for block in view.blocks if block["type"] == "input"}
            errors = wanted.get("errors") or {}
            if not errors or set(errors) - known:
                return Outcome(error=TROUBLE, view=view)
            return Outcome(view=view, errors=errors)
        if action in ("update", "push"):
            try:
                body = prepare_view(wanted.get("view"), self.workspace.world.new_id)
                changed = screens.push(view.user, body) if action == "push" else screens.update(view, body)
            except Refused:
                return Outcome(error=TROUBLE, view=view)
            return Outcome(view=changed)
        screens.close(view, all_of_them=action == "clear")
        return None

    async def close(self, user: User | str, view: View) -> None:
        """Close a modal without sending it; the app hears of it where it asked to."""
        standing = self.workspace.screens.find(view.id)
        self.workspace.screens.close(standing, all_of_them=bool(standing.body.get("clear_on_close")))
        if standing.body.get("notify_on_close"):
            payload = self._interaction("view_closed", user, standing) | {"is_cleared": False}
            await self.workspace.sockets.ask("interactive", payload)

    # ------------------------------------------------------------ what all of them share

    def _standing(self, user: User | str, where: Message | View) -> Message | View:
        """What a person looks at, as it stands now."""
        open_now: tuple[Message | View, ...]
        if isinstance(where, View):
            open_now = tuple(each for each in self.workspace.screens.stack(id_of(user)) if each.id == where.id)
        else:
            shown = (
                self.ephemerals(user) if where.only_for is not None else self.workspace.world.messages(where.channel)
            )
            open_now = tuple(each for each in shown if each.ts == where.ts)
        if not open_now:
            raise ValueError("that is gone from this person's screen")
        return open_now[0]

    def _offers(self, standing: Message | View, action_id: str) -> Sequence[Json]:
        return self._offered.get((standing_id(standing), action_id), ())

    def _return_url(self, code: str) -> str:
        return f"http://{self.workspace.address}/response/{code}"

    def _interaction(self, kind: str, user: User | str, standing: Message | View) -> Json:
        account = self.workspace.world.users[id_of(user)]
        payload: Json = {
            "type": kind,
            "token": "practice",
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": DOMAIN},
            "user": {"id": account.id, "username": account.name, "name": account.name, "team_id": TEAM},
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if isinstance(standing, View):
            where = {"type": "view", "view_id": standing.id}
            return payload | {"view": view_shape(standing), "container": where}
        place = self.workspace.world.channels[standing.channel]
        code = self.workspace.passes.open_return(account.id, place.id, origin=standing)
        container: Json = {
            "type": "message",
            "message_ts": standing.ts,
            "channel_id": place.id,
            "is_ephemeral": standing.only_for is not None,
        }
        if standing.thread_ts is not None:
            container["thread_ts"] = standing.thread_ts
        payload |= {
            "channel": {"id": place.id, "name": _place_name(place)},
            "message": self.workspace.shape(standing),
            "response_url": self._return_url(code),
        }
        return payload if kind == "message_action" else payload | {"container": container}

    def _watch(self, user: User | str) -> Watch:
        return Watch(self, id_of(user))


def _place_name(place: Channel) -> str:
    if place.direct:
        return "directmessage"
    return "privategroup" if place.private else place.name


def standing_id(standing: Message | View) -> str:
    """What names a message or a view for ever."""
    return standing.id if isinstance(standing, View) else f"{standing.channel}/{standing.ts}"
