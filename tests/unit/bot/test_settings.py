"""Settings: what is read, from where, and how a fault is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, model_validator

from bot.clock import SystemClock
from bot.errors import SettingsError
from bot.model import ChannelId, ChatName, Place, StoreName
from bot.settings import Backfill, LoadedSettings, ReplyMode, StoreSettings, load, load_general, read_vendor_settings
from bot.wiring import build_world
from tests.support.shell import GOOD_SETTINGS

# Some of them write a `.env` into the working directory.
pytestmark = pytest.mark.usefixtures("tmp_path")


def store(loaded: LoadedSettings, name: str = "main") -> StoreSettings:
    return loaded.stores[StoreName(name)]


def faults() -> list[str]:
    """What `load` finds wrong, one line each."""
    with pytest.raises(SettingsError) as caught:
        load()
    return str(caught.value).splitlines()


def test_defaults_are_the_documented_ones(good: pytest.MonkeyPatch) -> None:
    """With nothing but one store and one chat, everything else has its documented default."""
    loaded = load()
    general, main = loaded.general, store(loaded)
    assert (general.database_path, general.http_host, general.http_port) == (Path("shopbell.db"), "127.0.0.1", None)
    assert (general.reply_mode, general.note_prefixes) == (ReplyMode.ALL, ("//", "note:", "🔒"))
    assert (general.undo_seconds, general.log_format, general.log_level) == (5.0, None, "INFO")
    assert (general.discord_agent_roles, general.slack_agents) == ((), ())
    assert (main.poll_seconds, main.backfill, main.reply_mode) == (30.0, Backfill(policy="days", days=7), None)
    assert (main.dashboard_url, main.webhook_secret) == (None, None)


def test_what_the_vendor_needs_is_passed_on_unread(good: pytest.MonkeyPatch) -> None:
    """The core does not know a vendor's own settings; it hands them on by the last part of their name."""
    good.setenv("STORES__MAIN__STAFF_USER_ID", "7")
    own = store(load()).vendor_settings
    assert own == {"api_key": "sg_live_store-secret", "staff_user_id": "7"}


def test_agents_can_be_named_for_one_store(good: pytest.MonkeyPatch) -> None:
    """What a store names counts instead of the general names; what it leaves out does not."""
    good.setenv("DISCORD_AGENT_ROLES", "1, 2")
    good.setenv("SLACK_AGENTS", "U1")
    good.setenv("STORES__MAIN__SLACK_AGENTS", "U2,S3")
    (built,) = build_world(load(), SystemClock()).stores.values()
    assert built.agents == {"discord": {"1", "2"}, "slack": {"U2", "S3"}}


def test_names_may_be_written_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables are found whatever the case of their names, and a store's name is always in lower case."""
    for name, value in GOOD_SETTINGS.items():
        monkeypatch.setenv(name.replace("MAIN", "Main").swapcase(), value)
    assert list(load().stores) == ["main"]


def test_an_empty_variable_is_one_that_is_not_set(good: pytest.MonkeyPatch) -> None:
    """`NAME=` in a file or a container's environment leaves the default, for stores too."""
    for name in ("HTTP_PORT", "LOG_FORMAT", "SLACK_BOT_TOKEN", "STORES__MAIN__BACKFILL", "STORES__MAIN__BASE_URL"):
        good.setenv(name, "")
    loaded = load()
    assert loaded.general.http_port is None
    assert store(loaded).backfill == Backfill(policy="days", days=7)
    assert "base_url" not in store(loaded).vendor_settings


def test_a_file_is_read_and_the_environment_goes_before_it(good: pytest.MonkeyPatch) -> None:
    """`.env` in the working directory counts; what is in the environment counts more."""
    Path(".env").write_text("UNDO_SECONDS=0\nLOG_LEVEL=debug\nSTORES__MAIN__BACKFILL=none\n", "utf-8")
    good.setenv("UNDO_SECONDS", "9.5")
    loaded = load()
    assert (loaded.general.undo_seconds, loaded.general.log_level) == (9.5, "DEBUG")
    assert store(loaded).backfill == Backfill(policy="none")


