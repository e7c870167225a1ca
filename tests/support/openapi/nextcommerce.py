"""
Next Commerce's own description of its API, held against what went over the wire.

A practice server is given `check_exchange` as an observer:
`server.http_server.observers.append(check_exchange)`. A test then asserts that `server.http_server.observer_errors`
is empty. Where the description is known to be wrong or checks nothing, this module says so beside the line that
knows better.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bot.sandbox.loopback_server import Exchange

PREFIX = "/api/admin"
_ROOT = "urn:nextcommerce"
_FILE = Path(__file__).parent / "next-commerce-2024-04-01.json"
_VERSION = "x-29next-api-version"
_FORMATS = FormatChecker(formats=())
# An upload answers a ticket, says the description; there is no ticket yet that it could be.
_UNDESCRIBED_ANSWERS = {("POST", "/tickets/attachments/")}


class Mismatch(AssertionError):
    """A request, an answer or an event that is not as Next Commerce describes it."""


def check_exchange(exchange: Exchange) -> None:
    """
    Hold a request and its answer against the operation that they name.

    What is not under `/api/admin` is left alone, and so is an answer that is no JSON: only a fault makes one.

    Raises:
        Mismatch: There is no such operation, or something about it is not as described.
    """
    check_request(exchange)
    check_answer(exchange)


def check_request(exchange: Exchange) -> None:
    """The request's half of `check_exchange`."""
    if not exchange.path.startswith(PREFIX):
        return
    _template, operation = _operation(exchange)
    said = f"{exchange.method} {exchange.path}"
    _check_parameters(exchange, operation, said)
    described = operation.get("requestBody", {}).get("content")
    if described is None:
        if exchange.body is not None:
            raise Mismatch(f"{said} has a body, where none is described")
        return
    kind = _header(exchange, "content-type").partition(";")[0]
    if kind not in described:
        raise Mismatch(f"{said} has a body of a kind that is not described: {kind or 'none'}")
    if kind == "application/json":
        name = described[kind]["schema"]["$ref"].rsplit("/", 1)[-1]
        _check(_pointer("components", "schemas", name), exchange.body, said, request=True)
        _check_known_fields(name, exchange.body, said)


def check_answer(exchange: Exchange) -> None:
    """The answer's half of `check_exchange`. Errors are not described; they have to be JSON objects only."""
    if not exchange.path.startswith(PREFIX) or exchange.status == 0 or isinstance(exchange.answer, str):
        return
    template, operation = _operation(exchange)
    said = f"{exchange.method} {exchange.path} answered {exchange.status}"
    if exchange.status >= 400:
        if not isinstance(exchange.answer, dict):
            raise Mismatch(f"{said} without an object that says why")
        return
    if (exchange.method, template) in _UNDESCRIBED_ANSWERS:
        return
    status = str(exchange.status)
    if status not in operation["responses"]:
        raise Mismatch(f"{said}, which is not described")
    steps = ("paths", template, exchange.method.lower(), "responses", status, "content", "application/json", "schema")
    _check(_pointer(*steps), exchange.answer, said)


def check_event(event: Mapping[str, Any]) -> None:
    """Hold the body of a webhook against the event that it names. Raises `Mismatch`."""
    kind = str(event.get("event_type"))
    if kind not in _document(request=False)["webhooks"]:
        raise Mismatch(f"there is no event {kind}")
    steps = ("webhooks", kind, "post", "requestBody", "content", "application/json", "schema")
    _check(_pointer(*steps), event, kind)


# ---------------------------------------------------------------- parts of a request


