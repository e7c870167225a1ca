"""Messages in which nobody can see anything: both chats say so in words, in every form."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from adapters.chats.discord.messages import post_message
from adapters.chats.slack.messages import plain_text, post_blocks
from bot.model import Attachment, DeliveryKey, Form, Post, Voice

UNSEEN = ["", "\u200b", "\u2060\u200e", "\u3164", "\u0301", "\u2800\n\u2800", "\ufe0f", "\u00ad"]
SEEN = ["a", ".", "👍", "\u200b1", "e\u0301", "|"]
NOTHING = "(no text)"


def shown(text: str, form: Form) -> tuple[str, str]:
    """The bodies of the requests to both chats."""
    post = Post(voice=Voice.CUSTOMER, text=text, name="Jane", form=form)
    slack = json.dumps(post_blocks(post, 0)) if form is Form.FULL else plain_text(post, 0)
    return json.dumps(post_message(post, 0, DeliveryKey("key"))), slack


@pytest.mark.parametrize("form", [Form.FULL, Form.PLAIN])
@pytest.mark.parametrize("text", UNSEEN)
def test_what_shows_nothing_is_said_to_be_empty(text: str, form: Form) -> None:
    """An empty line under a name would be taken for a fault."""
    assert all(NOTHING in body for body in shown(text, form))


@pytest.mark.parametrize("text", SEEN)
def test_what_shows_anything_is_not(text: str) -> None:
    """A sign that people can see, even one, stands there as it is."""
    assert not any(NOTHING in body for body in shown(text, Form.FULL))


def test_a_file_is_something() -> None:
    """Beside it, nothing is said about the text."""
    post = Post(voice=Voice.CUSTOMER, text="\u200b", name="Jane", attachments=(Attachment(name="a.pdf"),))
    assert NOTHING not in json.dumps([post_message(post, 0, DeliveryKey("key")), post_blocks(post, 0)])
    assert NOTHING in json.dumps(post_blocks(replace(post, attachments=()), 0))
