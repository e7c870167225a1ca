"""The running bot from outside: its HTTP endpoints, its commands beside it, and how it stops."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest

from bot.sandbox.bot_process import BotProcess
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

SECRET = "a-long-enough-secret"
HOOK = f"/hooks/keys/{SECRET}"
WORDS = "the customer's own words"


async def asked(bot: BotProcess, method: str, path: str, **more: Any) -> httpx.Response:
    """What the bot's HTTP server answers."""
    port = bot.environment()["HTTP_PORT"]
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
        return await client.request(method, path, **more)


@pytest.mark.scenario(started=False, STORES__KEYS__POLL_SECONDS="600", STORES__KEYS__WEBHOOK_SECRET=SECRET)
@pytest.mark.usefixtures("forked_bots")
async def test_the_endpoints_and_the_commands_while_it_runs(stage: Stage) -> None:
    """Ready once everything was reached; health, metrics, hooks; and the commands that read and change."""
    bot = stage.process()
    ticket = await stage.writes("From outside", f"{WORDS} here")
    try:
        await bot.start()
        await bot.ready()
        await ticket.shown(WORDS)
        await _endpoints(bot)
        ticket.customer_says("hooked")
        await _hooks(bot)
        await ticket.shown("hooked")
        await ticket.is_taken()
        stage.shop.vendor.http_server.fail("refuse", method="POST", status=422, body='{"error": "no"}')
        said = await ticket.ann_says("refused")
        await ticket.marked(said, "❌")
        failed = await _commands(bot, ticket)
        other = await stage.writes("To be forgotten")
        await _hooks(bot)
        await other.shown("Hello?")
        number, thread, channel = other.number, other.discord.thread.id, other.shop.discord.id
        changes = (("outbox", "retry", failed), ("forget", number, "--chats", "--yes"))
        assert [code for code, _ in [await bot.command(*change) for change in changes]] == [0, 0]
        await ticket.marked(said, "✅")
        threads = stage.world.discord.threads
        await until(lambda: {t.id: t.name for t in threads(channel)}[thread] == f"#{number} · erased", "it is erased")
        assert ticket.sent == ["refused"]
        assert await bot.stop() == 0
        for secret in (SECRET, stage.world.discord.token, stage.world.slack.bot_token, WORDS):
            assert secret not in bot.log
    finally:
        await bot.kill()


async def _endpoints(bot: BotProcess) -> None:
    health = await asked(bot, "GET", "/healthz")
    assert health.status_code == 200
    assert health.text.startswith("ok\n")
    metrics = (await asked(bot, "GET", "/metrics")).text
    assert 'shopbell_store_well{store="keys"} 1.0' in metrics
    assert WORDS not in metrics


async def _hooks(bot: BotProcess) -> None:
    """With a long interval between sweeps, only the hook can bring what was just written."""
    assert (await asked(bot, "POST", "/hooks/keys/wrong")).status_code == 404
    assert (await asked(bot, "POST", f"/hooks/nowhere/{SECRET}")).status_code == 404
    assert (await asked(bot, "GET", HOOK)).status_code == 405
    assert (await asked(bot, "POST", HOOK, content=b"\xff{ not json" * 1000)).status_code == 202


async def _commands(bot: BotProcess, ticket: Ticket) -> str:
    """Each beside the running bot; returns the id of the delivery that has failed."""
    copy = bot.database.with_name("copy.db")
    lines = (("tickets", "--json"), ("stats", "--json"), ("outbox", "--json"), ("run",), ("backup", str(copy)))
    tickets, stats, outbox, second, backup = await asyncio.gather(*(bot.command(*line) for line in lines))
    assert [code for code, _ in (tickets, stats, outbox, second, backup)] == [0, 0, 0, 3, 0]
    listed = json.loads(tickets[1])
    assert [(row["id"], row["subject"], row["status"]) for row in listed] == [(ticket.id, "From outside", "open")]
    assert {thread["chat"] for thread in listed[0]["threads"]} == {"discord", "slack"}
    assert [(row["store"], row["open"]) for row in json.loads(stats[1])] == [("keys", 1)]
    failed = [row for row in json.loads(outbox[1]) if row["state"] == "failed"]
    assert len(failed) == 1
    assert WORDS not in outbox[1] + tickets[1]
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT COUNT(*) FROM tickets").fetchone() == (1,)
    return str(failed[0]["id"])


@pytest.mark.scenario({"sellgate": "forum slack"}, started=False)
async def test_sigterm_in_the_middle_of_everything(stage: Stage) -> None:
    """It ends with 0 within ten seconds though Discord hangs and people write; the next process does the rest."""
    bot = stage.process()
    try:
        await bot.start()
        await bot.ready()
        ticket = await stage.arrives("Stop it")
        wire = stage.world.discord.http_server
        wire.fail("hang", method="POST", path="/messages$")
        ticket.customer_says("while it stops")
        for number in range(3):
            await ticket.ann_says(f"in order: {number}")
        await until(lambda: not wire.faults, "Discord hangs")
        late = await stage.writes("Written while stopping")
        assert await bot.stop() == 0
        await ticket.ann_says("in order: 3")
        await bot.start()
        await ticket.shown("while it stops")
        await late.shown("Hello?")
        await until(lambda: len(ticket.sent) >= 4, "all replies")
        assert ticket.sent == [f"in order: {number}" for number in range(4)]
        assert len(late.discord.threads) == len(late.slack.cards) == 1
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log
    finally:
        await bot.kill()


@pytest.mark.scenario(started=False)
@pytest.mark.usefixtures("forked_bots")
async def test_health_says_what_is_wrong(stage: Stage) -> None:
    """Not ready before the chats are there; 503 with the reason while one is gone; well again by itself."""
    bot = stage.process()
    stage.world.discord.settings.away = True
    try:
        await bot.start()
        await until_answered(bot)
        unready = await asked(bot, "GET", "/readyz")
        assert unready.status_code == 503
        assert "discord is not connected yet" in unready.text
        stage.world.discord.come_back()
        await bot.ready()
        await stage.world.discord.leave()
        await until_health(bot, 503)
        assert "discord is not connected" in (await asked(bot, "GET", "/healthz")).text
        stage.world.discord.come_back()
        await until_health(bot, 200)
    finally:
        assert await bot.stop() == 0


async def until_answered(bot: BotProcess) -> None:
    async def answers() -> bool:
        try:
            await asked(bot, "GET", "/healthz")
        except httpx.HTTPError:
            return False
        return True

    await until(answers, "it listens")


async def until_health(bot: BotProcess, status: int) -> None:
    async def says() -> bool:
        return (await asked(bot, "GET", "/healthz")).status_code == status

    await until(says, f"healthz says {status}")
