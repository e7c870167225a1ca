"""What is said of a message in each state, and what to do next."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.db.rows import DeliveryRow, LinkRow, MessageRow
from bot.model import (
    Author,
    ChannelId,
    ChatName,
    Customer,
    DeliveryId,
    Form,
    Kind,
    Mark,
    NoPayload,
    OpenPayload,
    Purpose,
    State,
    Status,
    StatusPayload,
    ThreadId,
    TicketNumber,
)
from bot.tickets.lookup.account import Account, account
from bot.tickets.lookup.history import MessageHistory, TicketHistory
from bot.tickets.lookup.next_steps import Names
from bot.tickets.lookup.why import SCREEN, screen, ticket_lines, whole
from tests.support.database import NOON
from tests.support.rows import ticket as ticket_row

NOW = NOON + timedelta(minutes=10)
NUMBER = TicketNumber(1001)
DISCORD, SLACK = ChatName("discord"), ChatName("slack")
NAMES = Names(vendor="Sellgate", chats={DISCORD: "Discord", SLACK: "Slack"}, note_prefixes=("//",))
LONGEST = 1_900
SEND_IT = "If the customer must have it, use “Send to customer” in its menu."


def link(number: int, chat: ChatName, channel: str = "1", thread: str | None = "900") -> LinkRow:
    return LinkRow(
        id=number,
        ticket=NUMBER,
        chat=chat,
        channel=ChannelId(channel),
        thread=None if thread is None else ThreadId(thread),
        card=None,
        threads_lost=0,
    )


TICKET = ticket_row(
    number=NUMBER,
    subject="Key",
    customer=Customer(name="Jane", email="jane@spoon.example"),
    created_at=NOON,
    status_set_at=NOON,
)


def message(number: int = 1, purpose: Purpose = Purpose.REPLY, **values: Any) -> MessageRow:
    from_vendor = purpose is Purpose.VENDOR
    row = MessageRow(
        id=number,
        ticket=NUMBER,
        vendor_id="m1" if from_vendor else None,
        link=None if from_vendor else 1,
        thread=None if from_vendor else ThreadId("900"),
        chat_message=None,
        agent=None,
        purpose=purpose,
        author=Author.CUSTOMER if from_vendor else Author.STAFF,
        author_name="Jane" if from_vendor else "Ann",
        text="On its way.",
        formatted=None,
        attachments=(),
        unsupported=(),
        can_reply=True,
        is_public=True,
        written_at=NOON,
        mark=None,
        routed=True,
        routed_at=NOON + timedelta(seconds=1),
        sync_epoch=None,
        edited_text=None,
        deleted=False,
        erased=False,
    )
    return replace(row, **values)


def delivery(kind: Kind = Kind.REPLY, state: State = State.DONE, number: int = 7, **values: Any) -> DeliveryRow:
    finished = state in (State.DONE, State.FAILED, State.DROPPED)
    row = DeliveryRow(
        id=DeliveryId(number),
        kind=kind,
        lane="vendor:1001" if kind in (Kind.REPLY, Kind.NOTE, Kind.STATUS) else "thread:2",
        destination="store:main",
        ticket=NUMBER,
        link=2 if kind in (Kind.POST, Kind.OPEN) else 1 if kind is Kind.MARK else None,
        message=1,
        payload=NoPayload(),
        requested=False,
        state=state,
        part=0,
        attempts=0 if state in (State.WAITING, State.HELD) else 1,
        reconcile_attempts=0,
        created_at=NOON + timedelta(seconds=1),
        due_at=NOON + timedelta(seconds=6),
        begun_at=None if state in (State.WAITING, State.HELD) else NOON + timedelta(seconds=6),
        after=None,
        late_since=None,
        finished_at=NOON + timedelta(seconds=7) if finished else None,
        error=None,
        in_doubt=False,
        form=Form.FULL,
        plain_from=0,
    )
    return replace(row, **values)


def history(*messages: MessageHistory, **values: Any) -> TicketHistory:
    whole_ticket = TicketHistory(
        ticket=TICKET,
        links=(link(1, DISCORD), link(2, SLACK)),
        messages=messages,
        older=0,
        own=(),
        heads={},
        held={},
        store_incident="",
        channel_incidents={},
        on_cards=None,
    )
    return replace(whole_ticket, **values)


def told(row: MessageRow, *deliveries: DeliveryRow, names: Names = NAMES, **values: Any) -> Account:
    return account(MessageHistory(row, deliveries), history(**values), names, NOW)


def texts(found: Account) -> list[str]:
    return found.lines()[1:-1]


def test_a_reply_that_arrived() -> None:
    """Every step with its time, the last one what to do: nothing."""
    found = told(
        message(mark=Mark.DELIVERED, vendor_id="m9"),
        delivery(attempts=2, late_since=NOON + timedelta(seconds=3)),
        delivery(Kind.POST, number=8, finished_at=NOON + timedelta(seconds=9)),
        delivery(Kind.MARK, number=9, finished_at=NOON + timedelta(seconds=8)),
    )
    assert found.lines() == [
        "#1001: Ann wrote on 2026-11-20 (times are UTC): “On its way.”",
        "12:00:00 written in Discord",
        "12:00:01 on disk, and taken as a reply to the customer",
        "12:00:03 something has kept it back since then",
        "12:00:06 tried at Sellgate, for the 2nd time",
        "12:00:06 tried in Slack",
        "12:00:07 arrived at Sellgate as m9",
        "12:00:08 marked ✅ in Discord",
        "12:00:09 posted in Slack",
        "What to do: Nothing: it arrived.",
    ]
    assert found.is_settled


def test_a_customers_message() -> None:
    """Seen, on disk, posted in each chat."""
    found = told(message(purpose=Purpose.VENDOR), delivery(Kind.POST), delivery(Kind.POST, number=8, link=1))
    assert found.lines() == [
        "#1001: The customer (Jane) wrote on 2026-11-20 (times are UTC): “On its way.”",
        "12:00:00 written at Sellgate",
        "12:00:01 seen by shopbell, and on disk",
        "12:00:06 tried in Slack",
        "12:00:06 tried in Discord",
        "12:00:07 posted in Slack",
        "12:00:07 posted in Discord",
        "What to do: Nothing: every thread of the ticket shows it.",
    ]


@pytest.mark.parametrize(
    ("state", "values", "advice"),
    [
        (State.DONE, {}, "Nothing: it arrived."),
        (State.WAITING, {"due_at": NOW + timedelta(seconds=5)}, "Wait: it leaves at 12:10:05."),
        (State.WAITING, {"due_at": NOW}, "Wait: its turn comes at once."),
        (
            State.WAITING,
            {"due_at": NOW + timedelta(minutes=2), "attempts": 3, "error": "Sellgate is down.", "begun_at": NOON},
            "Wait: the next try is at 12:12:00. Sellgate is down.",
        ),
        (State.BEGUN, {}, "Wait: Sellgate is answering just now."),
        (
            State.UNCERTAIN,
            {"due_at": NOW + timedelta(seconds=4), "error": "No answer."},
            "Wait: it is looked for in Sellgate again at 12:10:04, and sent again only if it is not there. No answer.",
        ),
        (State.HELD, {}, "Press Send or Discard in its thread."),
        (
            State.FAILED,
            {"error": "Too long"},
            "Press Retry in its thread once this is put right: Too long.",
        ),
        (
            State.FAILED,
            {"in_doubt": True},
            "Press Retry in its thread (it first looks whether it arrived).",
        ),
    ],
)
def test_what_to_do_about_a_reply(state: State, values: dict[str, Any], advice: str) -> None:
    """In each state in which a reply can be."""
    found = told(message(), delivery(state=state, **values))
    assert found.advice == advice
    assert found.is_settled == (state is State.DONE)
    assert found.lines()[-1] == f"What to do: {advice}"


@pytest.mark.parametrize(
    ("row", "deliveries", "advice"),
    [
        (message(purpose=Purpose.NOTE), [], "Nothing: it is a note, and stays with the team."),
        (message(purpose=Purpose.NOTE), [delivery(Kind.NOTE)], "Nothing: it is a note, and stays with the team."),
        (message(purpose=Purpose.TALK, text="!close"), [], "Nothing: it was a command."),
        (
            message(purpose=Purpose.TALK),
            [],
            "If the customer must have it, use “Send to customer” in its menu.",
        ),
        (
            message(purpose=Purpose.TALK),
            [delivery(state=State.DROPPED)],
            "It was discarded. If the customer must have it, use “Send to customer” in its menu.",
        ),
        (
            message(purpose=Purpose.TALK, deleted=True, deleted_at=NOON),
            [delivery(state=State.DROPPED)],
            "Nothing: it was deleted before it left.",
        ),
        (message(deleted=True, deleted_at=NOON), [delivery()], "Nothing: it arrived."),
        (
            message(),
            [delivery(state=State.DROPPED)],
            "Nothing: it was discarded. If the customer must have it, write it again.",
        ),
        (
            message(purpose=Purpose.TALK, text="!note he is a reseller, be careful"),
            [],
            f"This is no command of shopbell, so nothing was done. Did you mean /note? {SEND_IT}",
        ),
        (
            message(purpose=Purpose.TALK, text="!closee"),
            [],
            f"This is no command of shopbell, so nothing was done. Did you mean !close? {SEND_IT}",
        ),
        (
            message(purpose=Purpose.TALK, text="!wow"),
            [],
            f"This is no command of shopbell, so nothing was done. {SEND_IT}",
        ),
        (
            message(purpose=Purpose.TALK, text="!close", unsupported=("a poll",)),
            [],
            f"A command that comes with more, such as a file, is not done. Write the command alone. {SEND_IT}",
        ),
        (
            message(purpose=Purpose.TALK, text="!nice work everybody"),
            [],
            "If the customer must have it, use “Send to customer” in its menu.",
        ),
        (message(purpose=Purpose.TALK, text="!s refund"), [], "Nothing: it was a command."),
        (
            message(purpose=Purpose.TALK, can_reply=False),
            [],
            "Ask whoever runs shopbell to add its author as an agent, or use “Send to customer” in its menu.",
        ),
        (
            message(purpose=Purpose.TALK, routed=False, routed_at=None),
            [],
            "Wait: shopbell still reads what was written before it.",
        ),
        (message(erased=True, text=""), [], "Nothing: this message was erased."),
        (
            message(purpose=Purpose.VENDOR),
            [delivery(Kind.POST, State.FAILED)],
            "Press Retry in its thread.",
        ),
    ],
)
def test_what_to_do_about_other_messages(row: MessageRow, deliveries: list[DeliveryRow], advice: str) -> None:
    """For each purpose and state: what the asker can do, or that there is nothing to do."""
    assert told(row, *deliveries).advice == advice


def test_what_stands_in_the_way_is_named() -> None:
    """The store's trouble, a channel's trouble, something older, a store that is in no settings."""
    waiting = delivery(state=State.WAITING, due_at=NOON)
    down = told(message(), waiting, store_incident="Sellgate refuses the key. Check STORES__MAIN__API_KEY.")
    assert down.advice == ("Sellgate refuses the key. Check STORES__MAIN__API_KEY. Afterwards it goes on by itself.")
    head = delivery(state=State.UNCERTAIN, number=3, due_at=NOW + timedelta(seconds=9))
    behind = told(message(), waiting, heads={"vendor:1001": head})
    assert behind.advice.startswith("Something of this ticket that is older goes first. Wait: it is looked for in")
    closed = told(
        message(purpose=Purpose.VENDOR),
        delivery(Kind.POST, State.WAITING),
        channel_incidents={2: "The bot is not in the Slack channel."},
    )
    assert closed.advice == "The bot is not in the Slack channel. Afterwards it goes on by itself."
    opening = delivery(Kind.OPEN, State.FAILED, 3, payload=OpenPayload(), error="Missing permission.")
    stuck = told(message(purpose=Purpose.VENDOR), delivery(Kind.POST, State.WAITING), heads={"thread:2": opening})
    first = "Ask whoever runs shopbell to type `shopbell outbox retry 3` once this is put right: Missing permission."
    assert stuck.advice.endswith(first)
    gone = told(message(), waiting, names=replace(NAMES, is_configured=False))
    assert gone.advice == "Put the store main back into shopbell's settings: without it nothing is sent."


def test_what_is_before_it_is_being_answered() -> None:
    """Something older whose request is on its way has nothing to be done about but to wait."""
    head = delivery(state=State.BEGUN, number=3)
    behind = told(message(), delivery(state=State.WAITING, due_at=NOON), heads={"vendor:1001": head})
    assert behind.advice == "Something of this ticket that is older goes first. Wait: Sellgate is answering just now."


@pytest.mark.parametrize("state", [State.WAITING, State.HELD, State.FAILED, State.UNCERTAIN])
def test_a_store_that_is_in_no_settings(state: State) -> None:
    """Whatever else is wrong with a reply: without its store nothing is sent."""
    gone = told(message(), delivery(state=state), names=replace(NAMES, is_configured=False))
    assert gone.advice == "Put the store main back into shopbell's settings: without it nothing is sent."


def test_what_was_changed_since() -> None:
    """New words of something that was sent, and what people asked for again, are steps of their own."""
    found = told(message(edited_text="It is on its way."), delivery(requested=True))
    assert "– edited since; what was sent stays as it was" in texts(found)
    assert "12:00:01 somebody asked for it by hand" in texts(found)
    unchanged = told(message(edited_text="On its way."), delivery())
    deleted = told(message(edited_text="It is on its way.", deleted=True, deleted_at=NOON), delivery())
    assert not any("edited since" in line for line in (*texts(unchanged), *texts(deleted)))


def test_a_note_at_the_vendor() -> None:
    """What the staff noted there is told apart from what the customer reads."""
    note = told(message(purpose=Purpose.VENDOR, author=Author.STAFF, is_public=False), delivery(Kind.POST))
    assert "12:00:01 a note at the vendor: the customer cannot read it" in texts(note)


def test_the_line_that_holds_it_is_quoted() -> None:
    """The reason why it is held is the one that the thread shows."""
    found = told(message(), delivery(state=State.HELD), held={DeliveryId(7): "This was written 2 h ago."})
    assert "12:00:01 held: This was written 2 h ago." in texts(found)


def test_a_first_message_on_the_card() -> None:
    """It was posted nowhere, and is settled all the same."""
    found = told(message(purpose=Purpose.VENDOR), on_cards=1)
    assert texts(found)[-2:] == ["– shown on the ticket's card in Discord", "– shown on the ticket's card in Slack"]
    assert found.is_settled


def test_two_threads_in_one_chat_are_told_apart() -> None:
    """Their channels stand behind the chat's name."""
    links = (link(1, SLACK, "C1"), link(2, SLACK, "C2"))
    found = told(message(purpose=Purpose.VENDOR), delivery(Kind.POST), links=links)
    assert "12:00:07 posted in Slack (C2)" in texts(found)


