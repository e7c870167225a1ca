"""
The settings: environment variables and the file `.env`, all checked together.

A vendor's own settings (for example its credentials) are only passed on here; the vendor's model checks them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettings

from bot.errors import Fault, SettingsError
from bot.model import ChannelId, ChatName, Place, StoreName

T = TypeVar("T", bound=BaseModel)


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


def _channel(value: str) -> Place:
    chat, colon, channel = value.partition(":")
    if chat not in ("discord", "slack") or not colon or not re.fullmatch(r"[0-9A-Za-z]+", channel):
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


def _template(value: str) -> str:
    if not re.match(r"https?://", value) or "{id}" not in value:
        raise ValueError("must be an address that begins with https:// and contains {id} where the ticket's id goes")
    return value


def _address(value: str) -> str:
    if not re.match(r"https?://[^/]+", value):
        raise ValueError("must be an address that begins with https://")
    return value


def _begins_with(prefix: str) -> Callable[[SecretStr], SecretStr]:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"must be a token that begins with {prefix}")
        return value

    return check


def _log_level(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_list)]
Address = Annotated[str, AfterValidator(_address)]
Mode = Annotated[ReplyMode, BeforeValidator(_lower)]


class StoreSettings(BaseModel):
    """
    One store's settings.

    Attributes:
        vendor_settings: What the vendor's adapter reads, by the last part of the variable's name in lower case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vendor: Annotated[str, BeforeValidator(_lower)]
    channels: Annotated[tuple[Place, ...], BeforeValidator(_channels)]
    poll_seconds: float = Field(default=30.0, gt=0, le=86_400)
    backfill: Annotated[Backfill, BeforeValidator(_backfill)] = Backfill(policy="days", days=7)
    dashboard_url: Annotated[str, AfterValidator(_template)] | None = None
    webhook_secret: SecretStr | None = None
    reply_mode: Mode | None = None
    vendor_settings: Mapping[str, str] = Field(default_factory=dict, repr=False)


_SOURCE = SettingsConfigDict(
    env_file=".env",
    env_file_encoding="utf-8",
    env_nested_delimiter="__",
    env_ignore_empty=True,
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
)


_NOT_A_SETTING = "is not a setting by itself; a store's settings are written STORES__<NAME>__<SETTING>"


class _Sections(BaseSettings):
    """The stores' sections, not checked yet."""

    model_config = _SOURCE

    stores: dict[str, dict[str, str]] = Field(default_factory=dict, repr=False)


class Settings(BaseSettings):
    """The settings that do not belong to one store. `load` reads them and explains every fault."""

    model_config = _SOURCE

    discord_token: SecretStr | None = None
    discord_api_url: Address | None = None
    discord_agent_roles: Names = ()
    slack_bot_token: Annotated[SecretStr, AfterValidator(_begins_with("xoxb-"))] | None = None
    slack_app_token: Annotated[SecretStr, AfterValidator(_begins_with("xapp-"))] | None = None
    slack_api_url: Address | None = None
    slack_agents: Names = ()
    database_path: Path = Path("shopbell.db")
    http_host: str = "127.0.0.1"
    http_port: int | None = Field(default=None, ge=0, le=65535)
    reply_mode: Mode = ReplyMode.ALL
    note_prefixes: Names = ("//", "note:", "🔒")
    undo_seconds: float = Field(default=5.0, ge=0, le=300)
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


def load_general(env_file: Path | None = Path(".env")) -> Settings:
    """
    Read all settings except the stores'. Enough for a command that only uses the database.

    Raises:
        SettingsError: With every fault in them.
    """
    with _errors_as_faults(env_file):
        return Settings(_env_file=env_file)


def load(env_file: Path | None = Path(".env")) -> LoadedSettings:
    """
    Read all settings from the environment and from `env_file`. The environment has priority.

    Raises:
        SettingsError: With every fault. None of them quotes a value.
    """
    stores, found = _read_stores(env_file)
    try:
        general = load_general(env_file)
    except SettingsError as error:
        raise SettingsError(*error.faults, *(fault for fault in found if fault not in error.faults)) from error
    found += _combined_faults(general, stores)
    if found:
        raise SettingsError(*found)
    return LoadedSettings(general=general, stores=stores)


