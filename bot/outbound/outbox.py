"""
The outbox attempts the deliveries: in order within a lane, each attempt recorded before it is made.

An attempt of unknown outcome is never simply repeated: first the other side is searched. After each attempt or search
a lane gives up its turn; whose turn is next is up to `bot.outbound.running_lanes`. Each destination has its own turns,
so a stuck destination does not delay the others. How a kind of delivery is attempted, searched for and recorded is up
to its courier (see `bot.outbound.job`). An attempt is recorded in the transaction that queued it, if that is possible
(see `bot.outbound.dispatcher`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.clock import Clock, wait_for
from bot.db.connection import Database, Transaction
from bot.db.rows import DeliveryRow, delivery_row, require, to_ms
from bot.errors import DatabaseError, Gone, RateLimited, RemoteError, Unavailable
from bot.model import DeliveryId, Kind, State
from bot.outbound.after_outages import AfterOutages, make_all_due
from bot.outbound.clock_rollback import ClockRollback
from bot.outbound.courier import Courier, FailureHook, JoiningCourier, PreSendCheck, SearchingCourier, Unclear
from bot.outbound.dispatcher import Destinations, Dispatcher, Turn
from bot.outbound.job import Job, read_job
from bot.outbound.retry import Decider, Decision, GiveUp, Postpone, Reconcile
from bot.wording import reasons

_log = structlog.get_logger(__name__)


class Outbox:
    """
    Runs the lanes of the given destinations. There is one outbox for each database.

    Args:
        on_failure: Called in each transaction that records a failed attempt or search.
        destinations: Their limits are asked before a turn begins, so that nothing is begun that would only wait.
        wake: Set when something was queued, after the transaction that queued it.
    """

    def __init__(
        self,
        database: Database,
        couriers: Mapping[Kind, Courier],
        pre_send_check: PreSendCheck,
        on_failure: FailureHook,
        destinations: Destinations,
        wake: asyncio.Event,
        clock: Clock,
        decider: Decider,
    ) -> None:
        self._database = database
        self._couriers = couriers
        # To ask a protocol takes as long as a statement of SQL.
        self._searching = {kind for kind, each in couriers.items() if isinstance(each, SearchingCourier)}
        self._pre_send_check = pre_send_check
        self._on_failure = on_failure
        self._dispatcher = Dispatcher(destinations, self._begin_next, self._start, wake, clock)
        self._running: asyncio.TaskGroup | None = None
        self._wake = wake
        self._clock = clock
        self._decider = decider
        self._clock_rollback = ClockRollback(database, clock)
        self._watched: dict[DeliveryId, asyncio.Event] = {}
        self._after_outages = AfterOutages()
        self._stopping = False
        self._key_prefix = ""

    async def prepare(self) -> None:
        """Call once, before `run`: takes over what an earlier process left."""
        await self._clock_rollback.check_at_start()
        await self._database.write(_take_over, self._clock.now())
        self._key_prefix = await self._database.read(_key_prefix)

    async def run(self) -> None:
        """Deliver until `stop` is called. Returns when the attempts in progress have ended."""
        # Leaving the block waits for the turns; after a failure or a cancellation it cancels them first.
        async with asyncio.TaskGroup() as running:
            self._running = running
            self._database.follow(self._dispatcher)
            try:
                await self._keep_turning()
                self._database.follow(None)
                await self._database.read(_key_prefix)  # what was begun in a transaction before has its turn
            finally:
                self._database.follow(None)
                self._running = None

    async def _keep_turning(self) -> None:
        while not self._stopping:
            self._wake.clear()
            await self._clock_rollback.check()
            self._dispatcher.raise_defect()
            if self._dispatcher.must_look:
                await self._dispatcher.look_by_itself(self._database)
            for turn in self._dispatcher.begin():
                self._start(turn, None)
            await wait_for(self._wake, self._dispatcher.pause(), self._clock)

    def _start(self, turn: Turn, job: Job | None) -> None:
        """Let a turn run; a job was begun already."""
        if self._running is None:
            return  # what was begun while everything ends is uncertain at the next start
        task = self._running.create_task(self._take_turn(turn, job), name=f"lane {turn.lane}")
        task.add_done_callback(lambda _: self._dispatcher.end(turn))

    def wake(self) -> None:
        """Look for due deliveries now. Call it after the transaction that queued something."""
        self._wake.set()

    def stop(self) -> None:
        """Begin no further attempt. `run` returns when those in progress have ended."""
        self._stopping = True
        self.wake()

    async def wait_until_finished(self, delivery: DeliveryId, seconds: float) -> DeliveryRow:
        """Wait until a delivery is done, has failed or is dropped, for `seconds` at most. Returns it as it is then."""
        event = self._watched.setdefault(delivery, asyncio.Event())
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
            self._watched.pop(delivery, None)

    async def _take_turn(self, turn: Turn, job: Job | None) -> None:
        """Advance the lane's first delivery by one step, if it is due."""
        if job is None and not self._stopping:
            job = await self._database.write(self._begin_next, turn, self._clock.now())
        if job is None:
            return
        try:
            await self._advance(job, turn)
        except DatabaseError:
            raise  # without the database nothing can be delivered
        except Exception as defect:  # noqa: BLE001 - a defect in one lane must not stop the others
            _log.exception("delivery hit a defect", delivery=job.delivery.id, kind=job.delivery.kind)
            await self._write_failure(job, turn, GiveUp(doubt=True), _defect(job.delivery.id, defect))

    async def _advance(self, job: Job, turn: Turn) -> None:
        courier = self._couriers[job.delivery.kind]
        if job.delivery.state is State.WAITING:
            await self._pre_send_check.run(job)
            return
        if job.delivery.state is State.UNCERTAIN and isinstance(courier, SearchingCourier):
            await self._reconcile(job, turn, courier)
            return
        try:
            result = await courier.attempt(job)
        except RemoteError as error:
            row, repeats = job.delivery, job.delivery.kind not in self._searching
            decision = self._decider.after_failure(
                error, row.attempts, retries_forever=courier.retries_forever, may_be_repeated=repeats
            )
            await self._write_failure(job, turn, decision, error.user_message, error)
            self._log_failure(job, error, decision)
        else:
            await self._write_success(job, turn, courier, result)

    async def _reconcile(self, job: Job, turn: Turn, courier: SearchingCourier) -> None:
        """
        Search the other side for an attempt of unknown outcome.

        If it is found, it is recorded as delivered. If not, the next search or attempt is recorded.
        """
        try:
            found = await courier.reconcile(job)
        except Gone as error:
            # The searched place does not exist any more, so another search cannot help.
            await self._write_failure(job, turn, GiveUp(doubt=True), error.user_message, error)
            return
        except RemoteError as error:
            now = self._clock.now()
            seconds = _uncertain_seconds(job.delivery, now)
            what_next = self._decider.after_failed_search(error, seconds, retries_forever=courier.retries_forever)
            if isinstance(what_next, GiveUp):
                await self._write_failure(job, turn, what_next, error.user_message, error)
            else:
                await self._database.write(self._search_later, job, error, now + timedelta(seconds=what_next.seconds))
            return
        if found is not None and not isinstance(found, Unclear):
            await self._write_success(job, turn, courier, found)
            return
        next_search = self._decider.after_reconcile(
            job.delivery.reconcile_attempts + 1, eventually_consistent=courier.eventually_consistent
        )
        if next_search is not None:
            due = self._clock.now() + timedelta(seconds=next_search.seconds)
            await self._database.write(_not_found_yet, job.delivery, self._clock.now(), due)
            return
        if isinstance(found, Unclear) and job.delivery.attempts:
            # Whoever then asks for a retry has looked, and wants it to be sent.
            await self._write_failure(job, turn, GiveUp(doubt=True), found.reason)
            return
        reason = job.delivery.error or reasons.interrupted()
        decision = self._decider.after_failure(
            Unavailable(reason), job.delivery.attempts, retries_forever=courier.retries_forever
        )
        if isinstance(decision, GiveUp):
            # It may still appear: nobody knows how long a vendor's reads can lag, and searches end at some time.
            decision = GiveUp(doubt=True)
        await self._write_failure(job, turn, decision, reason)

    async def _write_success(self, job: Job, turn: Turn, courier: Courier, result: Any) -> None:
        def work(tx: Transaction, now: datetime) -> None:
            part = courier.record(tx, job, result, now)
            if part is None:
                tx.run("finish_delivery", id=job.delivery.id, now=to_ms(now))
                self._after_outages.worked(tx, job.delivery.destination, now, retries_forever=courier.retries_forever)
            else:
                tx.run("next_part", id=job.delivery.id, part=part, now=to_ms(now))
            self._dispatcher.ends(turn)

        await self._database.write(work, self._clock.now())
        self._tell_watching(job)

    async def _write_failure(
        self, job: Job, turn: Turn, decision: Decision, reason: str, error: RemoteError | None = None
    ) -> None:
        delivery = job.delivery.id

        def work(tx: Transaction, now: datetime) -> None:
            repaired = error is not None and self._on_failure(tx, job, error, now)
            decided = Postpone(0.0) if repaired else decision
            asked = None if error is None or repaired else error.retry_after
            match decided:
                case Postpone(seconds, counted):
                    due = to_ms(now + timedelta(seconds=seconds))
                    tx.run("drop_duplicate", id=delivery, now=to_ms(now))
                    times = {"due": due, "not_before": None if asked is None else to_ms(now + timedelta(seconds=asked))}
                    uncounted = 0 if counted else 1
                    tx.run("postpone_delivery", id=delivery, now=to_ms(now), **times, error=reason, uncounted=uncounted)
                    tx.run("part_posts", id=delivery, certain=error is not None)
                    self._after_outages.failed(job.delivery)
                case Reconcile(seconds):
                    due = to_ms(now + timedelta(seconds=seconds))
                    tx.run("make_uncertain", id=delivery, now=to_ms(now), due=due, error=reason)
                    self._after_outages.failed(job.delivery)
                case _:
                    self._fail(tx, delivery, reason, now, in_doubt=decided.doubt)
            self._dispatcher.ends(turn)

        await self._database.write(work, self._clock.now())
        self._tell_watching(job)

    def _fail(self, tx: Transaction, delivery: DeliveryId, reason: str, now: datetime, *, in_doubt: bool) -> None:
        """A delivery has failed for good, also if what follows from that hits a defect."""
        if not tx.run("fail_delivery", id=delivery, now=to_ms(now), error=reason, in_doubt=in_doubt):
            return
        try:
            job = read_job(tx, _delivery(tx, delivery), self._key_prefix)
            self._couriers[job.delivery.kind].give_up(tx, job, reason, now)
        except sqlite3.Error:
            raise
        except Exception:  # noqa: BLE001 - as in `_take_turn`
            _log.exception("giving up a delivery hit a defect", delivery=delivery)

    def _search_later(self, tx: Transaction, job: Job, error: RemoteError, due: datetime) -> None:
        """Record that the other side cannot be searched now; `on_failure` may announce why."""
        now = self._clock.now()
        self._on_failure(tx, job, error, now)
        _not_found_yet(tx, job.delivery, now, due, error)

    def _tell_watching(self, job: Job) -> None:
        if event := self._watched.get(job.delivery.id):
            event.set()

    def _log_failure(self, job: Job, error: RemoteError, decision: Decision) -> None:
        log = _log.debug if isinstance(error, RateLimited) else _log.info
        row, what = job.delivery, {"error": type(error).__name__, "next": type(decision).__name__}
        log("attempt failed", delivery=row.id, kind=row.kind, destination=row.destination, **what)

    def _begin_next(self, tx: Transaction, turn: Turn, now: datetime) -> Job | None:
        """
        The first delivery of the lane whose turn it is; None: it is not due.

        Its state says what comes next: `BEGUN`, which is recorded here, an attempt; `UNCERTAIN` a search; `WAITING` the
        check before sending.
        """
        row = tx.one("lane_head", destination=turn.destination, lane=turn.lane)
        if row is None:
            return None
        try:
            return self._begin(tx, delivery_row(row), now)
        except sqlite3.Error:
            raise
        except Exception as defect:  # noqa: BLE001 - as in `_take_turn`
            _log.exception("beginning a delivery hit a defect", delivery=row["id"], kind=row["kind"])
            self._fail(tx, row["id"], _defect(row["id"], defect), now, in_doubt=row["state"] == State.UNCERTAIN)
            return None

    def _begin(self, tx: Transaction, head: DeliveryRow, now: datetime) -> Job | None:
        if head.due_at > now or head.state not in (State.WAITING, State.UNCERTAIN):
            return None
        if head.joined_to is not None and head.state is State.WAITING:
            tx.run("search_for_joined", id=head.id)
            return read_job(tx, _delivery(tx, head.id), self._key_prefix)
        needs_check = self._pre_send_check.needed(tx, head)
        may_be_repeated = head.kind not in self._searching
        if (head.state is State.WAITING and not needs_check) or may_be_repeated:
            head = delivery_row(require(tx.one("begin_delivery", id=head.id, now=to_ms(now))))
            courier = self._couriers[head.kind]
            if isinstance(courier, JoiningCourier):
                courier.join(tx, head, now)
        return read_job(tx, head, self._key_prefix)


