"""
Who wrote an entry. SellSN does not say, so it is inferred.

What we posted is ours. The owner's address, its part before the `@`, and the name of whoever opened the ticket are the
customer. The name and address of the key's user and `staff_names` are staff. Anybody else is shown by name, and counts
as neither. So does a name that is the customer's and staff's or the store's: customers choose their names themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from adapters.vendors.client.caching import Lookup
from adapters.vendors.client.http import VendorClient
from adapters.vendors.client.parsing import OptionalObjects, Text, Wire, unwrapped
from bot.clock import Clock
from bot.model import Author, Customer, Message

_A_DAY = 86_400.0


class WireStore(Wire):
    name: Text = None


class WireUser(Wire):
    email: Text = None
    user_name: Text = Field(default=None, alias="userName")
    stores: Annotated[list[WireStore] | None, OptionalObjects] = None


@dataclass(frozen=True, slots=True)
class KnownNames:
    """
    Names under which the team may write, case-folded.

    Attributes:
        staff: Whoever writes under one of them is staff, unless it is the customer's name, too.
        store: The store's names. Anybody can carry them, so they say nothing.
    """

    staff: frozenset[str] = frozenset()
    store: frozenset[str] = frozenset()


def with_authors(
    messages: Sequence[Message], email: str | None, names: KnownNames, ours: Collection[str]
) -> tuple[Message, ...]:
    """
    A ticket's messages, each with its author.

    Args:
        messages: Oldest first.
        email: The owner's address.
        ours: The ids of messages that we posted.
    """
    customer = {name.casefold() for name in _names_in(email)}
    opener = (messages[0].author_name or "").casefold() if messages else ""
    if opener and messages[0].id not in ours:
        customer.add(opener)

    def author(index: int, message: Message) -> Author:
        name = (message.author_name or "").casefold()
        if message.id in ours:
            return Author.STAFF
        if index == 0 and (not name or name in customer):
            return Author.CUSTOMER
        if name in customer:
            return Author.UNKNOWN if name in names.staff | names.store else Author.CUSTOMER
        return Author.STAFF if name in names.staff else Author.UNKNOWN

    return tuple(replace(message, author=author(index, message)) for index, message in enumerate(messages))


def customer_of(email: str | None, messages: Sequence[Message]) -> Customer:
    """The owner's address, and the name under which the customer writes if it is not an address."""
    names = (message.author_name for message in messages if message.author is Author.CUSTOMER)
    name = next((name for name in names if name), None)
    return Customer(name=None if name in _names_in(email) or (name and "@" in name) else name, email=email)


def _names_in(email: str | None) -> tuple[str, ...]:
    return tuple(name for name in (email or "", (email or "").partition("@")[0]) if name)


class StaffNames:
    """
    The names of a store's staff, case-folded.

    Args:
        given: Those that the operator has set.
    """

    def __init__(self, client: VendorClient, clock: Clock, given: Sequence[str]) -> None:
        self._client = client
        self._given = given
        self._users: Lookup[KnownNames] = Lookup(clock, KnownNames(), size=1, seconds=_A_DAY)

    async def of(self, store: str | None) -> KnownNames:
        """
        Those that are set, the ticket's store's, and the key's user's if this key may ask for them.

        Raises:
            RateLimited
        """
        names = await self._users.get("", self._read)
        return KnownNames(names.staff | _folded(self._given), names.store | _folded((store,)))

    async def _read(self) -> KnownNames:
        answer = unwrapped(await self._client.read("user"), "data")
        user = WireUser.model_validate(answer if isinstance(answer, dict) else {})
        return KnownNames(_folded((user.email, user.user_name)), _folded(store.name for store in user.stores or ()))


def _folded(names: Iterable[str | None]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names if name)
