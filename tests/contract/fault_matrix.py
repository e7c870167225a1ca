"""
The fault matrix: every remote call that the program makes, every class of answer, and what must follow.

`CALLS` names each call once. `FOLLOWS` says for a kind of call and an answer what must follow for the ticket, the
store, the chat and the agent, in a few fixed words. `tests/scenario/test_fault_matrix.py` plays it: each call that the
program makes gets each of the answers once, live, while catching up and during a patrol. What a row says of the
meantime is asserted by `tests/support/fault_checks.py`; and at the end every word must be where it belongs, once, in
the threads that were there before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """A class of answer that is not the wanted one."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    FOREIGN_404 = "404 without the platform's code"
    OWN_404 = "404 with the platform's code"
    CONFLICT = "409"
    TOO_MANY = "429"
    BROKEN = "5xx"
    HANG = "no answer"
    CUT = "an answer that breaks off"
    PAGE = "another content type"
    SHAPE = "JSON of another shape"


class Kind(StrEnum):
    """What a call is for; it decides what must follow."""

    CONNECT = "to connect and to log in"
    PUBLISH = "to publish the commands"
    READ = "to read what people wrote in a chat"
    LOOK = "to look at something of a chat that is looked at anew whenever it is needed"
    LIST = "to list a store's tickets"
    TICKET = "to read one ticket at its vendor"
    CONFIRM = "to read one ticket whose list has all of it, too"
    PERSON = "to find out who somebody is, and what they may do in a chat"
    NAME = "to find out what somebody is called at a vendor"
    SHOW = "to show something in a chat"
    MARK = "to mark an agent's message"
    SEND = "to send the customer something; the answer names it"
    CHANGE = "to send or change something; what the answer is, is not documented, or does not matter"
    DOWNLOAD = "to fetch a file for a reply from a chat"
    UPLOAD = "to upload a file for a reply"
    PRIVATE = "to answer one person"


class TicketFate(StrEnum):
    """What becomes of a ticket in the meantime."""

    UNCHANGED = "nothing of it fails"
    WAITS = "what failed is tried again, and is not looked for"
    SEARCHED = "what may have happened is looked for before it is tried again"
    TAKEN = "it counts as done, and is not sent again"
    FAILS = "it fails until an agent retries it"
    READ_LATER = "what was written in it is sent once it can be read, and once it is known who wrote it"
    FETCHED_LATER = "the file is fetched again, and goes along with its reply"
    SHOWN = "what its customer wrote is shown, with the name or without"


class StoreFate(StrEnum):
    """What becomes of a store."""

    UNCHANGED = "it goes on as before, and nobody is told anything of it"
    ASKED_AGAIN = "it is asked again by itself, and nobody is told of a moment"


class ChatFate(StrEnum):
    """What becomes of a chat."""

    CONNECTED = "it stays connected"
    ASKED_AGAIN = "it is asked again"
    READ_AGAIN = "it stays connected, and is asked again"
    NAMES_STEP = "its health names the step, and it is asked again"


class AgentFate(StrEnum):
    """What an agent sees."""

    NOTHING = "they are told nothing"
    READS_STEP = "they read which step fixes it"
    SEES_MARK = "they see the mark later"
    SEES_FAILURE = "they see that it failed, and press Retry"
    ASKS_AGAIN = "they ask once more, and are answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What must follow in the meantime; the scenario asserts each of these by its check."""

    ticket: TicketFate = TicketFate.UNCHANGED
    store: StoreFate = StoreFate.UNCHANGED
    chat: ChatFate = ChatFate.CONNECTED
    agent: AgentFate = AgentFate.NOTHING


@dataclass(frozen=True, slots=True)
class Call:
    """
    One remote call.

    Attributes:
        server: `discord`, `slack` or a vendor's name.
        path: A regular expression for the whole path.
        code: Discord's code for what is missing here.
    """

    server: str
    method: str
    path: str
    kind: Kind
    code: int = 10003

    def __str__(self) -> str:
        return f"{self.server}: {self.method} {self.path}"


