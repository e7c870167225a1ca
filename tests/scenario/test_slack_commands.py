"""What agents ask for in the practice Slack: typed, pressed and picked, through the real slack-bolt."""

from __future__ import annotations

from bot.model import (
    Answer,
    Ask,
    Button,
    DeliveryId,
    Door,
    Modal,
    Place,
    Post,
    TextField,
    TicketNumber,
    Verb,
    Voice,
)
from tests.support.stage.slack import Recording, key, scene
from tests.support.waiting import until

FORM = Modal(
    verb=Verb.SEND_FORM,
    title="Form",
    fields=(TextField(name="text", label="Text", has_lines=True),),
    submit="Send",
    ticket=TicketNumber(1042),
    words="abc refund",
)


async def test_slash_commands_are_answered_to_their_asker() -> None:
    """With a number at once; `/stats` with store and days, its table below; slow ones too, for Slack had its word."""
    async with scene() as stage:
        stage.intake.answer = Answer(text="Figures <!channel>", table="open  closed\n   1       2")
        stage.intake.patience = 3.2
        outcome = await stage.slack.command(stage.anna, stage.channel, "/stats", "main 30d")
        assert outcome.error == ""
        assert outcome.text == "Figures <!channel>\nopen  closed\n   1       2"
        stage.intake.patience = 0
        await stage.slack.command(stage.bob, stage.channel, "/close", "#1042")
        stats, close = stage.intake.asks
        assert (stats.verb, stats.store, stats.days, stats.agent.name) == (Verb.STATS, "main", 30, "Anna")
        assert (close.verb, close.ticket, close.agent.name) == (Verb.CLOSE, "#1042", "Bob")
        assert close.place == Place(chat=stage.chat.name, channel=stage.id)
        assert not stage.slack.messages(stage.channel)


async def test_every_command_has_another_name() -> None:
    """`/shopbell` takes them all, for a workspace where Slack or another app has a name; without one it is `/help`."""
    async with scene() as stage:
        for words in ("", "help", "nothing of ours", "/help", "HELP now"):
            await stage.slack.command(stage.anna, stage.channel, "/shopbell", words)
        assert {ask.verb for ask in stage.intake.asks} == {Verb.HELP}
        assert len(stage.intake.asks) == 5
        await stage.slack.command(stage.anna, stage.channel, "/shopbell", " Stats  main 30d")
        await stage.slack.command(stage.anna, stage.channel, "/shopbell", "/close\u00a0#1042 two  words")
        stats, close = stage.intake.asks[-2:]
        assert (stats.verb, stats.store, stats.days) == (Verb.STATS, "main", 30)
        assert (close.verb, close.ticket, close.words) == (Verb.CLOSE, "#1042", "two  words")
        outcome = await stage.slack.command(stage.anna, stage.channel, "/shopbell", "reopen")
        assert outcome.view is not None
        assert outcome.view.title == "Reopen a ticket"


async def test_a_missing_number_opens_a_picker() -> None:
    """One types, picks, and reads the answer where one picked."""
    async with scene() as stage:
        outcome = await stage.slack.command(stage.anna, stage.channel, "/reopen")
        assert outcome.view is not None
        assert outcome.view.title == "Reopen a ticket"
        offered = await stage.slack.suggest(stage.anna, outcome.view, "shopbell:ticket", "")
        assert [option.label for option in offered] == ["#1042 · reopen ·"]
        done = await stage.slack.submit(stage.anna, outcome.view, {"shopbell:ticket": "1042"})
        assert done.view is not None
        assert "Done." in done.view.rendered
        ask = stage.intake.asks[0]
        assert (ask.verb, ask.ticket, ask.place.channel) == (Verb.REOPEN, "1042", stage.id)


async def test_a_slow_answer_comes_into_the_picker_later() -> None:
    """Slack has its acknowledgement in time; who closed the picker meanwhile is told in the channel."""
    async with scene() as stage:
        stage.intake.patience = 2.0
        for closes in (False, True):
            outcome = await stage.slack.command(stage.anna, stage.channel, "/close")
            assert outcome.view is not None
            await stage.slack.suggest(stage.anna, outcome.view, "shopbell:ticket", "")
            shown = await stage.slack.submit(stage.anna, outcome.view, {"shopbell:ticket": "1042"})
            assert shown.view is not None
            assert "One moment" in shown.view.rendered
            if closes:
                await stage.slack.close(stage.anna, shown.view)
                await until(lambda: [each.rendered for each in stage.slack.ephemerals(stage.anna)] == ["Done."])
            else:
                await until(lambda: "Done." in stage.slack.views(stage.anna)[-1].rendered)


