"""Who a ticket's customer is. A ticket has only a link to them, so they are asked for."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from adapters.vendors.client.caching import Lookup
from adapters.vendors.client.http import VendorClient
from adapters.vendors.client.parsing import Text, Wire, unwrapped
from bot.clock import Clock
from bot.model import Customer
from bot.text import one_line


class WireCustomer(Wire):
    email: Text = None
    first_name: Text = Field(default=None, validation_alias=AliasChoices("firstname", "firstName"))
    middle_name: Text = Field(default=None, validation_alias=AliasChoices("middlename", "middleName"))
    last_name: Text = Field(default=None, validation_alias=AliasChoices("lastname", "lastName"))


def customer_of(wire: WireCustomer) -> Customer:
    """A customer with the whole name and the address, as far as they are known."""
    name = one_line(" ".join(filter(None, (wire.first_name, wire.middle_name, wire.last_name))), 100)
    return Customer(name=name or None, email=wire.email or None)


class People:
    """The customers of a store. One that this key may not see has neither name nor address."""

    def __init__(self, client: VendorClient, clock: Clock) -> None:
        self._client = client
        self._customers: Lookup[Customer] = Lookup(clock, Customer())

    async def customer(self, customer: str | None) -> Customer:
        """
        A customer by id, asked for once an hour; None: a guest.

        Raises:
            RateLimited
        """
        if not customer:
            return Customer()

        async def read() -> Customer:
            answer = unwrapped(await self._client.read("customers", f"{customer}.json"), "customer")
            return customer_of(WireCustomer.model_validate(answer if isinstance(answer, dict) else {}))

        return await self._customers.get(customer, read)
