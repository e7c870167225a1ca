from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from adapters.chats.discord.failures import code_of, remote_errors
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


def refusal(status: int, code: int = 0, message: str = "No.", retry_after: str | None = None) -> discord.HTTPException:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    response: Any = SimpleNamespace(status=status, reason="reason", headers=headers)
    return discord.HTTPException(response, {"code": code, "message": message})


def refused_connection() -> aiohttp.ClientConnectorError:
    connection: Any = SimpleNamespace(host="discord.example", port=443, ssl=True)
    return aiohttp.ClientConnectorError(connection, OSError("refused"))


def raised(error: Exception, *, wrote: bool = True, permission: str = "") -> RemoteError:
    with pytest.raises(RemoteError) as caught, remote_errors(wrote=wrote, permission=permission):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (refusal(401), AuthFailed, "token"),
        (refusal(404, 10003), Gone, "not there"),
        (refusal(404, 10087, "Unknown tag"), Rejected, "Unknown tag"),
        (refusal(404, 987654, "Unknown thing"), Rejected, "Unknown thing"),
        (refusal(403, 50001), Forbidden, "View Channel"),
        (refusal(403, 50013), Forbidden, "Embed Links"),
        (refusal(403, 160005), Forbidden, "locked"),
        (refusal(400, 160006), Forbidden, "open threads"),
        (refusal(400, 30046), RateLimited, "no more changes"),
        (refusal(400, 40067), Forbidden, "tag"),
        (refusal(400, 200000), Rejected, "AutoMod"),
        (refusal(400, 200001), Rejected, "AutoMod"),
        (refusal(400, 240000), Rejected, "harmful links"),
        (refusal(403, 60003), Forbidden, "two-factor"),
        (refusal(403, 40333), Unavailable, "trouble"),
        (refusal(403, 0), Unavailable, "403"),
        (refusal(429, 20028), RateLimited, "rate-limiting"),
        (refusal(403, 40002), Forbidden, "verified"),
        (refusal(503, 130000), Uncertain, "may or may not"),
        (refusal(429), RateLimited, "rate-limiting"),
        (refusal(500), Uncertain, "may or may not"),
        (refusal(400, 1, "Something odd"), Rejected, "Something odd"),
        (discord.LoginFailure("no"), AuthFailed, "DISCORD_TOKEN"),
        (discord.RateLimited(42.0), RateLimited, "rate-limiting"),
        (refused_connection(), Unavailable, "reached"),
        (aiohttp.ServerDisconnectedError(), Uncertain, "may or may not"),
        (TimeoutError(), Uncertain, "may or may not"),
        (ConnectionResetError(), Uncertain, "may or may not"),
    ],
)
def test_what_discord_refuses_is_reported_with_its_remedy(error: Exception, kind: type[RemoteError], told: str) -> None:
    """Each refusal becomes the core's error for it, and what an agent reads names what fixes it."""
    found = raised(error, permission="Embed Links")
    assert type(found) is kind
    assert told in found.user_message


@pytest.mark.parametrize("error", [refusal(502), aiohttp.ServerDisconnectedError(), TimeoutError()])
def test_a_read_that_got_no_answer_changed_nothing(error: Exception) -> None:
    """Only what writes can be uncertain."""
    assert type(raised(error, wrote=False)) is Unavailable


def test_the_time_to_wait_is_discords() -> None:
    """A wait that Discord names is kept; one that it does not name is long."""
    assert raised(refusal(429, retry_after="7.5")).retry_after == 7.5
    assert raised(refusal(429)).retry_after == 60.0
    assert raised(discord.RateLimited(42.0)).retry_after == 42.0
    assert raised(refusal(429, 30046)).retry_after == 600.0
    for absurd in ABSURD_WAITS:
        assert raised(refusal(429, retry_after=absurd)).retry_after == LONGEST_RETRY_AFTER


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 418])
def test_no_sentence_quotes_an_answer_that_is_not_discords(status: int) -> None:
    """A server in between may answer with anything, also with what we sent it."""
    response: Any = SimpleNamespace(status=status, reason="reason", headers={})
    page = discord.HTTPException(response, "<html>POST /webhooks/1/secret-token of jane@example.com</html>")
    for error in (page, refusal(status, 0, "POST /webhooks/1/secret-token of jane@example.com")):
        assert "secret-token" not in raised(error).user_message
        assert "jane" not in raised(error).user_message


def test_what_is_wrong_with_single_fields_is_kept() -> None:
    """A form error names its fields, and the code stays readable for those who handle it."""
    response: Any = SimpleNamespace(status=400, reason="Bad Request", headers={})
    faults = {"embeds": {"0": {"description": {"_errors": [{"code": "X", "message": "Must be shorter."}]}}}}
    body: Any = {"code": 50035, "message": "Invalid Form Body", "errors": faults}
    found = raised(discord.HTTPException(response, body))
    assert isinstance(found, Rejected)
    assert found.fields == {"embeds.0.description": "Must be shorter."}
    assert found.user_message == "Discord refused this: Invalid Form Body."
    assert code_of(found) == 50035


def test_a_defect_is_not_taken_for_a_refusal() -> None:
    """What no network explains escapes as it is."""
    with pytest.raises(KeyError), remote_errors(wrote=True):
        raise KeyError("defect")


@pytest.mark.parametrize(
    ("error", "plainer", "passing"),
    [
        (refusal(400, 50035, "Invalid Form Body"), True, False),
        (refusal(400, 50006), True, False),
        (refusal(413, 40005), True, False),
        (refusal(400, 240000), True, False),
        (refusal(400, 200000), True, False),
        (refusal(400, 987654), True, True),
        (refusal(403, 987654), True, True),
        (refusal(400, 0), True, True),
        (refusal(400, 50083), False, False),
        (refusal(400, 160004), False, False),
        (refusal(403, 90001), False, False),
    ],
)
def test_what_a_plainer_form_can_mend_is_known(error: Exception, plainer: bool, passing: bool) -> None:
    """And a code that nobody knows is final for nothing: a plainer form is tried, and after that the same again."""
    found = raised(error)
    assert isinstance(found, Rejected)
    assert (found.plainer_may_pass, found.passing, found.retryable) == (plainer, passing, passing)
