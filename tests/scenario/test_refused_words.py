"""A chat refuses one text or one name: the words are shown in a plainer form, or it is said whose are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.model import State
from bot.sandbox.discord import DiscordMessage, Thread
from bot.sandbox.discord.refusals import WordFilter as DiscordFilter
from bot.sandbox.slack.refusals import WordFilter as SlackFilter
from bot.sandbox.ticket_threads import discord_text
from tests.support.stage.stage import Stage
from tests.support.waiting import until

LINK = "https://evil.example/offer"
SAID = f"Please look at {LINK} and tell me."


@contextmanager
def discord_refuses(stage: Stage, word: str, code: int = 240000, **rest: Any) -> Iterator[None]:
    filters = stage.world.discord.guild.state.filters
    filters.append(DiscordFilter(word=word, code=code, **rest))
    yield
    filters.clear()


@contextmanager
def slack_refuses(stage: Stage, word: str, error: str, **rest: Any) -> Iterator[None]:
    filters = stage.world.slack.workspace.state.filters
    filters.append(SlackFilter(word=word, error=error, **rest))
    yield
    filters.clear()


def threads(stage: Stage) -> list[Thread]:
    return stage.world.discord.threads(stage.shop.discord.id)


def in_discord(stage: Stage) -> list[str]:
    """The card of the only ticket, and what stands in its thread."""
    (thread,) = threads(stage)
    places = (stage.shop.discord.id, thread.id)
    shown = [message for place in places for message in stage.world.discord.messages(place)]
    return [discord_text(m) for m in shown if thread.id in (m.id, m.channel_id)]


def in_slack(stage: Stage) -> list[str]:
    """The cards and what stands in their threads."""
    slack, channel = stage.world.slack, stage.shop.slack
    return [each.rendered for card in slack.messages(channel) for each in slack.thread(channel, card.ts)]


@pytest.mark.parametrize("code", [240000, 200000, 50035, 987654])
@pytest.mark.scenario({"sellgate": "text"})
async def test_an_address_that_discord_refuses_is_shown_defused(stage: Stage, code: int) -> None:
    """Also in a ticket's first message: it gets its thread, with the words, once, and nobody is told of trouble."""
    with discord_refuses(stage, "evil.example", code):
        await stage.writes("Offer", SAID)
        defused = "hxxps://evil[.]example/offer"
        await until(lambda: threads(stage) and any(defused in text for text in in_discord(stage)))
        await stage.at_rest()
    shown = [text for text in in_discord(stage) if "tell me" in text]
    assert len(shown) == 1
    assert "Please look at hxxps://evil[.]example/offer and tell me." in shown[0]
    assert "customer" in shown[0]
    assert not [text for text in in_discord(stage) if "❌" in text]
    assert stage.announced(stage.shop, "cannot show") == (0, 0)


@pytest.mark.parametrize("code", [50035, 200001])
@pytest.mark.scenario({"sellgate": "text"})
async def test_a_word_in_the_name_costs_the_subject_and_not_the_thread(stage: Stage, code: int) -> None:
    """The thread has the next name; the card keeps the subject, and the channel hears nothing."""
    with discord_refuses(stage, "rude", code, fields=("name",)):
        await stage.writes("A rude word", "Hello?")
        await until(lambda: threads(stage) and any("Hello?" in text for text in in_discord(stage)), "it has a thread")
        await stage.at_rest()
    (thread,) = threads(stage)
    assert thread.name == "#1001 · jane"
    assert stage.announced(stage.shop, "cannot show") == (0, 0)


@pytest.mark.scenario({"sellgate": "text"})
async def test_names_with_the_customer_are_given_up_too(stage: Stage) -> None:
    """The number alone can be refused by nobody."""
    with discord_refuses(stage, "jane", 50035, fields=("name",)):
        await stage.writes("Key", "Hello?")
        await until(lambda: threads(stage))
        await stage.at_rest()
    assert [thread.name for thread in threads(stage)] == ["#1001"]