def test_addresses_are_masked() -> None:
    """Neither an author's name nor a text shows one, on any line."""
    masks = replace(NAMES, masks_emails=True)
    row = message(purpose=Purpose.VENDOR, text="I am jane@spoon.example", author_name="jane@spoon.example")
    assert "jane@" not in "".join(told(row, names=masks).lines())
    assert "jane@" not in "".join(ticket_lines(history(MessageHistory(row, ())), masks, NOW))


@pytest.mark.parametrize(("purpose", "kind", "state"), list(itertools.product(Purpose, Kind, State)))
@pytest.mark.parametrize("error", [None, "No " * 300])
def test_whatever_is_recorded_is_told(purpose: Purpose, kind: Kind, state: State, error: str | None) -> None:
    """Each purpose with each kind and state of delivery: on one screen, with one thing to do at the end."""
    odd = delivery(kind, state, link=2, error=error, reconcile_attempts=2, in_doubt=True, begun_at=None)
    if kind is Kind.STATUS:
        odd = replace(odd, payload=StatusPayload(wanted=Status.CLOSED, by="by Ann"))
    found = told(message(purpose=purpose), odd)
    lines = screen(found.lines())
    assert lines[-1].startswith("What to do: ")
    assert all(lines)
    assert len("\n".join(lines)) < LONGEST


