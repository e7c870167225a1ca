"""Where a sentence ends."""

from __future__ import annotations

from typing import Final

_ENDS: Final = ".!?…。．！？؟।"
_AROUND: Final = "”’\"'»)］]）」』"


def ended(text: str) -> str:
    """
    The words as the end of a sentence: with a full stop, unless they end in a mark that ends one.

    Such a mark may stand before what closes a quotation or a bracket: `It says: “Really?”` is whole.
    """
    bare = text.rstrip(_AROUND)
    return text if bare.endswith(tuple(_ENDS)) else f"{text}."
