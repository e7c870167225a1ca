"""
Next Commerce's Admin API, version 2024-04-01, as its OpenAPI file describes it: tickets with their comments embedded,
replies and notes, attachments, users. Opening a ticket by the API is left out.

Not documented: page size and order, errors, the author of a comment and whether it is public if the call does not
say so, the answer to an upload, and whether a closed ticket can be reopened.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from bot.sandbox.vendors.calls import VendorCall, VendorRefusal, VendorResponse
from bot.sandbox.vendors.nextcommerce_bodies import (
    CLOSED_STATUSES,
    NewComment,
    as_html,
    read_comment,
    read_ticket_change,
    refuse,
)
from bot.sandbox.vendors.nextcommerce_lists import cursor_page, fits
from bot.sandbox.vendors.nextcommerce_variants import NEXTCOMMERCE_VARIANTS, NextcommerceVariant
from bot.sandbox.vendors.rate_limits import Quota
from bot.sandbox.vendors.server import PracticeVendor, VendorRoute
from bot.sandbox.vendors.store import PracticeFile, PracticeMessage, PracticeStore, PracticeTicket, VendorBehaviour

KEY = "practicetokenpracticetokenpractice"
SUBDOMAIN = "practice"
API = "/api/admin"
API_USER = "api@store.example"
_VERSIONS = ("2024-04-01", "2023-02-10", "unstable")


class PracticeNextcommerce(PracticeVendor[NextcommerceVariant]):
    """
    Next Commerce on 127.0.0.1.

    Attributes:
        withheld: Permission scopes that the token does not have.
    """

    vendor = "nextcommerce"
    documented_quotas = (Quota(4, 1, sliding=True),)
    withheld: frozenset[str] = frozenset()

    def __init__(
        self,
        store: PracticeStore,
        variant: NextcommerceVariant | None = None,
        *,
        port: int = 0,
        quotas: Sequence[Quota] | None = None,
    ) -> None:
        super().__init__(store, variant, port=port, quotas=quotas)
        self._uploads: dict[int, PracticeFile] = {}

    @classmethod
    def variants(cls) -> tuple[NextcommerceVariant, ...]:
        return NEXTCOMMERCE_VARIANTS

    @property
    def base_url(self) -> str:
        return f"{super().base_url}{API}"

    @property
    def _root(self) -> str:
        return self.links.removesuffix(API)

    @property
    def settings(self) -> dict[str, str]:
        return {"API_KEY": KEY, "STORE_ID": SUBDOMAIN}

    @property
    def api_user(self) -> int:
        """The user that the token belongs to."""
        return self.person_number(API_USER)

    def behaviour(self) -> VendorBehaviour:
        return VendorBehaviour(reply_follows_up=lambda ticket: ticket.fields.get("status") == "closed")

    def routes(self) -> Iterable[VendorRoute]:
        tickets, one = f"{API}/tickets/", rf"{API}/tickets/(?P<ticket>\d+)/"
        return (
            VendorRoute("GET", tickets, self.list_tickets),
            VendorRoute("GET", one, self.get_ticket),
            VendorRoute("PATCH", one, self.change_ticket),
            VendorRoute("PUT", one, self.change_ticket),
            VendorRoute("GET", f"{one}comments/", self.list_comments),
            VendorRoute("POST", f"{one}comments/", self.add_comment),
            VendorRoute("POST", f"{tickets}attachments/", self.upload),
            VendorRoute("GET", rf"{API}/users/(?P<user>\d+)/", self.get_user),
            VendorRoute("GET", r"/media/(?P<file>\d+)/.*", self.get_file),
            # Django redirects reads without the last slash to the address with it.
            VendorRoute(
                "GET", rf"{API}/.*[^/]", lambda call: VendorResponse(status=301, headers={"Location": f"{call.path}/"})
            ),
        )

    def check_access(self, call: VendorCall) -> None:
        if not call.path.startswith(API):
            return
        authorization = call.headers.get("authorization", "")
        if authorization != f"Bearer {KEY}":
            reason = "Invalid token." if authorization else "Authentication credentials were not provided."
            raise VendorRefusal(401, reason, headers={"WWW-Authenticate": 'Bearer realm="api"'})
        if call.headers.get("x-29next-api-version") not in _VERSIONS:
            raise VendorRefusal(400, "The X-29next-API-Version header must name a version.")
        subject = "users" if call.path.startswith(f"{API}/users") else "tickets"
        if f"{subject}:{'read' if call.method == 'GET' else 'write'}" in self.withheld:
            raise VendorRefusal(403, "You do not have permission to perform this action.")

    def throttle(self, wait: float) -> VendorRefusal:
        del wait  # the documentation says one second
        reason = "Request was throttled. Expected available in 1 second."
        return VendorRefusal(429, reason, headers={"Retry-After": "1"})

    def refusal(self, refusal: VendorRefusal, _call: VendorCall) -> VendorResponse:
        body: dict[str, Any] = {name: [reason] for name, reason in refusal.fields.items()} or {
            "detail": refusal.message
        }
        return VendorResponse(status=refusal.status, body=body, headers=refusal.headers)

    # ------------------------------------------------------------ tickets

    def list_tickets(self, call: VendorCall) -> VendorResponse:
        self.before_page(first=call.query("cursor") is None)
        rows = [(ticket, self._ticket(ticket)) for ticket in self.see_all()]
        fitting = [row for row in rows if fits(call, *row, (row[1]["status"], self._status(row[0])))]
        page = cursor_page(
            call,
            fitting,
            place=lambda row: self.sort_key(row[0]),
            size=self.variant.page_cap or 20,
            here=f"{self._root}{call.path}",
        )
        self.listed(ticket for ticket, _row in page.rows)
        results = [row for _ticket, row in page.rows]
        return VendorResponse(body={"next": page.next, "previous": page.previous, "results": results})

    def get_ticket(self, _call: VendorCall, ticket: str) -> VendorResponse:
        return VendorResponse(body=self._ticket(self.see(ticket)))

    def change_ticket(self, call: VendorCall, ticket: str) -> VendorResponse:
        old = self.existing(ticket)
        given = call.json()
        change = read_ticket_change(given)
        if given == {"status": self._status(old)}:
            return VendorResponse(body=self._ticket(old))
        self._may_change(old)
        comment = self._read_comment(given["comment"]) if given.get("comment") is not None else None
        status = change.pop("status", None)
        if status is not None:
            change |= {"status": status, "status_at": len(old.messages) + (comment is not None)}
        if comment is not None:
            self._say(ticket, comment)
        if status in CLOSED_STATUSES:
            self.store.close(ticket, **change)
        elif status is not None:
            self.store.reopen(ticket, **change)
        elif change:
            self.store.edit(ticket, **change)
        return VendorResponse(body=self._ticket(self.store.ticket(ticket)))

    # ------------------------------------------------------------ comments

    def list_comments(self, _call: VendorCall, ticket: str) -> VendorResponse:
        whole = self._ticket(self.see(ticket))
        return VendorResponse(body=whole if self.variant.comments_answer == "ticket" else whole["comments"])

    def add_comment(self, call: VendorCall, ticket: str) -> VendorResponse:
        before = self.existing(ticket)
        comment = self._read_comment(call.json())
        self._may_change(before)
        self._say(ticket, comment)
        now = self.store.ticket(ticket)
        match self.variant.comment_answer:
            case "ticket":
                return VendorResponse(body=self._ticket(now))
            case "stale":
                return VendorResponse(body=self._ticket(before))
            case "comment":
                return VendorResponse(body=self._comment(now.messages[-1]), status=201)
            case "nothing":
                return VendorResponse(status=204)

    def upload(self, call: VendorCall) -> VendorResponse:
        files = [(name, content) for field, name, content in call.files() if field == "files"]
        if call.content_type != "multipart/form-data" or not files:
            raise refuse("files", "No file was submitted.")
        taken = [self.store.file(name, content) for name, content in files]
        self._uploads |= {file.number: file for file in taken}
        written = [self._file(file) for file in taken]
        match self.variant.upload_answer:
            case "list":
                return VendorResponse(body=written)
            case "object":
                return VendorResponse(body=written[0])
            case "wrapped":
                return VendorResponse(body={"attachments": written})

    def _may_change(self, ticket: PracticeTicket) -> None:
        if self.variant.closed_is_final and ticket.closed and self._status(ticket) == "closed":
            raise refuse("status", "A closed ticket cannot be changed.")

    def _read_comment(self, value: Any) -> NewComment:
        return read_comment(
            value, has_file=self._uploads.__contains__, has_user=lambda user: self._email(user) is not None
        )

    def _say(self, ticket: str, comment: NewComment) -> None:
        attached = [self._uploads[number] for number in comment.attachments]
        email = self._email(comment.author) if comment.author is not None else API_USER
        if comment.author is not None and email not in self._staff():
            self.store.customer_replies(ticket, comment.body, files={file.name: file.content for file in attached})
            return
        public = self.variant.public_by_default if comment.public is None else comment.public
        nobody = comment.author is None and self.variant.anonymous
        self.reply_by_api(
            ticket, comment.body, name=None, email=None if nobody else email, public=public, attached=attached
        )

    # ------------------------------------------------------------ users, files, webhooks

    def get_user(self, _call: VendorCall, user: str) -> VendorResponse:
        email = self._email(int(user))
        if email is None:
            raise VendorRefusal(404, "Not found.")
        first, _space, last = (self._name(email) or "").partition(" ")
        return VendorResponse(
            body={
                "id": int(user),
                "email": email,
                "first_name": first,
                "last_name": last,
                "user_type": "dashboard" if email in self._staff() else "lead",
                "date_joined": self.write_time(self.store.now()),
                "orders_count": 0,
                "subscriptions_count": 0,
                "total_spent": "0.00",
            }
        )

    def get_file(self, _call: VendorCall, file: str) -> VendorResponse:
        hanging = [each for ticket in self.store.tickets() for message in ticket.messages for each in message.files]
        for each in (*hanging, *self._uploads.values()):
            if str(each.number) == file:
                return VendorResponse(text=each.content, content_type="application/octet-stream")
        raise VendorRefusal(404, "Not found.")

    async def send_webhook(
        self, url: str, ticket: str, secret: str, *, event: str = "ticket.updated", event_id: str | None = None
    ) -> int:
        """
        Post an event about a ticket to `url`, signed as documented: over the body as Python writes it after reading it.

        Args:
            event_id: The id of an event that is sent again; None: a new one.

        Returns:
            The status of the answer.
        """
        payload = {
            "api_version": "2024-04-01",
            "object": "ticket",
            "data": self._ticket(self.store.ticket(ticket)),
            "event_id": event_id or str(uuid4()),
            "event_type": event,
            "webhook": {"id": 1, "store": SUBDOMAIN, "events": [event], "target": url},
        }
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        signature = hmac.new(secret.encode(), json.dumps(json.loads(body)).encode(), hashlib.sha256).hexdigest()
        return await self.post_hook(url, body, {"X-29Next-Signature": signature})

    # ------------------------------------------------------------ JSON

    def _staff(self) -> set[str | None]:
        messages = [message for ticket in self.store.tickets() for message in ticket.messages]
        return {API_USER} | {message.email for message in messages if message.writer == "staff"}

    def _name(self, email: str) -> str | None:
        messages = [message for ticket in self.store.tickets() for message in ticket.messages]
        return next((message.name for message in messages if message.email == email), None)

    def _email(self, user: int) -> str | None:
        known = {API_USER} | {message.email for ticket in self.store.tickets() for message in ticket.messages}
        return next((email for email in known if email and self.person_number(email) == user), None)

    def _status(self, ticket: PracticeTicket) -> str:
        said: str | None = ticket.fields.get("status")
        if ticket.closed:
            return said or "solved"
        if said is not None and ticket.fields.get("status_at") == len(ticket.messages):
            return said
        if not ticket.answered:
            return "new"
        return "open" if ticket.awaits_staff else "pending"

    def _ticket(self, ticket: PracticeTicket) -> dict[str, Any]:
        context, fields = ticket.context, ticket.fields
        registered = ticket.email is not None and not self.variant.unregistered
        odd = self.variant.odd_words and not ticket.closed
        channel = "follow_up" if "follows" in context else context.get("channel", "customer_account")
        return {
            "id": int(ticket.id),
            "subject": fields.get("subject", ticket.subject),
            "status": "on_hold" if odd else self._status(ticket),
            "priority": fields.get("priority", context.get("priority", "medium")),
            "channel": "carrier_pigeon" if odd else channel,
            "assignee": fields.get("assignee"),
            "requester": self.person_number(ticket.email or "") if registered else None,
            "from_email": None if registered else ticket.email,
            "order": fields.get("order", context.get("order", self.variant.no_order)),
            "products": list(fields.get("products", context.get("products", ()))),
            "tags": list(fields.get("tags", context.get("tags", ()))),
            "ticket_type": fields.get("ticket_type"),
            "comments": [self._comment(message) for message in ticket.messages],
            "created_at": self.write_time(ticket.created_at),
            "updated_at": self.write_time(self.updated(ticket)),
        }

    def _comment(self, message: PracticeMessage) -> dict[str, Any]:
        stranger = message.writer == "customer" and self.variant.unregistered
        written_here = self.variant.html and not message.by_api
        return {
            "id": message.number,
            "author": None if stranger or message.email is None else self.person_number(message.email),
            "from_email": message.email if stranger else None,
            "body": as_html(message.text, tracker=f"{self._root}/pixel.gif") if written_here else message.text,
            "is_public": message.public,
            "created_at": self.write_time(message.at),
            "attachments": [self._file(file) for file in message.files],
        }

    def _file(self, file: PracticeFile) -> dict[str, Any]:
        return {
            "id": file.number,
            "file": f"{self._root}/media/{file.number}/{quote(file.name)}",
            "file_name": file.name,
        }
