"""
Finding tickets by words: what is looked for, which tickets have it, and the line where it stands.

The indexes say which tickets have all the words: each is the beginning of a word on the ticket's card or in one of its
texts, whatever its capitals and accents. The line is then looked for in the texts themselves.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.db.connection import Row, Transaction
from bot.db.rows import TicketRow, ticket_row
from bot.model import ChatName, Place, Purpose, Status, StoreName
from bot.tickets.lookup.searched_words import Words, around, best_line, folded_words, missing_in, query
from bot.wording.cards import title
from bot.wording.masking import masked, masked_ticket

PAGE: Final = 10
_SEARCHED = 20_000
"""Of the tickets that have the words, so many of the latest are looked through for those that somebody may see."""
_MOST = 200
_COMMON = 20_000
"""A word that is in so many tickets is looked for as it is."""
_IN_PREFIX_INDEX = 3
"""The beginnings of words, up to so many letters, stand in the index themselves."""
_MOST_FORMS = 50
"""A word with more longer forms is looked for by its beginning."""
_MOST_LOOKED_UP = 4
"""Of so many words the forms are looked up: SQLite counts in how many tickets each is, which takes milliseconds."""
_AT_ONCE = PAGE + 1
"""The texts of so many tickets are read at once."""
_TEXTS = 200
_LETTERS = 50_000
"""In so many texts and characters of a ticket, the latest first, the line is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    Which tickets may be found.

    Attributes:
        chat: Only those with a thread in this chat; None: all that are recorded.
        channels: Only those of these stores, with a thread in one of these channels.
        store: Only those of this store; None: of all.
        status: Only those; with it also only those that their vendor still has. None: all.
        masks_emails: Whether nothing is found by what is masked of an address, and lines show it masked.
        has_addresses: Whether tickets are found by an address of which their title shows nothing.
    """

    chat: ChatName | None = None
    channels: Mapping[StoreName, Sequence[Place]] | None = None
    store: str | None = None
    status: Status | None = None
    masks_emails: bool = False
    has_addresses: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether everything that the indexes know is shown."""
        return self.has_addresses and not self.masks_emails


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that may have the words, with its latest texts, each with whether it is a note."""

    ticket: TicketRow
    texts: tuple[tuple[str, bool], ...]

    @property
    def size(self) -> int:
        """How many characters there are to look through."""
        return sum(len(text) for text, _ in self.texts)


@dataclass(frozen=True, slots=True)
class Found:
    """
    A ticket that has the words.

    Attributes:
        ticket: As it may be shown.
        line: Where the words are, on one line; empty: they are in its title.
        is_note: Whether that is in a note of the team.
    """

    ticket: TicketRow
    line: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found; `more`: whether another one follows."""

    found: tuple[Found, ...]
    more: bool


def find(tx: Transaction, words: Words, scope: Scope, page: int = 0) -> Page:
    """
    A page of the tickets that have all these words, best first.

    That is the ticket whose number was typed, then those that have the words on their cards, then those that have them
    anywhere; the latest first. For programs that serve nobody else meanwhile: long texts are looked through here.
    """
    found: list[Found] = []
    for batch in batches(candidates(tx, words, scope), scope, page):
        found += shown(with_texts(tx, batch, words, scope), words, scope)
        if len(found) > (page + 1) * PAGE:
            break
    return page_of(found, scope, page)


def candidates(tx: Transaction, words: Words, scope: Scope) -> list[TicketRow]:
    """The tickets that may have the words, best first, at most 200; `shown` tells which of them have them."""
    return [ticket_row(row) for row in _rows(tx, words, scope)]


def batches(tickets: Sequence[TicketRow], scope: Scope, page: int | None) -> Iterator[Sequence[TicketRow]]:
    """
    The tickets whose texts are needed, one lot after the other.

    Args:
        page: Only until this page is full and there is one ticket more; None: all of them.
    """
    if scope.is_whole and page is not None:
        yield tickets[page * PAGE : (page + 1) * PAGE + 1]
        return
    for at in range(0, len(tickets), _AT_ONCE):
        yield tickets[at : at + _AT_ONCE]


def with_texts(tx: Transaction, tickets: Iterable[TicketRow], words: Words, scope: Scope) -> list[Candidate]:
    """The tickets with the latest of their texts, without them where the title has all the words."""
    return [
        Candidate(each, () if _is_titled(each, words, scope) else tuple(_latest_texts(tx, each))) for each in tickets
    ]


def _is_titled(ticket: TicketRow, words: Words, scope: Scope) -> bool:
    shown = masked_ticket(ticket) if scope.masks_emails else ticket
    return not missing_in(title(shown), folded_words(words))