@pytest.mark.scenario({"sellgate": "text"}, STORES__KEYS__DASHBOARD_URL="https://dash.shop.example/t/{id}")
async def test_if_nothing_helps_it_is_said_whose_words_are_missing_and_where_they_are(stage: Stage) -> None:
    """Why, too, and Retry posts them once the server's rule is changed; what comes after does not wait."""
    ticket = await stage.arrives("Key")
    with discord_refuses(stage, "secretword", 200000):
        ticket.customer_says("It says secretword here.")
        ticket.customer_says("Are you there?")
        await ticket.shown("Are you there?")
        await ticket.shown("could not be shown")
        (told,) = [text for text in in_discord(stage) if "could not be shown" in text]
        for part in ("customer", "(jane)", "AutoMod", "Exempt the bot's role", "https://dash.shop.example/t/"):
            assert part in told
    message = next(m for m in messages(stage) if "could not be shown" in discord_text(m))
    await stage.world.discord.press(stage.world.ann, message, "Retry")
    await ticket.shown("It says secretword here.")
    await stage.at_rest()
    assert ticket.discord.count("It says secretword here.") == 1


def messages(stage: Stage) -> list[DiscordMessage]:
    (thread,) = threads(stage)
    return stage.world.discord.messages(thread.id)


@pytest.mark.parametrize(
    ("error", "fields"),
    [
        ("invalid_blocks", ("blocks",)),
        ("invalid_blocks_format", ("blocks",)),
        ("msg_blocks_too_long", ("blocks",)),
        ("slack_connect_file_link_sharing_blocked", ("blocks", "text")),
        ("a_code_of_next_year", ("blocks",)),
    ],
)
@pytest.mark.scenario({"sellgate": "slack"})
async def test_what_slack_refuses_in_blocks_it_gets_as_text(stage: Stage, error: str, fields: tuple[str, ...]) -> None:
    """Also a ticket's first message; nothing twice, and no word of trouble."""
    with slack_refuses(stage, "evil.example", error, fields=fields):
        await stage.writes("Offer", SAID)
        await until(lambda: any("tell me" in text for text in in_slack(stage)), "it is shown")
        await stage.at_rest()
    shown = [text for text in in_slack(stage) if "and tell me." in text]
    assert len(shown) == 1
    assert "evil" in shown[0]
    assert not [text for text in in_slack(stage) if "❌" in text or "cannot show" in text]


@pytest.mark.scenario({"sellgate": "slack"})
async def test_no_block_at_all(stage: Stage) -> None:
    """A workspace that takes no blocks gets the card and every message as text."""
    with slack_refuses(stage, "", "invalid_blocks", fields=("blocks",)):
        ticket = await stage.writes("Key", "Hello?")
        await until(lambda: any("Hello?" in text for text in in_slack(stage)))
        await stage.at_rest()
        card = stage.world.slack.messages(stage.shop.slack)[0]
        assert card.rendered.startswith("#1001")
        await stage.world.slack.say(stage.world.bob, stage.shop.slack, "On its way.", thread_ts=card.ts)
        await ticket.has_sent("On its way.")


@pytest.mark.parametrize("fits", [1, 2])
@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_long_message_of_which_one_part_is_refused_keeps_every_word_once(stage: Stage, fits: int) -> None:
    """What was posted stays; the rest goes on in the plainer form, from the word where it stopped."""
    words = [f"word{number:05d}" for number in range(2600)]
    words[1 + 900 * fits] = "evil.example/offer"
    ticket = await stage.arrives("Long")
    with discord_refuses(stage, "evil.example"), slack_refuses(stage, "evil.example", "invalid_blocks"):
        ticket.customer_says(" ".join(words))
        await until(lambda: "word02599" in ticket_text(stage), "the end is there in Discord")
        await until(lambda: "word02599" in " ".join(in_slack(stage)), "the end is there in Slack")
        await stage.at_rest()
    wanted = " ".join(words).replace("evil.example", "evil[.]example")
    assert [word for word in ticket_text(stage).split() if word in set(wanted.split())] == wanted.split()
    shown = " ".join(in_slack(stage)).split()
    assert [word for word in shown if word in set(wanted.split())] == wanted.split()


