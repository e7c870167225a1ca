"""
Discord's own description of its API, held against what went over the wire.

A practice server is given `check_exchange` as an observer:
`server.http_server.observers.append(check_exchange)`. A test then asserts that `server.http_server.observer_errors`
is empty. Where the description is known to be wrong or checks nothing, this module says so beside the line that
knows better.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bot.sandbox.loopback_server import Exchange

PREFIX = "/api/v10"
_ROOT = "urn:discord"
_FILE = Path(__file__).parent / "discord-openapi.json"
_THREAD_FIELDS = {"archived", "locked", "applied_tags", "auto_archive_duration", "invitable"}
_CALLBACKS = {
    4: "CreateMessageInteractionCallbackRequest",
    5: "CreateMessageInteractionCallbackRequest",
    6: "UpdateMessageInteractionCallbackRequest",
    7: "UpdateMessageInteractionCallbackRequest",
    8: "ApplicationCommandAutocompleteCallbackRequest",
    9: "ModalInteractionCallbackRequest",
}
_FORMATS = FormatChecker(formats=())
_VARYING = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?|\d{17,20}")
"""Moments and ids: what else is equal need not be checked again."""
_KNOWN: dict[tuple[str, int], bool] = {}
"""Whether a part of a message is as its schema describes it."""


class Mismatch(AssertionError):
    """A request or an answer that is not as Discord describes it."""


def check_exchange(exchange: Exchange) -> None:
    """
    Hold a request and its answer against the operation that they name.

    What is not under `/api/v10` (the gateway, attachments) is left alone, and so is an answer that is no JSON: only a
    fault makes one.

    Raises:
        Mismatch: There is no such operation, or something about it is not as described.
    """
    check_request(exchange)
    check_answer(exchange)


def check_user_agent(exchange: Exchange) -> None:
    """
    Hold a request against the form of User-Agent that Discord asks of every bot: `DiscordBot ($url, $version)`.

    Raises:
        Mismatch: Another User-Agent, or none.
    """
    given = next((value for name, value in exchange.headers.items() if name.lower() == "user-agent"), "")
    if exchange.path.startswith(PREFIX) and not re.match(r"DiscordBot \(https://\S+,? \S+\)", given):
        raise Mismatch(f"{exchange.method} {exchange.path} came from {given!r}")


def check_request(exchange: Exchange) -> None:
    """The request's half of `check_exchange`."""
    if not exchange.path.startswith(PREFIX):
        return
    template, values = _operation_path(exchange)
    operation = _operation(exchange.method, template)
    _check_parameters(exchange, template, operation, values)
    _check_body(exchange, template, operation)


def check_answer(exchange: Exchange) -> None:
    """The answer's half of `check_exchange`."""
    if not exchange.path.startswith(PREFIX) or exchange.status == 0 or isinstance(exchange.answer, str):
        return
    template, _ = _operation_path(exchange)
    operation = _operation(exchange.method, template)
    said = f"{exchange.method} {exchange.path} answered {exchange.status}"
    if exchange.status == 429:
        _check(_schema("RatelimitedResponse"), exchange.answer, said)
    elif 400 <= exchange.status < 500:
        # `ErrorResponse` wants the codes of single fields to be numbers; Discord sends words: BASE_TYPE_MAX_LENGTH
        _check(_schema("Error"), exchange.answer, said)
    elif exchange.status < 400:
        described = operation["responses"].get(str(exchange.status))
        if described is None:
            raise Mismatch(f"{said}, which is not described")
        _check_content(described, exchange.answer, said, _pointer(template, exchange.method, "responses", exchange))


def _check_content(described: Mapping[str, Any], answer: Any, said: str, pointer: str) -> None:
    if "application/json" in described.get("content", {}):
        _check(f"{pointer}/content/application~1json/schema", answer, said)
    elif answer is not None:
        raise Mismatch(f"{said} with a body, where none is described")


