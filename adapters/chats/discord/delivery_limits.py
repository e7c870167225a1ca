"""
Which of Discord's limits hold for which kind of delivery.

A channel and a thread have buckets of their own for each route. In a text channel a ticket takes two requests: its card
is a message of the channel, and its thread hangs on that. So both must be allowed before the card is posted.
"""

from __future__ import annotations

from adapters.chats.discord.rate_limits import RateLimits
from bot.model import Kind, Place
from bot.ports import Limit

_MESSAGE = "POST /channels/{channel_id}/messages"
_THREAD = "POST /channels/{channel_id}/messages/{message_id}/threads"
_FORUM_POST = "POST /channels/{channel_id}/threads"
_EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
_CHANGE_THREAD = "PATCH /channels/{channel_id}"
_REACTION = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"


def limit_of(limits: RateLimits, kind: Kind, place: Place) -> Limit:
    """See `bot.ports.Chat.limit`."""
    channel, thread = str(place.channel), str(place.thread or place.channel)
    if kind is Kind.OPEN or (place.thread is None and kind is not Kind.CARD):
        # A line for a channel is a message there, or a post of its own in a forum.
        bucket, requests = f"open {channel}", [(_MESSAGE, channel), (_THREAD, channel), (_FORUM_POST, channel)]
    elif kind is Kind.CARD:
        bucket, requests = f"card {channel}", [(_EDIT, channel), (_EDIT, thread), (_CHANGE_THREAD, thread)]
    elif kind is Kind.ERASE:
        bucket, requests = f"erase {thread}", [(_EDIT, thread)]
    elif kind is Kind.MARK:
        bucket, requests = f"mark {thread}", [(f"PUT {_REACTION}", thread), (f"DELETE {_REACTION}", thread)]
    else:
        bucket, requests = f"post {thread}", [(_MESSAGE, thread)]
    wait = max(limits.wait(route, where) for route, where in requests)
    scarce_for = max(limits.scarce_for(route, where) for route, where in requests) if kind is Kind.OPEN else 0.0
    return Limit(bucket, wait, scarce_for)
