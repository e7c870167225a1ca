"""Addresses: the same mailbox is found however it is written, and no other one is."""

from __future__ import annotations

import pytest

from bot.text.mailboxes import same_mailbox

SAME = [
    ("jane@example.com", "JANE@Example.COM"),
    ("jane@example.com", "  Jane@example.com\n"),
    ("ängstlich@example.com", "ÄNGSTLICH@EXAMPLE.COM"),
    ("a\u0308rger@example.com", "ÄRGER@example.com"),
    ("οδυσσεύς@example.com", "ΟΔΥΣΣΕΎΣ@example.com"),
    ("иван@пример.рф", "ИВАН@ПРИМЕР.РФ"),
    ("straße@example.com", "STRASSE@example.com"),
    ("jane@münchen.example", "jane@xn--mnchen-3ya.example"),
    ("jane@MÜNCHEN.example", "Jane@XN--MNCHEN-3YA.EXAMPLE"),
    ("иван@пример.рф", "иван@xn--e1afmkfd.xn--p1ai"),
    ("jane@example.com.", "jane@example.com"),
    ("Jane Doe <jane@example.com>", "jane@example.com"),
    ("mailto:jane@example.com", "jane@example.com"),
    ("ｊａｎｅ@example.com", "jane@example.com"),
    ("ja\x00ne@example.com", "jane@example.com"),
    ("\u200bjane@example.com", "jane@example.com"),
    ("jane\u00ad@exam\u2060ple.com\ufeff", "jane@example.com"),
    ("jane＠example.com", "jane@example.com"),
    ("\u202ajane@example.com\u202c", "Jane <jane﹫example.com>"),
]
OTHER = [
    ("jane@example.com", "jane@example.co"),
    ("jane@example.com", "jan@example.com"),
    ("jane+shop@example.com", "jane@example.com"),
    ("j.ane@example.com", "jane@example.com"),
    ("jane@example.com", ""),
    ("", ""),
    ("jane", "jane"),
    ("jane@xn--.example", "jane@.example"),
    ("jane@xn--\u00e4.example", "jane@ä.example"),
    ("jane%@example.com", "jane@example.com"),
    ("\u200b@example.com", "jane@example.com"),
    ("\u200b", "\u2060"),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=ascii)
def test_the_same_mailbox(one: str, other: str) -> None:
    """Whichever way it is asked for."""
    assert same_mailbox(one, other)
    assert same_mailbox(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER, ids=ascii)
def test_another_mailbox(one: str, other: str) -> None:
    """Nobody else is erased."""
    assert not same_mailbox(one, other)
    assert not same_mailbox(other, one)
