"""Posts and answers as Discord's messages: all of it is said, within the limits, and nothing pings."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.chats.discord.brackets import Names
from adapters.chats.discord.card import embed_length, key_address
from adapters.chats.discord.messages import answer_embeds, answer_text, parts, post_message
from adapters.chats.discord.reading_markdown import read
from bot.model import (
    Answer,
    Attachment,
    Button,
    DeliveryId,
    DeliveryKey,
    Form,
    Further,
    Listing,
    Mention,
    MentionKind,
    Post,
    Row,
    Verb,
    Voice,
)
from bot.sandbox.discord.message_requests import read_message_request
from bot.text import clean, comparable, lengths, units
from bot.text.names import shows
from bot.text.plain import plain

KEY = DeliveryKey("a1b2c3-77-0")
RETRY = Button(verb=Verb.RETRY, label="Retry", delivery=DeliveryId(77))


def said(text: str, voice: Voice = Voice.CUSTOMER, **more: Any) -> Post:
    return Post(voice=voice, name="" if voice is Voice.BELL else "Jane", text=text, **more)


def embed(message: dict[str, Any]) -> dict[str, Any]:
    (only,) = message["embeds"]
    assert isinstance(only, dict)
    return only


TEXTS = st.text(
    st.one_of(st.sampled_from("*_`<>[]()@#-\\\n |~:/.é😀"), st.characters(codec="utf-8")), max_size=3000
).map(clean)


class TestPost:
    @given(TEXTS, st.sampled_from(Voice))
    @example("\xad", Voice.CUSTOMER)
    @example("\xad", Voice.BELL)
    def test_all_of_it_is_said(self, text: str, voice: Voice) -> None:
        """The parts hold the whole text in order, less white space at the cuts, and each fits."""
        post = said(text, voice)
        read_back = []
        for part in range(parts(post)):
            message = post_message(post, part, KEY)
            read_message_request(message)
            assert embed_length(embed(message)) <= 6000
            shown = re.sub(r"^-# ", "", embed(message)["description"], flags=re.MULTILINE)
            read_back.append(plain(read(shown, Names())))
        whole = comparable("".join(read_back)).replace(" ", "")
        assert whole == (comparable(text).replace(" ", "") if shows(text) else "(notext)")

    @pytest.mark.parametrize(
        "name", ["Ann · team", "🔒 Ann · internal note", "shopbell", "team", "customer", "x" * 500, ""]
    )
    def test_a_customer_is_called_one_in_words(self, name: str) -> None:
        """Whatever a customer's name is, the post says who it is at its end; so does that of an unknown author."""
        for voice, role in ((Voice.CUSTOMER, "customer"), (Voice.UNKNOWN, "author unknown"), (Voice.STAFF, "team")):
            shown = embed(post_message(Post(voice=voice, name=name, text="Hi"), 0, KEY))["author"]["name"]
            assert shown.endswith(f" · {role}")

    def test_a_long_text_is_said_in_numbered_parts(self) -> None:
        """Fifty thousand characters need some messages; each says which it is, and only the last has the buttons."""
        post = said("word " * 10_000, buttons=(RETRY,))
        count = parts(post)
        sent = [post_message(post, part, KEY) for part in range(count)]
        assert count > 10
        assert embed(sent[0])["author"]["name"] == f"Jane · customer (1/{count})"
        assert [bool(message["components"]) for message in sent] == [False] * (count - 1) + [True]

    def test_the_same_post_has_the_same_parts_for_ever(self) -> None:
        """What a part says depends on the post alone."""
        post = said("*" * 9000)
        assert [post_message(post, part, KEY) for part in range(parts(post))] == [
            post_message(post, part, KEY) for part in range(parts(post))
        ]

    def test_voices_are_distinguished(self) -> None:
        """Each voice has its colour, a note its lock, and the bell neither name nor large letters."""
        colours = {embed(post_message(said("x", voice), 0, KEY))["color"] for voice in Voice}
        assert len(colours) == len(Voice)
        assert embed(post_message(said("x", Voice.NOTE), 0, KEY))["author"]["name"] == "🔒 Jane · internal note"
        bell = embed(post_message(said("one\ntwo", Voice.BELL), 0, KEY))
        assert bell["description"] == "-# one\n-# two"
        assert "author" not in bell

    def test_files_are_links_by_their_names(self) -> None:
        """Each file is a line under the text, with its size; one without an address is named all the same."""
        files = (
            Attachment(name="log_1.txt", url="https://cdn.example/f/1", size=12_345),
            Attachment(name="gone.png"),
        )
        shown = embed(post_message(said("see", attachments=files), 0, KEY))["description"]
        assert shown == "see\n📎 [log\\_1.txt](https://cdn.example/f/1) · 12 KB\n📎 gone.png"

    def test_more_files_than_fit_are_said_in_more_messages(self) -> None:
        """No file is left out for want of room."""
        files = tuple(Attachment(name=f"{n}.txt", url="https://cdn.example/" + "f" * 800) for n in range(20))
        post = said("", attachments=files)
        shown = "".join(embed(post_message(post, part, KEY))["description"] for part in range(parts(post)))
        assert parts(post) > 1
        assert all(f"[{n}.txt]" in shown for n in range(20))

    def test_an_empty_post_says_that_it_is_empty(self) -> None:
        """Discord refuses an embed without text."""
        assert embed(post_message(said(""), 0, KEY))["description"] == "(no text)"

    def test_its_time_and_key_are_there(self) -> None:
        """When it was written is shown in everybody's own time; the key is in every part."""
        at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        shown = embed(post_message(said("x", at=at), 0, KEY))
        assert shown["timestamp"] == "2026-03-01T12:00:00+00:00"
        assert shown["url"] == key_address(KEY)


