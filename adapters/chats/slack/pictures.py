"""
Pictures for one person alone.

No message that only one person sees can carry a file (github.com/slackapi/node-slack-sdk/issues/1790), so a picture
goes into the person's own messages with the app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from adapters.chats.slack import wording
from adapters.chats.slack.blocks import fitting
from adapters.chats.slack.failures import CAUGHT, error_for, error_for_answer, usable_answer
from adapters.chats.slack.markup import escape
from adapters.chats.slack.requests import Requests
from bot.errors import RemoteError
from bot.model import Answer, Picture

_log = structlog.get_logger(__name__)

_NAME = "figures.png"
_TITLE = "Figures"
_LONGEST_ALTERNATIVE = 1_000


class Pictures:
    """Uploads pictures."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def answer(self, user: str, answer: Answer, show: Callable[[Answer], Awaitable[None]]) -> None:
        """Show an answer at once, then draw and show its picture, if it has one; or say why there is none."""
        if answer.picture is None:
            await show(answer)
            return
        await show(replace(answer, text=f"{answer.text}\n{wording.PICTURE_FOLLOWS}"))
        picture = await answer.picture()
        if picture is None:
            await show(Answer(text=wording.PICTURE_NOT_DRAWN))
            return
        try:
            await self._send(user, picture)
        except RemoteError as error:
            _log.warning("slack picture not shown", reason=error.user_message)
            await show(Answer(text=wording.PICTURE_NOT_SHOWN.format(reason=error.user_message)))

    async def _send(self, user: str, picture: Picture) -> None:
        """Slack shows it a moment later: it looks at every file first."""
        opened = await self._requests.write("conversations.open", users=user)
        with usable_answer(writes=True):
            channel = str(opened["channel"]["id"])
        alternative = fitting(picture.alternative, _LONGEST_ALTERNATIVE)
        announced = await self._requests.read(
            "files.getUploadURLExternal", filename=_NAME, length=len(picture.content), alt_txt=alternative
        )
        with usable_answer(writes=False):
            address, file = str(announced["upload_url"]), str(announced["file_id"])
        await self._upload(address, picture.content)
        await self._requests.write(
            "files.completeUploadExternal",
            files=[{"id": file, "title": _TITLE}],
            channel_id=channel,
            initial_comment=escape(alternative),
        )

    async def _upload(self, address: str, content: bytes) -> None:
        """The address itself lets one in: no token goes there."""
        try:
            async with self._requests.session.post(
                address, data=content, headers={"Content-Type": "image/png"}, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise error_for_answer(response.status, {}, response.headers, method="upload", writes=True)
        except CAUGHT as error:
            raise error_for(error, method="upload", writes=True) from error
