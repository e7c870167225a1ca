"""
Floor: connected to both chats without a library, pass on at once whatever a person writes in a thread.

A Slack event is written to a file's end with `fsync` before it is acknowledged, as nothing less survives a power cut.
Given `interactions`, it also answers every slash command and completion at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp

_INTENTS = 1 | 1 << 9 | 1 << 15
_COMPLETION = 4
_CHOICES, _MESSAGE = 8, 4


async def main(given: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session:
        connections = [discord(session, given)]
        if given.get("slack"):
            connections.append(slack(session, given))
        await asyncio.gather(*connections)


async def pass_on(session: aiohttp.ClientSession, shop: dict[str, Any], ticket: str, text: str) -> None:
    url = f"{shop['url']}/v1/tickets/{ticket}"
    async with session.post(url, headers=shop["headers"], json={"message": text}) as answer:
        await answer.read()


def places(given: dict[str, Any], chat: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Which store and ticket each thread of a chat belongs to."""
    shops = given.get("shops", ())
    return {threads[chat]: (shop, ticket) for shop in shops for ticket, threads in shop["threads"].items()}


async def discord(session: aiohttp.ClientSession, given: dict[str, Any]) -> None:
    tickets = places(given, "discord")
    async with session.ws_connect(f"{given['gateway']}?v=10&encoding=json") as socket:
        await socket.receive_json()
        identify = {"token": given["token"], "intents": _INTENTS, "properties": {"os": "linux"}}
        await socket.send_json({"op": 2, "d": identify})
        async for frame in socket:
            event = json.loads(frame.data)
            data = event.get("d")
            if event.get("t") == "GUILD_CREATE":
                print(json.dumps("discord"), flush=True)  # noqa: T201
            elif event.get("t") == "MESSAGE_CREATE" and not data["author"].get("bot"):
                if data["channel_id"] in tickets:
                    await pass_on(session, *tickets[data["channel_id"]], data["content"])
            elif event.get("t") == "INTERACTION_CREATE":
                completes = data["type"] == _COMPLETION
                content: dict[str, Any] = {"choices": []} if completes else {"content": "Here it is.", "flags": 64}
                url = f"{given['discord']}/interactions/{data['id']}/{data['token']}/callback"
                body = {"type": _CHOICES if completes else _MESSAGE, "data": content}
                async with session.post(url, json=body) as answer:
                    await answer.read()


async def slack(session: aiohttp.ClientSession, given: dict[str, Any]) -> None:
    tickets = places(given, "slack")
    headers = {"Authorization": f"Bearer {given['app_token']}"}
    async with session.post(f"{given['slack']}apps.connections.open", headers=headers) as answer:
        url = (await answer.json())["url"]
    kept = os.open(Path(given["folder"]) / "written", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    async with session.ws_connect(url) as socket:
        async for frame in socket:
            envelope = json.loads(frame.data)
            if envelope["type"] == "hello":
                print(json.dumps("slack"), flush=True)  # noqa: T201
            if "envelope_id" not in envelope:
                continue
            event = envelope["payload"].get("event", {})
            theirs = event.get("type") == "message" and not event.get("bot_id") and event.get("thread_ts") in tickets
            if theirs:
                os.write(kept, frame.data.encode() + b"\n")
                os.fsync(kept)
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            if theirs:
                await pass_on(session, *tickets[event["thread_ts"]], event["text"])


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
