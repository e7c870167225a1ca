"""The client that all vendors share: what it sends, and what it makes of what comes back."""

from __future__ import annotations

import asyncio
import gzip
import json
import traceback
import tracemalloc
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from adapters.vendors.client import http
from adapters.vendors.client.bodies import Unpacker
from adapters.vendors.client.http import TooLarge, VendorClient
from adapters.vendors.client.login import check_login
from adapters.vendors.client.rate_limits import Quota
from adapters.vendors.client.responses import LARGEST_BODY, UnusableBody
from adapters.vendors.client.service import Service
from bot.errors import AuthFailed, Gone, RateLimited, Rejected, RemoteError, Unavailable, Uncertain
from bot.ports import VendorTools
from tests.support.clocks import ManualClock
from tests.support.vendors.client import Server, client

KEY = "sk_live_do_not_show_this_key"


def answering(status: int = 200, body: Any = None, **headers: str) -> Server:
    """A server that always answers so."""
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: httpx.Response(status, content=content, headers=named)


def raising(error: Exception) -> Server:
    """A connection on which this happens."""

    def serve(_request: httpx.Request) -> httpx.Response:
        raise error

    return serve


async def outcome(server: Server, *, write: bool = False, clock: ManualClock | None = None, **how: Any) -> Any:
    """What one read or write comes to: its value, or its error."""
    async with client(server, clock, headers={"Authorization": f"Bearer {KEY}"}, secrets=(KEY,)) as made:
        try:
            if write:
                return await made.write("POST", "tickets", "1", body={"message": "dear customer"}, **how)
            return await made.read("tickets", "1")
        except RemoteError as error:
            return error


async def seen(call: Callable[[VendorClient], Any], **service: Any) -> list[httpx.Request]:
    """The requests that a call makes."""
    requests: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={}, headers={"Set-Cookie": "session=1"})

    async def run() -> None:
        async with client(serve, **service) as made:
            await call(made)

    await run()
    return requests


async def test_a_request_says_who_asks_and_keeps_no_cookie() -> None:
    """Every request has our User-Agent and wants JSON; a cookie that was set does not come back."""

    async def twice(made: VendorClient) -> None:
        await made.read("tickets")
        await made.read("tickets")

    first, second = await seen(twice)
    assert first.headers["User-Agent"].startswith("shopbell/")
    assert first.headers["Accept"] == "application/json"
    assert "cookie" not in second.headers


async def test_a_path_part_is_one_segment() -> None:
    """Slashes, question marks and dots in an id cannot leave its segment of the address."""

    async def odd(made: VendorClient) -> None:
        await made.read("tickets", "a/../b?c#d %2F")

    assert (await seen(odd))[0].url.raw_path == b"/api/tickets/a%2F..%2Fb%3Fc%23d%20%252F"


@pytest.mark.parametrize("name", [".", "..", "x" * 70_000])
async def test_an_impossible_name_is_refused_without_a_request(name: str) -> None:
    """What cannot be one segment of an address is not asked for; whether it exists, nobody has said."""

    async def ask(made: VendorClient) -> None:
        with pytest.raises(Rejected):
            await made.read("tickets", name)

    assert await seen(ask) == []


async def test_a_body_is_json_that_any_server_reads() -> None:
    """A body is ASCII JSON, so that no character can be mistaken on the way."""

    async def write(made: VendorClient) -> None:
        await made.write("POST", "tickets", body={"message": "Grüße 🔒\n"})

    (request,) = await seen(write)
    assert request.content == b'{"message": "Gr\\u00fc\\u00dfe \\ud83d\\udd12\\n"}'
    assert request.headers["Content-Type"] == "application/json"


async def test_a_redirect_is_not_followed() -> None:
    """A redirect is trouble to a read and uncertain to a write, and nothing goes where it points."""
    server = answering(302, {}, location="https://evil.example/")
    assert isinstance(await outcome(server), Unavailable)
    assert isinstance(await outcome(server, write=True), Uncertain)


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_name_the_step(status: int) -> None:
    """401 and 403 tell the agent what fixes it."""
    error = await outcome(answering(status, {"message": f"bad key {KEY}"}))
    assert isinstance(error, AuthFailed)
    assert error.user_message == f"Acme refuses this store's credentials ({status}). Get a new key."


@pytest.mark.parametrize("status", [404, 410])
async def test_missing_is_gone(status: int) -> None:
    """404 and 410 say that the ticket is not there, to reads and writes alike."""
    assert isinstance(await outcome(answering(status)), Gone)
    assert isinstance(await outcome(answering(status), write=True), Gone)


@pytest.mark.parametrize("status", [400, 405, 409, 413, 415, 422, 451])
async def test_refused_is_rejected(status: int) -> None:
    """Other 4xx were understood and refused."""
    assert isinstance(await outcome(answering(status), write=True), Rejected)