# ---------------------------------------------------------------- a whole ticket


def test_a_ticket_on_one_screen() -> None:
    """Its threads, its latest messages in a line each, the older ones together, what to do at the end."""
    fine = [MessageHistory(message(number), (delivery(message=number),)) for number in range(1, 31)]
    bad = MessageHistory(message(99), (delivery(state=State.FAILED, error="Too long."),))
    opened = delivery(Kind.OPEN, payload=OpenPayload())
    lines = ticket_lines(history(bad, *fine, older=100, own=(opened,)), NAMES, NOW)
    assert lines[:4] == [
        "#1001 · Jane · Key (open) as of 2026-11-20 12:10:00 UTC",
        "– has its thread in Discord",
        "12:00:07 has its thread in Slack",
        "120 older messages: all in order",
    ]
    assert lines[4] == "12:00:00 Ann “On its way.”: given up: Sellgate"
    assert lines[5:-1] == ["12:00:00 Ann “On its way.”: arrived at Sellgate, which has not said under which id"] * 10
    advice = "Press Retry in its thread once this is put right: Too long."
    assert lines[-1] == f"What to do: Ann “On its way.”: {advice}"


@pytest.mark.parametrize(
    ("row", "deliveries", "outcome"),
    [
        (
            message(vendor_id="m7"),
            [delivery(), delivery(Kind.POST, finished_at=NOON + timedelta(seconds=9)), delivery(Kind.MARK)],
            "arrived at Sellgate as m7",
        ),
        (
            message(),
            [delivery(state=State.DROPPED), delivery(Kind.MARK, finished_at=NOON + timedelta(seconds=9))],
            "not sent to Sellgate: it was taken back or discarded",
        ),
        (
            message(purpose=Purpose.NOTE),
            [delivery(Kind.POST), delivery(Kind.MARK)],
            "on disk, and taken as a note, for the team only",
        ),
        (message(purpose=Purpose.VENDOR), [delivery(Kind.POST)], "posted in Slack"),
        (
            message(deleted=True, deleted_at=NOON + timedelta(seconds=8)),
            [delivery()],
            "deleted here by its author; the customer has it",
        ),
        (
            message(deleted=True, deleted_at=NOON + timedelta(seconds=2)),
            [delivery(state=State.DROPPED, begun_at=None, finished_at=NOON + timedelta(seconds=2))],
            "deleted by its author before it left",
        ),
    ],
)
def test_a_line_says_what_became_of_the_message(row: MessageRow, deliveries: list[DeliveryRow], outcome: str) -> None:
    """Not which mark it has, or where else it is shown; and with its first words one knows which message it is."""
    assert told(row, *deliveries).outcome.endswith(f" “On its way.”: {outcome}")


