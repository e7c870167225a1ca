"""
A polling script with a cursor file: each second it asks the store and every thread what is new since the last time.

The file is written at the end of each pass, as in most scripts of this kind.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx


def main(given: dict[str, Any]) -> None:
    file = Path(given["folder"]) / "cursor.json"
    tickets: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    store = httpx.Client(base_url=given["store"], headers=given["store_headers"])
    chat = httpx.Client(base_url=given["discord"], headers={"Authorization": f"Bot {given['token']}"})
    while True:
        for row in store.get("/v1/tickets", params={"page": 1, "limit": 100}).json()["data"]:
            ticket = tickets.get(row["id"])
            if ticket is None:
                text = {"content": f"New ticket: {row['subject']}"}
                card = chat.post(f"/channels/{given['channel']}/messages", json=text).json()["id"]
                name = {"name": f"{row['id']} {row['subject']}"}
                thread = chat.post(f"/channels/{given['channel']}/messages/{card}/threads", json=name).json()["id"]
                ticket = tickets[row["id"]] = {"count": 0, "thread": thread, "last": thread}
            if ticket["count"] < row["message_count"]:
                messages = store.get(f"/v1/tickets/{row['id']}").json()["data"]["messages"]
                for message in messages[ticket["count"] :]:
                    if message["sender"] == "customer":
                        chat.post(f"/channels/{ticket['thread']}/messages", json={"content": message["message"]})
                ticket["count"] = len(messages)
            where = f"/channels/{ticket['thread']}/messages"
            for message in reversed(chat.get(where, params={"after": ticket["last"], "limit": 100}).json()):
                if not message["author"].get("bot"):
                    store.post(f"/v1/tickets/{row['id']}", json={"message": message["content"]})
                ticket["last"] = message["id"]
        file.write_text(json.dumps(tickets), "utf-8")
        time.sleep(given["seconds"])  # noqa: TID251 - this is how such scripts wait


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
