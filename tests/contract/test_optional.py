"""What only some vendors can do: notes, files, webhooks; under every reading of their documentation."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from bot.model import File
from bot.ports import CanAttach, CanNote, CanVerifyWebhook
from bot.text import comparable
from tests.support.vendors.world import FRIENDLY, PLAIN, Case, world

NOTING = [case for case in FRIENDLY if case.subject.kind.name in ("lightspeed", "nextcommerce")]
ATTACHING = [case for case in FRIENDLY if case.subject.kind.name == "nextcommerce"]


@pytest.mark.parametrize("case", NOTING, ids=str)
async def test_a_note_stays_inside(case: Case) -> None:
    """A note is kept where the customer does not see it, beside those that were there, and is found again."""
    async with world(case) as here:
        vendor: Any = here.vendor
        assert isinstance(vendor, CanNote)
        (made,) = here.write(1)
        assert not await vendor.noted(made, "Sam", "Refund her\nif she asks")
        given = await vendor.note(made, "Sam", "Refund her\nif she asks")
        await vendor.note(made, "Kim", "Done")
        ticket = here.store.ticket(made)
        notes = [message.text for message in ticket.messages if not message.public]
        kept = comparable("\n".join((*notes, str(ticket.fields.get("memo", "")))))
        assert comparable("Sam: Refund her\nif she asks") in kept
        assert "Kim: Done" in kept
        assert all(message.writer == "customer" for message in ticket.messages if message.public)
        assert given in (None, *(message.id for message in ticket.messages if not message.public))

        async def found() -> bool:
            return bool(await vendor.noted(made, "Sam", "Refund her\nif she asks"))

        assert await here.eventually(found)
        assert not any(
            message.is_public and "Refund" in message.text for message in (await here.vendor.ticket(made)).messages
        )


@pytest.mark.parametrize("case", ATTACHING, ids=str)
async def test_files_go_with_a_reply(case: Case) -> None:
    """Every file is brought there once and hangs on the one message that the customer gets."""
    async with world(case) as here:
        vendor: Any = here.vendor
        assert isinstance(vendor, CanAttach)
        (made,) = here.write(1)
        files = [
            File(name="label.pdf", content=BytesIO(b"%PDF-1.7")),
            File(name='größe \n".txt', content=BytesIO(b"42")),
        ]
        given = await vendor.reply_with(made, "Your label", files)
        message = here.store.ticket(made).messages[-1]
        assert (message.text, message.writer, message.public) == ("Your label", "staff", True)
        assert [file.content for file in message.files] == [b"%PDF-1.7", b"42"]
        assert given in (None, message.id)

        async def visible() -> bool:
            last = (await here.vendor.ticket(made)).messages[-1]
            return [attachment.name for attachment in last.attachments][:1] == ["label.pdf"]

        assert await here.eventually(visible)


@pytest.mark.parametrize("case", ATTACHING[:1], ids=str)
async def test_a_file_alone_is_a_reply(case: Case) -> None:
    """A file needs no words."""
    async with world(case) as here:
        vendor: Any = here.vendor
        (made,) = here.write(1)
        await vendor.reply_with(made, "", [File(name="label.pdf", content=BytesIO(b"%PDF-1.7"))])
        assert [file.name for file in here.store.ticket(made).messages[-1].files] == ["label.pdf"]


async def test_which_vendors_can_what() -> None:
    """The ports beside `Vendor` are there for whom the documentation gives them, and for nobody else."""
    can: dict[str, set[str]] = {}

    ports: tuple[Any, ...] = (CanNote, CanAttach, CanVerifyWebhook)
    for case in PLAIN:
        async with world(case) as here:
            can[case.subject.kind.name] = {port.__name__ for port in ports if isinstance(here.vendor, port)}
    assert can == {
        "sellgate": set(),
        "sellsn": set(),
        "sellapp": {"CanVerifyWebhook"},
        "lightspeed": {"CanNote", "CanVerifyWebhook"},
        "nextcommerce": {"CanNote", "CanAttach", "CanVerifyWebhook"},
    }