def _pointer(template: str, method: str, *parts: Any) -> str:
    steps = ["paths", template, method.lower()]
    steps += [str(part.status) if isinstance(part, Exchange) else str(part) for part in parts]
    return "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)


# ---------------------------------------------------------------- requests


def _check_parameters(exchange: Exchange, template: str, operation: Any, values: Mapping[str, str]) -> None:
    described = [*_document()["paths"][template].get("parameters", []), *operation.get("parameters", [])]
    said = f"{exchange.method} {exchange.path}"
    queries = {parameter["name"] for parameter in described if parameter["in"] == "query"}
    # discord.py asks so for the message beside the thread's name; Discord takes it, and its description leaves it out
    unknown = set(exchange.query) - queries - {"use_nested_fields"}
    if unknown:
        raise Mismatch(f"{said} has a query that is not described: {sorted(unknown)}")
    for parameter in described:
        given = values if parameter["in"] == "path" else exchange.query
        if parameter["name"] in given:
            value = _typed(given[parameter["name"]], parameter["schema"])
            error = best_match(_inline(json.dumps(parameter["schema"])).iter_errors(value))
            if error is not None:
                raise Mismatch(f"{said}: {parameter['name']}: {error.message}")


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if schema.get("type") == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    return text


def _check_body(exchange: Exchange, template: str, operation: Any) -> None:
    said = f"{exchange.method} {exchange.path}"
    body = _payload(exchange)
    described = operation.get("requestBody")
    if described is None:
        if body is not None:
            raise Mismatch(f"{said} has a body, where none is described")
        return
    if body is None:
        if described.get("required"):
            raise Mismatch(f"{said} has no body")
        return
    name = _named(exchange, template, body)
    if name is None:
        _check(_pointer(template, exchange.method, "requestBody") + "/content/application~1json/schema", body, said)
        return
    _check(_schema(name), body, said)
    _check_known_fields(name, body, said)


def _payload(exchange: Exchange) -> Any:
    """The JSON of a request; in a multipart body it is the part called `payload_json`."""
    kind = next((value for key, value in exchange.headers.items() if key.lower() == "content-type"), "")
    if not kind.startswith("multipart/"):
        return exchange.body
    part = re.search(r'name="payload_json".*?\r\n\r\n(.*?)\r\n--', str(exchange.body), re.DOTALL)
    body = None if part is None else json.loads(part[1])
    # The documentation and discord.py number the files that go along: 0, 1 and so on; the description wants words.
    for described in (body or {}).get("attachments") or ():
        described["id"] = str(described["id"])
    return body


def _named(exchange: Exchange, template: str, body: Any) -> str | None:
    """The one schema that a body must fit; None: the operation has only one."""
    if not isinstance(body, dict):
        return None
    if (exchange.method, template) == ("POST", "/channels/{channel_id}/threads"):
        return "CreateForumThreadRequest" if "message" in body else "CreateTextThreadWithoutMessageRequest"
    if (exchange.method, template) == ("PATCH", "/channels/{channel_id}"):
        kind = exchange.answer.get("type") if isinstance(exchange.answer, dict) else None
        of_thread = kind == 11 if kind is not None else bool(_THREAD_FIELDS & set(body))
        return "UpdateThreadRequestPartial" if of_thread else "UpdateGuildChannelRequestPartial"
    if template.startswith("/interactions/"):
        return _CALLBACKS.get(body.get("type", 0))
    if (exchange.method, template) == ("POST", "/webhooks/{webhook_id}/{webhook_token}"):
        return "IncomingWebhookRequestPartial"
    schema = _operation(exchange.method, template)["requestBody"]["content"]["application/json"]["schema"]
    return str(schema["$ref"]).rsplit("/", 1)[-1] if "$ref" in schema else None


