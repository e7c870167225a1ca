"""The names of files: whatever people call them, they are shown in a way that deceives nobody."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from adapters.chats.discord.reading import _name_of
from adapters.chats.slack.beside_text import attachments_of
from bot.text.file_names import LONGEST_NAME, UNNAMED, file_name

SHOWN = {
    "an everyday name": ("key.png", "key.png"),
    "other scripts": ("Größe накладная 請求書.pdf", "Größe накладная 請求書.pdf"),
    "right to left": ("فاتورة.pdf", "فاتورة.pdf"),
    "a joiner that the script needs": ("نامه‌ها.pdf", "نامه\u200cها.pdf"),
    "an emoji of several signs": ("👨‍👩‍👧 ❤️.png", "👨‍👩‍👧 ❤️.png"),
    "no ending": ("README", "README"),
    "begins with a dot": (".bashrc", ".bashrc"),
    "two endings": ("a.tar.gz", "a.tar.gz"),
    "space around it": ("  a \t b.png  ", "a b.png"),
    "line ends": ("a\nb\r\nc\u2028d.png", "a b c d.png"),
    "control signs": ("a\x00b\x1b[31mc\x7f\x9b.png", "ab[31mc›.png"),
    "turned around": ("photo\u202egnp.exe", "photognp.exe"),
    "isolated": ("\u2066a\u2069\u2068b.png", "ab.png"),
    "marks of direction": ("a\u200e\u200f\u061cb.png", "ab.png"),
    "signs that nobody sees": ("k\u200be\ufeffy\u2060\u00ad.p\u200bng", "key.png"),
    "a lone surrogate": ("a\ud800.png", "a.png"),
    "a folder": ("../../etc/passwd", ".._.._etc_passwd"),
    "a folder of Windows": ("C:\\Windows\\system32\\a.dll", "C:_Windows_system32_a.dll"),
    "signs that look like a stroke": ("a\u2215b\u2044c\uff0fd.png", "a_b_c_d.png"),
    "dots and space at its end": ("a.exe. . ", "a.exe"),
    "markup": ("**a** <@U1> `b`.png", "**a** <@U1> `b`.png"),
    "quotation marks": ('a"b.png', 'a"b.png'),
    "only a number": ("7", "7"),
}
NOTHING = ("", " ", "\t\n", ".", "..", "...", "/", "//", "./", "\\", "\u200b", "\u200d\u200d", "\ufeff\u2060", "\u3164",
           "\u2800", "\u00ad.\u200b", "\u202e", "\x00\x01", "\ud800", "_", "-", "\u0301", "\ufe0f")  # fmt: skip


@pytest.mark.parametrize("how", SHOWN)
def test_a_name_as_it_is_shown(how: str) -> None:
    """What can be seen of it stays, and nothing else; shown once more, it is the same."""
    given, shown = SHOWN[how]
    assert file_name(given) == shown
    assert file_name(shown) == shown


@pytest.mark.parametrize("given", NOTHING, ids=ascii)
def test_a_name_that_nobody_can_see(given: str) -> None:
    """Another one stands in its place, in both chats."""
    assert file_name(given) == file_name(None) == UNNAMED
    assert file_name(given, "title.png") == "title.png"
    assert _name_of(SimpleNamespace(filename="key.png", title=given)) == "key.png"  # type: ignore[arg-type]
    (file,) = attachments_of({"files": [{"name": given, "title": "title.png"}]})
    assert file.name == "title.png"


@pytest.mark.parametrize("letter", ["a", "é", "請", "👍", "x "])
@pytest.mark.parametrize("ending", [".png", ".tar.gz", "", ".not-an-ending-at-all"])
def test_a_long_name_keeps_its_ending(letter: str, ending: str) -> None:
    """It is cut before that, to what every disk takes."""
    shown = file_name(letter * 300 + ending)
    assert len(shown) <= LONGEST_NAME
    assert len(shown.encode()) <= 255
    assert "…" in shown
    if len(ending) < 10:
        assert shown.endswith(ending.rpartition(".")[2])
    assert file_name(shown) == shown


def test_a_name_without_end_is_read_in_no_time() -> None:
    """Nobody can make us read a million signs of it, or cut them one by one."""
    assert len(file_name("请" * 1_000_000 + ".pdf")) <= LONGEST_NAME


@pytest.mark.parametrize("how", SHOWN)
def test_both_chats_show_the_same_name(how: str) -> None:
    """One function decides, so a file that both chats get is called the same in both."""
    given, shown = SHOWN[how]
    (file,) = attachments_of({"files": [{"name": given}]})
    assert file.name == shown
    assert _name_of(SimpleNamespace(filename=given, title=None)) == shown  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [None, 7, ["a"], {"a": 1}, True])
def test_a_name_of_another_type(name: object) -> None:
    """A chat that sends no text has sent no name."""
    (file,) = attachments_of({"files": [{"name": name, "title": name}]})
    assert file.name == UNNAMED


@pytest.mark.parametrize("unseen", ["\u3164", "\u200d", "\ufe0f", "\u0301", "\u2800", "\u202e"])
def test_a_file_that_only_has_an_ending_is_called_something(unseen: str) -> None:
    """What stands before the ending shows nothing; a name that begins with a dot is a whole one."""
    assert file_name(f"{unseen}.pdf") == "file.pdf"
    assert file_name(".env") == ".env"
