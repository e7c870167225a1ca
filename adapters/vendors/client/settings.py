"""The base of every vendor's settings, and the types of their values."""

from __future__ import annotations

from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr


class VendorSettings(BaseModel):
    """
    A vendor's own part of a store's settings.

    Field names are the last part of `STORES__<NAME>__...` in lower case. Unknown names are refused. No error quotes a
    value, because a value may be a secret.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)


def _credential(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not text:
        raise ValueError("is missing")
    if not all(33 <= ord(character) <= 126 for character in text):
        raise ValueError("must be a key as the vendor shows it: no spaces, no line ends, plain characters only")
    return SecretStr(text)


def _base_url(value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        raise ValueError("must be an address that begins with https://") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must be an address that begins with https://")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("must be an address without a user, a question mark or a hash sign")
    return value.rstrip("/")


def _path_segment(value: str) -> str:
    if not value or not all(character.isascii() and (character.isalnum() or character in "-_") for character in value):
        raise ValueError("must have letters, digits, hyphens and underscores only")
    return value


def split_list(value: Any) -> Any:
    """The parts of a comma-separated text. For use before validation: anything else stays as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Credential = Annotated[SecretStr, AfterValidator(_credential)]
"""A key or secret that can be sent in a header."""
BaseUrl = Annotated[str, AfterValidator(_base_url)]
"""What stands before a vendor's documented paths, without a slash at its end."""
PathSegment = Annotated[str, AfterValidator(_path_segment)]
"""A part of an address: a language, a store's id, a subdomain."""