def _check_known_fields(name: str, body: Mapping[str, Any], said: str) -> None:
    """No schema forbids other fields, and Discord ignores them: a `nonce` in a forum post would protect nobody."""
    described = _document()["components"]["schemas"][name].get("properties", {})
    # discord.py puts `tts` into everything that is like a message, and says of a forum's post that it is a thread
    unknown = set(body) - set(described) - {"tts"} - ({"type"} if name == "CreateForumThreadRequest" else set())
    if unknown:
        raise Mismatch(f"{said} has fields that {name} does not know: {sorted(unknown)}")
    for field, value in body.items():
        reference = str(described.get(field, {}).get("$ref", ""))
        if isinstance(value, dict) and reference:
            _check_known_fields(reference.rsplit("/", 1)[-1], value, f"{said}: {field}")


# ---------------------------------------------------------------- the description itself


@cache
def _document() -> Any:
    document = json.loads(_FILE.read_text(encoding="utf-8"))
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return document


@cache
def _registry() -> Registry[Any]:
    described: Resource[Any] = Resource.from_contents(_document(), default_specification=DRAFT202012)
    empty: Registry[Any] = Registry()
    filled: Registry[Any] = empty.with_resource(_ROOT, described)
    return filled


def _schema(name: str) -> str:
    return f"/components/schemas/{name}"


def _known_reference(validator: Any, reference: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """As `$ref`, but what is equal to an earlier part is not checked again: the same people, channels and buttons."""
    part = (reference, hash(_VARYING.sub("0", json.dumps(value))))
    if part not in _KNOWN:
        errors = Draft202012Validator.VALIDATORS["$ref"](validator, reference, value, schema)
        _KNOWN[part] = next(iter(errors), None) is None
    if not _KNOWN[part]:
        yield ValidationError("is not as described")


_Quick: Any = extend(Draft202012Validator, {"$ref": _known_reference})  # type: ignore[no-untyped-call]
"""Knows sooner whether a value is as described, but not what is wrong with it."""


@cache
def _quick_validator(pointer: str) -> Any:
    return _Quick({"$ref": f"{_ROOT}#{pointer}"}, registry=_registry(), format_checker=_FORMATS)


def _validator(pointer: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{_ROOT}#{pointer}"}, registry=_registry(), format_checker=_FORMATS)


@cache
def _inline(schema: str) -> Draft202012Validator:
    rooted = schema.replace('"#/', f'"{_ROOT}#/')
    return Draft202012Validator(json.loads(rooted), registry=_registry(), format_checker=_FORMATS)


def _check(pointer: str, value: Any, said: str) -> None:
    # To hold a message against its description takes longer than everything else that is done with it.
    pointer = pointer.replace("{", "%7B").replace("}", "%7D")
    if _quick_validator(pointer).is_valid(value):
        return
    error = best_match(_validator(pointer).iter_errors(value))
    where = "" if error is None else "/".join(str(step) for step in error.absolute_path)
    raise Mismatch(f"{said}: {where}: {'' if error is None else error.message[:500]}")


def _operation(method: str, template: str) -> Any:
    operation = _document()["paths"][template].get(method.lower())
    if operation is None:
        raise Mismatch(f"{method} {template} is not described")
    return operation


def _operation_path(exchange: Exchange) -> tuple[str, dict[str, str]]:
    steps = tuple(exchange.path.removeprefix(PREFIX).split("/"))
    for template, described in _templates():
        if len(described) == len(steps) and all(
            own == step or own.startswith("{") for own, step in zip(described, steps, strict=True)
        ):
            if exchange.method.lower() not in _document()["paths"][template]:
                continue
            pairs = zip(described, steps, strict=True)
            return template, {own[1:-1]: step for own, step in pairs if own.startswith("{")}
    raise Mismatch(f"{exchange.method} {exchange.path} is not described")


@cache
def _templates() -> list[tuple[str, tuple[str, ...]]]:
    """Every path, those with fewer placeholders first: `@original` is no message id."""
    paths = [(path, tuple(path.split("/"))) for path in _document()["paths"]]
    return sorted(paths, key=lambda entry: entry[0].count("{"))


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"[a-z][a-z0-9+.-]*://?\S+$", value) is not None


@_FORMATS.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31
