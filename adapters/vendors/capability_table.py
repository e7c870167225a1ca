"""
The table of what each built-in vendor can do, made from the code.

`python -m adapters.vendors.capability_table FILE...` writes it into files, between their markers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.vendors import lightspeed, nextcommerce, sellapp, sellgate, sellsn
from adapters.vendors.lightspeed.vendor import Lightspeed
from adapters.vendors.nextcommerce.vendor import Nextcommerce
from adapters.vendors.sellapp.vendor import Sellapp
from adapters.vendors.sellgate.vendor import Sellgate
from adapters.vendors.sellsn.vendor import Sellsn
from bot.model import Verb
from bot.ports import CanAttach, CanCount, CanNote, CanVerifyWebhook, VendorCapabilities, VendorKind

BEGIN = "<!-- vendors: made from the code by python -m adapters.vendors.capability_table -->"
END = "<!-- end of vendors -->"

VENDORS: tuple[tuple[VendorKind, type[Any]], ...] = (
    (sellsn.KIND, Sellsn),
    (sellapp.KIND, Sellapp),
    (sellgate.KIND, Sellgate),
    (lightspeed.KIND, Lightspeed),
    (nextcommerce.KIND, Nextcommerce),
)
"""The kind of each built-in vendor, and the class that it builds."""

_HEAD = (
    *("vendor", "`VENDOR`", "tickets a request", "asks for open ones only", "reply", "close", "reopen"),
    *("notes", "files", "own counts", "webhook"),
)


def table(vendors: Sequence[tuple[VendorKind, type[Any]]] = VENDORS) -> str:
    """The table in Markdown."""
    rows = [_HEAD, tuple("---" for _ in _HEAD), *(_row(kind, made) for kind, made in vendors)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(kind: VendorKind, made: type[Any]) -> tuple[str, ...]:
    can: VendorCapabilities = made.capabilities
    longest = "yes" if can.reply_length is None else f"yes, up to {can.reply_length} characters"
    return (
        kind.label,
        f"`{kind.name}`",
        str(can.page_size),
        _yes(can.lists_open),
        longest,
        _verb(can, Verb.CLOSE),
        _verb(can, Verb.REOPEN),
        _yes(issubclass(made, CanNote)),
        f"up to {can.file_bytes // 1024 // 1024} MB" if issubclass(made, CanAttach) else "no",
        _yes(issubclass(made, CanCount)),
        "names the ticket" if issubclass(made, CanVerifyWebhook) else "any caller with the secret",
    )


def _verb(can: VendorCapabilities, verb: Verb) -> str:
    return "yes" if verb in can.verbs else f"no. {can.instead[verb]}"


def _yes(whether: bool) -> str:
    return "yes" if whether else "no"


def written_into(text: str) -> str:
    """
    The text with the current table between its markers.

    Raises:
        ValueError: It has no markers.
    """
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the markers of the vendors' table are missing")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main(files: Sequence[str]) -> None:
    """Write the table into these files."""
    for file in map(Path, files):
        file.write_text(written_into(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
