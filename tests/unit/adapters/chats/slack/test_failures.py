"""Slack's answers and the network's as the errors of the core."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.chats.slack.failures import error_for
from bot.errors import (
    LONGEST_RETRY_AFTER,
    AuthFailed,
    Forbidden,
    Gone,
    RateLimited,
    Rejected,
    RemoteError,
    Unavailable,
    Uncertain,
)
from tests.support.absurd import ABSURD_WAITS


def refused(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    response = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers=headers or {}, status_code=status
    )
    return SlackApiError("refused", response)  # type: ignore[no-untyped-call]


def met(error: Exception, *, method: str = "chat.postMessage", writes: bool = True) -> RemoteError:
    return error_for(error, method=method, writes=writes)


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        ("invalid_auth", AuthFailed, "SLACK_BOT_TOKEN"),
        ("token_revoked", AuthFailed, "SLACK_BOT_TOKEN"),
        ("account_inactive", AuthFailed, "SLACK_BOT_TOKEN"),
        ("channel_not_found", Forbidden, "channel"),
        ("thread_not_found", Gone, "thread"),
        ("message_not_found", Gone, "message"),
        ("not_in_channel", Forbidden, "/invite"),
        ("is_archived", Forbidden, "Unarchive"),
        ("cant_update_message", Rejected, "another account"),
        ("something_new", Rejected, "something_new"),
        ("service_unavailable", Unavailable, "moment"),
        ("accesslimited", Unavailable, "limits"),
        ("team_added_to_org", Unavailable, "organisation"),
        ("external_channel_migrating", Unavailable, "moved"),
        ("message_limit_exceeded", Unavailable, "more messages"),
        ("request_timeout", Uncertain, "broke"),
        ("org_login_required", AuthFailed, "organisation"),
        ("team_access_not_granted", AuthFailed, "granted"),
        ("two_factor_setup_required", AuthFailed, "two-factor"),
        ("is_archived", Forbidden, "archived"),
        ("restricted_action", Forbidden, "admin"),
        ("restricted_action_read_only_channel", Forbidden, "read-only"),
        ("restricted_action_thread_only_channel", Forbidden, "only replies"),
        ("restricted_action_non_threadable_channel", Forbidden, "no threads"),
        ("restricted_action_thread_locked", Forbidden, "unlock it"),
        ("thread_locked", Forbidden, "unlock it"),
        ("ekm_access_denied", Forbidden, "stopped all posting"),
        ("enterprise_is_restricted", Forbidden, "organisation"),
        ("as_user_not_supported", Forbidden, "manifest"),
        ("channel_type_not_supported", Forbidden, "another channel"),
        ("method_not_supported_for_channel_type", Forbidden, "another channel"),
        ("slack_connect_file_link_sharing_blocked", Rejected, "files"),
        ("slack_connect_canvas_sharing_blocked", Rejected, "canvases"),
        ("slack_connect_lists_sharing_blocked", Rejected, "lists"),
        ("fatal_error", Uncertain, "broke"),
        ("internal_error", Uncertain, "broke"),
    ],
)
def test_each_of_slacks_words_has_its_error(code: str, kind: type[RemoteError], says: str) -> None:
    """The kind says whether to try again, and the sentence names the step."""
    error = met(refused({"ok": False, "error": code}))
    assert type(error) is kind
    assert says in error.user_message


SECRET = "xoxb-1 of jane@example.com"


@pytest.mark.parametrize("status", [200, 400, 403, 502])
@pytest.mark.parametrize(
    "body",
    [
        {"error": f"refused {SECRET}"},
        {"error": [SECRET]},
        {"error": {SECRET: SECRET}},
        {"error": "missing_scope", "needed": f"<!channel> {SECRET}"},
    ],
)
@pytest.mark.parametrize("writes", [False, True])
def test_no_sentence_quotes_what_is_no_code_of_slacks(body: dict[str, Any], status: int, *, writes: bool) -> None:
    """A server in between may answer with anything, also with what we sent it."""
    error = met(refused({"ok": False, **body}, status), writes=writes)
    assert not [word for word in SECRET.split() if word in f"{error.user_message} {getattr(error, 'fields', '')}"]


def test_a_missing_scope_is_named() -> None:
    """With the step that fixes it; the app token's own scope is a matter of the token."""
    error = met(refused({"ok": False, "error": "missing_scope", "needed": "reactions:write"}))
    assert type(error) is Forbidden
    assert "reactions:write" in error.user_message
    assert "reinstall" in error.user_message
    app = met(refused({"ok": False, "error": "missing_scope"}), method="apps.connections.open", writes=False)
    assert type(app) is AuthFailed
    assert "connections:write" in app.user_message


def test_a_refused_app_token_names_its_variable() -> None:
    """The two tokens are fixed in different places."""
    error = met(refused({"ok": False, "error": "invalid_auth"}), method="apps.connections.open", writes=False)
    assert "SLACK_APP_TOKEN" in error.user_message


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({}, 30.0),
        ({"Retry-After": "soon"}, 30.0),
        *(({"Retry-After": absurd}, LONGEST_RETRY_AFTER) for absurd in ABSURD_WAITS),
    ],
)
def test_a_rate_limit_says_when(headers: dict[str, str], wait: float) -> None:
    """As Slack says it, or a careful half minute, but never until next year."""
    error = met(refused({"ok": False, "error": "ratelimited"}, 429, headers))
    assert type(error) is RateLimited
    assert error.retry_after == wait


@pytest.mark.parametrize(
    "error",
    [
        refused("bad gateway", 502),
        refused({}, 503),
        refused({}, 200),
        refused("timed out", 408),
        TimeoutError(),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError(),
        AttributeError("'list' object has no attribute 'get'"),
    ],
)
def test_what_is_unclear_is_uncertain_for_a_write_only(error: Exception) -> None:
    """A write may have happened; a read can be asked again."""
    assert type(met(error, writes=True)) is Uncertain
    assert type(met(error, writes=False)) is Unavailable


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientConnectorError(None, OSError(111, "refused")),  # type: ignore[arg-type]
        aiohttp.ConnectionTimeoutError(),
        refused("who are you", 403),
    ],
)
def test_what_never_reached_slack_is_certain(error: Exception) -> None:
    """Without a connection, or stopped by something in between, nothing was said."""
    assert type(met(error, writes=True)) is Unavailable


@pytest.mark.parametrize(
    ("code", "plainer", "passing"),
    [
        ("invalid_blocks", True, False),
        ("invalid_blocks_format", True, False),
        ("msg_blocks_too_long", True, False),
        ("msg_too_long", True, False),
        ("no_text", True, False),
        ("slack_connect_file_link_sharing_blocked", True, False),
        ("a_code_of_next_year", True, True),
        ("invalid_thread_ts", False, False),
        ("already_reacted", False, False),
    ],
)
def test_what_a_plainer_form_can_mend_is_known(code: str, plainer: bool, passing: bool) -> None:
    """And a code that nobody knows is final for nothing: a plainer form is tried, and after that the same again."""
    found = met(refused({"ok": False, "error": code}))
    assert isinstance(found, Rejected)
    assert (found.plainer_may_pass, found.passing, found.retryable) == (plainer, passing, passing)
