"""
What happens when the author of a message edits or deletes it.

While it is certain that a reply has not reached the customer, deleting it recalls it, and editing it has the effect of
writing the new text at first. After that, the vendor and the other chats keep the old text, and the author gets a
private message about it. A note stays a note after every edit. Where it is already shown, a line reports the change.

Deleting needs no right: it only takes back. Editing does: the new text of somebody who may not act on the ticket any
more goes nowhere. The old text, which its author did not want like this, is taken back if it was not sent yet.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from bot.db.connection import Row, Transaction
from bot.db.rows import (
    DeliveryRow,
    LinkRow,
    MessageRow,
    TicketRow,
    delivery_row,
    formatting_json,
    link_row,
    message_row,
    require,
    ticket_row,
    to_ms,
)
from bot.model import Agent, ChatMessageId, Deleted, Edited, Kind, Place, Purpose, Said, State
from bot.text import clean
from bot.text.tree import RichText
from bot.tickets import enqueue, marks
from bot.tickets.erasure import erase_deleted
from bot.tickets.links import find_link, place_of
from bot.tickets.outcomes import may_have_been_sent
from bot.tickets.progress import progress_changed
from bot.tickets.rights import may_act
from bot.tickets.routing import (
    Route,
    checked_reply_route,
    decide,
    enqueue_routed,
    note_route,
    note_text,
    refusal,
    set_route,
)
from bot.tickets.rules import Rules
from bot.tickets.typed_commands import AnswerDue, typed_command
from bot.wording import notices


@dataclass(frozen=True, slots=True)
class PrivateMessage:
    """A text for one person only; `refused`: because they may not act on the ticket."""

    agent: Agent
    text: str
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _MessageContext:
    """
    A message that was edited or deleted, with its rows and the rules.

    Attributes:
        chat_now: The time in its chat, as far as it is known.
        formatted: The new text of an edited message with its formatting; None: it has none.
    """

    message: MessageRow
    link: LinkRow
    ticket: TicketRow
    rules: Rules
    now: datetime
    chat_now: datetime
    formatted: RichText | None = None

    def may_edit(self, agent: Agent, writable: Collection[Place]) -> bool:
        """
        Whether this person may change what they wrote now.

        While the settings do not name the ticket's store, nobody is its agent; then whoever can still write here may.
        """
        place, store = place_of(self.link, self.message), self.rules.stores.get(self.ticket.store)
        if store is None:
            return agent.is_active and place in writable
        return may_act(agent, store, [place], writable)


def record_edited(
    tx: Transaction,
    edited: Edited,
    writable: Collection[Place],
    rules: Rules,
    now: datetime,
    chat_now: datetime | None = None,
) -> PrivateMessage | AnswerDue | None:
    """
    A message was edited. Returns what to send to its author; None: nothing, or it was sent before.

    Args:
        writable: Where its author can write now.
        chat_now: The time in its chat; None: unknown.
    """
    context = _find_context(tx, edited.place, edited.message, rules, now, chat_now)
    if context is None:
        return None
    allowed = context.may_edit(edited.agent, writable)
    result = _edit(tx, context, edited, allowed=allowed)
    return PrivateMessage(edited.agent, result, refused=not allowed) if isinstance(result, str) else result


def record_deleted(tx: Transaction, deleted: Deleted, rules: Rules, now: datetime) -> PrivateMessage | None:
    """A message was deleted. Returns what to send to its author; None: nothing, or it was sent before."""
    context = _find_context(tx, deleted.place, deleted.message, rules, now)
    text = None if context is None else _delete(tx, context)
    erase_deleted(tx, now)
    message = None if context is None else context.message
    if message is None or text is None or message.agent is None:
        return None
    return PrivateMessage(Agent(id=message.agent, name=message.author_name or ""), text)


def record_reread(
    tx: Transaction,
    message: int,
    found: Said | None,
    writable: Collection[Place],
    sync_epoch: str,
    rules: Rules,
    now: datetime,
    chat_now: datetime | None = None,
) -> None:
    """
    A message that was not sent yet was read again: apply an edit or a deletion that was missed.

    Args:
        found: The message as it is now; None: it is deleted.
        writable: Where its author can write now.
        sync_epoch: The sync epoch of its chat in which it was read.
        chat_now: The time in its chat; None: unknown.
    """
    tx.run("set_message_sync_epoch", id=message, sync_epoch=sync_epoch)
    context = _load_context(tx, require(tx.one("message", id=message)), rules, now, chat_now)
    if found is None:
        _delete(tx, context)
        erase_deleted(tx, now)
    else:
        _edit(tx, context, found, allowed=context.may_edit(found.agent, writable))


# ---------------------------------------------------------------- edited


def _edit(tx: Transaction, context: _MessageContext, now: Edited | Said, *, allowed: bool) -> str | AnswerDue | None:
    """Returns what the author has to know; None: nothing. `allowed`: whether the author may act on the ticket now."""
    message, text = context.message, clean(now.text)
    context = replace(context, formatted=now.formatted)
    if message.deleted or message.erased:
        return None
    if not _is_new_text(context, text):
        return _change_formatting(tx, context, text) if allowed else None
    tx.run("set_message_edited", id=message.id, text=text)
    if allowed and (context.ticket.store not in context.rules.stores or not message.routed):
        _set_text(tx, context, text)
        return None
    return _edit_routed(tx, context, text) if allowed else _edit_without_right(tx, context, text)


def _edit_routed(tx: Transaction, context: _MessageContext, text: str) -> str | AnswerDue | None:
    message = context.message
    if message.purpose is Purpose.NOTE:
        return _edit_note(tx, context, text)
    if message.purpose is Purpose.REPLY:
        return _edit_reply(tx, context, text)
    return _edit_talk(tx, context, text)


def _is_new_text(context: _MessageContext, text: str) -> bool:
    """Whether the text differs. Chats send some edits twice, and some send one when only a link preview was added."""
    message = context.message
    if message.edited_text is not None:
        return text != message.edited_text
    return message.text != (note_text(text, context.rules) if message.purpose is Purpose.NOTE else text)


def _change_formatting(tx: Transaction, context: _MessageContext, text: str) -> str | None:
    """The words are the same. What was not sent yet is sent as it is formatted now."""
    message = context.message
    differs = text == message.text and message.formatted != context.formatted
    reply = _reply(tx, context) if differs and message.purpose is not Purpose.NOTE else None
    if reply is not None and not may_have_been_sent(reply):
        _set_text(tx, context, text)
    return None


def _edit_without_right(tx: Transaction, context: _MessageContext, text: str) -> str:
    """The new text goes nowhere, and the old one is taken back where it was not sent or shown yet."""
    message = context.message
    tx.run("set_message_inside", id=message.id)
    if message.routed and message.purpose is Purpose.NOTE:
        for each in _note_deliveries(tx, context):
            if not may_have_been_sent(each):
                tx.run("drop_delivery", id=each.id, now=to_ms(context.now))
        return notices.not_an_agent()
    reply = _reply(tx, context)
    if reply is not None and reply.state is not State.DROPPED:
        if may_have_been_sent(reply):
            return notices.too_late_to_edit(certain=reply.state is State.DONE)
        _recall(tx, context, reply)
    _set_text(tx, context, text)
    return notices.not_an_agent()


def _edit_talk(tx: Transaction, context: _MessageContext, text: str) -> AnswerDue | None:
    """
    It went nowhere so far, and an edit must not send to the customer what was not meant for them.

    What was a command was meant for nobody yet, so it becomes what it would be if it had been written like that.
    """
    route = decide(_with_text(context, text), context.ticket, context.rules)
    was_command = typed_command(context.message, context.rules) is not None
    if route.purpose is Purpose.NOTE or route.command is not None or was_command:
        return _reroute(tx, context, route)
    _set_text(tx, context, text)
    return None


def _edit_reply(tx: Transaction, context: _MessageContext, text: str) -> str | AnswerDue | None:
    reply = _reply(tx, context)
    if reply is None or reply.state is State.DROPPED:
        _set_text(tx, context, text)
        return None
    if may_have_been_sent(reply):
        return notices.too_late_to_edit(certain=reply.state is State.DONE)
    written = _with_text(context, text)
    route = note_route(written, context.rules) or checked_reply_route(written, context.ticket, context.rules)
    # Route it again if it is a note now, if whether and why its vendor refuses it has changed, or if it was a command
    # for a text that waits to be sent.
    is_other = route.purpose is not Purpose.REPLY or bool(route.held) or _was_offer(context)
    if is_other or route.refused != refusal(context.message, context.ticket, context.rules):
        _recall(tx, context, reply)
        return _reroute(tx, context, route)
    _set_text(tx, replace(context, formatted=route.formatted), route.text)
    return notices.edited_after_failure() if reply.state is State.FAILED and not route.refused else None


def _was_offer(context: _MessageContext) -> bool:
    """Whether the message asked for a text that was offered in its place."""
    written = context.message.edited_text
    return written is not None and typed_command(replace(context.message, text=written), context.rules) is not None


def _edit_note(tx: Transaction, context: _MessageContext, text: str) -> str | None:
    """The vendor's copy is found by its text. So our text stays as it is once the vendor may have it."""
    note = note_route(_with_text(context, text), context.rules)
    sentences = [notices.still_a_note()] if note is None else []
    before, after = _shown_note(context), text if note is None else note.text
    if note is not None:
        context = replace(context, formatted=note.formatted)
    if after != before:
        deliveries = _note_deliveries(tx, context)
        at_vendor = any(each.kind is Kind.NOTE and may_have_been_sent(each) for each in deliveries)
        if at_vendor:
            sentences.append(notices.note_stays_edited(_vendor_label(context)))
        else:
            _set_text(tx, context, after)
        line = notices.note_edited(context.message.author_name or "", before, after)
        _announce_note_change(tx, context, [each for each in deliveries if at_vendor or may_have_been_sent(each)], line)
    return " ".join(sentences) or None


