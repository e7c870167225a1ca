"""What a card shows and how a message is posted: from rows to values that a chat's adapter draws. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from bot.db.rows import MessageRow, TicketRow
from bot.model import (
    WAITS_FOR_US,
    Attachment,
    Author,
    Button,
    Card,
    Customer,
    Message,
    Moment,
    OtherTicket,
    Post,
    Progress,
    Purpose,
    Standing,
    Status,
    Store,
    Verb,
    Voice,
)
from bot.ports import VendorCapabilities
from bot.text import one_line, shorten
from bot.text.names import name_of, shows
from bot.text.plain import inert
from bot.text.tree import RichText
from bot.wording import notices
from bot.wording.masking import masked, masked_author, masked_ticket
from bot.wording.reasons import message_erased

SNOOZE_OFF: Final = "off"
"""What one types in place of a time to end a snooze."""
CUSTOMER_WROTE = "The customer wrote:\n"
_SOMEBODY_WROTE = "The first message:\n"
_BEGINS = "The first message begins:\n"
_OPENING_LENGTH = 500
"""Characters of a first message that stands on the card alone; longer ones are posted in the thread."""
_OPENING_LINES = 12
_BEGINNING_LENGTH = 200
"""Characters that the card shows of one that is posted in the thread."""
_NAME_LENGTH = 40
_OTHERS_SHOWN = 5
_ANNOUNCED = 500
_FILES_SHOWN = 50
"""More are counted. A message may have thousands, and each post that they need keeps others waiting."""
"""Characters of a reply that are shown before it is sent."""
_ERASED_HINT = "What was written here was erased. What the customer writes from now on appears here."
_VOICES = {Author.CUSTOMER: Voice.CUSTOMER, Author.STAFF: Voice.STAFF, Author.UNKNOWN: Voice.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Opening:
    """
    A ticket's first message that is not from staff.

    Attributes:
        message: Its row's id.
        by_customer: Whether the vendor says that the customer wrote it; otherwise nobody knows who did.
        is_on_cards: Whether the ticket's cards show it whole in place of posts.
        is_posted: Whether it is posted in the thread of this card, or will be.
    """

    message: int
    text: str
    by_customer: bool
    is_on_cards: bool
    is_posted: bool


def fits_on_card(message: Message, customer: Customer) -> bool:
    """
    Whether a ticket's first message can stand on the card alone: it is short, and a card shows all that a post would.

    A card shows neither files nor formatting, no author but the ticket's customer, and may mask addresses.
    """
    text = message.text
    return (
        message.author is Author.CUSTOMER
        and message.is_public
        and not message.malformed
        and shows(text)
        and len(text) <= _OPENING_LENGTH
        and text.count("\n") < _OPENING_LINES
        and masked(text) == text
        and message.formatted is None
        and not message.attachments
        and name_of(message.author_name) in ("", name_of(customer.name), name_of(customer.email))
    )


def card(
    ticket: TicketRow,
    opening: Opening | None,
    others: Sequence[OtherTicket],
    store: Store,
    capabilities: VendorCapabilities,
    note_prefixes: Sequence[str],
    *,
    standing: Standing,
    taken_by: str = "",
    masks_emails: bool = False,
) -> Card:
    """
    The ticket's card as it must look now.

    Args:
        others: The same customer's other tickets in the card's channel.
        standing: Where the ticket stands in the queue.
        taken_by: The name of who has the ticket; empty: nobody has it.
        masks_emails: Whether addresses are masked. Then a button shows the whole one to whoever may act.
    """
    reveal = _reveal(ticket) if masks_emails else ()
    if masks_emails:
        ticket = masked_ticket(ticket)
    return Card(
        number=ticket.number,
        title=title(ticket),
        names=names(ticket),
        store=store.label,
        customer=replace(
            ticket.customer, name=name_of(ticket.customer.name) or None, email=name_of(ticket.customer.email) or None
        ),
        status=ticket.status,
        status_text=status_text(standing, ticket.status, _status_word(ticket), taken_by, gone=ticket.gone),
        standing=standing,
        moment=moment(ticket, standing),
        opening=_opening(opening, masks_emails=masks_emails),
        facts=ticket.facts,
        others=tuple(others[:_OTHERS_SHOWN]),
        others_left_out=max(len(others) - _OTHERS_SHOWN, 0),
        hint=_ERASED_HINT if ticket.erased else hint(sends_all=store.sends_all, note_prefixes=note_prefixes),
        url=dashboard(ticket, store),
        buttons=buttons(ticket, capabilities) + reveal,
    )


def dashboard(ticket: TicketRow, store: Store) -> str | None:
    """The ticket's address in the vendor's dashboard; None: not known. The id is one part of it, whatever it holds."""
    if store.dashboard is None or ticket.forgotten or ticket.is_replaced:
        return None
    return store.dashboard.replace("{id}", quote(ticket.vendor_id, safe="", errors="replace"))


def _opening(opening: Opening | None, *, masks_emails: bool) -> str:
    """
    What the card shows of the first message, behind words that say what it is.

    Of one that is posted in the thread, it is the beginning, on one line. If that is all of it, it is not shown again.
    """
    if opening is None or not shows(opening.text):
        return ""
    text = shorten(opening.text, 2 * _OPENING_LENGTH)
    text = masked(text) if masks_emails else text
    if not opening.is_posted:
        return (CUSTOMER_WROTE if opening.by_customer else _SOMEBODY_WROTE) + shorten(text, _OPENING_LENGTH)
    if len(opening.text) <= _BEGINNING_LENGTH:
        return ""
    return _BEGINS + one_line(text, _BEGINNING_LENGTH)


def _status_word(ticket: TicketRow) -> str | None:
    """What is shown beside the status: the vendor's own word, or that the ticket is not closed at the vendor."""
    return "closed here only" if ticket.closed_here_only else ticket.status_word