async def test_buttons_work_after_a_restart() -> None:
    """What was posted by one process is pressed in another: all that is needed stands in the button."""
    async with scene() as stage:
        opened, place = await stage.open()
        retry = Button(verb=Verb.RETRY, label="Retry", delivery=DeliveryId(7))
        post = Post(voice=Voice.BELL, name="", text="It failed.", buttons=(retry,))
        await stage.chat.post(place, post, 0, key("a"))
        await stage.renew()
        await stage.start()
        thread = stage.slack.thread(stage.channel, opened.thread)
        first = await stage.slack.press(stage.anna, thread[0], "Close", answers=1)
        second = await stage.slack.press(stage.bob, thread[1], "Retry", answers=1)
        assert (first.text, second.text) == ("Done.", "Done.")
        assert {each.thread_ts for each in (*first.ephemerals, *second.ephemerals)} == {opened.thread}
        close, again = stage.intake.asks
        assert (close.verb, close.ticket, close.delivery, close.place) == (Verb.CLOSE, "1042", None, place)
        assert (again.verb, again.ticket, again.delivery, again.place) == (Verb.RETRY, None, 7, place)


async def test_a_card_without_replies_answers_where_it_is_seen() -> None:
    """Slack shows no private words in a thread that nobody has opened."""
    async with scene() as stage:
        opened, place = await stage.open()
        outcome = await stage.slack.press(stage.anna, stage.top(opened), "Close", answers=1)
        assert [each.thread_ts for each in outcome.ephemerals] == [None]
        assert stage.intake.asks[0].place == place


async def test_message_shortcuts_close_reopen_and_send() -> None:
    """On any message of the thread; only a person's message can be sent."""
    async with scene() as stage:
        opened, place = await stage.open()
        message = await stage.slack.say(stage.bob, stage.channel, "our answer & more", thread_ts=opened.thread)
        await stage.slack.shortcut(stage.anna, message, "close_ticket", answers=1)
        await stage.slack.shortcut(stage.anna, stage.top(opened), "reopen_ticket", answers=1)
        await stage.slack.shortcut(stage.anna, message, "send_to_customer", answers=1)
        refused = await stage.slack.shortcut(stage.anna, stage.top(opened), "send_to_customer", answers=1)
        assert "Only what a person of the team wrote" in refused.text
        close, reopen, send = stage.intake.asks
        assert (close.verb, reopen.verb, send.verb) == (Verb.CLOSE, Verb.REOPEN, Verb.SEND)
        assert close.place == reopen.place == send.place == place
        assert send.agent.name == "Anna"
        assert send.message is not None
        assert (send.message.text, send.message.agent.name) == ("our answer & more", "Bob")
        assert send.message.message == message.ts


async def test_a_fault_of_ours_is_reported_to_whoever_waits() -> None:
    """Never only a log line."""

    class Broken(Recording):
        async def ask(self, ask: Ask) -> Answer:
            raise ZeroDivisionError

    async with scene(start=False) as stage:
        stage.intake = Broken()
        await stage.start()
        outcome = await stage.slack.command(stage.anna, stage.channel, "/close", "1042")
        assert "went wrong inside shopbell" in outcome.text


async def test_a_form_that_is_answered_slowly() -> None:
    """Slack has its acknowledgement in time; what is wrong is shown later, with what was typed."""
    async with scene() as stage:
        stage.intake.modal = FORM
        opened = await stage.slack.command(stage.anna, stage.channel, "/snippet", "1042 refund")
        assert opened.view is not None
        stage.intake.answer = Answer(text="No.", fault="text")
        at_once = await stage.slack.submit(stage.anna, opened.view, {"text": "typed"})
        assert at_once.errors == {"text": "No."}
        stage.intake.patience = 2.0
        shown = await stage.slack.submit(stage.anna, opened.view, {"text": "typed <!channel>"})
        assert shown.view is not None
        assert "One moment" in shown.view.rendered
        await until(lambda: "No.\ntyped <!channel>" in stage.slack.views(stage.anna)[-1].rendered)
        asked, first, second = stage.intake.asks
        assert (asked.verb, asked.ticket, asked.words) == (Verb.SNIPPET, "1042", "refund")
        assert (first.verb, first.ticket, first.words) == (Verb.SEND_FORM, "1042", "abc refund")
        assert (second.entered, second.door) == ({"text": "typed <!channel>"}, Door.FORM)


async def test_a_form_that_is_made_slowly() -> None:
    """The picker waits, then the form stands in its place."""
    async with scene() as stage:
        stage.intake.modal = FORM
        picker = await stage.slack.command(stage.anna, stage.channel, "/snippet", "1042")
        assert picker.view is not None
        (option,) = await stage.slack.suggest(stage.anna, picker.view, "shopbell:snippet", "")
        stage.intake.patience = 2.0
        waiting = await stage.slack.submit(stage.anna, picker.view, {"shopbell:snippet": option.value})
        assert waiting.view is not None
        assert "One moment" in waiting.view.rendered
        await until(lambda: stage.slack.views(stage.anna)[-1].title == "Form")


async def test_a_form_that_cannot_be_made() -> None:
    """An answer stands there instead, also after a defect."""

    class Broken(Recording):
        async def form(self, ask: Ask) -> Modal | Answer:
            if ask.words == "refund":
                raise ZeroDivisionError
            return Answer(text="There is none.")

    async with scene(start=False) as stage:
        stage.intake = Broken()
        await stage.start()
        none = await stage.slack.command(stage.anna, stage.channel, "/snippet", "1042 other")
        assert none.text == "There is none."
        broken = await stage.slack.command(stage.anna, stage.channel, "/snippet", "1042 refund")
        assert "went wrong inside shopbell" in broken.text
