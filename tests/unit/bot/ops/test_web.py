"""`/healthz`, `/readyz`, `/metrics` and `/hooks`."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import quote

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.db.connection import Database, Transaction
from bot.db.rows import to_ms
from bot.errors import SettingsError
from bot.model import ChatName, Nudge, StoreName, TicketId
from bot.ops.health import Health
from bot.ops.web import StoreWebhook, WebServer
from bot.ports import Chat, ChatHealth, Vendor
from bot.settings.model import _webhook_secret
from bot.tickets.from_vendors.sync import record
from tests.support.clocks import ManualClock
from tests.support.database import NOON, STORE, snapshot

MAIN = StoreName("main")
DISCORD = ChatName("discord")


@dataclass
class ChatThatIs:
    """A chat of which only the connection's state matters."""

    state: ChatHealth
    label: str = "Discord"
    time: datetime | None = None

    def health(self) -> ChatHealth:
        return self.state

    def now(self) -> datetime | None:
        return self.time


@dataclass
class Place:
    """The server under test and what is around it."""

    http: httpx.AsyncClient
    chat: ChatThatIs
    clock: ManualClock
    database: Database
    caught_up: list[bool]
    listed: list[int]
    nudged: list[TicketId | None] = field(default_factory=list)

    async def get(self, path: str) -> tuple[int, str]:
        answer = await self.http.get(path)
        return answer.status_code, answer.text


CONNECTED = ChatHealth(connected=True, last_event_at=NOON, last_sign_at=NOON + timedelta(minutes=5))


@asynccontextmanager
async def serving(path: Path, *, secret: str | None = None, vendor: object = None) -> AsyncIterator[Place]:
    """The server listens on a free port; the store `main` has hooks if there is a secret."""
    database = await Database.open(path)
    chat, clock = ChatThatIs(CONNECTED), ManualClock(NOON + timedelta(minutes=30))
    caught_up = [True]
    listed = [0]
    nudged: list[TicketId | None] = []
    health = Health(
        {DISCORD: cast("Chat", chat)},
        [MAIN],
        database,
        clock,
        lambda _chat: caught_up[0],
        lambda _store: listed[0],
        Counter(),
    )
    hooks = {} if secret is None else {MAIN: StoreWebhook(secret, cast("Vendor", vendor), nudged.append)}
    server = WebServer(health, hooks, "127.0.0.1", 0)
    await server.start()
    port = server.port
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            yield Place(http, chat, clock, database, caught_up, listed, nudged)
    finally:
        await server.stop()
        await database.aclose()
    assert clock.slept == [], "health never waits"


def asked_once(tx: Transaction) -> None:
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=MAIN)
    tx.run("set_store_swept", name=MAIN, now=1_700_000_000_000, full=1)


async def test_healthz_is_200_while_everything_works(tmp_path: Path) -> None:
    """A connected chat and no stuck delivery are health; a store in trouble is not the process's fault."""
    async with serving(tmp_path / "db") as place:
        await place.database.write(asked_once)
        await place.database.write(lambda tx: tx.run("set_store_incident", name=MAIN, incident="down", now=to_ms(NOON)))
        status, text = await place.get("/healthz")
        assert status == 200
        assert text.splitlines() == [
            "ok",
            "discord: last event 2026-11-20 12:00:00 UTC, last data 2026-11-20 12:05:00 UTC",
            "store main has had a problem since 2026-11-20 12:00:00 UTC: down",
        ]


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(minutes=30), ["This machine's clock is 30 min ahead of Discord's. "]),
        (timedelta(hours=-26), ["This machine's clock is 1 d 2 h behind Discord's. "]),
        (timedelta(seconds=-59), []),
    ],
)
async def test_healthz_names_a_clock_that_is_wrong(tmp_path: Path, ahead: timedelta, said: list[str]) -> None:
    """By more than a minute, as the chat's answers tell, with the step that fixes it; the process works anyway."""
    async with serving(tmp_path / "db") as place:
        place.chat.time = place.clock.time - ahead
        status, text = await place.get("/healthz")
        assert status == 200
        step = "Set this machine's clock, and keep it right with a time service (NTP)."
        assert [line for line in text.splitlines() if "clock" in line] == [line + step for line in said]


