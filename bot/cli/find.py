"""`shopbell find` and `shopbell why`: they print words, because they are asked for them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.cli.options import AsJson, OneStore
from bot.cli.shell import fail, field, no_such_store, read_database, remark, show, show_json, typed
from bot.clock import SystemClock
from bot.db.connection import Transaction
from bot.model import ChatName, TicketNumber
from bot.settings import load_general
from bot.text import ended
from bot.tickets.enqueue import links_of
from bot.tickets.lookup import finding
from bot.tickets.lookup.account import account
from bot.tickets.lookup.finding import PAGE, Found, Scope
from bot.tickets.lookup.history import TicketHistory, read_ticket
from bot.tickets.lookup.next_steps import Names
from bot.tickets.lookup.searched_words import Words, words_of
from bot.tickets.lookup.why import whole
from bot.wording.answers import BEGINNING_ONLY
from bot.wording.cards import title

_CHATS = {ChatName("discord"): "Discord", ChatName("slack"): "Slack"}
_MOST = 200


def find(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="A number, a name, words of a message.")],
    store: OneStore = None,
    as_json: AsJson = False,
) -> None:
    """Find tickets by words; also while the bridge runs."""
    wanted = words_of(" ".join(words))
    if not wanted.words:
        fail("Give a ticket's number, a name, or words of a subject or a message.", 2)
    found = read_database(_look, wanted, Scope(store=store, masks_emails=load_general().mask_emails))
    if isinstance(found, str):
        fail(found, 1)
    if as_json:
        show_json(found)
    else:
        for each in found:
            line = f"  {field(each['line'])}" if each["line"] else ""
            show(f"{field(each['title'])}  {field(each['store'])}  {each['status']}{line}")
    if not found:
        none = f"No ticket has “{field(wanted)}”. Try fewer words, or only the beginning of a word."
        fail(f"{none} {BEGINNING_ONLY}" if wanted.left_out else none, 1)
    if wanted.left_out:
        remark(f"These have “{field(wanted)}”. {BEGINNING_ONLY}")
    if len(found) == _MOST:
        remark(f"These are the first {_MOST}; there may be more. Give more words to find fewer.")


def why(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="A ticket's number: 1042 or #1042.")],
    as_json: AsJson = False,
) -> None:
    """Print every step of a ticket's messages, and what to do next; also while the bridge runs."""
    given = re.fullmatch(r"#?([0-9]{1,12})", number.strip())
    history = None if given is None else read_database(_history, int(given[1]))
    if history is None:
        none = ended(f"There is no ticket {typed(number)}")
        fail(f"{none} Give the number on its card; `shopbell tickets --status all` lists them.", 1)
    now = SystemClock().now()
    names = Names(vendor=history.ticket.store, chats=_CHATS, masks_emails=load_general().mask_emails)
    if as_json:
        show_json(_as_json(history, names, now))
    else:
        show("\n".join(field(line) for line in whole(history, names, now)))


def _look(tx: Transaction, words: Words, scope: Scope) -> str | list[dict[str, Any]]:
    """What was found; a text: there is no such store."""
    fault = no_such_store(tx, scope.store)
    if fault:
        return fault
    pages = (finding.find(tx, words, scope, page) for page in range(_MOST // PAGE))
    found: list[Found] = []
    for page in pages:
        found += page.found
        if not page.more:
            break
    return [_found(tx, each) for each in found]


def _found(tx: Transaction, found: Found) -> dict[str, Any]:
    ticket = found.ticket
    return {
        "number": ticket.number,
        "title": title(ticket),
        "store": ticket.store,
        "id": ticket.vendor_id,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "line": found.line,
        "threads": [
            {"chat": link.chat, "channel": link.channel, "thread": link.thread} for link in links_of(tx, ticket.number)
        ],
    }


def _history(tx: Transaction, number: int) -> TicketHistory | None:
    return None if tx.one("ticket", number=number) is None else read_ticket(tx, TicketNumber(number))


def _as_json(history: TicketHistory, names: Names, now: datetime) -> dict[str, Any]:
    return {
        "number": history.ticket.number,
        "store": history.ticket.store,
        "status": history.ticket.status.value,
        "messages": [account(each, history, names, now).as_json() for each in history.messages],
    }
