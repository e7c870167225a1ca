"""`shopbell forget`: erases what is stored of a customer or of one ticket."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.cli.options import AsJson
from bot.cli.shell import fail, field, read_database, show, show_json, typed
from bot.clock import SystemClock
from bot.db.connection import Database, Transaction
from bot.db.erased_words import overwrite_erased_words
from bot.model import State, TicketNumber
from bot.settings import load_general
from bot.text import ended
from bot.tickets import erasure
from bot.tickets.erasure import Extent, UnsentMessage
from bot.wording.masking import masked

_STATES = {
    State.HELD: "is held until an agent decides",
    State.FAILED: "has failed",
    State.BEGUN: "is being sent just now",
    State.UNCERTAIN: "may have been sent",
}
_BEYOND_REACH = (
    "the vendor: delete the customer there, too",
    "what agents wrote themselves in Discord and Slack, and what these platforms keep",
    "what shopbell answered agents in direct messages, for example to `!why` in Discord",
    "backups that were made before: delete them, or forget again after restoring one",
)
_ELSEWHERE = "posts of what the customer wrote in other customers' tickets: `--chats` erases them"
_BEYOND_REACH_WITHOUT_CHATS = "our cards and posts in Discord and Slack: `--chats` erases them"


def forget(
    whom: Annotated[
        str,
        typer.Argument(metavar="EMAIL|#NUMBER", help="A customer's address, or a ticket's number: 1042 or '#1042'."),
    ],
    chats: Annotated[bool, typer.Option("--chats", help="Erase our cards and posts in the chats, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a customer's or a ticket's words and names; also while the bridge runs."""
    tickets, found = read_database(_look, whom)
    if not tickets and not found.elsewhere:
        nothing = ended(f"Nothing is stored of {typed(whom)}")
        fail(f"{nothing} Give an address as the vendor has it, or a ticket's number such as 1042.", 1)
    if not as_json:
        shown = masked if load_general().mask_emails else str
        show("\n".join(_plan(found, shown, chats=chats)))
    if not yes:
        _ask(as_json=as_json)
    receipt = asyncio.run(_forget(tickets, whom, chats=chats))
    if as_json:
        show_json(receipt)
    else:
        show("\n".join(_receipt(receipt)))


def _look(tx: Transaction, whom: str) -> tuple[Sequence[TicketNumber], Extent]:
    tickets = erasure.find_tickets(tx, whom)
    return tickets, erasure.extent(tx, tickets, whom)


def _ask(*, as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        fail("Nothing was erased. Add --yes where nobody can answer.", 2)
    if not typer.confirm("Erase this? It cannot be undone."):
        fail("Nothing was erased.", 1)


async def _forget(tickets: Sequence[TicketNumber], whom: str, *, chats: bool) -> dict[str, Any]:
    now = SystemClock().now()
    database = await Database.open_to_change(load_general().database_path)
    try:
        erased = await database.write(erasure.forget, tickets, now, whom=whom, in_chats=chats)
        await overwrite_erased_words(database)
        emptied = await database.empty_log()
    finally:
        await database.aclose()
    beyond = list(_BEYOND_REACH) if chats else [*_BEYOND_REACH, _BEYOND_REACH_WITHOUT_CHATS]
    if erased.doubtful and not chats:
        beyond.append(_doubtful(erased.doubtful))
    if erased.elsewhere and not chats:
        beyond.append(_ELSEWHERE)
    if not emptied:
        beyond.append("the write-ahead log beside the database, until the bridge next empties it")
    return _as_json(erased, now, beyond, chats=chats)


def _as_json(erased: Extent, now: datetime, beyond: Sequence[str], *, chats: bool) -> dict[str, Any]:
    return {
        "erased_at": now.isoformat(timespec="seconds"),
        "tickets": list(erased.tickets),
        "messages": erased.messages,
        "messages_elsewhere": erased.elsewhere,
        "deliveries": erased.deliveries,
        "unsent": [
            {"delivery": each.delivery, "ticket": each.ticket, "kind": each.kind.value, "state": each.state.value}
            for each in erased.unsent
        ],
        "threads": [
            {"ticket": link.ticket, "chat": link.chat, "channel": link.channel, "thread": link.thread}
            for link in (*erased.threads, *erased.elsewhere_threads)
            if chats
        ],
        "doubtful_posts": erased.doubtful,
        "beyond_reach": list(beyond),
    }


def _plan(found: Extent, shown: Callable[[str], str], *, chats: bool) -> Iterator[str]:
    """
    What would be erased; what an agent wrote and the customer does not have comes first.

    Args:
        shown: How a name is shown by which somebody is called.
    """
    for each in found.unsent:
        yield f"⚠️ {_unsent(each, shown(each.author))} It will not be sent."
    yield f"To be erased: {_amounts(len(found.tickets), found.messages, found.deliveries)}."
    if found.tickets:
        yield f"Tickets: {', '.join(f'#{number}' for number in found.tickets)}"
    if found.elsewhere:
        yield f"Messages of this address in other customers' tickets: {found.elsewhere}"
    if chats:
        yield f"Threads in which our cards and posts are erased: {len(found.threads)}"
        if found.elsewhere_threads:
            yield f"Threads of other customers in which these messages are erased: {len(found.elsewhere_threads)}"
    if found.doubtful:
        yield f"Posts that may stand in a chat without our knowing where: {found.doubtful}"


def _unsent(each: UnsentMessage, name: str) -> str:
    kind = "A reply" if each.kind.value == "reply" else "A note"
    author = f" by {field(name)}" if name else ""
    return f"#{each.ticket}: {kind}{author} of {each.written_at:%Y-%m-%d %H:%M} UTC {_STATES.get(each.state, 'waits')}."


def _receipt(receipt: dict[str, Any]) -> Iterator[str]:
    tickets, messages, deliveries = receipt["tickets"], receipt["messages"], receipt["deliveries"]
    yield f"Erased at {receipt['erased_at']}: {_amounts(len(tickets), messages, deliveries)}."
    if tickets:
        yield f"Tickets: {', '.join(f'#{number}' for number in tickets)}"
    if receipt["messages_elsewhere"]:
        yield f"Messages of this address in other customers' tickets: {receipt['messages_elsewhere']}"
    if receipt["unsent"]:
        yield f"Replies and notes that were not sent any more: {len(receipt['unsent'])}"
    if receipt["threads"]:
        yield f"Threads that the bridge erases as soon as it can: {len(receipt['threads'])}; see `shopbell outbox`"
    if receipt["doubtful_posts"] and receipt["threads"]:
        yield f"Posts that the bridge looks for in the chats, to erase them: {receipt['doubtful_posts']}"
    yield "Out of reach:"
    yield from (f"  {each}" for each in receipt["beyond_reach"])


def _doubtful(amount: int) -> str:
    posts = "a post that was" if amount == 1 else f"{amount} posts that were"
    return f"{posts} given up and may stand in a chat all the same: `--chats` looks for what is there"


def _amounts(tickets: int, messages: int, deliveries: int) -> str:
    """`1 ticket, 12 messages and 30 deliveries`."""
    named = [(tickets, "ticket"), (messages, "message")]
    first = ", ".join(f"{amount} {word}{'' if amount == 1 else 's'}" for amount, word in named)
    return f"{first} and {deliveries} {'delivery' if deliveries == 1 else 'deliveries'}"