@pytest.mark.parametrize("status", [408, 425, 500, 501, 502, 503, 504, 599])
async def test_trouble_depends_on_what_left(status: int) -> None:
    """Trouble over there changed nothing when we read; when we wrote, nobody knows."""
    assert isinstance(await outcome(answering(status)), Unavailable)
    assert isinstance(await outcome(answering(status), write=True), Uncertain)


async def test_trouble_with_a_time_carries_it() -> None:
    """503 with `Retry-After` says when to come back."""
    assert (await outcome(answering(503, {}, retry_after="17"))).retry_after == 17


@pytest.mark.parametrize("status", [429, 503])
async def test_a_date_to_come_back_at_is_by_the_vendors_clock(status: int) -> None:
    """Ours says something else altogether."""
    headers = {"date": "Tue, 06 Jan 2026 08:00:00 GMT", "retry_after": "Tue, 06 Jan 2026 08:00:20 GMT"}
    assert (await outcome(answering(status, {}, **headers))).retry_after == 20


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy")]
)
async def test_what_never_left_is_certain(error: Exception) -> None:
    """A connection that never came about carried nothing."""
    assert isinstance(await outcome(raising(error), write=True), Unavailable)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("rubbish"),
    ],
)
async def test_what_left_and_broke_is_uncertain(error: Exception) -> None:
    """A connection that broke after something had left leaves a write in doubt, and a read undone."""
    assert isinstance(await outcome(raising(error), write=True), Uncertain)
    assert isinstance(await outcome(raising(error)), Unavailable)


async def test_an_answer_that_is_nothing_leaves_a_write_in_doubt() -> None:
    """It is JSON, and it says neither that something was done nor that it was not."""
    error = await outcome(answering(200, b"null"), write=True)
    assert isinstance(error, Uncertain)
    assert error.user_message == "Acme sent an answer that is empty."


class Stuck(httpx.AsyncByteStream):
    """The beginning of a list, after which nothing comes for too long."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'[{"id": 1}, {"id": 2}, {"id":'
        raise httpx.ReadTimeout("slow")


@pytest.mark.parametrize(("large", "raised"), [(10, TooLarge), (1024, Unavailable)])
async def test_a_list_that_is_too_large_to_come_in_time_is_asked_for_in_parts(
    monkeypatch: pytest.MonkeyPatch, large: int, raised: type[Exception]
) -> None:
    """What came of it is used; where little came, the vendor is slow, and the same is asked for again."""
    monkeypatch.setattr(http, "_LARGE_IF_SLOW", large)
    with pytest.raises(raised) as failed:
        async with client(lambda _request: httpx.Response(200, stream=Stuck())) as made:
            await made.read_page("tickets")
    assert type(failed.value) is raised
    if isinstance(failed.value, TooLarge):
        assert failed.value.beginning[:2] == [{"id": 1}, {"id": 2}]


async def test_a_malformed_key_is_never_quoted() -> None:
    """An error about a header would quote the key; it is not passed on."""
    error = await outcome(raising(httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'")))
    assert isinstance(error, Unavailable)
    assert KEY not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"<html></html>", b'{"a": ', b"{'a': 1}", b"\xff\xfe", b"[" * 60 + b"]" * 60]
)
async def test_an_unusable_body_depends_on_what_left(body: bytes) -> None:
    """A body that is no JSON within bounds is trouble to a read and leaves a write in doubt."""
    assert isinstance(await outcome(answering(200, body)), Unavailable)
    assert isinstance(await outcome(answering(200, body), write=True), Uncertain)


async def test_silence_after_a_write() -> None:
    """204 is an answer; 200 without a body is one only where the vendor is known to say so little."""
    assert await outcome(answering(204, b""), write=True) is None
    assert isinstance(await outcome(answering(200, b""), write=True), Uncertain)
    assert await outcome(answering(200, b""), write=True, empty_ok=True) is None
    assert isinstance(await outcome(answering(500, b""), write=True, empty_ok=True), Uncertain)


async def test_an_answer_is_bounded_on_the_wire() -> None:
    """Reading stops as soon as an answer is too large, however large it is."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1_000_000

    assert isinstance(await outcome(lambda _request: httpx.Response(200, content=endless())), Unavailable)
    assert sent <= LARGEST_BODY // 1_000_000 + 2


async def test_an_answer_is_bounded_when_unpacked() -> None:
    """A small packed body that unpacks into a huge one is refused."""
    bomb = gzip.compress(b" " * (LARGEST_BODY + 1))
    assert len(bomb) < 50_000

    async def packed() -> AsyncIterator[bytes]:
        yield bomb

    def serve(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=packed(), headers={"Content-Encoding": "gzip"})

    assert isinstance(await outcome(serve), Unavailable)


