"""
What a vendor's HTTP response means: its body as a value, its refusal as an error.

Pure. No text made here quotes a key, and none quotes what an agent or a customer wrote.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from bot.errors import LONGEST_RETRY_AFTER, AuthFailed, Gone, Rejected, RemoteError, Unavailable, Uncertain
from bot.text import comparable, ended, json_without_lone_surrogates, one_line

LARGEST_BODY = 10 * 1024 * 1024
"""The largest body that is held in memory, in bytes, before and after decompression."""
DEEPEST_NESTING = 50
"""How deep objects and lists of a body may be nested."""

_LONGEST_NUMBER = 300
_LARGEST_REASON = 100_000
"""The largest body, in bytes, in which we look for what is wrong; no refusal needs more."""
_MOST_FIELDS = 20
_QUOTE_LENGTH = 12
"""A text that repeats so many characters in a row of what we sent quotes it."""


class UnusableBody(Exception):
    """A body cannot be used; the text says why and quotes nothing."""


class TooLargeBody(UnusableBody):
    """A body is larger than we read."""

    def __init__(self) -> None:
        super().__init__("too large")


class NestedTooDeep(UnusableBody):
    """A body's objects and lists are nested deeper than we read."""

    def __init__(self) -> None:
        super().__init__("nested too deep")


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def no_address(vendor: str) -> Rejected:
    """
    The error for a thing with an id that has no address at the vendor.

    Not `Gone`: the vendor has not said so, and what it lists under such an id may be a customer's ticket.
    """
    return Rejected(f"{vendor} cannot be asked for anything with this id. Look at its dashboard.")


def json_of(body: bytes) -> Any:
    """
    A body's JSON. Fractions stay text, so that an amount is shown as the vendor wrote it.

    Raises:
        UnusableBody: It is empty, not JSON, or nested too deep.
    """
    text = body.decode("utf-8-sig", "replace")
    if not text.strip():
        raise UnusableBody("empty")
    try:
        value = json.loads(
            json_without_lone_surrogates(text), parse_float=str, parse_int=_whole_number, parse_constant=_none
        )
    except RecursionError:
        raise NestedTooDeep from None
    except ValueError:
        raise UnusableBody("not JSON") from None
    if _deeper_than(value, DEEPEST_NESTING):
        raise NestedTooDeep
    return value


