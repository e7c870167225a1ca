"""opsdroid with the smallest skill; runs in a virtual environment of its own, and knows nothing of shopbell."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

from opsdroid.cli.start import start
from opsdroid.connector.slack import ConnectorSlack
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_base_client import AsyncBaseClient


def main(given: dict[str, Any]) -> None:
    made = AsyncBaseClient.__init__

    def make(self: Any, *values: Any, **names: Any) -> None:
        made(self, *values, **names | {"base_url": given["slack"], "ssl": None})

    patch.object(AsyncBaseClient, "__init__", make).start()
    call: Any = AsyncBaseClient.api_call

    async def asked(self: Any, method: str, **names: Any) -> Any:
        answer = await call(self, method, **names)
        if method == "users.info":
            # Slack has it in a bot's profile, and the practice Slack does not.
            answer.data["user"]["profile"].setdefault("bot_id", "B0")
        return answer

    patch.object(AsyncBaseClient, "api_call", asked).start()
    connect = ConnectorSlack.connect

    async def connected(self: Any) -> None:
        # opsdroid 0.31 makes it in an event loop that is closed by now, so it would never hear anything.
        self.socket_mode_client = SocketModeClient(self.app_token, web_client=self.slack_web_client)
        await connect(self)

    patch.object(ConnectorSlack, "connect", connected).start()
    os.environ["TICKETS"] = json.dumps(given)
    slack = {"bot-token": given["bot_token"], "app-token": given["app_token"]}
    skill = {"path": str(Path(__file__).parent / "opsdroid_skill")}
    config = {
        "welcome-message": False,
        "web": {"host": "127.0.0.1", "port": 0},
        "parsers": {"regex": {"enabled": True}},
        "connectors": {"slack": slack},
        "skills": {"tickets": skill},
        "logging": {"level": "warning", "console": True, "path": False},
    }
    file = Path(given["folder"]) / "configuration.yaml"
    file.write_text(json.dumps(config), "utf-8")  # JSON is YAML
    start(["-f", str(file)])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
