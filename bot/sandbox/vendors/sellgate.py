"""
Sellgate's ticket API as documented at docs.sellgate.cc: list, get, reply, close and reopen.

Not documented: the order of lists, whether figures follow the filter, the answers to a reply and to a change of status,
errors, limits, and which fields a single ticket has in addition to those of the example.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.sandbox.vendors.calls import VendorCall, VendorRefusal, VendorResponse
from bot.sandbox.vendors.sellgate_variants import SELLGATE_VARIANTS, SellgateVariant
from bot.sandbox.vendors.server import PracticeVendor, VendorRoute
from bot.sandbox.vendors.store import PracticeMessage, PracticeTicket, VendorBehaviour

KEY = "sg_live_practice0practice0practice0pracs"

# The fields in the documentation's example of a single ticket; its table of the ticket object has more.
_EXAMPLE = ("id", "subject", "status", "customer_email", "order_id", "messages", "created_at")


class PracticeSellgate(PracticeVendor[SellgateVariant]):
    """Sellgate on 127.0.0.1."""

    vendor = "sellgate"

    @classmethod
    def variants(cls) -> tuple[SellgateVariant, ...]:
        return SELLGATE_VARIANTS

    @property
    def settings(self) -> dict[str, str]:
        return {"API_KEY": KEY}

    def behaviour(self) -> VendorBehaviour:
        return VendorBehaviour(
            ticket_id=lambda number: f"tkt_{number:06x}", message_id=lambda number: f"msg_{number:06x}"
        )

    def routes(self) -> Iterable[VendorRoute]:
        one = r"/v1/tickets/(?P<ticket>[^/]+)"
        return (
            VendorRoute("GET", "/v1/tickets", self.list_tickets),
            VendorRoute("GET", one, self.get_ticket),
            VendorRoute("POST", one, self.reply_to_ticket),
            VendorRoute("PATCH", one, self.change_status),
        )

    def check_access(self, call: VendorCall) -> None:
        # The documentation shows the key with `Bearer` and without.
        if call.headers.get("authorization", "").removeprefix("Bearer ") != KEY:
            raise VendorRefusal(401, "Invalid API key")

    def refusal(self, refusal: VendorRefusal, _call: VendorCall) -> VendorResponse:
        match self.variant.errors:
            case "word":
                body: Any = {"error": refusal.message}
            case "object":
                body = {"success": False, "error": {"code": refusal.status, "message": refusal.message}}
            case "message":
                body = {"message": refusal.message, "errors": refusal.fields}
            case "page":
                page = f"<html><body><h1>{refusal.status}</h1></body></html>"
                return VendorResponse(
                    status=refusal.status, text=page, content_type="text/html", headers=refusal.headers
                )
        return VendorResponse(status=refusal.status, body=body, headers=refusal.headers)

    # ------------------------------------------------------------ routes

    def list_tickets(self, call: VendorCall) -> VendorResponse:
        page = call.number("page", 1, least=1)
        limit = min(call.number("limit", 25, least=1, most=100), self.variant.page_cap or 100)
        status = call.query("status")
        if status not in (None, "open", "closed"):
            raise VendorRefusal(400, "status must be open or closed")
        self.before_page(first=page == 1)
        everything = self.see_all()
        fitting = [ticket for ticket in everything if status is None or ticket.closed == (status == "closed")]
        offset = (page - 1) * limit
        shown = fitting[offset : offset + limit]
        self.listed(shown)
        total = len(fitting if self.variant.total_follows else everything)
        body: dict[str, Any] = {
            "data": [self._row(ticket) for ticket in shown],
            "stats": _stats(fitting if self.variant.stats_follow else everything),
        }
        if self.variant.meta:
            body["meta"] = {"total": total, "limit": limit, "offset": offset}
        return VendorResponse(body=body)

    def get_ticket(self, _call: VendorCall, ticket: str) -> VendorResponse:
        return VendorResponse(body={"data": self._single(self.see(ticket))})

    def reply_to_ticket(self, call: VendorCall, ticket: str) -> VendorResponse:
        text = call.json().get("message")
        if not isinstance(text, str) or not text.strip():
            raise VendorRefusal(400, "message is required", fields={"message": "is required"})
        if self.existing(ticket).closed and self.variant.closed_refuses:
            raise VendorRefusal(409, "The ticket is closed")
        message = self.reply_by_api(ticket, text)
        status = self.variant.reply_status
        match self.variant.reply_answer:
            case "message":
                return VendorResponse(body={"data": self._message(self._written(ticket, message))}, status=status)
            case "bare message":
                return VendorResponse(body=self._message(self._written(ticket, message)), status=status)
            case "ticket":
                return VendorResponse(body={"data": self._single(self.store.ticket(ticket))}, status=status)
            case "id":
                return VendorResponse(body={"success": True, "id": message}, status=status)
            case "success":
                return VendorResponse(body={"success": True}, status=status)
            case "nothing":
                return VendorResponse(status=204)

    def change_status(self, call: VendorCall, ticket: str) -> VendorResponse:
        status = call.json().get("status")
        if status not in ("open", "closed"):
            raise VendorRefusal(400, "status must be open or closed", fields={"status": "must be open or closed"})
        if self.existing(ticket).closed != (status == "closed"):
            (self.store.close if status == "closed" else self.store.reopen)(ticket)
        now = self.store.ticket(ticket)
        match self.variant.status_answer:
            case "ticket":
                return VendorResponse(body={"data": self._row(now)})
            case "bare ticket":
                return VendorResponse(body=self._row(now))
            case "success":
                return VendorResponse(body={"success": True})
            case "nothing":
                return VendorResponse(status=204)

    # ------------------------------------------------------------ JSON

    def _object(self, ticket: PracticeTicket) -> dict[str, Any]:
        awaiting = "owner" if ticket.awaits_staff else "customer"
        status = "closed" if ticket.closed else "open"
        odd = self.variant.odd_words
        return {
            "id": ticket.id,
            "subject": ticket.subject,
            "status": "on_hold" if odd and not ticket.closed else status,
            "awaiting_response_from": "nobody" if odd else awaiting,
            "customer_email": ticket.email,
            "order_id": ticket.context.get("order_id"),
            "invoice_id": ticket.context.get("invoice_id"),
            "product_name": ticket.context.get("product_name"),
            "order_amount": ticket.context.get("order_amount"),
            "order_currency": ticket.context.get("order_currency"),
            "message_count": len(ticket.messages),
            "has_owner_reply": ticket.answered,
            "created_at": self.write_time(ticket.created_at),
            "updated_at": self.write_time(self.updated(ticket)),
            "closed_at": self.write_time(ticket.closed_at),
        }

    def _row(self, ticket: PracticeTicket) -> dict[str, Any]:
        row = self.write_object(self._object(ticket))
        return {key: value for key, value in row.items() if key not in self.variant.missing}

    def _single(self, ticket: PracticeTicket) -> dict[str, Any]:
        whole = self._object(ticket) | {"messages": [self._message(message) for message in ticket.messages]}
        kept = whole if self.variant.whole_ticket else {key: whole[key] for key in _EXAMPLE}
        return self.write_object(kept)

    def _message(self, message: PracticeMessage) -> dict[str, Any]:
        sender = "customer" if message.writer == "customer" else "seller"
        return {
            "id": message.id,
            "sender": "bot" if self.variant.odd_words and message.by_api else sender,
            "message": message.text,
            "created_at": self.write_time(message.at),
        }

    def _written(self, ticket: str, message: str) -> PracticeMessage:
        return next(written for written in self.store.ticket(ticket).messages if written.id == message)


def _stats(tickets: list[PracticeTicket]) -> dict[str, int]:
    closed = sum(ticket.closed for ticket in tickets)
    waiting = sum(ticket.awaits_staff for ticket in tickets if not ticket.closed)
    return {"total": len(tickets), "open": len(tickets) - closed, "closed": closed, "needsResponse": waiting}
