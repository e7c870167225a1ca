"""What the Slack adapter says, through the real slack-bolt, in the practice Slack; and what its doctor finds."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from adapters.chats.slack import build, manifest
from bot.clock import SystemClock
from bot.errors import AuthFailed, Forbidden, RateLimited, Unavailable, Uncertain
from bot.model import (
    Agent,
    AgentId,
    Answer,
    Button,
    ChannelId,
    ChatMessageId,
    DeliveryId,
    Form,
    Further,
    Kind,
    Mark,
    Mention,
    MentionKind,
    Opened,
    Place,
    Post,
    ThreadId,
    Verb,
    Voice,
)
from bot.sandbox.slack.rate_limits import SlackLimits
from bot.sandbox.slack.values import SlackApp
from tests.support.stage.slack import CARD, CLOSED, NASTY, POST, chat_for, key, scene
from tests.support.twice import is_gone, once_sure
from tests.support.waiting import until

# ---------------------------------------------------------------- saying


async def test_a_card_opens_a_thread_and_follows_its_ticket() -> None:
    """The card heads the thread, is edited in place, and keeps the key that it was posted with."""
    async with scene() as stage:
        opened, place = await stage.open()
        assert "#1042 · Jane" in stage.top(opened).rendered
        assert "ord_xyz_789" in stage.top(opened).rendered
        await stage.chat.render_card(place, opened, CLOSED)
        await stage.chat.render_card(place, opened, CLOSED)
        assert stage.top(opened).rendered.startswith("✅ #1042")
        assert [button.label for button in stage.top(opened).buttons] == ["Reopen"]
        assert await stage.chat.find_thread(stage.id, CARD, key("card"), None) == opened
        assert len(stage.slack.messages(stage.channel)) == 1


async def test_posts_stand_in_the_thread_verbatim_and_ping_nobody() -> None:
    """Whatever a customer wrote is shown as it is; the bell and the channel work alike."""
    async with scene() as stage:
        opened, place = await stage.open()
        retry = Button(verb=Verb.RETRY, label="Retry", delivery=DeliveryId(7))
        await stage.say(place, replace(POST, text=NASTY), "a")
        await stage.say(place, Post(voice=Voice.BELL, name="", text=NASTY, buttons=(retry,)), "b")
        await stage.say(Place(chat=place.chat, channel=stage.id), POST, "c")
        thread = stage.slack.thread(stage.channel, opened.thread)
        assert thread[1].rendered == f"Jane · customer\n{NASTY}"
        assert thread[2].rendered.startswith(NASTY)
        assert thread[2].buttons[0].label == "Retry"
        assert stage.slack.messages(stage.channel)[-1].rendered == "Jane · customer\nHello"
        assert stage.slack.pings == ()


async def test_fifty_thousand_characters_arrive_whole() -> None:
    """In as many messages as `parts` says, each of which Slack takes."""
    async with scene(limits=SlackLimits(post_burst=50)) as stage:
        opened, place = await stage.open()
        await stage.renew()
        text = " ".join(f"<w{number}>" for number in range(8000))
        post = replace(POST, text=text)
        for part in range(stage.chat.parts(post)):
            await stage.say(place, post, f"p{part}", part)
        thread = stage.slack.thread(stage.channel, opened.thread)[1:]
        read = " ".join(line for each in thread for line in each.rendered.splitlines() if "<w" in line)
        assert read.split() == text.split()


async def test_what_is_said_together_is_one_message_and_found_by_its_key() -> None:
    """Erased, none of it is left."""
    async with scene() as stage:
        _opened, place = await stage.open()
        further = tuple(Further(text=text, at=None) for text in ("bb", "cc"))
        post = Post(voice=Voice.CUSTOMER, name="Jane", text="aa", further=further)
        message = await stage.say(place, post, "a")
        (_card, shown) = stage.slack.thread(stage.channel, place.thread or "")
        assert [text in shown.rendered for text in ("Jane", "aa", "bb", "cc")] == [True] * 4
        assert await stage.chat.find_post(place, key("a"), None) == message
        await stage.chat.erase(place, message, "Erased.")
        (_card, shown) = stage.slack.thread(stage.channel, place.thread or "")
        assert not any(text in shown.rendered for text in ("aa", "bb", "cc"))


@pytest.mark.parametrize("was", [Form.FULL, Form.PLAIN])
@pytest.mark.parametrize("form", [Form.FULL, Form.PLAIN, Form.DEFUSED])
async def test_a_post_can_be_changed(was: Form, form: Form) -> None:
    """From any form into any other, twice without harm; it keeps its key. One that was deleted is gone, for sure."""
    async with scene() as stage:
        _opened, place = await stage.open()
        announced = Post(voice=Voice.BELL, name="", text="Ann is about to send: *x*", form=was)
        message = await stage.say(place, announced, "a")
        final = Post(voice=Voice.STAFF, name="Ann", text="*x* `y` <!channel>", form=form)
        for _ in range(2):
            await stage.chat.edit_post(place, message, final, 0, key("a"))
        (_card, shown) = stage.slack.thread(stage.channel, place.thread or "")
        assert shown.ts == message
        assert shown.rendered.endswith("\n*x* `y` <!channel>")
        assert "about to send" not in shown.rendered
        assert await stage.chat.find_post(place, key("a"), None) == message
        assert stage.chat.time_of(message).timestamp() == pytest.approx(float(message), abs=0.001)
        assert stage.slack.pings == ()
        await stage.slack.delete(shown)
        await is_gone(lambda: stage.chat.edit_post(place, message, final, 0, key("a")))


async def test_marks_replace_one_another_and_do_no_harm_twice() -> None:
    """Put on and taken off by our own reactions only; a deleted message leaves nothing to be done."""
    async with scene() as stage:
        opened, place = await stage.open()
        message = await stage.slack.say(stage.anna, stage.channel, "hi", thread_ts=opened.thread)
        await stage.slack.react(stage.bob, message, "white_check_mark")
        stamp = ChatMessageId(message.ts)
        for _ in range(2):
            await stage.chat.mark(place, stamp, Mark.WAITING, None)
        for _ in range(2):
            await stage.chat.mark(place, stamp, Mark.DELIVERED, Mark.WAITING)
        standing = stage.slack.message(message)
        assert standing is not None
        assert standing.reactions == {"white_check_mark": (stage.bob.id, stage.slack.bot_user)}
        await stage.chat.mark(place, stamp, None, Mark.DELIVERED)
        for mark in (Mark.FAILED, Mark.NOTE):
            await stage.chat.mark(place, stamp, mark, None)
        standing = stage.slack.message(message)
        assert standing is not None
        assert set(standing.reactions) == {"white_check_mark", "x", "lock"}
        await stage.slack.delete(message)
        await once_sure(lambda: stage.chat.mark(place, stamp, Mark.WAITING, None))


async def test_private_words_reach_one_person_in_the_thread() -> None:
    """An ephemeral message, verbatim."""
    async with scene() as stage:
        opened, place = await stage.open()
        await stage.chat.tell(
            place, Agent(id=AgentId(stage.anna.id), name="Anna", is_full_member=True), Answer(text=NASTY)
        )
        assert [(each.thread_ts, each.rendered) for each in stage.slack.ephemerals(stage.anna)] == [
            (opened.thread, NASTY)
        ]
        assert not stage.slack.ephemerals(stage.bob)


# ---------------------------------------------------------------- saying when things go wrong


@pytest.mark.parametrize("kind", ["lose", "drop", "garbage"])
async def test_a_post_without_an_answer_is_uncertain_and_can_be_found(kind: Any) -> None:
    """It is sent once, never repeated, and a look at the thread tells whether it came about."""
    async with scene() as stage:
        opened, place = await stage.open()
        before_it = opened.card
        stage.slack.http_server.fail(kind, path="chat.postMessage")
        before = stage.calls("chat.postMessage")
        with pytest.raises(Uncertain):
            await stage.chat.post(place, POST, 0, key("a"))
        assert stage.calls("chat.postMessage") == before + 1
        found = await stage.chat.find_post(place, key("a"), before_it)
        thread = stage.slack.thread(stage.channel, opened.thread)[1:]
        assert found == (thread[0].ts if kind == "lose" else None)
        assert len(thread) == (1 if kind == "lose" else 0)
        assert await stage.chat.find_post(place, key("b"), before_it) is None


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_key_that_another_app_wrote_counts_for_nothing(in_thread: bool) -> None:
    """Apps can read our keys and guess the next ones: whoever copies one does not keep a message from being posted."""
    async with scene() as stage:
        opened, place = await stage.open()
        where = place if in_thread else Place(chat=stage.chat.name, channel=stage.id)
        for author in ({"bot_id": "B0OTHER", "user": None}, {"bot_id": "B0OTHER", "user": stage.bob.id}):
            copied = replace(
                stage.top(opened),
                ts=stage.slack.workspace.state.new_ts(),
                thread_ts=opened.thread if in_thread else None,
                metadata={"event_type": "shopbell", "event_payload": {"key": key("next")}},
                **author,
            )
            stage.slack.workspace.state.put(copied)
        assert await stage.chat.find_post(where, key("next"), opened.card) is None
        assert await stage.chat.find_thread(stage.id, CARD, key("next"), opened.card) is None
        await stage.say(place, POST, "next")
        assert await stage.chat.find_post(place, key("next"), opened.card) is not None


async def test_a_card_without_an_answer_can_be_found() -> None:
    """By its key, in the channel, among other messages, on a later page, though what stood before it was deleted."""
    async with scene(limits=SlackLimits(page=2)) as stage:
        before_it = ChatMessageId((await stage.slack.say(stage.anna, stage.channel, "before")).ts)
        stage.slack.http_server.fail("lose", path="chat.postMessage")
        with pytest.raises(Uncertain):
            await stage.chat.open_thread(stage.id, CARD, key("first"))
        for number in range(4):
            await stage.slack.say(stage.anna, stage.channel, f"chatter {number}")
        await stage.slack.delete(stage.slack.messages(stage.channel)[0])
        found = await stage.chat.find_thread(stage.id, CARD, key("first"), before_it)
        assert found is not None
        assert found.thread == stage.slack.messages(stage.channel)[0].ts == found.card
        assert await stage.chat.find_thread(stage.id, CARD, key("second"), before_it) is None
        top = Place(chat=stage.chat.name, channel=stage.id)
        assert await stage.chat.find_post(top, key("first"), before_it) == found.card


async def test_statuses_and_dead_ends_have_their_errors() -> None:
    """5xx is uncertain for a write; nobody listening is certain; Slack's refusals say what to do."""
    async with scene(start=False) as stage:
        opened, place = await stage.open()
        stage.slack.http_server.fail("refuse", path="chat.update", status=503)
        with pytest.raises(Uncertain):
            await stage.chat.render_card(place, opened, CARD)
        stage.slack.http_server.fail("refuse", path="conversations.replies", status=503)
        with pytest.raises(Unavailable):
            await stage.chat.find_post(place, key("a"), opened.card)
        gone = replace(place, thread=ThreadId("1700000000.000001"))
        await is_gone(lambda: stage.chat.post(gone, POST, 0, key("b")))
        stage.slack.remove_from(stage.channel, stage.slack.bot_user)
        with pytest.raises(Forbidden, match="/invite"):
            await stage.chat.post(place, POST, 0, key("c"))
        stage.slack.archive(stage.channel)
        other = chat_for(stage.slack, [])
        await is_gone(lambda: other.post(place, POST, 0, key("d")), Forbidden, "Unarchive")
        await other.aclose()
        stage.slack.workspace.token_error = "token_revoked"
        with pytest.raises(AuthFailed, match="SLACK_BOT_TOKEN"):
            await stage.chat.tell(place, Agent(id=AgentId("U1"), name="x", is_full_member=True), Answer(text="x"))
        nobody = chat_for(stage.slack, [], api_url="http://127.0.0.1:9/api/")
        with pytest.raises(Unavailable):
            await nobody.post(place, POST, 0, key("e"))
        await nobody.aclose()


