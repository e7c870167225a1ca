"""The commands as a shell or a script sees them: outputs and exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, urlparse

import pytest

from bot.cli.bridge import _first_error
from bot.clock import SystemClock
from bot.db.connection import Database, Transaction
from bot.db.lock import held
from bot.errors import DatabaseError
from bot.model import TicketNumber
from bot.ops import doctor
from bot.sandbox.bot_process import BotProcess
from bot.tickets import enqueue
from bot.tickets.from_vendors.sync import record
from tests.support.database import NOON, SECRET_WORDS, STORE, delivery_states, small_database, snapshot, write
from tests.support.shell import GOOD_SETTINGS, environment, shopbell

# 1 << 10 view, 11 send, 38 send in threads, 35 create public threads, 16 read history, 14 embed,
# 34 manage threads, 6 add reactions: discord.com/developers/docs/topics/permissions
PERMISSIONS = sum(1 << bit for bit in (10, 11, 38, 35, 16, 14, 34, 6))


def shows_no_secret(*texts: str) -> bool:
    """Whether no value of `GOOD_SETTINGS` that is secret, and no customer's word, stands in these texts."""
    secrets = ("discord-secret", "store-secret", SECRET_WORDS, "1234-5678")
    return not any(secret in text for secret in secrets for text in texts)


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("command", ["run", "check"])
def test_faulty_settings_are_exit_2_with_a_line_each(tmp_path: Path, command: str) -> None:
    """Every fault is one line on the error output that names its variable; no secret and no traceback shows."""
    settings = {
        "DISCORD_TOKEN": "discord-secret",
        "SLACK_BOT_TOKEN": "discord-secret",
        "HTTP_PORT": "eighty",
        "STORES__MAIN__VENDOR": "sellgate",
        "STORES__MAIN__CHANNELS": "discord-1",
        "STORES__OTHER__VENDOR": "no-such-vendor",
        "STORES__OTHER__CHANNELS": "discord:1",
    }
    done = shopbell(tmp_path, command, settings=settings)
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert done.stdout == ""
    assert [line.split(":")[0] for line in sorted(lines)] == [
        "HTTP_PORT",
        "SLACK_BOT_TOKEN",
        "STORES__MAIN__API_KEY",
        "STORES__MAIN__CHANNELS",
        "STORES__OTHER__VENDOR",
    ]
    assert shows_no_secret(done.stderr)


def test_a_vendors_own_settings_are_checked_before_anything_runs(tmp_path: Path) -> None:
    """A key that is missing, a setting that the vendor has not and a vendor that is not there are exit 2 as well."""
    settings = {
        **GOOD_SETTINGS,
        "STORES__MAIN__API_KEY": "",
        "STORES__MAIN__LANGAUGE": "discord-secret",
        "STORES__OTHER__VENDOR": "no-such-vendor",
        "STORES__OTHER__CHANNELS": "discord:1",
    }
    done = shopbell(tmp_path, "run", settings=settings)
    assert done.returncode == 2
    assert [line.split(":")[0] for line in sorted(done.stderr.splitlines())] == [
        "STORES__MAIN__API_KEY",
        "STORES__MAIN__LANGAUGE",
        "STORES__OTHER__VENDOR",
    ]
    assert shows_no_secret(done.stderr)


def test_an_unknown_command_is_exit_2(tmp_path: Path) -> None:
    """Bad usage is told from a command's own finding by its code."""
    done = shopbell(tmp_path, "dance")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_help_names_every_command(tmp_path: Path) -> None:
    """`shopbell --help` lists what there is, and asks for no settings."""
    done = shopbell(tmp_path, "--help")
    assert done.returncode == 0
    for command in ("run", "check", "sandbox", "stats", "tickets", "outbox", "manifest", "invite", "backup"):
        assert command in done.stdout


# ---------------------------------------------------------------- the database in other hands


def test_run_is_exit_3_while_another_process_holds_the_database(tmp_path: Path) -> None:
    """Two bridges on one file would say everything twice; the second ends at once and says why."""
    with held(tmp_path / "shopbell.db"):
        done = shopbell(tmp_path, "run", settings=GOOD_SETTINGS)
    assert done.returncode == 3
    assert "Another shopbell is running on shopbell.db" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("forked_bots")
