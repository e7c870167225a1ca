"""The message that somebody has chosen by its menu, to send it to the customer or to keep it as a note."""

from __future__ import annotations

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, MessageRow, message_row, require
from bot.model import Answer, Said
from bot.tickets.from_agents.written_messages import record_said
from bot.wording import answers, reasons


def chosen_message(tx: Transaction, said: Said) -> tuple[LinkRow, MessageRow] | Answer:
    """
    A message that stands in a ticket's thread, recorded if it was not; or why nothing can be done with it.

    Only this message is recorded: older ones of its thread may still be missing, and the thread does not count as read
    up to here. Whoever has chosen it may act on the ticket, so it may be sent, whoever wrote it.
    """
    link = require(record_said(tx, said, can_reply=True)).link
    message = message_row(require(tx.one("message_by_chat_id", link=link.id, chat_message=said.message)))
    if message.deleted:
        return Answer(text=answers.deleted_meanwhile())
    if message.erased:
        return Answer(text=reasons.message_erased())
    return link, message
