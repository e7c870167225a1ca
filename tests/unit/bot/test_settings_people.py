"""The people of the team in the settings: who is one person in both chats, and every way to write that wrongly."""

from __future__ import annotations

import pytest

from bot.errors import SettingsError
from bot.model import Colleague, Person, PersonId
from bot.settings import load
from bot.wiring import vendor_faults

FORM = "must be a comma-separated list of discord:<user id>, slack:<user id>, <vendor>:<user id> and name:<name>"


def faults() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(check_vendor=vendor_faults)
    return str(caught.value).splitlines()


def test_people_are_read(good: pytest.MonkeyPatch) -> None:
    """With a name, or named after the variable; ids may be written with spaces and capitals."""
    good.setenv("AGENTS__ANN", "discord:123, Slack: U1 ,name:Ann Example,sellgate:17")
    good.setenv("agents__bob_b", "slack:W2")
    ann = Person(id=PersonId("agent:ann"), name="Ann Example")
    bob = Person(id=PersonId("agent:bob_b"), name="Bob B")
    assert load().colleagues == (
        Colleague(person=ann, chats={"discord": "123", "slack": "U1"}, vendors={"sellgate": "17"}),
        Colleague(person=bob, chats={"slack": "W2"}, vendors={}),
    )


@pytest.mark.parametrize("name", ["\u200b", "\u2800\u3164", "\u202e"])
def test_a_name_that_shows_nothing_is_none(good: pytest.MonkeyPatch, name: str) -> None:
    """Cards would say “Taken by” and nothing behind it."""
    good.setenv("AGENTS__ANN", f"slack:U1,name:{name}")
    assert [each.person.name for each in load().colleagues] == ["Ann"]


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("U1", FORM),
        ("discord:ann", FORM),
        ("discord:", FORM),
        ("slack:123", FORM),
        ("slack:C1", FORM),
        ("slack:U1,name:", FORM),
        ("slack:U1,slack:U2", "names slack twice"),
        ("slack:U1,teams:7", "names teams, which is no chat and no vendor of the stores"),
        ("slack:U1,nextcommerce:7", "names nextcommerce, which is no chat and no vendor of the stores"),
        ("slack:U1,sellgate:a b", FORM),
        ("name:Ann", "must name at least one discord:<user id> or slack:<user id>"),
        (",", "must name at least one discord:<user id> or slack:<user id>"),
    ],
)
def test_a_person_who_is_written_wrongly_is_a_fault(good: pytest.MonkeyPatch, value: str, wrong: str) -> None:
    """The fault says what is wrong with it, after the variable's name."""
    good.setenv("AGENTS__ANN", value)
    assert any(line.startswith(f"AGENTS__ANN: {wrong}") for line in faults())


def test_one_id_belongs_to_one_person(good: pytest.MonkeyPatch) -> None:
    """Two people with one account would answer in each other's name."""
    good.setenv("AGENTS__ANN", "slack:U1")
    good.setenv("AGENTS__BOB", "slack:U1,discord:5")
    assert faults() == ["AGENTS__BOB: names the same person as AGENTS__ANN (now “slack:U1”)"]


@pytest.mark.parametrize("name", ["AGENT__ANN", "AGNETS__ANN"])
def test_a_misspelt_section_names_the_right_one(good: pytest.MonkeyPatch, name: str) -> None:
    """Nothing is left out silently; the nearest name is the likeliest."""
    good.setenv(name, "slack:U1")
    (line,) = faults()
    assert line == f"{name}: is not a setting; the nearest is AGENTS__ANN. Remove it or check its spelling"


@pytest.mark.parametrize("name", ["AGENTS", "AGENTS__ANN__SLACK"])
def test_people_have_no_sections_of_their_own(good: pytest.MonkeyPatch, name: str) -> None:
    """What would be a setting within a person is told how a person is written."""
    good.setenv(name, "U1")
    assert any("a person is written AGENTS__<NAME>" in line for line in faults())
