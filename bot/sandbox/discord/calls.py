"""One REST call as the practice Discord reads it, and its answer."""

from __future__ import annotations

import json
import mimetypes
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors, Json
from bot.sandbox.discord.values import Upload


@dataclass(slots=True)
class DiscordCall:
    """
    One request, its token and rate limit checked.

    Attributes:
        body: The JSON body, in a multipart request its `payload_json`; None: there is none.
        files: The other parts of a multipart request.
    """

    request: web.Request
    body: Any = None
    files: tuple[Upload, ...] = ()

    def id(self, name: str) -> int:
        """An id from the path. Raises `DiscordRefusal` 50035 if it is not a number."""
        text = self.request.match_info[name]
        if not text.isdecimal():
            errors = FieldErrors()
            errors.add(f"{name}_id", "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
            errors.raise_any()
        return int(text)

    def text(self, name: str) -> str:
        return self.request.match_info[name]

    def fields(self) -> Json:
        """The body as an object. Raises `DiscordRefusal` 50035 for anything else."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise DiscordRefusal(
                50035, errors={"_errors": [{"code": "DICT_TYPE_CONVERT", "message": "Not an object."}]}
            )
        return self.body


@dataclass(frozen=True, slots=True)
class DiscordResponse:
    status: int
    body: Any = None


async def read_call(request: web.Request) -> DiscordCall:
    """The call that a request makes. Raises `DiscordRefusal` 50109 for a broken body."""
    raw = await request.read()
    if not raw:
        return DiscordCall(request)
    files: tuple[Upload, ...] = ()
    if request.content_type == "multipart/form-data":
        parts = _parts(raw, request.headers["Content-Type"])
        raw = next((data for name, _, data in parts if name == "payload_json"), b"{}")
        files = tuple(
            Upload(file_name, data, mimetypes.guess_type(file_name)[0] or "application/octet-stream")
            for _, file_name, data in parts
            if file_name is not None
        )
    try:
        return DiscordCall(request, json.loads(raw), files)
    except ValueError as broken:
        raise DiscordRefusal(50109) from broken


def _parts(raw: bytes, content_type: str) -> list[tuple[str, str | None, bytes]]:
    """Name, file name and bytes of each part; aiohttp's own reader cannot be used once the body was read."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if boundary is None:
        raise DiscordRefusal(50109)
    parts = []
    for piece in (b"\r\n" + raw).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        text = head.decode("utf-8", "replace")
        name = re.search(r'name="([^"]*)"', text)
        file_name = re.search(r'filename="([^"]*)"', text)
        parts.append((name[1] if name else "", file_name[1] if file_name else None, data))
    return parts
