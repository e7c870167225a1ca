"""Refuse a commit whose subject is too long; pre-commit calls it with the message's file."""

from __future__ import annotations

import sys
from pathlib import Path

LONGEST = 72


def fault(message: str) -> str:
    """What is wrong with a commit's message, and what to do; empty: nothing. Pure."""
    subject = message.partition("\n")[0].rstrip()
    if len(subject) <= LONGEST:
        return ""
    return f"The subject has {len(subject)} characters; {LONGEST} at most. Move the details into the message's body."


if __name__ == "__main__":
    sys.exit(fault(Path(sys.argv[1]).read_text("utf-8")) or None)
