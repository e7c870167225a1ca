"""What Discord carries beside the text becomes text, a file, or is named; no id of Discord's is shown."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chats.discord.reading import message_of, place_of, said
from bot.model import Agent, AgentId, Said, ThreadId
from bot.text import visible

Json = dict[str, Any]

IDS = ("111111111111111111", "222222222222222222", "333333333333333333", "444444444444444444")
AUTHOR, GUILD, CHANNEL, OTHER = IDS
ANN: Json = {"id": AUTHOR, "username": "ann", "global_name": "Ann", "discriminator": "0", "avatar": None}
POLL: Json = {"question": {"text": "Which one?"}, "answers": [{"answer_id": 1, "poll_media": {"text": "This"}}],
              "expiry": "2026-03-02T12:00:00+00:00", "allow_multiselect": False, "layout_type": 1}  # fmt: skip
STICKER: Json = {"id": OTHER, "name": "Wave", "format_type": 1}
SNAPSHOT: Json = {"message": {"type": 0, "content": "Forwarded words", "embeds": [], "attachments": [], "flags": 0,
                              "timestamp": "2026-03-01T12:00:00+00:00", "edited_timestamp": None, "mentions": [],
                              "mention_roles": [], "components": []}}  # fmt: skip
FORWARD: Json = {"message_reference": {"type": 1, "message_id": OTHER, "channel_id": CHANNEL, "guild_id": GUILD},
                 "message_snapshots": [SNAPSHOT]}  # fmt: skip
VOICE: Json = {"id": OTHER, "filename": "voice-message.ogg", "size": 900, "url": "https://cdn.example/v.ogg",
               "proxy_url": "https://cdn.example/v.ogg", "duration_secs": 3.5, "waveform": "AAAA"}  # fmt: skip
EMBED: Json = {"type": "rich", "title": "From an app", "description": "Words of the app"}
LINK_BUTTON: Json = {"type": 2, "style": 5, "label": "Track it", "url": "https://shop.example/track"}
ROW: Json = {"type": 1, "components": [LINK_BUTTON]}
TEXT_DISPLAY: Json = {"type": 10, "id": 1, "content": "Shown words"}
CONTAINER: Json = {"type": 17, "id": 2, "components": [TEXT_DISPLAY], "accent_color": None, "spoiler": False}
NEW_COMPONENT: Json = {"type": 99, "id": 3, "content": "Not known yet"}
ACTIVITY: Json = {
    "activity": {"type": 3, "party_id": OTHER},
    "application": {"id": OTHER, "name": "A game", "description": "", "icon": None},
}


@cache
def client() -> discord.Client:
    return discord.Client(intents=discord.Intents.none())


def read(content: str = "", **parts: Any) -> Said:
    """A person's message as the gateway and the history give it, through discord.py's own models."""
    whole: Json = {
        "id": "555555555555555555", "type": 0, "channel_id": CHANNEL, "author": ANN, "content": content,
        "timestamp": "2026-03-01T12:00:00+00:00", "edited_timestamp": None, "tts": False, "mention_everyone": False,
        "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": False, "flags": 0,
    }  # fmt: skip
    message = message_of(client(), int(GUILD), ThreadId(CHANNEL), whole | parts)
    return said(message, place_of(int(CHANNEL)), Agent(id=AgentId(AUTHOR), name="Ann"))


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"poll": POLL}, "a poll"),
        ({"sticker_items": [STICKER]}, "the sticker “Wave”"),
        ({"sticker_items": [STICKER | {"name": "\u3164"}]}, "a sticker"),
        (FORWARD, "a forwarded message"),
        (ACTIVITY, "an invitation"),
        ({"embeds": [EMBED]}, "something that shopbell cannot read"),
        ({"components": [ROW]}, "buttons or other parts of a message"),
        ({"components": [CONTAINER], "flags": 1 << 15}, "buttons or other parts of a message"),
        ({"components": [NEW_COMPONENT], "flags": 1 << 15}, "buttons or other parts of a message"),
        ({}, "text that Discord did not show to shopbell"),
        ({"content": "\u200b"}, "something that shopbell cannot read"),
    ],
)
def test_what_cannot_be_sent_is_named(parts: Json, named: str) -> None:
    """Its author is told, whatever Discord adds to messages next."""
    found = read(**parts)
    assert found.unsupported == (named,)
    assert found.attachments == ()


@pytest.mark.parametrize("parts", [{"poll": POLL}, {"sticker_items": [STICKER]}, {"components": [ROW]}, ACTIVITY])
def test_it_is_named_beside_a_text_too(parts: Json) -> None:
    """The text is sent, and the line says what was not."""
    found = read("Hello", **parts)
    assert (found.text, len(found.unsupported)) == ("Hello", 1)


def test_a_preview_is_not_the_authors() -> None:
    """Discord shows it of an address in the text."""
    assert read("https://shop.example/a", embeds=[EMBED | {"type": "link"}]).unsupported == ()


def test_a_voice_message_is_a_file() -> None:
    """It has no text; the recording is sent."""
    found = read(attachments=[VOICE], flags=1 << 13)
    assert [each.name for each in found.attachments] == ["voice-message.ogg"]
    assert found.unsupported == ()


_id = st.sampled_from(IDS)
_markup = st.one_of(
    *(st.builds(form.format, _id) for form in (
        "<@{}>", "<@!{}>", "<@&{}>", "<#{}>", "<:new:{}>", "<a:new:{}>", "</close:{}>", "</ticket close:{}>",
        "<id:linked-roles:{}>", "<sound:{0}:{0}>", "**<@{}>**", "> <#{}>", "- <@&{}>", "[see <@{}>](https://a.example)",
        "||<@{}>||", "# <@{}>", "<@{0}><@{0}>",
    )),
    st.sampled_from(["<id:browse>", "<t:1700000000:R>", "@everyone", "**b**", "> q", "x", "\n", " ", "\u200b", "🎉"]),
)  # fmt: skip
_person = st.builds(lambda id_: ANN | {"id": id_, "global_name": "\u3164", "username": "bea"}, _id)
_parts = st.fixed_dictionaries(
    {},
    optional={
        "poll": st.just(POLL),
        "sticker_items": st.lists(st.sampled_from([STICKER, STICKER | {"name": ""}]), max_size=2),
        "embeds": st.lists(st.just(EMBED), max_size=2),
        "components": st.lists(st.sampled_from([ROW, CONTAINER, NEW_COMPONENT]), max_size=2),
        "attachments": st.lists(st.sampled_from([VOICE, VOICE | {"filename": "", "title": "\u3164"}]), max_size=2),
        "mentions": st.lists(_person, max_size=2),
        "mention_roles": st.lists(_id, max_size=2),
    },
)


@settings(max_examples=300)
@given(st.lists(_markup, max_size=5).map("".join), _parts, st.sampled_from([{}, FORWARD, ACTIVITY]))
def test_nothing_disappears_and_no_id_gets_out(content: str, parts: Json, more: Json) -> None:
    """Whatever is in a message: it has words, a file or a line that says what is missing; and no id of Discord's."""
    found = read(content, **parts, **more, flags=1 << 15 if parts.get("components") else 0)
    outside = "\n".join([found.text, *found.unsupported, *(each.name for each in found.attachments)])
    assert not re.search("|".join(IDS), outside)
    assert visible(found.text).strip() or found.attachments or found.unsupported
    assert len(found.attachments) == len(parts.get("attachments", ()))
    named = set(found.unsupported)
    assert ("a poll" in named) == ("poll" in parts)
    assert ("a forwarded message" in named) == (more is FORWARD)
    assert ("an invitation" in named) == (more is ACTIVITY)
    assert sum("sticker" in each for each in found.unsupported) == len(parts.get("sticker_items", ()))
    assert ("buttons or other parts of a message" in named) == bool(parts.get("components"))
