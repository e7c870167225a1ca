"""What is remembered of a vendor, for how long, and what a lookup makes of a vendor that does not say."""

from __future__ import annotations

import pytest

from adapters.vendors.client.caching import ASK_AGAIN_AFTER, CONFIRM_AFTER, ExpiringCache, Lookup
from bot.errors import AuthFailed, Gone, RateLimited, Rejected, RemoteError, Unavailable
from tests.support.clocks import ManualClock


def test_a_memory_is_bounded_in_size_and_time() -> None:
    """The value written longest ago goes first, and every value goes in time."""
    clock = ManualClock()
    memory: ExpiringCache[int] = ExpiringCache(clock, size=2, seconds=10)
    assert memory.put("a", 1) == 1
    memory.put("b", 2)
    memory.put("a", 3)
    memory.put("c", 4)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (3, None, 4)
    memory.put("d", 5, seconds=1)
    clock.advance(1)
    assert (memory.get("c"), memory.get("d")) == (4, None)
    clock.advance(10)
    assert memory.get("c") is None


class Answers:
    """A vendor that answers one lookup after the other, or raises; counts how often it is asked."""

    def __init__(self, *answers: str | Exception) -> None:
        self._left = list(answers)
        self.asked = 0

    async def read(self) -> str:
        self.asked += 1
        answer = self._left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_lookup_asks_once_for_each_person() -> None:
    """What was said is remembered, for its time and no longer, and of each person by itself."""
    clock, vendor = ManualClock(), Answers("Jane", "Kim", "Jane Doe")
    people = Lookup(clock, "nobody", seconds=60)
    assert [await people.get(key, vendor.read) for key in ("1", "1", "2", "1")] == ["Jane", "Jane", "Kim", "Jane"]
    assert vendor.asked == 2
    clock.advance(60)
    assert await people.get("1", vendor.read) == "Jane Doe"
    assert vendor.asked == 3


@pytest.mark.parametrize("error", [Gone("No."), Rejected("No."), AuthFailed("No.")])
async def test_who_may_not_be_looked_up_is_unknown(error: RemoteError) -> None:
    """
    A refusal stops no ticket. It is believed when it comes twice, and then remembered like an answer.

    Afterwards it is asked once an hour, like a name, and believed at once.
    """
    clock, vendor = ManualClock(), Answers(error, error, error, "Jane")
    people = Lookup(clock, "nobody", seconds=3600)
    for pause in (CONFIRM_AFTER, 3600, 3600):
        before = vendor.asked
        assert await people.get("1", vendor.read) == "nobody"
        clock.advance(pause - 1)
        assert await people.get("1", vendor.read) == "nobody"
        assert vendor.asked == before + 1
        clock.advance(1)
    assert await people.get("1", vendor.read) == "Jane"


async def test_one_wrong_refusal_hides_a_name_for_half_a_minute() -> None:
    """Not for an hour; and it says nothing about a refusal after that."""
    error = Gone("No.")
    clock, vendor = ManualClock(), Answers(error, "Jane", error, "Jane Doe")
    people = Lookup(clock, "nobody", seconds=3600)
    for name, pause in (("nobody", CONFIRM_AFTER), ("Jane", 3600), ("nobody", CONFIRM_AFTER), ("Jane Doe", 0)):
        assert await people.get("1", vendor.read) == name
        clock.advance(pause)


async def test_who_cannot_be_looked_up_now_is_looked_up_again_in_minutes() -> None:
    """A failure says nothing about the person: it is asked again after five minutes, not after an hour."""
    clock, vendor = ManualClock(), Answers(Unavailable("503"), "Jane")
    people = Lookup(clock, "nobody", seconds=3600)
    assert await people.get("1", vendor.read) == "nobody"
    clock.advance(ASK_AGAIN_AFTER - 1)
    assert await people.get("1", vendor.read) == "nobody"
    assert vendor.asked == 1
    clock.advance(1)
    assert await people.get("1", vendor.read) == "Jane"


async def test_a_limit_is_no_answer_about_a_person() -> None:
    """Whoever asks has to wait, and nobody is taken for unknown."""
    vendor = Answers(RateLimited("Later.", retry_after=1.0), "Jane")
    people = Lookup(ManualClock(), "nobody")
    with pytest.raises(RateLimited):
        await people.get("1", vendor.read)
    assert await people.get("1", vendor.read) == "Jane"