async def test_a_packed_answer_is_read() -> None:
    """gzip is asked for and understood; cut off, it is trouble."""
    whole = gzip.compress(b'{"a": 1}')

    def serving(body: bytes) -> Server:
        async def packed() -> AsyncIterator[bytes]:
            yield body

        return lambda _request: httpx.Response(200, content=packed(), headers={"Content-Encoding": "gzip"})

    assert await outcome(serving(whole)) == {"a": 1}
    assert isinstance(await outcome(serving(whole[:-12])), Unavailable)


def unpacked(*chunks: bytes) -> tuple[bytes, Unpacker]:
    """What comes out of packed bytes, and who took them."""
    unpacker = Unpacker("gzip")
    return b"".join(piece for chunk in chunks for piece in unpacker.pieces(chunk)), unpacker


@pytest.mark.parametrize("length", [1, 2, 7, 1000])
def test_a_body_that_is_packed_piece_by_piece_is_read_whole(length: int) -> None:
    """As some servers do, also if the pieces are cut anywhere; the last one must be whole."""
    body = gzip.compress(b'{"a": ') + gzip.compress(b"") + gzip.compress(b"1}")
    found, unpacker = unpacked(*(body[at : at + length] for at in range(0, len(body), length)))
    unpacker.end()
    assert found == b'{"a": 1}'
    with pytest.raises(UnusableBody):
        unpacked(body[:-9])[1].end()
    with pytest.raises(UnusableBody):
        unpacked(gzip.compress(b"{}") * 1001)


def test_what_stands_behind_a_packed_body_takes_no_room() -> None:
    """zlib keeps all of it, and copies it at each further piece."""
    chunks = [gzip.compress(b"{}"), *([bytes(65536)] * 100)]
    tracemalloc.start()
    try:
        found, unpacker = unpacked(*chunks)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    unpacker.end()
    assert found == b"{}"
    assert peak < 1024 * 1024


async def test_a_dripping_answer_ends() -> None:
    """An answer that never stops coming, byte by byte, is given up after the longest exchange."""

    async def drip() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.001)
            yield b" "

    tools = VendorTools(
        transport=lambda: httpx.MockTransport(lambda _request: httpx.Response(200, content=drip())), clock=ManualClock()
    )
    service = Service(label="Acme", base="https://acme.example", remedy="")
    made = VendorClient(service, tools, Quota(tools.clock, "Acme"), time_limit=0.05)
    with pytest.raises(Unavailable):
        await made.read("tickets")
    with pytest.raises(Uncertain):
        await made.write("POST", "tickets")
    await made.aclose()


async def test_429_is_rate_limited() -> None:
    """429 carries the time the vendor asks for."""
    error = await outcome(answering(429, {}, retry_after="12"))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 12


async def test_a_list_that_is_refused_is_an_address_gone_wrong() -> None:
    """A store's list cannot be missing: that says where to look, and is never `Gone`."""
    async with client(answering(404)) as made:
        with pytest.raises(Unavailable, match="BASE_URL"):
            await made.read_list("tickets")


async def test_an_error_within_200_is_an_error() -> None:
    """Where a vendor hides errors in 200, the value decides."""
    async with client(answering(200, {"error": 1}), error_status=lambda value: 404 if value else None) as made:
        with pytest.raises(Gone):
            await made.read("tickets", "1")
        with pytest.raises(Gone):
            await made.write("POST", "tickets", "1")


async def test_words_of_the_vendor_are_shown_but_for_quotations() -> None:
    """A refusal shows what the vendor says, unless it quotes what was written to the customer, or the key."""
    refused = await outcome(answering(422, {"message": "Too long"}), write=True, private="dear customer")
    assert refused.user_message == "Acme refused: Too long."
    for words in ("Cannot post dear customer today", f"Key {KEY} may not"):
        refused = await outcome(answering(422, {"message": words}), write=True, private="dear customer")
        assert refused.user_message == "Acme refused (422)."
        assert refused.fields == {}


async def test_the_doctor_reads_well() -> None:
    """A login that works is a good finding; one that fails names its remedy."""
    service = Service(label="Acme", base="https://acme.example/api", remedy="Get a new key.")
    async with client(answering(200)) as made:
        assert (await check_login(service, made.read("me"))).ok
    async with client(answering(401)) as made:
        finding = await check_login(service, made.read("me"))
        assert (finding.ok, finding.remedy) == (False, "Get a new key.")
    async with client(answering(500)) as made:
        finding = await check_login(service, made.read("me"))
        assert not finding.ok
        assert "https://acme.example/api" in finding.remedy


def test_nothing_of_a_service_shows_its_secrets() -> None:
    """The description of a service can be logged."""
    service = Service(
        label="Acme", base="https://acme.example", remedy="", headers={"Authorization": KEY}, secrets=(KEY,)
    )
    assert KEY not in repr(service)