async def test_the_pace_of_a_channel_is_kept_without_asking_slack() -> None:
    """After a burst the next message is refused here, with the wait; another channel is not held up."""
    async with scene(start=False) as stage:
        _, place = await stage.open()
        await stage.chat.post(place, POST, 0, key("a"))
        await stage.chat.post(place, POST, 0, key("b"))
        asked = stage.calls("chat.postMessage")
        with pytest.raises(RateLimited) as limited:
            await stage.chat.post(place, POST, 0, key("c"))
        assert 0 < (limited.value.retry_after or 0) <= 1
        assert stage.calls("chat.postMessage") == asked
        other = stage.slack.add_channel("other")
        await stage.chat.open_thread(ChannelId(other.id), CARD, key("d"))


async def test_the_wait_is_known_before_a_message_is_begun() -> None:
    """For openings and messages of a channel alike, also after a 429; its cards and marks have other limits."""
    async with scene(start=False) as stage:
        _, place = await stage.open()
        await stage.chat.post(place, POST, 0, key("a"))
        assert stage.chat.limit(Kind.POST, place).seconds == 0
        await stage.chat.post(place, POST, 0, key("b"))
        top = replace(place, thread=None)
        for kind, where in ((Kind.POST, place), (Kind.LINE, top), (Kind.OPEN, top), (Kind.NEW_CARD, place)):
            assert 0 < stage.chat.limit(kind, where).seconds <= 1
        assert stage.chat.limit(Kind.OPEN, top).bucket == stage.chat.limit(Kind.POST, place).bucket
        for kind in (Kind.CARD, Kind.MARK, Kind.ERASE):
            assert stage.chat.limit(kind, place).seconds == 0
        other = ChannelId(stage.slack.add_channel("other").id)
        assert stage.chat.limit(Kind.OPEN, replace(top, channel=other)).seconds == 0
        opened = Opened(thread=ThreadId(str(place.thread)), card=ChatMessageId(str(place.thread)))
        stage.slack.http_server.fail("refuse", path="chat.update", status=429, headers={"Retry-After": "30"})
        with pytest.raises(RateLimited):
            await stage.chat.render_card(place, opened, CARD)
        assert 29 < stage.chat.limit(Kind.CARD, replace(place, channel=other)).seconds <= 30


