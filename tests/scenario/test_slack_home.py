"""App Home in Slack: what stands there, its buttons, and that it stays true."""

from __future__ import annotations

import pytest

from bot.sandbox.slack import View
from tests.support.stage.stage import Stage
from tests.support.waiting import until


async def opened(stage: Stage, words: str = "") -> View:
    """Bob looks at the tab, and waits until it shows this."""
    slack, bob = stage.world.slack, stage.world.bob
    slack.open_home(bob)
    await shows(stage, words)
    view = slack.home(bob)
    assert view is not None
    return view


async def shows(stage: Stage, words: str, *, not_: str = "never there") -> None:
    """Wait until Bob's tab shows these words, and not others."""
    slack, bob = stage.world.slack, stage.world.bob

    def is_shown() -> bool:
        view = slack.home(bob)
        return view is not None and words in view.rendered and not_ not in view.rendered

    await until(is_shown, f"the tab shows {words!r} and not {not_!r}")


@pytest.mark.scenario(AGENTS__ANN="")
async def test_the_tab_shows_what_waits_and_works(stage: Stage) -> None:
    """Open, Take and Close; what came of it stands above, and the card in the other chat changes, too."""
    ticket = await stage.arrives("First")
    view = await opened(stage, f"#{ticket.number}")
    assert "0 are yours · 1 waits for us" in view.rendered
    assert view.rendered.count(f"#{ticket.number} · ") == 1
    assert "Waiting for us since" in view.rendered
    (link,) = [e for b in view.blocks if b["type"] == "actions" for e in b["elements"] if "url" in e]
    assert link["url"].endswith(f"/p{ticket.slack.card.ts.replace('.', '')}")
    pressed = await stage.world.slack.press(stage.world.bob, view, "Take")
    assert not pressed.error
    await shows(stage, f"You have #{ticket.number} now.")
    await shows(stage, "1 is yours")
    await until(lambda: "Taken by Bob" in str(ticket.discord.card().embeds), "Discord's card says so")
    now = stage.world.slack.home(stage.world.bob)
    assert now is not None
    await stage.world.slack.press(stage.world.bob, now, "Close")
    await shows(stage, f"#{ticket.number} is closed.", not_=f"#{ticket.number} · ")
    assert ticket.now.closed
    await stage.at_rest()


@pytest.mark.scenario(AGENTS__ANN="")
async def test_the_tab_stays_true(stage: Stage) -> None:
    """What happens elsewhere shows there without being opened anew, and what the customer answers comes back."""
    ticket = await stage.arrives("First")
    await opened(stage, f"#{ticket.number}")
    other = await stage.arrives("Second")
    await shows(stage, f"#{other.number} · ")
    await ticket.ann_says("An answer")
    await ticket.has_sent("An answer")
    await shows(stage, f"#{other.number} · ", not_=f"#{ticket.number} · ")
    ticket.customer_says("And now?")
    await shows(stage, f"#{ticket.number} · ")
    await stage.bridge.restart()
    await ticket.ann_says("Another answer")
    await shows(stage, f"#{other.number} · ", not_=f"#{ticket.number} · ")


async def test_who_may_not_act_sees_no_ticket(stage: Stage) -> None:
    """Somebody in none of the channels reads what to do; whoever leaves the channel sees nothing any more."""
    ticket = await stage.arrives("Private")
    slack = stage.world.slack
    eve = slack.add_user("eve")
    slack.open_home(eve)
    await until(lambda: slack.home(eve) is not None, "Eve's tab is shown")
    page = slack.home(eve)
    assert page is not None
    assert "You are no agent of a store here." in page.rendered
    assert "#" not in page.rendered
    await opened(stage, f"#{ticket.number}")
    slack.remove_from(ticket.shop.slack, stage.world.bob)
    await shows(stage, "You are no agent of a store here.", not_=f"#{ticket.number}")


async def test_a_button_of_an_old_tab_is_answered(stage: Stage) -> None:
    """The ticket was closed meanwhile, or the right was lost: the tab says so, and nothing is done."""
    ticket = await stage.arrives("Old")
    view = await opened(stage, f"#{ticket.number}")
    slack, bob = stage.world.slack, stage.world.bob
    slack.remove_from(ticket.shop.slack, bob)
    await slack.press(bob, view, "Close")
    await shows(stage, f"There is no ticket #{ticket.number}.")
    assert not ticket.now.closed


async def test_a_guest_of_the_channel_sees_no_ticket(stage: Stage) -> None:
    """Guests read the channel, and are no agents: neither the tab nor a list shows them anything."""
    ticket = await stage.arrives("For members")
    slack = stage.world.slack
    guest = slack.add_user("gus", guest=True)
    slack.invite(ticket.shop.slack, guest)
    slack.open_home(guest)
    await until(lambda: slack.home(guest) is not None, "the guest's tab is shown")
    page = slack.home(guest)
    assert page is not None
    assert "#" not in page.rendered
    listed = await slack.command(guest, ticket.shop.slack, "/tickets")
    assert listed.text.startswith("Only the team's agents")
    found = await slack.command(guest, ticket.shop.slack, "/find", "members")
    assert found.text.startswith("Only the team's agents")
    helped = await slack.command(guest, ticket.shop.slack, "/help")
    assert helped.text.startswith("Only the team's agents")


