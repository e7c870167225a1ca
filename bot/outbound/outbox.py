"""
Delivering: lanes in their order, each attempt written down before it is made, nothing blindly repeated.

Every destination has room for lanes of its own, so one that is stuck holds up no other. How a kind of delivery is
carried, found again and recorded is its courier's business (see `bot.outbound.chats`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.clock import Clock, wait_for
from bot.db.connection import Database, Transaction
from bot.db.rows import DeliveryRow, delivery_row, from_ms, to_ms
from bot.errors import DatabaseError, Gone, RateLimited, RemoteError, Unavailable
from bot.model import DeliveryId, Kind, State
from bot.outbound.clock_rollback import ClockRollback
from bot.outbound.job import Courier, FailureHook, Job, PreSendCheck, read_job
from bot.outbound.retry import Decider, Decision, GiveUp, Postpone, Reconcile
from bot.wording import notices

_log = structlog.get_logger(__name__)
_LANES_AT_ONCE = 8
# Another process (`shopbell outbox retry`) cannot wake us; this is how late we notice.
_LONGEST_SLEEP = 5.0


class Outbox:
    """Runs the lanes of every destination it was given. One for each database."""

    def __init__(
        self,
        database: Database,
        couriers: Mapping[Kind, Courier],
        pre_send_check: PreSendCheck,
        mend: FailureHook,
        destinations: list[str],
        clock: Clock,
        decider: Decider,
    ) -> None:
        self._database = database
        self._couriers = couriers
        self._pre_send_check = pre_send_check
        self._on_failure = mend
        self._clock = clock
        self._decider = decider
        self._destinations = destinations
        self._set_back = ClockRollback(database, clock)
        self._waker = asyncio.Event()
        self._settled: dict[DeliveryId, asyncio.Event] = {}
        self._stopping = False
        self._key_prefix = ""

    async def prepare(self) -> None:
        """Before `run`: what an earlier process had begun becomes uncertain."""
        await self._set_back.begin()
        await self._database.write(lambda tx: tx.run("deliveries_were_interrupted", now=to_ms(self._clock.now())))
        self._key_prefix = await self._database.read(_key_prefix)

    async def run(self) -> None:
        """Deliver until `stop`; what is in flight then is finished first."""
        running: dict[str, dict[str, asyncio.Task[None]]] = {destination: {} for destination in self._destinations}
        # Leaving the block waits for the lanes; where it is left by a failure or a cancellation, it ends them first.
        async with asyncio.TaskGroup() as lanes:
            while not self._stopping:
                self._waker.clear()
                await self._set_back.notice()
                now = self._clock.now()
                busy = {destination: set(tasks) for destination, tasks in running.items()}
                agenda = await self._database.read(_agenda, busy, now)
                for destination, lane in agenda.lanes:
                    task = lanes.create_task(self._run_lane(lane), name=f"lane {lane}")
                    running[destination][lane] = task
                    task.add_done_callback(_leave(running[destination], lane, self._waker))
                pause = _LONGEST_SLEEP if agenda.next_due is None else (agenda.next_due - now).total_seconds()
                await wait_for(self._waker, min(pause, _LONGEST_SLEEP), self._clock)

    def wake(self) -> None:
        """Something was queued. Called after the transaction that queued it."""
        self._waker.set()

    def stop(self) -> None:
        """Begin no further attempt; `run` returns when those in flight have ended."""
        self._stopping = True
        self.wake()

    async def settled(self, delivery: DeliveryId, seconds: float) -> DeliveryRow:
        """Wait until a delivery is done or has failed, at most so long; returns it as it is then."""
        event = self._settled.setdefault(delivery, asyncio.Event())
        latest = self._clock.monotonic() + seconds
        try:
            while True:
                event.clear()
                row = await self._database.read(_delivery, delivery)
                left = latest - self._clock.monotonic()
                if row.state in (State.DONE, State.FAILED, State.DROPPED) or left <= 0:
                    return row
                await wait_for(event, left, self._clock)
        finally:
            self._settled.pop(delivery, None)

    async def _run_lane(self, lane: str) -> None:
        """Make the lane's deliveries, one after the other, until the first that is not due."""
        while not self._stopping:
            job = await self._database.write(self._take, lane, self._clock.now())
            if job is None:
                return
            try:
                await self._advance(job)
            except DatabaseError:
                raise  # nothing can be delivered without it
            except Exception as defect:  # noqa: BLE001 - a defect in one lane must not stop the others
                _log.exception("a delivery met a defect", delivery=job.delivery.id, kind=job.delivery.kind)
                reference = f"delivery {job.delivery.id} ({type(defect).__name__})"
                await self._write_failure(job, GiveUp(doubt=True), notices.went_wrong(reference))

    async def _advance(self, job: Job) -> None:
        courier = self._couriers[job.delivery.kind]
        if job.delivery.state is State.WAITING:
            await self._pre_send_check.take(job)
            return
        if job.delivery.state is State.UNCERTAIN:
            await self._reconcile(job, courier)
            return
        try:
            result = await courier.attempt(job)
        except RemoteError as error:
            decision = self._decider.after(error, job.delivery.attempts, retries_forever=courier.retries_forever)
            await self._write_failure(job, decision, error.told, error)
            self._report(job, error, decision)
        else:
            await self._write_success(job, courier, result)

    async def _reconcile(self, job: Job, courier: Courier) -> None:
        """
        Search the far side for what was begun.

        Where it is found it is recorded; else it is written down when to search or to try again.
        """
        try:
            found = await courier.reconcile(job)
        except Gone as error:
            # What is searched does not exist any more, so searching it again is no use.
            await self._write_failure(job, GiveUp(doubt=True), error.told, error)
            return
        except RemoteError as error:
            now = self._clock.now()
            match self._decider.unseen(error, _unseen_for(job.delivery, now), retries_forever=courier.retries_forever):
                case GiveUp() as end:
                    await self._write_failure(job, end, error.told, error)
                case Reconcile(seconds):
                    await self._database.write(self._reconcile_later, job, error, now + timedelta(seconds=seconds))
            return
        if found is not None:
            await self._write_success(job, courier, found)
            return
        again = self._decider.after_reconcile(
            job.delivery.reconcile_attempts + 1, eventually_consistent=courier.eventually_consistent
        )
        if again is not None:
            due = self._clock.now() + timedelta(seconds=again.seconds)
            await self._database.write(_not_found_yet, job.delivery, self._clock.now(), due)
            return
        reason = job.delivery.error or notices.interrupted()
        decision = self._decider.after(
            Unavailable(reason), job.delivery.attempts, retries_forever=courier.retries_forever
        )
        if isinstance(decision, GiveUp):
            # It may still show: looks come to an end, and nobody knows by how much reads can lag.
            decision = GiveUp(doubt=True)
        await self._write_failure(job, decision, reason)

    async def _write_success(self, job: Job, courier: Courier, result: Any) -> None:
        def work(tx: Transaction, now: datetime) -> None:
            part = courier.record(tx, job, result, now)
            if part is None:
                tx.run("finish_delivery", id=job.delivery.id, now=to_ms(now))
            else:
                tx.run("next_part", id=job.delivery.id, part=part, now=to_ms(now))

        await self._database.write(work, self._clock.now())
        self._after_write(job)

    async def _write_failure(self, job: Job, decision: Decision, reason: str, error: RemoteError | None = None) -> None:
        delivery, courier = job.delivery.id, self._couriers[job.delivery.kind]

        def work(tx: Transaction, now: datetime) -> None:
            mended = error is not None and self._on_failure(tx, job, error, now)
            then = Postpone(0.0) if mended else decision
            match then:
                case Postpone(seconds, counted):
                    due = to_ms(now + timedelta(seconds=seconds))
                    tx.run("drop_twin", id=delivery, now=to_ms(now))
                    uncounted = 0 if counted else 1
                    tx.run("postpone_delivery", id=delivery, now=to_ms(now), due=due, error=reason, uncounted=uncounted)
                case Reconcile(seconds):
                    due = to_ms(now + timedelta(seconds=seconds))
                    tx.run("delivery_is_uncertain", id=delivery, now=to_ms(now), due=due, error=reason)
                case GiveUp(doubt):
                    if tx.run("fail_delivery", id=delivery, now=to_ms(now), error=reason, doubt=doubt):
                        courier.give_up(tx, replace(job, delivery=_delivery(tx, delivery)), reason, now)

        await self._database.write(work, self._clock.now())
        self._after_write(job)

    def _reconcile_later(self, tx: Transaction, job: Job, error: RemoteError, due: datetime) -> None:
        """The far side cannot be searched now; a person may have to be told why."""
        now = self._clock.now()
        self._on_failure(tx, job, error, now)
        _not_found_yet(tx, job.delivery, now, due, error)

    def _after_write(self, job: Job) -> None:
        if event := self._settled.get(job.delivery.id):
            event.set()
        self.wake()

    def _report(self, job: Job, error: RemoteError, decision: Decision) -> None:
        log = _log.debug if isinstance(error, RateLimited) else _log.info
        log(
            "attempt failed",
            delivery=job.delivery.id,
            kind=job.delivery.kind,
            destination=job.delivery.destination,
            error=type(error).__name__,
            next=type(decision).__name__,
        )

    def _take(self, tx: Transaction, lane: str, now: datetime) -> Job | None:
        """
        The lane's first delivery, if it is due.

        It is begun, and that is written down; or it is still uncertain, and has to be looked for; or it still waits,
        and a check before sending has to be made.
        """
        row = tx.one("lane_head", lane=lane)
        if row is None:
            return None
        head = delivery_row(row)
        if head.due_at > now or head.state not in (State.WAITING, State.UNCERTAIN):
            return None
        careful = self._pre_send_check.needed(tx, head)
        if (head.state is State.WAITING and not careful) or self._couriers[head.kind].idempotent:
            tx.run("begin_delivery", id=head.id, now=to_ms(now))
            head = _delivery(tx, head.id)
        return read_job(tx, head, self._key_prefix)