_ID = r"\d+"
_D = "/api/v10"
_S = "/api/"

CALLS: tuple[Call, ...] = (
    # Discord
    Call("discord", "GET", f"{_D}/users/@me", Kind.CONNECT),
    Call("discord", "GET", f"{_D}/oauth2/applications/@me", Kind.CONNECT),
    Call("discord", "GET", f"{_D}/gateway/bot", Kind.CONNECT),
    Call("discord", "GET", f"{_D}/applications/{_ID}/guilds/{_ID}/commands", Kind.PUBLISH, 10004),
    Call("discord", "PUT", f"{_D}/applications/{_ID}/guilds/{_ID}/commands", Kind.PUBLISH, 10004),
    Call("discord", "GET", f"{_D}/guilds/{_ID}", Kind.LOOK, 10004),
    Call("discord", "GET", f"{_D}/guilds/{_ID}/threads/active", Kind.LOOK, 10004),
    Call("discord", "GET", f"{_D}/guilds/{_ID}/members/{_ID}", Kind.PERSON, 10007),
    Call("discord", "GET", f"{_D}/channels/{_ID}", Kind.READ),
    Call("discord", "GET", f"{_D}/channels/{_ID}/messages", Kind.READ),
    Call("discord", "GET", f"{_D}/channels/{_ID}/messages/{_ID}", Kind.READ),
    Call("discord", "GET", f"{_D}/channels/{_ID}/threads/archived/public", Kind.LOOK),
    Call("discord", "GET", r"/attachments/.*", Kind.DOWNLOAD),
    Call("discord", "POST", f"{_D}/channels/{_ID}/messages", Kind.SHOW),
    Call("discord", "POST", f"{_D}/channels/{_ID}/messages/{_ID}/threads", Kind.SHOW),
    Call("discord", "POST", f"{_D}/channels/{_ID}/threads", Kind.SHOW),
    Call("discord", "PATCH", f"{_D}/channels/{_ID}", Kind.SHOW),
    Call("discord", "PATCH", f"{_D}/channels/{_ID}/messages/{_ID}", Kind.SHOW),
    Call("discord", "DELETE", f"{_D}/channels/{_ID}/messages/{_ID}", Kind.SHOW, 10008),
    Call("discord", "PUT", f"{_D}/channels/{_ID}/messages/{_ID}/reactions/.*", Kind.MARK),
    Call("discord", "DELETE", f"{_D}/channels/{_ID}/messages/{_ID}/reactions/.*", Kind.MARK),
    Call("discord", "POST", f"{_D}/users/@me/channels", Kind.PRIVATE, 10013),
    Call("discord", "POST", f"{_D}/interactions/.*", Kind.PRIVATE, 10062),
    Call("discord", "PATCH", f"{_D}/webhooks/.*", Kind.PRIVATE, 10015),
    # Slack
    Call("slack", "POST", f"{_S}auth.test", Kind.CONNECT),
    Call("slack", "POST", f"{_S}apps.connections.open", Kind.CONNECT),
    Call("slack", "GET", f"{_S}conversations.info", Kind.READ),
    Call("slack", "GET", f"{_S}conversations.history", Kind.READ),
    Call("slack", "GET", f"{_S}conversations.replies", Kind.READ),
    Call("slack", "GET", f"{_S}users.info", Kind.PERSON),
    Call("slack", "GET", f"{_S}usergroups.users.list", Kind.PERSON),
    Call("slack", "GET", f"{_S}conversations.members", Kind.PERSON),
    Call("slack", "GET", f"{_S}files.info", Kind.PERSON),
    Call("slack", "GET", r"/files-pri/.*", Kind.DOWNLOAD),
    Call("slack", "POST", f"{_S}chat.postMessage", Kind.SHOW),
    Call("slack", "POST", f"{_S}chat.update", Kind.SHOW),
    Call("slack", "POST", f"{_S}chat.delete", Kind.SHOW),
    Call("slack", "POST", f"{_S}reactions.(add|remove)", Kind.MARK),
    Call("slack", "POST", f"{_S}chat.postEphemeral", Kind.PRIVATE),
    Call("slack", "POST", f"{_S}conversations.open", Kind.PRIVATE),
    Call("slack", "GET", f"{_S}files.getUploadURLExternal", Kind.PRIVATE),
    Call("slack", "POST", r"/upload/.*", Kind.PRIVATE),
    Call("slack", "POST", f"{_S}files.completeUploadExternal", Kind.PRIVATE),
    Call("slack", "POST", f"{_S}views.(open|update|publish)", Kind.PRIVATE),
    Call("slack", "POST", r"/response/.*", Kind.PRIVATE),
    # the five vendors
    Call("sellsn", "GET", r"/stores/[^/]+/tickets/\d+", Kind.LIST),
    Call("sellsn", "GET", r"/stores/[^/]+/tickets/(?!\d+$)[^/]+", Kind.CONFIRM),
    Call("sellsn", "GET", "/user", Kind.NAME),
    Call("sellsn", "PUT", r"/stores/[^/]+/tickets/[^/]+", Kind.SEND),
    Call("sellsn", "DELETE", r"/stores/[^/]+/tickets/[^/]+", Kind.CHANGE),
    Call("sellapp", "GET", "/v1/tickets", Kind.LIST),
    Call("sellapp", "GET", "/v1/tickets/[^/]+", Kind.TICKET),
    Call("sellapp", "GET", "/v1/tickets/[^/]+/messages", Kind.TICKET),
    Call("sellapp", "POST", "/v1/tickets/[^/]+/messages", Kind.SEND),
    Call("sellapp", "PATCH", "/v2/tickets/[^/]+", Kind.CHANGE),
    Call("sellgate", "GET", "/v1/tickets", Kind.LIST),
    Call("sellgate", "GET", "/v1/tickets/[^/]+", Kind.CONFIRM),
    Call("sellgate", "POST", "/v1/tickets/[^/]+", Kind.CHANGE),
    Call("sellgate", "PATCH", "/v1/tickets/[^/]+", Kind.CHANGE),
    Call("lightspeed", "GET", r"/en/tickets(/count)?\.json", Kind.LIST),
    Call("lightspeed", "GET", r"/en/tickets/\d+\.json", Kind.TICKET),
    Call("lightspeed", "GET", r"/en/tickets/\d+/messages\.json", Kind.TICKET),
    Call("lightspeed", "GET", r"/en/customers/\d+\.json", Kind.NAME),
    Call("lightspeed", "POST", r"/en/tickets/\d+/messages\.json", Kind.SEND),
    Call("lightspeed", "PUT", r"/en/tickets/\d+\.json", Kind.CHANGE),
    Call("nextcommerce", "GET", "/api/admin/tickets/", Kind.LIST),
    Call("nextcommerce", "GET", r"/api/admin/tickets/\d+/", Kind.CONFIRM),
    Call("nextcommerce", "GET", r"/api/admin/users/\d+/", Kind.NAME),
    Call("nextcommerce", "POST", r"/api/admin/tickets/\d+/comments/", Kind.SEND),
    Call("nextcommerce", "POST", "/api/admin/tickets/attachments/", Kind.UPLOAD),
    Call("nextcommerce", "PATCH", r"/api/admin/tickets/\d+/", Kind.CHANGE),
)