async def test_healthz_is_503_with_the_reason_when_a_chat_is_not_connected(tmp_path: Path) -> None:
    """The text names the chat, why, and when something last came from it."""
    async with serving(tmp_path / "db") as place:
        place.chat.state = ChatHealth(connected=False, last_event_at=NOON, problem="Discord refuses the token.")
        status, text = await place.get("/healthz")
        assert status == 503
        told = "discord is not connected: Discord refuses the token."
        assert text.splitlines()[0] == f"{told} (last event: 2026-11-20 12:00:00 UTC, last data: never)"
        place.chat.state = ChatHealth(connected=False, last_event_at=None)
        status, text = await place.get("/healthz")
        last = "(last event: never, last data: never)"
        assert (status, text.splitlines()[0]) == (503, f"discord is not connected: connecting {last}")
        place.chat.state = CONNECTED
        assert (await place.get("/healthz"))[0] == 200


async def test_healthz_says_what_a_connection_had_not_brought(tmp_path: Path) -> None:
    """Heartbeats are no events; where messages were found that had not come in, it says when, and is well."""
    async with serving(tmp_path / "db") as place:
        place.chat.state = replace(CONNECTED, last_event_at=None, compared_at=NOON)
        status, text = await place.get("/healthz")
        assert status == 200
        assert text.splitlines()[1:] == [
            "discord: last event never, last data 2026-11-20 12:05:00 UTC",
            "discord: threads last checked for missed messages 2026-11-20 12:00:00 UTC",
        ]
        place.chat.state = replace(CONNECTED, compared_at=NOON, overlooked_at=NOON)
        _, text = await place.get("/healthz")
        found = "discord: missed messages last found 2026-11-20 12:00:00 UTC"
        assert text.splitlines()[-1] == found


def begin_all(tx: Transaction, now: datetime) -> None:
    """An attempt at every delivery is begun."""
    for row in tx.all("unfinished_deliveries"):
        tx.run("begin_delivery", id=row["id"], now=to_ms(now))


async def test_healthz_is_503_when_an_attempt_never_ends(tmp_path: Path) -> None:
    """A delivery that was begun and neither succeeds nor fails for minutes means a stuck dispatcher."""
    async with serving(tmp_path / "db") as place:
        await place.database.write(asked_once)
        await place.database.write(record, STORE, snapshot("t1"), NOON)
        await place.database.write(begin_all, NOON)
        place.clock.time = NOON + timedelta(minutes=4)
        assert (await place.get("/healthz"))[0] == 200
        place.clock.time = NOON + timedelta(minutes=6)
        status, text = await place.get("/healthz")
        assert status == 503
        assert "deliveries to chat:discord have been stuck since 2026-11-20 12:00:00 UTC" in text


async def test_healthz_does_not_take_a_late_attempt_for_a_stuck_one(tmp_path: Path) -> None:
    """A delivery that waited out an outage for an hour and is being made now is not stuck."""
    async with serving(tmp_path / "db") as place:
        await place.database.write(asked_once)
        await place.database.write(record, STORE, snapshot("t1"), NOON)
        place.clock.time = NOON + timedelta(hours=1)
        await place.database.write(begin_all, place.clock.time)
        assert (await place.get("/healthz"))[0] == 200


async def test_readyz_waits_for_every_chat_and_every_store(tmp_path: Path) -> None:
    """Ready is: connected, caught up, and every store asked once; meanwhile it lists what is missing."""
    async with serving(tmp_path / "db") as place:
        place.chat.state = ChatHealth(connected=False, last_event_at=None)
        place.caught_up[0] = False
        status, text = await place.get("/readyz")
        assert status == 503
        assert text.splitlines() == [
            "discord is not connected yet",
            "discord is still catching up",
            "store main has not been asked yet",
        ]
        place.chat.state = CONNECTED
        place.caught_up[0] = True
        assert await place.get("/readyz") == (503, "store main has not been asked yet\n")
        place.listed[0] = 1_234
        assert await place.get("/readyz") == (503, "store main is read for the first time: 1234 tickets so far\n")
        await place.database.write(asked_once)
        assert await place.get("/readyz") == (200, "ok\n")


async def test_readyz_counts_a_store_that_was_asked_in_vain(tmp_path: Path) -> None:
    """A store that is down has been asked; it does not keep a new deployment from being used."""
    async with serving(tmp_path / "db") as place:
        await place.database.write(lambda tx: tx.run("add_store", name=MAIN))
        assert (await place.get("/readyz"))[0] == 503
        await place.database.write(lambda tx: tx.run("set_store_incident", name=MAIN, incident="down", now=to_ms(NOON)))
        assert (await place.get("/readyz"))[0] == 200


