"""What the rows of the fault matrix say of the meantime, each as a check of what the program did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from bot.errors import RemoteError
from bot.inbound.chats.intake import ChatIntake
from bot.model import Kind as Delivery
from bot.outbound.dispatcher import Turn
from bot.outbound.job import Job
from bot.outbound.outbox import Outbox
from bot.outbound.retry import Decision, GiveUp, Reconcile
from tests.contract.fault_matrix import AgentFate, Answer, Call, ChatFate, Kind, StoreFate, TicketFate, row

_AT_VENDORS = (Kind.SEND, Kind.CHANGE, Kind.UPLOAD)
_TO_VENDORS = frozenset({Delivery.REPLY, Delivery.NOTE, Delivery.STATUS})
_GROUPS: dict[Kind, Collection[Delivery]] = {
    Kind.SHOW: {Delivery.OPEN, Delivery.POST, Delivery.LINE, Delivery.CARD, Delivery.NEW_CARD},
    Kind.MARK: {Delivery.MARK},
    **dict.fromkeys(_AT_VENDORS, _TO_VENDORS),
}
"""By the kind of a call: the deliveries that make it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """One attempt that failed: where, of what, after which call, and what was decided."""

    destination: str
    delivery: Delivery
    cause: Kind | None
    decision: Decision


@dataclass
class Witness:
    """
    Sees what follows inside the program.

    Attributes:
        failed: The attempts that failed.
        told: The chats about whose channels people were told something.
        unhealthy: The chats that were not connected.
        refused: The chats whose login was refused, with the step.
        failures_shown: How many messages got the mark of a failure.
        answered: Whether each person who asked was answered in the end.
        arrived: Whether in the end every text was where it belongs.
        last_met: By server, what the last call of these kinds was for that met the answer; None: none has.
    """

    failed: list[Failed] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    unhealthy: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    stores_told: set[str] = field(default_factory=set)
    failures_shown: int = 0
    answered: bool = True
    arrived: bool = False
    last_met: Callable[[str, Collection[Kind]], Kind | None] = field(default=lambda _server, _kinds: None)