@pytest.mark.parametrize("command", ["run", "sandbox"])
async def test_a_port_of_another_program_is_one_line_and_exit_2(tmp_path: Path, command: str) -> None:
    """Who starts it on a port that is taken reads what to change, and no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = BotProcess(tmp_path, {**GOOD_SETTINGS, "HTTP_PORT": port})
        code, said = await process.command(command, *(["--port", port] if command == "sandbox" else []))
    assert code == 2
    (line,) = said.splitlines()
    assert line.startswith("--port:" if command == "sandbox" else "HTTP_PORT:")
    assert port in line


def test_of_many_errors_of_the_database_one_is_named() -> None:
    """When it fails, all tasks that use it raise the same; the operator reads it once."""
    first = DatabaseError("The disk is full.")
    again = DatabaseError("again")
    group = ExceptionGroup("tasks", [ExceptionGroup("inner", [first, again]), again])
    assert _first_error(group) is first  # type: ignore[arg-type]


def test_run_explains_a_database_that_it_cannot_use(tmp_path: Path) -> None:
    """A folder that is not there is one sentence and exit 1, not a traceback."""
    done = shopbell(tmp_path, "run", settings={**GOOD_SETTINGS, "DATABASE_PATH": "missing/shopbell.db"})
    assert done.returncode == 1
    assert "DATABASE_PATH" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["stats"],
        ["tickets"],
        ["outbox"],
        ["outbox", "retry", "1"],
        ["outbox", "drop", "1"],
        ["backup", "copy.db"],
    ],
)
def test_commands_that_look_into_the_database_make_none(tmp_path: Path, arguments: list[str]) -> None:
    """Before the bridge first ran there is nothing to look into: one sentence, exit 1, and no file made."""
    done = shopbell(tmp_path, *arguments)
    assert done.returncode == 1
    assert done.stderr == "There is no database at shopbell.db yet. It is made when `shopbell run` first starts.\n"
    assert list(tmp_path.iterdir()) == []


async def test_commands_work_while_a_bridge_holds_the_database(tmp_path: Path) -> None:
    """Looking, retrying and copying need no stop of the bridge."""
    made = await small_database(tmp_path / "shopbell.db")
    with held(tmp_path / "shopbell.db"):
        for arguments in (["tickets"], ["stats"], ["outbox", "retry", str(made.failed)], ["backup", "copy.db"]):
            assert shopbell(tmp_path, *arguments).returncode == 0


# ---------------------------------------------------------------- looking


async def test_tickets_lists_open_ones_for_people_and_for_programs(tmp_path: Path) -> None:
    """By itself it lists open tickets with their threads; `--json` holds the same, by name."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "tickets")
    assert done.stdout == "#1001  main  tkt_open  open  About tkt_open  discord:1/900\n"
    done = shopbell(tmp_path, "tickets", "--json")
    assert json.loads(done.stdout) == [
        {
            "number": 1001,
            "store": "main",
            "id": "tkt_open",
            "subject": "About tkt_open",
            "status": "open",
            "threads": [{"chat": "discord", "channel": "1", "thread": "900"}],
        }
    ]


async def test_tickets_masks_addresses_where_the_settings_say_so(tmp_path: Path) -> None:
    """For people and for programs."""
    await small_database(tmp_path / "shopbell.db")
    address = snapshot("tkt_open")
    address = replace(address, ticket=replace(address.ticket, subject="Lost: jane@example.com"))
    await write(tmp_path / "shopbell.db", lambda tx: record(tx, STORE, address, NOON))
    for more in ([], ["--json"]):
        assert "Lost: jane@example.com" in shopbell(tmp_path, "tickets", *more).stdout
        masked = shopbell(tmp_path, "tickets", *more, settings={"MASK_EMAILS": "true"}).stdout
        assert "Lost: j…@example.com" in (json.loads(masked)[0]["subject"] if more else masked)
        assert "jane" not in masked