_WAITS = Row(ticket=TicketFate.WAITS)
_SEARCHED = Row(ticket=TicketFate.SEARCHED)
_NEEDS_A_PERSON = Row(ticket=TicketFate.WAITS, agent=AgentFate.READS_STEP)
_READS_STEP = Row(agent=AgentFate.READS_STEP)
_READ_LATER = Row(ticket=TicketFate.READ_LATER, chat=ChatFate.READ_AGAIN)
_NOT_READABLE = Row(ticket=TicketFate.READ_LATER, chat=ChatFate.READ_AGAIN, agent=AgentFate.READS_STEP)
_NAMES_STEP = Row(chat=ChatFate.NAMES_STEP)
_AT_VENDORS = (Kind.SEND, Kind.CHANGE, Kind.UPLOAD)
_CERTAINLY_NOTHING = (
    Answer.UNAUTHORIZED,
    Answer.FORBIDDEN,
    Answer.FOREIGN_404,
    Answer.OWN_404,
    Answer.TOO_MANY,
)
_FAILS = Row(ticket=TicketFate.FAILS, agent=AgentFate.SEES_FAILURE)

FOLLOWS: dict[tuple[Kind, Answer], Row] = {
    **{(Kind.CONNECT, answer): Row(chat=ChatFate.ASKED_AGAIN) for answer in Answer},
    (Kind.CONNECT, Answer.UNAUTHORIZED): _NAMES_STEP,
    **{(Kind.PUBLISH, answer): Row() for answer in Answer},
    **{(Kind.READ, answer): _READ_LATER for answer in Answer},
    (Kind.READ, Answer.FORBIDDEN): _NOT_READABLE,
    (Kind.READ, Answer.UNAUTHORIZED): _NOT_READABLE,
    **{(Kind.LOOK, answer): Row() for answer in Answer},
    (Kind.LOOK, Answer.FORBIDDEN): _READS_STEP,
    (Kind.LOOK, Answer.UNAUTHORIZED): _READS_STEP,
    **{(Kind.LIST, answer): Row(store=StoreFate.ASKED_AGAIN) for answer in Answer},
    **{(Kind.TICKET, answer): Row(store=StoreFate.ASKED_AGAIN) for answer in Answer},
    **{(Kind.CONFIRM, answer): Row(ticket=TicketFate.SHOWN) for answer in Answer},
    **{(Kind.NAME, answer): Row(ticket=TicketFate.SHOWN) for answer in Answer},
    **{(Kind.PERSON, answer): _READ_LATER for answer in Answer},
    **{(Kind.DOWNLOAD, answer): Row(ticket=TicketFate.FETCHED_LATER) for answer in Answer},
    **{(Kind.SHOW, answer): _SEARCHED for answer in Answer},
    (Kind.SHOW, Answer.UNAUTHORIZED): _NEEDS_A_PERSON,
    (Kind.SHOW, Answer.FORBIDDEN): _NEEDS_A_PERSON,
    (Kind.SHOW, Answer.FOREIGN_404): _WAITS,
    (Kind.SHOW, Answer.OWN_404): _WAITS,
    (Kind.SHOW, Answer.CONFLICT): _WAITS,
    (Kind.SHOW, Answer.TOO_MANY): _WAITS,
    **{(Kind.MARK, answer): Row(agent=AgentFate.SEES_MARK) for answer in Answer},
    **{(kind, answer): _SEARCHED for kind in (Kind.SEND, Kind.CHANGE) for answer in Answer},
    **{(Kind.UPLOAD, answer): _WAITS for answer in Answer},
    **{(kind, answer): _WAITS for kind in _AT_VENDORS for answer in _CERTAINLY_NOTHING},
    **{(kind, Answer.CONFLICT): _FAILS for kind in _AT_VENDORS},
    (Kind.CHANGE, Answer.SHAPE): Row(ticket=TicketFate.TAKEN),
    (Kind.UPLOAD, Answer.SHAPE): _FAILS,
    **{(Kind.PRIVATE, answer): Row(agent=AgentFate.ASKS_AGAIN) for answer in Answer},
}

EXCEPTIONS: dict[tuple[str, str, Answer], Row] = {
    ("slack", f"{_S}apps.connections.open", Answer.FORBIDDEN): _NAMES_STEP,
}
"""Where one call differs from the others of its kind, by server, path and answer."""


def call_of(server: str, method: str, path: str) -> Call | None:
    """The call that a request is; None: it has no row."""
    fitting = (c for c in CALLS if (c.server, c.method) == (server, method) and re.fullmatch(c.path, path))
    return next(fitting, None)


def row(call: Call, answer: Answer) -> Row:
    """What must follow when this call gets this answer."""
    return EXCEPTIONS.get((call.server, call.path, answer), FOLLOWS[call.kind, answer])