@contextmanager
def watched() -> Iterator[list[Witness]]:
    """The last witness of the list gets what follows."""
    witnesses: list[Witness] = [Witness()]
    write_failure, record_unreadable = Outbox._write_failure, ChatIntake._record_unreadable

    async def watch_failure(
        self: Outbox, job: Job, turn: Turn, decision: Decision, reason: str, error: RemoteError | None = None
    ) -> None:
        await write_failure(self, job, turn, decision, reason, error)
        cause = witnesses[-1].last_met(job.delivery.destination, _AT_VENDORS)
        witnesses[-1].failed.append(Failed(job.delivery.destination, job.delivery.kind, cause, decision))
        incidents = await self._database.read(lambda tx: tx.all("channel_incidents"))
        witnesses[-1].told.update(row["chat"] for row in incidents)

    def watch_unreadable(self: ChatIntake, tx: Any, place: Any, *rest: Any) -> None:
        record_unreadable(self, tx, place, *rest)
        witnesses[-1].told.add(place.chat)

    with (
        patch.object(Outbox, "_write_failure", watch_failure),
        patch.object(ChatIntake, "_record_unreadable", watch_unreadable),
    ):
        yield witnesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    What is known about one call that has met its answer.

    Attributes:
        again: How often the same call was made afterwards.
        decided: What was decided about the attempts of the deliveries that make such calls.
        is_live: Whether the connection was not touched.
        may_be_told: Whether another call's row has people told something in this chat.
    """

    call: Call
    again: int
    decided: Collection[Decision]
    witness: Witness
    is_live: bool
    may_be_told: bool

    def shown(self) -> str:
        """For whoever has to find out why."""
        decided = Counter(type(each).__name__ for each in self.decided)
        seen = f"told {self.witness.told}, stores told {self.witness.stores_told}, unhealthy {self.witness.unhealthy}"
        return f"live {self.is_live}, made again {self.again} times, {dict(decided)}, {seen}"

    def decided_on(self, *kinds: type[Decision]) -> bool:
        return any(isinstance(each, kinds) for each in self.decided)


def _is_connected(evidence: Evidence) -> bool:
    """Whether the chat never lost its connection, where nobody cut it."""
    return not evidence.is_live or evidence.call.server not in evidence.witness.unhealthy


_TICKET: dict[TicketFate, Callable[[Evidence], bool]] = {
    TicketFate.UNCHANGED: lambda e: not e.decided_on(GiveUp),
    TicketFate.WAITS: lambda e: not e.decided_on(GiveUp, Reconcile),
    TicketFate.SEARCHED: lambda e: e.decided_on(Reconcile) and not e.decided_on(GiveUp),
    TicketFate.TAKEN: lambda e: e.again == 0 and not e.decided_on(GiveUp, Reconcile),
    TicketFate.FAILS: lambda e: e.decided_on(GiveUp),
    TicketFate.READ_LATER: lambda e: e.again > 0 and e.witness.arrived,
    TicketFate.FETCHED_LATER: lambda e: e.again > 0 and e.witness.arrived,
    TicketFate.SHOWN: lambda e: e.witness.arrived,
}
_STORE: dict[StoreFate, Callable[[Evidence], bool]] = {
    StoreFate.UNCHANGED: lambda e: not e.witness.stores_told,
    StoreFate.ASKED_AGAIN: lambda e: e.again > 0 and e.call.server not in e.witness.stores_told,
}
_CHAT: dict[ChatFate, Callable[[Evidence], bool]] = {
    ChatFate.CONNECTED: _is_connected,
    ChatFate.ASKED_AGAIN: lambda e: e.again > 0,
    ChatFate.READ_AGAIN: lambda e: e.again > 0 and _is_connected(e),
    ChatFate.NAMES_STEP: lambda e: e.again > 0 and e.call.server in e.witness.refused,
}
_AGENT: dict[AgentFate, Callable[[Evidence], bool]] = {
    AgentFate.NOTHING: lambda e: e.may_be_told or e.call.server not in e.witness.told,
    AgentFate.READS_STEP: lambda e: e.call.server in e.witness.told,
    # A mark is taken away only where one stood for a while: whether that comes again depends on how fast the store was.
    AgentFate.SEES_MARK: lambda e: (e.again > 0 or e.call.method == "DELETE") and not e.decided_on(GiveUp),
    AgentFate.SEES_FAILURE: lambda e: e.witness.failures_shown > 0,
    AgentFate.ASKS_AGAIN: lambda e: e.witness.answered,
}


def untrue(
    witness: Witness, answer: Answer, again: Counter[Call], stores: dict[str, str], *, is_live: bool
) -> list[str]:
    """
    What the rows say and is not so, of every call that has met this answer.

    Args:
        again: By call that has met it, how often it was made afterwards.
        stores: The names of the stores, by vendor.
    """
    rows = {call: row(call, answer) for call in again}
    told = {call.server for call, each in rows.items() if each.agent is AgentFate.READS_STEP}
    wrong = []
    for call, says in rows.items():
        destination = f"store:{stores[call.server]}" if call.server in stores else f"chat:{call.server}"
        group = _GROUPS.get(call.kind, _GROUPS[Kind.SHOW])
        evidence = Evidence(
            call=call,
            again=again[call],
            decided=[
                f.decision
                for f in witness.failed
                if f.destination == destination
                and f.delivery in group
                and (call.kind not in _AT_VENDORS or f.cause is call.kind)
            ],
            witness=witness,
            is_live=is_live,
            may_be_told=call.server in told,
        )
        checks = (
            (says.ticket, _TICKET[says.ticket]),
            (says.store, _STORE[says.store]),
            (says.chat, _CHAT[says.chat]),
            (says.agent, _AGENT[says.agent]),
        )
        wrong += [f"{call}: “{fate}” is not true; {evidence.shown()}" for fate, check in checks if not check(evidence)]
    return wrong


_COMES_AGAIN = frozenset(
    (
        *(TicketFate.READ_LATER, TicketFate.FETCHED_LATER, StoreFate.ASKED_AGAIN),
        *(ChatFate.ASKED_AGAIN, ChatFate.READ_AGAIN, ChatFate.NAMES_STEP),
    )
)


def still_to_be_made(answer: Answer, again: Counter[Call]) -> list[Call]:
    """The calls that have met this answer and, by their rows, will be made once more, but were not yet."""
    once = [call for call, made in again.items() if made == 0]
    says = {call: row(call, answer) for call in once}
    return [call for call in once if {says[call].ticket, says[call].store, says[call].chat} & _COMES_AGAIN]


def has_check(fate: TicketFate | StoreFate | ChatFate | AgentFate) -> bool:
    """Whether there is a check for this word."""
    return any(fate in checks for checks in (_TICKET, _STORE, _CHAT, _AGENT))
