"""Discord's REST API, as far as a unit test needs it."""

from __future__ import annotations

from typing import Any

from adapters.chats.discord.failures import remote_errors


class Calls:
    """Stands in for Discord's REST API: notes what is asked and answers from a list."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answers = list(answers)

    async def call(self, method: str, path: str, *, json: Any = None, permission: str = "", **ids: str) -> Any:
        self.asked.append((method, path.format_map(ids), json))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            with remote_errors(wrote=True, permission=permission):
                raise answer
        return answer