def _check_parameters(exchange: Exchange, operation: Mapping[str, Any], said: str) -> None:
    described = {(parameter["in"], parameter["name"]): parameter for parameter in operation.get("parameters", [])}
    for name, text in exchange.query.items():
        parameter = described.get(("query", name))
        if parameter is None:
            raise Mismatch(f"{said} has a query that is not described: {name}")
        schema = parameter["schema"]
        schema = schema.get("items", schema)
        value = int(text) if schema["type"] == "integer" and text.isdecimal() else text
        error = best_match(Draft202012Validator(schema, format_checker=_FORMATS).iter_errors(value))
        if error is not None:
            raise Mismatch(f"{said}: {name}: {error.message}")
    versions = described["header", "X-29next-API-Version"]["schema"]["enum"]
    if _header(exchange, _VERSION) not in versions:
        raise Mismatch(f"{said} names no version that is described: {_header(exchange, _VERSION) or 'none'}")


def _check_known_fields(name: str, body: Any, said: str) -> None:
    """No schema forbids other fields, and the real one ignores them: a misspelt `is_public` would be no note."""
    if not isinstance(body, dict):
        return
    described = _document(request=True)["components"]["schemas"][name]["properties"]
    unknown = {field for field in body if field not in described or described[field].get("readOnly")}
    if unknown:
        raise Mismatch(f"{said} has fields that {name} does not take: {sorted(unknown)}")
    if isinstance(body.get("comment"), dict):
        _check_known_fields("CreateTicketComment", body["comment"], f"{said}: comment")


def _header(exchange: Exchange, name: str) -> str:
    return next((value for key, value in exchange.headers.items() if key.lower() == name), "")


def _operation(exchange: Exchange) -> tuple[str, Mapping[str, Any]]:
    paths = _document(request=False)["paths"]
    path = exchange.path.removeprefix(PREFIX)
    for template in sorted(paths, key=lambda each: each.count("{")):
        fits = re.fullmatch(re.sub(r"\{\w+\}", r"\\d+", template), path)
        if fits and exchange.method.lower() in paths[template]:
            return template, paths[template][exchange.method.lower()]
    raise Mismatch(f"{exchange.method} {exchange.path} is not described")


# ---------------------------------------------------------------- the description itself


@cache
def _document(*, request: bool) -> Any:
    document = _mended(json.loads(_FILE.read_text(encoding="utf-8")), request=request)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return document


def _mended(value: Any, *, request: bool) -> Any:
    """
    The description with what it means.

    `nullable` is a word of OpenAPI 3.0 that 3.1 does not know: the first page's `previous` is null. And what is
    read-only is required of answers only, though the schemas of requests require `id` and `created_at`.
    """
    if isinstance(value, list):
        return [_mended(part, request=request) for part in value]
    if not isinstance(value, dict):
        return value
    mended = {key: _mended(part, request=request) for key, part in value.items()}
    if mended.get("nullable") is True and isinstance(mended.get("type"), str):
        mended["type"] = [mended["type"], "null"]
    if request and isinstance(mended.get("required"), list):
        properties = mended.get("properties", {})
        mended["required"] = [name for name in mended["required"] if not properties.get(name, {}).get("readOnly")]
    return mended


def _pointer(*steps: str) -> str:
    return "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)


@cache
def _validator(pointer: str, *, request: bool) -> Draft202012Validator:
    described: Resource[Any] = Resource.from_contents(_document(request=request), default_specification=DRAFT202012)
    empty: Registry[Any] = Registry()
    reference = {"$ref": f"{_ROOT}#{pointer}"}
    return Draft202012Validator(reference, registry=empty.with_resource(_ROOT, described), format_checker=_FORMATS)


def _check(pointer: str, value: Any, said: str, *, request: bool = False) -> None:
    validator = _validator(pointer.replace("{", "%7B").replace("}", "%7D"), request=request)
    error = best_match(validator.iter_errors(value))
    if error is not None:
        where = "/".join(str(step) for step in error.absolute_path)
        raise Mismatch(f"{said}: {where}: {error.message[:500]}")


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("date", raises=ValueError)
def _is_day(value: object) -> bool:
    return not isinstance(value, str) or (len(value) == 10 and bool(datetime.fromisoformat(value)))


@_FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"https?://[^\s/]+(/\S*)?$", value) is not None


@_FORMATS.checks("email")
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"[^\s@]+@[^\s@]+$", value) is not None
