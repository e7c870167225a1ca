from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.loopback_server import Exchange
from tests.support.openapi.discord import Mismatch, check_exchange

USER = {
    "id": "1",
    "username": "shopbell",
    "avatar": None,
    "discriminator": "0",
    "public_flags": 0,
    "flags": 0,
    "global_name": None,
    "mfa_enabled": True,
    "locale": "en-US",
}


def exchange(method: str, path: str, **rest: Any) -> Exchange:
    blank: dict[str, Any] = {"query": {}, "headers": {}, "body": None, "status": 503, "answer": None}
    return Exchange(method=method, path=path, **(blank | rest))


@pytest.mark.parametrize(
    "right",
    [
        exchange("GET", "/gateway"),
        exchange("GET", "/api/v10/users/@me", status=200, answer=USER),
        exchange("GET", "/api/v10/users/@me", status=401, answer={"message": "401: Unauthorized", "code": 0}),
        exchange("GET", "/api/v10/users/@me", status=200, answer="<html>garbage</html>"),
        exchange("GET", "/api/v10/channels/1/messages", query={"after": "5", "limit": "100"}),
        exchange("POST", "/api/v10/channels/1/messages", body={"content": "x", "nonce": "n", "tts": False}),
        exchange("POST", "/api/v10/channels/1/threads", body={"name": "x", "message": {"content": "y"}}),
        exchange("POST", "/api/v10/webhooks/1/token", query={"wait": "1"}, body={"content": "x"}),
    ],
)
def test_what_is_as_described_passes(right: Exchange) -> None:
    """Right requests and answers, faults, and what is no API at all raise nothing."""
    check_exchange(right)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (exchange("GET", "/api/v10/nowhere"), "not described"),
        (exchange("PUT", "/api/v10/users/@me"), "not described"),
        (exchange("GET", "/api/v10/users/@me", status=200, answer=USER | {"id": 1}), "id"),
        (exchange("GET", "/api/v10/users/@me", status=200, answer={}), "required"),
        (exchange("GET", "/api/v10/users/@me", status=404, answer={"message": "x"}), "code"),
        (exchange("GET", "/api/v10/users/@me", status=429, answer={"message": "x", "code": 0}), "retry_after"),
        (exchange("GET", "/api/v10/users/@me", status=204), "not described"),
        (exchange("GET", "/api/v10/channels/x/messages"), "channel_id"),
        (exchange("GET", "/api/v10/channels/1/messages", query={"limit": "101"}), "limit"),
        (exchange("GET", "/api/v10/channels/1/messages", query={"since": "1"}), "since"),
        (exchange("POST", "/api/v10/channels/1/messages"), "no body"),
        (exchange("POST", "/api/v10/channels/1/messages", body={"content": 5}), "content"),
        (exchange("POST", "/api/v10/channels/1/messages", body={"contents": "x"}), "contents"),
        (exchange("POST", "/api/v10/channels/1/threads", body={"name": "x", "message": {"embeds": {}}}), "embeds"),
        (exchange("POST", "/api/v10/channels/1/threads", body={"name": "x", "message": {"nonce": "n"}}), "nonce"),
        (exchange("POST", "/api/v10/channels/1/threads", body={"name": "x", "applied_tags": []}), "applied_tags"),
        (exchange("PATCH", "/api/v10/channels/1", body={"archived": "yes"}), "archived"),
        (exchange("PATCH", "/api/v10/channels/1", body={"archived": True, "topic": "x"}), "topic"),
        (
            exchange(
                "POST", "/api/v10/interactions/1/t/callback", body={"type": 8, "data": {"choices": [{"name": "x"}]}}
            ),
            "data",
        ),
        (exchange("POST", "/api/v10/webhooks/1/token", body={"content": "x", "nonce": "n"}), "nonce"),
        (exchange("PUT", "/api/v10/channels/1/messages/1/reactions/✅/@me", body={"x": 1}), "body"),
    ],
)
def test_what_is_not_as_described_is_named(wrong: Exchange, word: str) -> None:
    """Each kind of deviation is found, and the message says where."""
    with pytest.raises(Mismatch, match=word):
        check_exchange(wrong)


def test_the_json_of_a_multipart_request_is_checked() -> None:
    """The part called `payload_json` is held against the schema like any other body."""
    head = '--b\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    right = exchange("POST", "/api/v10/channels/1/messages", headers=headers, body=head + '{"content": "x"}\r\n--b--')
    check_exchange(right)
    wrong = exchange("POST", "/api/v10/channels/1/messages", headers=headers, body=head + '{"content": 5}\r\n--b--')
    with pytest.raises(Mismatch, match="content"):
        check_exchange(wrong)
