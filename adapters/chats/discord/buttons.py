"""
Buttons as Discord's components, and what a pressed button asks for; pure.

Everything that is needed when a button is pressed is in the button's own id (`shopbell:close:t1042`,
`shopbell:retry:d77`,
`shopbell:tickets:p2:wmine`). So a button works after a restart, and nothing has to be looked up. The id comes back from
people's programs, so it is checked like any other input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord
from discord import ui

from adapters.chats.discord.markup import cut_line
from bot.model import Button, DeliveryId, TicketNumber, Verb

TEMPLATE = re.compile(
    rf"shopbell:(?P<verb>{'|'.join(Verb)})"
    r"(?::(?:t(?P<ticket>\d{1,18})|d(?P<delivery>\d{1,18})|p(?P<page>\d{1,4})))?"
    r"(?::w(?P<words>[^\r\n]{1,60}))?"
)

_STYLE = {
    Verb.REOPEN: discord.ButtonStyle.success,
    Verb.RETRY: discord.ButtonStyle.primary,
    Verb.SEND: discord.ButtonStyle.primary,
}
_BUTTON = discord.ComponentType.button.value
_LABEL_LENGTH = 80
_LINK_LENGTH = 512
_ROW = 5
_ROWS = 5


def custom_id(button: Button) -> str:
    """The id that comes back when `button` is pressed."""
    subject = ""
    if button.delivery is not None:
        subject = f":d{button.delivery}"
    elif button.ticket is not None:
        subject = f":t{button.ticket}"
    elif button.page is not None:
        subject = f":p{button.page}"
    return f"shopbell:{button.verb}{subject}" + (f":w{button.words}" if button.words else "")


def pressed_in(data: Mapping[str, Any]) -> Button | None:
    """What was pressed, from the interaction's data, without its label; None: it is none of this version's buttons."""
    found = TEMPLATE.fullmatch(str(data.get("custom_id", "")))
    return None if found is None or data.get("component_type") != _BUTTON else pressed(found)


def pressed(found: re.Match[str]) -> Button:
    """The button whose id matches `TEMPLATE`, without its label."""
    ticket, delivery, page = found["ticket"], found["delivery"], found["page"]
    return Button(
        verb=Verb(found["verb"]),
        label="",
        ticket=TicketNumber(int(ticket)) if ticket else None,
        delivery=DeliveryId(int(delivery)) if delivery else None,
        words=found["words"] or "",
        page=int(page) if page else None,
    )


def action_rows(buttons: Sequence[Button], link: tuple[str, str] | None = None) -> list[dict[str, Any]]:
    """
    Rows of five buttons each, 25 buttons at most.

    Args:
        link: Label and address of one more button that only opens a page; left out if it cannot (see `is_link`).
    """
    components = [*_components(buttons, link)][: _ROW * _ROWS]
    return [{"type": 1, "components": components[at : at + _ROW]} for at in range(0, len(components), _ROW)]


def is_link(address: str) -> bool:
    """Whether a button can open this address: others are refused by Discord."""
    return re.fullmatch(rf"https?://\S{{1,{_LINK_LENGTH - 8}}}", address) is not None


def view(buttons: Sequence[Button]) -> ui.View | None:
    """
    The buttons of an answer to an interaction; None: it has none.

    The view is stopped, so discord.py does not keep it: a pressed button is known by its id alone.
    """
    if not buttons:
        return None
    shown = ui.View(timeout=None)
    for button in buttons:
        style = _STYLE.get(button.verb, discord.ButtonStyle.secondary)
        label = cut_line(button.label, _LABEL_LENGTH)
        shown.add_item(ui.Button(style=style, label=label, custom_id=custom_id(button)))
    shown.stop()
    return shown


def _components(buttons: Sequence[Button], link: tuple[str, str] | None) -> Iterator[dict[str, Any]]:
    for button in buttons:
        yield {
            "type": 2,
            "style": _STYLE.get(button.verb, discord.ButtonStyle.secondary).value,
            "label": cut_line(button.label, _LABEL_LENGTH),
            "custom_id": custom_id(button),
        }
    if link is not None and is_link(link[1]):
        yield {"type": 2, "style": 5, "label": cut_line(link[0], _LABEL_LENGTH), "url": link[1]}
