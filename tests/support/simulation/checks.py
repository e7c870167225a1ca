"""
What must hold in a simulated world: always, and once everything has come to rest.

Every text begins with its ticket's name, and but for thanks no two are equal; so what is lost, doubled, misplaced or
out of turn shows in the far sides' own memory. Each check returns sentences; none is good.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.db.rows import from_ms, require, to_ms
from bot.model import Author, Card, Mark, Moment, Post, Status, ThreadId, TicketId, Voice
from bot.tickets.business_hours import after_open
from tests.support.simulation.collisions import crossed
from tests.support.simulation.room import NOTE, Room, Written, about
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import HELD_AFTER, Simulation

_DONE_WITHIN = timedelta(minutes=2)
"""What is due by itself is done so soon."""
_SENT = """
SELECT t.store, m.vendor_id, m.text, m.routed_at, m.written_at FROM deliveries AS d
JOIN messages AS m ON m.id = d.message JOIN tickets AS t ON t.number = m.ticket
WHERE d.kind = 'reply' AND d.state = 'done'
"""
_REMINDED = """
SELECT reminded, reminded_for FROM tickets
WHERE store = :store AND vendor_id = :ticket AND status = 'open' AND snoozed_until IS NULL
"""


class Scene:
    """
    What stands in a simulated world at this moment, ticket by ticket.

    Attributes:
        shops: Whose a ticket is.
        written: What people wrote about a ticket, and in which chat.
        threads: A ticket's threads in a chat, oldest first, those that were deleted among them.
    """

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.shops = {ticket: shop for shop in sim.shops.values() for ticket in shop.said}
        self.written: dict[str, list[tuple[Room, Written]]] = defaultdict(list)
        self.threads: dict[tuple[str, str], list[ThreadId]] = defaultdict(list)
        for room in sim.rooms.values():
            for written in room.written:
                self.written[about(written.versions[0])].append((room, written))
            for thread in room.threads():
                self.threads[room.name, room.ticket_of(thread)].append(thread)

    def said(self, ticket: TicketId) -> tuple[int, ...]:
        """How much was said in a ticket, anywhere; the same as long as nothing is said."""
        shown = [len(room.shown[t]) for room in self.sim.rooms.values() for t in self.threads[room.name, ticket]]
        changed = [len(w.versions) + w.deleted + w.sent_by_hand for _, w in self.written[ticket]]
        return len(self.shops[ticket].said[ticket]), sum(shown), sum(changed)


class Watch:
    """Looks again and again at what must never be; only where something was said since it last looked."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._seen: dict[TicketId, tuple[int, ...]] = {}

    def unsafe(self) -> list[str]:
        """As `unsafe`, about what is new."""
        scene = Scene(self._sim)
        said = {ticket: scene.said(ticket) for ticket in scene.shops}
        stirred = [ticket for ticket in said if said[ticket] != self._seen.get(ticket)]
        self._seen = said
        return _unsafe(scene, stirred)


def unsafe(sim: Simulation) -> list[str]:
    """What must never be, at no moment: twice, somewhere else, or out of turn."""
    scene = Scene(sim)
    return _unsafe(scene, list(scene.shops))


def unsettled(sim: Simulation) -> list[str]:
    """What must not be when nothing goes wrong any more and everybody has waited."""
    return [*unsafe(sim), *missing(sim)]


def missing(sim: Simulation) -> list[str]:
    """What was lost, or has a wrong mark or card, when everybody has waited."""
    scene = Scene(sim)
    return [
        *_unfinished(sim),
        *_unasked(sim),
        *(fault for ticket in scene.shops for fault in _lost(scene, ticket)),
        *(fault for ticket in scene.shops for fault in _unaccounted(scene, ticket)),
        *(fault for ticket in scene.shops for fault in _cards(scene, ticket)),
        *_announced(sim),
        *(fault for ticket in scene.shops for fault in _not_reminded(scene, ticket)),
        *(fault for room in sim.rooms.values() for written in room.written for fault in _unheard(sim, room, written)),
    ]


def live_threads(room: Room, ticket: str) -> list[ThreadId]:
    """The ticket's threads that were not deleted, oldest first."""
    return [thread for thread in room.threads() if room.ticket_of(thread) == ticket and thread not in room.gone]


def _unsafe(scene: Scene, tickets: Sequence[TicketId]) -> list[str]:
    sim = scene.sim
    return [
        *(f"shopbell ended by {problem!r}" for problem in sim.problems),
        *_said_twice(sim),
        *(fault for ticket in tickets for fault in _replies(scene, ticket)),
        *(fault for ticket in tickets for fault in _crossed(scene, ticket)),
        *(
            fault
            for room in sim.rooms.values()
            for ticket in tickets
            for thread in scene.threads[room.name, ticket]
            for fault in _thread(scene, room, thread, ticket)
        ),
    ]


