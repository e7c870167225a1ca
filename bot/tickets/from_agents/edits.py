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

from bot.db.connection import Transaction
from bot.db.rows import (
    require,
    to_ms,
)
from bot.model import Agent, Deleted, Edited, Kind, Place, Purpose, Said, State
from bot.text import clean
from bot.tickets.command_words import typed_command
from bot.tickets.erasure import erase_deleted
from bot.tickets.from_agents.changed_message import (
    ChangedMessage,
    announce_note_change,
    changed_files,
    find_changed,
    load_changed,
    note_deliveries,
    recall,
    reply_of,
    set_files,
    set_text,
    shown_note,
    take_back,
    vendor_label,
    with_text,
)
from bot.tickets.from_agents.queueing import enqueue_routed, set_route
from bot.tickets.from_agents.routing import (
    Route,
    checked_reply_route,
    decide,
    note_route,
    note_text,
    refusal,
    text_written,
)
from bot.tickets.from_agents.typed_commands import AnswerDue
from bot.tickets.replies.outcomes import may_have_been_sent
from bot.tickets.rules_from_settings import Rules
from bot.wording import decisions, notices


@dataclass(frozen=True, slots=True)
class PrivateMessage:
    """A text for one person only; `refused`: because they may not act on the ticket."""

    agent: Agent
    text: str
    refused: bool = False


def asked_for_edit(tx: Transaction, edited: Edited, rules: Rules, now: datetime) -> frozenset[Place] | None:
    """
    Where it has to be known whether who edited a message can write; None: it is none of a ticket's thread.

    Anybody can edit many messages in many threads, and most of them are nobody's concern here.
    """
    changed = find_changed(tx, edited.place, edited.message, rules, now)
    return None if changed is None else changed.places_to_ask(edited.agent)


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
    changed = find_changed(tx, edited.place, edited.message, rules, now, chat_now)
    if changed is None:
        return None
    allowed = changed.may_edit(edited.agent, writable)
    result = _edit(tx, changed, edited, allowed=allowed)
    return PrivateMessage(edited.agent, result, refused=not allowed) if isinstance(result, str) else result


def record_deleted(tx: Transaction, deleted: Deleted, rules: Rules, now: datetime) -> PrivateMessage | None:
    """A message was deleted. Returns what to send to its author; None: nothing, or it was sent before."""
    changed = find_changed(tx, deleted.place, deleted.message, rules, now)
    text = None if changed is None else _delete(tx, changed)
    erase_deleted(tx, now)
    message = None if changed is None else changed.message
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
    changed = load_changed(tx, require(tx.one("message", id=message)), rules, now, chat_now)
    if found is None:
        _delete(tx, changed)
        erase_deleted(tx, now)
    else:
        _edit(tx, changed, found, allowed=changed.may_edit(found.agent, writable))


# ---------------------------------------------------------------- edited


def _edit(tx: Transaction, changed: ChangedMessage, now: Edited | Said, *, allowed: bool) -> str | AnswerDue | None:
    """Returns what the author has to know; None: nothing. `allowed`: whether the author may act on the ticket now."""
    message, text = changed.message, clean(now.text)
    changed = replace(changed, formatted=now.formatted, attachments=changed_files(message, now.attachments))
    if message.deleted or message.erased:
        return None
    if not _is_new_text(changed, text) and changed.attachments is None:
        return _change_formatting(tx, changed, text) if allowed else None
    tx.run("set_message_edited", id=message.id, text=text)
    if allowed and (changed.ticket.store not in changed.rules.stores or not message.routed):
        set_text(tx, changed, text)
        return None
    return _edit_routed(tx, changed, text) if allowed else _edit_without_right(tx, changed, text)


def _edit_routed(tx: Transaction, changed: ChangedMessage, text: str) -> str | AnswerDue | None:
    message = changed.message
    if message.purpose is Purpose.NOTE:
        return _edit_note(tx, changed, text)
    if message.purpose is Purpose.REPLY:
        return _edit_reply(tx, changed, text)
    return _edit_talk(tx, changed, text)


def _is_new_text(changed: ChangedMessage, text: str) -> bool:
    """Whether the text differs. Chats send some edits twice, and some send one when only a link preview was added."""
    message = changed.message
    if message.edited_text is not None:
        return text != message.edited_text
    return message.text != (note_text(text, changed.rules) if message.purpose is Purpose.NOTE else text)


def _change_formatting(tx: Transaction, changed: ChangedMessage, text: str) -> str | None:
    """The words are the same. What was not sent yet is sent as it is formatted now."""
    message = changed.message
    differs = text == message.text and message.formatted != changed.formatted
    reply = reply_of(tx, changed) if differs and message.purpose is not Purpose.NOTE else None
    if reply is not None and not may_have_been_sent(reply):
        set_text(tx, changed, text)
    return None


def _edit_without_right(tx: Transaction, changed: ChangedMessage, text: str) -> str:
    """The new text goes nowhere, and the old one is taken back where it was not sent or shown yet."""
    message = changed.message
    tx.run("set_message_inside", id=message.id)
    if message.routed and message.purpose is Purpose.NOTE:
        take_back(tx, changed, note_deliveries(tx, changed), decisions.edited_instead())
        return notices.not_an_agent()
    reply = reply_of(tx, changed)
    if reply is not None and reply.state is not State.DROPPED:
        if may_have_been_sent(reply):
            return notices.too_late_to_edit(certain=reply.state is State.DONE)
        recall(tx, changed, reply, decisions.edited_instead())
    set_text(tx, changed, text)
    return notices.not_an_agent()


