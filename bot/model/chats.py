"""What a chat shows: places, posts, cards and marks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from bot.model.ids import AgentId, ChannelId, ChatMessageId, ChatName, DeliveryId, ThreadId, TicketNumber
from bot.model.tickets import Attachment, Customer, Fact, Standing, Status
from bot.text.tree import RichText


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A thread in a chat; without `thread` the channel itself."""

    chat: ChatName
    channel: ChannelId
    thread: ThreadId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """
    A person in a chat, as the chat describes them. What they may do is decided in `bot.tickets.rights`.

    Attributes:
        groups: Ids of the roles and user groups that they are in, of those that the settings can name.
        is_full_member: Whether they belong to the team's server or workspace: no guest, and not of another company.
        is_active: Whether they are a person who can still use the chat: no bot, and not gone or deactivated.
    """

    id: AgentId
    name: str
    groups: frozenset[str] = frozenset()
    is_full_member: bool = False
    is_active: bool = True


class Door(StrEnum):
    """In which way a person came with something. At each of them it is asked whether the person may act."""

    MESSAGE = "message"
    EDIT = "edit"
    COMMAND = "command"
    COMPLETION = "completion"  # tickets and stores that are offered while somebody types
    PICKER = "picker"  # a ticket that was picked from a list
    BUTTON = "button"
    MENU = "menu"  # a message's menu
    WORD = "word"  # a message that is a command: `!close`
    FORM = "form"  # a form that was filled in


class Verb(StrEnum):
    """What an agent can ask for by command, button, shortcut or text."""

    CLOSE = "close"
    REOPEN = "reopen"
    TAKE = "take"
    TAKE_OVER = "takeover"  # take a ticket that somebody else has
    RELEASE = "release"
    ASSIGN = "assign"
    SNOOZE = "snooze"  # out of the queue until some time, or back into it
    STATS = "stats"
    TICKETS = "tickets"  # a list of them
    FIND = "find"
    WHY = "why"  # what became of a ticket's messages, or of one message
    RETRY = "retry"  # a delivery that failed for good or is held
    DISCARD = "discard"  # a delivery that is held
    SEND = "send"  # a message of one's own, to the customer
    KEEP = "keep"  # a message of one's own, as a note
    HELP = "help"
    REVEAL = "reveal"  # the customer's address, where cards show it masked
    NOTE = "note"  # a note in a ticket, from anywhere
    REPLY = "reply"  # an empty form for a reply
    SNIPPET = "snippet"  # a form with a saved answer, filled in
    SEND_FORM = "sendform"  # what such a form says now, to the customer
    SNIPPETS = "snippets"  # the list of saved answers
    WRITE_SNIPPET = "writesnippet"  # a form with a saved answer as it is stored, or an empty one
    SAVE_SNIPPET = "savesnippet"  # what such a form says now


OPENS_FORM: Final = frozenset({Verb.NOTE, Verb.REPLY, Verb.SNIPPET, Verb.WRITE_SNIPPET})
"""What can be answered with a form; see `bot.ports.Intake.form`."""


class Mark(StrEnum):
    """The mark on an agent's message. The value is the emoji that the chat shows."""

    WAITING = "⏳"
    DELIVERED = "✅"
    FAILED = "❌"
    NOTE = "🔒"


class Voice(StrEnum):
    """Whose message a post is. A chat says so in words, because a customer can have any name."""

    CUSTOMER = "customer"
    UNKNOWN = "unknown"  # the vendor does not say who wrote it
    STAFF = "staff"  # a colleague, from the vendor's dashboard or from the other chat
    NOTE = "note"  # a colleague, for the team only
    BELL = "bell"  # shopbell itself


class Form(IntEnum):
    """
    How plainly something is shown. After a chat has refused it in one form, the next one is tried; see `next_form`.

    In every form but the first, a post has no formatting and stands in no embed and no block.
    """

    FULL = 0
    PLAIN = 1  # a card: its addresses cannot be opened, and its thread's name has no subject
    DEFUSED = (
        2  # a post: its addresses cannot be opened, and no name stands above it; a card: no word of the customer's
    )
    BARE = 3  # only a card: as `DEFUSED`, and in no embed and no block


