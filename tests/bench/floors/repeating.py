"""
Floor: the same requests again.

Given a file of requests; prints how many seconds and how much processor time they took, and how many were refused.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp


async def main(given: dict[str, Any]) -> None:
    requests = json.loads(Path(given["file"]).read_text("utf-8"))
    turns = asyncio.Semaphore(given["at_once"])
    refused = 0

    async def send(session: aiohttp.ClientSession, request: list[Any]) -> None:
        nonlocal refused
        _, method, url, headers, body = request
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        async with turns, session.request(method, url, headers=headers, data=text) as answer:
            await answer.read()
            refused += answer.status >= 400

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False) as session:
        began, used, first = time.monotonic(), time.process_time(), requests[0][0] if requests else 0.0
        tasks = []
        for request in requests:
            if given["paced"]:
                await asyncio.sleep(max(0.0, began + request[0] - first - time.monotonic()))
            tasks.append(asyncio.create_task(send(session, request)))
        await asyncio.gather(*tasks)
        took, processor = time.monotonic() - began, time.process_time() - used
    print(json.dumps({"seconds": took, "processor": processor, "refused": refused}), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
