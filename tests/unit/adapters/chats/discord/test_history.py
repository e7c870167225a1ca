"""Searching a forum for a post of ours: one that is not found is made once more, so it must be certain."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from adapters.chats.discord.agents import Agents
from adapters.chats.discord.card import key_line
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from adapters.chats.discord.history import History
from bot.errors import Gone, RemoteError, Unavailable
from bot.model import DeliveryKey

US, KEY = "7", DeliveryKey("a1b2c3-1")
FORUM = cast(discord.ForumChannel, SimpleNamespace(id=1, guild=SimpleNamespace(id=5)))


class Forum:
    """A connection to a forum with these posts, each with what asking for its first message brings."""

    def __init__(self, posts: dict[str, dict[str, Any] | RemoteError]) -> None:
        self.posts = posts

    async def client(self) -> Any:
        return SimpleNamespace(user=SimpleNamespace(id=int(US)))

    async def call(self, _method: str, path: str, **rest: Any) -> Any:
        if path.endswith("/threads/active"):
            return {"threads": [{"id": post, "parent_id": "1", "owner_id": US} for post in self.posts]}
        if path.endswith("/archived/public"):
            return {"threads": [], "has_more": False}
        found = self.posts[rest["message_id"]]
        if isinstance(found, RemoteError):
            raise found
        return found


def first_message(key: str) -> dict[str, Any]:
    return {"id": "1", "author": {"id": US}, "content": f"Hello\n{key_line(DeliveryKey(key))}"}


async def search(**posts: dict[str, Any] | RemoteError) -> str | None:
    """`p12` is the post 12."""
    account = cast(Account, Forum({name[1:]: found for name, found in posts.items()}))
    history = History(account, Channels(account), cast(Agents, None))
    return await history.find_forum_post(FORUM, KEY, None)


async def test_a_post_whose_first_message_cannot_be_read_may_be_ours() -> None:
    """Then the search is repeated, and nothing is posted twice."""
    with pytest.raises(Unavailable, match="not now"):
        await search(p12=Unavailable("not now"), p11=first_message("another"))


async def test_what_is_certain_ends_the_search() -> None:
    """Ours is found behind one that cannot be read; a post without its first message is not ours."""
    assert await search(p12=Unavailable("not now"), p11=first_message(KEY)) == "11"
    assert await search(p12=Gone("deleted"), p11=first_message("another")) is None