async def test_tickets_can_be_narrowed(tmp_path: Path) -> None:
    """`--status` and `--store` choose; a status that does not exist is bad usage."""
    await small_database(tmp_path / "shopbell.db")
    everything = json.loads(shopbell(tmp_path, "tickets", "--status", "all", "--json").stdout)
    assert [ticket["number"] for ticket in everything] == [1001, 1002]
    assert "#1002  main  tkt_closed  closed" in shopbell(tmp_path, "tickets", "--status", "closed").stdout
    assert shopbell(tmp_path, "tickets", "--store", "other").stdout == ""
    assert shopbell(tmp_path, "tickets", "--status", "sad").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tickets"], "There are no open tickets with threads. `shopbell tickets --status all` lists all."),
        (["tickets", "--status", "all"], "There are no tickets with threads."),
        (["outbox"], "Nothing waits and nothing has failed."),
    ],
)
async def test_an_empty_list_is_told(tmp_path: Path, arguments: list[str], told: str) -> None:
    """Beside what is printed: a program that counts lines counts none."""
    await (await Database.open(tmp_path / "shopbell.db")).aclose()
    done = shopbell(tmp_path, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{told}\n")
    assert json.loads(shopbell(tmp_path, *arguments, "--json").stdout) == []


async def test_stats_shows_the_figures(tmp_path: Path) -> None:
    """The same figures for people and for programs, with as many days as asked for."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "stats")
    assert "open 1 · closed 1 · waiting for us 1" in done.stdout
    (figures,) = json.loads(shopbell(tmp_path, "stats", "--store", "main", "--days", "3", "--json").stdout)
    assert (figures["store"], figures["open"], figures["closed"]) == ("main", 1, 1)
    assert len(figures["new"]) == 3
    assert [medians["days"] for medians in figures["medians"]] == [None, 30, 7]


async def test_a_store_that_is_not_there_is_exit_1(tmp_path: Path) -> None:
    """A misspelt store is said, not shown as zeros or as nothing, and which there are."""
    await small_database(tmp_path / "shopbell.db")
    for command in ("stats", "tickets"):
        done = shopbell(tmp_path, command, "--store", "mian")
        assert (done.returncode, done.stderr) == (1, "There is no store mian in this database. The stores are: main.\n")


# ---------------------------------------------------------------- the outbox


async def test_outbox_lists_what_waits_and_what_failed(tmp_path: Path) -> None:
    """What is done is not listed; a failure carries its reason; no message's text shows."""
    made = await small_database(tmp_path / "shopbell.db")
    plain, listed = shopbell(tmp_path, "outbox"), shopbell(tmp_path, "outbox", "list")
    assert plain.stdout == listed.stdout
    assert f"{made.failed}  failed  status to store:main  #1001  Sellgate refused it." in plain.stdout.splitlines()
    assert f"{made.waiting}  waiting  status to store:main  #1001" in plain.stdout.splitlines()
    for arguments in (["outbox", "--json"], ["outbox", "list", "--json"]):
        found = {each["id"]: each for each in json.loads(shopbell(tmp_path, *arguments).stdout)}
        assert made.done not in found
        assert (found[made.failed]["state"], found[made.failed]["error"]) == ("failed", "Sellgate refused it.")
    assert shows_no_secret(plain.stdout)


async def test_outbox_retry_puts_a_failed_delivery_back(tmp_path: Path) -> None:
    """One that failed waits again; a second time, or for one that did not fail, there is nothing to retry."""
    made = await small_database(tmp_path / "shopbell.db")
    assert shopbell(tmp_path, "outbox", "retry", str(made.failed)).returncode == 0
    assert (await delivery_states(tmp_path / "shopbell.db"))[made.failed] == "waiting"
    for delivery in (made.failed, made.done, 4711):
        done = shopbell(tmp_path, "outbox", "retry", str(delivery))
        assert (done.returncode, done.stderr) == (
            1,
            f"Delivery {delivery} has not failed for good and is not held; see `shopbell outbox`.\n",
        )


async def test_outbox_drop_gives_a_delivery_up(tmp_path: Path) -> None:
    """One that waits or has failed is dropped; what is done cannot be."""
    made = await small_database(tmp_path / "shopbell.db")
    for delivery in (made.failed, made.waiting):
        assert shopbell(tmp_path, "outbox", "drop", str(delivery)).returncode == 0
        assert delivery not in await delivery_states(tmp_path / "shopbell.db")
    assert shopbell(tmp_path, "outbox", "drop", str(made.done)).returncode == 1


def _a_line_waits(tx: Transaction) -> None:
    (link,) = enqueue.links_of(tx, TicketNumber(1002))
    enqueue.line(tx, link, "Something happened.", NOON)


async def test_outbox_drop_of_an_opening_names_what_goes_with_it(tmp_path: Path) -> None:
    """What waits for a thread that is given up goes too, and the output says so, and where the ticket stands then."""
    made = await small_database(tmp_path / "shopbell.db")
    await write(tmp_path / "shopbell.db", _a_line_waits)
    opening, *waiting = sorted(set(await delivery_states(tmp_path / "shopbell.db")) - {made.failed, made.waiting})
    assert waiting
    done = shopbell(tmp_path, "outbox", "drop", str(opening))
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"Dropped: {opening}  open to chat:discord",
        *(f"Dropped: {delivery}  line to chat:discord" for delivery in waiting),
        "#1002 has no thread; its next message opens a new one.",
    ]
    assert set(await delivery_states(tmp_path / "shopbell.db")) == {made.failed, made.waiting}