def _leave(running: dict[str, asyncio.Task[None]], lane: str, waker: asyncio.Event) -> Callable[[Any], None]:
    def leave(_: asyncio.Task[None]) -> None:
        running.pop(lane, None)
        waker.set()

    return leave


def _key_prefix(tx: Transaction) -> str:
    row = tx.one("key_prefix")
    if row is None:
        raise LookupError("the installation has no key prefix")
    return str(row["key_prefix"])


def _delivery(tx: Transaction, delivery: DeliveryId) -> DeliveryRow:
    row = tx.one("delivery", id=delivery)
    if row is None:
        raise LookupError(f"delivery {delivery} is not there")
    return delivery_row(row)


@dataclass(frozen=True, slots=True)
class _Agenda:
    """The lanes to start now, each with its destination, and when the next delivery will be due; None: none waits."""

    lanes: list[tuple[str, str]]
    next_due: datetime | None


def _agenda(tx: Transaction, busy: Mapping[str, Collection[str]], now: datetime) -> _Agenda:
    """
    What is to be done.

    Args:
        busy: The lanes that run now, by destination; every destination is in it.
    """
    lanes, later = [], []
    for destination, running in busy.items():
        free = _LANES_AT_ONCE - len(running)
        if free > 0:
            due = tx.all("due_lanes", destination=destination, now=to_ms(now), most=_LANES_AT_ONCE + len(running))
            new = [row["lane"] for row in due if row["lane"] not in running]
            lanes += [(destination, lane) for lane in list(dict.fromkeys(new))[:free]]
        row = tx.one("next_due", destination=destination, now=to_ms(now))
        if row is not None and row["due_at"] is not None:
            later.append(from_ms(row["due_at"]))
    return _Agenda(lanes, min(later, default=None))


def _not_found_yet(
    tx: Transaction, delivery: DeliveryRow, now: datetime, due: datetime, error: RemoteError | None = None
) -> None:
    """Nothing was found, or (with an error) nothing could be seen, which is no look."""
    told = None if error is None else error.told
    tx.run("not_found_yet", id=delivery.id, now=to_ms(now), due=to_ms(due), counted=0 if error else 1, error=told)


def _unseen_for(delivery: DeliveryRow, now: datetime) -> float:
    """For how many seconds a delivery's outcome has been unknown: since its attempt, or since somebody asked again."""
    began = max(delivery.begun_at or delivery.created_at, delivery.late_since or now)
    return (now - began).total_seconds()
