"""One call as a practice vendor reads it, its answer, and its refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl


class VendorRefusal(Exception):
    """
    The call is refused; each vendor writes this in its own form.

    Args:
        fields: What is wrong with single fields, by name.
        form: Which form of error this is, if the vendor has several.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        form: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})
        self.form = form


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCall:
    """
    One call.

    Attributes:
        path: Without the query.
        queries: The names and values of the query in their order; a name may come twice.
        headers: By name in lower case.
    """

    method: str
    path: str
    queries: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    def query(self, name: str) -> str | None:
        """The last value with this name; None: there is none."""
        return dict(self.queries).get(name)

    def query_all(self, name: str) -> list[str]:
        return [value for key, value in self.queries if key == name]

    def number(self, name: str, default: int, *, least: int = 0, most: int | None = None, status: int = 400) -> int:
        """A whole number from the query. Raises `VendorRefusal` with `status` for anything else or out of bounds."""
        value = self.query(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            raise VendorRefusal(status, f"{name} must be a number", fields={name: "must be a number"}) from None
        if number < least or (most is not None and number > most):
            bounds = f"at least {least}" if most is None else f"between {least} and {most}"
            raise VendorRefusal(status, f"{name} must be {bounds}", fields={name: f"must be {bounds}"})
        return number

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def accepts(self, content_type: str) -> bool:
        """Whether the Accept header names this content type itself; `*/*` does not."""
        return content_type in self.headers.get("accept", "").lower()

    def json(self, *, unsupported: int = 415, malformed: int = 400) -> dict[str, Any]:
        """The body as a JSON object. Raises `VendorRefusal` with one of these statuses for anything else."""
        if self.content_type != "application/json":
            raise VendorRefusal(unsupported, "The body must be application/json.")
        try:
            value = json.loads(self.body)
        except ValueError:
            raise VendorRefusal(malformed, "The body is not valid JSON.") from None
        if not isinstance(value, dict):
            raise VendorRefusal(malformed, "The body must be a JSON object.")
        return value

    def form(self) -> dict[str, str]:
        """The fields of a body that is an HTML form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def files(self) -> list[tuple[str, str, bytes]]:
        """The files of a multipart body: field, file name, content."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        parts = message_from_bytes(head + self.body).walk()
        found = ((_disposition(part), part) for part in parts)
        return [
            (str(said.get_param("name", "", "content-disposition")), said.get_filename() or "", _content(part))
            for said, part in found
            if said.get_filename()
        ]


def _disposition(part: Any) -> Message:
    """A part's Content-Disposition, whose names are UTF-8 as browsers write them (RFC 7578, section 5.1)."""
    raw = next((value for name, value in part.raw_items() if name.lower() == "content-disposition"), "")
    said = Message()
    said["content-disposition"] = str(raw).encode("ascii", "surrogateescape").decode("utf-8", "replace")
    return said


def _content(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorResponse:
    """
    An answer.

    Attributes:
        body: A JSON value; None with `status` 204: no body.
        text: Sent as it is instead of `body`.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | bytes | None = None
    content_type: str = "application/json"
