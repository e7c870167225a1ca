"""Stopping: intake ends, what is in flight ends, nothing is lost, and the next start goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.sandbox.vendors import VENDORS
from bot.wiring import vendor_kinds
from tests.support.crash import run
from tests.support.crash.run import integrity, unfinished
from tests.support.crash.scene import ended, scene, signalled
from tests.support.waiting import until

pytestmark = [pytest.mark.takes(6), pytest.mark.usefixtures("forked_bots")]

# Ten seconds are promised, and it takes about five. A busy machine may take longer, and what hangs here hangs longer.
_ALLOWED = 25.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_under_load_is_orderly(number: signal.Signals, tmp_path: Path) -> None:
    """Exit 0 in time in the midst of work; after the next start everything is there once."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        writing = asyncio.create_task(here.people_write(18, pause=0.1))
        await until(lambda: here.written >= 6, "a third is written")
        signalled(here.bot, number)
        assert await ended(here.bot, _ALLOWED) == 0
        assert unfinished(here.bot.database) > 0 or here.world.missing() > 0
        await writing
        await here.bot.start()
        await here.all_arrives()
        assert "Traceback" not in here.bot.log
        assert await here.bot.stop() == 0


@pytest.mark.takes(30)
async def test_a_stop_does_not_wait_for_a_vendor_that_hangs(tmp_path: Path) -> None:
    """A reply is under way and its vendor does not answer: exit 0 in time, and the reply arrives later."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        ticket = here.ticket_at("sellgate")
        fault = ticket.shop.vendor.http_server.fail("hang", method="POST")
        await here.world.agent_replies(ticket, "discord")
        await until(lambda: fault.times == 0)
        signalled(here.bot, signal.SIGTERM)
        assert await ended(here.bot, _ALLOWED) == 0
        await here.bot.start()
        await here.all_arrives()
        assert "Traceback" not in here.bot.log


@pytest.mark.takes(30)
async def test_a_stop_does_not_wait_for_a_lookup_that_hangs(tmp_path: Path) -> None:
    """A host's address is looked up in a thread, which nobody can cancel: exit 0 in time all the same."""
    vendor = next(name for name in VENDORS if name in vendor_kinds())
    paths = [str(Path(run.__file__).parent / "slow_lookups"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    base_url = f"STORES__{vendor.upper()}0__BASE_URL"
    more = {base_url: "http://shop.invalid", "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    async with scene(tmp_path, **more) as here:
        checking = asyncio.create_task(here.bot.command("check"))
        signalled(here.bot, signal.SIGTERM)
        assert await ended(here.bot, _ALLOWED) == 0
        code, checked = await asyncio.wait_for(checking, _ALLOWED)
        assert (code, "cannot be reached" in checked) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_it_at_once(number: signal.Signals, tmp_path: Path) -> None:
    """Its own exit code shows that it waited for no vendor; what was under way is still written down."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        ticket = here.ticket_at("sellgate")
        fault = ticket.shop.vendor.http_server.fail("hang", method="POST")
        await here.world.agent_replies(ticket, "discord")
        await until(lambda: fault.times == 0)
        signalled(here.bot, number)
        await until(lambda: "stopping" in here.bot.log)
        signalled(here.bot, number)
        assert await ended(here.bot, _ALLOWED) == 128 + number
        assert "Traceback" not in here.bot.log
        assert unfinished(here.bot.database) > 0
        assert integrity(here.bot.database) == "ok"


async def test_a_stop_does_not_wait_for_a_private_word_that_hangs(tmp_path: Path) -> None:
    """Slack does not take what one agent is to be told: exit 0 in time."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        ticket, slack = here.ticket_at("sellgate"), here.world.slack
        said = await slack.say(here.world.bob, ticket.shop.slack, "first", thread_ts=ticket.threads["slack"])
        await until(lambda: (now := slack.message(said)) is not None and "white_check_mark" in now.reactions)
        fault = slack.http_server.fail("hang", path="chat.postEphemeral")
        await slack.edit(said, "second")
        await until(lambda: fault.times == 0)
        signalled(here.bot, signal.SIGTERM)
        assert await ended(here.bot, _ALLOWED) == 0
        assert "Traceback" not in here.bot.log


@pytest.mark.takes(30)
async def test_a_stop_waits_for_nobody_when_everything_hangs(tmp_path: Path) -> None:
    """No chat and no vendor answers any more, not even on its socket: exit 0 in time, and all arrives later."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        world = here.world
        vendors = [shop.vendor.http_server for shop in world.shops]
        faults = [
            wire.fail("hang", times=10_000) for wire in (world.discord.http_server, world.slack.http_server, *vendors)
        ]
        await here.people_write(12, pause=0.05)
        await until(lambda: all(fault.times < 10_000 for fault in faults))
        world.discord.gateway.deafen()
        world.slack.sockets.deafen()
        signalled(here.bot, signal.SIGTERM)
        assert await ended(here.bot, _ALLOWED) == 0
        for fault in faults:
            fault.times = 0
        await here.bot.start()
        await here.all_arrives()
        assert "Traceback" not in here.bot.log
