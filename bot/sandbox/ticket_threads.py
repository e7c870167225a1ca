"""The threads of one ticket in both chats, as people see them, found by the ticket's subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.discord import DiscordMessage, PracticeDiscord, Thread
from bot.sandbox.slack import PracticeSlack, SlackMessage
from bot.sandbox.world import Shop
from bot.wording.cards import CUSTOMER_WROTE


@dataclass(frozen=True, slots=True)
class DiscordTicketThread:
    """One ticket's thread in Discord."""

    discord: PracticeDiscord
    shop: Shop
    subject: str

    @property
    def threads(self) -> list[Thread]:
        """Every thread with the subject in its name; there should be one."""
        return [t for t in self.discord.threads(self.shop.discord.id) if self.subject in t.name]

    @property
    def thread(self) -> Thread:
        """The thread. Raises `LookupError` if there is none yet."""
        if not self.threads:
            raise LookupError(f"no thread about {self.subject}")
        return self.threads[0]

    def messages(self) -> list[DiscordMessage]:
        return self.discord.messages(self.thread.id) if self.threads else []

    def count(self, text: str) -> int:
        """How often the bot says this, also in joined posts; of the card only the customer's first message counts."""
        bot = self.discord.bot.id
        posts = [discord_text(m) for m in self.messages() if m.author_id == bot and not self.is_card(m)]
        return sum(each.count(text) for each in [*posts, self.opening()])

    def opening(self) -> str:
        """The customer's first message if the card shows it whole; else an empty text."""
        if not self.threads:
            return ""
        return opening_in("\n".join(embed.get("description") or "" for embed in self.card().embeds).replace("\\", ""))

    def reactions(self, message: DiscordMessage) -> set[str]:
        """The reactions to a message now."""
        return set(self.discord.message(message.channel_id, message.id).reactions)

    def card(self) -> DiscordMessage:
        """
        The card. Raises `LookupError` if there is none.

        In a forum it is the post's first message, in a text channel it is in the channel. If people have deleted it,
        there is a new one in the thread.
        """
        for place in (self.thread.id, self.shop.discord.id):
            for message in self.discord.messages(place):
                if self.is_card(message) and self.thread.id in (message.id, place):
                    return message
        raise LookupError(f"no card for {self.subject}")

    def is_card(self, message: DiscordMessage) -> bool:
        """Whether this is a card: no other message of the bot has fields."""
        bot = self.discord.bot.id
        return message.author_id == bot and any(embed.get("fields") for embed in message.embeds)


@dataclass(frozen=True, slots=True)
class SlackTicketThread:
    """One ticket's thread in Slack."""

    slack: PracticeSlack
    shop: Shop
    subject: str

    @property
    def cards(self) -> list[SlackMessage]:
        """Every card with the subject; there should be one."""
        return [m for m in self.slack.messages(self.shop.slack) if self.subject in m.rendered and not m.thread_ts]

    @property
    def card(self) -> SlackMessage:
        """The card. Raises `LookupError` if there is none yet."""
        if not self.cards:
            raise LookupError(f"no card about {self.subject}")
        return self.cards[0]

    def messages(self) -> list[SlackMessage]:
        """The thread without its card."""
        return list(self.slack.thread(self.shop.slack, self.card.ts))[1:] if self.cards else []

    def count(self, text: str) -> int:
        """How often the bot says this, also in joined posts; of the card only the customer's first message counts."""
        posts = [m.rendered for m in self.messages() if m.user == self.slack.bot_user]
        return sum(each.count(text) for each in [*posts, self.opening()])

    def opening(self) -> str:
        """The customer's first message if the card shows it whole; else an empty text."""
        return opening_in(self.card.rendered) if self.cards else ""

    def reactions(self, message: SlackMessage) -> set[str]:
        """The reactions to a message now."""
        standing = self.slack.message(message)
        return set() if standing is None else set(standing.reactions)


def opening_in(card: str) -> str:
    """The first message on a card, as people read it; empty: only a beginning of it, or nothing, stands there."""
    _, _, text = card.partition(CUSTOMER_WROTE.strip())
    return "" if "…" in text else text


def discord_text(message: DiscordMessage) -> str:
    """The text of a message as a person reads it, without escapes."""
    pieces = [message.content]
    for embed in message.embeds:
        pieces += [_author(embed), embed.get("title") or "", embed.get("description") or ""]
        pieces += [f"{part['name']} {part['value']}" for part in embed.get("fields") or []]
    return "\n".join(piece for piece in pieces if piece).replace("\\", "")


def _author(embed: Mapping[str, Any]) -> str:
    name: str = (embed.get("author") or {}).get("name") or ""
    return name
