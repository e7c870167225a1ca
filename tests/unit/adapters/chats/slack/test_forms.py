"""Forms as Slack's modals: within Slack's limits, and what comes back from one."""

from __future__ import annotations

import pytest

from adapters.chats.slack import forms
from adapters.chats.slack.arguments import Typed, typed
from adapters.chats.slack.forms import Kept
from adapters.chats.slack.reading import SLACK
from bot.model import (
    Answer,
    ChannelId,
    ChoiceField,
    Modal,
    Place,
    SnippetChoice,
    TextField,
    ThreadId,
    TicketNumber,
    Verb,
)
from bot.sandbox.slack.blocks import faults_in_view
from bot.sandbox.slack.elements import suggestions

PLACE = Place(chat=SLACK, channel=ChannelId("C1"), thread=ThreadId("1.2"))
LONGEST = Modal(
    verb=Verb.SEND_FORM,
    title="#" + "1" * 60,
    fields=(
        TextField(name="text", label="T" * 45, hint="h" * 100, value="😀" * 1_500, has_lines=True),
        TextField(name="name", label="Name", longest=32, is_required=False),
        ChoiceField(name="then", label="And then", options=(("send", "Send"), ("close", "Send and close"))),
    ),
    submit="Send",
    ticket=TicketNumber(10**18 - 1),
    words="w" * 60,
)


def test_every_modal_is_one_that_slack_opens() -> None:
    """The longest form, what comes in its place, and the picker with all its parts."""
    view = forms.form_view(LONGEST, PLACE)
    long = Answer(text="x" * 9_000, kept="y" * 6_000)
    pickers = [
        forms.picker_view(Kept(verb=Verb.SNIPPET, place=place, words=words))
        for place in (PLACE, CHANNEL)
        for words in ("", "x" * 32)
    ]
    for shown in (view, forms.waiting_view(view), forms.result_view(view, long), *pickers[:1], *pickers[2:]):
        assert list(faults_in_view(shown)) == []
    assert [block["block_id"] for block in pickers[2]["blocks"]] == ["ticket", "snippet"]
    assert [block["block_id"] for block in pickers[0]["blocks"]] == ["snippet"]


CHANNEL = Place(chat=SLACK, channel=ChannelId("C1"))


def test_what_was_entered_comes_back() -> None:
    """With what the form asks, and where it was opened."""
    view = forms.form_view(LONGEST, PLACE)
    values = {
        "text": {"text": {"type": "plain_text_input", "value": "Hi"}},
        "name": {"name": {"type": "plain_text_input", "value": None}},
        "then": {"then": {"type": "radio_buttons", "selected_option": {"value": "close"}}},
    }
    sent = view | {"state": {"values": values}}
    assert forms.kept_in(sent) == Kept(verb=Verb.SEND_FORM, place=PLACE, ticket=str(10**18 - 1), words="w" * 60)
    assert forms.entered(sent) == {"text": "Hi", "name": "", "then": "close"}


def test_what_was_picked_joins_what_was_known() -> None:
    """A number that was typed stays, and so does a name."""
    kept = Kept(verb=Verb.SNIPPET, place=CHANNEL, ticket="1042")
    view = forms.picker_view(kept) | {
        "state": {"values": {"snippet": {forms.SNIPPET: {"selected_option": {"value": "refund"}}}}}
    }
    assert forms.picked(view) == Kept(verb=Verb.SNIPPET, place=CHANNEL, ticket="1042", words="refund")


def test_snippets_to_pick_fit_a_line() -> None:
    """However long their texts are, and with signs that count twice."""
    choices = [SnippetChoice("x" * 32, "😀" * 3_000), SnippetChoice("y", "")] * 60
    assert list(suggestions({"options": forms.snippet_options(choices)})) == []


@pytest.mark.parametrize(
    ("text", "ticket", "words"),
    [
        ("", None, ""),
        ("1042", "1042", ""),
        ("refund", None, "refund"),
        ("1042 refund", "1042", "refund"),
        ("refund #1042", "#1042", "refund"),
        ("1042 2024", "1042", "2024"),
        ("refund eu", None, "refund eu"),
    ],
)
def test_number_and_name_in_either_order(text: str, ticket: str | None, words: str) -> None:
    """The first number is the ticket's; a form asks for what is missing."""
    found = typed(Verb.SNIPPET, text)
    assert found == Typed(ticket=ticket, words=words, lacks_ticket=ticket is None or not words)


@pytest.mark.parametrize(
    ("text", "ticket", "words"),
    [
        ("", None, ""),
        ("1042", "1042", ""),
        (" #1042  Two  spaces ", "#1042", "Two  spaces"),
        ("Call her", None, "Call her"),
        ("Call 1042", None, "Call 1042"),
    ],
)
def test_a_note_begins_with_the_number(text: str, ticket: str | None, words: str) -> None:
    """Its words stay as they are; a form asks for what is missing."""
    assert typed(Verb.NOTE, text) == Typed(ticket=ticket, words=words, lacks_ticket=ticket is None or not words)