def _edit_talk(tx: Transaction, changed: ChangedMessage, text: str) -> AnswerDue | None:
    """
    It went nowhere so far, and an edit must not send to the customer what was not meant for them.

    What was a command was meant for nobody yet, so it becomes what it would be if it had been written like that.
    """
    route = decide(with_text(changed, text), changed.ticket, changed.rules)
    was_command = typed_command(changed.message, changed.rules.note_prefixes) is not None
    set_files(tx, changed)
    is_mistyped = route.purpose is Purpose.TALK and bool(route.private)
    if route.purpose is Purpose.NOTE or route.command is not None or was_command or is_mistyped:
        return _reroute(tx, changed, route)
    set_text(tx, changed, text)
    return None


def _edit_reply(tx: Transaction, changed: ChangedMessage, text: str) -> str | AnswerDue | None:
    reply = reply_of(tx, changed)
    if reply is None or reply.state is State.DROPPED:
        set_text(tx, changed, text)
        return None
    if may_have_been_sent(reply):
        return notices.too_late_to_edit(certain=reply.state is State.DONE)
    set_files(tx, changed)
    written = with_text(changed, text)
    route = note_route(written, changed.rules) or checked_reply_route(written, changed.ticket, changed.rules)
    # Route it again if it is a note now, if whether and why its vendor refuses it has changed, if it was a command for
    # a text that waits to be sent, or if it was or is held because it looks like a command.
    was_doubtful = reply.state is State.HELD and _was_doubtful(changed)
    is_other = route.purpose is not Purpose.REPLY or bool(route.held) or _was_offer(changed) or was_doubtful
    if is_other or route.refused != refusal(changed.message, changed.ticket, changed.rules):
        recall(tx, changed, reply, decisions.edited_instead())
        return _reroute(tx, changed, route)
    set_text(tx, replace(changed, formatted=route.formatted), route.text)
    return notices.edited_after_failure() if reply.state is State.FAILED and not route.refused else None


def _was_offer(changed: ChangedMessage) -> bool:
    """Whether the message asked for a text that was offered in its place."""
    written = changed.message.edited_text
    prefixes = changed.rules.note_prefixes
    return written is not None and typed_command(replace(changed.message, text=written), prefixes) is not None


def _was_doubtful(changed: ChangedMessage) -> bool:
    """Whether the message was held because it looked like a command. One that was sent by hand was not asked that."""
    store = changed.rules.stores[changed.ticket.store]
    before = replace(changed.message, text=text_written(changed.message, changed.rules, store))
    return store.sends_all and bool(checked_reply_route(before, changed.ticket, changed.rules).held)


def _edit_note(tx: Transaction, changed: ChangedMessage, text: str) -> str | None:
    """The vendor's copy is found by its text. So our text stays as it is once the vendor may have it."""
    set_files(tx, changed)
    note = note_route(with_text(changed, text), changed.rules)
    sentences = [notices.still_a_note()] if note is None else []
    before, after = shown_note(changed), text if note is None else note.text
    if note is not None:
        changed = replace(changed, formatted=note.formatted)
    if after != before:
        deliveries = note_deliveries(tx, changed)
        at_vendor = any(each.kind is Kind.NOTE and may_have_been_sent(each) for each in deliveries)
        if at_vendor:
            sentences.append(notices.note_stays_edited(vendor_label(changed)))
        else:
            set_text(tx, changed, after)
        line = notices.note_edited(changed.message.author_name or "", before, after)
        announce_note_change(tx, changed, [each for each in deliveries if at_vendor or may_have_been_sent(each)], line)
    return " ".join(sentences) or None


def _reroute(tx: Transaction, changed: ChangedMessage, route: Route) -> AnswerDue | None:
    message, now = changed.message, changed.now
    set_route(tx, message.id, route, now)
    return enqueue_routed(
        tx, changed.link, changed.ticket, message, route, changed.rules, now, since=now, at=changed.chat_now
    )


# ---------------------------------------------------------------- deleted


def _delete(tx: Transaction, changed: ChangedMessage) -> str | None:
    """Returns the text for the author; None: none."""
    message = changed.message
    if message.deleted:
        return None
    tx.run("set_message_deleted", id=message.id, now=to_ms(changed.now))
    if message.erased:
        return None
    if message.purpose is Purpose.NOTE:
        return _delete_note(tx, changed)
    reply = reply_of(tx, changed)
    if reply is None or reply.state is State.DROPPED:
        return None
    if may_have_been_sent(reply):
        return notices.too_late_to_delete(certain=reply.state is State.DONE)
    recall(tx, changed, reply, decisions.deleted_instead())
    return None


def _delete_note(tx: Transaction, changed: ChangedMessage) -> str | None:
    deliveries = note_deliveries(tx, changed)
    take_back(tx, changed, deliveries, decisions.deleted_instead())
    line = notices.note_deleted(changed.message.author_name or "", shown_note(changed))
    announce_note_change(tx, changed, [each for each in deliveries if may_have_been_sent(each)], line)
    at_vendor = any(each.kind is Kind.NOTE and may_have_been_sent(each) for each in deliveries)
    return notices.note_stays_deleted(vendor_label(changed)) if at_vendor else None
