"""
Saved answers, which the whole team shares: found, listed, written, deleted; and offered as a reply by `!s name`.

A snippet's name is the same in capital and small letters, and so are names that only Unicode tells apart.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from bot.db.connection import Row, Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow, from_ms, require, to_ms
from bot.model import LONGEST_ENTRY, Answer, Button, Verb
from bot.text import clean, units
from bot.tickets import enqueue
from bot.tickets.day.filling_snippets import VARIABLES, Filled, fill, unknown, values_of
from bot.tickets.day.taking import Asker, author
from bot.tickets.decisions import hold_buttons
from bot.tickets.people import chat_id, person_of
from bot.tickets.rules_from_settings import Rules
from bot.wording import form_answers, notices

LONGEST_NAME = 32
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""No file can have these names on Windows, and every snippet can be exported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """
    A saved answer.

    Attributes:
        changed_by: What the chat calls who changed it last; empty: the operator did.
    """

    name: str
    text: str
    changed_by: str = ""
    changed_at: datetime


def normal_name(typed: str) -> str | None:
    """The one form of a snippet's name; None: it can be no name. Pure."""
    name = unicodedata.normalize("NFKC", typed.strip()[: 4 * LONGEST_NAME])
    name = unicodedata.normalize("NFKC", name.casefold())
    allowed = all(sign.isalnum() or sign in "-_" for sign in name)
    return name if 1 <= units(name) <= LONGEST_NAME and allowed and name not in _RESERVED else None


def fault_of(text: str) -> str:
    """Why a text can be no snippet's; empty: it can. Pure."""
    if not clean(text):
        return form_answers.snippet_empty()
    surplus = units(clean(text)) - LONGEST_ENTRY
    if surplus > 0:
        return form_answers.snippet_too_long(surplus)
    found = unknown(clean(text))
    return form_answers.unknown_variables([(each.written, each.nearest) for each in found], VARIABLES) if found else ""


def all_snippets(tx: Transaction) -> list[Snippet]:
    """By name."""
    return [_snippet(row) for row in tx.all("snippets")]


def find_snippet(tx: Transaction, typed: str) -> Snippet | None:
    """The snippet that is called so; None: none is."""
    name = normal_name(typed)
    row = None if name is None else tx.one("snippet", name=name)
    return None if row is None else _snippet(row)


def not_found(tx: Transaction, typed: str) -> Answer:
    """There is no snippet of this name; which one may be meant, and a button to write it."""
    names = [each.name for each in all_snippets(tx)]
    if not typed.strip(" …"):  # `…` comes from a list's line that says that there are more
        return Answer(text=form_answers.which_snippet(), buttons=(Button(verb=Verb.SNIPPETS, label="Snippets"),))
    name = normal_name(typed)
    near = get_close_matches(name or "", names, 1)
    new = () if name is None else (new_button(name),)
    return Answer(text=form_answers.no_such_snippet(typed, near[0] if near else ""), buttons=new)


def new_button(name: str = "") -> Button:
    """The button that opens an empty form for a snippet."""
    return Button(verb=Verb.WRITE_SNIPPET, label="New snippet", words=name)


def save(
    tx: Transaction, name: str, text: str, asker: Asker | None, now: datetime, *, was: str = "", seen_at: int = 0
) -> None:
    """
    Write a snippet whose name and text are good.

    Args:
        asker: Who writes it; None: the operator.
        was: The name that it had until now, if it has another one from now on.
        seen_at: When the snippet that is replaced was changed last, in milliseconds.
    """
    if was and was != name:
        tx.run("delete_snippet", name=was)
    by = None if asker is None else chat_id(asker.chat, asker.agent)
    tx.run(
        "save_snippet",
        name=name,
        text=clean(text),
        by=by,
        by_name=None if asker is None else asker.name,
        now=max(to_ms(now), seen_at + 1),
    )


def delete(tx: Transaction, name: str) -> None:
    """Delete a snippet, if there is one of this name."""
    tx.run("delete_snippet", name=name)


def filled_in(text: str, ticket: TicketRow, asker: Asker, rules: Rules) -> Filled:
    """A snippet's text as this person would send it to the ticket's customer; the store is in the settings. Pure."""
    person = person_of(rules.colleagues, chat_id(asker.chat, asker.agent), asker.name)
    return fill(text, values_of(ticket, rules.stores[ticket.store], person.name))


def offer(
    tx: Transaction, link: LinkRow, ticket: TicketRow, message: MessageRow, typed: str, rules: Rules, now: datetime
) -> Answer | None:
    """
    A message in a ticket's thread asks for a snippet: it becomes a reply that waits for `Send` or `Discard`.

    Returns:
        What to tell its author, if there is nothing to offer; None: the thread shows the text.
    """
    snippet = find_snippet(tx, typed)
    if snippet is None:
        return not_found(tx, typed)
    filled = filled_in(snippet.text, ticket, author(link, message), rules)
    if filled.empty:
        return Answer(text=form_answers.snippet_lacks(snippet.name, filled.empty))
    tx.run("offer_text", id=message.id, text=filled.text)
    reply = require(enqueue.reply(tx, ticket, message.id, now, now, held=True))
    enqueue.line(tx, link, notices.snippet_offered(snippet.name, filled.text), now, hold_buttons(reply))
    return None


def _snippet(row: Row) -> Snippet:
    return Snippet(
        name=row["name"],
        text=row["text"],
        changed_by=row["changed_by_name"] or "",
        changed_at=from_ms(row["changed_at"]),
    )
