"""What can be set, with its default and its form: of the whole installation, and of each store."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.model import ChannelId, ChatName, Colleague, Mention, Place, StoreName
from bot.model.promises import Spans
from bot.settings.hours import check_length, read_holidays, read_mentions, read_quiet_hours, read_time_of_day, read_week
from bot.text.names import shows

# A shorter one can be guessed by trying: every address with the right secret makes shopbell ask a store.
_SHORTEST_WEBHOOK_SECRET = 16


class ReplyMode(StrEnum):
    """Which messages in a ticket's thread go to the customer: all but notes, or only those sent by an explicit act."""

    ALL = "all"
    EXPLICIT = "explicit"


class Backfill(BaseModel):
    """Which tickets get threads at the first sweep: `none`, `open`, `all`, or open ones active in the last `days`."""

    model_config = ConfigDict(frozen=True)

    policy: Literal["none", "open", "all", "days"]
    days: int = 0


def _list(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _agents(form: str, wanted: str) -> Callable[[Any], Any]:
    """A list of ids. One in which nothing can be read is no empty list, which would make everybody an agent."""

    def read(value: Any) -> Any:
        parts = _list(value)
        if isinstance(value, str) and not (parts and all(re.fullmatch(form, part, re.ASCII) for part in parts)):
            raise ValueError(f"must be a comma-separated list of {wanted}")
        return parts

    return read


def _prefixes(value: Any) -> Any:
    """What begins a note. One that nobody can see would make every message a note, and none makes none a note."""
    parts = _list(value)
    if isinstance(value, str) and not (parts and all(map(shows, parts))):
        raise ValueError("must be a comma-separated list of signs or words that can be seen")
    return parts


def _channel(value: str) -> Place:
    chat, _, channel = value.partition(":")
    # A Discord id has one form only: by another one no event would be known.
    form = {"discord": r"[1-9][0-9]{0,19}", "slack": r"[0-9A-Za-z]+"}.get(chat)
    if form is None or not re.fullmatch(form, channel):
        raise ValueError("must be a comma-separated list of discord:<channel id> and slack:<channel id>")
    return Place(chat=ChatName(chat), channel=ChannelId(channel))


def _channels(value: Any) -> Any:
    places = tuple(_channel(part) for part in _list(value))
    if not places:
        raise ValueError("must name at least one discord:<channel id> or slack:<channel id>")
    if len(set(places)) != len(places):
        raise ValueError("names a channel twice")
    return places


def _backfill(value: Any) -> Any:
    if value in ("none", "open", "all"):
        return Backfill(policy=value)
    if isinstance(value, str) and (days := re.fullmatch(r"([1-9][0-9]{0,3})d", value)):
        return Backfill(policy="days", days=int(days[1]))
    if isinstance(value, Backfill):
        return value
    raise ValueError("must be none, open, all, or a number of days such as 7d")


def _time_of_day(value: Any) -> Any:
    return read_time_of_day(value) if isinstance(value, str) else value


def _quiet_hours(value: Any) -> Any:
    return read_quiet_hours(value) if isinstance(value, str) else value


def _week(value: Any) -> Any:
    return read_week(value) if isinstance(value, str) else value


def _holidays(value: Any) -> Any:
    return read_holidays(_list(value)) if isinstance(value, str) else value


def _mentions(value: Any) -> Any:
    return read_mentions(_list(value)) if isinstance(value, str) else value


def _template(value: str) -> str:
    if not re.match(r"https?://", value) or "{id}" not in value:
        raise ValueError("must be an address that begins with https:// and contains {id} where the ticket's id goes")
    return value


def _address(value: str) -> str:
    if not re.match(r"https?://[^/]+", value):
        raise ValueError("must be an address that begins with https://")
    return value


def _token(prefix: str = "") -> Callable[[SecretStr], SecretStr]:
    """A token that can be sent in a header."""

    def check(value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not text.startswith(prefix):
            raise ValueError(f"must be a token that begins with {prefix}")
        if not all("!" <= character <= "~" for character in text):
            raise ValueError("must be a token as it was shown: no spaces, no line ends, plain characters only")
        return SecretStr(text)

    return check


def _webhook_secret(value: SecretStr) -> SecretStr:
    """A secret that can be written into an address, and comes out of it as it was, whoever carries it."""
    secret = value.get_secret_value()
    if len(secret) < _SHORTEST_WEBHOOK_SECRET:
        raise ValueError(f"must have at least {_SHORTEST_WEBHOOK_SECRET} characters")
    if not re.fullmatch(r"[!-~]+", secret) or set(secret) & set("#?\\"):
        raise ValueError(
            "is a part of an address, so it can have no space, #, ? or \\ and only letters without accents. "
            "Take another one, such as what `openssl rand -hex 24` prints"
        )
    if any(part in ("", ".", "..") for part in secret.split("/")):
        raise ValueError(
            "is a part of an address, so a / can stand neither at its ends nor beside another / or a dot alone. "
            "Take another one, such as what `openssl rand -hex 24` prints"
        )
    return value


def _zone(value: Any) -> Any:
    """A name of the time zone database, in whatever letters it is written."""
    if not isinstance(value, str):
        return value
    names = {name.casefold(): name for name in available_timezones()}
    name = names.get(value.strip().replace(" ", "_").casefold())
    if name is None:
        near = get_close_matches(value.casefold(), [*names, *(each.rpartition("/")[2] for each in names)], 1)
        guess = next((name for each, name in names.items() if near and each.endswith(near[0])), "Europe/Berlin")
        raise ValueError(f"must be the name of a time zone, such as {guess}")
    return ZoneInfo(name)


def _log_level(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Roles = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_agents(r"[1-9]\d{0,19}", "role ids, which are numbers"))]
People = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(_agents(r"[SUW][0-9A-Z]+", "ids of people and user groups, such as U012AB3CD and S012AB3CD")),
]
Prefixes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_prefixes)]
Address = Annotated[str, AfterValidator(_address)]
Mode = Annotated[ReplyMode, BeforeValidator(_lower)]


