"""Logging: named events with fields, as text for people on a terminal and as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from io import StringIO
from typing import TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

from bot.text import escaped

# The Slack libraries put whole payloads, with customers' messages, into warnings about requests without a handler.
# discord.client warns at every start that voice is not supported.
_ERRORS_ONLY = ("slack_bolt", "slack_sdk", "discord.client")


def configure(log_format: str | None, level: str, stream: TextIO = sys.stderr) -> None:
    """
    Send our own events, and other libraries' warnings, to `stream`.

    Args:
        log_format: `console` or `json`; None: `console` if `stream` is a terminal, else `json`.
        level: The lowest level of our own events that is logged.
    """
    as_console = log_format == "console" or (log_format is None and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        # The default traceback shows local variables, also tokens and customers' messages.
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=_traceback)
        if as_console
        else structlog.processors.JSONRenderer()
    )
    final: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    # JSON escapes what would control a terminal; lines for people must not hold it either.
    final.append(_escape if as_console else structlog.processors.format_exc_info)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*final, renderer]))
    handler.addFilter(_is_allowed)
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


def _is_allowed(record: logging.LogRecord) -> bool:
    # A filter and not the loggers' levels, because slack_bolt sets the levels of its loggers itself.
    return record.levelno >= logging.ERROR or not record.name.startswith(_ERRORS_ONLY)


def _escape(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: escaped(value, "\n\t") if isinstance(value, str) else value for name, value in event.items()}


def _traceback(stream: TextIO, exception: ExcInfo) -> None:
    shown = StringIO()
    structlog.dev.plain_traceback(shown, exception)
    stream.write(escaped(shown.getvalue(), "\n\t"))
