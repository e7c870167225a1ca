"""The answer to `/stats`: the figures of the stores that the asker may see, what their vendors count, and a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

from bot.clock import Clock
from bot.db.connection import Database
from bot.drawing.chart import Chart
from bot.errors import RemoteError
from bot.inbound.chats.choices import Choices
from bot.inbound.chats.refusals import Refusals
from bot.model import Answer, Ask, Hours, Picture, StoreName
from bot.ports import CanCount
from bot.tickets.figures.charts import alternative, chart
from bot.tickets.figures.process import Counting, Question
from bot.tickets.figures.stats import Report, report
from bot.tickets.figures.tables import chat_table
from bot.tickets.figures.times import last_days
from bot.tickets.figures.work_done import takes_long
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers
from bot.wording.lists import complete_or_not

_DAYS, _MOST_DAYS = 7, 365
_VENDOR_SECONDS = 2.5
"""So long a vendor is waited for."""
_VENDORS_ASKED = 5
"""Of so many vendors the own counts have room in one message."""

Draw = Callable[[Chart], Awaitable[bytes | None]]
"""Draws a picture; None: it could not be drawn."""


class FigureRequests:
    """
    Answers who asks for figures.

    Args:
        counting: The vendors that count by themselves.
        draw: None: figures are answered without a picture.
    """

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        *,
        choices: Choices,
        refusals: Refusals,
        counting: Mapping[StoreName, CanCount],
        draw: Draw | None,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._choices = choices
        self._refusals = refusals
        self._counting = counting
        self._draw = draw
        self._elsewhere = Counting()

    async def stats(self, ask: Ask) -> Answer:
        """What `/stats` is answered. Raises as `Choices.seen_stores`."""
        seen = await self._choices.seen_stores(ask.place, ask.agent, ask.door)
        stores = sorted(seen.stores)
        if not stores:
            return Answer(text=answers.not_allowed())
        chosen = [name for name in stores if ask.store is None or name == ask.store.strip().lower()]
        if not chosen:
            self._refusals.add(ask.place.chat, ask.door)
            return Answer(text=answers.no_such_store(ask.store or "", stores))
        days = _DAYS if ask.days is None else ask.days
        if not 1 <= days <= _MOST_DAYS:
            return Answer(text=answers.days_out_of_range())
        now = self._clock.now()
        hours = {name: self._rules.stores[name].hours for name in chosen}
        found = await self._count(hours, days, now)
        if found is None:
            return Answer(text=answers.figures_take_too_long())
        asked = chosen if len(chosen) <= _VENDORS_ASKED else []
        counted = await asyncio.gather(*(self._vendor_counts(name) for name in asked))
        picture = None if self._draw is None else partial(self._picture, self._draw, found)
        text = "\n".join([answers.figures_as_of(now, self._rules.zone), *filter(None, counted)])
        text = text if ask.store else complete_or_not(text, seen.unknown)
        return Answer(text=text, table=chat_table(found), picture=picture)

    async def _count(self, hours: Mapping[StoreName, Hours | None], days: int, now: datetime) -> Report | None:
        """What takes long is counted elsewhere, so that no other question and no message waits for it."""
        zone, colleagues = self._rules.zone, self._rules.colleagues
        if not await self._database.look_up(takes_long, list(hours), last_days(days, now, zone)):
            counted = partial(report, masks_emails=self._rules.masks_emails)
            return await self._database.look_up(counted, hours, days, now, zone, colleagues)
        path = self._database.path
        return await self._elsewhere(
            Question(
                database=path,
                hours=hours,
                days=days,
                now=now,
                zone=zone,
                colleagues=tuple(colleagues),
                masks_emails=self._rules.masks_emails,
            )
        )

    @staticmethod
    async def _picture(draw: Draw, found: Report) -> Picture | None:
        drawn = await draw(chart(found))
        return None if drawn is None else Picture(drawn, alternative(found))

    async def _vendor_counts(self, store: StoreName) -> str:
        """The vendor's own counts in one line, or that it does not answer; empty: it does not count."""
        vendor = self._counting.get(store)
        if vendor is None:
            return ""
        label = f"{store}: {self._rules.stores[store].vendor_label}"
        try:
            async with asyncio.timeout(_VENDOR_SECONDS):
                return answers.vendor_counts(label, await vendor.counts())
        except (RemoteError, TimeoutError):
            return answers.vendor_counts_missing(label)