def _said_twice(sim: Simulation) -> Iterator[str]:
    """The same delivery in two places, but for one that stood in a thread that was deleted."""
    for room in sim.rooms.values():
        posts = {(s.id, s.key) for place, stood in room.shown.items() if place not in room.gone for s in stood}
        said = [key for _, key in posts]
        said += [headed.key for headed in room.headed if headed.opened.thread not in room.gone]
        yield from (f"{room.name} has {key} {n} times" for key, n in Counter(said).items() if n > 1)


def _forms(written: Written) -> set[str]:
    """What a message may read like where it is shown or sent."""
    return {form for text in written.versions for form in (text, text.removeprefix(NOTE).strip())}


def _may_be_sent(written: Written) -> set[str]:
    if written.sent_by_hand:
        return _forms(written)
    return {text for text in written.versions if written.agent.is_full_member and not text.startswith(NOTE)}


def _replies(scene: Scene, ticket: TicketId) -> Iterator[str]:
    """At the vendor: nothing but what agents meant for this customer, as often as they wrote it, in their order."""
    ours = scene.shops[ticket].ours(ticket)
    written = scene.written[ticket]
    for text, n in Counter(ours).items():
        meant = sum(text in _may_be_sent(w) for _, w in written)
        if n > meant:
            yield f"{ticket} was told {text!r} {n} times instead of {meant}"
    often = Counter(w.versions[0] for _, w in written)
    for room in scene.sim.rooms.values():
        for thread in scene.threads[room.name, ticket]:
            here = [w.versions[0] for r, w in written if r is room and w.place.thread == thread]
            texts = [text for text in here if often[text] == 1]
            yield from _out_of_turn(scene.sim, f"{ticket} at its vendor", texts, ours)


def _crossed(scene: Scene, ticket: TicketId) -> list[str]:
    """At the vendor: no two people's answers to the same thing, unless somebody said that both be sent."""
    shop, written = scene.shops[ticket], scene.written[ticket]
    often = Counter(w.versions[0] for _, w in written)
    told = [text for text in shop.ours(ticket) if often[text] == 1 and text not in scene.sim.out_of_turn]
    return crossed(shop, ticket, written, told)


def _thread(scene: Scene, room: Room, thread: ThreadId, ticket: TicketId) -> Iterator[str]:
    """In a thread: nothing but its ticket's messages, each once, in the vendor's order, and no echo of its own."""
    sim, shop = scene.sim, scene.shops[ticket]
    shown = [s for s in room.shown[thread] if s.post.voice is not Voice.BELL]
    elsewhere = [w for r, w in scene.written[ticket] if (r.name, w.place.thread) != (room.name, thread)]
    for (text, part), n in Counter((s.post.text, s.part) for s in shown).items():
        possible = shop.theirs(ticket).count(text) + sum(text in _forms(w) for w in elsewhere)
        possible += (text in sim.given_up) * shop.ours(ticket).count(text)
        if n > possible:
            yield f"{room.name} {thread} shows part {part} of {text[:40]!r} {n} times instead of {possible}"
    reminders = Counter(s.post.text for s in room.shown[thread] if is_reminder(s.post))
    yield from (f"{room.name} {thread} says {text!r} {n} times" for text, n in reminders.items() if n > 1)
    first_parts = [s.post.text for s in shown if s.part == 0]
    yield from _out_of_turn(sim, f"{room.name} {thread}", shop.theirs(ticket), first_parts)
    for text in set(first_parts):
        parts = [s.part for s in shown if s.post.text == text]
        if parts != sorted(parts):
            yield f"{room.name} {thread} shows the parts of {text[:40]!r} as {parts}"


def _out_of_turn(sim: Simulation, where: str, order: Sequence[str], found: Sequence[str]) -> Iterator[str]:
    """Texts that stand in another order; those that failed or waited for a person may."""
    once = {text for text, n in Counter(order).items() if n == 1 and text not in sim.out_of_turn}
    turns = [order.index(text) for text in found if text in once]
    if turns != sorted(turns):
        yield f"{where} has {[order[turn][:40] for turn in turns]}"


def _unfinished(sim: Simulation) -> Iterator[str]:
    for (verdict,) in sim.rows("PRAGMA integrity_check"):
        if verdict != "ok":
            yield f"the database says {verdict}"
    for row in sim.rows("SELECT * FROM deliveries WHERE state NOT IN ('done', 'dropped', 'held')"):
        yield f"delivery {row['id']} ({row['kind']} in {row['lane']}) is {row['state']}: {row['error']}"
    for row in sim.rows("SELECT * FROM messages WHERE routed_at IS NULL"):
        yield f"message {row['id']} was not routed"


