"""A store at Next Commerce, as `bot.ports.Vendor`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

from adapters.vendors.client.bodies import BodyDigest
from adapters.vendors.client.html import text_of
from adapters.vendors.client.html_writing import rich_text_to_html, text_to_html
from adapters.vendors.client.http import Query, VendorClient
from adapters.vendors.client.large_answers import AT_ONCE
from adapters.vendors.client.login import check_login
from adapters.vendors.client.paging import NumberedPages, Page, PageLength
from adapters.vendors.client.parsing import not_understood, oldest_first
from adapters.vendors.client.rate_limits import Quota
from adapters.vendors.client.responses import no_address
from adapters.vendors.client.service import Service
from adapters.vendors.client.sweep import changed_tickets, open_tickets, whole_or_bare
from adapters.vendors.client.unchanged_pages import TicketsOfPage, UnchangedPages
from adapters.vendors.nextcommerce.capabilities import API_VERSION, CAPABILITIES, LABEL, WINDOWS
from adapters.vendors.nextcommerce.pages import LargePages
from adapters.vendors.nextcommerce.people import (
    CHECK_USER,
    TRY_AGAIN,
    UNKNOWN_USER,
    People,
    author_from_ticket,
    author_from_type,
    unknown_author,
)
from adapters.vendors.nextcommerce.reading import (
    WireComment,
    WireTicket,
    is_number,
    message_of,
    new_message_id,
    nudge_of,
    one_ticket,
    page_of,
    ticket_of,
    uploaded_ids,
)
from adapters.vendors.nextcommerce.settings import NextcommerceSettings
from bot.errors import Gone, Rejected, RemoteError, Unavailable, Uncertain
from bot.model import Absent, Change, Conversation, File, Finding, Message, MessageId, Nameless, Nudge, Status, TicketId
from bot.ports import KnownTickets, VendorTools
from bot.text import comparable, one_line, signed
from bot.text.tree import RichText

_OPEN = ("new", "open", "pending")


class Nextcommerce:
    """A store at Next Commerce."""

    capabilities = CAPABILITIES

    def __init__(self, settings: NextcommerceSettings, tools: VendorTools) -> None:
        key = settings.api_key.get_secret_value()
        self._settings = settings
        self._service = Service(
            label=LABEL,
            variable=tools.variable,
            base=settings.base,
            remedy="Make an access token under Settings → API Access with tickets:read, tickets:write and users:read, "
            f"and put it into {tools.variable('API_KEY')}.",
            headers={"Authorization": f"Bearer {key}", "X-29next-API-Version": API_VERSION},
            secrets=(key,),
        )
        self._client = VendorClient(self._service, tools, Quota(tools.clock, LABEL, WINDOWS))
        self.now = self._client.their_clock.now
        self.wait = self._client.wait
        self._length = PageLength(CAPABILITIES.page_size, tools.clock)
        self._pages = LargePages(self._client, tools.clock)
        self._unchanged = UnchangedPages(tools)
        self._people = People(self._client, tools.clock)
        self._author = settings.staff_user_id
        self._author_setting = tools.variable("STAFF_USER_ID")

    def writing_as(self, user: str) -> Nextcommerce:
        other = copy(self)
        other._author = int(user)  # noqa: SLF001 - it is one of us
        other._author_setting = f"nextcommerce:{user} in the settings of a person (AGENTS__…)"  # noqa: SLF001
        return other

    async def unfit_author(self, user: str) -> str | None:
        return await self._people.unfit_author(user)

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent | Nameless]:
        held = await open_tickets(known)
        self._unchanged.sweep_begins(full=known.full)
        only_open: dict[str, list[str]] = {} if known.full else {"status": list(_OPEN)}
        read: TicketsOfPage[WireTicket] = TicketsOfPage()
        cursor: str | None = None

        async def fetch(number: int) -> Page:
            nonlocal cursor
            query: Query = {**only_open, "cursor": cursor} if number > 1 and cursor else only_open
            read.clear()

            async def request(digest: BodyDigest) -> Any:
                return await self._pages.read(query, whole=known.full, digest=digest)

            key = (known.full, cursor if number > 1 else None)
            page = await self._unchanged.read(key, request, partial(page_of, tickets=read), read)
            cursor = page.cursor
            return page

        async with aclosing(NumberedPages(fetch, self._length).read()) as pages:
            async for found in changed_tickets(pages, known, held):
                if isinstance(found, Change):
                    yield await whole_or_bare(found, self._whole(found, read[found.ticket.id], known))
                else:
                    yield found

    async def _whole(self, change: Change, wire: WireTicket, known: KnownTickets) -> Change:
        """
        The change with its ticket and messages; no messages where the list does not have them.

        For a ticket that nobody will see, nobody is asked for: each person costs a request.
        """
        unseen = ticket_of(wire, UNKNOWN_USER)
        if not await known.follows(unseen):
            return replace(change, ticket=unseen, messages=None)
        conversation = await self._conversation(wire)
        messages = conversation.messages if wire.comments is not None else None
        return replace(change, ticket=conversation.ticket, messages=messages)

    async def ticket(self, ticket: TicketId) -> Conversation:
        wire = await self._client.read_as(one_ticket, "tickets", _checked_id(ticket), "")
        if wire.comments is None:
            raise not_understood(LABEL)
        return await self._conversation(wire)

    async def _conversation(self, wire: WireTicket) -> Conversation:
        requester = await self._people.user(wire.requester)
        messages = []
        for number, comment in enumerate(wire.comments or ()):
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            messages.append(await self._message(wire, comment))
        return Conversation(ticket=ticket_of(wire, requester), messages=oldest_first(messages))

    async def _message(self, ticket: WireTicket, comment: WireComment) -> Message:
        user = await self._people.user(comment.author)
        author = author_from_ticket(
            author=comment.author,
            from_email=comment.from_email,
            public=comment.is_public is not False,
            requester=ticket.requester,
            staff=self._settings.staff_user_id,
        )
        return message_of(comment, author or author_from_type(user), user.name, await text_of(comment.body or ""))

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        return await self._comment(ticket, text, public=True)

    async def reply_formatted(
        self, ticket: TicketId, text: str, formatted: RichText, files: Sequence[File]
    ) -> MessageId | None:
        ids = [number for file in files for number in await self._upload(file)]
        return await self._comment(ticket, text, public=True, attachments=ids, formatted=formatted)

    async def reply_with(self, ticket: TicketId, text: str, files: Sequence[File]) -> MessageId | None:
        ids = [number for file in files for number in await self._upload(file)]
        return await self._comment(ticket, text, public=True, attachments=ids)

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        return await self._comment(ticket, signed(agent, text), public=False)

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        wanted = comparable(signed(agent, text))
        messages = (await self.ticket(ticket)).messages
        return any(not message.is_public and comparable(message.text) == wanted for message in messages)

    async def _comment(
        self,
        ticket: TicketId,
        text: str,
        *,
        public: bool,
        attachments: Sequence[int] = (),
        formatted: RichText | None = None,
    ) -> MessageId | None:
        html = text_to_html(text) if formatted is None else rich_text_to_html(formatted)
        body = {
            "body": html if self._settings.reply_format == "html" else text,
            "is_public": public,
            **({"author": self._author} if self._author is not None else {}),
            **({"attachments": list(attachments)} if attachments else {}),
        }
        try:
            answer = await self._client.write(
                "POST", "tickets", _checked_id(ticket), "comments", "", body=body, private=text
            )
        except Rejected as error:
            if "author" not in error.fields:
                raise
            raise Rejected(unknown_author(self._author, self._author_setting), fields=error.fields) from error
        return await asyncio.to_thread(new_message_id, answer, text, public=public)

    async def _upload(self, file: File) -> list[int]:
        """
        Upload a file. The customer sees it only with a comment, so a failure here never leaves doubt.

        No ticket is named here, so a 404 says nothing of it.
        """
        try:
            answer = await self._client.write(
                "POST", "tickets", "attachments", "", files={"files": (file.name, file.content)}
            )
        except (Gone, Uncertain) as error:
            raise Unavailable(f"{LABEL} did not accept the file {one_line(file.name, 60)}.") from error
        ids = uploaded_ids(answer)
        if not ids:
            raise Rejected(f"{LABEL} accepted the file {one_line(file.name, 60)}, but did not say under which id.")
        return ids

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        word = self._settings.closing_status if status is Status.CLOSED else "open"
        await self._client.write("PATCH", "tickets", _checked_id(ticket), "", body={"status": word}, empty_ok=True)

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        return nudge_of(headers, body, secret)

    async def check(self) -> Finding:
        finding = await check_login(self._service, self._new_tickets())
        if not finding.ok or self._author is None:
            return finding
        try:
            unfit = await self.unfit_author(str(self._author))
        except RemoteError as error:
            return Finding(ok=False, subject=LABEL, text=error.user_message, remedy=TRY_AGAIN)
        return (
            Finding(ok=False, subject=LABEL, text=unfit, remedy=CHECK_USER.format(setting=self._author_setting))
            if unfit
            else finding
        )

    async def _new_tickets(self) -> Page:
        return page_of(await self._client.read_list("tickets", "", query={"status": "new"}), {})

    async def aclose(self) -> None:
        await self._client.aclose()


def _checked_id(ticket: TicketId) -> str:
    """The id for an address. Raises `Rejected` where it cannot be one."""
    if not is_number(ticket):
        raise no_address(LABEL)
    return ticket
