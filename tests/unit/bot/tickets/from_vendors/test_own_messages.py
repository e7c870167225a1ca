"""Our own replies are known again, whatever a store makes of their text; those of colleagues are not taken for ours."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest

from bot.model import Attachment, Author, Kind, Message, MessageId
from bot.tickets.from_vendors.own_messages import Attempted, are_alike, claimed, is_kept_as
from tests.support.database import NOON

REPLIES = [
    "All good 👍 have a nice day 😀",
    "Your refund 💶 is on its way",
    "Grüße aus Köln & viel Spaß mit “KEY-1234”!",
    "Привет! Ваш ключ: AB12-CD34",
    "请看 https://shop.example/o/1。谢谢",
    "Please open <b>Settings</b> → API,\n\n  then press 'New key'.\n- one\n- two",
    "5 < 7 && a > b; it's 100% sure",
    "نعم، تم الإرسال",
    "Dear customer, the parcel left us today and will be with you on Friday. Kind regards",
]
ALTERATIONS: dict[str, Callable[[str], str]] = {
    "kept": lambda text: text,
    "emoji dropped": lambda text: "".join(sign for sign in text if ord(sign) < 0x1F000),
    "entities": html.escape,
    "entities of entities": lambda text: html.escape(html.escape(text)),
    "entities of entities of entities": lambda text: html.escape(html.escape(html.escape(text))),
    "every letter an entity": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "wrapped": lambda text: text.replace(" ", "\r\n"),
    "trimmed and joined": lambda text: "  ".join(text.split()),
    "line breaks as tags": lambda text: text.replace("\n", "<br />\n"),
    "paragraphs": lambda text: f'<div class="reply"><p>{html.escape(text)}</p></div>',
    "quotes made straight": lambda text: text.replace("“", '"').replace("”", '"'),
    "question marks for emoji": lambda text: "".join(sign if ord(sign) < 0x1F000 else "?" for sign in text),
    "capital letters": str.upper,
}


def test_a_signature_is_no_other_text() -> None:
    """What a store adds to a text of some length does not hide it."""
    for text in REPLIES:
        if sum(map(str.isalnum, text)) >= 20:
            assert are_alike(text, f"{text}\n\n-- \nSent by Practice Shop")


@pytest.mark.parametrize("name", ALTERATIONS)
@pytest.mark.parametrize("text", REPLIES)
def test_a_text_is_known_again_as_stores_keep_it(text: str, name: str) -> None:
    """White space, signs, entities, tags and case are the store's; the words are ours."""
    assert are_alike(text, ALTERATIONS[name](text))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Grüße, Ihr Schlüssel kommt", "Gr??e, Ihr Schl?ssel kommt"),
        (
            "Grüße, Ihr Schlüssel kommt",
            "GrÃ¼Ã\x9fe, Ihr SchlÃ¼ssel kommt".encode("latin-1", "replace").decode("latin-1"),
        ),
        ("Grüße, Ihr Schlüssel kommt", "Gre, Ihr Schlssel kommt"),
        ("é" * 3 + " ok, done", "e\u0301" * 3 + " ok, done"),
        ("A long answer that a store with short fields does not keep", "A long answer that a store with short"),
        ("👍", ""),
        ("👍🏽 !!", "?? !!"),
        ("All good 👍 have a nice day 😀", "All good "),
        ("Да 👍 хорошего дня", "Да"),
        ("Hi <b>Ann</b> 🙂\nSee you", "<p>Hi Ann</p>"),
        ("All good 👍 bye 😀", "All good :+1: bye :grinning_face:"),
        ("Yes 🇩🇪", "Yes :flag-de:"),
    ],
)
def test_lost_letters_and_cut_ends_are_no_other_text(sent: str, kept: str) -> None:
    """Other encodings, other forms of the same letter, short fields, signs alone."""
    assert are_alike(sent, kept)


def test_different_replies_are_not_alike() -> None:
    """No two of the examples are taken for each other, nor is a short word found in a longer text."""
    for one, other in combinations(REPLIES, 2):
        assert not are_alike(one, other), (one, other)
    assert not are_alike("Thanks", "Thanks, we will look into it tomorrow")
    assert not are_alike("Привет", "Пока")
    assert not are_alike("👍", "No, we cannot do that")
    assert not are_alike("👍", "❤️")
    assert not are_alike("!!!", "🎉")
    assert not are_alike("Key 1", "Key 2")
    assert not are_alike("All good 👍 bye", "All good, but wait")
    assert not are_alike("All good 👍 bye", "All")
    assert not are_alike("👍 bye", "Yes")
    assert not are_alike("Yes 👍", "No :+1:")


def message(
    name: str, text: str, *, minutes: float | None = 0, author: Author = Author.STAFF, public: bool = True
) -> Message:
    written = None if minutes is None else NOON + timedelta(minutes=minutes)
    return Message(id=MessageId(name), author=author, text=text, is_public=public, written_at=written)


