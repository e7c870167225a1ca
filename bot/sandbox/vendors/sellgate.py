"""
Sellgate's ticket API as documented at docs.sellgate.cc: list, get, reply, close and reopen.

Silent about: the order of lists, whether figures follow the filter, what a reply and a change of status answer, errors,
limits, and what is in a single ticket beyond the example.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.vendors.asked import Asked, Refusal, Reply
from bot.sandbox.vendors.quota import FIVE_A_SECOND
from bot.sandbox.vendors.server import Call, PracticeVendor
from bot.sandbox.vendors.store import Habits, PracticeMessage, PracticeTicket
from bot.sandbox.vendors.variant import Variant

KEY = "sg_live_practice0practice0practice0pracs"

ReplyAnswer = Literal["message", "bare message", "ticket", "id", "success", "nothing"]
StatusAnswer = Literal["ticket", "bare ticket", "success", "nothing"]
ErrorForm = Literal["word", "object", "message", "page"]

# What the documentation's example of a single ticket shows; its table of the ticket object has more.
_EXAMPLE = ("id", "subject", "status", "customer_email", "order_id", "messages", "created_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class SellgateVariant(Variant):
    """
    One reading of Sellgate's documentation.

    Attributes:
        reply_answer, reply_status: What a reply answers.
        status_answer: What a change of status answers.
        whole_ticket: Whether a single ticket has all fields of the ticket object; else those of the example.
        stats_follow: Whether `stats` counts what the filter lets through only.
        total_follows: Whether `meta.total` does.
        meta: Whether a list has `meta` at all.
        missing: Fields of the ticket object that lists leave out.
        odd_words: Whether words come that are not documented: `on_hold`, `bot`, `nobody`.
        closed_refuses: Whether a reply to a closed ticket is refused.
        errors: How an error is written.
    """

    reply_answer: ReplyAnswer = "message"
    reply_status: Literal[200, 201] = 201
    status_answer: StatusAnswer = "ticket"
    whole_ticket: bool = False
    stats_follow: bool = False
    total_follows: bool = True
    meta: bool = True
    missing: tuple[str, ...] = ()
    odd_words: bool = False
    closed_refuses: bool = False
    errors: ErrorForm = "word"


_VARIANTS = (
    SellgateVariant(),
    SellgateVariant(name="descending, whole ticket", order="descending", whole_ticket=True),
    SellgateVariant(name="recent, figures follow the filter", order="recent", stats_follow=True),
    SellgateVariant(name="scattered, total ignores the filter", order="scattered", total_follows=False),
    SellgateVariant(name="small pages", page_cap=10),
    SellgateVariant(name="no meta", meta=False),
    SellgateVariant(name="reply answers a bare message", reply_answer="bare message", reply_status=200),
    SellgateVariant(name="reply answers the ticket", reply_answer="ticket", reply_status=200),
    SellgateVariant(name="reply answers an id", reply_answer="id", status_answer="bare ticket"),
    SellgateVariant(name="writes answer success", reply_answer="success", status_answer="success"),
    SellgateVariant(name="writes answer nothing", reply_answer="nothing", status_answer="nothing"),
    SellgateVariant(name="no updated_at", missing=("updated_at",)),
    SellgateVariant(name="no message_count", missing=("message_count", "has_owner_reply")),
    SellgateVariant(name="customer does not touch", customer_touches=False),
    SellgateVariant(name="unset is empty, times with milliseconds", unset="empty", stamp="milliseconds"),
    SellgateVariant(name="unset is false, times with an offset", unset="false", stamp="elsewhere"),
    SellgateVariant(name="unset is absent, times in UTC written out", unset="absent", stamp="offset"),
    SellgateVariant(name="odd words", odd_words=True),
    SellgateVariant(name="closed refuses replies, errors are objects", closed_refuses=True, errors="object"),
    SellgateVariant(name="errors are messages", errors="message"),
    SellgateVariant(name="errors are pages", errors="page"),
    SellgateVariant(name="a ticket comes in between pages", shift="insert", order="descending", page_cap=5),
    SellgateVariant(name="a ticket is closed between pages", shift="close", page_cap=5),
    SellgateVariant(name="a reply shows after three reads", lag_reads=3),
    SellgateVariant(name="a reply shows after a second", lag_seconds=1.0, reply_answer="success"),
    SellgateVariant(name="five requests a second", quota=FIVE_A_SECOND),
    SellgateVariant(name="five requests a second, told by date", quota=FIVE_A_SECOND, retry_after="date"),
    SellgateVariant(name="five requests a second, not told", quota=FIVE_A_SECOND, retry_after="none"),
    SellgateVariant(name="redirects elsewhere", hostile=True, redirects=True),
)


class PracticeSellgate(PracticeVendor[SellgateVariant]):
    """Sellgate on 127.0.0.1."""

    vendor = "sellgate"

    @classmethod
    def variants(cls) -> tuple[SellgateVariant, ...]:
        return _VARIANTS

    @property
    def settings(self) -> dict[str, str]:
        return {"API_KEY": KEY}

    def habits(self) -> Habits:
        return Habits(ticket_id=lambda number: f"tkt_{number:06x}", message_id=lambda number: f"msg_{number:06x}")

    def calls(self) -> Iterable[Call]:
        one = r"/v1/tickets/(?P<ticket>[^/]+)"
        return (
            Call("GET", "/v1/tickets", self.list_tickets),
            Call("GET", one, self.get_ticket),
            Call("POST", one, self.reply_to_ticket),
            Call("PATCH", one, self.change_status),
        )

    def admit(self, asked: Asked) -> None:
        # The documentation takes the key with `Bearer` before it and without.
        if asked.headers.get("authorization", "").removeprefix("Bearer ") != KEY:
            raise Refusal(401, "Invalid API key")

    def refusal(self, refusal: Refusal, _asked: Asked) -> Reply:
        match self.variant.errors:
            case "word":
                body: Any = {"error": refusal.told}
            case "object":
                body = {"success": False, "error": {"code": refusal.status, "message": refusal.told}}
            case "message":
                body = {"message": refusal.told, "errors": refusal.fields}
            case "page":
                page = f"<html><body><h1>{refusal.status}</h1></body></html>"
                return Reply(status=refusal.status, text=page, content_type="text/html", headers=refusal.headers)
        return Reply(status=refusal.status, body=body, headers=refusal.headers)

    # ------------------------------------------------------------ the calls

    def list_tickets(self, asked: Asked) -> Reply:
        page = asked.number("page", 1, least=1)
        limit = min(asked.number("limit", 25, least=1, most=100), self.variant.page_cap or 100)
        status = asked.query("status")
        if status not in (None, "open", "closed"):
            raise Refusal(400, "status must be open or closed")
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
        return Reply(body=body)

    def get_ticket(self, _asked: Asked, ticket: str) -> Reply:
        return Reply(body={"data": self._single(self.see(ticket))})

    def reply_to_ticket(self, asked: Asked, ticket: str) -> Reply:
        text = asked.json().get("message")
        if not isinstance(text, str) or not text.strip():
            raise Refusal(400, "message is required", fields={"message": "is required"})
        if self.have(ticket).closed and self.variant.closed_refuses:
            raise Refusal(409, "The ticket is closed")
        message = self.reply_by_api(ticket, text)
        status = self.variant.reply_status
        match self.variant.reply_answer:
            case "message":
                return Reply(body={"data": self._message(self._written(ticket, message))}, status=status)
            case "bare message":
                return Reply(body=self._message(self._written(ticket, message)), status=status)
            case "ticket":
                return Reply(body={"data": self._single(self.store.ticket(ticket))}, status=status)
            case "id":
                return Reply(body={"success": True, "id": message}, status=status)
            case "success":
                return Reply(body={"success": True}, status=status)
            case "nothing":
                return Reply(status=204)

    def change_status(self, asked: Asked, ticket: str) -> Reply:
        status = asked.json().get("status")
        if status not in ("open", "closed"):
            raise Refusal(400, "status must be open or closed", fields={"status": "must be open or closed"})
        if self.have(ticket).closed != (status == "closed"):
            (self.store.close if status == "closed" else self.store.reopen)(ticket)
        now = self.store.ticket(ticket)
        match self.variant.status_answer:
            case "ticket":
                return Reply(body={"data": self._row(now)})
            case "bare ticket":
                return Reply(body=self._row(now))
            case "success":
                return Reply(body={"success": True})
            case "nothing":
                return Reply(status=204)

    # ------------------------------------------------------------ how things are written

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
            "created_at": self.stamp(ticket.created_at),
            "updated_at": self.stamp(self.updated(ticket)),
            "closed_at": self.stamp(ticket.closed_at),
        }

    def _row(self, ticket: PracticeTicket) -> dict[str, Any]:
        row = self.clear(self._object(ticket))
        return {key: value for key, value in row.items() if key not in self.variant.missing}

    def _single(self, ticket: PracticeTicket) -> dict[str, Any]:
        whole = self._object(ticket) | {"messages": [self._message(message) for message in ticket.messages]}
        kept = whole if self.variant.whole_ticket else {key: whole[key] for key in _EXAMPLE}
        return self.clear(kept)

    def _message(self, message: PracticeMessage) -> dict[str, Any]:
        sender = "customer" if message.writer == "customer" else "seller"
        return {
            "id": message.id,
            "sender": "bot" if self.variant.odd_words and message.by_api else sender,
            "message": message.text,
            "created_at": self.stamp(message.at),
        }

    def _written(self, ticket: str, message: str) -> PracticeMessage:
        return next(written for written in self.store.ticket(ticket).messages if written.id == message)


def _stats(tickets: list[PracticeTicket]) -> dict[str, int]:
    closed = sum(ticket.closed for ticket in tickets)
    waiting = sum(ticket.awaits_staff for ticket in tickets if not ticket.closed)
    return {"total": len(tickets), "open": len(tickets) - closed, "closed": closed, "needsResponse": waiting}