def test_what_was_erased_still_says_what_became_of_it() -> None:
    """Without a word of it; the hash that stands for the vendor's id is of no use to anybody."""
    gone: dict[str, Any] = {"erased": True, "text": "", "author_name": None}
    assert told(message(vendor_id="a hash", **gone), delivery()).outcome == "An agent: arrived at Sellgate"
    deleted = message(deleted=True, deleted_at=NOON + timedelta(seconds=8), **gone)
    assert told(deleted, delivery()).outcome == "An agent: deleted here by its author; the customer has it"
    assert "its words were erased" in str(told(deleted, delivery()).lines())


def test_what_to_do_says_about_which_message() -> None:
    """Of several that need the same it is said once; talk of the team's needs nothing, whatever can be done with it."""
    held = [MessageHistory(message(n, text=f"no {n}"), (delivery(state=State.HELD, message=n),)) for n in (1, 2)]
    talk = [MessageHistory(message(n, Purpose.TALK, text=text), ()) for n, text in ((3, "Hm."), (4, "!closee"))]
    asked = "What to do: Press Send or Discard in its thread."
    assert ticket_lines(history(*held, *talk), NAMES, NOW)[-1] == asked
    lines = ticket_lines(history(held[0], *talk), NAMES, NOW)
    assert [each for each in lines if each.startswith("What to do")] == [
        "What to do: Ann “no 1”: Press Send or Discard in its thread."
    ]
    assert ticket_lines(history(*talk), NAMES, NOW)[-1] == "What to do: Nothing: everything is in order."