def status_text(standing: Standing, status: Status, word: str | None, taken_by: str = "", *, gone: bool) -> str:
    """The status as the card shows it; the vendor's word only where it says more."""
    if gone:
        return "🚫 No longer at the vendor"
    shown = f" ({word})" if word and word.lower() != status.value else ""
    taken = f" · Taken by {taken_by}" if taken_by else ""
    if status is Status.CLOSED:
        return f"✅ Closed{shown}{taken}"
    waits = " · Waiting for the customer" if standing is Standing.CUSTOMER else ""
    return f"💬 Open{shown}{taken}{waits}"


def moment(ticket: TicketRow, standing: Standing) -> Moment | None:
    """Since when a ticket waits for us, or until when it is snoozed; None: neither."""
    if standing is Standing.SNOOZED and ticket.snoozed_until is not None:
        return Moment("Snoozed until", ticket.snoozed_until)
    if standing in WAITS_FOR_US:
        return Moment("Waiting for us since", ticket.waiting_since or ticket.created_at)
    return None


def hint(*, sends_all: bool, note_prefixes: Sequence[str]) -> str:
    """What a message in the thread does, and how to write a note."""
    if not sends_all:
        return "Messages here stay with the team. Use “Send to customer” on a message to send it."
    if note_prefixes:
        return f"Write in this thread to answer the customer. Start with {note_prefixes[0]} for a note to the team."
    return "Write in this thread to answer the customer."


def title(ticket: TicketRow) -> str:
    """`#1042 · Jane · Key not working`, on one line, of any length."""
    if ticket.erased:
        return f"#{ticket.number} · erased"
    subject = name_of(ticket.subject) or "no subject"
    return f"#{ticket.number} · {customer_name(ticket.customer)} · {subject}"


def names(ticket: TicketRow) -> tuple[str, ...]:
    """Names for the ticket's thread: with the subject, then without it, then without any word of the customer's."""
    number = f"#{ticket.number}"
    if ticket.erased:
        return title(ticket), number
    return title(ticket), f"{number} · {customer_name(ticket.customer)}", number


def customer_name(customer: Customer) -> str:
    """What people call the customer: a name that shows something, else what is before the @, else `Customer`."""
    return name_of(customer.name, (customer.email or "").split("@")[0], length=_NAME_LENGTH) or "Customer"


