"""What a platform says is gone is believed only when it says so twice."""

from __future__ import annotations

import pytest

from adapters.chats import disappearance
from adapters.chats.disappearance import APART, Disappearances, ask_each
from bot.errors import Gone, Unavailable
from tests.support.clocks import ManualClock


def test_it_is_believed_when_it_is_said_again_some_seconds_later() -> None:
    """Before that it says how long to wait."""
    clock = ManualClock()
    gone = Disappearances(clock)
    assert gone.missing("a thread", gone.now()) == APART
    clock.advance(APART - 1)
    assert gone.missing("a thread", gone.now()) == 1.0
    clock.advance(1)
    assert gone.missing("a thread", gone.now()) == 0.0


@pytest.mark.parametrize(
    ("asked_after", "took", "again_after"),
    [
        (APART, 0.0, 0.0),
        (APART, 60.0, 0.0),
        (APART - 0.5, 0.0, 0.5),
        (APART - 0.5, 60.0, 0.5),
        (0.0, APART, 1.0),
        (0.0, APART - 2, 2.0),
        (-10.0, 60.0, 1.0),
    ],
)
def test_an_answer_is_as_old_as_its_question(asked_after: float, took: float, again_after: float) -> None:
    """One that took long says what was true when it was asked for. Who came too early soon asks again."""
    clock = ManualClock()
    gone = Disappearances(clock)
    asked_at = gone.now() + asked_after
    gone.missing("a thread", gone.now())
    clock.advance(asked_after + took)
    assert gone.missing("a thread", asked_at) == again_after
    clock.advance(again_after)
    assert gone.missing("a thread", gone.now()) == 0.0


def test_what_is_believed_stays_so_for_a_question_of_before() -> None:
    """Two people ask when it is certain; the first answer does not make the second one unsure."""
    clock = ManualClock()
    gone = Disappearances(clock)
    gone.missing("a thread", gone.now())
    clock.advance(60)
    asked_at = gone.now()
    for _ in range(2):
        clock.advance(1)
        assert gone.missing("a thread", asked_at) == 0.0


@pytest.mark.parametrize("seconds", [901, 10_000])
def test_an_answer_of_long_ago_says_nothing(seconds: float) -> None:
    """A quarter of an hour later it is as if it had never been said."""
    clock = ManualClock()
    gone = Disappearances(clock)
    gone.missing("a thread", gone.now())
    clock.advance(seconds)
    assert gone.missing("a thread", gone.now()) == APART


def test_what_was_shown_between_is_there() -> None:
    """Also where it was never said to be gone."""
    clock = ManualClock()
    gone = Disappearances(clock)
    gone.there("a thread")
    gone.missing("a thread", gone.now())
    clock.advance(APART)
    gone.there("a thread")
    assert gone.missing("a thread", gone.now()) == APART


def test_not_everything_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said longest ago is forgotten first."""
    monkeypatch.setattr(disappearance, "_REMEMBERED", 2)
    clock = ManualClock()
    gone = Disappearances(clock)
    for one in ("a", "b", "c"):
        gone.missing(one, gone.now())
    clock.advance(APART)
    assert [gone.missing(one, gone.now()) for one in ("c", "b", "a")] == [0.0, 0.0, APART]


def test_what_is_believed_stays_so_while_it_is_said() -> None:
    """However long that is: many such things, asked for again and again, must not become unsure in turn."""
    clock = ManualClock()
    gone = Disappearances(clock)
    gone.missing("somebody", gone.now())
    for _ in range(30):
        clock.advance(60)
        assert gone.missing("somebody", gone.now()) == 0.0
    clock.advance(1_000)
    assert gone.missing("somebody", gone.now()) == APART


async def test_all_are_asked_before_an_unsure_one_is_raised() -> None:
    """So the next time all are sure; an outage is raised at once."""
    asked = []

    async def ask(one: str) -> str:
        asked.append(one)
        if one == "down":
            raise Unavailable("It cannot be reached.")
        if one == "gone":
            raise Unavailable("Asked once more.") from Gone("There is none.")
        return one

    with pytest.raises(Unavailable, match="once more"):
        await ask_each(ask(one) for one in ("a", "gone", "gone", "b"))
    assert asked == ["a", "gone", "gone", "b"]
    with pytest.raises(Unavailable, match="reached"):
        await ask_each(ask(one) for one in ("down", "c"))
    assert "c" not in asked
    assert await ask_each(ask(one) for one in ("a", "b")) == ["a", "b"]