def _whole_number(digits: str) -> int | str:
    """A number so long that Python refuses to read it stays text; it must not spoil what it is in."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _none(_constant: str) -> None:
    """`NaN` and `Infinity` are not JSON, and nobody can use them as numbers."""


def _deeper_than(value: Any, depth: int) -> bool:
    level: list[Any] = [value]
    for _ in range(depth):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """
    How many seconds the vendor asks us to wait, from 1 to `LONGEST_RETRY_AFTER`; None: it does not say.

    `Retry-After` is a number of seconds or an HTTP date (RFC 9110, 10.2.3).

    Args:
        now: The time by the vendor's clock.
    """
    asked = headers.get("retry-after", "").strip()
    seconds = _number(asked)
    if seconds is None and asked:
        try:
            seconds = (parsedate_to_datetime(asked) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    if seconds is None:
        return None
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def error_of(
    response: Response, *, vendor: str, remedy: str, writing: bool, never_quoted: Sequence[str], now: datetime
) -> RemoteError | None:
    """
    The error that a response stands for; None: it is 2xx. The client handles 429 itself.

    Args:
        vendor: Its name as people read it.
        remedy: What to do about refused credentials, as a sentence.
        writing: Whether the request may have changed something at the vendor.
        never_quoted: Texts that no error may quote: keys, and what was written to a customer.
        now: The time by the vendor's clock.
    """
    status = response.status
    if 200 <= status < 300:
        return None
    if status in (401, 403):
        return AuthFailed(f"{vendor} refuses this store's credentials ({status}). {remedy}")
    if 400 <= status < 500 and status not in (408, 425):
        if status in (404, 410):
            return _missing(response, vendor)
        words, fields = error_details(response, never_quoted)
        reason = f": {words}" if words else f" ({status})"
        return Rejected(ended(f"{vendor} refused{reason}"), fields=fields)
    if writing:
        return Uncertain(f"{vendor} answered with {status} and did not say whether it was done.")
    problem = "redirects us, which shopbell does not follow" if 300 <= status < 400 else "has a problem of its own"
    return Unavailable(f"{vendor} {problem} ({status}).", retry_after=retry_after(response.headers, now))


def _missing(response: Response, vendor: str) -> RemoteError:
    """Every vendor explains its own refusals as JSON. A 404 without that is from something in between."""
    if _is_object(response.body):
        return Gone(f"{vendor} does not have this ticket any more.")
    return Unavailable(f"Something between here and {vendor} answered {response.status}.")


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json_of(body), dict)
    except UnusableBody:
        return False


def error_details(response: Response, never_quoted: Sequence[str]) -> tuple[str, dict[str, str]]:
    """
    What the vendor says is wrong: a sentence, and a text for each field.

    Knows the shapes of Laravel (`errors`), Django REST framework (`{"field": ["…"]}`, `detail`), SellSN
    (`message`, `invalidFields`), SellApp (`message`, `param`) and Lightspeed (`error.message`, `errors`).
    A text that quotes one of `never_quoted` is left out, and so is each address: threads and logs show this text.
    """
    if len(response.body) > _LARGEST_REASON:
        return "", {}
    try:
        value = json_of(response.body)
    except UnusableBody:
        return "", {}
    if not isinstance(value, dict):
        return "", {}
    inner = value.get("error")
    outer = {**value, **inner} if isinstance(inner, dict) else value
    private = _Quotes(never_quoted)
    fields = {
        _without_addresses(one_line(field, 60)): _without_addresses(one_line(words, 200))
        for field, words in islice(_fields(outer), _MOST_FIELDS)
        if not private.are_in(f"{field} {words}")
    }
    sentence = next((outer[key] for key in ("message", "detail", "error") if isinstance(outer.get(key), str)), "")
    if not sentence and fields:
        sentence = "; ".join(f"{field}: {words}" for field, words in fields.items())
    return ("" if private.are_in(sentence) else _without_addresses(one_line(sentence, 300))), fields


_AT = ("@", "＠", "﹫", "%40")
"""What stands in an address between its two parts, however it is written."""


def _without_addresses(line: str) -> str:
    return " ".join("…" if any(sign in word for sign in _AT) else word for word in line.split(" "))


def _fields(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    errors = value.get("errors")
    invalid = value.get("invalidFields")
    if isinstance(errors, dict):
        yield from _named(errors)
    elif isinstance(invalid, dict):
        yield from _named(invalid)
    elif isinstance(invalid, list):
        for item in invalid:
            if isinstance(item, str):
                yield item, "is not valid"
            elif isinstance(item, dict):
                name = next((item[key] for key in ("field", "name", "key") if isinstance(item.get(key), str)), "")
                yield name or "a field", next(_words(item.get("message", item.get("error"))), "is not valid")
    elif isinstance(value.get("param"), str):
        yield value["param"], next(_words(value.get("message")), "is not valid")
    elif not {"message", "detail", "error"} & value.keys():
        yield from _named(value)


def _named(errors: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field, words in errors.items():
        found = " ".join(_words(words))
        if found:
            yield field, found


def _words(value: Any) -> Iterator[str]:
    for word in value if isinstance(value, list) else [value]:
        if isinstance(word, str):
            yield word


class _Quotes:
    """
    Texts of which no piece may be repeated.

    Their pieces are looked up in a set, so that the time is that of reading each text once.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._pieces = {piece for text in texts for piece in _pieces(comparable(text))}
        self._lengths = {len(piece) for piece in self._pieces}

    def are_in(self, words: str) -> bool:
        """Whether the words repeat a piece of any of the texts."""
        compared = comparable(words)
        return any(
            compared[start : start + length] in self._pieces
            for length in self._lengths
            for start in range(len(compared) - length + 1)
        )


def _pieces(text: str) -> Iterator[str]:
    if text:
        for start in range(max(1, len(text) - _QUOTE_LENGTH + 1)):
            yield text[start : start + _QUOTE_LENGTH]