def test_a_ticket_in_order() -> None:
    """The last line says that there is nothing to do."""
    lines = ticket_lines(history(MessageHistory(message(), (delivery(),))), NAMES, NOW)
    assert lines[-1] == "What to do: Nothing: everything is in order."


def test_a_ticket_without_threads() -> None:
    """The last line says why nothing is shown in a chat."""
    ticket = replace(TICKET, followed=False)
    lines = ticket_lines(history(ticket=ticket, links=()), NAMES, NOW)
    assert lines[-1].startswith("What to do: Nothing: this ticket has no threads")


def test_closing_that_fails_is_told() -> None:
    """And a thread that could not be opened, and the store's trouble."""
    status = delivery(
        Kind.STATUS, State.FAILED, message=None, payload=StatusPayload(wanted=Status.CLOSED, by="by Ann"), error="No."
    )
    opening = delivery(Kind.OPEN, State.FAILED, 8, payload=OpenPayload(), error="Forbidden.")
    links = (link(1, DISCORD), link(2, SLACK, thread=None))
    lines = ticket_lines(history(own=(status, opening), links=links, store_incident="It is down."), NAMES, NOW)
    assert "– The store has trouble now: It is down." in lines
    assert "12:00:01 closing at Sellgate, by Ann" in lines
    assert "12:00:07 the answer: Forbidden." in lines
    assert lines[-2:] == [
        "What to do: Press Retry in its thread once this is put right: No.",
        "What to do: Ask whoever runs shopbell to type `shopbell outbox retry 8` once this is put right: Forbidden.",
    ]


