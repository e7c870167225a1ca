"""The page of `shopbell sandbox`, by plain HTTP: what it shows, what it does for people, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import bot.sandbox.page as package
from bot.sandbox.page.changes import Changes
from tests.support.stage.page import visit

FOLDER = Path(package.__file__).parent
SOURCES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".html", ".css", ".js"))


class TestDoor:
    async def test_it_answers_to_this_machine_by_its_own_names_only(self, tmp_path: Path) -> None:
        """A foreign name that points at 127.0.0.1 (DNS rebinding) opens nothing."""
        async with visit(tmp_path) as v:
            assert v.page.address.startswith("http://127.0.0.1:")
            for host in ("localhost", "127.0.0.1:9", "LOCALHOST:80"):
                assert (await v.http.get("/", headers={"Host": host})).status_code == 200
            for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::1", "0.0.0.0"):
                for path in ("/", "/state", "/page.js"):
                    assert (await v.http.get(path, headers={"Host": host})).status_code == 403

    async def test_another_sites_page_can_do_nothing(self, tmp_path: Path) -> None:
        """An act with a foreign origin, or in a form's own types, is refused and not done."""
        async with visit(tmp_path) as v:
            fields = {"store": "keys", "subject": "Hi", "text": "Hi", "email": "jane@example.com"}
            own = v.page.address.rstrip("/")
            for origin in ("https://evil.example", "null", own.replace("http:", "https:"), "http://127.0.0.1:1"):
                answer = await v.http.post("/stores/open", json=fields, headers={"Origin": origin})
                assert answer.status_code == 403
            for kind in ("text/plain", "application/x-www-form-urlencoded"):
                answer = await v.http.post("/stores/open", content="{}", headers={"Content-Type": kind})
                assert answer.status_code == 400
            assert v.world.shops["sellgate"].store.tickets() == ()
            answer = await v.http.post("/stores/open", json=fields, headers={"Origin": own})
            assert answer.status_code == 200

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff"])
    async def test_what_is_no_json_object_is_refused_in_words(self, tmp_path: Path, body: bytes) -> None:
        """Nothing that is sent makes the page fail."""
        async with visit(tmp_path) as v:
            headers = {"Content-Type": "application/json"}
            answer = await v.http.post("/stores/open", content=body, headers=headers)
            assert (answer.status_code, answer.json()) == (400, {"error": "Send a JSON object."})

    async def test_every_answer_forbids_foreign_content(self, tmp_path: Path) -> None:
        """Files, state, refusals and what does not exist alike carry the policy; scripts come from the page alone."""
        async with visit(tmp_path) as v:
            for path in ("/", "/page.css", "/page.js", "/state", "/nothing", "/server.py", "/a/b"):
                answer = await v.http.get(path)
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert (await v.http.get("/server.py")).status_code == 404
            assert (await v.http.get("/page.js")).headers["Content-Type"].startswith("text/javascript")
            assert (await v.http.post("/stores/nothing", json={})).status_code == 404

    @pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
    def test_texts_can_only_be_put_in_as_texts(self, path: Path) -> None:
        """No source parses a text as markup, carries script or style inline, or names anything in the network."""
        source = path.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b", source)
        assert not re.search(r"https?:|//[a-z]+\.[a-z]|@import|url\(", source)
        if path.suffix == ".html":
            assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?! type=\"module\" src=\"/)", source)

    def test_every_file_that_the_page_loads_is_there(self) -> None:
        """What the page and its scripts name is in the folder, so nothing is missing from an installed package."""
        named = set()
        for path in SOURCES:
            named |= set(re.findall(r"(?:src|href)=\"/([^\"]+)\"|from \"\./([^\"]+)\"", path.read_text("utf-8")))
        wanted = {first or second for first, second in named}
        assert wanted
        assert wanted <= {path.name for path in SOURCES}


class TestState:
    async def test_only_what_has_changed_is_sent(self, tmp_path: Path) -> None:
        """After one message only that place and the list of places are sent again; with nothing new, nothing is."""
        async with visit(tmp_path) as v:
            assert {"stores", "discord", "slack", "bot", "links"} <= v.parts.keys()
            assert await v.look() == {}
            place = str(v.world.support.id)
            answer = await v.http.post("/discord/type", json={"place": place, "text": "Morning!"})
            assert answer.status_code == 200
            assert set(await v.look()) == {"discord/places", f"discord/place/{place}"}

    @pytest.mark.parametrize("version", ["", "x", "0123abcd.7", "."])
    async def test_an_unknown_version_gets_everything(self, tmp_path: Path, version: str) -> None:
        """So a page that was open before the world was started again shows the new one."""
        async with visit(tmp_path) as v:
            told = (await v.http.get("/state", params={"since": version})).json()
            assert told["fresh"]
            assert told["parts"] == v.parts

    def test_what_is_gone_is_reported_once(self) -> None:
        """A part that has disappeared is sent as None to who knew it, and not at all to who did not."""
        ledger = Changes()
        ledger.update({"a": 1, "b": 2})
        before = ledger.since("")["version"]
        ledger.update({"a": 1})
        assert ledger.since(before)["parts"] == {"b": None}
        assert ledger.since("")["parts"] == {"a": 1}
        after = ledger.since(before)["version"]
        ledger.update({"a": 1, "b": 2})
        assert ledger.since(after)["parts"] == {"b": 2}


