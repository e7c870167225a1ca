"""A store keeps our reply in another form and does not name it: it is shown and sent once, or an agent is asked."""

from __future__ import annotations

import asyncio
import html
import re
import textwrap
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Uncertain
from bot.model import ChatMessageId, Mark, Standing, Verb
from bot.tickets.from_vendors.outdated import LONGEST_READ_LAG
from tests.support.memory.bridge import MAIN, Bridge, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = [pytest.mark.simulated, pytest.mark.takes(1)]

TEXT = "Your refund 💶 is on its way — “really”, says Jürgen & Co.\nRef: <AB-12>"
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "without emoji": lambda text: text.replace("💶", ""),
    "with entities": html.escape,
    "with line breaks as tags": lambda text: html.escape(text).replace("\n", "<br>"),
    "on one line": lambda text: " ".join(text.split()),
    "in ASCII": lambda text: text.encode("ascii", "replace").decode(),
    "cut": lambda text: text[:45],
    "with a signature": lambda text: f"{text}\n--\nSent by the store",
    "wrapped": lambda text: textwrap.fill(text, 20),
    "with entities twice": lambda text: html.escape(html.escape(text)),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "without what looks like a tag": lambda text: re.sub("<[^>]*>", "", text),
    "in paragraphs": lambda text: "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n")),
    "with plain quotes and strokes": lambda text: text.translate(str.maketrans("“”—", '""-')),
    "below a heading": lambda text: f"The shop wrote:\n\n{text}",
    "quoted": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
}


async def says(bridge: Bridge, name: str, text: str) -> None:
    await bridge.says(bridge.discord, name, text)
    await until(lambda: bridge.discord.marks.get(ChatMessageId(name)) is Mark.DELIVERED)


async def swept(bridge: Bridge) -> None:
    bridge.app.nudge(MAIN)
    await bridge.at_rest()


@pytest.mark.parametrize("form", FORMS)
async def test_a_reply_in_another_form_is_not_shown_again(tmp_path: Path, form: str) -> None:
    """The other chat has it as it was written, its own chat not at all; a colleague's words are still shown."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.names_replies, bridge.vendor.keeps = False, FORMS[form]
        await bridge.ticket_arrives()
        await says(bridge, "m1", TEXT)
        await swept(bridge)
        bridge.vendor.colleague_writes("t1", "And a voucher for you")
        await swept(bridge)
        assert bridge.discord.texts(bridge.thread(bridge.discord)) == ["Hello?", "And a voucher for you"]
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", TEXT, "And a voucher for you"]


@pytest.mark.parametrize("form", FORMS)
async def test_a_reply_in_another_form_is_not_sent_again(tmp_path: Path, form: str) -> None:
    """Its answer is lost, and the store has it in its own form: that is found, and counts as sent."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.names_replies, bridge.vendor.keeps = False, FORMS[form]
        await bridge.ticket_arrives()
        bridge.vendor.lose.add("reply")
        await says(bridge, "m1", TEXT)
        await swept(bridge)
        assert bridge.vendor.texts("t1") == [FORMS[form](TEXT)]
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", TEXT]


async def test_where_nobody_can_tell_an_agent_is_asked(tmp_path: Path) -> None:
    """Nothing of the text is left: it is not repeated unasked. An agent who has looked sends it by Retry."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.names_replies, bridge.vendor.keeps = False, lambda _text: "[hidden by the store]"
        await bridge.ticket_arrives()
        bridge.vendor.lose.add("reply")
        await bridge.says(bridge.discord, "m1", TEXT)
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.FAILED)
        await asyncio.sleep(3600)  # of simulated time
        assert len(bridge.vendor.texts("t1")) == 1
        thread = bridge.thread(bridge.discord)
        asked = next(shown.post for shown in bridge.discord.shown[thread] if shown.post.buttons)
        assert "may be yours" in asked.text
        await bridge.asks(bridge.discord, Verb.RETRY, delivery=asked.buttons[0].delivery)
        await until(lambda: len(bridge.vendor.texts("t1")) == 2)
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert len(bridge.vendor.texts("t1")) == 2


async def test_a_colleagues_earlier_words_leave_no_doubt(tmp_path: Path) -> None:
    """What was written long before a reply was tried is not taken for it: the reply that is missing is sent again."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.colleague_writes("t1", "We are looking into it")
        await swept(bridge)
        await asyncio.sleep(600)
        bridge.vendor.fail["reply"] = [Uncertain("The answer was lost.")]
        await says(bridge, "m1", "Here is your key")
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["We are looking into it", "Here is your key"]


async def test_a_reply_in_doubt_takes_no_message_from_one_that_arrived(tmp_path: Path) -> None:
    """The first of two equal replies is lost while a colleague writes: only the second counts as sent."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.names_replies = False
        await bridge.ticket_arrives()
        bridge.vendor.fail["reply"] = [Uncertain("The answer was lost.")]
        await bridge.says(bridge.discord, "m1", "Thanks!")
        await until(lambda: not bridge.vendor.fail["reply"])
        bridge.vendor.colleague_writes("t1", "I have sent it again")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.FAILED)
        await says(bridge, "m2", "Thanks!")
        bridge.app.nudge(MAIN)
        await asyncio.sleep(3600)  # of simulated time
        assert bridge.vendor.texts("t1") == ["I have sent it again", "Thanks!"]
        assert bridge.discord.marks.get(ChatMessageId("m1")) is Mark.FAILED
        thread = bridge.thread(bridge.discord)
        asked = next(shown.post for shown in bridge.discord.shown[thread] if shown.post.buttons)
        await bridge.asks(bridge.discord, Verb.RETRY, delivery=asked.buttons[0].delivery)
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["I have sent it again", "Thanks!", "Thanks!"]


@pytest.mark.parametrize("after", [0.5, 4.0])
async def test_who_writes_right_after_a_reply_that_nobody_recognises(tmp_path: Path, after: float) -> None:
    """The message is shown at once; that its customer waits, and since when, as soon as no reading can lack a reply."""
    async with running(tmp_path / "db", vendor=MemoryVendor(now=now)) as bridge:
        bridge.vendor.names_replies, bridge.vendor.keeps = False, lambda _text: "[hidden by the store]"
        await bridge.ticket_arrives()
        thread = bridge.thread(bridge.discord)
        await says(bridge, "m1", TEXT)
        await asyncio.sleep(after)
        wrote = bridge.vendor.now()
        bridge.vendor.customer_writes("t1", "It does not work.")
        bridge.app.nudge(MAIN)
        await until(lambda: "It does not work." in bridge.discord.texts(thread))
        assert (bridge.vendor.now() - wrote).total_seconds() < 2
        await asyncio.sleep(LONGEST_READ_LAG.total_seconds())
        await swept(bridge)
        card = bridge.discord.cards[thread][-1]
        assert card.standing is Standing.NEXT_ANSWER
        assert card.moment is not None
        assert abs(card.moment.at - wrote) < timedelta(milliseconds=1)