async def test_metrics_are_prometheus_text(tmp_path: Path) -> None:
    """The text parses and holds what waits, when each store was swept and whether it is well; no customer's word."""
    async with serving(tmp_path / "db") as place:
        await place.database.write(asked_once)
        await place.database.write(record, STORE, snapshot("t1"), NOON)
        answer = await place.http.get("/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        samples = {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
        assert samples["shopbell_deliveries", "chat:discord", "waiting"] == 1
        assert samples["shopbell_store_swept_timestamp_seconds", "main"] == 1_700_000_000
        assert samples["shopbell_store_well", "main"] == 1
        assert samples["shopbell_chat_connected", "discord"] == 1
        assert samples["shopbell_chat_last_event_timestamp_seconds", "discord"] == NOON.timestamp()
        assert "1234-5678" not in answer.text


# ---------------------------------------------------------------- nudges

SECRET = "a-long-random-word"


class SigningVendor:
    """A vendor that signs its webhooks with `signature: <secret>` and names the ticket and the event in the body."""

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        if headers.get("signature") != secret:
            return None
        ticket, _, event = body.decode().partition(" ")
        return Nudge(ticket=TicketId(ticket), event=event or None, is_about_tickets=ticket != "order")


async def test_a_hook_with_the_right_secret_nudges_its_store(tmp_path: Path) -> None:
    """202 and a sweep; the body is not looked at, whatever it is, and the store's name may be in any case."""
    async with serving(tmp_path / "db", secret=SECRET) as place:
        for body in (b"", b'{"ticket": 1}', b"\xff\xfe not json"):
            assert (await place.http.post(f"/hooks/main/{SECRET}", content=body)).status_code == 202
        assert (await place.http.post(f"/hooks/MAIN/{SECRET}")).status_code == 202
        assert place.nudged == [None] * 4


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/main/wrong",
        f"/hooks/main/{SECRET[:-1]}",
        f"/hooks/main/{SECRET}x",
        f"/hooks/main/{SECRET.upper()}",
        "/hooks/main/",
        "/hooks/main",
        f"/hooks/other/{SECRET}",
        "/hooks/other/",
        "/hooks/main/%F0%9F%94%92",
        "/hooks/main/%FF",
        f"/hooks/main/..%2F{SECRET}",
    ],
)
async def test_any_other_address_is_404_and_nudges_nobody(tmp_path: Path, path: str) -> None:
    """A wrong secret and a store that is not there look the same from outside."""
    async with serving(tmp_path / "db", secret=SECRET) as place:
        assert (await place.http.post(path)).status_code == 404
        assert place.nudged == []