@pytest.mark.parametrize(
    ("written", "key"),
    [("Europe/Berlin", "Europe/Berlin"), ("america/new york", "America/New_York"), (" utc ", "UTC"), ("", "UTC")],
)
def test_a_time_zone_is_read(good: pytest.MonkeyPatch, written: str, key: str) -> None:
    """By its name, in whatever letters."""
    good.setenv("TIMEZONE", written)
    assert load().general.timezone.key == key


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("CEST", ""),
        ("UTC+2", ""),
        ("Europe", ""),
        ("../../etc/passwd", ""),
        ("/etc/localtime", ""),
        ("x" * 5_000, ""),
    ],
)
def test_what_is_no_time_zone_is_a_fault(good: pytest.MonkeyPatch, written: str, near: str) -> None:
    """It names one that there is, the nearest if it can be told."""
    good.setenv("TIMEZONE", written)
    with pytest.raises(SettingsError) as caught:
        load()
    (fault,) = caught.value.faults
    assert str(fault).startswith(f"TIMEZONE: must be the name of a time zone, such as {near}")


def test_channels_are_read_in_order(good: pytest.MonkeyPatch) -> None:
    """A list of channels may hold spaces and a comma at its end; its order stays."""
    good.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    good.setenv("SLACK_APP_TOKEN", "xapp-1")
    good.setenv("STORES__MAIN__CHANNELS", " slack:C1 , discord:2,")
    assert store(load()).channels == (
        Place(chat=ChatName("slack"), channel=ChannelId("C1")),
        Place(chat=ChatName("discord"), channel=ChannelId("2")),
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("none", Backfill(policy="none")),
        ("open", Backfill(policy="open")),
        ("all", Backfill(policy="all")),
        ("30d", Backfill(policy="days", days=30)),
    ],
)
def test_backfill_is_a_word_or_a_number_of_days(good: pytest.MonkeyPatch, written: str, meant: Backfill) -> None:
    """What gets threads at first contact is one of three words, or open tickets of the last days."""
    good.setenv("STORES__MAIN__BACKFILL", written)
    assert store(load()).backfill == meant