def _latest_texts(tx: Transaction, ticket: TicketRow) -> Iterator[tuple[str, bool]]:
    left = _LETTERS
    for row in tx.all("texts_of_ticket", ticket=ticket.number, most=_TEXTS):
        text = row["text"][:left]
        left -= len(text)
        yield text, Purpose(row["purpose"]) is Purpose.NOTE
        if not left:
            break


def shown(found: Iterable[Candidate], words: Words, scope: Scope) -> list[Found]:
    """Those that have the words where they are shown, as they may be shown, with the line where the words are. Pure."""
    masked_ones = [replace(each, ticket=masked_ticket(each.ticket)) for each in found] if scope.masks_emails else found
    return [_found(each, words, scope) for each in masked_ones if scope.is_whole or _has_all(each, words, scope)]


def page_of(found: Sequence[Found], scope: Scope, page: int) -> Page:
    """The page, of everything that was found for it. Pure."""
    on_page = found if scope.is_whole else found[page * PAGE :]
    return Page(tuple(on_page[:PAGE]), more=len(on_page) > PAGE)


def _rows(tx: Transaction, words: Words, scope: Scope) -> list[Row]:
    """What the indexes find, without the second place of what they find in two."""
    if not words.words:
        return []
    channels = None
    if scope.channels is not None:
        channels = json.dumps([f"{name} {each.channel}" for name, places in scope.channels.items() for each in places])
    try:
        rows = tx.all(
            "tickets_with_words",
            words=query(words, _forms(tx, words)),
            number=words.number,
            chat=scope.chat,
            channels=channels,
            store=scope.store,
            status=scope.status,
            searched=_SEARCHED,
            most=2 * _MOST,
        )
    except sqlite3.OperationalError as error:
        # What one version of Unicode takes for a letter, another does not: then SQLite sees two words in one of ours.
        if not str(error).startswith("fts5:"):
            raise
        return []
    firsts: dict[int, Row] = {}
    for row in rows:
        firsts.setdefault(row["number"], row)
    return list(firsts.values())[:_MOST]


def _forms(tx: Transaction, words: Words) -> Mapping[str, Sequence[str]]:
    """
    Of words whose beginnings are not in the index: what to look for in their place.

    To put the tickets of all words that begin so together takes long where they are many. The index has them in order
    for each word by itself.
    """
    found: dict[str, Sequence[str]] = {}
    looked_up = 0
    for word in words.words:
        if len(word) <= _IN_PREFIX_INDEX:
            continue
        if _is_common(tx, word):
            found[word] = (word,)
        # Other alphabets are folded by SQLite in its own way.
        elif word.isascii() and looked_up < _MOST_LOOKED_UP:
            looked_up += 1
            forms = [row["term"] for row in tx.all("forms_of_word", word=word.lower(), most=_MOST_FORMS + 1)]
            if 0 < len(forms) <= _MOST_FORMS:
                found[word] = forms
    return found


def _is_common(tx: Transaction, word: str) -> bool:
    """Whether a word is in so many tickets that to look for longer ones as well would take too long."""
    return tx.one("common_word", word=f'"{word}"', tickets=_COMMON) is not None


def _found(candidate: Candidate, words: Words, scope: Scope) -> Found:
    ticket, wanted = candidate.ticket, folded_words(words)
    if missing_in(title(ticket), wanted) == set():
        return Found(ticket, "")
    best, best_missing, is_note = "", set(wanted), False
    for text, of_note in _texts(candidate, scope):
        line, missing = best_line(text, wanted)
        if len(missing) < len(best_missing):
            best, best_missing, is_note = line, missing, of_note
        if not best_missing:
            break
    return Found(ticket, around(best, wanted), is_note)


def _texts(candidate: Candidate, scope: Scope) -> Iterator[tuple[str, bool]]:
    """A ticket's texts, then what else stands on its card; each with whether it is a note."""
    for text, is_note in candidate.texts:
        yield masked(text) if scope.masks_emails else text, is_note
    for fact in candidate.ticket.facts:
        yield f"{fact.label}: {fact.value}", False
    if scope.has_addresses:
        yield candidate.ticket.customer.email or "", False


def _has_all(candidate: Candidate, words: Words, scope: Scope) -> bool:
    """Whether all the words stand where they are shown."""
    missing = missing_in(f"{title(candidate.ticket)} {candidate.ticket.vendor_id}", folded_words(words))
    for text, _ in _texts(candidate, scope):
        if not missing:
            break
        missing = missing_in(text, missing)
    return not missing
