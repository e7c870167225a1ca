"""
SellApp's ticket API: `/v1` as documented at sell.app/docs/api, `/v2` as the official SDK (sellapp-sdk 0.2.1) uses it.

The first variant works with the SDK. What the documentation shows differently (UUIDs of customers, a bare answer to a
reply) is a variant. Not documented: the order of lists, limits, and the answer to an account without v2.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

from bot.sandbox.vendors.calls import VendorCall, VendorRefusal, VendorResponse
from bot.sandbox.vendors.rate_limits import Quota
from bot.sandbox.vendors.sellapp_lists import matching, whole_page
from bot.sandbox.vendors.sellapp_variants import SELLAPP_VARIANTS, SellappVariant
from bot.sandbox.vendors.server import PracticeVendor, VendorRoute
from bot.sandbox.vendors.store import PracticeMessage, PracticeStore, PracticeTicket, VendorBehaviour

KEY = "17|practicekeypracticekeypracticekeypractic"
SLUG = "practice"
STORE_NUMBER = 1
_SPACE = UUID("5e11a990-0000-4000-8000-000000000000")
_DOCS = "https://developer.sell.app/errors"

Row = TypeVar("Row")


class PracticeSellapp(PracticeVendor[SellappVariant]):
    """
    SellApp on 127.0.0.1.

    Attributes:
        notified: The tickets whose customers got a mail that their ticket is closed, once for each mail.
    """

    vendor = "sellapp"

    @classmethod
    def variants(cls) -> tuple[SellappVariant, ...]:
        return SELLAPP_VARIANTS

    @property
    def settings(self) -> dict[str, str]:
        return {"API_KEY": KEY, "STORE_ID": SLUG}

    def __init__(
        self,
        store: PracticeStore,
        variant: SellappVariant | None = None,
        *,
        port: int = 0,
        quotas: Sequence[Quota] | None = None,
    ) -> None:
        super().__init__(store, variant, port=port, quotas=quotas)
        self.notified: list[str] = []
        self._done: dict[str, tuple[bytes, VendorResponse]] = {}

    def behaviour(self) -> VendorBehaviour:
        return VendorBehaviour()

    def routes(self) -> Iterable[VendorRoute]:
        tickets = "/(?P<version>v1|v2)/tickets"
        one = rf"{tickets}/(?P<ticket>\d+)"
        return (
            VendorRoute("GET", tickets, self.list_tickets),
            VendorRoute("POST", f"{tickets}/search", self.search_tickets),
            VendorRoute("GET", one, self.get_ticket),
            VendorRoute("PATCH", "/(?P<version>v2)/tickets/(?P<ticket>[0-9]+)", self.update_ticket),
            VendorRoute("GET", f"{one}/messages", self.list_messages),
            VendorRoute("POST", f"{one}/messages", self.reply_to_ticket),
            VendorRoute("POST", f"{one}/messages/search", self.search_messages),
            VendorRoute("GET", rf"{one}/messages/(?P<message>\d+)", self.get_message),
            VendorRoute("GET", "/(?P<version>v2)/me", self.get_me),
        )

    def check_access(self, call: VendorCall) -> None:
        if not call.accepts("application/json"):
            # What Laravel answers to a browser that is not logged in.
            raise VendorRefusal(302, "Log in", headers={"Location": f"{self.base_url}/login"}, form="page")
        if call.headers.get("authorization") != f"Bearer {KEY}":
            raise VendorRefusal(401, "Unauthenticated.")
        store = call.headers.get("x-store")
        if store != SLUG and (store is not None or self.variant.store_required):
            raise VendorRefusal(
                400, "The X-STORE header names no store of this account.", fields={"X-STORE": "is invalid"}
            )
        if call.path.startswith("/v2") and self.variant.v2 != "there":
            status, reason = (
                (404, "Not Found") if self.variant.v2 == "missing" else (403, "This action is unauthorized.")
            )
            raise VendorRefusal(status, reason)

    def every_header(self) -> Mapping[str, str]:
        return {"X-Request-ID": str(uuid4())}

    def refusal(self, refusal: VendorRefusal, _call: VendorCall) -> VendorResponse:
        if refusal.form == "page":
            page = "<!DOCTYPE html><html><body>Log in to SellApp</body></html>"
            return VendorResponse(status=refusal.status, headers=refusal.headers, text=page, content_type="text/html")
        body: dict[str, Any] = {
            "message": refusal.message,
            "type": "invalid_request_error" if refusal.status < 500 else "api_error",
            "code": str(refusal.status),
            "status": refusal.status,
            "param": next(iter(refusal.fields), None),
            "request_id": str(uuid4()),
            "docs_url": _DOCS,
        }
        if refusal.status == 422:
            body["errors"] = {name: [reason] for name, reason in refusal.fields.items()}
        return VendorResponse(status=refusal.status, headers=refusal.headers, body=body)

    # ------------------------------------------------------------ tickets

    def list_tickets(self, call: VendorCall, version: str) -> VendorResponse:
        self.before_page(first=call.number("page", 1, status=422) <= 1)
        shown, body = self._page(call, self.see_all())
        self.listed(shown)
        return VendorResponse(body={"data": [self._ticket(ticket, version) for ticket in shown], **body})

    def search_tickets(self, call: VendorCall, version: str) -> VendorResponse:
        rows = [self._ticket(ticket, version) for ticket in self.see_all()]
        shown, body = self._page(call, matching(rows, call.json(malformed=422)))
        return VendorResponse(body={"data": shown, **body})

    def get_ticket(self, _call: VendorCall, version: str, ticket: str) -> VendorResponse:
        return VendorResponse(body={"data": self._ticket(self.see(ticket), version)})

    def update_ticket(self, call: VendorCall, version: str, ticket: str) -> VendorResponse:
        key = call.headers.get("idempotency-key") if self.variant.idempotent else None
        if key in self._done:
            body, reply = self._done[key]
            if body != call.body:
                raise VendorRefusal(409, "This Idempotency-Key was used with another body.")
            return reply
        old = self.existing(ticket)
        given = call.json(malformed=422)
        status, archived = given.get("status"), given.get("archived")
        if "status" in given and status not in ("OPEN", "CLOSED"):
            raise VendorRefusal(
                422, "The selected status is invalid.", fields={"status": "The selected status is invalid."}
            )
        if ("archived" in given and not isinstance(archived, bool)) or not given:
            reason = "The archived field must be true or false."
            raise VendorRefusal(422, reason, fields={"archived": reason})
        if status == "CLOSED" and not old.closed:
            self.notified.append(ticket)
            self.store.close(ticket)
        if status == "OPEN" and old.closed:
            self.store.reopen(ticket)
        if archived is not None:
            self.store.edit(ticket, archived=archived or None)
        reply = VendorResponse(body={"data": self._ticket(self.store.ticket(ticket), version)})
        if key is not None:
            self._done[key] = (call.body, reply)
        return reply

    # ------------------------------------------------------------ messages

    def list_messages(self, call: VendorCall, version: str, ticket: str) -> VendorResponse:
        del version  # messages are the same in both versions
        shown, body = self._page(call, self._messages(ticket))
        return VendorResponse(body={"data": shown, **body})

    def search_messages(self, call: VendorCall, version: str, ticket: str) -> VendorResponse:
        del version
        shown, body = self._page(call, matching(self._messages(ticket), call.json(malformed=422)))
        return VendorResponse(body={"data": shown, **body})

    def get_message(self, _call: VendorCall, version: str, ticket: str, message: str) -> VendorResponse:
        del version
        for written in self._messages(ticket):
            if str(written["id"]) == message:
                return VendorResponse(body={"data": written})
        raise VendorRefusal(404, "No query results for model [TicketMessage].")

    def reply_to_ticket(self, call: VendorCall, version: str, ticket: str) -> VendorResponse:
        del version
        self.existing(ticket)
        text = call.json(malformed=422).get("content")
        if not isinstance(text, str) or not text.strip():
            reason = "The content field is required."
            raise VendorRefusal(422, reason, fields={"content": reason})
        self.reply_by_api(ticket, text, name=None, email=None)
        message = self._message(self.store.ticket(ticket).messages[-1], ticket)
        body = {"data": message} if self.variant.reply_wrapped else message
        return VendorResponse(body=body, status=self.variant.reply_status)

    def get_me(self, _call: VendorCall, version: str) -> VendorResponse:
        del version
        return VendorResponse(body={"data": {"id": 1, "username": "practice", "email": "practice@store.example"}})

    async def send_webhook(self, url: str, ticket: str, secret: str | None = None) -> int:
        """
        Post `ticket_message.created` for a ticket's last message to `url`, signed if there is a secret.

        Returns:
            The status of the answer.
        """
        message = self._message(self.store.ticket(ticket).messages[-1], ticket)
        kept = ("author", "sender", "content", "ticket_id", "updated_at")
        data = {name: message[name] for name in kept}
        body = json.dumps({"event": "ticket_message.created", "data": data, "store": STORE_NUMBER}).encode()
        signature = hmac.new((secret or "").encode(), body, hashlib.sha256).hexdigest()
        return await self.post_hook(url, body, {"signature": signature} if secret else {})

    # ------------------------------------------------------------ JSON

    def _page(self, call: VendorCall, rows: Sequence[Row]) -> tuple[list[Row], dict[str, Any]]:
        number = call.number("page", 1, least=1, status=422)
        limit = call.number("limit", 15, least=1, most=100, status=422)
        size = min(limit, self.variant.page_cap or limit)
        whole = whole_page(rows, number, size, f"{self.links}{call.path}")
        kept = {"whole": ("links", "meta"), "links": ("links",), "meta": ("meta",), "none": ()}[self.variant.paging]
        # The documentation shows both keys, but not their content.
        return whole.rows, {name: getattr(whole, name) if name in kept else {} for name in ("links", "meta")}

    def _ticket(self, ticket: PracticeTicket, version: str) -> dict[str, Any]:
        status = "CLOSED" if ticket.closed else "OPEN"
        order = ticket.context.get("order_id")
        value = {
            "id": int(ticket.id),
            "title": ticket.subject,
            "status": "IN_REVIEW" if self.variant.odd_words and not ticket.closed else status,
            "customer": {"id": self._customer(ticket.email or ""), "email": ticket.email},
            "reference": {"type": "order", "id": order} if order else self._no_reference(version),
            "created_at": self.write_time(ticket.created_at),
            "updated_at": self.write_time(self.updated(ticket)),
            "store_id": STORE_NUMBER,
            "archived": int(ticket.fields.get("archived", False)),
        }
        if version == "v1":
            return value | {"read_by": 1}
        read = {"customer": True, "store": not ticket.awaits_staff}
        reason = ticket.context.get("reason")
        count = len(ticket.messages)
        return value | {"read_status": read, "order_id": order, "reason": reason, "message_count": count}

    def _no_reference(self, version: str) -> Any:
        # PHP writes an empty object as a list.
        return [] if version == "v1" and self.variant.reference == "list" else {"type": None, "id": None}

    def _customer(self, email: str) -> int | str | None:
        match self.variant.customer_ids:
            case "numbers":
                return self.person_number(email)
            case "uuids":
                return str(uuid5(_SPACE, email))
            case "null":
                return None

    def _messages(self, ticket: str) -> list[dict[str, Any]]:
        messages = [self._message(message, ticket) for message in self.see(ticket).messages]
        return messages[::-1] if self.variant.newest_message_first else messages

    def _message(self, message: PracticeMessage, ticket: str) -> dict[str, Any]:
        author = "CUSTOMER" if message.writer == "customer" else "STORE"
        by_name = message.writer == "staff" or self.variant.senders == "user name"
        return {
            "id": int(message.id),
            "author": "SYSTEM" if self.variant.odd_words and message.by_api else author,
            "sender": message.name if by_name else message.email,
            "content": message.text,
            "created_at": self.write_time(message.at),
            "updated_at": self.write_time(message.at),
            "ticket_id": int(ticket),
        }
