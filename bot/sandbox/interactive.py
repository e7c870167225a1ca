"""`shopbell sandbox`: the practice world with a bot in it, and a page to watch it and to type into."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.page import PracticePage
from bot.sandbox.tour_day import PROMISING, digest_at, promises
from bot.sandbox.world import PracticeWorld

_QUICK = {"UNDO_SECONDS": "3"}
_POLL_SECONDS = "1"
_WAITED = timedelta(minutes=58)
"""So long the customer of the store that promises an answer within an hour has waited already."""
_DIGEST_AFTER = timedelta(minutes=3)
"""After this time the channels are told the day in a line: then all have something to show."""

_OPENING = (
    (
        "Jane Doe",
        "jane@example.com",
        "My key does not work",
        "Hello, I bought a key this morning and it says “already used”. Can you have a look?",
    ),
    (
        "Tom Sample",
        "tom@example.com",
        "Wrong size",
        "Hi! The jacket is lovely but a size too small. Can I swap it for an L?",
    ),
    (
        "Mia Example",
        "mia@example.com",
        "Invoice for my order",
        "Could you send me an invoice with our company's name on it, please?",
    ),
    (
        "Sam Placeholder",
        "sam@example.com",
        "Download stops halfway",
        "The download stops at 60 % every time. I tried two browsers.",
    ),
    (
        "Lea Muster",
        "lea@example.com",
        "Where is my parcel?",
        "It has been on its way for eight days. Should I worry?",
    ),
)
"""Name, address, subject and text of the first tickets; these people do not exist."""


async def serve(port: int) -> None:
    """
    Run the practice world, the bot and the page until SIGINT or SIGTERM; then stop everything and delete its files.

    Args:
        port: Where the page listens on 127.0.0.1; 0: any free port.

    Raises:
        OSError: The port is taken, or this user may not use it.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    with tempfile.TemporaryDirectory(prefix="shopbell-") as folder:
        world = PracticeWorld()
        await world.start()
        bot = BotProcess(Path(folder), settings(world))
        page = PracticePage(world, bot, port=port)
        try:
            await page.start()
            customers_write(world)
            await bot.start()
            print(f"The practice world is open: {page.address}", flush=True)
            print("Write as a customer on the left. Answer in Discord or Slack. Close with /close or the button.")
            print("Nothing leaves this machine. Ctrl+C stops it and deletes everything.", flush=True)
            await stop.wait()
        finally:
            await page.stop()
            await bot.stop()
            await world.stop()


def settings(world: PracticeWorld) -> dict[str, str]:
    """The bot's settings in a started world, with short delays, so that people can watch."""
    polls = {f"STORES__{shop.name.upper()}__POLL_SECONDS": _POLL_SECONDS for shop in world.shops.values()}
    soon = datetime.now(UTC) + _DIGEST_AFTER
    return world.environment() | _QUICK | polls | promises(world) | digest_at(soon)


def customers_write(world: PracticeWorld) -> None:
    """Open one ticket in each store, so that there is something to see at once."""
    for shop, (name, email, subject, text) in zip(world.shops.values(), _OPENING, strict=False):
        waits_since = datetime.now(UTC) - _WAITED if shop.vendor is world.shops[PROMISING].vendor else None
        shop.store.customer_writes(subject, text, name=name, email=email, at=waits_since)
