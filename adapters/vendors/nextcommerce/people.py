"""Who wrote a comment. A comment names its author by a number, and only the store's users tell who that is."""

from __future__ import annotations

from adapters.vendors.client.caching import Lookup
from adapters.vendors.client.http import VendorClient
from adapters.vendors.client.parsing import Text, Wire
from adapters.vendors.nextcommerce.capabilities import LABEL
from bot.clock import Clock
from bot.errors import AuthFailed, Gone
from bot.model import Author
from bot.text import one_line

_AUTHORS = {"dashboard": Author.STAFF, "customer": Author.CUSTOMER, "lead": Author.CUSTOMER}


class WireUser(Wire):
    email: Text = None
    first_name: Text = None
    last_name: Text = None
    user_type: Text = None

    @property
    def name(self) -> str | None:
        """First and last name; None: neither is known."""
        return one_line(" ".join(filter(None, (self.first_name, self.last_name))), 100) or None


UNKNOWN_USER = WireUser()
CHECK_USER = "Set {setting} to the id of a user who works in the store's dashboard, or leave it out."
TRY_AGAIN = "Try again in a minute."


def unknown_author(user: int | None, setting: str) -> str:
    """Why a reply was refused because of the user whose it was to be."""
    return f"{LABEL} takes no replies of the user {user}. Ask whoever runs shopbell to correct {setting}."


def author_from_ticket(
    *, author: str | None, from_email: str | None, public: bool, requester: str | None, staff: int | None
) -> Author | None:
    """
    Who wrote a comment, as far as its ticket tells; None: its author must be asked for.

    Without an author, an address means a customer who is no user yet, and a note must be by staff.

    Args:
        requester: The user who opened the ticket.
        staff: The user as whom we write; None: not set.
    """
    if author is None:
        if from_email:
            return Author.CUSTOMER
        return Author.UNKNOWN if public else Author.STAFF
    if author == requester:
        return Author.CUSTOMER
    return Author.STAFF if staff is not None and author == str(staff) else None


def author_from_type(user: WireUser) -> Author:
    """What a user is to the store. An undocumented type says nothing."""
    return _AUTHORS.get(user.user_type or "", Author.UNKNOWN)


class People:
    """The users of a store, as far as its token may see them. Without `users:read` they have no names."""

    def __init__(self, client: VendorClient, clock: Clock) -> None:
        self._client = client
        self._users: Lookup[WireUser] = Lookup(clock, UNKNOWN_USER)

    async def unfit_author(self, user: str) -> str | None:
        """Why no reply can be this user's; the contract is `bot.ports.CanWriteAs.unfit_author`. Asks anew."""
        try:
            answer = await self._client.read("users", user, "")
        except AuthFailed:
            return None  # the token has not the scope
        except Gone:
            return f"{LABEL} has no user {user}."
        found = WireUser.model_validate(answer if isinstance(answer, dict) else {})
        if author_from_type(found) is Author.CUSTOMER:
            return f"The user {user} is a customer at {LABEL}: what is sent as theirs counts as written by a customer."
        return None

    async def user(self, user: str | None) -> WireUser:
        """
        A user by number, asked for once an hour; `UNKNOWN_USER` where there is no number.

        Raises:
            RateLimited
        """
        if not user:
            return UNKNOWN_USER

        async def read() -> WireUser:
            answer = await self._client.read("users", user, "")
            return WireUser.model_validate(answer if isinstance(answer, dict) else {})

        return await self._users.get(user, read)
