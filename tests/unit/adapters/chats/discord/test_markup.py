from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.chats.discord.brackets import Names
from adapters.chats.discord.markup import (
    code_block,
    cut_escaped,
    cut_line,
    escape,
    named_link,
    small,
    width,
)
from adapters.chats.discord.reading_markdown import read as read_markdown
from adapters.chats.discord.writing_markdown import write
from bot.text import clean, split, units
from bot.text.plain import plain
from bot.text.tree import Code, Item, List, Paragraph, RichText, Style, Words

NOBODY = Names()

# Texts that are dense with what means something to Discord.
PIECES = st.sampled_from(
    [
        "\\",
        "*",
        "**",
        "_",
        "__",
        "~~",
        "`",
        "```",
        "||",
        "|",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        ">>> ",
        "> ",
        "#",
        "# ",
        "-# ",
        "- ",
        "1. ",
        "12) ",
        "+ ",
        "@everyone",
        "@here",
        "<@123456789012345678>",
        "<@&1>",
        "<#5>",
        "</close:12>",
        "<t:1700000000:R>",
        "<:smile:123>",
        "<a:dance:1>",
        ":smile:",
        "user:key:",
        ":+1::skin-tone-3:",
        "<id:browse>",
        "[your bank](https://evil.example/)",
        "https://example.com/a_b*c~d",
        "http://x.io",
        "https://",
        "steam://run/1",
        "https://a.b/c]]",
        "HTTPS://A.B",
        "\n",
        "\n\n",
        "  ",
        "\t",
        "a",
        "word",
        "Ünïcode",
        "e\u0301",
        "😀",
        "\u200b",
        ":",
        "://",
        ".",
        "@",
        "1",
        "/",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=200)).map(clean)

ESCAPED = re.compile(r"\\[^0-9A-Za-z\s]")
AUTOLINK = re.compile(r"<(?i:https?)://[^\s<>]+>")
# What Discord would act upon, once escaped signs and plain addresses are taken out.
ACTIVE = re.compile(
    r"[*_~`|\[\]<]|@everyone|@here|\w+://|:(?!\d{1,2}:)[\w+-]+:"
    r"|^[^\S\n]*(?:#{1,3}(?:\s|$)|>|-#|[*+-](?:\s|$)|\d+[.)](?:\s|$))",
    re.MULTILINE,
)


def left_active(escaped: str) -> list[str]:
    """The signs in a text that Discord would not show but act upon."""
    without_signs = ESCAPED.sub("\N{BLACK SQUARE}", AUTOLINK.sub("\N{WHITE SQUARE}", escaped))
    return [found[0] for found in ACTIVE.finditer(without_signs)]


@given(TEXTS)
@example("@everyone <@123456789012345678> <@&9> <#5> </close:12> <t:1:R> <:e:1> [bank](https://evil.example) -# tiny")
@example("-# small\n# big\n> quoted\n>>> all\n1. one\n- two\n* three")
@example("https://a.b/[x](https://evil.example)")
def test_nothing_in_an_escaped_text_takes_effect(text: str) -> None:
    """No markdown, mention, masked link, timestamp, custom emoji or command of a customer survives."""
    assert left_active(escape(text)) == []


@given(TEXTS)
def test_an_escaped_text_reads_as_it_was(text: str) -> None:
    """Escaping loses nothing: read back as Discord shows it, it is the same text."""
    assert plain(read_markdown(escape(text), NOBODY)) == text


@given(TEXTS)
def test_the_width_is_never_too_small(text: str) -> None:
    """A text that fits by its width fits once it is escaped, however Discord counts."""
    assert units(escape(text)) <= width(text)


@given(TEXTS, st.integers(1, 60))
def test_every_piece_of_a_split_text_is_harmless_and_short_enough(text: str, length: int) -> None:
    """Pieces are escaped one by one: a cut in the middle of markup sets nothing free."""
    length = max(length, 4)
    for piece in split(text, length, width):
        assert units(escape(piece)) <= length
        assert left_active(escape(piece)) == []


