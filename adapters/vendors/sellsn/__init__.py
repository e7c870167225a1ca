"""
SellSN: every page of the list carries whole tickets; no time of update, no word on who wrote, no way to reopen.

Facts: docs.sellsn.io/api-reference/tickets and /users. Not documented, and therefore found out or set: the number of
the first page, how long pages are, what the status numbers mean, what becomes of a closed ticket.

Who wrote an entry is inferred: what we posted is ours; the name or address of the key's user, the store's name and
`staff_names` are staff; the owner's address, its part before the `@`, and the name of whoever opened the ticket are
the customer; anybody else is shown by name and taken for neither.
"""

from __future__ import annotations

from adapters.vendors.sellsn.vendor import KIND

__all__ = ["KIND"]