@pytest.mark.parametrize(
    ("variable", "value", "requirement"),
    [
        ("HTTP_PORT", "http", "integer"),
        ("HTTP_PORT", "70000", "65535"),
        ("UNDO_SECONDS", "-1", "0"),
        ("UNDO_SECONDS", "nan", ""),
        ("REPLY_MODE", "some", "'all' or 'explicit'"),
        ("LOG_LEVEL", "LOUD", "'DEBUG'"),
        ("LOG_FORMAT", "xml", "'console' or 'json'"),
        ("DISCORD_API_URL", "discord.com", "https://"),
        ("SLACK_API_URL", "ftp://slack.com", "https://"),
        ("SLACK_BOT_TOKEN", "xapp-swapped", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-swapped", "xapp-"),
        ("STORES__MAIN__CHANNELS", "123", "discord:<channel id>"),
        ("STORES__MAIN__CHANNELS", "teams:1", "discord:<channel id>"),
        ("STORES__MAIN__CHANNELS", "discord:1,discord:1", "twice"),
        ("STORES__MAIN__CHANNELS", ",", "at least one"),
        ("STORES__MAIN__BACKFILL", "0d", "none, open, all"),
        ("STORES__MAIN__BACKFILL", "a week", "none, open, all"),
        ("STORES__MAIN__POLL_SECONDS", "0", "greater than 0"),
        ("STORES__MAIN__POLL_SECONDS", "inf", ""),
        ("STORES__MAIN__DASHBOARD_URL", "https://example.com/tickets", "{id}"),
        ("STORES__MAIN__REPLY_MODE", "never", "'all' or 'explicit'"),
    ],
)
def test_a_fault_names_the_variable_and_its_requirement(
    good: pytest.MonkeyPatch, variable: str, value: str, requirement: str
) -> None:
    """Each wrong value is one line: the variable as written, what must be true of it, the value if it is no secret."""
    good.setenv(variable, value)
    (line,) = [line for line in faults() if line.startswith(f"{variable}: ")]
    assert requirement in line
    if variable.endswith("_TOKEN"):
        assert value not in line
    else:
        assert line.endswith(f" (now “{value}”)")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STORES__MAIN__WEBHOOK_SECRET", "fifteen-letters"),
        ("DISCORD_API_URL", "ftp://ann:password@example.com"),
        ("STORES__MAIN__DASHBOARD_URL", "ftp://example.com/?token=password"),
    ],
)
def test_a_value_that_may_be_a_secret_is_not_shown(good: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """A secret by its kind, and an address with a user or a query in it."""
    good.setenv(variable, value)
    (line,) = faults()
    assert line.startswith(f"{variable}: must ")
    assert line.isprintable()
    assert "now" not in line
    assert value not in line


def test_a_value_is_shown_on_one_line_and_controls_no_terminal(good: pytest.MonkeyPatch) -> None:
    """Whatever stands in the environment, a fault is one short line."""
    good.setenv("LOG_LEVEL", "LOUD\n\x1b[31mHTTP_PORT: is fine" + "!" * 100)
    (line,) = faults()
    assert line.isprintable()
    assert len(line) < 160


@pytest.mark.parametrize(
    "secret",
    [
        *(f"secret{sign}secret-secret" for sign in "#?\\ \té🔒\x7f"),
        *("/secret-secret-secret", "secret-secret-secret/", "secret//secret-secret", "secret/../secret-secret"),
    ],
)
def test_a_secret_that_no_address_can_hold_is_refused(good: pytest.MonkeyPatch, secret: str) -> None:
    """At the start, with what to do; the secret itself is not repeated."""
    good.setenv("STORES__MAIN__WEBHOOK_SECRET", secret)
    [fault] = faults()
    assert fault.startswith("STORES__MAIN__WEBHOOK_SECRET: is a part of an address, so ")
    assert "Take another one, such as what `openssl rand -hex 24` prints" in fault
    assert secret not in fault


def test_a_webhook_secret_has_at_least_sixteen_characters(good: pytest.MonkeyPatch) -> None:
    """A short one is found by trying."""
    good.setenv("STORES__MAIN__WEBHOOK_SECRET", "x" * 15)
    assert faults() == ["STORES__MAIN__WEBHOOK_SECRET: must have at least 16 characters"]
    good.setenv("STORES__MAIN__WEBHOOK_SECRET", "x" * 16)
    assert store(load()).webhook_secret == SecretStr("x" * 16)


def test_all_faults_are_reported_at_once(good: pytest.MonkeyPatch) -> None:
    """Somebody who fixes settings sees everything that is wrong, in the general part and in every store."""
    good.setenv("HTTP_PORT", "x")
    good.setenv("LOG_LEVEL", "x")
    good.setenv("STORES__MAIN__BACKFILL", "x")
    good.setenv("STORES__OTHER__VENDOR", "sellgate")
    assert [line.split(":")[0] for line in sorted(faults())] == [
        "HTTP_PORT",
        "LOG_LEVEL",
        "STORES__MAIN__BACKFILL",
        "STORES__OTHER__CHANNELS",
    ]


def test_nothing_configured_is_two_faults() -> None:
    """An empty environment lacks a store and a chat."""
    assert [line.split(":")[0] for line in sorted(faults())] == ["DISCORD_TOKEN", "STORES__<NAME>__VENDOR"]


@pytest.mark.parametrize(("given", "missing"), [("BOT", "APP"), ("APP", "BOT")])
def test_one_slack_token_wants_the_other(good: pytest.MonkeyPatch, given: str, missing: str) -> None:
    """Socket Mode needs both of Slack's tokens."""
    good.setenv(f"SLACK_{given}_TOKEN", {"BOT": "xoxb-1", "APP": "xapp-1"}[given])
    assert [line.split(":")[0] for line in faults()] == [f"SLACK_{missing}_TOKEN"]


def test_a_channel_in_a_chat_without_a_token_is_a_fault(good: pytest.MonkeyPatch) -> None:
    """Tickets would go nowhere; the line names the token that is missing."""
    good.setenv("STORES__MAIN__CHANNELS", "discord:1,slack:C1")
    (line,) = faults()
    assert line.startswith("STORES__MAIN__CHANNELS: ")
    assert "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set" in line


@pytest.mark.parametrize("variable", ["STORES__MAIN", "STORES__MAIN__CHANNELS__0", "STORES"])
def test_a_store_written_in_another_shape_is_a_fault(good: pytest.MonkeyPatch, variable: str) -> None:
    """A variable with a part too few or too many is explained like every other fault."""
    good.delenv("STORES__MAIN__CHANNELS")
    good.setenv(variable, "a-secret-value")
    lines = faults()
    assert any(line.startswith("STORES") for line in lines)
    assert "a-secret-value" not in "".join(lines)


def test_a_file_that_is_no_text_is_a_fault(good: pytest.MonkeyPatch) -> None:
    """A `.env` in another encoding, or a picture, is named once."""
    Path(".env").write_bytes(b"LOG_LEVEL=\xff\xfe")
    assert faults() == [".env: must be a text file in UTF-8"]


def test_no_secret_shows_when_settings_are_printed(good: pytest.MonkeyPatch) -> None:
    """Neither `repr` nor `str` of any of it quotes a token or a key."""
    good.setenv("STORES__MAIN__WEBHOOK_SECRET", "webhook-secret-secret")
    good.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    good.setenv("SLACK_APP_TOKEN", "xapp-secret")
    loaded = load()
    shown = f"{loaded!r} {loaded} {loaded.general!r} {loaded.stores}"
    assert "secret'" not in shown
    assert "-secret" not in shown


def test_the_general_part_is_enough_for_a_look_into_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that only read the database need no store and no token."""
    monkeypatch.setenv("DATABASE_PATH", "elsewhere.db")
    assert load_general().database_path == Path("elsewhere.db")


class OwnSettings(BaseModel):
    """A vendor's own section, as an adapter would have it."""

    model_config = {"extra": "forbid"}

    api_key: SecretStr
    pages: int = 1


def test_a_vendors_own_section_is_checked_by_its_own_model() -> None:
    """A missing, a wrong and a misspelt variable are each named in full; the value of the misspelt may be a secret."""
    with pytest.raises(SettingsError) as caught:
        read_vendor_settings(OwnSettings, StoreName("main"), {"pages": "many", "api_kye": "sg-secret"})
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in sorted(lines)] == [
        "STORES__MAIN__API_KEY",
        "STORES__MAIN__API_KYE",
        "STORES__MAIN__PAGES",
    ]
    assert "the nearest is STORES__MAIN__API_KEY. Remove it or check its spelling" in str(caught.value)
    assert "secret" not in str(caught.value)


class EitherSettings(BaseModel):
    """A section that is wrong as a whole."""

    @model_validator(mode="after")
    def _never(self) -> EitherSettings:
        raise ValueError("must name STORE_ID or BASE_URL")


def test_a_fault_of_a_whole_section_names_the_store() -> None:
    """Where no single variable is wrong the line begins with what they have in common."""
    with pytest.raises(SettingsError) as caught:
        read_vendor_settings(EitherSettings, StoreName("main"), {})
    assert str(caught.value) == "STORES__MAIN: must name STORE_ID or BASE_URL"


def test_the_chats_are_those_with_all_their_tokens(good: pytest.MonkeyPatch) -> None:
    """Discord needs one token and Slack two; a chat without them is not there."""
    assert load().general.chats() == {"discord"}
    good.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    good.setenv("SLACK_APP_TOKEN", "xapp-1")
    assert load().general.chats() == {"discord", "slack"}
