"""
Floor: ask each store's list again and again, read the tickets that have more messages than before, and post these in
both chats. It keeps nothing, and loses and doubles whatever happens while it is away.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp


async def main(given: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(forward(session, given, shop) for shop in given["shops"]))


async def forward(session: aiohttp.ClientSession, given: dict[str, Any], shop: dict[str, Any]) -> None:
    seen: dict[str, int] = {}
    ready = False
    while True:
        for row in await read(session, f"{shop['url']}/v1/tickets?page=1&limit=100&status=open", shop["headers"]):
            known = seen.setdefault(row["id"], row["message_count"])
            if known < row["message_count"]:
                seen[row["id"]] = row["message_count"]
                ticket = await read(session, f"{shop['url']}/v1/tickets/{row['id']}", shop["headers"])
                for message in ticket["messages"][known:]:
                    await say(session, given, shop, row["id"], message["message"])
        if not ready:
            ready = True
            print(json.dumps("ready"), flush=True)  # noqa: T201
        await asyncio.sleep(given["seconds"])


async def read(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> Any:
    async with session.get(url, headers=headers) as answer:
        return (await answer.json())["data"]


async def say(
    session: aiohttp.ClientSession, given: dict[str, Any], shop: dict[str, Any], ticket: str, text: str
) -> None:
    threads = shop["threads"][ticket]
    in_slack = {"channel": shop["slack"], "thread_ts": threads["slack"], "text": text}
    await asyncio.gather(
        post(session, f"{given['discord']}/channels/{threads['discord']}/messages", given["bot"], {"content": text}),
        post(session, f"{given['slack']}chat.postMessage", given["app"], in_slack),
    )


async def post(session: aiohttp.ClientSession, url: str, headers: dict[str, str], body: dict[str, Any]) -> None:
    async with session.post(url, headers=headers, json=body) as answer:
        await answer.read()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