def _announced(sim: Simulation) -> Iterator[str]:
    """Nothing is about to be sent any more."""
    for room in sim.rooms.values():
        for thread in room.threads():
            stale = [s.post.text for s in room.shown[thread] if " is about to send: " in s.post.text]
            if stale and thread not in room.gone:
                yield f"{room.name} {thread} still shows {stale}"


def is_reminder(post: Post) -> bool:
    """Whether a line reminds of a promised answer; it names the time, so no two of one thread are equal."""
    return post.voice is Voice.BELL and post.text.startswith(("⏳ This ticket needs", "⚠️ This ticket is late"))


def _not_reminded(scene: Scene, ticket: TicketId) -> Iterator[str]:
    """A promise that is broken is recorded as broken, unless the ticket is snoozed, closed or gone."""
    sim, shop = scene.sim, scene.shops[ticket]
    unanswered, promises = shop.unanswered(ticket), sim.promises
    if promises is None or unanswered is None or ticket not in shop.tickets:
        return
    since = require(unanswered.written_at)
    is_first = all(message.author is not Author.STAFF for message in shop.said[ticket])
    until = after_open(promises.hours, since, require(promises.first_answer if is_first else promises.next_answer))
    if until is None or until > sim.clock.now() - _DONE_WITHIN:
        return
    for row in sim.rows(_REMINDED, store=shop.name, ticket=ticket):
        if row["reminded"] != "broken" or row["reminded_for"] != to_ms(since):
            yield f"{ticket} waits since {since}, and is not known as late"


def _unasked(sim: Simulation) -> Iterator[str]:
    """What was found only an hour after it was written was sent because somebody said so."""
    # A message that its author deleted keeps no text here; then the vendor's own record says what it was.
    said = {(s.name, m.id): m.text for s in sim.shops.values() for messages in s.said.values() for m in messages}
    for row in sim.rows(_SENT):
        age, text = min(sim.ages(row)), row["text"] or said.get((row["store"], row["vendor_id"]), "")
        if age > HELD_AFTER and sim.out_of_turn.isdisjoint((text, NOTE + text)):
            yield f"{text!r} was sent unasked {age:.0f} s after it was written"


def _lost(scene: Scene, ticket: TicketId) -> Iterator[str]:
    """Everything that was said elsewhere stands in each channel; in the present thread unless that had another."""
    sim, shop = scene.sim, scene.shops[ticket]
    if ticket in shop.vanished:
        return  # what was not seen in time cannot be seen any more
    # What was not heard of before its thread was deleted is with it.
    notes = [w for _, w in scene.written[ticket] if _stays_a_note(w) and _state(sim, w) != "unknown"]
    for room, channel in sim.channels(shop.name):
        threads = [t for t in scene.threads[room.name, ticket] if room.channel_of(t) == channel]
        live = [thread for thread in threads if thread not in room.gone]
        if len(live) != 1:
            yield f"{ticket} has {len(live)} threads in {room.name} {channel}"
        wanted = Counter(shop.theirs(ticket))
        wanted += Counter(_mirrored(scene, ticket, room, channel))
        wanted += Counter(
            w.versions[0].removeprefix(NOTE) for w in notes if (w.place.chat, w.place.channel) != (room.name, channel)
        )
        stands = Counter(s.post.text for t in threads for s in room.shown[t] if s.part == 0)
        yield from (f"{room.name} {channel} lacks {text[:40]!r}" for text in wanted - stands)


def _stays_a_note(written: Written) -> bool:
    note = len(written.versions) == 1 and written.versions[0].startswith(NOTE)
    return note and written.agent.is_full_member and not written.deleted and not written.sent_by_hand


def _mirrored(scene: Scene, ticket: TicketId, room: Room, channel: str) -> list[str]:
    """What reached the customer and was written elsewhere."""
    here = Counter(
        text
        for r, w in scene.written[ticket]
        if (r.name, w.place.channel) == (room.name, channel)
        for text in _forms(w)
    )
    # The other threads have it as a note already, and nothing is posted twice.
    here.update(text for _, w in scene.written[ticket] if w.sent_by_hand for text in _forms(w))
    return list((Counter(scene.shops[ticket].ours(ticket)) - here).elements())


