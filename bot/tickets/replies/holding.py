"""Replies that are not sent before an agent confirms them: why, and how their authors are asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.connection import Row, Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow, from_ms, message_row, require, ticket_row, to_ms
from bot.model import Author, ChatName, DeliveryId, State
from bot.tickets import enqueue
from bot.tickets.day.taking import Asker, take_by_reply
from bot.tickets.decisions import hold_buttons
from bot.tickets.holders import holder, shown_person
from bot.tickets.people import chat_id, person_of
from bot.tickets.replies import marks
from bot.tickets.replies.collisions import CROSSING, READING, Reply, Shown, collision
from bot.tickets.replies.progress import progress_changed
from bot.tickets.rules_from_settings import Rules
from bot.wording import questions
from bot.wording.masking import masked

# A reply that is read so late is sent only after an agent confirms it: the customer may have got an answer since.
HOLD_AFTER = timedelta(hours=1)
_LATER_THAN_IT_WAS = timedelta(seconds=1)
"""By so much a message can seem to be written too late: a chat tells what time it has in whole seconds."""


@dataclass(frozen=True, slots=True)
class Question:
    """
    What the author of a held reply is asked.

    Attributes:
        plainer: The same without anybody's words and names; None: it has none.
        quoted: The message that it quotes; None: none.
    """

    text: str
    plainer: str | None = None
    quoted: int | None = None


def reason_by_age(tx: Transaction, since: datetime, now: datetime) -> Question | None:
    """Why a reply of this age is held; None: its age is no reason."""
    age = now - since
    if age > HOLD_AFTER:
        return Question(questions.written_long_ago(age))
    restored = tx.one("restored_at")
    if restored is not None and since - _LATER_THAN_IT_WAS < from_ms(restored["restored_at"]):
        return Question(questions.written_before_restore())
    return None


def reason_by_collision(tx: Transaction, link: LinkRow, message: int, rules: Rules) -> Question | None:
    """Why a reply is held that others cross; None: none does. Call it when it is noted who replied, and when."""
    if not rules.guards_collisions:
        return None
    row = require(tx.one("message", id=message))
    reply = _reply(row, rules, has_left=False)
    has = holder(_ticket(tx, link), rules)
    has_ticket = has is not None and has.id == reply.person
    found = collision(reply, _others(tx, reply, link, rules), _shown(tx, reply, link), has_ticket=has_ticket)
    return None if found is None else _question(tx, link, reply, found, rules)


def ask(tx: Transaction, link: LinkRow, question: Question, reply: DeliveryId, now: datetime) -> None:
    """Ask in the thread where a reply was written whether it shall be sent."""
    enqueue.line(
        tx, link, question.text, now, hold_buttons(reply), plainer_text=question.plainer, message=question.quoted
    )


def send_by_hand(
    tx: Transaction,
    link: LinkRow,
    ticket: TicketRow,
    message: int,
    sender: Asker,
    at: datetime,
    rules: Rules,
    now: datetime,
) -> bool:
    """
    Queue a message for the customer that somebody sends by a menu or a form; whoever sends it answers for it.

    Args:
        link: In whose thread they are asked, if it crosses another reply.
        at: When they asked for it, by their chat's time.

    Returns:
        False: it crosses another one, so it is held first.
    """
    tx.run("set_message_replied", id=message, by=chat_id(sender.chat, sender.agent), at=to_ms(at))
    question = reason_by_collision(tx, link, message, rules)
    reply = require(enqueue.reply(tx, ticket, message, now, now, held=question is not None, requested=not question))
    if question is not None:
        ask(tx, link, question, reply, now)
        return False
    hold_later_ones(tx, link, message, rules, now)
    take_by_reply(tx, ticket.number, sender, rules, now)
    return True


def hold_later_ones(tx: Transaction, link: LinkRow, message: int, rules: Rules, now: datetime) -> None:
    """
    Hold the replies of others that were written after this one and still wait: they cross it.

    This one was read after them, though it was written before: another chat brought it.
    """
    if not rules.guards_collisions:
        return
    reply = _reply(require(tx.one("message", id=message)), rules, has_left=False)
    for row in _rivals(tx, reply, link):
        later = _reply(row, rules, has_left=_has_left(row))
        if later.has_left or later.at <= reply.at:
            continue
        where = enqueue.load_link(tx, row["link"])
        found = collision(later, [reply], _shown(tx, later, where), has_ticket=True)
        if found is not None and tx.run("hold_delivery", id=row["delivery"]):
            ask(tx, where, _question(tx, where, later, found, rules), DeliveryId(row["delivery"]), now)
            marks.enqueue_mark(tx, message_row(require(tx.one("message", id=later.message))), now)
            progress_changed(tx, later.message, now)


def _ticket(tx: Transaction, link: LinkRow) -> TicketRow:
    return ticket_row(require(tx.one("ticket", number=link.ticket)))


def _rivals(tx: Transaction, reply: Reply, link: LinkRow) -> list[Row]:
    span = {"since": to_ms(reply.at - CROSSING), "until": to_ms(reply.at + CROSSING)}
    return tx.all("replies_between", ticket=link.ticket, message=reply.message, **span)


def _others(tx: Transaction, reply: Reply, link: LinkRow, rules: Rules) -> list[Reply]:
    return [_reply(row, rules, has_left=_has_left(row)) for row in _rivals(tx, reply, link)]


def _has_left(row: Row) -> bool:
    """Whether the sending of a reply has begun, or an agent has asked for it: then it is not held."""
    return State(row["state"]) is not State.WAITING or bool(row["attempts"]) or bool(row["requested"])


def _reply(row: Row, rules: Rules, *, has_left: bool) -> Reply:
    person = person_of(rules.colleagues, row["replied_by"], None)
    return Reply(message=row["id"], person=person.id, at=from_ms(row["replied_at"]), has_left=has_left)


def _shown(tx: Transaction, reply: Reply, link: LinkRow) -> Sequence[Shown]:
    # Ours and the chat's clock may differ a little.
    span = {"since": to_ms(reply.at - CROSSING - READING), "until": to_ms(reply.at + READING)}
    rows = tx.all("shown_of_customer", ticket=link.ticket, link=link.id, **span)
    return [Shown(message=row["id"], at=None if row["shown_at"] is None else from_ms(row["shown_at"])) for row in rows]


def _question(tx: Transaction, link: LinkRow, reply: Reply, found: Reply | Shown, rules: Rules) -> Question:
    row = require(tx.one("message", id=found.message))
    other = message_row(row)
    words = masked(other.text) if rules.masks_emails else other.text
    if isinstance(found, Shown):
        age = timedelta() if found.at is None else reply.at - found.at
        by_customer = other.author is Author.CUSTOMER
        return Question(
            questions.customer_just_wrote(age, words, by_customer=by_customer),
            questions.customer_just_wrote(age, "", by_customer=by_customer),
            other.id,
        )
    chat = enqueue.load_link(tx, row["link"]).chat
    name = _sender(row["replied_by"], chat, other, rules)
    where = "" if chat == link.chat else rules.chat_labels.get(chat, chat.title())
    apart = reply.at - found.at
    text = questions.colleague_answers(name, where, apart, words)
    return Question(text, questions.colleague_answers("", where, apart, ""), other.id)


def _sender(recorded: str, chat: ChatName, message: MessageRow, rules: Rules) -> str:
    """What people call whoever answers for a reply; empty: nobody knows, as somebody sent what another one wrote."""
    wrote_it = recorded == chat_id(chat, require(message.agent))
    name = message.author_name if wrote_it else None
    person = shown_person(rules, recorded, name)
    return "" if not name and person.id == recorded else person.name
