"""Logging: named events with fields, for people on a terminal and as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

# These libraries put whole payloads, customers' words among them, into warnings about requests nobody listens to.
# discord.client warns at every start that voice is not supported.
_TALKATIVE = ("slack_bolt", "slack_sdk", "discord.client")


def configure(log_format: str | None, level: str, stream: TextIO = sys.stderr) -> None:
    """
    Send our own events and other libraries' warnings to `stream`.

    Args:
        log_format: `console`, `json`, or None: console where `stream` is a terminal.
        level: The least level of our own events.
    """
    as_console = log_format == "console" or (log_format is None and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        # The default traceback shows local variables, tokens and customers' words among them.
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if as_console
        else structlog.processors.JSONRenderer()
    )
    last: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if not as_console:
        last.append(structlog.processors.format_exc_info)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*last, renderer]))
    handler.addFilter(_discreet)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("bot").setLevel(level)
    logging.getLogger("adapters").setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _discreet(record: logging.LogRecord) -> bool:
    # Judged here and not by a logger's level, for slack_bolt gives its loggers levels of its own.
    return record.levelno >= logging.ERROR or not record.name.startswith(_TALKATIVE)
