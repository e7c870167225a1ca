"""The bot's process in the practice world: what it keeps for itself from one start to the next."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import socket
import sys
from pathlib import Path

import pytest

from bot.sandbox.bot_process import BotProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a port for a socket that waits")


async def test_its_port_is_kept_for_it_alone(tmp_path: Path) -> None:
    """No other program gets the port before the bot listens, nor between two starts; the bot itself does."""
    bot = BotProcess(tmp_path, {})
    port = int(bot.environment()["HTTP_PORT"])
    for _ in range(2):
        with socket.socket() as other, pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
            other.bind(("127.0.0.1", port))
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", port)
        server.close()
        await server.wait_closed()
    del bot
    gc.collect()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
