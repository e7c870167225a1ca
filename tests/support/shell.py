"""The program as a shell sees it: a process with an environment, a folder, two outputs and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

GOOD_SETTINGS = {
    "DISCORD_TOKEN": "MTIzNDU2Nzg5MDEyMzQ1Njc4.G-secret.discord-secret",
    "STORES__MAIN__VENDOR": "sellgate",
    "STORES__MAIN__CHANNELS": "discord:1",
    "STORES__MAIN__API_KEY": "sg_live_store-secret",
}
"""Settings without a fault. Nothing in the tests of the outside ever connects with them."""


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """These settings and nothing else that shopbell reads."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return {**kept, "PYTHONPATH": str(PROJECT), **settings}


def shopbell(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=environment(settings or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
