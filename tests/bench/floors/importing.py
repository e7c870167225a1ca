"""Floor: import the libraries that shopbell stands on, and do nothing; prints how much memory that takes."""

from __future__ import annotations

import asyncio
import json
from importlib import import_module
from pathlib import Path

LIBRARIES = ("aiohttp", "aiosqlite", "discord", "httpx", "pydantic_settings", "slack_bolt.async_app", "structlog")


def main() -> None:
    for library in LIBRARIES:
        import_module(library)
    asyncio.run(asyncio.sleep(0))
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (megabytes,) = (int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))
    print(json.dumps({"memory": megabytes}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
