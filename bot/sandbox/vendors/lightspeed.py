"""
Lightspeed eCom C-Series' ticket API as documented at developers.lightspeedhq.com/ecom: tickets, their messages,
customers, counts and the three request windows.

Not documented: the order of lists, how a message changes its ticket, paging of messages, the answer to a new message.
`DELETE` really destroys a ticket; `destroyed` lists them, and a bridge must never destroy one.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.vendors.calls import VendorCall, VendorRefusal, VendorResponse
from bot.sandbox.vendors.lightspeed_variants import LIGHTSPEED_VARIANTS, LightspeedVariant
from bot.sandbox.vendors.rate_limits import Quota
from bot.sandbox.vendors.server import PracticeVendor, VendorRoute
from bot.sandbox.vendors.store import PracticeMessage, PracticeTicket, VendorBehaviour

KEY = "practicekey0practicekey0practice"
SECRET = "practicesecretpracticesecretprac"
LANGUAGE = "en"

_WINDOWS = (Quota(300, 5 * 60), Quota(3_000, 60 * 60), Quota(12_000, 24 * 60 * 60))
_PER_SECOND = Quota(20, 1, sliding=True)
_FLAGS = ("isAnswered", "isClosed", "isTodo", "doNotifyAnswered")
_WRITABLE = (*_FLAGS, "subject", "memo", "customer")
_TRUTH = ("true", "false")


class PracticeLightspeed(PracticeVendor[LightspeedVariant]):
    """Lightspeed eCom on 127.0.0.1."""

    vendor = "lightspeed"
    documented_quotas = (*_WINDOWS, _PER_SECOND)

    @classmethod
    def variants(cls) -> tuple[LightspeedVariant, ...]:
        return LIGHTSPEED_VARIANTS

    @property
    def settings(self) -> dict[str, str]:
        return {"API_KEY": KEY, "API_SECRET": SECRET, "LANGUAGE": LANGUAGE}

    def behaviour(self) -> VendorBehaviour:
        return VendorBehaviour(
            ticket_id=lambda number: str(number + 1500), message_id=lambda number: str(number + 15_000)
        )

    def routes(self) -> Iterable[VendorRoute]:
        one, messages = rf"/{LANGUAGE}/tickets/(?P<ticket>\d+)", rf"/{LANGUAGE}/tickets/(?P<ticket>\d+)/messages"
        return (
            VendorRoute("GET", rf"/{LANGUAGE}/tickets\.json", self.list_tickets),
            VendorRoute("GET", rf"/{LANGUAGE}/tickets/count\.json", self.count_tickets),
            VendorRoute("GET", rf"{one}\.json", self.get_ticket),
            VendorRoute("PUT", rf"{one}\.json", self.update_ticket),
            VendorRoute("DELETE", rf"{one}\.json", self.destroy_ticket),
            VendorRoute("GET", rf"{messages}\.json", self.list_messages),
            VendorRoute("POST", rf"{messages}\.json", self.add_message),
            VendorRoute("GET", rf"{messages}/count\.json", self.count_messages),
            VendorRoute("GET", rf"{messages}/(?P<message>\d+)\.json", self.get_message),
            VendorRoute("GET", rf"/{LANGUAGE}/customers/(?P<customer>\d+)\.json", self.get_customer),
            VendorRoute("GET", rf"/{LANGUAGE}/account/ratelimit\.json", self.get_ratelimit),
        )

    def check_access(self, call: VendorCall) -> None:
        wanted = "Basic " + b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if call.headers.get("authorization") != wanted:
            raise VendorRefusal(401, "Invalid API credentials", headers={"WWW-Authenticate": 'Basic realm="API"'})

    def throttle(self, wait: float) -> VendorRefusal:
        # `Retry-After` is not documented; the headers of the windows say how long to wait.
        return VendorRefusal(429, f"Rate limit exceeded, more in {wait:.0f} seconds")

    def every_header(self) -> Mapping[str, str]:
        windows = [state for state in self.meter.states() if not state.quota.sliding]
        if not windows:
            return {}
        return {
            "X-RateLimit-Limit": "/".join(str(window.quota.limit) for window in windows),
            "X-RateLimit-Remaining": "/".join(str(window.remaining) for window in windows),
            "X-RateLimit-Reset": "/".join(str(round(window.reset)) for window in windows),
        }

    def refusal(self, refusal: VendorRefusal, call: VendorCall) -> VendorResponse:
        error: dict[str, Any] = {
            "code": refusal.status,
            "method": call.method,
            "request": call.path,
            "message": refusal.message,
        }
        if refusal.fields:
            error["errors"] = refusal.fields
        swallowed = self.variant.errors_in_200 and refusal.status in (404, 422)
        return VendorResponse(
            status=200 if swallowed else refusal.status, body={"error": error}, headers=refusal.headers
        )

    # ------------------------------------------------------------ tickets

    def list_tickets(self, call: VendorCall) -> VendorResponse:
        limit = call.number("limit", 50, least=1, most=250, status=422)
        page = call.number("page", 1, least=1, status=422)
        since = call.number("since_id", 0, status=422)
        self.before_page(first=page == 1 and not self.follows(str(since)))
        fitting = self._filtered(call, since)
        shown = fitting[(page - 1) * limit : page * limit]
        self.listed(shown)
        return VendorResponse(body={"tickets": [self._ticket(ticket) for ticket in shown]})

    def count_tickets(self, call: VendorCall) -> VendorResponse:
        return VendorResponse(body={"count": len(self._filtered(call, call.number("since_id", 0, status=422)))})

    def get_ticket(self, _call: VendorCall, ticket: str) -> VendorResponse:
        return VendorResponse(body={"ticket": self._ticket(self.see(ticket))})

    def update_ticket(self, call: VendorCall, ticket: str) -> VendorResponse:
        self.existing(ticket)
        given = _wrapped(call, "ticket")
        unknown = {name: "is not known" for name in given if name not in _WRITABLE}
        flags = {name: given[name] for name in _FLAGS if name in given}
        wrong = {name: "must be true or false" for name, value in flags.items() if str(value).lower() not in _TRUTH}
        empty = {} if given else {"ticket": "is empty"}
        if empty or unknown or wrong:
            raise VendorRefusal(422, "The ticket is not valid", fields=empty | unknown | wrong)
        self._update(ticket, given, {name: str(value).lower() == "true" for name, value in flags.items()})
        return VendorResponse(body={"ticket": self._ticket(self.store.ticket(ticket))})

    def destroy_ticket(self, _call: VendorCall, ticket: str) -> VendorResponse:
        self.existing(ticket)
        self.destroyed.append(ticket)
        self.store.vanish(ticket)
        return VendorResponse(status=204)

    def _update(self, ticket: str, given: Mapping[str, Any], flags: Mapping[str, bool]) -> None:
        fields: dict[str, Any] = {name: value for name, value in flags.items() if name != "isClosed"}
        if "isAnswered" in fields:
            # It is valid until somebody writes again.
            fields["isAnswered"] = (fields["isAnswered"], len(self.store.ticket(ticket).messages))
        fields |= {name: given[name] for name in ("memo", "subject") if name in given}
        closed = flags.get("isClosed", self.store.ticket(ticket).closed)
        (self.store.close if closed else self.store.reopen)(ticket, **fields)

    def _filtered(self, call: VendorCall, since: int) -> list[PracticeTicket]:
        email, least, most = call.query("email"), _moment(call, "created_at_min"), _moment(call, "created_at_max")
        return [
            ticket
            for ticket in self.see_all()
            if int(ticket.id) > since
            and (email is None or ticket.email == email)
            and (least is None or ticket.created_at >= least)
            and (most is None or ticket.created_at <= most)
        ]

    # ------------------------------------------------------------ messages

    def list_messages(self, call: VendorCall, ticket: str) -> VendorResponse:
        messages = list(self.see(ticket).messages)
        if self.variant.messages_newest_first:
            messages.reverse()
        if self.variant.messages_page is not None:
            limit = call.number("limit", self.variant.messages_page, least=1, most=250, status=422)
            page = call.number("page", 1, least=1, status=422)
            messages = messages[(page - 1) * limit : page * limit]
        return VendorResponse(body={"ticketMessages": [self._message(message) for message in messages]})

    def count_messages(self, _call: VendorCall, ticket: str) -> VendorResponse:
        return VendorResponse(body={"count": len(self.see(ticket).messages)})

    def get_message(self, _call: VendorCall, ticket: str, message: str) -> VendorResponse:
        for written in self.see(ticket).messages:
            if written.id == message:
                return VendorResponse(body={"ticketMessage": self._message(written)})
        raise VendorRefusal(404, "There is no such message")

    def add_message(self, call: VendorCall, ticket: str) -> VendorResponse:
        self.existing(ticket)
        given = _wrapped(call, "ticketMessage")
        text = given.get("message")
        if not isinstance(text, str) or not text.strip():
            raise VendorRefusal(422, "The message is not valid", fields={"message": "is required"})
        if given.get("from", "shop") not in ("shop", "customer"):
            raise VendorRefusal(422, "The message is not valid", fields={"from": "must be shop or customer"})
        if given.get("from") == "customer":
            self.store.customer_replies(ticket, text)
        else:
            self.reply_by_api(ticket, text)
        message = self._message(self.store.ticket(ticket).messages[-1])
        status = self.variant.message_status
        match self.variant.message_answer:
            case "message":
                return VendorResponse(body={"ticketMessage": message}, status=status)
            case "bare message":
                return VendorResponse(body=message, status=status)
            case "no id":
                return VendorResponse(body={"ticketMessage": message | {"id": False}}, status=status)
            case "nothing":
                return VendorResponse(status=204)

    # ------------------------------------------------------------ customers, limits, webhooks

    def get_customer(self, _call: VendorCall, customer: str) -> VendorResponse:
        for ticket in self.store.tickets():
            if ticket.email and str(self.person_number(ticket.email)) == customer:
                first, _space, last = (ticket.name or "").partition(" ")
                body = {"id": int(customer), "email": ticket.email, "firstname": first, "lastname": last or False}
                return VendorResponse(body={"customer": body})
        raise VendorRefusal(404, "There is no such customer")

    def get_ratelimit(self, _call: VendorCall) -> VendorResponse:
        windows = [state for state in self.meter.states() if not state.quota.sliding]
        figures = {
            name: {"limit": window.quota.limit, "remaining": window.remaining, "reset": round(window.reset)}
            for name, window in zip(("limit5Min", "limitHour", "limitDay"), windows, strict=False)
        }
        return VendorResponse(body={"accountRatelimit": figures})

    async def send_webhook(self, url: str, ticket: str, action: str = "created") -> int:
        """Post `tickets/<action>` for a ticket to `url`. Returns the status of the answer."""
        headers = {
            "X-Shop-Id": "1",
            "X-Cluster-Id": "us1",
            "X-Event": f"tickets/{action}",
            "X-Format": "json",
            "X-Language": LANGUAGE,
            "X-Tickets-Id": ticket,
        }
        body = json.dumps({"ticket": self._ticket(self.store.ticket(ticket))}).encode()
        return await self.post_hook(url, body, headers)

    # ------------------------------------------------------------ JSON

    def _ticket(self, ticket: PracticeTicket) -> dict[str, Any]:
        fields = ticket.fields
        answered, at_message = fields.get("isAnswered", (False, -1))
        guest = self.variant.guests or not ticket.email
        return self.write_object(
            {
                "id": int(ticket.id),
                "createdAt": self.write_time(ticket.created_at),
                "updatedAt": self.write_time(self.updated(ticket)),
                "isAnswered": answered if at_message == len(ticket.messages) else not ticket.awaits_staff,
                "isClosed": ticket.closed,
                "isTodo": fields.get("isTodo", False),
                "subject": fields.get("subject", ticket.subject),
                "memo": fields.get("memo", self.variant.unset_memo),
                "doNotifyAnswered": fields.get("doNotifyAnswered", False),
                "language": {"id": 18, "code": "us", "locale": "en_US", "title": "English (US)"},
                "customer": None if guest else self._link(f"customers/{self.person_number(ticket.email or '')}"),
                "messages": self._link(f"tickets/{ticket.id}/messages"),
            }
        )

    def _link(self, path: str) -> dict[str, Any]:
        last = path.rpartition("/")[2]
        resource = {
            "id": int(last) if last.isdigit() else None,
            "url": path,
            "link": f"{self.links}/us/{path}.json",
        }
        return {"resource": self.write_object(resource)}

    def _message(self, message: PracticeMessage) -> dict[str, Any]:
        writer = "customer" if message.writer == "customer" else "shop"
        return self.write_object(
            {
                "id": int(message.id),
                "createdAt": self.write_time(message.at),
                "updatedAt": None,
                "from": "system" if self.variant.odd_words and message.by_api else writer,
                "message": message.text,
            }
        )


def _wrapped(call: VendorCall, key: str) -> dict[str, Any]:
    """The fields under `key` in a JSON body, or those named `key[name]` in a form."""
    if call.content_type == "application/x-www-form-urlencoded":
        form = call.form()
        return {name[len(key) + 1 : -1]: form[name] for name in form if name.startswith(f"{key}[")}
    value = call.json().get(key)
    if not isinstance(value, dict):
        raise VendorRefusal(422, f"The body needs a {key}", fields={key: "is required"})
    return value


def _moment(call: VendorCall, name: str) -> datetime | None:
    value = call.query(name)
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise VendorRefusal(422, f"{name} must be YYYY-MM-DD HH:MM:SS") from None
