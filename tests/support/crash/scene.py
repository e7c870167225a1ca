"""A bot as in production (`python -m bot run`) in a small world, with people who write all the while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bot.clock import SystemClock
from bot.sandbox.bot_process import BotProcess
from tests.support.crash.run import drain, integrity
from tests.support.crash.world import CHATS, KillWorld, Ticket, Verdict
from tests.support.waiting import until

_QUICK = {"UNDO_SECONDS": "0.2"}
_PATIENCE = 45.0


@dataclass(slots=True, kw_only=True)
class Scene:
    """The world and the bot in it; `written` is how much people have written so far."""

    world: KillWorld
    bot: BotProcess
    written: int = 0

    async def tickets_stand(self) -> None:
        """One ticket in each shop, with its threads."""
        for shop in self.world.shops:
            self.world.customer_opens(shop)
        await until(self._all_threaded)

    def _all_threaded(self) -> bool:
        self.world.find_threads()
        return all(len(ticket.threads) == len(CHATS) for ticket in self.world.tickets)

    def ticket_at(self, vendor: str) -> Ticket:
        """The first ticket in a shop of this vendor."""
        return next(ticket for ticket in self.world.tickets if ticket.shop.vendor.vendor == vendor)

    async def people_write(self, amount: int, *, pause: float = 0.02) -> None:
        """Customers and agents write in turns, all over the world."""
        for number in range(amount):
            ticket = self.world.tickets[number % len(self.world.tickets)]
            match number % 3:
                case 0:
                    self.world.customer_goes_on(ticket)
                case 1:
                    await self.world.agent_replies(ticket, "discord")
                case _:
                    await self.world.agent_replies(ticket, "slack")
            self.written += 1
            await asyncio.sleep(pause)

    async def all_arrives(self) -> None:
        """Wait until everything has arrived; then nothing is lost, doubled or out of order, and the file is sound."""
        waiting = await drain(self.world, self.bot.database, _PATIENCE)
        assert self.world.verdict() == Verdict(lost=(), doubled=(), disordered=())
        assert waiting == 0
        assert integrity(self.bot.database) == "ok"


@asynccontextmanager
async def scene(folder: Path, **more: str) -> AsyncIterator[Scene]:
    """A world and a bot that is ready, with `more` in its environment; whatever happens, the bot is dead afterwards."""
    async with KillWorld(SystemClock(), Random(1), lost_answers=0.0) as world:
        polls = {f"STORES__{shop.name.upper()}__POLL_SECONDS": "0.5" for shop in world.shops}
        bot = BotProcess(folder, world.settings() | polls | _QUICK | more)
        await bot.start()
        try:
            await bot.ready()
            yield Scene(world=world, bot=bot)
        finally:
            await bot.kill()


async def ended(bot: BotProcess, seconds: float) -> int:
    """The exit code of a bot that ends by itself; fails where that takes longer."""
    assert bot._process is not None
    return await asyncio.wait_for(bot._process.wait(), seconds)


def signalled(bot: BotProcess, number: int) -> None:
    """Send a signal to the bot."""
    assert bot._process is not None
    bot._process.send_signal(number)
