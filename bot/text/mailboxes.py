"""When two e-mail addresses are the same mailbox, however people and vendors write them."""

from __future__ import annotations

import unicodedata
from email.utils import parseaddr

from bot.text.as_seen import seen
from bot.text.cleaning import clean


def same_mailbox(one: str, other: str) -> bool:
    """
    Whether both addresses mean the same mailbox.

    Capital letters of any script, the forms of an international domain (`münchen.example` and
    `xn--mnchen-3ya.example`), a name before the address, signs that nobody sees and a wide `＠` make no difference.
    """
    known = mailbox(one)
    return bool(known) and known == mailbox(other)


def mailbox(address: str) -> str:
    """The form in which the same mailboxes are equal; empty: it is no address."""
    bare = unicodedata.normalize("NFKC", seen(clean(address))).removeprefix("mailto:")
    if "<" in bare:
        bare = parseaddr(bare)[1] or bare
    local, at, domain = bare.strip("<> ").rpartition("@")
    if not at:
        return ""
    return f"{_folded(local)}@{'.'.join(_label(part) for part in _folded(domain).rstrip('.').split('.'))}"


def _folded(text: str) -> str:
    # Folded twice: the composed form of a folded letter may have another folded form.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).casefold()


def _label(label: str) -> str:
    """A part of a domain as people read it. `ß` counts as `ss`, as in most mail programs."""
    if not label.startswith("xn--"):
        return label
    try:
        return _folded(label.removeprefix("xn--").encode("ascii").decode("punycode")) or label
    except UnicodeError:
        return label