def buttons(ticket: TicketRow, capabilities: VendorCapabilities) -> tuple[Button, ...]:
    """
    `Take` or `Release`, `Snooze` or `Wake`, and `Close` on an open ticket, `Reopen` on a closed one.

    There is no button for what the vendor cannot do, and `Take` and `Snooze` only on an open ticket.
    """
    if ticket.gone or ticket.forgotten:
        return ()
    is_open = ticket.status is Status.OPEN
    wanted = [(Verb.CLOSE, "Close") if is_open else (Verb.REOPEN, "Reopen")]
    offered = [(verb, label) for verb, label in wanted if verb in capabilities.verbs]
    if ticket.taken_by is not None:
        offered.insert(0, (Verb.RELEASE, "Release"))
    elif is_open:
        offered.insert(0, (Verb.TAKE, "Take"))
    found = [Button(verb=verb, label=label, ticket=ticket.number) for verb, label in offered]
    if is_open:
        found.insert(1, _snooze(ticket))
    return tuple(found)


def _snooze(ticket: TicketRow) -> Button:
    if ticket.snoozed_until is None:
        return Button(verb=Verb.SNOOZE, label="Snooze", ticket=ticket.number)
    return Button(verb=Verb.SNOOZE, label="Wake", ticket=ticket.number, words=SNOOZE_OFF)


def _reveal(ticket: TicketRow) -> tuple[Button, ...]:
    return (Button(verb=Verb.REVEAL, label="Show address", ticket=ticket.number),) if ticket.customer.email else ()


def post(
    message: MessageRow,
    ticket: TicketRow,
    store: Store,
    progress: Progress | None = None,
    *,
    masks_emails: bool = False,
) -> Post:
    """
    A message as it is posted in a thread that it was not written in.

    Args:
        progress: What to say of a reply that was not sent; None: show the message itself.
        masks_emails: Whether its author's name is masked.
    """
    if message.erased:
        return Post(voice=Voice.BELL, name="", text=message_erased())
    if progress is not None:
        name = speaker(message, ticket, masks_emails=masks_emails)[1] or "A colleague"
        return Post(voice=Voice.BELL, name="", text=_progress(progress, name, _announced(message)))
    voice, name = speaker(message, ticket, masks_emails=masks_emails)
    return Post(
        voice=voice,
        name=name or store.vendor_label,
        text=message.text,
        formatted=_formatted(message),
        at=message.written_at,
        attachments=_files(message.attachments, store),
    )


def _files(files: Sequence[Attachment], store: Store) -> tuple[Attachment, ...]:
    """The files that a post shows, and how many more there are."""
    surplus = len(files) - _FILES_SHOWN
    if surplus <= 1:
        return tuple(files)
    return (*files[:_FILES_SHOWN], Attachment(name=f"{surplus} more files, which {store.vendor_label} shows"))


def _announced(message: MessageRow) -> str:
    """What is shown of a reply before it is sent: its beginning, or that it has no words."""
    return shorten(message.text, _ANNOUNCED) or "a file"


def _progress(progress: Progress, name: str, words: str) -> str:
    match progress:
        case Progress.PENDING:
            return notices.about_to_send(name, words)
        case Progress.HELD:
            return notices.not_sent_yet(name)
        case Progress.FAILED:
            return notices.not_delivered(name, words)
        case Progress.DOUBTFUL:
            return notices.perhaps_delivered(name, words)
        case Progress.WITHDRAWN:
            return notices.withdrawn(name)


def _formatted(message: MessageRow) -> RichText | None:
    """An agent's text as it was meant; a vendor's without links that hide where they lead, or lines like ours."""
    if message.formatted is None or message.link is not None:
        return message.formatted
    return inert(message.formatted)


def _voice(message: MessageRow) -> Voice:
    if message.purpose is Purpose.NOTE or not message.is_public:
        return Voice.NOTE
    return _VOICES[message.author]


def speaker(message: MessageRow, ticket: TicketRow, *, masks_emails: bool = False) -> tuple[Voice, str]:
    """Whose message this is, and what they are called; empty: nobody knows, or their words are erased."""
    if masks_emails:
        message, ticket = masked_author(message), masked_ticket(ticket)
    if message.erased:
        return _voice(message), ""
    nearest = customer_name(ticket.customer) if message.author is Author.CUSTOMER else None
    return _voice(message), name_of(message.author_name, nearest, length=80)
