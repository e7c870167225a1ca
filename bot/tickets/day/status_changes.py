"""Asking for a ticket to be closed or reopened: what it takes, whoever asks and in whatever way."""

from __future__ import annotations

from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import TicketRow, delivery_row
from bot.model import Answer, DeliveryId, Status, StatusPayload, Verb
from bot.tickets import enqueue
from bot.tickets.day.taking import Asker
from bot.tickets.figures.answers import set_agent
from bot.tickets.people import chat_id
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, notices, reasons

STATUSES = {Verb.CLOSE: Status.CLOSED, Verb.REOPEN: Status.OPEN}


def request_status(
    tx: Transaction, ticket: TicketRow, verb: Verb, asker: Asker, rules: Rules, now: datetime
) -> Answer | DeliveryId:
    """
    Queue the change that `verb` asks for; its store must be in the settings.

    Returns:
        The delivery that does it; or an answer, if there is nothing to do or the vendor cannot do it.
    """
    wanted = STATUSES[verb]
    if ticket.forgotten:
        return Answer(text=reasons.forgotten())
    pending = tx.one("status_in_progress", ticket=ticket.number)
    target = ticket.status if pending is None else delivery_row(pending).payload_as(StatusPayload).wanted
    if target is wanted:
        sentence = answers.already_so if pending is None else answers.already_under_way
        return Answer(text=sentence(ticket.number, wanted))
    capabilities = rules.capabilities[ticket.store]
    if verb not in capabilities.verbs:
        instead = capabilities.instead.get(verb, "")
        vendor = rules.stores[ticket.store].vendor_label
        return Answer(text=answers.unsupported(vendor, wanted, instead))
    by = notices.by_agent(asker.name, rules.chat_labels[asker.chat])
    agent = chat_id(asker.chat, asker.agent)
    set_agent(tx, agent, asker.name)
    return enqueue.status(tx, ticket, wanted, by, now, agent)
