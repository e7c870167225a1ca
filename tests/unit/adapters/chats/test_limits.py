"""
The limits of both chats' interactions, with text in which a sign is one, two or four of what a program may count.

Neither platform says whether its limits count characters or UTF-16 units: so both have to hold.
"""

from __future__ import annotations

import pytest

from adapters.chats.discord import buttons as discord_buttons
from adapters.chats.discord import forms as discord_forms
from adapters.chats.slack import buttons as slack_buttons
from adapters.chats.slack import forms as slack_forms
from adapters.chats.slack import picker
from bot.model import (
    Button,
    ChannelId,
    ChatName,
    Choice,
    DeliveryId,
    Modal,
    Place,
    SnippetChoice,
    TextField,
    ThreadId,
    TicketNumber,
    Verb,
)
from bot.text import units, within
from bot.tickets.day.snippets import LONGEST_NAME, normal_name
from bot.tickets.from_agents.form_replies import new_token
from bot.tickets.lookup.searched_words import LONGEST, words_of

SIGNS = ("a", "é", "語", "𠀀", "𐐨", '"', "\\")
"""Of one to four bytes, of one or two units, and those that JSON writes as two."""
LETTERS = tuple(sign for sign in SIGNS if sign.isalpha())
NUMBER = TicketNumber(10**11)
PLACE = Place(chat=ChatName("slack"), channel=ChannelId("C0123456789"), thread=ThreadId("1700000000.123456"))


@pytest.mark.parametrize("sign", LETTERS)
@pytest.mark.parametrize("verb", Verb)
def test_a_button_comes_back_whole(verb: Verb, sign: str) -> None:
    """With the longest words that can be looked for, and the longest name of a snippet."""
    typed = " ".join(sign * length for length in (30, 10, 9, 8, 7, 6, 5))
    words = str(words_of(typed))
    assert units(words) <= LONGEST
    name = normal_name(within(sign * LONGEST_NAME, LONGEST_NAME))
    assert name is not None
    for carried in (words, name, f"{new_token()} {name}", f"1700000000000 {name}"):
        for button in (
            Button(verb=verb, label="x", ticket=NUMBER, words=carried),
            Button(verb=verb, label="x", delivery=DeliveryId(10**11), words=carried),
            Button(verb=verb, label="x", page=9999, words=carried),
        ):
            written = discord_buttons.custom_id(button)
            assert units(written) <= 100
            found = discord_buttons.TEMPLATE.fullmatch(written)
            assert found is not None
            assert discord_buttons.pressed(found).words == carried
            (row,) = slack_buttons.action_rows([button])
            (element,) = row["elements"]
            assert units(element["value"]) <= 2_000
            assert units(element["action_id"]) <= 255
            pressed = slack_buttons.pressed(element)
            assert pressed is not None
            assert pressed.words == carried


@pytest.mark.parametrize("sign", LETTERS)
def test_a_snippets_name_is_as_long_as_both_chats_count_it(sign: str) -> None:
    """A letter that chats count as two counts as two here."""
    longest = LONGEST_NAME // units(sign)
    assert normal_name(sign * longest) == sign.casefold() * longest
    assert normal_name(sign * (longest + 1)) is None


@pytest.mark.parametrize("sign", SIGNS)
def test_labels_titles_and_options_fit(sign: str) -> None:
    """However long what people wrote is."""
    text = sign * 5_000
    button = Button(verb=Verb.CLOSE, label=text, ticket=NUMBER)
    (row,) = discord_buttons.action_rows([button])
    assert units(row["components"][0]["label"]) <= 80
    (shown,) = slack_buttons.action_rows([button])
    assert units(shown["elements"][0]["text"]["text"]) <= 75
    field = TextField(name="text", label="Text", value=within(text, 3_000), has_lines=True)
    form = Modal(verb=Verb.SEND_FORM, title=text, fields=(field,), submit="Send", ticket=NUMBER, words=new_token())
    view = slack_forms.form_view(form, PLACE)
    assert units(view["title"]["text"]) <= 24
    assert units(view["private_metadata"]) <= 3_000
    assert units(view["blocks"][0]["element"]["initial_value"]) <= 3_000
    (option,) = picker.options([Choice(NUMBER, text)])
    assert units(option["text"]["text"]) <= 75
    (snippet,) = slack_forms.snippet_options([SnippetChoice(name="refund", beginning=text)])
    assert units(snippet["text"]["text"]) <= 75
    for verb in (Verb.SNOOZE, Verb.CLOSE):
        asked = picker.picker_view(picker.Purpose(verb, PLACE.channel, words=text))
        given = asked["blocks"][-1]["element"]
        assert units(given["initial_value"]) <= given["max_length"]
        assert units(asked["private_metadata"]) <= 3_000


@pytest.mark.parametrize("sign", SIGNS)
async def test_a_modal_in_discord_fits(sign: str) -> None:
    """Its title and its id, whatever the snippet is called."""
    name = normal_name(within(sign * LONGEST_NAME, LONGEST_NAME)) or "refund"
    form = Modal(
        verb=Verb.SEND_FORM, title=sign * 200, fields=(), submit="Send", ticket=NUMBER, words=f"{new_token()} {name}"
    )
    modal = discord_forms.modal(form)
    assert units(modal.title) <= 45
    assert units(modal.custom_id) <= 100


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("length", [500, 1_000, 1_400, 2_000, 3_000, 5_000])
def test_what_a_picker_keeps_fits_or_is_not_kept(sign: str, length: int) -> None:
    """Behind `/reply` somebody types their text: what a modal cannot keep is given back, and the number asked for."""
    kept = slack_forms.Kept(verb=Verb.REPLY, place=Place(chat=PLACE.chat, channel=PLACE.channel), words=sign * length)
    metadata = slack_forms.picker_view(kept)["private_metadata"]
    assert slack_forms.can_be_kept(kept) is (units(metadata) <= 3_000)
    assert slack_forms.can_be_kept(kept) or units(metadata) > 3_000
    if slack_forms.can_be_kept(kept):
        assert slack_forms.kept_in({"private_metadata": metadata}) == kept