@pytest.mark.parametrize(
    "secret",
    ["ab/cd+ef==ghijklmn", "100%secret-secret", "ab%2Fcd%20ef-ghijkl", '"quoted"<{|}>^`~', "a=b&c=d;e:f@g!h$i"],
)
@pytest.mark.parametrize("written", ["raw", "%", "all %"])
async def test_every_secret_that_the_settings_take_can_be_called(tmp_path: Path, secret: str, written: str) -> None:
    """However the vendor's program writes its signs into the address: as they are, or with `%`."""
    tail = {"raw": secret, "%": quote(secret), "all %": "".join(f"%{ord(sign):02x}" for sign in secret)}[written]
    assert _webhook_secret(SecretStr(secret)).get_secret_value() == secret
    async with serving(tmp_path / "db", secret=secret) as place:
        for path, status in (
            (f"/hooks/main/{tail}", 202),
            (f"/hooks/main/{tail}?x=1", 202),
            (f"/hooks/main/{tail}x", 404),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", place.http.base_url.port)
            writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            assert (await reader.readline()).split()[1] == str(status).encode()
            writer.close()
        assert place.nudged == [None, None]


async def test_without_a_secret_there_are_no_hooks(tmp_path: Path) -> None:
    """A store whose settings name no secret takes no nudge, whatever the address."""
    async with serving(tmp_path / "db") as place:
        for secret in ("", "x", "None"):
            assert (await place.http.post(f"/hooks/main/{secret}")).status_code == 404
        assert place.nudged == []


async def test_a_hook_is_not_read(tmp_path: Path) -> None:
    """Looking at the address in a browser does nothing."""
    async with serving(tmp_path / "db", secret=SECRET) as place:
        assert (await place.http.get(f"/hooks/main/{SECRET}")).status_code == 405
        assert place.nudged == []


async def test_where_the_vendor_signs_the_signature_is_verified(tmp_path: Path) -> None:
    """A forged webhook at the right address is refused; a genuine one nudges its ticket."""
    async with serving(tmp_path / "db", secret=SECRET, vendor=SigningVendor()) as place:
        address = f"/hooks/main/{SECRET}"
        assert (await place.http.post(address, content=b"t1")).status_code == 403
        assert (await place.http.post(address, content=b"t1", headers={"Signature": "forged"})).status_code == 403
        assert place.nudged == []
        assert (await place.http.post(address, content=b"t1", headers={"Signature": SECRET})).status_code == 202
        assert place.nudged == [TicketId("t1")]


async def test_an_event_about_something_else_is_accepted_and_nudges_nobody(tmp_path: Path) -> None:
    """A vendor that is refused often enough sends no more events, also none about tickets."""
    async with serving(tmp_path / "db", secret=SECRET, vendor=SigningVendor()) as place:
        answer = await place.http.post(f"/hooks/main/{SECRET}", content=b"order e1", headers={"Signature": SECRET})
        assert (answer.status_code, place.nudged) == (202, [])


async def test_an_event_that_is_sent_again_is_taken_once(tmp_path: Path) -> None:
    """Vendors repeat an event whose answer was lost; the repetition is acknowledged and nudges nobody."""
    async with serving(tmp_path / "db", secret=SECRET, vendor=SigningVendor()) as place:
        for content in (b"t1 e1", b"t1 e1", b"t1 e2", b"t2 e3", b"t1 e1"):
            answer = await place.http.post(f"/hooks/main/{SECRET}", content=content, headers={"Signature": SECRET})
            assert answer.status_code == 202
        assert place.nudged == [TicketId("t1"), TicketId("t1"), TicketId("t2")]


@asynccontextmanager
async def server_at(path: Path, host: str, port: int) -> AsyncIterator[WebServer]:
    database = await Database.open(path)
    health = Health({}, [], database, ManualClock(NOON), lambda _chat: True, lambda _store: 0, Counter())
    server = WebServer(health, {}, host, port)
    try:
        yield server
    finally:
        await server.stop()
        await database.aclose()


async def test_a_port_that_is_taken_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    """Starting on another program's port names `HTTP_PORT` and the port instead of serving nowhere."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with server_at(tmp_path / "db", "127.0.0.1", port) as server:
            with pytest.raises(SettingsError, match=f"HTTP_PORT: .* no other program .*{port}"):
                await server.start()


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid", "not a host", "2001:db8::1", "a" * 70, "two..dots"])
async def test_an_address_of_another_machine_is_a_fault_of_the_settings(tmp_path: Path, host: str) -> None:
    """Only an address of this machine can be listened on; the line names `HTTP_HOST` and what it is."""
    async with server_at(tmp_path / "db", host, 0) as server:
        with pytest.raises(SettingsError, match=f"HTTP_HOST: .* address of this machine.*{host}"):
            await server.start()


async def test_a_kind_of_address_that_this_machine_lacks_is_a_fault_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without IPv6, asyncio would listen nowhere and say nothing."""

    async def nowhere(*_: object, **__: object) -> asyncio.Server:
        return asyncio.Server(asyncio.get_running_loop(), [], asyncio.Protocol, None, 0, None)

    monkeypatch.setattr(asyncio.get_running_loop(), "create_server", nowhere)
    async with server_at(tmp_path / "db", "::1", 0) as server:
        with pytest.raises(SettingsError, match=r"HTTP_HOST: .* address of this machine"):
            await server.start()


async def test_a_port_that_the_user_may_not_use_is_a_fault_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ports below 1024 need rights; any other error of the system is not told as a fault of the settings."""

    async def refused(*_: object, **__: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_server", refused)
    async with server_at(tmp_path / "db", "127.0.0.1", 80) as server:
        number = errno.EACCES
        with pytest.raises(SettingsError, match=r"HTTP_PORT: .* this user may use.*80"):
            await server.start()
        number = errno.EMFILE
        with pytest.raises(OSError, match="refused"):
            await server.start()