def ticket_text(stage: Stage) -> str:
    return " ".join(in_discord(stage))


@pytest.mark.scenario({"sellgate": "text"})
async def test_a_refused_post_that_is_killed_goes_on_in_its_form_and_is_there_once(stage: Stage) -> None:
    """The plain form arrived, and its answer was lost: after the restart it is found, and not posted again."""
    ticket = await stage.arrives("Key")
    with discord_refuses(stage, "evil.example"):
        path = f"/api/v10/channels/{ticket.discord.thread.id}/messages"
        stage.world.discord.http_server.fail("lose", method="POST", path=path, after=2)
        ticket.customer_says(SAID)
        await ticket.shown("and tell me.")
        await stage.bridge.restart()
        await stage.at_rest()
    assert ticket.discord.count("and tell me.") == 1


@pytest.mark.scenario({"sellgate": "text"})
async def test_a_card_that_is_refused_whole_still_makes_a_thread(stage: Stage) -> None:
    """No embed at all is taken: the card is a line with its buttons, and replies reach the customer."""
    with discord_refuses(stage, "", 50035, fields=("embeds",)):
        ticket = await stage.writes("Key", "Hello?")
        await until(lambda: threads(stage) and any("Hello?" in text for text in in_discord(stage)))
        await stage.at_rest()
        (thread,) = threads(stage)
        await stage.world.discord.say(stage.world.ann, thread.id, "On its way.")
        await ticket.has_sent("On its way.")
        await stage.at_rest()
    card = stage.world.discord.message(stage.shop.discord.id, thread.id)
    assert "#1001" in card.content
    assert "Close" in str(card.components)


@pytest.mark.scenario({"sellgate": "text"})
async def test_a_ticket_that_no_form_gets_in_is_told_as_that_ticket(stage: Stage) -> None:
    """Nothing is said of the channel as a whole, and Retry makes the thread."""
    with discord_refuses(stage, "💬", fields=("embeds", "content")):
        await stage.writes("Key", "Hello?")
        await until(lambda: stage.announced(stage.shop, "The ticket #1001 has no thread in Discord.") == (1, 0))
        await stage.at_rest(State.FAILED, State.WAITING)
    assert stage.announced(stage.shop, "cannot show") == (0, 0)
    assert threads(stage) == []
    told = next(m for m in stage.world.discord.messages(stage.shop.discord.id) if "no thread" in discord_text(m))
    await stage.world.discord.press(stage.world.ann, told, "Retry")
    await until(lambda: threads(stage) and any("Hello?" in text for text in in_discord(stage)), "Retry makes it")


@pytest.mark.parametrize("code", [50035, 240000, 987654])
@pytest.mark.scenario({"sellgate": "text"}, STORES__KEYS__DASHBOARD_URL="https://dash.shop.example/t/{id}")
async def test_a_dashboard_that_discord_opens_for_nobody_is_text_on_the_card(stage: Stage, code: int) -> None:
    """The button's address is refused: the ticket gets its thread, with its buttons, and the address can be read."""
    with discord_refuses(stage, "https://dash.shop.example", code):
        await stage.writes("Key", "Hello?")
        await until(lambda: threads(stage) and any("Hello?" in text for text in in_discord(stage)))
        await stage.at_rest()
    (thread,) = threads(stage)
    card = stage.world.discord.message(stage.shop.discord.id, thread.id)
    assert "hxxps://dash[.]shop[.]example/t/" in discord_text(card).replace("\\", "")
    assert "Close" in str(card.components)
    assert not [text for text in in_discord(stage) if "❌" in text]


@pytest.mark.scenario({"sellgate": "text"}, STORES__KEYS__DASHBOARD_URL="https://dash.shop.example/t/{id}")
async def test_a_button_that_discord_refuses_is_a_line_that_can_be_clicked(stage: Stage) -> None:
    """Only its place is refused, so the address stays as it is."""
    with discord_refuses(stage, "dash.shop.example", 50035, fields=("components",)):
        await stage.writes("Key", "Hello?")
        await until(lambda: threads(stage) and any("Hello?" in text for text in in_discord(stage)))
        await stage.at_rest()
    (thread,) = threads(stage)
    card = stage.world.discord.message(stage.shop.discord.id, thread.id)
    assert "<https://dash.shop.example/t/" in str(card.embeds)
    assert thread.name.startswith("#1001")