def next_form(form: Form, *, is_card: bool) -> Form | None:
    """The form to try after this one was refused; None: this is the plainest."""
    return Form(form + 1) if form < (Form.BARE if is_card else Form.DEFUSED) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """
    A button under a post, a card or an answer. It asks `verb` for `delivery`, or else for `ticket`.

    Attributes:
        words: What else it asks, as one would type it behind the command; at most 60 characters, on one line.
        page: Which page of a list it asks for; None: it asks for no list.
    """

    verb: Verb
    label: str
    ticket: TicketNumber | None = None
    delivery: DeliveryId | None = None
    words: str = ""
    page: int | None = None


class MentionKind(StrEnum):
    """Whether one person is pinged or several."""

    PERSON = "person"
    GROUP = "group"  # a role in Discord, a user group in Slack


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Somebody whom a line pings, in the chat where it is posted."""

    kind: MentionKind = MentionKind.PERSON
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """What the author of a post wrote next: it stands in the same post, with its own time and files."""

    text: str
    at: datetime | None
    formatted: RichText | None = None
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """
    A message for a thread or a channel.

    Attributes:
        name: The author's name for people; empty for shopbell itself.
        text: Neutral text of any length, shown exactly as it is: nothing in it pings, formats, or hides a link.
        formatted: The same text with its formatting, which the chat shows; None: it has none. Nothing in it pings.
        ping: Whom it pings; None: nobody. Only lines of shopbell's own ping anybody.
        silent: Whether it must make no sound, if the chat can do that.
        form: How it is shown from the part `plain_from` on. The parts before that are in full, and stay as they are.
        further: What its author wrote next, if all of it has room in one message; only in full.
    """

    voice: Voice
    name: str
    text: str
    at: datetime | None = None
    formatted: RichText | None = None
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()
    ping: Mention | None = None
    form: Form = Form.FULL
    plain_from: int = 0
    silent: bool = False
    further: tuple[Further, ...] = ()

    def apart(self) -> tuple[Post, ...]:
        """The messages that it says, each as a post of its own."""
        others = (
            replace(self, text=each.text, at=each.at, formatted=each.formatted, attachments=each.files, further=())
            for each in self.further
        )
        return replace(self, further=()), *others


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with the words before it: `Waiting for us since`. A chat shows it in its reader's time zone."""

    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OtherTicket:
    """
    Another ticket of the same customer, on a card.

    Attributes:
        address: Where its thread is opened in the card's chat; empty: nowhere.
    """

    number: TicketNumber
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """
    The first message of a thread: the ticket's current state.

    Attributes:
        title: `#1042 · Jane · Key not working`.
        names: For the thread, from the best to the one that says least. A chat may cut one, but not the number.
        store: Store and vendor for people: `Main · Sellgate`.
        standing: Where the ticket stands in the queue.
        moment: What stands behind `status_text`: since when it waits for us, until when it is snoozed; None: nothing.
        opening: The customer's first message or its beginning as neutral text of at most 600 characters, behind words
            that say what it is; may be empty.
        others: The same customer's other tickets in the card's channel, at most five.
        others_left_out: How many more of them there are.
        hint: One line that says what a message in this thread does.
        url: The ticket in the vendor's dashboard; None: not known.
        silent: Whether posting it must make no sound, if the chat can do that.
    """

    number: TicketNumber
    title: str
    names: tuple[str, ...]
    store: str
    customer: Customer
    status: Status
    status_text: str
    standing: Standing
    moment: Moment | None
    opening: str
    facts: tuple[Fact, ...]
    hint: str
    url: str | None
    buttons: tuple[Button, ...]
    others: tuple[OtherTicket, ...] = ()
    others_left_out: int = 0
    form: Form = Form.FULL
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A thread that was opened: its id and its card's id."""

    thread: ThreadId
    card: ChatMessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """
    How far a thread has been read.

    Attributes:
        after: The newest message before which all are known; None: read from the thread's beginning.
        is_former: Whether its ticket has left this thread. Then it is no news if the thread is gone.
    """

    place: Place
    after: ChatMessageId | None
    is_former: bool = False
