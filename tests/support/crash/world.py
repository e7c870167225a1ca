"""
Where the kill test plays: stores, a Discord and a Slack that lose answers, and people who number what they write.

Every message holds a token that is in no other (`c00017x`), but for thanks, which are all the same: counting tells
what was lost and what was doubled, and the tokens' order tells what overtook what.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, Self

from aiohttp import web

from bot.clock import Clock
from bot.sandbox.discord import DiscordChannel, DiscordMessage, PracticeDiscord
from bot.sandbox.loopback_server import HttpFault, LoopbackServer
from bot.sandbox.slack import PracticeSlack, SlackApp, SlackChannel, SlackMessage
from bot.sandbox.ticket_threads import discord_text, opening_in
from bot.sandbox.vendors import VENDORS, PracticeStore, PracticeVendor
from bot.wiring import slack_manifest, vendor_kinds

Chat = Literal["discord", "slack"]
CHATS: tuple[Chat, Chat] = ("discord", "slack")
TOKEN = re.compile(r"[cdse]\d{5}x")
THANKS = "Thank you very much indeed!"
SNOOZE_ENDED = "its snooze is over"
_LONG = 5_000
_EVERY_LONG = 97
_EVERY_THANKS = 13


@dataclass(kw_only=True)
class Sometimes(HttpFault):
    """A fault that hits by chance and is never used up: some of the writes are carried out and not answered."""

    random: Random
    rate: float
    hits: int = 0
    asked: int = 0

    def fits(self, request: web.Request) -> bool:
        self.asked += 1
        hit = request.method not in ("GET", "HEAD") and self.random.random() < self.rate
        self.hits += hit
        self.times = 2
        return hit


@dataclass(kw_only=True)
class Ticket:
    """
    A ticket, what was written about it, and where it is seen.

    Attributes:
        written: By its customer, and by the agents in each chat, in that order each.
        thanks: How many equal replies were written in each chat.
        threads: Discord's thread and Slack's card, once found.
        is_planned: Whether it is one that Ann takes and Bob snoozes, and in which nothing else is written.
        was_planned: Whether they have done so.
    """

    shop: Shop
    id: str
    subject: str
    written: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    thanks: Counter[Chat] = field(default_factory=Counter)
    threads: dict[Chat, str] = field(default_factory=dict)
    is_planned: bool = False
    was_planned: bool = False


@dataclass(kw_only=True)
class Shop:
    """A store and its channels."""

    name: str
    store: PracticeStore
    vendor: PracticeVendor[Any]
    discord: DiscordChannel
    slack: SlackChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What counting found; each line names a ticket and a message."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    disordered: tuple[str, ...]

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.disordered)


class KillWorld:
    """
    Shops, each with a channel of its own in both chats: every other one has a forum in Discord.

    Args:
        lost_answers: The part of all writes that are carried out and not answered.
        shops: How many, at the installed vendors in turn; None: one at every vendor.
        vendors: At which vendors instead, one shop each.

    Attributes:
        tickets: All of them, oldest first.
        customers, replies: How many messages were written.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        *,
        lost_answers: float,
        shops: int | None = None,
        vendors: Sequence[str] | None = None,
    ) -> None:
        self.discord = PracticeDiscord(clock=clock)
        self.slack = PracticeSlack(app=SlackApp.from_manifest(json.loads(slack_manifest())), clock=clock)
        self.ann = self.discord.add_member("Ann")
        self.bob = self.slack.add_user("bob", real_name="Bob")
        self.tickets: list[Ticket] = []
        self.customers = self.replies = 0
        self._random = random
        self._lost_answers = lost_answers
        installed = [name for name in VENDORS if name in vendor_kinds()]
        amount = len(installed) if shops is None else shops
        self.shops = self._shops(clock, vendors or [installed[index % len(installed)] for index in range(amount)])
        wires = [self.discord.http_server, self.slack.http_server, *(shop.vendor.http_server for shop in self.shops)]
        self._faults = [self._lossy(wire) for wire in wires]
        self._acknowledgements = 0

    def _shops(self, clock: Clock, vendors: Sequence[str]) -> list[Shop]:
        shops = []
        for index, vendor in enumerate(vendors):
            name = f"{vendor}{index}"
            store = PracticeStore(clock.now, name=f"The {name} shop")
            channel = self.discord.add_forum(name) if index % 2 else self.discord.add_text_channel(name)
            triage = self.slack.add_channel(name, [self.bob])
            shops.append(Shop(name=name, store=store, vendor=VENDORS[vendor](store), discord=channel, slack=triage))
        return shops

    def _lossy(self, wire: LoopbackServer) -> Sometimes:
        fault = Sometimes(kind="lose", random=Random(self._random.random()), rate=self._lost_answers)
        wire.faults.append(fault)
        return fault

    @property
    def requests(self) -> int:
        """How many requests there have been, everywhere."""
        return sum(fault.asked for fault in self._faults)

    @property
    def lost_answers(self) -> int:
        """How many writes were carried out and never answered, and acknowledgements lost on their way."""
        return sum(fault.hits for fault in self._faults) + self._acknowledgements

    async def __aenter__(self) -> Self:
        await self.discord.start()
        await self.slack.start()
        for shop in self.shops:
            await shop.vendor.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        for shop in self.shops:
            await shop.vendor.stop()
        await self.slack.stop()
        await self.discord.stop()

    def settings(self) -> dict[str, str]:
        """The bot's settings: where everything is, and otherwise the defaults."""
        variables = {
            "DISCORD_TOKEN": self.discord.token,
            "DISCORD_API_URL": self.discord.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
            # Everybody writes everywhere at once; who would be asked then is the simulated week's matter.
            "COLLISION_GUARD": "false",
        }
        for shop in self.shops:
            variables |= shop.vendor.environment(shop.name)
            channels = f"discord:{shop.discord.id},slack:{shop.slack.id}"
            variables[f"STORES__{shop.name.upper()}__CHANNELS"] = channels
        return variables

    # ------------------------------------------------------------ writing

    def customer_opens(self, shop: Shop, *, long: bool = False) -> Ticket:
        """A customer opens a ticket, perhaps with a message that no chat takes in one."""
        number = len(self.tickets) + 1
        subject = f"Matter e{number:05d}x"
        text, token = self._customers_words(long=long)
        opened = shop.store.customer_writes(subject, text, name=f"Customer {number}", email=f"c{number}@example.com")
        ticket = Ticket(shop=shop, id=opened, subject=subject)
        ticket.written["customer"].append(token)
        self.tickets.append(ticket)
        return ticket

    def customer_goes_on(self, ticket: Ticket, *, long: bool = False) -> None:
        """Its customer writes once more."""
        text, token = self._customers_words(long=long)
        ticket.shop.store.customer_replies(ticket.id, text)
        ticket.written["customer"].append(token)

    def _customers_words(self, *, long: bool) -> tuple[str, str]:
        self.customers += 1
        token = f"c{self.customers:05d}x"
        rest = "my key does not work. " * (_LONG // 20 if long or self.customers % _EVERY_LONG == 0 else 1)
        return f"{token} {rest}", token

    async def agent_replies(self, ticket: Ticket, chat: Chat) -> None:
        """An agent answers in the ticket's thread, which is there already."""
        self.replies += 1
        if self.replies % _EVERY_THANKS == 0:
            text = THANKS
            ticket.thanks[chat] += 1
        else:
            token = f"{chat[0]}{self.replies:05d}x"
            text = f"{token} please try again"
            ticket.written[chat].append(token)
        thread = ticket.threads[chat]
        if chat == "discord":
            await self.discord.say(self.ann, thread, text)
            return
        if self._random.random() < self._lost_answers:
            self.slack.sockets.ignore_acks += 1
            self._acknowledgements += 1
        await self.slack.say(self.bob, ticket.shop.slack, text, thread_ts=thread)

    async def agents_plan(self, ticket: Ticket) -> None:
        """Ann takes the ticket in Discord, and Bob snoozes it in Slack for a minute, which is soon over here."""
        ticket.was_planned = True
        await self.discord.say(self.ann, ticket.threads["discord"], "!take")
        await self.slack.say(self.bob, ticket.shop.slack, "!snooze 1m", thread_ts=ticket.threads["slack"])

    def find_threads(self) -> None:
        """Let the agents find the threads that have come."""
        for shop in self.shops:
            waiting = [t for t in self.tickets if t.shop is shop and len(t.threads) < len(CHATS)]
            if not waiting:
                continue
            named = [(str(thread.id), thread.name) for thread in self.discord.threads(shop.discord.id)]
            carded = [(message.ts, message.rendered) for message in self.slack.messages(shop.slack)]
            for ticket in waiting:
                for chat, places in zip(CHATS, (named, carded), strict=True):
                    found = [place for place, text in places if ticket.subject in text]
                    if found:
                        ticket.threads[chat] = found[0]

    # ------------------------------------------------------------ judging

    def missing(self) -> int:
        """How many appearances are still to come."""
        return len(self.verdict().lost)

    def verdict(self) -> Verdict:
        """Count everything, everywhere."""
        self.find_threads()
        lost: list[str] = []
        doubled: list[str] = []
        disordered: list[str] = []
        slack_threads = self._slack_threads()
        for ticket in self.tickets:
            for chat in CHATS:
                texts = self._in_discord(ticket) if chat == "discord" else self._in_slack(ticket, slack_threads)
                where = f"{ticket.subject} in {chat}"
                amount = self._threads_of(ticket, chat)
                lost += [f"{where}: its thread"] * (amount == 0)
                doubled += [f"{where}: its thread"] * (amount > 1)
                other: Chat = "slack" if chat == "discord" else "discord"
                expected = [ticket.written["customer"], ticket.written[other]]
                _compare(where, texts, expected, ticket.thanks[other], (lost, doubled, disordered))
                if ticket.was_planned:
                    ends = sum(SNOOZE_ENDED in text for text in texts)
                    lost += [f"{where}: the end of its snooze"] * (ends == 0)
                    doubled += [f"{where}: the end of its snooze"] * (ends > 1)
                    lost += [f"{where}: who has it"] * (not self._is_anns(ticket, chat))
            replies = [m.text for m in ticket.shop.store.ticket(ticket.id).messages if m.writer == "staff"]
            expected = [ticket.written[chat] for chat in CHATS]
            where = f"{ticket.subject} at {ticket.shop.name}"
            _compare(where, replies, expected, ticket.thanks.total(), (lost, doubled, disordered))
        return Verdict(lost=tuple(lost), doubled=tuple(doubled), disordered=tuple(disordered))

    def _is_anns(self, ticket: Ticket, chat: Chat) -> bool:
        """Whether the ticket's card in this chat says that Ann has it."""
        if chat == "slack":
            cards = self.slack.workspace.state.messages(ticket.shop.slack.id)
            return any("Taken by Ann" in m.rendered for m in cards if m.ts == ticket.threads.get("slack"))
        places = [str(ticket.shop.discord.id), ticket.threads.get("discord", "")]
        shown = [m for place in places if place for m in self.discord.messages(place)]
        return any("Taken by Ann" in str(m.embeds) for m in shown if str(m.id) == ticket.threads.get("discord"))

    def _threads_of(self, ticket: Ticket, chat: Chat) -> int:
        if chat == "discord":
            return sum(ticket.subject in thread.name for thread in self.discord.threads(ticket.shop.discord.id))
        return sum(ticket.subject in message.rendered for message in self.slack.messages(ticket.shop.slack))

    def _in_discord(self, ticket: Ticket) -> list[str]:
        thread = ticket.threads.get("discord")
        found: list[DiscordMessage] = [] if thread is None else self.discord.messages(thread)
        bot = self.discord.bot.id
        posts = [discord_text(m) for m in found if m.author_id == bot and str(m.id) != thread]
        return [*self._openings(str(ticket.shop.discord.id), thread), *posts]

    def _openings(self, channel: str, thread: str | None) -> list[str]:
        """The first message that stands on a card in Discord: in the channel, or first in a forum's post."""
        places = [] if thread is None else [channel, thread]
        shown = [m for place in places for m in self.discord.messages(place) if str(m.id) == thread]
        return [opening_in(discord_text(m)) for m in shown]

    def _in_slack(self, ticket: Ticket, threads: dict[str, list[SlackMessage]]) -> list[str]:
        card = ticket.threads.get("slack", "")
        found = threads.get(card, [])
        posts = [message.rendered for message in found if message.user == self.slack.bot_user]
        shown = [m for m in self.slack.workspace.state.messages(ticket.shop.slack.id) if m.ts == card]
        return [*(opening_in(m.rendered) for m in shown), *posts]

    def _slack_threads(self) -> dict[str, list[SlackMessage]]:
        """Every thread's replies by its card, in one pass: asking for each by itself takes a pass each."""
        found: dict[str, list[SlackMessage]] = defaultdict(list)
        for shop in self.shops:
            for message in self.slack.workspace.state.messages(shop.slack.id):
                if message.thread_ts is not None:
                    found[message.thread_ts].append(message)
        return found


def _compare(
    where: str,
    texts: Sequence[str],
    expected: Iterable[Sequence[str]],
    thanks: int,
    findings: tuple[list[str], list[str], list[str]],
) -> None:
    lost, doubled, disordered = findings
    seen = [token for text in texts for token in TOKEN.findall(text)]
    counted = Counter(seen)
    for tokens in expected:
        lost += [f"{where}: {token}" for token in tokens if counted[token] == 0]
        doubled += [f"{where}: {token}" for token in tokens if counted[token] > 1]
        wanted = set(tokens)
        here = list(dict.fromkeys(token for token in seen if token in wanted))
        present = set(here)
        if here != [token for token in tokens if token in present]:
            disordered.append(f"{where}: {' '.join(here)}")
    strangers = set(counted) - {token for tokens in expected for token in tokens}
    doubled += [f"{where}: {token}, which does not belong here" for token in strangers]
    thanked = sum(THANKS in text for text in texts)
    lost += [f"{where}: thanks"] * (thanks - thanked)
    doubled += [f"{where}: thanks"] * (thanked - thanks)
