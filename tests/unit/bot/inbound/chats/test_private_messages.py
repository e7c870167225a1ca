"""What one person alone is told of a message that was read late."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.db.connection import Database
from bot.errors import Unavailable
from bot.inbound.chats.intake import ChatIntake
from bot.inbound.chats.private_messages import PrivateMessages
from bot.model import Agent, AgentId, Answer, Ask, ChannelId, ChatMessageId, ChatName, DeliveryId, Place, Said, Verb
from bot.tickets.command_words import TypedCommand
from bot.tickets.from_agents.typed_commands import AnswerDue
from bot.tickets.from_agents.written_messages import Routed
from tests.support.clocks import NOON, ManualClock
from tests.support.memory.chat import MemoryChat

DISCORD = ChatName("discord")
PLACE = Place(chat=DISCORD, channel=ChannelId("1"))
ANN = Agent(id=AgentId("ann"), name="Ann")


class Commands:
    """Answers whatever is asked."""

    async def ask(self, ask: Ask) -> Answer:
        return Answer(text=f"{ask.verb} was asked.")

    async def outcome(self, delivery: DeliveryId) -> Answer:
        return Answer(text=f"Delivery {delivery} is done.")


def due(result: Answer | DeliveryId | TypedCommand) -> AnswerDue:
    message: Any = SimpleNamespace(agent="ann", author_name="Ann", text="!stats")
    return AnswerDue(message, result)


async def told(tmp_path: Path, result: Answer | DeliveryId | TypedCommand, chat: MemoryChat, *, live: bool) -> str:
    """What Ann is told; empty: nothing."""
    commands: Any = Commands()
    database = await Database.open(tmp_path / "db")
    try:
        private = PrivateMessages({DISCORD: chat}, commands, database, ManualClock())
        if live:
            private.answer(PLACE, ANN, due(result))
        else:
            private.answer_later(PLACE, [due(result)])
        await private.aclose(60.0)
    finally:
        await database.aclose()
    assert [agent for agent, _ in chat.told] == [ANN.id] * len(chat.told)
    return " ".join(text for _, text in chat.told)


@pytest.mark.parametrize(
    ("result", "now", "later"),
    [
        (Answer(text="It is closed."), "It is closed.", "It is closed."),
        (DeliveryId(7), "Delivery 7 is done.", "Delivery 7 is done."),
        (TypedCommand(Verb.STATS), "stats was asked.", "“!stats” was written while shopbell was offline"),
    ],
    ids=["answer", "delivery", "command"],
)
async def test_the_author_is_told_once(
    tmp_path: Path, result: Answer | DeliveryId | TypedCommand, now: str, later: str
) -> None:
    """What was to be done is answered now and later; what must be asked for first is not done behind their back."""
    assert await told(tmp_path, result, MemoryChat(name=DISCORD), live=True) == now
    assert (await told(tmp_path, result, MemoryChat(name=DISCORD), live=False)).startswith(later)


async def test_a_chat_that_does_not_take_it_breaks_nothing(tmp_path: Path) -> None:
    """The thread shows what it is about."""
    chat = MemoryChat(name=DISCORD)
    chat.fail["tell"] = [Unavailable("It answers 500.")]
    assert await told(tmp_path, Answer(text="It is closed."), chat, live=True) == ""


def test_who_wrote_an_earlier_command_is_answered_later() -> None:
    """Of two commands that are read together only the latest one has its author waiting for an answer."""
    answered: list[tuple[str, object]] = []
    private = SimpleNamespace(
        answer=lambda _place, _agent, due: answered.append(("now", due)),
        answer_later=lambda _place, due: answered.append(("later", *due)),
    )
    intake: Any = SimpleNamespace(_private=private, _tell_refused=lambda *_: None)
    messages: list[Any] = [SimpleNamespace(chat_message=ChatMessageId(name)) for name in ("m1", "m2")]
    earlier, latest = (AnswerDue(message, Answer(text="Done.")) for message in messages)
    said = Said(place=PLACE, message=ChatMessageId("m2"), agent=ANN, text="!take", said_at=NOON)
    ChatIntake._answer_author(intake, said, Routed(answers_due=(earlier, latest)))
    assert answered == [("later", earlier), ("now", latest)]