def _reroute(tx: Transaction, context: _MessageContext, route: Route) -> AnswerDue | None:
    message, now = context.message, context.now
    set_route(tx, message.id, route, now)
    return enqueue_routed(
        tx, context.link, context.ticket, message, route, context.rules, now, since=now, at=context.chat_now
    )


# ---------------------------------------------------------------- deleted


def _delete(tx: Transaction, context: _MessageContext) -> str | None:
    """Returns the text for the author; None: none."""
    message = context.message
    if message.deleted:
        return None
    tx.run("set_message_deleted", id=message.id, now=to_ms(context.now))
    if message.erased:
        return None
    if message.purpose is Purpose.NOTE:
        return _delete_note(tx, context)
    reply = _reply(tx, context)
    if reply is None or reply.state is State.DROPPED:
        return None
    if may_have_been_sent(reply):
        return notices.too_late_to_delete(certain=reply.state is State.DONE)
    _recall(tx, context, reply)
    return None


def _delete_note(tx: Transaction, context: _MessageContext) -> str | None:
    deliveries = _note_deliveries(tx, context)
    for each in deliveries:
        if not may_have_been_sent(each):
            tx.run("drop_delivery", id=each.id, now=to_ms(context.now))
    line = notices.note_deleted(context.message.author_name or "", _shown_note(context))
    _announce_note_change(tx, context, [each for each in deliveries if may_have_been_sent(each)], line)
    at_vendor = any(each.kind is Kind.NOTE and may_have_been_sent(each) for each in deliveries)
    return notices.note_stays_deleted(_vendor_label(context)) if at_vendor else None