def sent(*texts: str, kind: Kind = Kind.REPLY) -> list[tuple[Attempted, int]]:
    return [(Attempted(kind, text, NOON), number) for number, text in enumerate(texts)]


def test_each_attempt_takes_one_message_and_equal_texts_come_first() -> None:
    """Two equal replies stay two; one that is alike takes nothing from one that is equal."""
    found = [message("a", "Done 🎉"), message("b", "Done"), message("c", "Done"), message("d", "Done")]
    assert claimed(sent("Done", "Done 🎉", "Done"), found, timedelta()) == {"a": 1, "b": 0, "c": 2}
    assert claimed(sent("Done 👍", "Done"), [message("x", "Done"), message("y", "Done ")], timedelta()) == {
        "x": 1,
        "y": 0,
    }


def test_customers_notes_and_older_messages_are_not_ours() -> None:
    """A text that is only alike must have been written when ours was sent; an unknown time fits."""
    altered = "All good  have a nice day "
    assert claimed(sent(REPLIES[0]), [message("a", altered)], timedelta()) == {"a": 0}
    assert claimed(sent(REPLIES[0]), [message("a", altered, minutes=None)], timedelta()) == {"a": 0}
    assert claimed(sent(REPLIES[0]), [message("a", altered, minutes=-3)], timedelta()) == {}
    assert claimed(sent(REPLIES[0]), [message("a", altered, minutes=57)], timedelta(hours=1)) == {}
    assert claimed(sent(REPLIES[0]), [message("a", altered, minutes=-1)], timedelta()) == {}
    assert claimed(sent(REPLIES[0]), [message("a", altered, minutes=-1)], None) == {"a": 0}
    assert claimed(sent(REPLIES[0]), [message("a", altered, author=Author.CUSTOMER)], timedelta()) == {}
    assert claimed(sent(REPLIES[0]), [message("a", altered, public=False)], timedelta()) == {}
    assert claimed(sent("Ann: hi", kind=Kind.NOTE), [message("a", "ann: hi", public=False)], timedelta()) == {"a": 0}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("label.pdf", "label.pdf"),
        ("Label Mai 2.PDF", "label_mai_2.pdf"),
        ("label März 50%.pdf", "label_Mrz_50.pdf"),
        ("label März 50%.pdf", "label_M\u0308arz_50.pdf".replace("M\u0308a", "Ma\u0308")),
        ("請求書.pdf", "x7Yk2.pdf"),
        ("請求書 1.pdf", "1_x7Yk2.pdf"),
        ("label.pdf", "label_x7Yk2.pdf"),
        ("label.pdf", "label (1).pdf"),
        ("README", "readme"),
        ("a-name-that-is-longer-than-a-store-keeps.pdf", "a-name-that-is-longer-than.pdf"),
    ],
)
def test_a_file_is_known_again_as_stores_keep_it(sent: str, kept: str) -> None:
    """Blanks and signs, other alphabets, and what makes a name one of its kind are the store's."""
    assert is_kept_as(sent, kept)


@pytest.mark.parametrize(("sent", "kept"), [("label.pdf", "labels.pdf"), ("a.pdf", "a.png"), ("a.pdf", "manual.pdf")])
def test_other_files_are_not_ours(sent: str, kept: str) -> None:
    """Neither by their beginning nor by their ending alone."""
    assert not is_kept_as(sent, kept)


def test_a_message_without_words_is_known_by_its_files() -> None:
    """A colleague's is not taken for ours; of equal texts the one with our files is ours."""

    def with_files(name: str, text: str, *files: str) -> Message:
        return replace(message(name, text), attachments=tuple(Attachment(name=each) for each in files))

    def ours(text: str, *files: str) -> list[tuple[Attempted, int]]:
        return [(Attempted(Kind.REPLY, text, NOON, files), 0)]

    theirs, both = with_files("a", "", "manual.pdf"), with_files("b", "", "label_x7.pdf", "cover.png")
    assert claimed(ours("", "label.pdf", "cover.png"), [theirs, both], timedelta()) == {"b": 0}
    assert claimed(ours("", "label.pdf", "cover.png", "too-large.mp4"), [theirs, both], timedelta()) == {"b": 0}
    assert claimed(ours("", "label.pdf"), [theirs, both, with_files("c", "")], timedelta()) == {}
    words = [with_files("a", "Here."), with_files("b", "Here.", "manual.pdf"), with_files("c", "Here.", "label.pdf")]
    assert claimed(ours("Here.", "label.pdf"), words, timedelta()) == {"c": 0}
    assert claimed(ours("Here.", "label.pdf"), words[:2], timedelta()) == {"a": 0}
    assert claimed(ours("👍"), [with_files("a", "")], timedelta()) == {"a": 0}