@pytest.mark.scenario({"sellgate": "slack"}, STORES__KEYS__DASHBOARD_URL="https://dash.shop.example/t/{id}")
async def test_a_dashboard_that_slack_refuses_is_text_on_the_card(stage: Stage) -> None:
    """Also where nothing but its defused address may stand there."""
    with slack_refuses(stage, "https://dash.shop.example", "invalid_blocks"):
        await stage.writes("Key", "Hello?")
        await until(lambda: any("Hello?" in text for text in in_slack(stage)))
        await stage.at_rest()
    assert any("hxxps://dash[.]shop[.]example/t/" in text for text in in_slack(stage))


@pytest.mark.scenario({"sellgate": "slack"}, STORES__KEYS__DASHBOARD_URL="https://dash.shop.example/t/{id}")
async def test_without_blocks_the_card_has_the_dashboards_address(stage: Stage) -> None:
    """A line below the ticket's state."""
    with slack_refuses(stage, "", "invalid_blocks", fields=("blocks",)):
        await stage.writes("Key", "Hello?")
        await until(lambda: any("Hello?" in text for text in in_slack(stage)))
        await stage.at_rest()
    assert any("hxxps://dash[.]shop[.]example/t/" in text for text in in_slack(stage))


@pytest.mark.parametrize(
    ("code", "fields", "subject", "name"),
    [
        (50035, ("name",), "A rude word", "#1001 · jane"),
        (200001, ("name",), "A rude word", "#1001 · jane"),
        (200000, ("name",), "A rude word", "#1001 · jane"),
        (987654, ("name",), "A rude word", "#1001 · jane"),
        (50035, ("name", "embeds"), "A rude word", "#1001"),
        (200000, ("name", "embeds", "content"), "A rude word", "#1001"),
    ],
)
@pytest.mark.scenario({"sellgate": "forum"})
async def test_a_forums_post_has_the_plainer_name(
    stage: Stage, code: int, fields: tuple[str, ...], subject: str, name: str
) -> None:
    """Name and card are one request there: whichever is refused, the ticket gets its post, and nobody hears of it."""
    with discord_refuses(stage, "rude", code, fields=fields):
        ticket = await stage.writes(subject, "Hello?")
        await until(lambda: threads(stage) and any("Hello?" in text for text in in_discord(stage)), "it has a post")
        await stage.at_rest()
    (thread,) = threads(stage)
    assert thread.name == name
    assert stage.announced(stage.shop, "cannot show") == (0, 0)
    await stage.world.discord.say(stage.world.ann, thread.id, "On its way.")
    await ticket.has_sent("On its way.")


@pytest.mark.scenario({"sellgate": "text"})
async def test_a_card_is_in_full_again_at_its_next_change(stage: Stage) -> None:
    """A refusal for a reason that nobody knows has passed: the plain card was not the last word, nor the posts."""
    with discord_refuses(stage, "", 987654, fields=("embeds",)):
        ticket = await stage.writes("Key", "Hello?")
        await until(lambda: threads(stage) and any("Hello?" in text for text in in_discord(stage)))
    (thread,) = threads(stage)
    assert not stage.world.discord.message(stage.shop.discord.id, thread.id).embeds
    ticket.customer_says("Still there?")
    await until(lambda: any("Still there?" in text for text in in_discord(stage)), "it is shown")
    assert next(m for m in messages(stage) if "Still there?" in discord_text(m)).embeds
    await stage.world.discord.say(stage.world.ann, thread.id, "!close")
    await until(lambda: bool(stage.world.discord.message(stage.shop.discord.id, thread.id).embeds), "it is in full")
    await stage.at_rest()
    assert len([text for text in in_discord(stage) if "Hello?" in text]) == 1
