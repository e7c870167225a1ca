"""What Slack's blocks show, and whether Slack would take them."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import Block

from bot.sandbox.slack.blocks import prepare_blocks

NASTY = (
    "<!channel> <@U1> @everyone <https://evil.example|your bank> *bold* _it_ ~no~ `code` ```fence``` > quote\n"
    ":smile: &amp; & <b> [x](https://evil.example) \u200b 😀"
)


def accepted(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, once both the SDK's own models and the practice Slack have let them pass."""
    for block in shown:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.to_dict()
    prepare_blocks(shown, lambda letter: f"{letter}{id(object())}")
    assert len(shown) <= 50
    return shown


def texts(shown: Any) -> list[str]:
    """Every text and address that the blocks show, in their order."""
    if isinstance(shown, list):
        return [text for each in shown for text in texts(each)]
    if not isinstance(shown, dict):
        return []
    if shown.get("type") == "link":
        return [shown.get("text") or shown["url"]]
    own = [shown["text"]] if isinstance(shown.get("text"), str) else texts(shown.get("text"))
    return own + [text for name, each in shown.items() if name != "text" for text in texts(each)]


def kinds(shown: Any) -> set[str]:
    """Every `type` that stands anywhere in the blocks."""
    if isinstance(shown, list):
        return {kind for each in shown for kind in kinds(each)}
    if isinstance(shown, dict):
        return ({str(shown["type"])} if "type" in shown else set()) | {
            kind for each in shown.values() for kind in kinds(each)
        }
    return set()
