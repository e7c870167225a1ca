"""A store's tickets in Slack threads, as the smallest plugin for errbot: it keeps its state in dictionaries."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.request import Request, urlopen

from errbot import BotPlugin


class Tickets(BotPlugin):  # type: ignore[misc]
    def activate(self) -> None:
        super().activate()
        self.given = json.loads(os.environ["TICKETS"])
        self.seen: dict[str, int] | None = None
        self.cards: dict[str, str] = {}
        self.start_poller(self.given["seconds"], self.look)

    def ask(self, path: str, body: dict[str, str] | None = None) -> Any:
        headers = self.given["store_headers"] | {"Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.given['store']}{path}", data, headers)) as answer:
            return json.load(answer)["data"]

    def look(self) -> None:
        client = self._bot.slack_web
        rows = self.ask("/v1/tickets?page=1&limit=100")
        if self.seen is None:
            self.seen = {row["id"]: row["message_count"] for row in rows}
            history = client.conversations_history(channel=self.given["slack_channel"], limit=200)
            for message in history["messages"]:
                self.cards.setdefault(message["text"].split()[0], message["ts"])
        for row in rows:
            known = self.seen.get(row["id"], 0)
            if known < row["message_count"]:
                self.seen[row["id"]] = row["message_count"]
                messages = self.ask(f"/v1/tickets/{row['id']}")["messages"]
                if row["id"] not in self.cards:
                    text = f"{row['id']} {row['subject']}"
                    card = client.chat_postMessage(channel=self.given["slack_channel"], text=text)
                    self.cards[row["id"]] = card["ts"]
                for message in messages[known:]:
                    if message["sender"] == "customer":
                        client.chat_postMessage(
                            channel=self.given["slack_channel"],
                            thread_ts=self.cards[row["id"]],
                            text=message["message"],
                        )

    def callback_message(self, message: Any) -> None:
        raw = message.extras.get("slack_event", {})
        for ticket, ts in self.cards.items():
            if raw.get("thread_ts") == ts and not raw.get("bot_id"):
                self.ask(f"/v1/tickets/{ticket}", {"message": message.body})
