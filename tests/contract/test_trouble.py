"""What every vendor's adapter does when the other side is in trouble, or hostile."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from bot.errors import AuthFailed, RateLimited, RemoteError, Unavailable, Uncertain
from bot.model import Status
from tests.support.vendors.world import HOSTILE, PLAIN, Case, ids, world

every_vendor = pytest.mark.parametrize("case", PLAIN, ids=str)
hostile_case = pytest.mark.parametrize("case", HOSTILE, ids=str)

BODIES = {
    "a web page": "<!doctype html><html><body>Maintenance</body></html>",
    "nothing": "",
    "white space": " \n ",
    "half an object": '{"data": [{"id": "1", "sub',
    "null": "null",
    "a word": '"hello"',
    "an object of another kind": '{"hello": "world"}',
    "a list of numbers": "[1, 2, 3]",
    "too deep": "[" * 5_000 + "]" * 5_000,
    "deeper than anything needs": '{"data":' + "[" * 80 + "]" * 80 + "}",
    "eleven megabytes": '{"data": "' + "x" * (11 * 1024 * 1024) + '"}',
}


def told(error: BaseException) -> str:
    """Everything that a log could show of an error."""
    return "".join(traceback.format_exception(error)) + repr(error)


@every_vendor
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_an_answer_that_makes_no_sense_is_unavailable(case: Case, body: str) -> None:
    """200 with nonsense is trouble to wait out: nothing is lost, and the next sweep is as if nothing had been."""
    async with world(case) as here:
        (made,) = here.write(1)
        here.server.http_server.fail("garbage", method="GET", path="tickets", body=body, times=2)
        with pytest.raises(Unavailable):
            await here.sweep(full=True)
        with pytest.raises(Unavailable):
            await here.vendor.ticket(made)
        assert ids(await here.sweep(full=True)) == [made]


@every_vendor
@pytest.mark.parametrize("status", [301, 302, 307, 408, 500, 502, 503, 504, 520])
async def test_trouble_of_the_vendors_own_is_unavailable(case: Case, status: int) -> None:
    """A status that tells of trouble, or sends us elsewhere, is `Unavailable` to a read and `Uncertain` to a write."""
    async with world(case) as here:
        (made,) = here.write(1)
        here.server.http_server.fail("refuse", status=status, headers={"Location": "http://127.0.0.1:9/"}, times=3)
        with pytest.raises(Unavailable):
            await here.sweep()
        with pytest.raises(Uncertain):
            await here.vendor.reply(made, "Hello")
        with pytest.raises(Uncertain):
            await here.vendor.set_status(made, Status.CLOSED)


@every_vendor
async def test_a_lost_answer_is_uncertain_and_nothing_is_repeated(case: Case) -> None:
    """A reply whose answer is cut off has left once, and the adapter does not try again by itself."""
    private = "for the customer only"

    async with world(case) as here:
        (made,) = here.write(1)
        here.server.http_server.fail("lose")
        before = here.requests()
        with pytest.raises(Uncertain) as lost:
            await here.vendor.reply(made, private)
        assert here.requests() - before == 1
        assert [message.writer for message in here.store.ticket(made).messages] == ["customer", "staff"]
        assert private not in told(lost.value)


@every_vendor
async def test_an_answer_that_breaks_off_is_no_answer(case: Case) -> None:
    """Its head says that it went well and its body ends in the middle: a reply may have left, a read is repeated."""
    async with world(case) as here:
        (made,) = here.write(1)
        here.server.http_server.fail("cut", times=2)
        with pytest.raises(Uncertain, match="broke before its answer was there"):
            await here.vendor.reply(made, "Hello")
        with pytest.raises(Unavailable, match="broke before its answer was there"):
            await here.vendor.ticket(made)
        assert [message.writer for message in here.store.ticket(made).messages] == ["customer", "staff"]
        assert here.server.http_server.seen[-1].status == 200


@every_vendor
async def test_an_unusable_answer_to_a_reply_is_uncertain(case: Case) -> None:
    """A web page instead of an answer says nothing about whether the reply was taken."""
    async with world(case) as here:
        (made,) = here.write(1)
        here.server.http_server.fail("garbage", body=BODIES["a web page"])
        with pytest.raises(Uncertain):
            await here.vendor.reply(made, "Hello")


@every_vendor
async def test_a_dropped_connection(case: Case) -> None:
    """A connection cut while reading is `Unavailable`; while writing it is `Uncertain`."""
    async with world(case) as here:
        (made,) = here.write(1)
        here.server.http_server.fail("drop", times=2)
        with pytest.raises(Unavailable):
            await here.vendor.ticket(made)
        with pytest.raises(Uncertain):
            await here.vendor.reply(made, "Hello")


@every_vendor
async def test_a_server_that_is_not_there_is_certain(case: Case) -> None:
    """Where nobody listens, nothing can have happened: `Unavailable`, for a reply too."""
    async with world(case) as here:
        (made,) = here.write(1)
        await here.server.stop()
        with pytest.raises(Unavailable):
            await here.vendor.reply(made, "Hello")
        with pytest.raises(Unavailable):
            await here.sweep()


@every_vendor
async def test_a_wrong_key_is_reported_with_the_step_that_fixes_it(case: Case) -> None:
    """A refused key is `AuthFailed` everywhere; the doctor names the step; the key itself is nowhere in the texts."""
    wrong = "sg_live_0123456789abcdef0123456789abcdef"

    async with world(case, api_key=wrong) as here:
        (made,) = here.write(1)
        with pytest.raises(AuthFailed) as swept:
            await here.sweep()
        with pytest.raises(AuthFailed):
            await here.vendor.ticket(made)
        with pytest.raises(AuthFailed):
            await here.vendor.reply(made, "Hello")
        finding = await here.vendor.check()
        assert not finding.ok
        assert "STORES__MAIN__API_KEY" in finding.remedy
        assert "STORES__MAIN__API_KEY" in told(swept.value)
        assert wrong not in told(swept.value) + finding.text + finding.remedy + repr(here.vendor.__dict__)


@every_vendor
async def test_the_doctor_is_content(case: Case) -> None:
    """With the right key the doctor finds nothing, by one request; in trouble it says so and does not raise."""
    async with world(case) as here:
        finding = await here.vendor.check()
        assert finding.ok
        assert here.requests() == 1
        here.server.http_server.fail("refuse", status=500)
        finding = await here.vendor.check()
        assert not finding.ok
        assert finding.remedy


@every_vendor
async def test_a_429_is_obeyed(case: Case) -> None:
    """After 429 with `Retry-After: 40` nothing reaches the vendor for forty seconds."""
    async with world(case) as here:
        (made,) = here.write(1)
        here.server.http_server.fail("refuse", status=429, headers={"Retry-After": "40"})
        with pytest.raises(RateLimited) as limited:
            await here.sweep_once()
        assert limited.value.retry_after == 40
        began = here.clock.seconds
        await here.vendor.ticket(made)
        assert here.clock.seconds - began >= 40


@every_vendor
async def test_a_429_without_a_time_waits_longer_each_time(case: Case) -> None:
    """A vendor that does not say how long makes us wait longer every time."""
    async with world(case) as here:
        here.server.http_server.fail("refuse", status=429, times=3)
        waits = []
        for _ in range(3):
            with pytest.raises(RateLimited) as limited:
                await here.sweep_once()
            waits.append(limited.value.retry_after or 0.0)
            await here.clock.sleep(waits[-1])
        assert 0 < waits[0] < waits[1] < waits[2]


@every_vendor
async def test_unknown_fields_and_words_survive(case: Case) -> None:
    """What the vendor adds tomorrow is ignored today."""

    def more(value: Any) -> Any:
        if isinstance(value, list):
            return [more(part) for part in value]
        if isinstance(value, dict):
            return {key: more(part) for key, part in value.items()} | {"brand_new": {"deep": [1, None, "x"]}}
        return value

    async with world(case) as here:
        (made,) = here.write(1)
        plain = await here.sweep(full=True)
        here.server.http_server.fail("garbage", body=here.doctored(more))
        here.ledger.known.clear()
        assert await here.sweep(full=True) == plain
        assert ids(plain) == [made]


@hostile_case
async def test_a_hostile_server_gets_nothing(case: Case) -> None:
    """Whatever the server points to, no request ever goes to another host."""
    async with world(case) as here:
        made = here.write(here.subject.many)
        for request in (here.sweep(), here.sweep(full=True), here.vendor.ticket(made[0]), here.vendor.check()):
            try:
                await request
            except RemoteError:
                continue
        for write in (here.vendor.reply(made[0], "Hello"), here.vendor.set_status(made[0], Status.CLOSED)):
            try:
                await write
            except RemoteError:
                continue
        assert here.requests() > 0
        assert here.server.trap.seen == []
