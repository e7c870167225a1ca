"""A store's tickets in Slack threads, as the smallest skill for opsdroid: it keeps its state in dictionaries."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import aiohttp
from opsdroid.events import Message, OpsdroidStarted
from opsdroid.matchers import match_event
from opsdroid.skill import Skill


class Tickets(Skill):  # type: ignore[misc]
    def __init__(self, opsdroid: Any, config: Any) -> None:
        super().__init__(opsdroid, config)
        self.given = json.loads(os.environ["TICKETS"])
        self.seen: dict[str, int] | None = None
        self.cards: dict[str, str] = {}

    @match_event(OpsdroidStarted)  # type: ignore[untyped-decorator]
    async def started(self, _event: Any) -> None:
        self.session = aiohttp.ClientSession(headers=self.given["store_headers"])
        self.polling = asyncio.create_task(self.poll())

    async def poll(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001
                print(error)  # noqa: T201
            await asyncio.sleep(self.given["seconds"])

    async def look(self) -> None:
        client = self.opsdroid.get_connector("slack").slack_web_client
        async with self.session.get(f"{self.given['store']}/v1/tickets?page=1&limit=100") as answer:
            rows = (await answer.json())["data"]
        if self.seen is None:
            self.seen = {row["id"]: row["message_count"] for row in rows}
            history = await client.conversations_history(channel=self.given["slack_channel"], limit=200)
            for message in history["messages"]:
                self.cards.setdefault(message["text"].split()[0], message["ts"])
        for row in rows:
            known = self.seen.get(row["id"], 0)
            if known < row["message_count"]:
                self.seen[row["id"]] = row["message_count"]
                async with self.session.get(f"{self.given['store']}/v1/tickets/{row['id']}") as answer:
                    messages = (await answer.json())["data"]["messages"]
                if row["id"] not in self.cards:
                    text = f"{row['id']} {row['subject']}"
                    card = await client.chat_postMessage(channel=self.given["slack_channel"], text=text)
                    self.cards[row["id"]] = card["ts"]
                for message in messages[known:]:
                    if message["sender"] == "customer":
                        await client.chat_postMessage(
                            channel=self.given["slack_channel"],
                            thread_ts=self.cards[row["id"]],
                            text=message["message"],
                        )

    @match_event(Message)  # type: ignore[untyped-decorator]
    async def said(self, event: Any) -> None:
        raw = event.raw_event
        for ticket, ts in self.cards.items():
            if raw.get("thread_ts") == ts and not raw.get("bot_id"):
                url = f"{self.given['store']}/v1/tickets/{ticket}"
                async with self.session.post(url, json={"message": event.text}) as answer:
                    await answer.read()
