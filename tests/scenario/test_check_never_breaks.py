"""`check` shows a finding for whatever a server answers, and never a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.model import Finding
from bot.ops.doctor import examine
from bot.sandbox.vendors.rate_limits import QuotaCounter
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


def servers(stage: Stage) -> dict[str, Any]:
    """The servers by the beginning of what `check` says of them."""
    world = stage.world
    vendors = {f"store {shop.name}": shop.vendor.http_server for shop in world.shops.values()}
    return {"discord": world.discord.http_server, "slack": world.slack.http_server, **vendors}


@pytest.mark.scenario(dict.fromkeys(("sellgate", "sellapp", "sellsn", "lightspeed", "nextcommerce"), "text slack"))
async def test_whatever_is_answered_is_a_finding(stage: Stage) -> None:
    """Each call in turn gets each of these answers: there is a finding about it, and nothing else becomes of it."""
    await stage.bridge.stop()
    for shop in stage.world.shops.values():
        shop.vendor.meter = QuotaCounter((), shop.store.now)  # a vendor that is asked too often would be a finding, too
    plain = await findings(stage)
    assert all(finding.ok for finding in plain), [finding for finding in plain if not finding.ok]
    # At these vendors a list may come without anything around it, so an empty one is a store without tickets.
    bare = {f"store {stage.world.shops[vendor].name}" for vendor in ("sellsn", "sellapp", "nextcommerce")}
    # What the bot asked for as it stopped is answered by now, so only what `check` asks for is seen.
    for server in servers(stage).values():
        server.seen.clear()
    assert [finding.ok for finding in await findings(stage)] == [True] * len(plain)
    for subject, server in servers(stage).items():
        for method, path in sorted({(exchange.method, exchange.path) for exchange in server.seen}):
            bare_list = "[]" if subject in bare else None
            for body in set(SHAPES.values()) - {bare_list}:
                fault = server.fail("refuse", method=method, path=f"^{path}$", status=200, body=body, times=100)
                found = await findings(stage)
                server.faults.remove(fault)
                about = [each for each in found if each.subject.startswith(subject)]
                assert about, found
                assert not all(each.ok for each in about) or path.endswith(_NOT_READ), (path, body, about)


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
