"""Logging: who reads what, in which form."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from bot import logs


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Logging is the process's own; what a test sets is taken back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("bot", "adapters", "slack_bolt.AsyncApp")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def lines(stream: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_has_one_object_a_line() -> None:
    """Elsewhere than on a terminal every event is one line of JSON with its name, level, logger, time and fields."""
    stream = StringIO()
    logs.configure(None, "INFO", stream)
    structlog.get_logger("bot.inbound.vendors.sweep").info("swept", store="main", tickets=3)
    (event,) = lines(stream)
    assert (event["event"], event["level"], event["logger"]) == ("swept", "info", "bot.inbound.vendors.sweep")
    assert (event["store"], event["tickets"]) == ("main", 3)
    assert str(event["timestamp"]).endswith("Z")


def log_a_failure() -> None:
    """Log an exception whose traceback has a token among its local variables."""
    token = "xoxb-" + "secret"

    def fail() -> None:
        raise LookupError(f"{len(token)} characters")

    try:
        fail()
    except LookupError:
        structlog.get_logger("bot.outbound.outbox").exception("went wrong")


def test_an_exception_stays_on_its_line() -> None:
    """A traceback does not break a log that a program reads."""
    stream = StringIO()
    logs.configure("json", "INFO", stream)
    log_a_failure()
    (event,) = lines(stream)
    assert "LookupError: 11 characters" in str(event["exception"])


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_shows_no_variables(log_format: str) -> None:
    """Local variables hold tokens and customers' words; neither form of the log prints them."""
    stream = Terminal()
    logs.configure(log_format, "INFO", stream)
    log_a_failure()
    assert "LookupError" in stream.getvalue()
    assert "xoxb-secret" not in stream.getvalue()


def test_a_terminal_gets_lines_for_people() -> None:
    """Without a format a terminal is written to in words, and one that is asked for wins over what the stream is."""
    stream = Terminal()
    logs.configure(None, "INFO", stream)
    structlog.get_logger("bot.inbound.vendors.sweep").info("swept")
    assert "swept" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
    structlog.reset_defaults()
    stream = Terminal()
    logs.configure("json", "INFO", stream)
    structlog.get_logger("bot.inbound.vendors.sweep").info("swept")
    assert lines(stream)[0]["event"] == "swept"


def test_the_level_is_for_our_own_events() -> None:
    """DEBUG shows ours and not what every library whispers; ERROR silences our warnings."""
    stream = StringIO()
    logs.configure("json", "DEBUG", stream)
    structlog.get_logger("bot.inbound.vendors.sweep").debug("ours")
    structlog.get_logger("adapters.vendors.client.http").debug("ours too")
    logging.getLogger("httpx").info("GET a whole address")
    logging.getLogger("asyncio").debug("theirs")
    assert [event["event"] for event in lines(stream)] == ["ours", "ours too"]
    structlog.reset_defaults()
    stream = StringIO()
    logs.configure("json", "ERROR", stream)
    structlog.get_logger("bot.inbound.vendors.sweep").warning("not now")
    assert stream.getvalue() == ""


def test_other_libraries_warnings_are_logged() -> None:
    """A warning of a library comes in the same form, but for those that would put customers' words into it."""
    stream = StringIO()
    logs.configure("json", "INFO", stream)
    logging.getLogger("slack_bolt.AsyncApp").setLevel(logging.WARNING)  # as slack_bolt itself does
    logging.getLogger("discord.gateway").warning("rate limited")
    logging.getLogger("slack_bolt.AsyncApp").warning("Unhandled request: a customer's words")
    logging.getLogger("slack_bolt.AsyncApp").error("Failed to connect")
    assert [event["event"] for event in lines(stream)] == ["rate limited", "Failed to connect"]


def test_lines_for_people_control_no_terminal() -> None:
    """A vendor's id may hold escape sequences; neither a field nor an exception's text brings them to the terminal."""
    stream = StringIO()
    logs.configure("console", "INFO", stream)
    log = structlog.get_logger("bot.inbound.vendors.sweep")
    log.info("read", ticket="id\x1b[2J\x9b2J")
    log.error("defect", exc_info=LookupError("ticket \x1b]0;title\x07"))
    shown = stream.getvalue()
    assert "id\\x1b[2J\\x9b2J" in shown
    assert "ticket \\x1b]0;title\\x07" in shown
    assert not any(character in shown for character in "\x1b\x9b\x07")