# ---------------------------------------------------------------- shared


def _find_context(
    tx: Transaction,
    place: Place,
    chat_message: ChatMessageId,
    rules: Rules,
    now: datetime,
    chat_now: datetime | None = None,
) -> _MessageContext | None:
    link = find_link(tx, place)
    row = None if link is None else tx.one("message_by_chat_id", link=link.id, chat_message=chat_message)
    return None if row is None else _load_context(tx, row, rules, now, chat_now)


def _load_context(tx: Transaction, row: Row, rules: Rules, now: datetime, chat_now: datetime | None) -> _MessageContext:
    message = message_row(row)
    ticket = ticket_row(require(tx.one("ticket", number=message.ticket)))
    link = link_row(require(tx.one("link", id=message.link)))
    return _MessageContext(message=message, link=link, ticket=ticket, rules=rules, now=now, chat_now=chat_now or now)


def _with_text(context: _MessageContext, text: str) -> MessageRow:
    return replace(context.message, text=text, formatted=context.formatted)


def _set_text(tx: Transaction, context: _MessageContext, text: str) -> None:
    tx.run("set_message_text", id=context.message.id, text=text, formatted=formatting_json(context.formatted))
    progress_changed(tx, context.message.id, context.now)


def _shown_note(context: _MessageContext) -> str:
    """The text of a note in its chat, as last received."""
    message = context.message
    if message.edited_text is None:
        return message.text
    note = note_text(message.edited_text, context.rules)
    return message.edited_text if note is None else note


def _reply(tx: Transaction, context: _MessageContext) -> DeliveryRow | None:
    row = tx.one("reply_of_message", message=context.message.id)
    return None if row is None else delivery_row(row)


def _recall(tx: Transaction, context: _MessageContext, reply: DeliveryRow) -> None:
    tx.run("drop_delivery", id=reply.id, now=to_ms(context.now))
    tx.run("set_message_purpose", id=context.message.id, purpose=Purpose.TALK)
    progress_changed(tx, context.message.id, context.now)
    marks.enqueue_mark(tx, context.message, context.now)


def _note_deliveries(tx: Transaction, context: _MessageContext) -> list[DeliveryRow]:
    return [delivery_row(row) for row in tx.all("copies_of_note", message=context.message.id)]


def _announce_note_change(tx: Transaction, context: _MessageContext, deliveries: list[DeliveryRow], line: str) -> None:
    for each in deliveries:
        if each.kind is Kind.POST and each.link is not None:
            enqueue.line(tx, link_row(require(tx.one("link", id=each.link))), line, context.now)


def _vendor_label(context: _MessageContext) -> str:
    store = context.rules.stores.get(context.ticket.store)
    return context.ticket.store if store is None else store.vendor_label
