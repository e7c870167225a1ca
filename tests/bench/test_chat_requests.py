"""How many requests the chats get, to the last one: whoever saves one, or needs one more, sees it here."""

from __future__ import annotations

import pytest

from tests.bench.chat_requests import STORES, chat_requests
from tests.support.stage.stage import set_stage

_CARD = {"discord GET /channels/…": 1, "discord PATCH /channels/…/messages/…": 1}
_TITLE_AND_TAGS = {"discord PATCH /channels/…": 1}
_LOOKS = 3
"""How many states of a card that follow each other are shown by one edit depends on how busy the machine is."""
_REQUESTS = {
    "a customer's message": {
        "discord POST /channels/…/messages": 1,
        "slack chat.postMessage": 1,
        "slack chat.update": 1,
        **_CARD,
        **_TITLE_AND_TAGS,
    },
    "a reply in Discord": {
        "discord PUT /channels/…/messages/…/reactions/⏳/@me": 1,
        "slack chat.postMessage": 1,
        "discord PUT /channels/…/messages/…/reactions/✅/@me": 1,
        "discord DELETE /channels/…/messages/…/reactions/⏳/@me": 1,
        **_CARD,
        **_TITLE_AND_TAGS,
        "slack chat.update": 2,
    },
    "a reply in Slack": {
        "slack reactions.add": 2,
        "slack reactions.remove": 1,
        "discord POST /channels/…/messages": 1,
        "discord GET /channels/…/messages/…": 1,
        "slack chat.update": 1,
        **_CARD,
    },
    "a close": {
        "discord POST /interactions/…/…/callback": 1,
        "discord PATCH /webhooks/…/…/messages/@original": 1,
        "discord POST /channels/…/messages": 1,
        "slack chat.postMessage": 1,
        **_CARD,
        "slack chat.update": 1,
        **_TITLE_AND_TAGS,
    },
}


@pytest.mark.takes(7)
async def test_each_act_takes_so_many_requests() -> None:
    """A customer's message, a reply from each chat, a close: marks, cards, titles and tags included, in both chats."""
    unlike = dict(_REQUESTS)
    found: dict[str, dict[str, int]] = {}
    for _ in range(_LOOKS):
        async with set_stage(STORES, UNDO_SECONDS="300") as stage:
            found = {act: dict(requests) for act, requests in (await chat_requests(stage)).items()}
        unlike = {act: requests for act, requests in unlike.items() if found[act] != requests}
        if not unlike:
            break
    assert {act: found[act] for act in unlike} == unlike
