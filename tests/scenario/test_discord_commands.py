"""Commands, completion, buttons and the doctor of the Discord adapter, on the practice Discord."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bot.model import (
    Answer,
    Button,
    DeliveryId,
    DeliveryKey,
    Door,
    Mention,
    MentionKind,
    Modal,
    TextField,
    TicketNumber,
    Verb,
    Voice,
)
from bot.sandbox.discord import NoAnswer
from tests.support.openapi.discord import check_exchange
from tests.support.stage.discord import build, place, post, stage
from tests.support.waiting import until

FORM = Modal(
    verb=Verb.SEND_FORM,
    title="Form",
    fields=(TextField(name="text", label="Text", has_lines=True),),
    submit="Send",
    ticket=TicketNumber(1042),
    words="abc refund",
)


class TestAsking:
    async def test_commands_are_asked_and_answered_to_the_asker_alone(self) -> None:
        """Acknowledged at once, in a ticket's thread and outside it; the answer carries its table."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            s.intake.answer = Answer(text="Figures *now*", table="open  1\nclosed  2")
            closed = await s.server.command(ana, opened.thread, "close")
            reopened = await s.server.command(ana, s.text, "reopen", ticket="#1042")
            stats = await s.server.command(ana, s.text, "stats", store="main", days=30)
            for answered in (closed, reopened, stats):
                assert answered.ephemeral
                assert answered.deferred
                assert answered.content == "Figures \\*now\\*\n```\nopen  1\nclosed  2\n```"
            first, second, third = s.intake.asks
            assert (first.verb, first.ticket, first.place) == (Verb.CLOSE, None, place(s.text, opened))
            assert (second.verb, second.ticket, second.place) == (Verb.REOPEN, "#1042", place(s.text))
            assert (third.verb, third.store, third.days) == (Verb.STATS, "main", 30)
            assert first.agent.name == "Ana"

    async def test_tickets_and_stores_complete_as_one_types(self) -> None:
        """A choice shows the ticket's title and stands for its number."""
        async with stage() as s:
            ana = s.server.add_member("Ana")
            (choice,) = await s.server.complete(ana, s.text, "close", "ticket", "10")
            assert choice["value"] == "1042"
            assert choice["name"].startswith("#1042 · Jane")
            assert len(choice["name"]) <= 100
            assert s.intake.picks == [(Verb.CLOSE, "10", place(s.text))]
            assert [c["value"] for c in await s.server.complete(ana, s.text, "stats", "store", "SEC")] == ["second"]

    async def test_buttons_work_after_a_restart(self) -> None:
        """All that a press needs is in the button: the ticket's, the delivery's number."""
        async with stage() as s:
            opened = await s.open(s.text)
            retry = Button(verb=Verb.RETRY, label="Retry", delivery=DeliveryId(77))
            failed = post("It was not delivered.", Voice.BELL, buttons=(retry,))
            said = await s.chat.post(place(s.text, opened), failed, 0, DeliveryKey("k-1"))
            await s.restart()
            ana = s.server.add_member("Ana")
            await s.server.press(ana, s.server.message(s.text, opened.card), "Close")
            answered = await s.server.press(ana, s.server.message(opened.thread, said), "Retry")
            assert answered.ephemeral
            close, again = s.intake.asks
            assert (close.verb, close.ticket, close.place) == (Verb.CLOSE, "1042", place(s.text))
            assert (again.verb, again.delivery, again.place) == (Verb.RETRY, 77, place(s.text, opened))

    async def test_a_message_can_be_sent_by_its_menu(self) -> None:
        """What it holds now goes along; the bot's own messages cannot be sent to anybody."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana, bob = s.server.add_member("Ana"), s.server.add_member("Bob")
            said = await s.server.say(bob, opened.thread, "try *this*")
            await s.server.context_menu(ana, said, "Send to customer")
            (ask,) = s.intake.asks
            assert (ask.verb, ask.agent.name) == (Verb.SEND, "Ana")
            assert ask.message is not None
            assert (ask.message.text, ask.message.message, ask.message.agent.name) == (
                "try this",
                str(said.id),
                "Bob",
            )
            ours = await s.chat.post(place(s.text, opened), post("from us"), 0, DeliveryKey("k-1"))
            refused = await s.server.context_menu(ana, s.server.message(opened.thread, ours), "Send to customer")
            assert "person" in refused.content
            assert refused.ephemeral
            assert len(s.intake.asks) == 1

    async def test_a_defect_leaves_nobody_waiting(self) -> None:
        """The asker reads that it went wrong instead of watching dots."""
        async with stage() as s:
            s.intake.failure = RuntimeError("a defect")
            answered = await s.server.command(s.server.add_member("Ana"), s.text, "close")
            assert "went wrong" in answered.content

    @pytest.mark.parametrize("body", ['{"ok": true, "surprise": [1]}', "[1]", "{}"])
    @pytest.mark.parametrize("path", ["/interactions/.*/callback", "/webhooks/.*"])
    async def test_a_malformed_answer_to_an_interaction_is_no_defect(
        self, path: str, body: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """discord.py cannot read the answer to our acknowledgement or to the text; the next command works."""
        async with stage() as s:
            ana = s.server.add_member("Ana")
            observed = s.server.http_server.observers
            observed.remove(check_exchange)
            s.server.http_server.fail("replace", path=path, status=200, body=body)
            with suppress(NoAnswer):
                await s.server.command(ana, s.text, "stats", seconds=1.0)
            observed.append(check_exchange)
            assert (await s.server.command(ana, s.text, "stats")).content == "Done."
        assert [each for each in caplog.records if each.levelname == "ERROR"] == []

    async def test_a_form_is_opened_and_what_was_entered_comes_back(self) -> None:
        """Also after a restart, and sent twice; where nothing of it can be done, it is shown again."""
        async with stage() as s:
            opened = await s.open(s.text)
            ana = s.server.add_member("Ana")
            s.intake.modal = FORM
            form = await s.server.command(ana, opened.thread, "snippet", name="refund", ticket="1042")
            await s.restart()
            s.intake.answer = Answer(text="No.", fault="text")
            for _ in range(2):
                refused = await s.server.submit_modal(form, {"text": "*typed*"})
                await until(lambda: bool(refused.followups))  # noqa: B023
                assert [each.content for each in refused.followups] == ["\\*typed\\*"]
                assert (refused.content, refused.ephemeral) == ("No.", True)
            asked, *sent = s.intake.asks
            assert (asked.verb, asked.words, asked.ticket) == (Verb.SNIPPET, "refund", "1042")
            assert len(sent) == 2
            assert (sent[0].verb, sent[0].ticket, sent[0].words) == (Verb.SEND_FORM, "1042", "abc refund")
            assert (sent[0].entered, sent[0].door, sent[0].place) == (
                {"text": "*typed*"},
                Door.FORM,
                place(s.text, opened),
            )

    async def test_a_form_that_cannot_be_made(self) -> None:
        """An answer stands there instead, also after a defect; and what was typed into one is not lost by a defect."""
        async with stage() as s:
            ana = s.server.add_member("Ana")
            told = await s.server.command(ana, s.text, "note")
            assert (told.content, told.ephemeral, told.modal) == ("Done.", True, None)
            s.intake.modal = FORM
            form = await s.server.command(ana, s.text, "note")
            s.intake.failure = RuntimeError("a defect")
            broken = await s.server.command(ana, s.text, "reply")
            assert broken.content.startswith("Something went wrong inside shopbell")
            lost = await s.server.submit_modal(form, {"text": "typed"})
            assert lost.content.startswith("Something went wrong inside shopbell")
            await until(lambda: [each.content for each in lost.followups] == ["typed"])

    async def test_commands_are_published_only_when_they_changed(self) -> None:
        """A restart asks what is there and leaves it; a server that offers something else is put right."""
        async with stage() as s:
            assert len(s.requests("PUT", "/commands")) == 1
            await s.restart()
            await until(lambda: len(s.requests("GET", "/commands")) == 2)
            assert len(s.requests("PUT", "/commands")) == 1


class TestDoctor:
    async def test_all_is_well(self) -> None:
        """The token, the intent, both channels and the commands are looked at, without being connected."""
        async with stage(connected=False, tags=["Open", "Closed"]) as s:
            findings = await s.chat.check([s.text, s.forum])
            assert [finding.ok for finding in findings] == [True] * 5
            assert not any(finding.remedy for finding in findings)

    async def test_every_failure_has_one_remedy(self) -> None:
        """Each missing permission, a hidden or unknown channel, the intent: a line of its own with its step."""
        async with stage(connected=False) as s:
            s.server.settings.message_content = False
            s.server.deny(s.text, "embed_links", "add_reactions")
            s.server.deny(s.forum, "view_channel")
            findings = await s.chat.check([s.text, s.forum, type(s.text)("123"), type(s.text)("general")])
            bad = [finding for finding in findings if not finding.ok]
            remedies = " ".join(finding.remedy for finding in bad)
            assert len(bad) == 6
            assert all(finding.remedy for finding in bad)
            for named in ("Message Content Intent", "Embed Links", "Add Reactions", "View Channel", "Copy ID"):
                assert named in remedies

    async def test_a_role_of_agents_that_is_gone(self) -> None:
        """One that was deleted and made again has another id: nobody is an agent by the old one."""
        async with stage(connected=False) as s:
            role = s.server.add_role("support")
            found = await s.chat.check([s.text], [], [str(role.id), "404"])
            (fault,) = [each for each in found if not each.ok]
            assert fault.subject == "discord role 404"
            assert "DISCORD_AGENT_ROLES" in fault.remedy

    async def test_a_role_that_reminders_ping(self) -> None:
        """One that nobody may mention rings nowhere, unless the bot may mention all; a role that is gone is named."""
        async with stage(connected=False) as s:
            anyone = s.server.add_role("on call", mentionable=True)
            closed = s.server.add_role("night", mentionable=False)

            async def faults(*roles: object) -> dict[str, str]:
                pings = [(s.text, Mention(kind=MentionKind.GROUP, id=str(role))) for role in roles]
                found = await s.chat.check([s.text], pings)
                return {each.subject: f"{each.text} {each.remedy}" for each in found if not each.ok}

            s.server.deny(s.text, "mention_everyone")
            assert await faults(anyone.id) == {}
            assert await faults(9, closed.id) == {
                "discord role 9": "Reminders ping a role (REMIND) that the server Practice shop does not have. "
                "Copy the role's id again (Server Settings, Roles), and set it in REMIND.",
                f"discord role {closed.id}": "Reminders mention @night (REMIND), but in #support that pings nobody. "
                "Allow anyone to @mention this role (Server Settings, Roles, night), or give the bot's role "
                "Mention @everyone, @here, and All Roles in this channel.",
            }
            ann = s.server.add_member("ann")
            outside = s.server.add_member("outside")
            s.server.deny(s.text, "view_channel", whom=outside)
            people = [(s.text, Mention(id=str(each))) for each in (ann.id, 9, outside.id)]
            found = {each.subject: each.text for each in await s.chat.check([s.text], people) if not each.ok}
            assert found == {
                "discord user 9": "Reminders ping somebody (REMIND) who is not on the server Practice shop.",
                f"discord user {outside.id}": "Reminders ping outside (REMIND), who cannot see #support.",
            }
            s.server.allow(s.text, "mention_everyone")
            assert await faults(closed.id) == {}
            s.server.deny(s.text, "view_channel")
            assert set(await faults(closed.id)) == {f"discord channel {s.text}"}

    async def test_a_refused_token_is_a_finding(self) -> None:
        """The doctor never raises."""
        async with stage(connected=False) as s:
            for broken in (build(s.server, [s.text], token="wrong.token.here"), s.chat):
                if broken is s.chat:
                    await s.server.stop()
                (finding,) = await broken.check([s.text])
                assert not finding.ok
                assert finding.remedy
                await broken.aclose()