class TestAnswers:
    @given(TEXTS, st.one_of(st.none(), TEXTS))
    def test_an_answer_always_fits_one_message(self, text: str, table: str | None) -> None:
        """However much there is to tell, Discord takes it."""
        assert units(answer_text(Answer(text=text, table=table))) <= 2000

    def test_a_table_stands_below_its_text(self) -> None:
        """The text is escaped, the table is not: it stands in a block."""
        assert answer_text(Answer(text="3 * open", table="a_b  1")) == "3 \\* open\n```\na_b  1\n```"


def test_a_cell_with_nothing_in_it_has_no_heading() -> None:
    """A ticket that was found by its number has no line where the words are."""
    rows = (Row(title="#1", address="https://a.example/1", cells=("",)), Row(title="#2", address="", cells=("a key",)))
    (shown,) = answer_embeds(Answer(text="Found", listing=Listing(("Ticket", "Where the words are"), rows)))
    assert shown["description"] == "**[#1](https://a.example/1)**\n**#2**\n-# Where the words are: a key"


def test_a_long_text_is_cut_once_however_many_parts_it_has() -> None:
    """The outbox asks for part after part, with what it has read anew each time; cutting each time took minutes."""
    names = [f"Jane {number}" for number in range(10, 30)]
    with patch.object(lengths, "spans", wraps=lengths.spans) as cutting:
        for number in range(4):
            for name in names:
                post_message(long_post(name), number, DeliveryKey(f"a1b2c3-1-{number}"))
                assert parts(long_post(name)) == 4
    assert cutting.call_count == len(names)


