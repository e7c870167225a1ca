"""A process that dies at every point between "seen" and "recorded", one point after the other, none by chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.crash.failpoints import LATE, PLAIN, Outcome, Vendor, play

pytestmark = pytest.mark.takes(10)

_BATCHES = 8
# Where reads are late and replies have no names, more is open at every death: there, fewer points are left out.
_EVERY = {PLAIN: 16, LATE: 10}
_VENDORS = pytest.mark.parametrize("vendor", [PLAIN, LATE], ids=["plain", "late"])


@cache
def undisturbed(vendor: Vendor) -> Outcome:
    """The story without a death."""
    with TemporaryDirectory() as folder:
        return play(Path(folder) / "db", vendor)


def failures(folder: Path, vendor: Vendor, points: Iterable[int], again: int | None = None) -> dict[int, Outcome]:
    """The points at which a death leaves something that must not be."""
    outcomes = {point: play(folder / f"{point}", vendor, point, again=again) for point in points}
    return {point: outcome for point, outcome in outcomes.items() if outcome.faults or outcome.processes < 2}


def some(points: Mapping[int, str], every: int) -> list[int]:
    """The first point and the last of each kind, and of all of them every so manyth."""
    first = {kind: point for point, kind in reversed(list(points.items()))}
    last = {kind: point for point, kind in points.items()}
    return sorted({*first.values(), *last.values(), *list(points)[::every]})


@_VENDORS
def test_the_story_goes_well_when_nobody_dies(vendor: Vendor) -> None:
    """Without a death the story ends as it must, in one process; and there are hundreds of points to die at."""
    outcome = undisturbed(vendor)
    assert outcome.faults == ()
    assert outcome.processes == 1
    assert len(outcome.telling) > 200


@_VENDORS
def test_the_story_is_the_same_every_time(tmp_path: Path, vendor: Vendor) -> None:
    """Points keep their numbers: the story played again passes the same ones."""
    assert play(tmp_path / "db", vendor) == undisturbed(vendor)


@_VENDORS
@pytest.mark.parametrize("batch", range(_BATCHES))
def test_a_death_at_any_point_loses_and_doubles_nothing(tmp_path: Path, vendor: Vendor, batch: int) -> None:
    """Wherever a process dies, the next one ends the story: everything once, in order, each mark and card right."""
    points = some(undisturbed(vendor).telling, _EVERY[vendor])
    assert failures(tmp_path, vendor, points[batch::_BATCHES]) == {}


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_two_deaths_shortly_after_one_another_are_no_worse(tmp_path: Path, batch: int) -> None:
    """A process that dies over what the one before it left uncertain leaves no more behind than that one."""
    points = list(undisturbed(LATE).telling)[batch :: _BATCHES * 16]
    distances = (3, 17, 40)
    for number, point in enumerate(points, batch):
        assert failures(tmp_path, LATE, [point], distances[number % len(distances)]) == {}


def refused_failures(folder: Path, points: Iterable[int], *, searchable: bool = True) -> dict[int, tuple[str, ...]]:
    """As `failures`, for the story of words that both chats take only in a plainer form."""
    outcomes = {point: play(folder / f"{point}", PLAIN, point, refused=True, searchable=searchable) for point in points}
    return {point: outcome.faults for point, outcome in outcomes.items() if outcome.faults or outcome.processes < 2}


@pytest.mark.parametrize("batch", range(2))
def test_a_death_between_two_forms_loses_and_doubles_nothing(tmp_path: Path, batch: int) -> None:
    """A chat refuses a word; whether a process dies before, between or after the plainer forms: all is there, once."""
    story = play(tmp_path / "all", PLAIN, refused=True)
    assert story.faults == ()
    assert refused_failures(tmp_path, some(story.telling, 10)[batch::2]) == {}


def test_what_is_doubled_in_another_form_would_be_noticed(tmp_path: Path) -> None:
    """With chats that cannot say what they were told, some deaths show a text in two forms."""
    posted = [point for point, kind in play(tmp_path / "all", PLAIN, refused=True).telling.items() if "post" in kind]
    assert "times" in str(refused_failures(tmp_path, posted[:2], searchable=False))


def backlog_failures(folder: Path, points: Iterable[int], *, searchable: bool = True) -> dict[int, tuple[str, ...]]:
    """As `failures`, for the story of messages that wait and leave together."""
    outcomes = {point: play(folder / f"{point}", PLAIN, point, backlog=True, searchable=searchable) for point in points}
    return {point: outcome.faults for point, outcome in outcomes.items() if outcome.faults or outcome.processes < 2}


@pytest.mark.parametrize("batch", range(2))
def test_a_death_around_messages_that_leave_together_loses_and_doubles_nothing(tmp_path: Path, batch: int) -> None:
    """They wait, the answer to their post is lost, and a process dies: all of them are there, once and in order."""
    story = play(tmp_path / "all", PLAIN, backlog=True)
    assert story.faults == ()
    assert backlog_failures(tmp_path, some(story.telling, 8)[batch::2]) == {}


def test_what_is_doubled_together_would_be_noticed(tmp_path: Path) -> None:
    """With chats that cannot say what they were told, some deaths show the same messages in two posts."""
    posted = [point for point, kind in play(tmp_path / "all", PLAIN, backlog=True).telling.items() if "post" in kind]
    assert "times" in str(backlog_failures(tmp_path, posted, searchable=False))


@pytest.mark.soak
def test_a_death_at_every_point_of_messages_that_leave_together(tmp_path: Path) -> None:
    """As above, at each of them."""
    assert backlog_failures(tmp_path, play(tmp_path / "all", PLAIN, backlog=True).telling) == {}


def test_what_is_doubled_would_be_noticed(tmp_path: Path) -> None:
    """With chats that cannot say what they were told, some deaths double a post: the sweep sees what it looks for."""
    points = list(undisturbed(PLAIN).telling)[:40:2]
    outcomes = [play(tmp_path / f"{point}", PLAIN, point, searchable=False) for point in points]
    faults = {fault for outcome in outcomes for fault in outcome.faults}
    assert any("times" in fault for fault in faults)
    assert any("2 threads" in fault for fault in faults)


@pytest.mark.soak
@_VENDORS
@pytest.mark.parametrize("batch", range(_BATCHES))
def test_a_death_at_every_single_point(tmp_path: Path, vendor: Vendor, batch: int) -> None:
    """Also at the points that leave behind exactly what an earlier one left."""
    assert failures(tmp_path, vendor, range(1 + batch, undisturbed(vendor).points, _BATCHES)) == {}


@pytest.mark.soak
def test_a_death_at_every_point_of_the_plainer_forms(tmp_path: Path) -> None:
    """As above, at each of them."""
    assert refused_failures(tmp_path, play(tmp_path / "all", PLAIN, refused=True).telling) == {}


@pytest.mark.soak
@pytest.mark.parametrize("again", range(1, 61))
def test_two_deaths_at_any_distance(tmp_path: Path, again: int) -> None:
    """A second death at each of the first sixty points after the first one."""
    assert failures(tmp_path, LATE, undisturbed(LATE).telling, again) == {}
