"""`check` shows a finding for whatever a server answers, and never a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.model import Finding
from bot.ops.doctor import examine
from bot.wiring import build_world
from tests.support.stage.stage import Stage

SHAPES = {
    "an empty object": "{}",
    "a list": "[]",
    "null": "null",
    "a text": '"hello"',
    "a number": "7",
    "numbers where texts belong": '{"id": 1, "name": 2, "ok": true, "user": 3, "channel": 4, "owner": 5, "url": 6}',
    "half of it": '{"id": "1", "na',
    "a page": "<html></html>",
}


_NOT_READ = ("/commands", "/user")
"""What these answer does not matter to `check`, as long as they do."""


async def findings(stage: Stage) -> list[Finding]:
    """What `check` shows, with a program of its own."""
    assert stage.bridge.loaded is not None
    world = build_world(stage.bridge.loaded, SystemClock())
    try:
        return [finding async for finding in examine(stage.bridge.loaded, world, SystemClock())]
    finally:
        await world.aclose()


def servers(stage: Stage) -> list[Any]:
    world = stage.world
    return [
        world.discord.http_server,
        world.slack.http_server,
        *(shop.vendor.http_server for shop in world.shops.values()),
    ]


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack", "sellsn": "text slack"})
async def test_whatever_is_answered_is_a_finding(stage: Stage) -> None:
    """Each call in turn gets each of these answers: there is a finding about it, and nothing else becomes of it."""
    await stage.bridge.stop()
    plain = await findings(stage)
    assert all(finding.ok for finding in plain), [finding for finding in plain if not finding.ok]
    # What the bot asked for as it stopped is answered by now, so only what `check` asks for is seen.
    for server in servers(stage):
        server.seen.clear()
    assert [finding.ok for finding in await findings(stage)] == [True] * len(plain)
    for server in servers(stage):
        for method, path in sorted({(exchange.method, exchange.path) for exchange in server.seen}):
            for body in SHAPES.values():
                fault = server.fail("refuse", method=method, path=f"^{path}$", status=200, body=body, times=100)
                found = await findings(stage)
                server.faults.remove(fault)
                assert not all(each.ok for each in found) or path.endswith(_NOT_READ), (path, body, found)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_login_without_an_owner_and_one_with_a_charset(stage: Stage) -> None:
    """discord.py fails on both; what an operator reads is a finding with its step."""
    await stage.bridge.stop()
    server = stage.world.discord.http_server
    for path, body in (
        ("/oauth2/applications/@me$", json.dumps({"id": "1", "name": "x", "description": "", "flags": 0})),
        ("/users/@me$", json.dumps({"id": "1", "username": "x"})),
    ):
        fault = server.fail(
            "refuse",
            method="GET",
            path=path,
            status=200,
            body=body,
            headers={"Content-Type": "application/json; charset=utf-8"},
            times=100,
        )
        found = [finding for finding in await findings(stage) if finding.subject.startswith("discord")]
        server.faults.remove(fault)
        assert [finding.ok for finding in found] == [False]
        assert found[0].remedy


@pytest.mark.scenario({"sellgate": "slack"})
async def test_scopes_that_are_unknown(stage: Stage) -> None:
    """Without the header nobody knows which scopes are granted, and `check` says just that."""
    await stage.bridge.stop()
    body = json.dumps({"ok": True, "team_id": "T1", "user_id": "U1", "user": "shopbell"})
    stage.world.slack.http_server.fail("refuse", path="auth.test", status=200, body=body)
    (scopes,) = [finding for finding in await findings(stage) if finding.subject == "slack scopes"]
    assert "does not say" in scopes.text
