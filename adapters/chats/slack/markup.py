"""
Neutral text in Slack's mrkdwn; pure. Formatted texts are in `writing_blocks`, the ways back in `reading_*`.

Slack escapes only `&`, `<` and `>`; everything in angle brackets is a link, a mention or a date.
Source: docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def escape(text: str) -> str:
    """The text, written so that it makes no mention, link or entity in a mrkdwn field."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The text with the characters that Slack's entities stand for. `&amp;` is last, so nothing is read twice."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def width(text: str) -> int:
    """The text's length as Slack counts it: in UTF-16 units, as its clients do."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