def test_a_screen_is_never_longer() -> None:
    """However much there is: the first line, and what to do, are always there."""
    lots = [MessageHistory(message(n, author_name="N" * 90), (delivery(state=State.FAILED),)) for n in range(60)]
    for lines in (
        ticket_lines(history(*lots), NAMES, NOW),
        screen(["first", *(["x" * 500] * 100), "last"]),
        screen(["first", *(["x"] * 100), "last"]),
    ):
        assert len(lines) <= SCREEN
        assert len("\n".join(lines)) < LONGEST
        assert any("left out" in line for line in lines)
    assert screen(["first", *(["x"] * 100), "last"])[0] == "first"
    assert screen(["first", *(["x"] * 100), "last"])[-1] == "last"
    assert screen(["a", "b"]) == ["a", "b"]


def test_the_whole_tells_every_message() -> None:
    """However many there are, each with what to do."""
    fine = [MessageHistory(message(number), (delivery(message=number),)) for number in range(1, 31)]
    lines = whole(history(*fine), NAMES, NOW)
    assert sum("Ann wrote" in line for line in lines) == 30
    assert sum(line.startswith("  What to do: ") for line in lines) == 30


def test_as_json() -> None:
    """The same steps with whole times, for programs."""
    found = told(message(), delivery()).as_json()
    assert found["steps"][0] == {"at": "2026-11-20T12:00:00+00:00", "step": "written in Discord"}
    assert (found["settled"], found["next"]) == (True, "Nothing: it arrived.")


def test_another_day_has_its_date() -> None:
    """A time alone would be taken for one of the first day."""
    found = told(message(), delivery(finished_at=NOON + timedelta(days=2)))
    assert any(line.startswith("2026-11-22 12:00:00 arrived") for line in texts(found))


def test_a_status_for_a_store_that_is_in_no_settings() -> None:
    """What waits for the ticket itself says the same as a message that waits."""
    closing = delivery(
        Kind.STATUS, State.WAITING, message=None, payload=StatusPayload(wanted=Status.CLOSED, by="by Ann")
    )
    said = ticket_lines(history(own=(closing,)), replace(NAMES, is_configured=False), NOW)
    assert "What to do: Put the store main back into shopbell's settings: without it nothing is sent." in said
