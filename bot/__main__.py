"""The entry point of `shopbell` and of `python -m bot`."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """The console script."""
    if sys.argv[1:2] == ["run"]:
        _exit_on_signal()
        _load_without_terminal()
    # Imported only now: it takes a second, and a signal to stop may come in that time.
    from bot import cli

    cli.main()


def _exit_on_signal() -> None:
    """Exit with code 0 at once. Until the bridge installs its own handlers, nothing needs an ordered stop."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _name, _frame: os._exit(0))


def _load_without_terminal() -> None:
    """
    Load httpx and structlog as if what they draw on terminals with was not installed.

    They would load it (rich, click, pygments) just because it is there. The running bridge draws nothing: this saves
    4 MB of memory and a tenth of a second. What is loaded later finds it again.
    """
    hidden = ("rich", "click")
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    import httpx
    import structlog

    del httpx, structlog
    for name in hidden:
        del sys.modules[name]


if __name__ == "__main__":
    main()