# ---------------------------------------------------------------- set-up


def test_the_slack_manifest_is_ready_to_paste(tmp_path: Path) -> None:
    """It is valid JSON, needs no settings, and names the commands and Socket Mode."""
    done = shopbell(tmp_path, "manifest", "slack")
    manifest = json.loads(done.stdout)
    assert [each["command"] for each in manifest["features"]["slash_commands"]] == [
        "/close",
        "/reopen",
        "/take",
        "/release",
        "/assign",
        "/snooze",
        "/note",
        "/reply",
        "/snippet",
        "/snippets",
        "/tickets",
        "/stats",
        "/find",
        "/why",
        "/help",
        "/shopbell",
    ]
    assert manifest["settings"]["socket_mode_enabled"] is True


def test_the_discord_invite_asks_for_exactly_what_is_needed(tmp_path: Path) -> None:
    """The link names the application, the nine permissions and the two scopes."""
    done = shopbell(tmp_path, "invite", "discord", settings=GOOD_SETTINGS)
    asked = parse_qs(urlparse(done.stdout.strip()).query)
    assert asked["client_id"] == ["123456789012345678"]
    assert int(asked["permissions"][0]) == PERMISSIONS
    assert set(asked["scope"][0].split()) == {"bot", "applications.commands"}
    assert shows_no_secret(done.stdout, done.stderr)


def test_the_discord_invite_needs_a_token_or_an_id(tmp_path: Path) -> None:
    """Without a token the application's id can be given; with neither, or a token that is none, it is said."""
    given = shopbell(tmp_path, "invite", "discord", "--application", "42")
    assert parse_qs(urlparse(given.stdout.strip()).query)["client_id"] == ["42"]
    for settings in ({}, {"DISCORD_TOKEN": "discord-secret"}, {"DISCORD_TOKEN": "ÄÖÜ.discord-secret"}):
        done = shopbell(tmp_path, "invite", "discord", settings=settings)
        assert done.returncode == 2
        assert done.stderr.startswith("DISCORD_TOKEN: ")
        assert shows_no_secret(done.stderr)


# ---------------------------------------------------------------- backup


