"""errbot with the smallest plugin; runs in a virtual environment of its own, and knows nothing of shopbell."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from pathlib import Path
from typing import Any
from unittest.mock import patch

from slack_sdk import WebClient
from slack_sdk.web.base_client import BaseClient


def main(given: dict[str, Any]) -> None:
    made = BaseClient.__init__

    def make(self: Any, *values: Any, **names: Any) -> None:
        made(self, *values, **names | {"base_url": given["slack"], "ssl": None})

    patch.object(BaseClient, "__init__", make).start()
    # The practice Slack does not have this method, of which errbot wants to know an address.
    patch.object(WebClient, "team_info", lambda _self, **_names: {"ok": True, "team": {"domain": "practice"}}).start()
    os.environ["TICKETS"] = json.dumps(given)
    folder = Path(given["folder"])
    (folder / "data").mkdir(exist_ok=True)
    config = {
        "BACKEND": "SlackV3",
        "BOT_EXTRA_BACKEND_DIR": str(Path(sysconfig.get_path("purelib")) / "slackv3"),
        "BOT_DATA_DIR": str(folder / "data"),
        "BOT_EXTRA_PLUGIN_DIR": str(Path(__file__).parent / "errbot_plugin"),
        "BOT_LOG_FILE": None,
        "BOT_LOG_LEVEL": 30,
        "BOT_ADMINS": ("@bob",),
        "BOT_IDENTITY": {"token": given["bot_token"], "app_token": given["app_token"]},
        "CHATROOM_PRESENCE": (),
        "CORE_PLUGINS": (),
        "STORAGE": "Memory",
    }
    (folder / "config.py").write_text("\n".join(f"{name} = {value!r}" for name, value in config.items()), "utf-8")
    from errbot.cli import main as run  # noqa: PLC0415

    sys.argv = ["errbot", "-c", str(folder / "config.py")]
    run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
