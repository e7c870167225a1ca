"""Making room in a server that takes no more active threads."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from adapters.chats.discord.full_servers import ThreadLimit
from bot.errors import Forbidden

OURS, THEIRS = "7", "8"


class FullServer:
    """A connection to a server with these active threads; some of them may not be archived."""

    def __init__(self, threads: list[dict[str, Any]], *, locked: frozenset[str] = frozenset()) -> None:
        self.threads = threads
        self.locked = locked
        self.archived: list[str] = []

    async def client(self) -> Any:
        return SimpleNamespace(user=SimpleNamespace(id=int(OURS)))

    async def call(self, method: str, path: str, **rest: Any) -> Any:
        if method == "GET":
            return {"threads": [t for t in self.threads if t["id"] not in self.archived]}
        assert (method, path, rest["json"]) == ("PATCH", "/channels/{channel_id}", {"archived": True})
        if rest["channel_id"] in self.locked:
            raise Forbidden("Not this one.")
        self.archived.append(rest["channel_id"])
        return {}


def thread(number: int, last: int | None = None, *, owner: str = OURS, flags: int = 0) -> dict[str, Any]:
    last_message = None if last is None else str(last)
    return {"id": str(number), "owner_id": owner, "last_message_id": last_message, "flags": flags}


async def made(server: FullServer, *, times: int = 1) -> list[bool]:
    """What so many lanes learn that have found the server full at the same time."""
    account = cast(Account, server)
    limit = ThreadLimit(account, Channels(account))

    return await asyncio.gather(*(limit.make_room(1, before=0) for _ in range(times)))


async def test_the_quietest_thread_goes_to_rest() -> None:
    """One in which nobody has ever written is as old as it is itself; of few threads one is enough."""
    server = FullServer([thread(1, last=50), thread(2), thread(3, last=10)])
    assert await made(server) == [True]
    assert server.archived == ["2"]


async def test_of_many_threads_a_tenth_goes_and_at_most_ten() -> None:
    """So people who write in an archived thread find room as well, and not all of the team's list is emptied."""
    for amount, gone in ((30, 3), (500, 10)):
        server = FullServer([thread(number) for number in range(100, 100 + amount)])
        assert await made(server) == [True]
        assert server.archived == [str(number) for number in range(100, 100 + gone)]


async def test_other_peoples_threads_and_pinned_ones_stay() -> None:
    """Where there is nothing but those, no room is made."""
    server = FullServer([thread(1, owner=THEIRS), thread(2, flags=2)])
    assert await made(server) == [False]
    assert server.archived == []


async def test_a_thread_that_may_not_be_archived_makes_no_room() -> None:
    """It is not the end of the attempt, but where it was the only one, nothing was gained."""
    threads = [thread(number) for number in range(100, 120)]
    assert await made(FullServer(threads, locked=frozenset({"100"}))) == [True]
    assert await made(FullServer(threads, locked=frozenset({"100", "101"}))) == [False]


async def test_lanes_that_find_the_server_full_together_make_room_once() -> None:
    """What one of them has made is enough for the others to try again."""
    server = FullServer([thread(number) for number in range(100, 140)])
    assert await made(server, times=8) == [True] * 8
    assert len(server.archived) == 4
