"""
A live relay without state: discord.py on one side, the store's API on the other, and a dictionary between them.

What was there when it starts counts as seen. A thread is found by its name, which begins with the ticket's id.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import discord
import httpx
from yarl import URL


class Relay(discord.Client):
    def __init__(self, given: dict[str, Any]) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents)
        self.given = given
        self.seen: dict[str, int] | None = None
        self.store = httpx.AsyncClient(base_url=given["store"], headers=given["store_headers"])

    async def setup_hook(self) -> None:
        self.polling = self.loop.create_task(self.poll())

    async def poll(self) -> None:
        await self.wait_until_ready()
        while True:
            try:
                await self.look()
            except (httpx.HTTPError, discord.HTTPException) as error:
                print(error, file=sys.stderr)  # noqa: T201
            await asyncio.sleep(self.given["seconds"])

    async def look(self) -> None:
        rows = (await self.store.get("/v1/tickets", params={"page": 1, "limit": 100})).json()["data"]
        if self.seen is None:
            self.seen = {row["id"]: row["message_count"] for row in rows}
        for row in rows:
            known = self.seen.get(row["id"], 0)
            if known < row["message_count"]:
                self.seen[row["id"]] = row["message_count"]
                ticket = (await self.store.get(f"/v1/tickets/{row['id']}")).json()["data"]
                thread = await self.thread(row)
                for message in ticket["messages"][known:]:
                    if message["sender"] == "customer":
                        await thread.send(message["message"])

    async def thread(self, row: dict[str, Any]) -> discord.Thread:
        channel = self.get_channel(int(self.given["channel"]))
        assert isinstance(channel, discord.TextChannel)
        for thread in channel.threads:
            if thread.name.startswith(row["id"]):
                return thread
        card = await channel.send(f"New ticket: {row['subject']}")
        return await card.create_thread(name=f"{row['id']} {row['subject']}")

    async def on_message(self, message: discord.Message) -> None:
        if isinstance(message.channel, discord.Thread) and not message.author.bot:
            ticket = message.channel.name.split()[0]
            await self.store.post(f"/v1/tickets/{ticket}", json={"message": message.content})


def main(given: dict[str, Any]) -> None:
    discord.http.Route.BASE = given["discord"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(given["gateway"])
    Relay(given).run(given["token"], log_handler=None)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