def read_vendor_settings(model: type[T], store: StoreName, given: Mapping[str, str]) -> T:
    """
    Check a store's `StoreSettings.vendor_settings` with its vendor's model.

    Raises:
        SettingsError: With every fault.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise SettingsError(*faults(error, f"STORES__{store.upper()}__")) from error


def faults(error: ValidationError, prefix: str) -> Iterator[Fault]:
    """What pydantic found, in words for the operator."""
    for detail in error.errors(include_input=False, include_url=False):
        parts = "__".join(str(part) for part in detail["loc"] if isinstance(part, str)).upper()
        variable = f"{prefix}{parts}".removesuffix("__")
        yield Fault(variable, _requirement(detail["type"], detail["msg"], detail.get("ctx", {})))


def _requirement(kind: str, text: str, context: Mapping[str, Any]) -> str:
    known = {
        "missing": "is missing",
        "dict_type": _NOT_A_SETTING,
        "string_type": _NOT_A_SETTING,
        "extra_forbidden": "is not a setting of this vendor; remove it or check its spelling",
        "literal_error": f"must be one of {context.get('expected', '')}",
        "enum": f"must be one of {context.get('expected', '')}",
    }
    if kind in known:
        return known[kind]
    text = text.removeprefix("Value error, ").removeprefix("Input ")
    return text.replace("should be", "must be", 1)


@contextmanager
def _errors_as_faults(env_file: Path | None) -> Iterator[None]:
    """Convert every exception that reading the variables may raise to a `SettingsError`."""
    try:
        yield
    except ValidationError as error:
        raise SettingsError(*faults(error, "")) from error
    except UnreadableSettings as error:
        raise SettingsError(Fault("STORES", _NOT_A_SETTING)) from error
    except UnicodeDecodeError as error:
        raise SettingsError(Fault(str(env_file), "must be a text file in UTF-8")) from error


def _read_stores(env_file: Path | None) -> tuple[dict[StoreName, StoreSettings], list[Fault]]:
    """The settings of the stores that have no fault, and the faults of the others."""
    try:
        with _errors_as_faults(env_file):
            sections = _Sections(_env_file=env_file).stores
    except SettingsError as error:
        return {}, list(error.faults)
    stores: dict[StoreName, StoreSettings] = {}
    found: list[Fault] = []
    for name, section in sections.items():
        try:
            stores[StoreName(name)] = _read_store(section)
        except ValidationError as error:
            found += faults(error, f"STORES__{name.upper()}__")
    if not sections:
        found.append(Fault("STORES__<NAME>__VENDOR", "is missing; configure at least one store"))
    return stores, found


def _read_store(section: Mapping[str, str]) -> StoreSettings:
    given = {name: value for name, value in section.items() if value != ""}
    ours = StoreSettings.model_fields.keys() - {"vendor_settings"}
    core = {name: given.pop(name) for name in list(given) if name in ours}
    return StoreSettings.model_validate({**core, "vendor_settings": given})


def _combined_faults(general: Settings, stores: Mapping[StoreName, StoreSettings]) -> Iterator[Fault]:
    """Faults that show only when several variables are compared."""
    if (general.slack_bot_token is None) != (general.slack_app_token is None):
        missing = "SLACK_BOT_TOKEN" if general.slack_bot_token is None else "SLACK_APP_TOKEN"
        yield Fault(missing, "is missing; Slack needs the bot token (xoxb-…) and the app token (xapp-…)")
    if not general.chats() and (general.slack_bot_token is None) == (general.slack_app_token is None):
        yield Fault("DISCORD_TOKEN", "is missing, and Slack's tokens are too; set the tokens of at least one chat")
    for name, store in stores.items():
        for chat in sorted({place.chat for place in store.channels} - general.chats()):
            token = {"discord": "DISCORD_TOKEN is", "slack": "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are"}[chat]
            yield Fault(f"STORES__{name.upper()}__CHANNELS", f"names a {chat} channel, but {token} not set")
