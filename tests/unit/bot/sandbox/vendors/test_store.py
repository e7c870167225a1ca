from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.vendors import VENDORS, PracticeStore
from bot.sandbox.vendors.store import VendorBehaviour


def test_people_write_answer_close_and_reopen(store: PracticeStore, clock: Any) -> None:
    """What people do stands in the ticket, in order, with its times."""
    start = store.now()
    ticket = store.customer_writes("help", "It broke", order_id="ord_1", name="Kim", email="kim@example.com")
    clock.advance(10)
    message = store.staff_replies(ticket, "Try again", name="Sam")
    read = store.ticket(ticket)
    assert (read.name, read.email, read.context) == ("Kim", "kim@example.com", {"order_id": "ord_1"})
    assert (read.messages[1].id, read.messages[1].by_api, read.answered, read.awaits_staff) == (
        message,
        False,
        True,
        False,
    )
    assert (read.created_at, read.updated_at) == (start, store.now())
    clock.advance(10)
    store.close(ticket)
    assert store.ticket(ticket).closed_at == store.now()
    store.reopen(ticket)
    assert not store.ticket(ticket).closed
    store.vanish(ticket)
    assert store.tickets() == ()
    with pytest.raises(KeyError):
        store.ticket(ticket)
    assert store.customer_writes("again", "It broke") != ticket


def test_a_customers_reply_touches_but_does_not_handle(store: PracticeStore, clock: Any) -> None:
    """A customer's message counts as an update and not as handling; a note does not change whose turn it is."""
    ticket = store.customer_writes("help", "It broke")
    start = store.now()
    clock.advance(10)
    store.customer_replies(ticket, "Hello?")
    assert (store.ticket(ticket).handled_at, store.ticket(ticket).updated_at) == (start, store.now())
    store.staff_replies(ticket, "Looks odd", public=False)
    assert store.ticket(ticket).awaits_staff


def test_a_vendors_habits_decide_on_replies_to_closed_tickets(store: PracticeStore) -> None:
    """A reply to a closed ticket opens it again, or leaves it closed, or becomes a ticket of its own."""
    reopening = store.customer_writes("help", "It broke")
    store.close(reopening, status="solved")
    assert store.customer_replies(reopening, "Still broken") == reopening
    assert (store.ticket(reopening).closed, store.ticket(reopening).fields) == (False, {})

    strict = PracticeStore(store.now)
    strict.adopt(VendorBehaviour(reply_reopens=False, reply_follows_up=lambda ticket: ticket.subject == "final"))
    stays = strict.customer_writes("help", "It broke")
    strict.close(stays)
    strict.customer_replies(stays, "Still broken")
    assert (strict.ticket(stays).closed, len(strict.ticket(stays).messages)) == (True, 2)
    final = strict.customer_writes("final", "It broke")
    strict.close(final)
    follow_up = strict.customer_replies(final, "Still broken")
    assert follow_up != final
    assert strict.ticket(follow_up).context == {"follows": final}
    assert len(strict.ticket(final).messages) == 1


def test_a_store_with_tickets_cannot_be_adopted(store: PracticeStore) -> None:
    """Ids are the vendor's from the first ticket on: adopting later is refused."""
    store.customer_writes("help", "It broke")
    with pytest.raises(ValueError, match="before the store's first ticket"):
        store.adopt(VendorBehaviour())


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_has_variants_with_names_of_their_own(name: str) -> None:
    """The first variant is the documented one, none is named twice, and hostile ones come last."""
    variants = VENDORS[name].variants()
    names = [variant.name for variant in variants]
    assert names[0] == "documented"
    assert len(names) == len(set(names))
    assert len(variants) == len({replace(variant, name="") for variant in variants})
    hostile = [variant.hostile for variant in variants]
    assert hostile == sorted(hostile)


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_names_its_settings(name: str, store: PracticeStore) -> None:
    """The environment names the vendor, where it listens, and its credentials."""
    vendor = VENDORS[name](store)
    environment = vendor.environment("main")
    assert environment["STORES__MAIN__VENDOR"] == name
    assert environment["STORES__MAIN__BASE_URL"] == vendor.base_url
    assert environment["STORES__MAIN__API_KEY"] == vendor.settings["API_KEY"]
