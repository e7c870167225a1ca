"""For whom a text is."""

from __future__ import annotations

import pytest

from bot.model import Customer
from bot.text.audience import ForBot, ForCustomer, ForTeam, audience
from bot.text.normal_form import normal
from bot.text.note_prefixes import without_prefix
from bot.text.plain import plain
from bot.text.tree import BREAK, Item, List, Paragraph, Style, Words
from bot.wording.cards import customer_name

PREFIXES = ("//", "note:", "🔒")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("// do not refund", "do not refund"),
        ("NOTE: shout", "shout"),
        ("🔒 locked", "locked"),
        ("🔒\ufe0f locked", "locked"),
        ("🔒\ufe0e locked", "locked"),
        ("🔐 locked", "locked"),
        ("🔏\u2063 locked", "locked"),
        ("\ufeff// byte order mark", "byte order mark"),
        ("/\u200b/ inside the prefix", "inside the prefix"),
        ("\u3164 // filler", "filler"),
        ("／／ full width", "full width"),
        ("/ / as a telephone writes it, and of many words", "as a telephone writes it, and of many words"),
        ("∕∕ division signs", "division signs"),
        ("⁄ ⁄ fraction signs", "fraction signs"),
        ("> // quoted", "quoted"),
        ("*// starred*", "starred*"),
        ("- // in a list", "in a list"),
        ("\n// on the second line", "on the second line"),
        ("//", ""),
        ("1. // in a numbered list", "in a numbered list"),
        ("> 2) note: quoted and numbered", "quoted and numbered"),
        ("- [ ] note: to do", "to do"),
        ("✅ note: after an emoji", "after an emoji"),
        ("— // after a dash", "after a dash"),
        ("note : a space before the colon", "a space before the colon"),
        ("\u2800note: Braille without points", "Braille without points"),
        ("@Bob note: to a colleague", "to a colleague"),
        ("@Bob Lee // to a colleague with two names", "to a colleague with two names"),
        ("@here 🔒 to everybody", "to everybody"),
    ],
)
def test_notes(text: str, note: str) -> None:
    """What nobody sees does not decide, and what stands before the prefix leaves it a note."""
    assert audience(text, PREFIXES) == ForTeam(note)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("!snooze", ""),
        ("!snooze 2h", "2h"),
        ("/Snooze until mon 9:00", "until mon 9:00"),
        ("@shopbell snooze 1042 until the parcel is there", "1042 until the parcel is there"),
        ("**!snooze 2026-12-01 9:00**", "2026-12-01 9:00"),
    ],
)
def test_a_command_with_words_has_any_number_of_them(text: str, rest: str) -> None:
    """Whatever stands behind it, it does not go to the customer."""
    assert audience(text, PREFIXES) == ForBot("snooze", rest, is_addressed=text.startswith("@"))


@pytest.mark.parametrize("text", ["snooze 2h", "!snoozed you out, sorry about that", "! I snooze a lot these days"])
def test_a_text_that_only_begins_like_a_command_with_words_is_none(text: str) -> None:
    """Neither is one without the sign in front."""
    assert audience(text, PREFIXES) == ForCustomer()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("!close", "close"),
        ("! reopen", "reopen"),
        ("/close", "close"),
        ("!CLOSE #1042", "close"),
        ("\u200e!stats", "stats"),
        ("**!closee**", "closee"),
        ("@shopbell close", "close"),
        ("@shopbell, please close it", "@shopbell, please close it"),
        ("@shopbell /reopen!", "reopen"),
        ("!! close", "close"),
        ("@Shopbell", "@Shopbell"),
        ("!close.", "close"),
        ("!closee!", "closee"),
        ("\uff20shopbell close", "close"),
        ("/close please", "close please"),
        ("!reopen it again", "reopen it again"),
    ],
)
def test_words_for_the_bot(text: str, word: str) -> None:
    """Few words behind a mark, or the bot's name first."""
    found = audience(text, PREFIXES)
    assert isinstance(found, ForBot)
    assert found.word == word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("!note she is a reseller, so be careful with refunds", "note she is a reseller, so be careful with refunds"),
        ("/note: he is lying", "note: he is lying"),
        ("!assign @bob", "assign @bob"),
        ("!close the window please", "close the window please"),
        ("!note\nsecond line", "note\nsecond line"),
        ("!find jane@example.com", "find jane@example.com"),
        ("/reply Dear Jane, thank you", "reply dear jane, thank you"),
        ("!!note he is a reseller of keys", "note he is a reseller of keys"),
        ("//close it when she has paid", "close it when she has paid"),
        ("1. !note he is a reseller of keys", "note he is a reseller of keys"),
        ("- 12) !find her other orders first", "find her other orders first"),
        ("— !note he is a reseller of keys", "note he is a reseller of keys"),
        ("– /assign it to Bob or Ann", "assign it to bob or ann"),
    ],
)
def test_behind_a_commands_name_any_words_are_for_the_bot(text: str, word: str) -> None:
    """However many there are: what looks like a note or a command must not reach the customer unasked."""
    assert audience(text, ()) == ForBot(word)
    longer = audience(f"{text} {'and so on ' * 400}", ())
    assert isinstance(longer, ForBot)
    assert longer.word.startswith(word[:10])


