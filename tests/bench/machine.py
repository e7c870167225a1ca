"""On what something was measured: processors, memory, versions."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("discord.py", "slack-bolt", "aiohttp", "httpx", "aiosqlite", "pydantic")
_ROOT = Path(__file__).parents[2]


def machine() -> dict[str, str]:
    """What to know of a figure's machine, in words."""
    return {
        "commit": _commit(),
        "processor": f"{os.cpu_count()} × {_processor()}",
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        **{name: _version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text("utf-8").splitlines() if cpus.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    try:
        answer = subprocess.run(asked, cwd=_ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return answer.stdout.strip()
