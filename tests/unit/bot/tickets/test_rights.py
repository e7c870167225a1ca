"""The rule of who may act on a ticket, in a table."""

from __future__ import annotations

import itertools

import pytest

from bot.model import Agent, AgentId, ChannelId, ChatName, Place, Store, StoreName, ThreadId
from bot.tickets.rights import may_act, open_stores, places_to_ask

DISCORD, SLACK = ChatName("discord"), ChatName("slack")
HERE = Place(chat=SLACK, channel=ChannelId("C1"))
ELSEWHERE = Place(chat=SLACK, channel=ChannelId("C2"))
IN_DISCORD = Place(chat=DISCORD, channel=ChannelId("1"))


def store(*named: str, name: str = "main", channels: tuple[Place, ...] = (HERE, IN_DISCORD)) -> Store:
    return Store(
        name=StoreName(name), label=name, vendor_label="M", channels=channels, agents={SLACK: frozenset(named)}
    )


def person(*groups: str, full: bool = True, active: bool = True) -> Agent:
    return Agent(id=AgentId("U1"), name="Ann", groups=frozenset(groups), is_full_member=full, is_active=active)


def thread(place: Place) -> Place:
    return Place(chat=place.chat, channel=place.channel, thread=ThreadId("t"))


@pytest.mark.parametrize(
    ("agent", "named", "expected"),
    [
        (person(), (), True),
        (person(full=False), (), False),
        (person(active=False), (), False),
        (person(), ("U1",), True),
        (person(), ("U2",), False),
        (person("S1"), ("S1",), True),
        (person("S2"), ("S1", "U2"), False),
        (person(full=False), ("U1",), True),
        (person("S1", full=False), ("S1",), True),
        (person("S1", active=False), ("S1", "U1"), False),
        (person("U2"), ("U2",), True),
    ],
)
def test_who_is_an_agent_by_the_settings(agent: Agent, named: tuple[str, ...], expected: bool) -> None:
    """Nobody named: every full member; else whoever is named, a guest too. Bots and leavers never."""
    places = [thread(HERE)]
    assert may_act(agent, store(*named), places, frozenset(places)) is expected
    assert not may_act(agent, store(*named), places, frozenset())


@pytest.mark.parametrize(
    ("ticket_is_in", "can_write_in", "expected"),
    [
        ([HERE], [HERE], True),
        ([HERE, ELSEWHERE], [ELSEWHERE], True),
        ([HERE], [ELSEWHERE], False),
        ([HERE], [thread(HERE)], False),
        ([], [HERE], False),
        ([HERE], [], False),
    ],
)
def test_one_place_of_the_ticket_has_to_be_open(
    ticket_is_in: list[Place], can_write_in: list[Place], expected: bool
) -> None:
    """Of the places where the ticket is in that chat; any other place opens nothing."""
    assert may_act(person(), store(), ticket_is_in, can_write_in) is expected


def test_nobody_acts_for_a_store_that_is_not_configured() -> None:
    """Without the store's settings nobody knows who its agents are."""
    assert not may_act(person(), None, [HERE], [HERE])


def test_agents_are_named_for_each_chat() -> None:
    """Who is named in Slack says nothing about Discord, where nobody is named."""
    named_in_slack = store("U9")
    assert not may_act(person(), named_in_slack, [HERE], [HERE])
    assert may_act(person(), named_in_slack, [IN_DISCORD], [IN_DISCORD])


def test_lists_hold_the_stores_in_whose_channel_somebody_may_act() -> None:
    """Each with the channels that make it so. Other chats, and stores of other people, are not asked about."""
    ours, open_one, theirs = store("U1"), store(name="open", channels=(ELSEWHERE,)), store("U9", name="theirs")
    stores = [ours, open_one, theirs]
    for writable in itertools.chain.from_iterable(itertools.combinations((HERE, ELSEWHERE), n) for n in range(3)):
        expected = {ours.name: (HERE,)} if HERE in writable else {}
        expected |= {open_one.name: (ELSEWHERE,)} if ELSEWHERE in writable else {}
        assert open_stores(dict.fromkeys(writable, person()), stores, SLACK) == expected
    assert places_to_ask(person(), stores, SLACK) == {HERE, ELSEWHERE}
    assert places_to_ask(person(full=False), [open_one, theirs], SLACK) == frozenset()