def test_the_parts_of_a_very_long_text_are_made_soon() -> None:
    """Each part costs its own length, whatever must be escaped in it."""
    post = Post(voice=Voice.CUSTOMER, name="Jane", text="*_" * 500_000)
    begun = time.process_time()
    total = parts(post)
    shown = [post_message(post, number, DeliveryKey("a1b2c3-1-1"))["embeds"][0]["description"] for number in range(20)]
    assert total > 480
    assert "".join(shown) == "\\*\\_" * (len("".join(shown)) // 4)
    assert time.process_time() - begun < 60, "it takes a fraction of a second; with the square of its length, hours"


def long_post(name: str) -> Post:
    return Post(voice=Voice.CUSTOMER, name=name, text="".join([f"It does not work, says {name}. " * 430]))


@pytest.mark.parametrize("length", [40, 512, 1_300, 3_900, 4_000])
def test_a_files_long_address_can_be_opened(length: int) -> None:
    """A signed address may have thousands of characters; it stands behind the name, in one message."""
    url = "https://cdn.example/".ljust(length, "x")
    post = said("Look", attachments=(Attachment(name="photo.png", url=url),))
    shown = [post_message(post, part, KEY)["embeds"][0]["description"] for part in range(parts(post))]
    assert any(f"]({url})" in each for each in shown)
    assert all(len(each) <= 4096 for each in shown)


def test_an_address_that_fits_nowhere_is_named() -> None:
    """The thread says where the file can be opened."""
    url = "https://cdn.example/".ljust(5_000, "x")
    post = said("Look", attachments=(Attachment(name="photo.png", url=url),))
    body = post_message(post, 0, KEY)["embeds"][0]["description"]
    assert "photo.png" in body
    assert "open it in the store's dashboard" in body


@pytest.mark.parametrize("form", Form)
def test_a_line_that_pings_pings_one_person_once(form: Form) -> None:
    """Outside the embed, in the first part only, in whatever form; nothing in the words pings."""
    line = Post(voice=Voice.BELL, name="", text=f"@everyone <@99> {'word ' * 900}", ping=Mention(id="17"), form=form)
    first, *rest = [post_message(line, part, KEY) for part in range(parts(line))]
    assert rest
    assert first["content"].split("\n")[0] == "<@17>"
    assert first["allowed_mentions"] == {"parse": [], "users": ["17"]}
    assert all(message["allowed_mentions"] == {"parse": []} for message in rest)
    assert not any("<@17>" in str(message) for message in rest)
    read_message_request(first, ())


@pytest.mark.parametrize("form", [Form.FULL, Form.PLAIN, Form.DEFUSED])
def test_a_line_can_ping_one_role(form: Form) -> None:
    """Only that one is allowed to be pinged."""
    line = Post(voice=Voice.BELL, name="", text="<@&9>", ping=Mention(kind=MentionKind.GROUP, id="17"), form=form)
    message = post_message(line, 0, KEY)
    assert message["content"].startswith("<@&17>")
    assert message["allowed_mentions"]["roles"] == ["17"]
    assert not message["allowed_mentions"].get("parse")
    assert not message["allowed_mentions"].get("users")


@pytest.mark.parametrize("form", [Form.FULL, Form.PLAIN])
def test_a_silent_post_makes_no_sound(form: Form) -> None:
    """The flag is added to those that the message has anyway; others have it not."""
    post = Post(voice=Voice.CUSTOMER, name="Jane", text="Hello?", form=form)
    flags = post_message(post, 0, KEY).get("flags", 0)
    assert not flags & 1 << 12
    assert post_message(replace(post, silent=True), 0, KEY)["flags"] == flags | 1 << 12


class TestJoined:
    """What is said together has an embed each, with its own time; who speaks stands once."""

    AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def joined(self, *texts: str, **rest: Any) -> Post:
        others = [Further(text=text, at=self.AT.replace(minute=1 + n)) for n, text in enumerate(texts[1:])]
        return Post(voice=Voice.CUSTOMER, name="Jane", text=texts[0], at=self.AT, further=tuple(others), **rest)

    def test_each_has_its_time_and_the_first_the_name_and_the_key(self) -> None:
        """The parts of one post look like messages of one author, and the post is found by its key again."""
        message = post_message(self.joined("a *x*", "b", "c"), 0, KEY)
        read_message_request(message)
        embeds = message["embeds"]
        assert [embed["description"] for embed in embeds] == ["a \\*x\\*", "b", "c"]
        assert [embed["timestamp"][14:16] for embed in embeds] == ["00", "01", "02"]
        assert [embed.get("author") for embed in embeds] == [{"name": "Jane · customer"}, None, None]
        assert [embed.get("url") for embed in embeds] == [key_address(KEY), None, None]
        assert len({embed["color"] for embed in embeds}) == 1

    def test_files_stay_with_their_message(self) -> None:
        """Under a message stand its own files, and no others."""
        file = Attachment(name="a.png", url="https://files.example/a.png")
        post = self.joined("a", "b")
        post = replace(post, further=(replace(post.further[0], files=(file,)),))
        first, second = post_message(post, 0, KEY)["embeds"]
        assert "a.png" not in first["description"]
        assert "a.png" in second["description"]

    @given(st.lists(TEXTS, min_size=2, max_size=12))
    def test_what_is_said_to_fit_is_accepted(self, texts: list[str]) -> None:
        """Whatever the texts, a post of one part keeps to Discord's limits."""
        post = self.joined(*texts)
        if parts(post) == 1:
            message = post_message(replace(post, name="J" * 300), 0, KEY)
            read_message_request(message)
            assert sum(map(embed_length, message["embeds"])) <= 6000

    def test_ten_short_ones_fit_and_eleven_do_not(self) -> None:
        """Discord takes ten embeds, and 6,000 characters in all of them."""
        assert parts(self.joined(*"abcdefghij")) == 1
        assert parts(self.joined(*"abcdefghijk")) > 1
        assert parts(self.joined("a" * 5000, "b")) > 1
        assert parts(self.joined("a" * 3000, "b" * 3000)) > 1