def _take_over(tx: Transaction, now: datetime) -> None:
    """What an earlier process left: of what it had begun nobody knows the outcome, and what it tried is due."""
    tx.run("make_begun_uncertain", now=to_ms(now))
    make_all_due(tx, now)


def _key_prefix(tx: Transaction) -> str:
    return str(require(tx.one("key_prefix"))["key_prefix"])


def _delivery(tx: Transaction, delivery: DeliveryId) -> DeliveryRow:
    return delivery_row(require(tx.one("delivery", id=delivery)))


def _defect(delivery: DeliveryId, defect: Exception) -> str:
    return reasons.went_wrong(f"delivery {delivery} ({type(defect).__name__})")


def _not_found_yet(
    tx: Transaction, delivery: DeliveryRow, now: datetime, due: datetime, error: RemoteError | None = None
) -> None:
    """Record a search that found nothing. With an error it was not possible to search, which does not count as one."""
    reason = None if error is None else error.user_message
    tx.run("reconcile_later", id=delivery.id, now=to_ms(now), due=to_ms(due), counted=0 if error else 1, error=reason)


def _uncertain_seconds(delivery: DeliveryRow, now: datetime) -> float:
    """For how many seconds the outcome has been unknown: since the attempt, or since somebody asked for a retry."""
    began = max(delivery.begun_at or delivery.created_at, delivery.late_since or now)
    return (now - began).total_seconds()
