"""Neutral text in Slack's mrkdwn."""

from __future__ import annotations

from adapters.chats.slack.markup import escape, unescape, width


def test_escaped_text_is_the_same_text() -> None:
    """No bracket is left, and an entity that somebody typed stays one."""
    text = "<!channel> & &lt;@U1&gt; <https://evil.example|your bank>"
    assert "<" not in escape(text)
    assert unescape(escape(text)) == text


def test_width_counts_as_slack_does() -> None:
    """A character beyond the basic plane counts twice."""
    assert width("aé😀") == 4
