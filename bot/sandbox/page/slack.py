"""The practice Slack on the page: what Bob's client shows, and what he does with it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from bot.sandbox.page.actions import Action, ActionFields, ActionRefused, Json, sentence
from bot.sandbox.page.slack_message import HOME, home, message_blocks, modal
from bot.sandbox.slack import Outcome, PracticeSlack, SlackChannel, SlackMessage, SlackRefusal, User, View
from bot.sandbox.slack.emoji import to_signs
from bot.sandbox.slack.rendering import unescape
from bot.sandbox.slack.state import BOT_USER

T = TypeVar("T")

_MOST_MESSAGES = 200
_SHOWN_SHORTCUTS = {
    "close_ticket": "Close ticket",
    "reopen_ticket": "Reopen ticket",
    "send_to_customer": "Send to customer",
    "snippet": "Snippet",
    "why": "Why",
    "keep_as_note": "Keep as note",
}


class SlackPane:
    """
    The right side of the page. A place is a channel's id or, for a thread, `channel/ts`.

    Args:
        me: The person who uses this client.

    Attributes:
        actions: What he can do here, by name.
    """

    def __init__(self, slack: PracticeSlack, me: User) -> None:
        self._slack = slack
        self._me = me
        self._state = slack.workspace.state
        self.actions: Mapping[str, Action] = MappingProxyType(
            {
                "type": self._type,
                "complete": self._complete,
                "home": self._home,
                "press": self._press,
                "menu": self._menu,
                "edit": self._edit,
                "delete": self._delete,
                "suggest": self._suggest,
                "submit": self._submit,
                "dismiss": self._dismiss,
            }
        )

    # ------------------------------------------------------------ what the page shows

    def parts(self) -> dict[str, Any]:
        """Everything that is shown here."""
        view = self._slack.view(self._me)
        shortcuts = self._slack.workspace.app.shortcuts
        parts: dict[str, Any] = {
            "slack": {
                "name": "Practice workspace",
                "me": self._me.shown,
                "menus": [{"id": each, "label": _SHOWN_SHORTCUTS.get(each, each)} for each in shortcuts],
            },
        }
        if view is not None:
            people = [(user.id, user.shown) for user in self._state.users.values() if not user.bot]
            parts["slack/modal"] = modal(view, self._state, people)
        places: list[Json] = [{"id": HOME, "name": "Home", "kind": "home", "at": 0.0}]
        page = self._slack.home(self._me)
        parts[f"slack/place/{HOME}"] = [] if page is None else [home(page, self._state)]
        for channel in self._mine():
            top = self._slack.messages(channel)
            places.append(
                {
                    "id": channel.id,
                    "name": channel.name or self._state.users[BOT_USER].shown,
                    "kind": "channel",
                    "at": 0.0,
                }
            )
            places += [self._thread_place(message) for message in top if self._heads(message)]
            parts[f"slack/place/{channel.id}"] = self._messages(channel, top, None)
            for message in top:
                thread = self._slack.thread(channel, message.ts)
                parts[f"slack/place/{channel.id}/{message.ts}"] = self._messages(channel, thread, message.ts)
        return parts | {"slack/places": places}

    def _mine(self) -> list[SlackChannel]:
        return [channel for channel in self._state.channels.values() if self._me.id in channel.members]

    def _heads(self, message: SlackMessage) -> bool:
        """Whether a message of the channel gets an entry in the list of threads."""
        replies = self._state.replies(message.channel, message.ts)
        return message.thread_ts is None and (bool(replies) or bool(message.buttons))

    def _thread_place(self, message: SlackMessage) -> Json:
        last = [message, *self._state.replies(message.channel, message.ts)][-1]
        name = message.rendered.strip().partition("\n")[0] or "(deleted)"
        closed = name.startswith("✅ ")
        return {
            "id": f"{message.channel}/{message.ts}",
            "parent": message.channel,
            "name": name.removeprefix("✅ "),
            "kind": "thread",
            "at": float(last.ts),
            "tags": ["Closed"] if closed else [],
        }

    def _messages(self, channel: SlackChannel, messages: tuple[SlackMessage, ...], thread: str | None) -> list[Json]:
        """The messages of a channel or thread, with those that only Bob sees, oldest first."""
        alone = [m for m in self._slack.ephemerals(self._me) if (m.channel, m.thread_ts) == (channel.id, thread)]
        shown = sorted((*messages, *alone), key=lambda message: float(message.ts))[-_MOST_MESSAGES:]
        return [self._message(message, in_channel=thread is None) for message in shown]

    def _message(self, message: SlackMessage, *, in_channel: bool) -> Json:
        tombstone = message.subtype == "tombstone"
        replies = self._state.replies(message.channel, message.ts) if in_channel else ()
        place = f"{message.channel}/{message.ts}"
        named = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}" if replies else "Reply in thread"
        heads = in_channel and message.only_for is None and message.thread_ts is None and not tombstone
        return {
            "id": message.ts,
            "place": message.channel,
            "author": message.username or ("" if message.user is None else self._state.user(message.user)),
            "bot": message.user == self._slack.bot_user,
            "mine": (mine := message.user == self._me.id and message.only_for is None and not tombstone),
            "written": unescape(message.text) if mine else "",
            "system": "This message was deleted." if tombstone else "",
            "private": message.only_for is not None,
            "thinking": False,
            "edited": message.edited_at is not None and message.user != self._slack.bot_user,
            "at": float(message.ts),
            "blocks": [] if tombstone else message_blocks(message, self._state),
            "reactions": [
                {"sign": to_signs(f":{name}:"), "count": len(who)} for name, who in message.reactions.items() if who
            ],
            "thread": {"id": place, "name": named} if heads else None,
        }

    # ------------------------------------------------------------ what he does

    async def _home(self, _fields: ActionFields) -> Json:
        self._slack.open_home(self._me)
        return {}

    async def _type(self, fields: ActionFields) -> Json:
        channel, thread = self._place(fields)
        text = fields.text("text", wanted="Write something first.").strip()
        if not text.startswith("/"):
            await _attempt(self._slack.say(self._me, channel, text, thread_ts=thread))
            return {}
        name, _, rest = text.partition(" ")
        asked = self._slack.command(self._me, channel, name, rest.strip(), thread_ts=thread)
        return _check(await _attempt(asked))

    async def _complete(self, fields: ActionFields) -> Json:
        text = fields.optional("text") or ""
        offered = [name for name in self._slack.workspace.app.commands if name.startswith(text)]
        return {"choices": [{"text": f"{name} ", "label": name} for name in offered] if text else []}

    async def _press(self, fields: ActionFields) -> Json:
        where: SlackMessage | View = self._view(fields) if fields.optional("view") else self._pressable(fields)
        return _check(await _attempt(self._slack.press(self._me, where, fields.text("button"), answers=0)))

    async def _menu(self, fields: ActionFields) -> Json:
        asked = self._slack.shortcut(self._me, self._message_named(fields), fields.text("entry"))
        return _check(await _attempt(asked))

    async def _edit(self, fields: ActionFields) -> Json:
        message = self._message_named(fields)
        if message.user != self._me.id:
            raise ActionRefused("You can edit only your own messages.")
        await _attempt(self._slack.edit(message, fields.text("text", wanted="Write something, or delete the message.")))
        return {}

    async def _delete(self, fields: ActionFields) -> Json:
        message = self._message_named(fields)
        if message.user != self._me.id:
            raise ActionRefused("You can delete only your own messages.")
        await _attempt(self._slack.delete(message))
        return {}

    async def _suggest(self, fields: ActionFields) -> Json:
        view, typed = self._view(fields), fields.optional("text") or ""
        options = await _attempt(self._slack.suggest(self._me, view, fields.text("input"), typed))
        return {"choices": [{"text": option.value, "label": option.label} for option in options]}

    async def _submit(self, fields: ActionFields) -> Json:
        outcome = await _attempt(self._slack.submit(self._me, self._view(fields), fields.values("values")))
        return _check(outcome) | {"errors": dict(outcome.errors)}

    async def _dismiss(self, fields: ActionFields) -> Json:
        await _attempt(self._slack.close(self._me, self._view(fields)))
        return {}

    def _place(self, fields: ActionFields) -> tuple[SlackChannel, str | None]:
        name, _, thread = fields.text("place").partition("/")
        channel = self._state.channels.get(name)
        if channel is None or (thread and self._state.message(name, thread) is None):
            raise ActionRefused("There is no such place.")
        return channel, thread or None

    def _pressable(self, fields: ActionFields) -> SlackMessage | View:
        page = self._slack.home(self._me)
        is_home = page is not None and page.id == fields.text("message")
        return page if page is not None and is_home else self._message_named(fields)

    def _message_named(self, fields: ActionFields) -> SlackMessage:
        channel, _ = self._place(fields)
        wanted = fields.text("message")
        for message in (*self._state.messages(channel.id), *self._slack.ephemerals(self._me)):
            if (message.channel, message.ts) == (channel.id, wanted):
                return message
        raise ActionRefused("That message is gone.")

    def _view(self, fields: ActionFields) -> View:
        wanted = fields.text("view")
        view = self._slack.view(self._me)
        if view is None or view.id != wanted:
            raise ActionRefused("That form is closed.")
        return view


def _check(outcome: Outcome) -> Json:
    """Nothing to return: the result is in the page's state. Raises `ActionRefused` if Slack shows an error."""
    if outcome.error:
        raise ActionRefused(sentence(outcome.error))
    return {}


async def _attempt(action: Awaitable[T]) -> T:
    """The result of an action. Raises `ActionRefused` if Slack or its client refuses it."""
    try:
        return await action
    except ValueError as refusal:
        raise ActionRefused(sentence(str(refusal))) from refusal
    except SlackRefusal as refusal:
        raise ActionRefused(sentence(f"Slack refused: {refusal.error}")) from refusal