class TestStores:
    async def test_a_ticket_as_its_vendor_has_it(self, tmp_path: Path) -> None:
        """A customer opens it and writes again, a colleague answers, closes and reopens it in the dashboard."""
        async with visit(tmp_path) as v:
            assert [store["name"] for store in v.parts["stores"]] == [shop.name for shop in v.world.shops.values()]
            opened = await v.does(
                "/stores/open", store="keys", name="Mia", email="mia@example.com", subject=" Hi ", text="<b>1</b>"
            )
            at = {"store": "keys", "ticket": opened["ticket"]}
            await v.does("/stores/write", **at, text="2")
            await v.does("/stores/answer", **at, text="3")
            ticket = v.parts[f"ticket/keys/{opened['ticket']}"]
            assert (ticket["subject"], ticket["name"], ticket["closed"]) == ("Hi", "Mia", False)
            told = [(m["writer"], m["text"], m["bridged"]) for m in ticket["messages"]]
            assert told == [("customer", "<b>1</b>", False), ("customer", "2", False), ("staff", "3", False)]
            await v.does("/stores/close", **at)
            assert v.parts["tickets/keys"][0]["closed"]
            assert await v.may_not("/stores/close", **at) == "This ticket is closed already."
            await v.does("/stores/reopen", **at)
            assert not v.parts[f"ticket/keys/{opened['ticket']}"]["closed"]
            assert await v.may_not("/stores/reopen", **at) == "This ticket is open already."

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"store": "nowhere"}, "no such store"),
            ({"subject": "  "}, "what it is about"),
            ({"subject": "x" * 251}, "at most 250"),
            ({"text": ""}, "the customer's message"),
            ({"text": "x" * 60_001}, "at most 60000"),
            ({"email": "jane"}, "is not an e-mail address"),
            ({"email": None}, "Enter the customer's e-mail address"),
            ({"text": 7}, "has to be a text"),
        ],
    )
    async def test_a_ticket_that_no_store_would_take(self, tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
        """The person reads what to fix, and there is no ticket."""
        async with visit(tmp_path) as v:
            good = {"store": "keys", "name": "", "email": "jane@example.com", "subject": "Hi", "text": "Hello"}
            assert told in await v.may_not("/stores/open", **(good | wrong))
            assert v.world.shops["sellgate"].store.tickets() == ()

    async def test_a_ticket_that_is_not_there(self, tmp_path: Path) -> None:
        """Writing into it is refused in words."""
        async with visit(tmp_path) as v:
            for act in ("write", "answer", "close", "reopen"):
                told = await v.may_not(f"/stores/{act}", store="keys", ticket="none", text="x")
                assert told == "There is no such ticket."


class TestDiscordAlone:
    async def test_ann_writes_edits_and_deletes(self, tmp_path: Path) -> None:
        """What she writes is shown formatted; she edits it as she wrote it; what she deletes is gone."""
        async with visit(tmp_path) as v:
            place = str(v.world.support.id)
            await v.does("/discord/type", place=place, text=f"**Hi** <@{v.world.ann.id}> <b>")
            (message,) = v.messages("discord", place)
            assert (message["author"], message["mine"], message["bot"]) == ("Ann", True, False)
            assert message["blocks"][0]["lines"][0]["spans"] == [
                {"text": "Hi", "bold": True},
                {"text": " "},
                {"text": "@Ann", "mention": True},
                {"text": " <b>"},
            ]
            assert message["written"] == f"**Hi** <@{v.world.ann.id}> <b>"
            assert "Write something" in await v.may_not("/discord/edit", place=place, message=message["id"], text=" ")
            await v.does("/discord/edit", place=place, message=message["id"], text="*Bye*")
            (message,) = v.messages("discord", place)
            assert (message["edited"], message["written"]) == (True, "*Bye*")
            await v.does("/discord/delete", place=place, message=message["id"])
            assert v.messages("discord", place) == []
            told = await v.may_not("/discord/delete", place=place, message=message["id"])
            assert told == "That message is gone."

    async def test_what_the_client_refuses(self, tmp_path: Path) -> None:
        """Each in the words that the person would read there."""
        async with visit(tmp_path) as v:
            place, forum = str(v.world.support.id), str(v.world.tickets.id)
            assert "2000 or fewer" in await v.may_not("/discord/type", place=place, text="x" * 2001)
            assert await v.may_not("/discord/type", place=place, text="  ") == "Write something first."
            assert "non-text channel" in await v.may_not("/discord/type", place=forum, text="x")
            assert await v.may_not("/discord/type", place="1", text="x") == "Unknown Channel."
            assert "no such place" in await v.may_not("/discord/type", place="x", text="x")
            assert await v.may_not("/discord/type", place=place, text="/close") == "The bot offers no commands."
            message = await v.world.discord.say(v.world.discord.bot, place, "Hello")
            told = await v.may_not("/discord/delete", place=place, message=str(message.id))
            assert told == "Missing Permissions."
            told = await v.may_not("/discord/edit", place=place, message=str(message.id), text="x")
            assert told == "Cannot edit a message authored by another user."

    async def test_threads_and_what_discord_says_itself(self, tmp_path: Path) -> None:
        """A locked or archived thread is shown as such; renaming is reported by Discord, not by the one who did it."""
        async with visit(tmp_path) as v:
            discord = v.world.discord
            thread = await discord.start_thread(v.world.ann, v.world.support.id, "Old")
            await discord.set_thread(v.world.ann, thread.id, name="New")
            await discord.set_thread(v.world.ann, thread.id, archived=True)
            await v.look()
            shown = v.place("discord", str(thread.id))
            assert (shown["name"], shown["archived"], shown["parent"]) == ("New", True, str(v.world.support.id))
            assert v.messages("discord", str(thread.id))[-1]["system"] == "Ann changed the name to New"
            await v.does("/discord/type", place=str(thread.id), text="Again")
            assert not v.place("discord", str(thread.id))["archived"]


class TestSlackAlone:
    async def test_bob_writes_in_a_thread_edits_and_deletes(self, tmp_path: Path) -> None:
        """A message with replies makes an entry in the list of threads; deleted, its place is kept."""
        async with visit(tmp_path) as v:
            channel = v.world.triage.id
            await v.does("/slack/type", place=channel, text="*Hi* <script>")
            (message,) = v.messages("slack", channel)
            assert (message["author"], message["mine"]) == ("Bob", True)
            assert message["written"] == "*Hi* <script>"
            await v.does("/slack/edit", place=channel, message=message["id"], text="_Hi_ <script>")
            (message,) = v.messages("slack", channel)
            assert (message["edited"], message["written"]) == (True, "_Hi_ <script>")
            thread = message["thread"]["id"]
            await v.does("/slack/type", place=thread, text="Yes?")
            assert [m["author"] for m in v.messages("slack", thread)] == ["Bob", "Bob"]
            assert v.messages("slack", channel)[0]["thread"]["name"] == "1 reply"
            assert v.place("slack", thread)["name"] == "Hi <script>"
            await v.does("/slack/delete", place=channel, message=message["id"])
            assert v.messages("slack", channel)[0]["system"] == "This message was deleted."

    async def test_what_the_client_refuses(self, tmp_path: Path) -> None:
        """A slash command in a thread, one that does not exist, one that nobody receives, a place that is not there."""
        async with visit(tmp_path) as v:
            channel = v.world.triage.id
            await v.does("/slack/type", place=channel, text="Hi")
            thread = v.messages("slack", channel)[0]["thread"]["id"]
            told = await v.may_not("/slack/type", place=thread, text="/close")
            assert told == "/close is not supported in threads. Sorry!"
            assert "is not a valid command" in await v.may_not("/slack/type", place=channel, text="/dance")
            assert "dispatch_failed" in await v.may_not("/slack/type", place=channel, text="/close")
            assert await v.may_not("/slack/type", place="C1", text="x") == "There is no such place."
            assert await v.may_not("/slack/type", place=f"{channel}/1.000000", text="x") == "There is no such place."
            assert await v.may_not("/slack/press", place=channel, message="1.0", button="x") == "That message is gone."
            assert await v.may_not("/slack/submit", view="V1", values={}) == "That form is closed."
            other = await v.world.slack.another_bot_says(channel, "Beep")
            assert "own messages" in await v.may_not("/slack/delete", place=channel, message=other.ts)
            assert "own messages" in await v.may_not("/slack/edit", place=channel, message=other.ts, text="x")
