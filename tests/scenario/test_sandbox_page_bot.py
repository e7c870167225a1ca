"""The page of `shopbell sandbox` with a bot in the world: the whole loop, as somebody sees it who tries it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.chats.slack import manifest
from tests.support.stage.page import Visitor, visit, words
from tests.support.waiting import PATIENCE, until


async def opened(v: Visitor, store: str = "keys", subject: str = "My key", text: str = "It *fails*.") -> dict[str, Any]:
    """Open a ticket as a customer; returns it with its threads once both chats have one that holds its text."""
    told = await v.does("/stores/open", store=store, name="Jane", email="jane@example.com", subject=subject, text=text)
    at = {"store": store, "ticket": told["ticket"]}

    def threads() -> dict[str, Any] | None:
        link = v.link(store, told["ticket"])
        said = [words(v.messages(chat, link[chat])) for chat in ("discord", "slack")]
        return link if all(text in each for each in said) else None

    link: dict[str, Any] = await v.sees(threads)
    return at | link


def at_vendor(v: Visitor, ticket: dict[str, Any]) -> list[str]:
    return [message["text"] for message in v.parts[f"ticket/{ticket['store']}/{ticket['ticket']}"]["messages"]]


def is_closed(v: Visitor, ticket: dict[str, Any]) -> bool:
    closed: bool = v.parts[f"ticket/{ticket['store']}/{ticket['ticket']}"]["closed"]
    return closed


def button(message: dict[str, Any], place: int = 0) -> dict[str, Any]:
    """A button under a message, counted from 0."""
    (row,) = [block for block in message["blocks"] if block["kind"] == "buttons"]
    found: dict[str, Any] = row["buttons"][place]
    return found


@pytest.mark.usefixtures("forked_bots")
class TestWithTheBot:
    async def test_a_ticket_goes_round(self, tmp_path: Path) -> None:
        """
        The threads of a ticket are found by themselves; what Ann answers reaches the store and Slack and gets ✅;
        the card's button closes it; Bob reopens it from the form that `/reopen` opens.
        """
        async with visit(tmp_path, running=True) as v:
            ticket = await opened(v)
            discord, slack = ticket["discord"], ticket["slack"]
            assert str(ticket["number"]) in v.place("discord", discord)["name"]

            await v.does("/discord/type", place=discord, text="Try KEY-1234.")
            await v.sees(lambda: "Try KEY-1234." in at_vendor(v, ticket))
            await v.sees(lambda: "Try KEY-1234." in words(v.messages("slack", slack)))
            await v.sees(
                lambda: any(
                    message["mine"] and [each["sign"] for each in message["reactions"]] == ["✅"]
                    for message in v.messages("discord", discord)
                )
            )

            card = v.messages("discord", discord)[0]
            snooze, close = button(card, 1), button(card, 2)
            assert [button(card)["label"], snooze["label"], close["label"]] == ["Release", "Snooze", "Close"]
            await v.does("/discord/press", place=card["place"], message=card["id"], button=close["id"])
            await v.sees(lambda: is_closed(v, ticket) and v.place("discord", discord)["archived"])
            await v.sees(lambda: v.place("slack", slack)["tags"] == ["Closed"])
            assert any(message["private"] for message in v.messages("discord", card["place"]))

            channel = slack.partition("/")[0]
            await v.does("/slack/type", place=channel, text="/reopen")
            form = v.parts["slack/modal"]
            (picker,) = [block for block in form["blocks"] if block["kind"] == "input"]
            empty = await v.does("/slack/submit", view=form["id"], values={})
            assert empty["errors"] == {picker["block"]: "Please complete this required field."}
            offered = await v.does("/slack/suggest", view=form["id"], input=picker["id"], text="")
            (choice,) = offered["choices"]
            assert "My key" in choice["label"]
            await v.does("/slack/submit", view=form["id"], values={picker["id"]: choice["text"]})
            await v.sees(lambda: not is_closed(v, ticket))
            form = await v.sees(
                lambda: v.parts["slack/modal"] if "open again" in words(v.parts["slack/modal"]) else None
            )
            await v.does("/slack/dismiss", view=form["id"])
            assert "slack/modal" not in v.parts

    async def test_forms_are_filled_in(self, tmp_path: Path) -> None:
        """Discord's too: one that is closed is gone, one that is sent shows the answer."""
        async with visit(tmp_path, running=True) as v:
            ticket = await opened(v)
            place = ticket["discord"]
            await v.does("/discord/type", place=place, text="/snippets")
            listed = v.messages("discord", place)[-1]
            new = {"place": listed["place"], "message": listed["id"], "button": button(listed)["id"]}
            await v.does("/discord/press", **new)
            form = v.parts["discord/modal"]
            assert [(each["id"], each["value"]) for each in form["blocks"]] == [("name", ""), ("text", "")]
            assert await v.may_not("/discord/submit", view=form["id"], values={"name": "x"}) == "Text is required."
            await v.does("/discord/dismiss", view=form["id"])
            assert "discord/modal" not in v.parts
            assert await v.may_not("/discord/submit", view=form["id"], values={}) == "That form is closed."
            await v.does("/discord/press", **new)
            values = {"name": "thanks", "text": "Thank you, {{agent.name}}!"}
            await v.does("/discord/submit", view=v.parts["discord/modal"]["id"], values=values)
            assert "discord/modal" not in v.parts
            await v.does("/discord/type", place=place, text="/snippet thanks")
            form = v.parts["discord/modal"]
            text, then = form["blocks"]
            assert (text["value"], text["multiline"]) == ("Thank you, Ann!", True)
            assert [each["label"] for each in then["options"]] == ["Send", "Send and close"]
            await v.does("/discord/submit", view=form["id"], values={"then": "close"})
            await v.sees(lambda: is_closed(v, ticket) and "Thank you, Ann!" in at_vendor(v, ticket))

    async def test_people_are_chosen_by_their_names(self, tmp_path: Path) -> None:
        """In Discord's option and in Slack's form: nobody knows anybody's id."""
        async with visit(tmp_path, running=True) as v:
            ticket = await opened(v)
            v.world.slack.add_user("dan", real_name="Dan")
            place, channel = ticket["discord"], ticket["slack"].partition("/")[0]
            found = await v.does("/discord/complete", place=place, text="/assign agent:an")
            assert [each["text"] for each in found["choices"]] == ["/assign agent:Ann"]
            found = await v.does("/discord/complete", place=place, text="/tickets which:mi")
            assert [each["text"] for each in found["choices"]] == ["/tickets which:mine"]
            await v.does("/discord/type", place=place, text="/assign agent:Ann")
            await v.sees(lambda: "Taken by Ann" in words(v.messages("discord", place)[:1]))
            await v.does("/slack/type", place=channel, text=f"/assign {ticket['number']}")
            form = v.parts["slack/modal"]
            person = next(each for each in form["blocks"] if each["type"] == "users_select")
            ids = {each["label"]: each["value"] for each in person["options"]}
            assert set(ids) == {"Bob", "Dan"}
            await v.does("/slack/submit", view=form["id"], values={person["id"]: ids["Bob"]})
            await v.sees(lambda: "Taken by Bob" in words(v.messages("discord", place)[:1]))

    async def test_commands_complete_as_one_types(self, tmp_path: Path) -> None:
        """First the commands, then what the bot offers for an option; the answer is Ann's alone, and shown as such."""
        async with visit(tmp_path, running=True) as v:
            ticket = await opened(v, store="boutique", subject="Wrong size")
            place = ticket["discord"]

            async def offered(text: str) -> list[dict[str, Any]]:
                choices: list[dict[str, Any]] = (await v.does("/discord/complete", place=place, text=text))["choices"]
                return choices

            commands = {f"{name} " for name, _, _ in manifest.COMMANDS}
            assert commands == {each["text"] for each in await offered("/")}
            (choice,) = await offered("/close wrong")
            assert choice["text"] == f"/close ticket:{ticket['number']}"
            assert "Wrong size" in choice["label"]
            assert "/stats store:boutique" in {each["text"] for each in await offered("/stats ")}
            assert [each["label"] for each in await offered("/stats store:keys ")] == ["days"]

            assert await v.may_not("/discord/type", place=place, text="/stats days:many") == "Days takes a number."
            await v.does("/discord/type", place=place, text="/stats store:boutique days:3")
            told = v.messages("discord", place)[-1]
            assert told["private"]
            assert "waiting for us" in words(told)

            await v.does("/discord/type", place=place, text=choice["text"])
            await v.sees(lambda: v.place("discord", place)["tags"] == ["Closed"])
            refused = await v.may_not("/discord/type", place=place, text="/reopen")
            assert refused == "An archived thread takes no commands."

    async def test_bob_closes_by_text_and_by_shortcut(self, tmp_path: Path) -> None:
        """`!close` in the thread and the message shortcut do the same; neither is said to the customer."""
        async with visit(tmp_path, running=True) as v:
            ticket = await opened(v)
            slack = ticket["slack"]
            await v.does("/slack/type", place=slack, text="!close")
            await v.sees(lambda: is_closed(v, ticket) and v.place("slack", slack)["tags"] == ["Closed"])
            card = v.messages("slack", slack)[0]
            menus = {each["label"]: each["id"] for each in v.parts["slack"]["menus"]}
            await v.does("/slack/menu", place=slack, message=card["id"], entry=menus["Reopen ticket"])
            await v.sees(lambda: not is_closed(v, ticket))
            assert at_vendor(v, ticket) == ["It *fails*."]

    async def test_a_note_stays_inside_until_ann_sends_it(self, tmp_path: Path) -> None:
        """A note carries 🔒 and is not at the store; the entry of the message's menu sends it after all."""
        async with visit(tmp_path, running=True) as v:
            ticket = await opened(v)
            place = ticket["discord"]
            await v.does("/discord/type", place=place, text="// Your order is on its way.")
            note = v.messages("discord", place)[-1]
            await v.sees(lambda: "🔒" in words(v.messages("discord", place)[-1]["reactions"]))
            assert at_vendor(v, ticket) == ["It *fails*."]
            menus = v.parts["discord"]["menus"]
            assert [each["label"] for each in menus] == ["Send to customer", "Keep as note", "Why"]
            menu = menus[0]
            await v.does("/discord/menu", place=place, message=note["id"], entry=menu["id"])
            await v.sees(lambda: len(at_vendor(v, ticket)) == 2)

    async def test_the_bot_is_killed_and_started_again(self, tmp_path: Path) -> None:
        """Meanwhile everybody goes on writing; afterwards each message stands once on the other side."""
        async with visit(tmp_path, running=True) as v:
            ticket = await opened(v)
            await v.does("/bot/kill")
            assert v.parts["bot"]["state"] == "killed"
            assert await v.may_not("/bot/kill") == "The bot is not running."
            told = await v.may_not("/discord/type", place=ticket["discord"], text="/stats")
            assert told == "The application did not respond. Is the bot running?"
            await v.does("/discord/type", place=ticket["discord"], text="From Ann.")
            await v.does("/slack/type", place=ticket["slack"], text="From Bob.")
            await v.does("/stores/write", store=ticket["store"], ticket=ticket["ticket"], text="From Jane.")
            assert v.parts["bot"] == {"state": "killed", "message": "", "starts": 1}

            await v.does("/bot/start")
            assert await v.may_not("/bot/start") == "The bot is running already."
            await v.sees(lambda: v.parts["bot"]["state"] == "ready" and v.parts["bot"]["starts"] == 2)
            await v.sees(lambda: {"From Ann.", "From Bob."} <= set(at_vendor(v, ticket)))
            # What is written last is brought last: whatever happens twice has happened by then.
            await v.does("/discord/type", place=ticket["discord"], text="Is all there?")
            await v.sees(lambda: "Is all there?" in words(v.messages("slack", ticket["slack"])))
            for chat in ("discord", "slack"):
                await v.sees(lambda chat=chat: "From Jane." in words(v.messages(chat, ticket[chat])))  # type: ignore[misc]
                for text in ("From Ann.", "From Bob.", "From Jane."):
                    assert words(v.messages(chat, ticket[chat])).count(text) == 1
            sent = ["From Ann.", "From Bob.", "From Jane.", "Is all there?", "It *fails*."]
            assert sorted(at_vendor(v, ticket)) == sent

    async def test_a_bot_that_ends_by_itself_is_seen(self, tmp_path: Path) -> None:
        """The page says that it does not answer, and can start it again."""
        async with visit(tmp_path, running=True) as v:
            await v.bot.kill()  # not by the page, which is told of nothing
            await v.sees(lambda: v.parts["bot"]["state"] == "failed")
            assert "the bot has ended" in v.parts["bot"]["message"]
            await v.does("/bot/start")
            await v.sees(lambda: v.parts["bot"]["state"] == "ready")


async def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """It prints its address first; the first tickets get threads; at SIGTERM it ends well and leaves nothing behind."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import asyncio; from bot.sandbox.interactive import serve; asyncio.run(serve(0))",
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        printed = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode()
        address = printed.split()[-1]
        async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
            links: dict[str, Any] = {}

            async def all_have_threads() -> bool:
                links.update((await http.get("/state")).json()["parts"]["links"])
                return bool(links) and all({"discord", "slack"} <= link.keys() for link in links.values())

            await until(all_have_threads, "each ticket has a thread in each chat")
            stores = (await http.get("/state")).json()["parts"]["stores"]
            assert {key.partition("/")[0] for key in links} == {store["name"] for store in stores}
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert list(tmp_path.iterdir()) == []
