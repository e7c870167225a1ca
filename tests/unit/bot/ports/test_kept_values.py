"""What is kept to spare work is bounded over all who keep something, and what is in use stays."""

from __future__ import annotations

import random

from bot.ports.kept_values import IN_USE, KeptValues


def test_what_was_not_used_for_longest_makes_room() -> None:
    """Only as much of it as is needed, and only if nobody has used it for a quarter of an hour."""
    kept = KeptValues(10)
    for number, key in enumerate("abc"):
        assert kept.keep(key, key.upper(), 3, float(number))
    assert kept.use("a", 5.0) == "A"
    assert not kept.keep("d", "D", 3, IN_USE)
    assert kept.keep("d", "D", 3, IN_USE + 1)
    assert [kept.use(key, IN_USE + 2) for key in "abcd"] == ["A", None, "C", "D"]
    assert kept.size == 9


def test_a_little_more_than_fits_is_found_again_for_the_most_part() -> None:
    """Where all is used in turns: each new one does not drive out the one that is used next."""
    kept, found = KeptValues(100), 0
    for turn in range(20):
        for key in range(11):
            now = 30.0 * turn + key
            found += kept.use(key, now) is not None
            kept.keep(key, f"page {key}", 10, now)
            assert kept.size <= 100
    assert found == 19 * 10


def test_a_store_that_is_gone_keeps_no_room() -> None:
    """What nobody uses any more goes as soon as others need it."""
    kept = KeptValues(100)
    assert all(kept.keep(("gone", number), "", 10, 0.0) for number in range(10))
    assert not kept.keep(("new", 0), "", 10, IN_USE - 1)
    assert all(kept.keep(("new", number), "", 10, IN_USE) for number in range(10))
    assert kept.use(("gone", 9), IN_USE) is None


def test_the_amount_is_never_more_than_the_bound() -> None:
    """Whatever is kept, replaced, used and dropped; and it is what is kept."""
    chance = random.Random(7)
    kept, known, now = KeptValues(50), dict[int, int](), 0.0
    for _ in range(5_000):
        key, size, now = chance.randrange(30), chance.randrange(1, 60), now + chance.expovariate(1 / 60)
        act = chance.random()
        if act < 0.6:
            if kept.keep(key, size, size, now):
                known[key] = size
            else:
                assert kept.use(key, now) is None
        elif act < 0.8:
            kept.drop(key)
        value = kept.use(chance.randrange(30), now)
        known = {each: amount for each, amount in known.items() if each in kept._kept}
        assert value is None or value in known.values()
        assert kept.size == sum(known.values()) <= 50
    assert kept.size