def _unaccounted(scene: Scene, ticket: TicketId) -> Iterator[str]:
    """What counts as delivered is at the vendor, and nothing else is."""
    sim, shop = scene.sim, scene.shops[ticket]
    rows = sim.rows(
        "SELECT m.text AS text, m.vendor_id AS vendor_id FROM deliveries AS d JOIN messages AS m ON m.id = d.message "
        "JOIN tickets AS t ON t.number = m.ticket "
        "WHERE d.kind = 'reply' AND d.state = 'done' AND t.store = :store AND t.vendor_id = :ticket",
        store=shop.name,
        ticket=ticket,
    )
    # A message that its author deleted keeps no text here; then the vendor's own record says what it was.
    said = {message.id: message.text for message in shop.said[ticket]}
    delivered = Counter(row["text"] or said.get(row["vendor_id"], "") for row in rows)
    there = Counter(shop.ours(ticket))
    for text, n in (there - delivered).items():
        if text not in sim.given_up:
            yield f"{ticket} was told {text!r} {n} times more than we know"
    yield from (f"{ticket} was not told {text!r}, which counts as delivered" for text in delivered - there)


def _unheard(sim: Simulation, room: Room, written: Written) -> Iterator[str]:
    """An agent's message that stands in a live thread is known, settled, and marked as what it is."""
    if written.deleted or written.place.thread in room.gone:
        return
    state = _state(sim, written)
    if state == "unknown":
        yield f"{room.name} {written.id} {written.versions!r} was never heard"
        return
    if state == "reply dropped" and written not in sim.discarded and not _vanished(sim, written):
        yield f"{room.name} {written.id} {written.versions!r} was dropped"
    if state == "no reply" and written.agent.is_full_member and not any(t.startswith(NOTE) for t in written.versions):
        yield f"{room.name} {written.id} {written.versions!r} is not for the customer"
    wanted = {"reply done": {Mark.DELIVERED}, "reply failed": {Mark.FAILED}, "note": {Mark.NOTE}}.get(state, set())
    if room.reactions[written.id] != wanted:
        yield f"{room.name} {written.id} carries {room.reactions[written.id]} though it is {state}"


def _vanished(sim: Simulation, written: Written) -> bool:
    return any(about(written.versions[0]) in shop.vanished for shop in sim.shops.values())


def _state(sim: Simulation, written: Written) -> str:
    place = written.place
    found = sim.rows(
        "SELECT m.id, m.purpose FROM messages AS m JOIN links AS l ON l.id = m.link "
        "WHERE l.chat = :chat AND l.channel = :channel AND m.chat_message = :message",
        chat=place.chat,
        channel=place.channel,
        message=written.id,
    )
    if not found:
        return "unknown"
    if found[0]["purpose"] == "note":
        return "note"
    replies = sim.rows(
        "SELECT state FROM deliveries WHERE message = :message AND kind = 'reply' ORDER BY state = 'dropped', id DESC",
        message=found[0]["id"],
    )
    return f"reply {replies[0]['state']}" if replies else "no reply"


def _turn(sim: Simulation, card: Card, shop: Shop, ticket: TicketId) -> str:
    """What is wrong with whose turn it is on an open ticket's card; empty: nothing."""
    snoozed = sim.rows(
        "SELECT snoozed_until FROM tickets WHERE store = :store AND vendor_id = :ticket AND snoozed_until IS NOT NULL",
        store=shop.name,
        ticket=ticket,
    )
    if snoozed:
        until = from_ms(snoozed[0]["snoozed_until"])
        overdue = until < sim.clock.now() - _DONE_WITHIN
        ends = Moment("Snoozed until", until)
        if overdue:
            return f"that ended at {until}"
        return "" if card.moment == ends else f"it is {ends}"
    unanswered = shop.unanswered(ticket)
    if unanswered is None:
        return "" if "Waiting for the customer" in card.status_text else "it waits for the customer"
    written = from_ms(to_ms(require(unanswered.written_at)))  # the database keeps whole milliseconds
    waits = Moment("Waiting for us since", written)
    return "" if card.moment == waits else f"it is {waits}"


def _cards(scene: Scene, ticket: TicketId) -> Iterator[str]:
    """Every card shows the ticket as its vendor has it."""
    shop = scene.shops[ticket]
    for room, channel in scene.sim.channels(shop.name):
        for thread in scene.threads[room.name, ticket]:
            if room.channel_of(thread) != channel or thread in room.gone:
                continue
            card = room.cards[thread][-1]
            if ticket not in shop.tickets:
                # Closed ones are not listed, so that one of them vanishes is not noticed.
                if "No longer" not in card.status_text and card.status is not Status.CLOSED:
                    yield f"{room.name} {thread} says {card.status_text!r} of a ticket that is gone"
                continue
            if card.status is not shop.tickets[ticket].status:
                yield f"{room.name} {thread} says {card.status_text!r}, its vendor {shop.tickets[ticket].status}"
            if card.status is Status.OPEN and (fault := _turn(scene.sim, card, shop, ticket)):
                yield f"{room.name} {thread} says {card.status_text!r} and {card.moment}, but {fault}"