@given(TEXTS)
def test_small_letters_stay_harmless(text: str) -> None:
    """The only markup in a small text is the one that makes it small, line by line."""
    lines = small(escape(text)).split("\n")
    assert all(line.startswith("-# ") or not line.strip() for line in lines)
    assert left_active("\n".join(line.removeprefix("-# ") for line in lines)) == []


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<@11> and <@!11>", "@Ana and @Ana"),
        ("<@99>", "@somebody"),
        ("<@&99> <#98>", "@group #channel"),
        ("<id:browse> <id:linked-roles:1234567890123456789>", "Browse Channels Linked Roles"),
        ("<sound:123456789012345678:987654321098765432>", "a sound"),
        ("<@&22>", "@Support"),
        ("see <#33>", "see #orders"),
        ("<:party:123> <a:dance:5>", ":party: :dance:"),
        ("<t:1700000000>", "2023-11-14 22:13 UTC"),
        ("<t:1700000000:D>", "2023-11-14"),
        ("<t:1700000000:t>", "22:13 UTC"),
        ("<t:99999999999999999:R>", "<t:99999999999999999:R>"),
        ("[the guide](https://shop.example/guide)", "the guide (https://shop.example/guide)"),
        ("[the guide](<https://shop.example/guide>)", "the guide (https://shop.example/guide)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("<https://shop.example/x>", "https://shop.example/x"),
        (r"\*not bold\* and C:\\temp", "*not bold* and C:\\temp"),
        (r"https://a.example/b\_c", r"https://a.example/b\_c"),
        ("your key: `ABC_<@11>-1`", "your key: ABC_<@11>-1"),
        ("```py\nprint(1)\n```", "print(1)"),
        ("``a ` b``", "a ` b"),
        ("</close:123>", "/close"),
        ("**bold** 2*3", "bold 2*3"),
        ("a\r\nb\u2028c", "a\nb\nc"),
    ],
)
def test_what_people_type_is_read_as_they_see_it(typed: str, read: str) -> None:
    """Mentions become names, links show where they lead, escapes and code fences vanish."""
    names = Names(users={"11": "Ana"}, roles={"22": "Support"}, channels={"33": "orders"})
    assert plain(read_markdown(typed, names)) == read


def test_a_plain_address_stays_a_link_and_any_other_protocol_does_not() -> None:
    """Web addresses can be opened and read exactly as they are; nothing else can be clicked."""
    assert escape("see https://a.example/x_y.") == "see <https://a.example/x_y>."
    assert escape("steam://run/1") == "steam\\://run/1"


def test_a_named_link_shows_its_name_and_leads_nowhere_else() -> None:
    """A file's name cannot change where its link leads, and an address that is none is left out."""
    assert named_link("a](https://evil.example)[b", "https://cdn.example/f?x=1") == (
        "[a\\](https\\://evil.example)\\[b](https://cdn.example/f?x=1)"
    )
    assert named_link("photo.png", None) == "photo.png"
    assert named_link("photo.png", "javascript:alert(1)") == "photo.png"
    assert named_link("photo.png", "https://cdn.example/a)b") == "[photo.png](https://cdn.example/a%29b)"


@given(st.text(max_size=300), st.integers(20, 60))
def test_a_block_holds_its_table_and_never_ends_early(table: str, length: int) -> None:
    """Whatever a table holds, it stays within its fences and its length."""
    shown = code_block(clean(table), length)
    assert units(shown) <= length
    assert shown.startswith("```\n")
    assert shown.endswith("\n```")
    assert "`" not in shown[3:-3]


def test_a_block_leaves_out_whole_lines_at_the_end() -> None:
    """A table that is too long loses its last lines and says so."""
    assert code_block("one\ntwo\nthree", 18) == "```\none\ntwo\n…\n```"


@given(st.text(max_size=300), st.integers(3, 120))
def test_a_name_is_cut_to_its_length_on_one_line(text: str, length: int) -> None:
    """Names hold one line of at most so many units, counted as the stricter of Discord's programs does."""
    cut = cut_line(text, length)
    assert units(cut) <= length
    assert "\n" not in cut


@given(TEXTS, st.integers(8, 60))
def test_a_cut_text_is_harmless_and_short_enough(text: str, length: int) -> None:
    """A text that is cut is cut before it is escaped, so no escape is torn apart."""
    cut = cut_escaped(text, length)
    assert units(cut) <= length
    assert left_active(cut) == []


@pytest.mark.parametrize(
    "text",
    [
        (Paragraph((Code("AB"), Code("C**D", Style(bold=True)), Words(" is it"))),),
        (Paragraph((Words("  "), Words("# no heading https://a.example/**x", Style(bold=True)))),),
        (List((Item((Words("a"),), 0, 1), *(Item((Words("b"),), 1, number) for number in (1, 2, 5, 6, 7)))),),
        (List((Item((Words("a"),), 0, 1), Item((Words("b"),), 1, 1), Item((), 1), Item((Words("c"),), 1, 7))),),
        (List((Item((), 0), Item((Words("a"),), 1, 2), Item((Words("b"),), 0, 1))),),
        (List(tuple(Item((Words("x"),), 0, number) for number in (20, 21, 3, 4, 4, 5))),),
    ],
)
def test_what_discord_has_no_form_for_keeps_its_words_and_numbers(text: RichText) -> None:
    """Code beside code, a sign behind space, and numbers that do not follow one another."""
    seen = plain(read_markdown(write(text), Names()))
    assert [line.strip() for line in seen.split("\n")] == [line.strip() for line in plain(text).split("\n")]