async def test_backup_makes_a_sound_copy_and_never_overwrites(tmp_path: Path) -> None:
    """The copy passes SQLite's own check and holds the tickets; a second one into the same file is refused."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "backup", "copy.db")
    assert (done.returncode, done.stdout) == (0, "copy.db is a complete copy.\n")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT number FROM tickets ORDER BY number").fetchall() == [(1001,), (1002,)]
    before = (tmp_path / "copy.db").read_bytes()
    again = shopbell(tmp_path, "backup", "copy.db")
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert (tmp_path / "copy.db").read_bytes() == before


async def test_backup_into_a_folder_that_is_missing_is_explained(tmp_path: Path) -> None:
    """One sentence about the copy, exit 1."""
    await small_database(tmp_path / "shopbell.db")
    done = shopbell(tmp_path, "backup", "missing/copy.db")
    assert done.returncode == 1
    assert "missing/copy.db" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ---------------------------------------------------------------- the doctor, and stopping

NOWHERE = "http://127.0.0.1:9/"
UNREACHABLE = {**GOOD_SETTINGS, "DISCORD_API_URL": NOWHERE, "STORES__MAIN__BASE_URL": NOWHERE, "LOG_FORMAT": "json"}
"""Good settings for a Discord and a store that nobody answers for."""


def test_check_names_a_remedy_for_each_failure(tmp_path: Path) -> None:
    """With nobody to reach it is exit 1: what is well is printed; each failure names the step that fixes it."""
    done = shopbell(tmp_path, "check", "--json", settings=UNREACHABLE)
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert {subject for subject, finding in findings.items() if finding["ok"]} == {"settings", "database", "clock"}
    assert "store main" in findings
    assert any(subject.startswith("discord") for subject in findings)
    assert all(finding["remedy"] for finding in findings.values() if not finding["ok"])
    assert shows_no_secret(done.stdout, done.stderr)


def database_finding(folder: Path, **settings: str) -> dict[str, str]:
    """What `check` finds about the database; it must end with a whole report."""
    done = shopbell(folder, "check", "--json", settings=UNREACHABLE | settings)
    assert done.stderr == ""
    findings: dict[str, dict[str, str]] = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    return findings["database"]


def test_check_makes_no_database(tmp_path: Path) -> None:
    """A database that is not there yet is well, will be made at the first start, and is not made by looking."""
    finding = database_finding(tmp_path)
    assert finding["ok"]
    assert finding["text"] == "shopbell.db does not exist yet; the first `shopbell run` creates it"
    assert list(tmp_path.iterdir()) == []


def test_check_while_a_bridge_has_not_made_its_database_yet(tmp_path: Path) -> None:
    """A process that holds the lock and has no file so far is a finding like any other, not the end of the report."""
    with held(tmp_path / "shopbell.db"):
        finding = database_finding(tmp_path)
    assert finding["ok"]
    assert finding["text"].endswith("creates it; shopbell is running on it")


async def test_check_leaves_a_database_as_it_is(tmp_path: Path) -> None:
    """Neither the file nor its folder is changed; one from before an upgrade waits for the next start."""
    await small_database(tmp_path / "shopbell.db")
    before = (tmp_path / "shopbell.db").read_bytes()
    assert database_finding(tmp_path)["text"] == "shopbell.db is intact"
    assert (tmp_path / "shopbell.db").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["shopbell.db"]
    (tmp_path / "old.db").touch()
    finding = database_finding(tmp_path, DATABASE_PATH="old.db")
    assert finding["text"] == "old.db has an older schema; the next `shopbell run` updates it"
    assert (tmp_path / "old.db").stat().st_size == 0


def test_check_says_where_a_database_could_not_be_made(tmp_path: Path) -> None:
    """A folder that is missing fails the check, and is not made."""
    finding = database_finding(tmp_path, DATABASE_PATH="missing/shopbell.db")
    assert not finding["ok"]
    assert finding["text"] == f"There is no folder {tmp_path / 'missing'}."
    assert "DATABASE_PATH" in finding["remedy"]


async def test_check_says_where_it_may_not_write(tmp_path: Path) -> None:
    """A file that is read-only would stop the bridge at its first message; the finding names it."""
    path = tmp_path / "shopbell.db"
    await small_database(path)
    with patch.object(os, "access", lambda place, _: Path(place) != path):
        finding, *_ = await doctor.check_database(path, SystemClock())
    assert not finding.ok
    assert finding.text == f"{path} cannot be written."
    assert finding.remedy.startswith("Allow this user to write there")


async def test_check_is_printed_for_people_line_by_line(tmp_path: Path) -> None:
    """Without `--json` each finding is a line, and a remedy stands below the failure that it fixes."""
    with held(tmp_path / "shopbell.db"):
        await small_database(tmp_path / "shopbell.db")
        done = shopbell(tmp_path, "check", settings=UNREACHABLE)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert "✅ database: shopbell.db is intact; shopbell is running on it" in lines
    failed = next(index for index, line in enumerate(lines) if line.startswith("❌ store main: "))
    assert lines[failed + 1].startswith("   → ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_stops_cleanly_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    """Asked to stop while a chat and a store cannot be reached, it ends by itself, with 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env=environment(UNREACHABLE),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert first, "it says something before it is told to stop"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert shows_no_secret(out, first, err)
