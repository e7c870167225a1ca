"""The emoji that the practice Slack knows by name; Slack itself keeps typed emoji as `:name:` in a message's text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_NAMES = """
white_check_mark ✅ heavy_check_mark ✔️ x ❌ hourglass_flowing_sand ⏳ hourglass ⌛ lock 🔒 unlock 🔓 key 🔑
warning ⚠️ no_entry ⛔ no_entry_sign 🚫 bell 🔔 no_bell 🔕 speech_balloon 💬 memo 📝 email ✉️ envelope ✉️
incoming_envelope 📨 inbox_tray 📥 outbox_tray 📤 eyes 👀 +1 👍 thumbsup 👍 -1 👎 wave 👋 clap 👏 pray 🙏
heart ❤️ tada 🎉 fire 🔥 rocket 🚀 star ⭐ sparkles ✨ question ❓ exclamation ❗ information_source ℹ️
arrows_counterclockwise 🔄 repeat 🔁 leftwards_arrow_with_hook ↩️ arrow_right ➡️ arrow_left ⬅️ clock1 🕐
grinning 😀 smile 😄 slightly_smiling_face 🙂 blush 😊 joy 😂 wink 😉 cry 😢 sob 😭 thinking_face 🤔 sweat_smile 😅
red_circle 🔴 large_green_circle 🟢 large_blue_circle 🔵 large_yellow_circle 🟡 white_circle ⚪ black_circle ⚫
ticket 🎫 label 🏷️ bust_in_silhouette 👤 busts_in_silhouette 👥 package 📦 moneybag 💰 credit_card 💳 shopping_trolley 🛒
robot_face 🤖 paperclip 📎 link 🔗 pushpin 📌 bar_chart 📊 calendar 📅 wastebasket 🗑️ pencil2 ✏️ zzz 💤 100 💯
"""

_PARTS = _NAMES.split()
SIGNS: Mapping[str, str] = MappingProxyType(dict(zip(_PARTS[::2], _PARTS[1::2], strict=True)))
"""Signs by name."""
_VARIATION = "\ufe0f"
NAMES: Mapping[str, str] = MappingProxyType(
    {sign.rstrip(_VARIATION): name for name, sign in reversed(tuple(SIGNS.items()))}
)
"""Names by sign, without its variation selector."""

SIGN = re.compile(
    "(?:" + "|".join(re.escape(sign) for sign in sorted(NAMES, key=len, reverse=True)) + f"){_VARIATION}?"
)
CODE = re.compile(r":([a-z0-9_+\-]+):")


def to_codes(text: str) -> str:
    """The text as Slack keeps it: `🔒 done` becomes `:lock: done`."""
    return SIGN.sub(lambda found: f":{NAMES[found[0].rstrip(_VARIATION)]}:", text)


def to_signs(text: str) -> str:
    """The text as people see it; an unknown name stays as it is."""
    return CODE.sub(lambda found: SIGNS.get(found[1], found[0]), text)
