"""What `/help` answers: what somebody who may act can do where they ask."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import ChatName, TicketNumber

_ANYWHERE = (
    "/tickets: what waits for us, longest first; also mine, snoozed, all",
    "/find words: tickets by number, customer, subject or text",
    "/stats: figures of each store",
    "/snippets: saved answers; write and change them",
)
_OF_TICKET = (
    "/close, /reopen: close it, also with a reason; open it again",
    "/take, /release, /assign: who answers it",
    "/snooze 2h, tomorrow, mon 9:00: out of the queue until then, or until the customer writes",
    "/reply, /snippet, /note: answer in a form, with a saved answer, or leave a note",
    "/why: what became of its messages, and what to do next",
)
_WORDS = (
    "Messages that are only these words work, too: !close, !reopen, !take, !release, !snooze 2h, !s name, !tickets, "
    "!why, !help"
)
_MENU = {
    "discord": "The menu of a message: Send to customer, Keep as note, Why",
    "slack": "The menu of a message: Send to customer, Keep as note, Why, Close ticket, Reopen ticket, Snippet",
}
"""By chat, each entry as it is called there."""


def guide(chat: ChatName, ticket: TicketNumber | None, note_prefixes: Sequence[str]) -> str:
    """
    The commands, each with what it does.

    Args:
        ticket: In whose thread it is asked; None: in a channel.
        note_prefixes: What begins a note and can be typed in this chat; the first one is named.
    """
    lines = ["Anywhere:", *_ANYWHERE, ""]
    if ticket is None:
        example = "/close 1042" if chat == "slack" else "/close ticket:1042"
        lines.append(f"For a ticket, in its thread or with its number, such as {example}:")
    else:
        lines.append(f"For #{ticket}, here in its thread:")
    lines += [*_OF_TICKET, "", _WORDS]
    if chat == "slack":
        lines.append("Slack has no slash commands in threads: use those words there, the card's buttons, or menus")
    lines.append(_MENU[chat])
    if note_prefixes:
        lines.append(f"A message that begins with {note_prefixes[0]} is a note for the team")
    return "\n".join(lines)