@pytest.mark.parametrize(
    "text",
    [
        "/help/articles/12 says how",
        "!noted, thank you",
        "/stats-page is down for us",
        "! note that it is ready",
        "12 !note",
        "1. note this",
    ],
)
def test_what_only_looks_like_a_commands_name_is_a_reply(text: str) -> None:
    """A path, a longer word, an exclamation mark that stands alone."""
    assert audience(text, ()) == ForCustomer()


@pytest.mark.parametrize(
    ("text", "rest"),
    [("!close #1042", "#1042"), ("/close 1042", "1042"), ("@shopbell reopen #7.", "#7"), ("!close", "")],
)
def test_a_number_behind_a_word_for_the_bot(text: str, rest: str) -> None:
    """Which ticket is meant."""
    found = audience(text, PREFIXES)
    assert isinstance(found, ForBot)
    assert found.rest == rest


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "!",
        "! now really",
        "Great!",
        "/etc/hosts",
        "/etc/passwd is it",
        "/24",
        "@shopbellish hi",
        "",
        "a // b",
        "1. Open the page // 2. Log in",
        "2024) note: begins with a year",
        "Note that this takes a day",
        "footnote: see below",
        "Dear @Bob, note: this is what you asked",
        "@Jane Doe, we have\nnote: on the next line",
    ],
)
def test_replies(text: str) -> None:
    """Everything else is for the customer."""
    assert audience(text, PREFIXES) == ForCustomer()


def test_a_notes_formatting_stays() -> None:
    """The prefix goes, the rest of the tree is as it was; where that cannot be told, the plain form has to do."""
    text = normal((Paragraph((Words("// do "), Words("not", Style(bold=True)))),))
    note = without_prefix(text, "do not")
    assert note == normal((Paragraph((Words("do "), Words("not", Style(bold=True)))),))
    assert plain(note) == "do not"
    assert without_prefix(text, "something else") is None


def test_a_notes_formatting_stays_below_its_prefix() -> None:
    """The prefix may have a line of its own; where it stands in a list, the plain form has to do."""
    text = normal((Paragraph((Words("//"), BREAK, Words("not", Style(bold=True)))),))
    assert without_prefix(text, "not") == normal((Paragraph((Words("not", Style(bold=True)),)),))
    entry = Item((Words("// "), Words("not", Style(bold=True))), 0, None)
    assert without_prefix((List((entry,)),), "not") is None


@pytest.mark.parametrize("text", ["⚙ do not refund", "⚙\ufe0f do not refund"])
def test_a_prefix_is_known_however_its_emoji_is_written(text: str) -> None:
    """A settings file may hold what nobody sees in it; then, too, no note may reach a customer."""
    assert audience(text, ("⚙\ufe0f",)) == ForTeam("do not refund")


def test_a_name_that_shows_nothing_is_no_name() -> None:
    """Fillers, joiners and spaces only: the next best is taken."""
    assert customer_name(Customer(name="\u3164\u3164", email="jane@a.example")) == "jane"
    assert customer_name(Customer(name="\u200b \u2060")) == "Customer"
    assert customer_name(Customer(name="Zoë")) == "Zoë"


@pytest.mark.parametrize("sign", ["❗", "❗\ufe0f", "❕", "ǃ", "！", "﹗", "‼"])
@pytest.mark.parametrize(
    ("words", "rest"), [("close", ""), (" Close!", ""), ("close 1042", "1042"), ("snooze 2h", "2h")]
)
def test_what_looks_like_an_exclamation_mark_is_one(sign: str, words: str, rest: str) -> None:
    """A command behind it goes to nobody, but a sentence that begins with it does."""
    assert audience(sign + words, PREFIXES) == ForBot(words.split(maxsplit=1)[0].lower().rstrip("!"), rest)
    assert audience(f"**{sign}{words}**", PREFIXES) == audience(sign + words, PREFIXES)


@pytest.mark.parametrize(
    "text", ["❗Important", "❗ Note that it is closed today", "❕sold out", "❗Help is on its way"]
)
def test_a_sentence_may_begin_with_an_emoji(text: str) -> None:
    """Even if its first word is a command's name."""
    assert audience(text, PREFIXES) == ForCustomer()