async def test_slacks_own_wait_is_obeyed() -> None:
    """After a 429 nothing is asked again before its time."""
    async with scene(start=False) as stage:
        _, place = await stage.open()
        stage.slack.http_server.fail("refuse", path="chat.postMessage", status=429, headers={"Retry-After": "30"})
        with pytest.raises(RateLimited) as limited:
            await stage.chat.post(place, POST, 0, key("a"))
        assert limited.value.retry_after == 30
        asked = stage.calls("chat.postMessage")
        with pytest.raises(RateLimited) as again:
            await stage.chat.post(place, POST, 0, key("a"))
        assert 29 < (again.value.retry_after or 0) <= 30
        assert stage.calls("chat.postMessage") == asked


# ---------------------------------------------------------------- the doctor


async def test_the_doctor_finds_each_fault_and_names_one_step() -> None:
    """All well with everything in place; else the token, the scopes, the app token or the channel."""
    async with scene(start=False) as stage:
        assert all(finding.ok for finding in await stage.chat.check([stage.id]))
        outside = ChannelId(stage.slack.add_channel("outside", bot=False).id)
        old = ChannelId(stage.slack.add_channel("old").id)
        stage.slack.archive(old)
        findings = await stage.chat.check([stage.id, outside, old, ChannelId("C9")])
        faults = {finding.subject: finding.remedy for finding in findings if not finding.ok}
        assert set(faults) == {f"slack channel {outside}", f"slack channel {old}", "slack channel C9"}
        assert "/invite @shopbell" in faults[f"slack channel {outside}"]
        assert faults[f"slack channel {old}"] == "Unarchive #old."
        stage.slack.workspace.token_error = "token_revoked"
        faults = {finding.subject: finding.remedy for finding in await stage.chat.check([]) if not finding.ok}
        assert set(faults) == {"slack bot token"}
        assert "SLACK_BOT_TOKEN" in faults["slack bot token"]
    lacking = replace(
        SlackApp.from_manifest(manifest.app()),
        scopes=frozenset(manifest.SCOPES) - {"reactions:write"},
        app_scopes=frozenset(),
    )
    async with scene(start=False, app=lacking) as stage:
        faults = {finding.subject: finding.remedy for finding in await stage.chat.check([]) if not finding.ok}
        assert set(faults) == {"slack scopes", "slack app token"}
        assert "reactions:write" in faults["slack scopes"]
        nobody = chat_for(stage.slack, [], api_url="http://127.0.0.1:9/api/")
        assert [finding.ok for finding in await nobody.check([])] == [False, False]
        await nobody.aclose()