class StoreSettings(BaseModel):
    """
    One store's settings.

    Attributes:
        discord_agent_roles, slack_agents: Instead of the general ones; empty: the general ones.
        vendor_settings: What the vendor's adapter reads, by the last part of the variable's name in lower case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vendor: Annotated[str, BeforeValidator(_lower)]
    channels: Annotated[tuple[Place, ...], BeforeValidator(_channels)]
    poll_seconds: float = Field(default=30.0, gt=0, le=86_400)
    backfill: Annotated[Backfill, BeforeValidator(_backfill)] = Backfill(policy="days", days=7)
    dashboard_url: Annotated[str, AfterValidator(_template)] | None = None
    webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = None
    reply_mode: Mode | None = None
    discord_agent_roles: Roles = ()
    slack_agents: People = ()
    hours: Annotated[tuple[Spans, ...], BeforeValidator(_week)] | None = None
    holidays: Annotated[tuple[str, ...], BeforeValidator(_holidays)] = ()
    first_answer: Annotated[str, AfterValidator(check_length)] | None = None
    next_answer: Annotated[str, AfterValidator(check_length)] | None = None
    remind: Annotated[tuple[tuple[ChatName, Mention], ...], BeforeValidator(_mentions)] = ()
    vendor_settings: Mapping[str, str] = Field(default_factory=dict, repr=False)


ENCODING = "utf-8"
"""How the file is read that settings stand in."""
_SOURCE = SettingsConfigDict(
    env_file=".env",
    env_file_encoding=ENCODING,
    env_nested_delimiter="__",
    env_ignore_empty=True,
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
)


class Sections(BaseSettings):
    """The stores' sections and the people of the team, not checked yet."""

    model_config = _SOURCE

    stores: dict[str, dict[str, str]] = Field(default_factory=dict, repr=False)
    agents: dict[str, str] = Field(default_factory=dict, repr=False)


class Settings(BaseSettings):
    """The settings that do not belong to one store. `load` reads them and explains every fault."""

    model_config = _SOURCE

    discord_token: Annotated[SecretStr, AfterValidator(_token())] | None = None
    discord_api_url: Address | None = None
    discord_agent_roles: Roles = ()
    slack_bot_token: Annotated[SecretStr, AfterValidator(_token("xoxb-"))] | None = None
    slack_app_token: Annotated[SecretStr, AfterValidator(_token("xapp-"))] | None = None
    slack_api_url: Address | None = None
    slack_agents: People = ()
    database_path: Path = Path("shopbell.db")
    http_host: str = "127.0.0.1"
    http_port: int | None = Field(default=None, ge=0, le=65535)
    reply_mode: Mode = ReplyMode.ALL
    note_prefixes: Prefixes = ("//", "note:", "🔒")
    undo_seconds: float = Field(default=5.0, ge=0, le=300)
    take_on_reply: bool = True
    collision_guard: bool = True
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("UTC")
    digest_at: Annotated[time, BeforeValidator(_time_of_day)] | None = None
    quiet_hours: Annotated[tuple[time, time], BeforeValidator(_quiet_hours)] | None = None
    mask_emails: bool = False
    retention_days: int | None = Field(default=None, ge=1, le=36_500)
    log_format: Annotated[Literal["console", "json"] | None, BeforeValidator(_lower)] = None
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_log_level)] = "INFO"

    def chats(self) -> frozenset[ChatName]:
        """The chats that have all their tokens."""
        found = set()
        if self.discord_token is not None:
            found.add(ChatName("discord"))
        if self.slack_bot_token is not None and self.slack_app_token is not None:
            found.add(ChatName("slack"))
        return frozenset(found)


class LoadedSettings(BaseModel):
    """All settings, without a fault."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    general: Settings
    stores: Mapping[StoreName, StoreSettings]
    colleagues: tuple[Colleague, ...] = ()
