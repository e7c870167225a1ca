"""
SellSN's ticket API as documented at docs.sellsn.io: list, get, reply (PUT) and close (DELETE); nothing else.

Not documented: the meaning of the status numbers, who wrote an entry, the number of the first page, page sizes, the
order of lists, and what happens with a closed ticket. Nested stores may be the text `[Circular Reference]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

from bot.sandbox.vendors.calls import VendorCall, VendorRefusal, VendorResponse
from bot.sandbox.vendors.sellsn_variants import SELLSN_VARIANTS, SellsnVariant
from bot.sandbox.vendors.server import PracticeVendor, VendorRoute
from bot.sandbox.vendors.store import PracticeMessage, PracticeTicket, VendorBehaviour

KEY = "eyJhbGciOiJIUzI1NiJ9.eyJzdG9yZSI6InByYWN0aWNlIn0.c2hvcGJlbGw"
_SPACE = UUID("5e115e11-0000-4000-8000-000000000000")
STORE_ID = str(uuid5(_SPACE, "store"))
USER_NAME = "practice-seller"
USER_EMAIL = "seller@store.example"
CIRCULAR = "[Circular Reference]"

_SCOPES = {"GET": "Scopes.ViewTickets", "PUT": "Scopes.UpdateTickets", "DELETE": "Scopes.DeleteTickets"}


class PracticeSellsn(PracticeVendor[SellsnVariant]):
    """
    SellSN on 127.0.0.1.

    Attributes:
        withheld: Scopes that the key does not have.
    """

    vendor = "sellsn"
    withheld: frozenset[str] = frozenset()

    @classmethod
    def variants(cls) -> tuple[SellsnVariant, ...]:
        return SELLSN_VARIANTS

    @property
    def settings(self) -> dict[str, str]:
        return {"API_KEY": KEY, "STORE_ID": STORE_ID}

    def behaviour(self) -> VendorBehaviour:
        return VendorBehaviour(
            ticket_id=lambda number: str(uuid5(_SPACE, f"ticket {number}")),
            message_id=lambda number: str(uuid5(_SPACE, f"entry {number}")),
        )

    def routes(self) -> Iterable[VendorRoute]:
        one = r"/stores/(?P<store>[^/]+)/tickets/(?P<segment>[^/]+)"
        return (
            VendorRoute("GET", one, self.list_or_get),
            VendorRoute("PUT", one, self.reply_to_ticket),
            VendorRoute("DELETE", one, self.close_ticket),
            VendorRoute("GET", r"/stores/(?P<store>[^/]+)", self.get_store),
            VendorRoute("GET", "/user", self.get_user),
        )

    def check_access(self, call: VendorCall) -> None:
        if call.headers.get("authorization") != f"Bearer {KEY}":
            raise VendorRefusal(401, "You are not authorized, check your API key and try again.")
        if "*/*" not in call.headers.get("accept", "*/*") and not call.accepts("application/json"):
            raise VendorRefusal(406, "Only application/json is offered.")
        scope = _SCOPES.get(call.method, "")
        if "/tickets/" in call.path and scope in self.withheld:
            raise VendorRefusal(
                403, "You are not authorized to access this endpoint, you may be missing an API key scope."
            )

    def refusal(self, refusal: VendorRefusal, _call: VendorCall) -> VendorResponse:
        body: dict[str, Any] = {"success": False, "message": refusal.message}
        if refusal.fields and self.variant.invalid_fields == "names":
            body["invalidFields"] = list(refusal.fields)
        elif refusal.fields:
            body["invalidFields"] = [{"field": name, "message": reason} for name, reason in refusal.fields.items()]
        return VendorResponse(status=refusal.status, body=body, headers=refusal.headers)

    # ------------------------------------------------------------ routes

    def list_or_get(self, call: VendorCall, store: str, segment: str) -> VendorResponse:
        _own(store)
        if re.fullmatch(r"-?\d+", segment):
            return self._list(call, int(segment))
        ticket = self.see(_uuid(segment))
        if ticket.closed and self.variant.after_delete == "gone":
            raise VendorRefusal(404, "One of the objects referenced by the ID given in the URL or form was not found.")
        return _well(self._ticket(ticket, seen=set()))

    def reply_to_ticket(self, call: VendorCall, store: str, segment: str) -> VendorResponse:
        _own(store)
        before = self._reachable(_uuid(segment))
        text = call.json().get("message")
        if not isinstance(text, str) or not text.strip():
            raise _invalid("message", "The message is required.")
        if before.closed and self.variant.closed_refuses:
            raise _invalid("status", "The ticket is closed.")
        self.reply_by_api(before.id, text, name=self._own_name(), email=USER_EMAIL)
        status = self.variant.reply_status
        match self.variant.reply_answer:
            case "ticket":
                return _well(self._ticket(self.store.ticket(before.id), seen=set()), status=status)
            case "stale":
                return _well(self._ticket(before, seen=set()), status=status)
            case "no data":
                return _well(None, status=status)
            case "nothing":
                return VendorResponse(status=204)

    def close_ticket(self, _call: VendorCall, store: str, segment: str) -> VendorResponse:
        _own(store)
        self.store.close(self._reachable(_uuid(segment)).id)
        return _well(None) if self.variant.delete_answers else VendorResponse(status=204)

    def get_store(self, _call: VendorCall, store: str) -> VendorResponse:
        _own(store)
        return _well(self._store())

    def get_user(self, _call: VendorCall) -> VendorResponse:
        user = {"id": str(uuid5(_SPACE, "user")), "email": USER_EMAIL, "userName": USER_NAME, "stores": [self._store()]}
        return _well(user)

    def _reachable(self, ticket: str) -> PracticeTicket:
        found = self.existing(ticket)
        if found.closed and self.variant.after_delete == "gone":
            raise VendorRefusal(404, "One of the objects referenced by the ID given in the URL or form was not found.")
        return found

    def _list(self, call: VendorCall, page: int) -> VendorResponse:
        count = min(call.number("count", 25, least=1), self.variant.page_cap or 100)
        first = self.variant.first_page
        self.before_page(first=page <= first)
        listed = self.variant.after_delete == "listed"
        tickets = [ticket for ticket in self.see_all() if listed or not ticket.closed]
        pages = -(-len(tickets) // count)
        last = first + max(pages, 1) - 1
        if not first <= page <= last:
            match self.variant.outside:
                case "invalid":
                    raise _invalid("page", "There is no such page.")
                case "missing":
                    raise VendorRefusal(404, "There is no such page.")
                case "nearest":
                    page = first if page < first else last
                case "empty":
                    return VendorResponse(body={"success": True, "pages": pages, "data": []})
        shown = tickets[(page - first) * count : (page - first + 1) * count]
        self.listed(shown)
        seen: set[str] = set()
        return VendorResponse(
            body={"success": True, "pages": pages, "data": [self._ticket(each, seen=seen) for each in shown]}
        )

    # ------------------------------------------------------------ JSON

    def _ticket(self, ticket: PracticeTicket, *, seen: set[str]) -> dict[str, Any]:
        waiting, answered, closed = self.variant.statuses
        open_status = waiting if ticket.awaits_staff else answered
        messages = reversed(ticket.messages) if self.variant.newest_entry_first else ticket.messages
        owner_id = str(uuid5(_SPACE, ticket.email or "nobody"))
        owner: dict[str, Any] = {
            "id": owner_id,
            "dateCreated": self.write_time(ticket.created_at),
            "emailAddress": ticket.email,
            "linkedIntegrations": [],
        }
        return {
            "id": ticket.id,
            "dateCreated": self.write_time(ticket.created_at),
            "subject": ticket.subject,
            "status": closed if ticket.closed else open_status,
            "targetStore": self._once("store", self._store(), seen),
            "owner": self._once(owner_id, self.write_object(owner), seen),
            "entries": [self._entry(message) for message in messages],
        }

    def _once(self, key: str, value: dict[str, Any], seen: set[str]) -> dict[str, Any] | str:
        """The object the first time in an answer; later the text for repeated objects, if the variant does so."""
        if self.variant.circular == "example" or key not in seen:
            seen.add(key)
            return value
        return CIRCULAR

    def _entry(self, message: PracticeMessage) -> dict[str, Any]:
        name = message.name
        if message.writer == "customer" and self.variant.names == "address":
            name = message.email
        elif message.writer == "customer" and self.variant.names == "local part":
            name = (message.email or "").partition("@")[0] or None
        entry = {"id": message.id, "dateCreated": self.write_time(message.at), "message": message.text, "name": name}
        return self.write_object(entry)

    def _own_name(self) -> str:
        return {"address": USER_NAME, "local part": USER_EMAIL, "display": self.store.name}[self.variant.names]

    def _store(self) -> dict[str, Any]:
        product = {"id": str(uuid5(_SPACE, "product")), "name": "Premium License", "cost": 29.99, "store": CIRCULAR}
        value = {
            "id": STORE_ID,
            "name": self.store.name,
            "description": None,
            "url": "practice-store",
            "preferredCurrency": "USD",
            "isVerified": True,
            "featuredProduct": product,
            "resolvedTickets": sum(ticket.closed for ticket in self.store.tickets()),
        }
        return self.write_object(value)


def _well(data: Any, *, status: int = 200) -> VendorResponse:
    return VendorResponse(
        status=status, body={"success": True, "message": "The object was successfully returned.", "data": data}
    )


def _invalid(field: str, reason: str) -> VendorRefusal:
    return VendorRefusal(400, "The provided form information is not valid.", fields={field: reason})


def _own(store: str) -> None:
    if store != STORE_ID:
        raise VendorRefusal(404, "One of the objects referenced by the ID given in the URL or form was not found.")


def _uuid(segment: str) -> str:
    try:
        return str(UUID(segment))
    except ValueError:
        raise _invalid("ticketId", "This is no ticket's ID.") from None
