"""
What agents ask for: slash commands, the picker, buttons, message shortcuts, and `!close` in a thread.

A slash command cannot be typed in a thread in Slack (github.com/slackapi/bolt-python/issues/873), hence the others.
Each is acknowledged at once and answered when the core has done it; only the asker reads the answer.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from adapters.chats.slack import blocks, picker, wording
from adapters.chats.slack.agents import People
from adapters.chats.slack.background_tasks import Errands
from adapters.chats.slack.posting import Posting
from adapters.chats.slack.reading import SLACK, Spoken, is_a_persons, spoken
from adapters.chats.slack.requests import Api
from bot.errors import RemoteError
from bot.model import Answer, Ask, ChannelId, DeliveryId, Place, ThreadId, Verb
from bot.ports import Intake

_log = logging.getLogger(__name__)

_TYPED = re.compile(r"!(?P<verb>close|reopen)(?:\s+(?P<ticket>#?\d+))?", re.IGNORECASE)
_SLASH = re.compile(r"/(?:shopbell-)?(?P<verb>close|reopen|stats)")
"""Another app may have taken the plain names; the manifest can then be given the longer ones."""
_SHORTCUTS = {"close_ticket": Verb.CLOSE, "reopen_ticket": Verb.REOPEN, "send_to_customer": Verb.SEND}
_DAYS = re.compile(r"(?P<days>\d{1,4})d?")
_Show = Callable[[Answer], Coroutine[Any, Any, None]]
_AT_ONCE = 1.5
"""Seconds in which an answer still goes out with the acknowledgement, for which Slack waits three."""

Payload = Mapping[str, Any]


def typed(markup: str) -> tuple[Verb, str | None] | None:
    """The command that a whole message in a thread is; None: none, whatever it begins with."""
    found = _TYPED.fullmatch(markup.strip())
    return None if found is None else (Verb(found["verb"].lower()), found["ticket"])


def stats_wanted(text: str) -> tuple[str | None, int | None]:
    """Store and days of a `/stats`, in either order: `main 30`, `30d main`, `main`, nothing."""
    store, days = [], None
    for word in text.split():
        found = _DAYS.fullmatch(word)
        if found is not None and days is None:
            days = int(found["days"])
        else:
            store.append(word)
    return " ".join(store) or None, days


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """An `Ask` as Slack has it: people by id, messages in its own markup."""

    user: str
    verb: Verb
    place: Place
    ticket: str | None = None
    delivery: DeliveryId | None = None
    message: Spoken | None = None
    store: str | None = None
    days: int | None = None


class Commands:
    """
    The road from what agents do in Slack to `Intake.ask`, and the answer's way back.

    Args:
        errands: What runs on after its acknowledgement.
    """

    def __init__(self, api: Api, people: People, posting: Posting, intake: Intake, errands: Errands) -> None:
        self._api = api
        self._people = people
        self._posting = posting
        self._intake = intake
        self._errands = errands

    def register(self, app: AsyncApp) -> None:
        """Listen for everything that the manifest declares."""
        app.command(_SLASH)(self._on_slash)
        app.options(picker.TICKET)(self._on_options)
        app.view(picker.CALLBACK)(self._on_picked)
        app.action(blocks.ACTIONS)(self._on_pressed)
        app.message_shortcut(re.compile("|".join(_SHORTCUTS)))(self._on_shortcut)

    # ------------------------------------------------------------ typed in a thread

    def on_typed(self, message: Spoken, verb: Verb, ticket: str | None) -> None:
        """Somebody wrote `!close` or `!reopen`, and nothing else, in a thread."""
        wish = _Wish(user=message.user, verb=verb, place=message.place, ticket=ticket)
        self._errands.start(self._do(wish, self._privately(message.place, message.user)))

    # ------------------------------------------------------------ slash commands

    async def _on_slash(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        verb = Verb(_verb(str(body["command"])))
        channel, text = ChannelId(str(body["channel_id"])), str(body.get("text") or "").strip()
        if verb is not Verb.STATS and not text:
            self._errands.start(self._open_picker(picker.Purpose(verb, channel), body))
            return
        store, days = stats_wanted(text) if verb is Verb.STATS else (None, None)
        wish = _Wish(
            user=str(body["user_id"]),
            verb=verb,
            place=Place(chat=SLACK, channel=channel),
            ticket=text if verb is not Verb.STATS else None,
            store=store,
            days=days,
        )
        self._errands.start(self._do(wish, self._by_return(str(body["response_url"]))))

    async def _open_picker(self, purpose: picker.Purpose, body: Payload) -> None:
        """Open the modal before anything else: its trigger is good for three seconds."""
        try:
            await self._api.write("views.open", trigger_id=body["trigger_id"], view=picker.view(purpose))
        except RemoteError as error:
            await self._by_return(str(body["response_url"]))(Answer(text=error.told))

    # ------------------------------------------------------------ the picker

    async def _on_options(self, ack: AsyncAck, body: Payload) -> None:
        purpose = picker.purpose_of(body["view"])
        agent = await self._people.agent(str(body["user"]["id"]))
        place = Place(chat=SLACK, channel=purpose.channel)
        choices = await self._intake.choices(purpose.verb, str(body.get("value") or ""), place, agent)
        await ack(options=picker.options(choices))

    async def _on_picked(self, ack: AsyncAck, body: Payload) -> None:
        """Show the answer in the modal: with the acknowledgement where it comes at once, else afterwards."""
        shown, user = body["view"], str(body["user"]["id"])
        purpose = picker.purpose_of(shown)
        place = Place(chat=SLACK, channel=purpose.channel)
        wish = _Wish(user=user, verb=purpose.verb, place=place, ticket=picker.picked(shown))
        work = self._errands.start(self._answer_to(wish))
        done, _ = await asyncio.wait({work}, timeout=_AT_ONCE)
        if done:
            await ack(response_action="update", view=picker.result(purpose, work.result()))
            return
        await ack(response_action="update", view=picker.waiting(purpose))
        self._errands.start(self._show_later(work, str(shown["id"]), purpose, user))

    async def _show_later(self, work: asyncio.Task[Answer], view: str, purpose: picker.Purpose, user: str) -> None:
        answer = await work
        try:
            await self._api.write("views.update", view_id=view, view=picker.result(purpose, answer))
        except RemoteError:
            # the modal was closed meanwhile
            await self._privately(Place(chat=SLACK, channel=purpose.channel), user)(answer)

    # ------------------------------------------------------------ buttons and shortcuts

    async def _on_pressed(self, ack: AsyncAck, body: Payload, action: Payload) -> None:
        await ack()
        button = blocks.pressed(action)
        if button is None:
            return
        place, user = _where(body), str(body["user"]["id"])
        wish = _Wish(
            user=user,
            verb=button.verb,
            place=place,
            ticket=None if button.ticket is None else str(button.ticket),
            delivery=button.delivery,
        )
        self._errands.start(self._do(wish, self._privately(_where_seen(body, place), user)))

    async def _on_shortcut(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        verb, place, user = _SHORTCUTS[str(body["callback_id"])], _where(body), str(body["user"]["id"])
        show = self._privately(_where_seen(body, place), user)
        message = spoken(body["message"], str(place.channel)) if verb is Verb.SEND else None
        if verb is Verb.SEND and not is_a_persons(body["message"]):
            self._errands.start(show(Answer(text=wording.NOT_A_PERSONS_MESSAGE)))
            return
        self._errands.start(self._do(_Wish(user=user, verb=verb, place=place, message=message), show))

    # ------------------------------------------------------------ asking and answering

    async def _answer_to(self, wish: _Wish) -> Answer:
        """What the core answers; a failure of Slack's or of ours is an answer too, for somebody waits for one."""
        try:
            ask = Ask(
                verb=wish.verb,
                agent=await self._people.agent(wish.user),
                place=wish.place,
                ticket=wish.ticket,
                delivery=wish.delivery,
                message=None if wish.message is None else await self._people.said(wish.message),
                store=wish.store,
                days=wish.days,
            )
            return await self._intake.ask(ask)
        except RemoteError as error:
            return Answer(text=error.told)
        except Exception:  # noqa: BLE001 - somebody waits for an answer, and the log has the fault
            _log.exception("an agent's request failed")
            return Answer(text=wording.BROKE)

    async def _do(self, wish: _Wish, show: _Show) -> None:
        await show(await self._answer_to(wish))

    def _by_return(self, response_url: str) -> _Show:
        async def show(answer: Answer) -> None:
            await self._api.respond(response_url, blocks.fallback(answer.text), blocks.answer(answer))

        return show

    def _privately(self, place: Place, user: str) -> _Show:
        async def show(answer: Answer) -> None:
            await self._posting.answer(place, user, answer)

        return show


def _verb(command: str) -> str:
    found = _SLASH.fullmatch(command)
    return "" if found is None else found["verb"]


def _where(body: Payload) -> Place:
    """The thread in which something was pressed or picked; a first message heads a thread of its own."""
    message = body.get("message") or {}
    container = body.get("container") or {}
    stamp = message.get("ts") or body.get("message_ts") or container.get("message_ts")
    thread = message.get("thread_ts") or container.get("thread_ts") or stamp
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id")
    return Place(chat=SLACK, channel=ChannelId(str(channel)), thread=ThreadId(str(thread)) if thread else None)


def _where_seen(body: Payload, place: Place) -> Place:
    """
    Where the answer is seen.

    An ephemeral message in a thread without replies is shown to nobody
    (docs.slack.dev/reference/methods/chat.postEphemeral): there it goes into the channel.
    """
    threaded = (body.get("message") or {}).get("thread_ts") or (body.get("container") or {}).get("thread_ts")
    return place if threaded else Place(chat=place.chat, channel=place.channel)