async def test_the_doctor_looks_at_the_agents() -> None:
    """A user group that was deleted and made again has another id: nobody is an agent by the old one."""
    async with scene(start=False) as stage:
        ann = stage.slack.add_user("ann")
        full, empty = stage.slack.add_group("full", [ann]).id, stage.slack.add_group("empty", []).id
        found = await stage.chat.check([stage.id], [], [ann.id, full, empty, "S404"])
        faults = [each for each in found if not each.ok]
        assert [each.subject for each in faults] == [f"slack user group {empty}", "slack user group S404"]
        assert all("SLACK_AGENTS" in each.remedy for each in faults)


async def test_the_doctor_looks_at_whom_reminders_ping() -> None:
    """A user group that is disabled, deleted or empty, and somebody whose account is deactivated, hear nothing."""
    async with scene(start=False) as stage:
        ann = stage.slack.add_user("ann")
        gone = stage.slack.add_user("gone")
        users = stage.slack.workspace.state.users
        users[gone.id] = replace(users[gone.id], deleted=True)
        full, empty = stage.slack.add_group("full", [ann]).id, stage.slack.add_group("empty", []).id

        async def faults(kind: MentionKind, *ids: str) -> dict[str, str]:
            found = await stage.chat.check([stage.id], [(stage.id, Mention(kind=kind, id=each)) for each in ids])
            return {each.subject: each.remedy for each in found if not each.ok}

        assert await faults(MentionKind.PERSON, ann.id) == {}
        assert await faults(MentionKind.GROUP, full) == {}
        assert await faults(MentionKind.PERSON, gone.id, "U404") == dict.fromkeys(
            (f"slack user {gone.id}", "slack user U404"), "Name somebody else in REMIND."
        )
        groups = await faults(MentionKind.GROUP, empty, "S404")
        assert set(groups) == {f"slack user group {empty}", "slack user group S404"}
        assert groups[f"slack user group {empty}"].startswith("Add people to the user group, or")
        assert groups["slack user group S404"].startswith("Enable the user group again (People, User groups), or")


async def test_building_needs_no_event_loop_and_calls_nobody() -> None:
    """The composition root makes it from settings before anything runs."""
    chat = build(
        bot_token="xoxb",
        app_token="xapp",
        api_url=None,
        agents=[frozenset()],
        clock=SystemClock(),
        channels=frozenset({ChannelId("C1")}),
    )
    assert (chat.name, chat.label, chat.parts(POST)) == ("slack", "Slack", 1)
    assert not chat.health().connected
    assert json.loads(manifest.text())["display_information"]["name"] == "shopbell"
    await chat.aclose()


async def test_a_deleted_card_is_reported() -> None:
    """When somebody deletes a card, with replies under it or without, the core is told that the thread is gone."""
    async with scene() as stage:
        for number, replies in enumerate((False, True)):
            opened, place = await stage.open(f"deleted {number}")
            if replies:
                await stage.say(place, POST, "under it")
            await stage.slack.delete(stage.top(opened))
            await until(partial(stage.intake.seen.__contains__, place))