@pytest.mark.parametrize("status", [404, 500, 502])
async def test_a_tab_that_cannot_be_shown_is_shown_later(stage: Stage, status: int) -> None:
    """Whatever Slack answers for a while, without a word of its own: the tab is true again, and the bridge goes on."""
    ticket = await stage.arrives("Later")
    await opened(stage, f"#{ticket.number}")
    stage.world.slack.http_server.fail("refuse", path="views.publish", status=status, times=2)
    await stage.world.slack.command(stage.world.bob, ticket.shop.slack, "/take", ticket.number)
    await shows(stage, "1 is yours")
    await stage.at_rest()


async def asked_until_when(stage: Stage, view: View) -> View:
    """Bob presses `Snooze` in his tab, and sees the form."""
    slack, bob = stage.world.slack, stage.world.bob
    outcome = await slack.press(bob, view, "Snooze", answers=1)
    assert outcome.view is not None
    assert outcome.view.body["title"]["text"] == "Snooze a ticket"
    return outcome.view


async def test_a_ticket_is_snoozed_in_the_tab(stage: Stage) -> None:
    """A time that is typed, a wrong one with choices instead, and `Wake`: the tab and both cards follow each time."""
    ticket = await stage.arrives("Later")
    slack, bob = stage.world.slack, stage.world.bob
    form = await asked_until_when(stage, await opened(stage, f"#{ticket.number}"))
    wrong = await slack.submit(bob, form, {"words": "soonish"}, answers=1)
    assert wrong.view is not None
    assert "“soonish” is no time that shopbell can read." in wrong.view.rendered
    await slack.press(bob, wrong.view, "1 hour")
    await until(lambda: "is snoozed until" in getattr(slack.view(bob), "rendered", ""), "the form says that it is done")
    await shows(stage, "1 is snoozed")
    await until(lambda: "Snoozed until" in ticket.slack.card.rendered, "Slack's card says so")
    await slack.press(bob, await opened(stage, "1 is snoozed"), "Wake")
    await shows(stage, f"#{ticket.number} is not snoozed any more.", not_="1 is snoozed")
    form = await asked_until_when(stage, await opened(stage, f"#{ticket.number}"))
    done = await slack.submit(bob, form, {"words": "2h"}, answers=1)
    assert done.view is not None
    assert f"#{ticket.number} is snoozed until" in done.view.rendered
    await shows(stage, "1 is snoozed", not_="any more")
    await until(lambda: "Snoozed until" in str(ticket.discord.card().embeds), "Discord's card says so")
    await stage.at_rest()


async def test_an_old_form_of_the_tab_snoozes_no_closed_ticket(stage: Stage) -> None:
    """The ticket was closed meanwhile: the form says so."""
    ticket = await stage.arrives("Old")
    slack, bob = stage.world.slack, stage.world.bob
    form = await asked_until_when(stage, await opened(stage, f"#{ticket.number}"))
    await slack.command(bob, ticket.shop.slack, "/close", ticket.number)
    closed = await slack.submit(bob, form, {"words": "2h"}, answers=1)
    assert closed.view is not None
    assert f"#{ticket.number} is closed, so there is nothing to snooze." in closed.view.rendered


async def test_an_old_form_of_the_tab_gives_no_right(stage: Stage) -> None:
    """The right was lost meanwhile: the form says no more than to anybody else."""
    ticket = await stage.arrives("Old")
    slack, bob = stage.world.slack, stage.world.bob
    form = await asked_until_when(stage, await opened(stage, f"#{ticket.number}"))
    slack.remove_from(ticket.shop.slack, bob)
    refused = await slack.submit(bob, form, {"words": "2h"}, answers=1)
    assert refused.view is not None
    assert f"There is no ticket #{ticket.number}." in refused.view.rendered


async def test_a_form_that_was_closed_is_answered_in_the_tab(stage: Stage) -> None:
    """Bob presses one of the choices and closes the form: what came of it stands in the tab, not in a channel."""
    ticket = await stage.arrives("Closed form")
    slack, bob = stage.world.slack, stage.world.bob
    form = await asked_until_when(stage, await opened(stage, f"#{ticket.number}"))
    choices = await slack.submit(bob, form, {"words": ""}, answers=1)
    assert choices.view is not None
    slack.http_server.fail("refuse", path="views.update", status=404, times=1)
    await slack.press(bob, choices.view, "Tomorrow")
    await shows(stage, f"#{ticket.number} is snoozed until")
    await shows(stage, "1 is snoozed")


@pytest.mark.scenario(AGENTS__ANN="")
async def test_what_somebody_else_has_can_be_taken_over(stage: Stage) -> None:
    """Bob's own tab offers `Take` for it, because he cannot release it, and asks before it takes it from Ann."""
    ticket = await stage.arrives("Hers")
    await opened(stage, f"#{ticket.number}")
    world = stage.world
    await world.discord.command(world.ann, ticket.discord.thread.id, "take")
    await shows(stage, "Taken by Ann", not_="[Release]")
    view = world.slack.home(world.bob)
    assert view is not None
    await world.slack.press(world.bob, view, "Take")
    await shows(stage, f"Ann has #{ticket.number}. Do you want to take it over?")
