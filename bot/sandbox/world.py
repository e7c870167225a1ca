"""The whole practice world: the stores, a Discord and a Slack, the people in them, and the bot's settings for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bot.sandbox.discord import DiscordChannel, Member, PracticeDiscord
from bot.sandbox.slack import PracticeSlack, SlackApp, SlackChannel, SlackLimits, User
from bot.sandbox.vendors import VENDORS, PracticeStore, PracticeVendor
from bot.wiring import slack_manifest, vendor_kinds

_NAMES = {
    "sellsn": "arcade",
    "sellapp": "plugins",
    "sellgate": "keys",
    "lightspeed": "boutique",
    "nextcommerce": "outdoor",
}
_DISCORD_SPEED = 10.0
_SLACK_POSTS_PER_SECOND = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """
    One store of the bot's settings, with its practice vendor and its channels.

    Attributes:
        name: As in `STORES__<NAME>__…`, in lower case.
        store: Its tickets, and what customers and colleagues do with them at the vendor.
        discord, slack: The channels for its threads.
    """

    name: str
    store: PracticeStore
    vendor: PracticeVendor[Any]
    discord: DiscordChannel
    slack: SlackChannel


class PracticeWorld:
    """
    One shop at every vendor, one Discord server with a text channel and a forum, one Slack workspace.

    The servers have the platforms' limits, but the time windows of the limits are shorter, so that the tour does not
    take minutes.

    Args:
        patience: Seconds that Discord and Slack wait for the bot's first answer to what a person asks for.

    Attributes:
        shops: By the vendor's name.
        jane, ann, bob: Jane is the customer; Ann uses Discord, Bob uses Slack.
    """

    jane = "jane@example.com"

    def __init__(self, *, patience: float = 3.0) -> None:
        self.discord = PracticeDiscord(speed=_DISCORD_SPEED)
        self.discord.patience = patience
        app = SlackApp.from_manifest(json.loads(slack_manifest()))
        limits = SlackLimits(
            posts_per_second=_SLACK_POSTS_PER_SECOND, post_burst=10, ack_seconds=patience, trigger_seconds=patience
        )
        self.slack = PracticeSlack(app=app, limits=limits)
        self.support = self.discord.add_text_channel("support")
        self.tickets = self.discord.add_forum("tickets", ["Open", "Closed", "Waiting for us"])
        self.ann: Member = self.discord.add_member("Ann")
        self.bob: User = self.slack.add_user("bob", real_name="Bob")
        self.triage = self.slack.add_channel("triage", [self.bob])
        self.shops: dict[str, Shop] = {}
        installed = vendor_kinds()
        for index, (vendor, server) in enumerate(VENDORS.items()):
            if vendor not in installed:
                continue
            name = _NAMES.get(vendor, vendor)
            store = PracticeStore(name=f"The {name} shop")
            channel = self.support if index % 2 == 0 else self.tickets
            self.shops[vendor] = Shop(name=name, store=store, vendor=server(store), discord=channel, slack=self.triage)

    async def start(self) -> None:
        """Start every server on a free port of 127.0.0.1."""
        await self.discord.start()
        await self.slack.start()
        for shop in self.shops.values():
            await shop.vendor.start()

    async def stop(self) -> None:
        """Stop every server."""
        for shop in self.shops.values():
            await shop.vendor.stop()
        await self.slack.stop()
        await self.discord.stop()

    def environment(self) -> dict[str, str]:
        """The bot's settings for this world; known once started."""
        variables = {
            "DISCORD_TOKEN": self.discord.token,
            "DISCORD_API_URL": self.discord.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
        }
        for shop in self.shops.values():
            channels = f"discord:{shop.discord.id},slack:{shop.slack.id}"
            variables |= shop.vendor.environment(shop.name)
            variables[f"STORES__{shop.name.upper()}__CHANNELS"] = channels
        return variables
