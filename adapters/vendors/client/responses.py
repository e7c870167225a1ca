"""
What a vendor's answer means: its body as a value, its refusal as an error.

Pure. No text made here quotes a key, and none quotes what an agent or a customer wrote.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bot.errors import AuthFailed, Gone, Rejected, RemoteError, Unavailable, Uncertain
from bot.text import comparable, one_line

LARGEST = 10 * 1024 * 1024
"""The largest body that is read, in bytes, before and after unpacking."""
DEEPEST = 50
"""How deep objects and lists of an answer may be nested."""
LONGEST_WAIT = 900.0
"""The longest time a vendor can ask us to wait, in seconds: one answer shall not cost a store a day."""

_QUOTE = 12
"""So many characters in a row that we sent are a quotation of it."""


class Unusable(Exception):
    """A body is no usable value; the text says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def unpacked(body: bytes, encoding: str) -> bytes:
    """
    The body without its `Content-Encoding`.

    Raises:
        Unusable: It is larger than `LARGEST` when unpacked, cut off, or packed in a way nobody asked for.
    """
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise Unusable("packed in an unknown way")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        whole = unpacker.decompress(body, LARGEST + 1)
    except zlib.error:
        raise Unusable("damaged") from None
    if len(whole) > LARGEST:
        raise Unusable("too large")
    if not unpacker.eof:
        raise Unusable("cut off")
    return whole


def value_of(body: bytes) -> Any:
    """
    A body's JSON. Fractions stay the text they are, so that an amount is shown as the vendor wrote it.

    Raises:
        Unusable: It is empty, no JSON, or nested too deep.
    """
    text = body.decode("utf-8-sig", "replace")
    if not text.strip():
        raise Unusable("empty")
    try:
        value = json.loads(text, parse_float=str, parse_constant=_nothing)
    except RecursionError:
        raise Unusable("nested too deep") from None
    except ValueError:
        raise Unusable("not JSON") from None
    if _deeper_than(value, DEEPEST):
        raise Unusable("nested too deep")
    return value


def _nothing(_constant: str) -> None:
    """NaN and the infinities are no JSON and no number that anybody can use."""


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


def wait_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """
    How many seconds the vendor asks us to wait; None: it does not say.

    `Retry-After` is a number of seconds or an HTTP date (RFC 9110, 10.2.3).
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
    return min(max(seconds, 1.0), LONGEST_WAIT)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def refusal(
    answer: Answer, *, vendor: str, remedy: str, writing: bool, hidden: Sequence[str], now: datetime
) -> RemoteError | None:
    """
    What to raise about an answer that is not 2xx; None for one that is. 429 is the client's business.

    Args:
        vendor: As people read it.
        remedy: The step that mends refused credentials, as a sentence.
        writing: Whether something may have been changed there.
        hidden: Texts that must not be quoted: keys, and what was written to a customer.
    """
    status = answer.status
    if 200 <= status < 300:
        return None
    if status in (401, 403):
        return AuthFailed(f"{vendor} refuses this store's credentials ({status}). {remedy}")
    if 400 <= status < 500 and status not in (408, 425):
        if status in (404, 410):
            return Gone(f"{vendor} does not have this ticket any more.")
        words, fields = complaint(answer, hidden)
        reason = f": {words}" if words else f" ({status})."
        return Rejected(f"{vendor} refused{reason}", fields=fields)
    if writing:
        return Uncertain(f"{vendor} answered with {status} and did not say whether it was done.")
    trouble = "sends us elsewhere, where we do not go" if 300 <= status < 400 else "has trouble of its own"
    return Unavailable(f"{vendor} {trouble} ({status}).", retry_after=wait_asked(answer.headers, now))


def complaint(answer: Answer, hidden: Sequence[str]) -> tuple[str, dict[str, str]]:
    """
    What a vendor says is wrong: in a sentence, and about single fields.

    Knows the shapes of Laravel (`errors`), Django REST framework (`{"field": ["…"]}`, `detail`), SellSN
    (`message`, `invalidFields`), SellApp (`message`, `param`) and Lightspeed (`error.message`, `errors`).
    A sentence that quotes something hidden is left out.
    """
    try:
        value = value_of(answer.body)
    except Unusable:
        return "", {}
    if not isinstance(value, dict):
        return "", {}
    inner = value.get("error")
    outer = {**value, **inner} if isinstance(inner, dict) else value
    fields = {
        one_line(field, 60): one_line(words, 200)
        for field, words in _fields(outer)
        if not _quotes(f"{field} {words}", hidden)
    }
    sentence = next((outer[key] for key in ("message", "detail", "error") if isinstance(outer.get(key), str)), "")
    if not sentence and fields:
        sentence = "; ".join(f"{field}: {words}" for field, words in fields.items())
    return ("" if _quotes(sentence, hidden) else one_line(sentence, 300)), fields


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


def _quotes(words: str, hidden: Sequence[str]) -> bool:
    said = comparable(words)
    return any(piece in said for text in hidden for piece in _pieces(comparable(text)))


def _pieces(text: str) -> Iterator[str]:
    if text:
        for start in range(max(1, len(text) - _QUOTE + 1)):
            yield text[start : start + _QUOTE]
