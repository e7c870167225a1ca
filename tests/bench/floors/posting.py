"""Floor: so many posts in one Slack channel, each as soon as Slack allows it, on a clock that is faster than ours."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp


async def main(given: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {given['token']}"}
    began, used = time.monotonic(), time.process_time()
    async with aiohttp.ClientSession() as session:
        for number in range(given["posts"]):
            body = {"channel": given["channel"], "text": f"{number}: three messages, one below the other"}
            while True:
                async with session.post(f"{given['slack']}chat.postMessage", headers=headers, json=body) as answer:
                    await answer.read()
                if answer.status != 429:
                    break
                await asyncio.sleep(float(answer.headers["Retry-After"]) / given["speed"])
    took, processor = time.monotonic() - began, time.process_time() - used
    print(json.dumps({"seconds": took * given["speed"], "processor": processor}), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
