"""The program's door: `shopbell`, and `python -m bot`, which is the same."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """The console script."""
    if sys.argv[1:2] == ["run"]:
        _end_well_when_told()
    # Only now, for loading it takes a second in which one may be told to stop.
    from bot import cli

    cli.main()


def _end_well_when_told() -> None:
    """Until the bridge itself listens for signals, nothing is begun that would have to be ended in order."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _name, _frame: os._exit(0))


if __name__ == "__main__":
    main()
