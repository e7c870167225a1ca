"""SellApp's lists: Laravel's pages, and the search that the official SDK speaks."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.sandbox.vendors.calls import VendorRefusal

Row = TypeVar("Row")

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class WholePage(Generic[Row]):
    """One page with all the fields that Laravel adds."""

    rows: list[Row]
    links: dict[str, str | None]
    meta: dict[str, Any]


def whole_page(rows: Sequence[Row], number: int, size: int, address: str) -> WholePage[Row]:
    """The page with this number, counted from 1; a page after the last is empty."""
    last = max(1, -(-len(rows) // size))
    shown = list(rows[(number - 1) * size : number * size])

    def link(page: int) -> str | None:
        return f"{address}?page={page}" if 1 <= page <= last else None

    numbered = [{"url": link(page), "label": str(page), "active": page == number} for page in range(1, last + 1)]
    before = {"url": link(number - 1), "label": "&laquo; Previous", "active": False}
    after = {"url": link(number + 1), "label": "Next &raquo;", "active": False}
    return WholePage(
        rows=shown,
        links={"first": link(1), "last": link(last), "prev": link(number - 1), "next": link(number + 1)},
        meta={
            "current_page": number,
            "from": (number - 1) * size + 1 if shown else None,
            "last_page": last,
            "links": [before, *numbered, after],
            "path": address,
            "per_page": size,
            "to": (number - 1) * size + len(shown) if shown else None,
            "total": len(rows),
        },
    )


def matching(rows: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """
    The rows that fit `filters` and `search`, in the order of `sort`.

    Raises `VendorRefusal` 422 for an unknown field or operator.
    """
    kept = [row for row in rows if all(_fits(row, wanted) for wanted in body.get("filters") or ())]
    search = body.get("search") or {}
    if "value" in search:
        kept = [row for row in kept if _contains(row, str(search["value"]), search.get("case_sensitive", True))]
    for sort in reversed(body.get("sort") or ()):
        kept.sort(key=_by(str(sort.get("field"))), reverse=sort.get("direction") == "desc")
    return kept


def _fits(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    compare = _OPERATORS.get(str(wanted.get("operator", "=")))
    if compare is None:
        raise VendorRefusal(422, "The operator is invalid.", fields={"filters.operator": "The operator is invalid."})
    try:
        return compare(_value(row, str(wanted.get("field"))), wanted.get("value"))
    except TypeError:
        reason = "The value cannot be compared with this field."
        raise VendorRefusal(422, reason, fields={"filters.value": reason}) from None


def _contains(row: Mapping[str, Any], text: str, case_sensitive: bool) -> bool:
    texts = [value for value in row.values() if isinstance(value, str)]
    if case_sensitive:
        return any(text in value for value in texts)
    return any(text.casefold() in value.casefold() for value in texts)


def _by(field: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: _value(row, field)


def _value(row: Mapping[str, Any], field: str) -> Any:
    if field not in row:
        raise VendorRefusal(422, f"The field {field} is invalid.", fields={"field": f"The field {field} is invalid."})
    return row[field]
