"""Reading the settings: every fault is found at once and becomes one line for the operator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError as UnreadableSettings

from bot.errors import Fault, SettingsError
from bot.model import Colleague, StoreName
from bot.settings.env_file import file_faults
from bot.settings.model import LoadedSettings, Sections, Settings, StoreSettings
from bot.settings.names import OF_A_STORE, OF_AN_AGENT, PEOPLE, unknown_in_store, unknown_names
from bot.settings.people import read_people
from bot.text import one_line

T = TypeVar("T", bound=BaseModel)
R = TypeVar("R")
VendorCheck = Callable[[StoreName, str, Mapping[str, str]], Iterable[Fault]]
"""Finds the faults in a store's vendor settings. Takes the store, the vendor's name, and `vendor_settings`."""

_NOT_A_SETTING = f"is not a setting by itself; a store's settings are written {OF_A_STORE}"
_NOT_A_PERSON = f"is not a setting by itself; a person is written {OF_AN_AGENT}"
_SHOWN = 60
# The user part or the query of an address may be a password.
_PERHAPS_SECRET = re.compile(r"//[^/]*@|\?")
_SECRET_NAMES = ("key", "password", "secret", "token")


def load_general(env_file: Path | None = Path(".env")) -> Settings:
    """
    Read all settings except the stores'. Enough for a command that only uses the database.

    Raises:
        SettingsError: With every fault in them.
    """
    found: list[Fault] = []
    found += _read(lambda: [*file_faults(env_file), *unknown_names(env_file)], env_file, found) or ()
    settings = _read(lambda: Settings(_env_file=env_file), env_file, found)
    if settings is None or found:
        raise SettingsError(*found)
    return settings


def load_faultless(env_file: Path | None = Path(".env")) -> LoadedSettings:
    """
    The general settings, the stores that have no fault, and the people if none of them has one.

    Enough for a command that only uses the database and shows what belongs to the settings, such as open hours.

    Raises:
        SettingsError: With every fault in the general settings.
    """
    general = load_general(env_file)
    found: list[Fault] = []
    sections = _read(lambda: Sections(_env_file=env_file), env_file, found)
    if sections is None:
        return LoadedSettings(general=general, stores={})
    vendors = {section["vendor"].lower() for section in sections.stores.values() if "vendor" in section}
    stores = _read_stores(sections, None, found)
    return LoadedSettings(general=general, stores=stores, colleagues=read_people(sections.agents, vendors, found))


def load(env_file: Path | None = Path(".env"), check_vendor: VendorCheck | None = None) -> LoadedSettings:
    """
    Read all settings from the environment and from `env_file`. The environment has priority.

    Args:
        check_vendor: Called for every store that names a vendor; None: vendor settings are not checked here.

    Raises:
        SettingsError: With every fault. None of them quotes a value that may be a secret.
    """
    found: list[Fault] = []
    sections = _read(lambda: Sections(_env_file=env_file), env_file, found)
    stores: dict[StoreName, StoreSettings] = {}
    colleagues: tuple[Colleague, ...] = ()
    if sections is not None:
        stores = _read_stores(sections, check_vendor, found)
        vendors = {section["vendor"].lower() for section in sections.stores.values() if "vendor" in section}
        colleagues = read_people(sections.agents, vendors, found)
    try:
        general = load_general(env_file)
    except SettingsError as error:
        raise SettingsError(*error.faults, *(fault for fault in found if fault not in error.faults)) from error
    found += _combined_faults(general, stores)
    if found:
        raise SettingsError(*found)
    return LoadedSettings(general=general, stores=stores, colleagues=colleagues)


def read_vendor_settings(model: type[T], store: StoreName, given: Mapping[str, str]) -> T:
    """
    Check a store's `StoreSettings.vendor_settings` with its vendor's model.

    Raises:
        SettingsError: With every fault.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise SettingsError(*_faults(error, model, _section(store), {*model.model_fields, *_core()})) from error


def _faults(
    error: ValidationError, model: type[BaseModel], prefix: str = "", known: Iterable[str] = ()
) -> Iterator[Fault]:
    """
    What pydantic found, in words for the operator.

    Args:
        known: The fields of `model`, and others that the operator may have meant by an unknown one.
    """
    names = [f"{prefix}{name.upper()}" for name in known]
    for detail in error.errors(include_url=False):
        parts = [str(part) for part in detail["loc"] if isinstance(part, str)]
        variable = f"{prefix}{'__'.join(parts).upper()}".removesuffix("__")
        if detail["type"] == "extra_forbidden":
            yield Fault(variable, unknown_in_store(variable, names))
            continue
        if model is Settings and parts[:1] == [PEOPLE.lower()]:
            yield Fault(variable, _NOT_A_PERSON)
            continue
        shown = None if detail["type"] == "missing" or _is_secret(model, parts) else _shown(detail["input"])
        yield Fault(variable, _requirement(detail["type"], detail["msg"], detail.get("ctx", {})), shown)


def _is_secret(model: type[BaseModel], parts: list[str]) -> bool:
    """Whether a field is a secret, by its type or by its name; also if it is none of the model's own."""
    field = model.model_fields.get(parts[0]) if parts else None
    return field is None or "SecretStr" in repr(field) or any(word in parts[0] for word in _SECRET_NAMES)


def _shown(value: Any) -> str | None:
    """A value as it is quoted; None: it is not."""
    if not isinstance(value, str) or _PERHAPS_SECRET.search(value):
        return None
    return one_line(value, _SHOWN)


def _requirement(kind: str, text: str, context: Mapping[str, Any]) -> str:
    known = {
        "missing": "is missing",
        "dict_type": _NOT_A_SETTING,
        "string_type": _NOT_A_SETTING,
        "literal_error": f"must be one of {context.get('expected', '')}",
        "enum": f"must be one of {context.get('expected', '')}",
    }
    if kind in known:
        return known[kind]
    text = text.removeprefix("Value error, ").removeprefix("Input ")
    return text.replace("should be", "must be", 1)


def _read(read: Callable[[], R], env_file: Path | None, found: list[Fault]) -> R | None:
    """What `read` returns; None: it raised, and why is added to `found` as faults, each fault once."""
    try:
        return read()
    except ValidationError as error:
        new = list(_faults(error, Settings))
    except UnreadableSettings as error:
        # pydantic says only in words which section is no section.
        of_people = f'"{PEOPLE.lower()}"' in str(error)
        new = [Fault(PEOPLE, _NOT_A_PERSON) if of_people else Fault(OF_A_STORE.partition("__")[0], _NOT_A_SETTING)]
    except UnicodeDecodeError:
        new = [Fault(str(env_file), "must be a text file in UTF-8")]
    found += [fault for fault in new if fault not in found]
    return None


def _read_stores(
    read: Sections, check_vendor: VendorCheck | None, found: list[Fault]
) -> dict[StoreName, StoreSettings]:
    """The settings of the stores that have no fault; the faults of the others are added to `found`."""
    stores: dict[StoreName, StoreSettings] = {}
    for name, section in read.stores.items():
        store = StoreName(name)
        core, own = _split(section)
        try:
            stores[store] = StoreSettings.model_validate({**core, "vendor_settings": own})
        except ValidationError as error:
            found += _faults(error, StoreSettings, _section(store))
        if check_vendor is not None and "vendor" in core:
            found += check_vendor(store, core["vendor"].lower(), own)
    if not read.stores:
        found.append(Fault("STORES__<NAME>__VENDOR", "is missing; configure at least one store"))
    return stores


def _section(store: StoreName) -> str:
    return f"STORES__{store.upper()}__"


def _core() -> set[str]:
    """The settings of a store that every vendor has."""
    return StoreSettings.model_fields.keys() - {"vendor_settings"}


def _split(section: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """A store's settings: those that every vendor has, and those of its own vendor."""
    given = {name: value for name, value in section.items() if value != ""}
    ours = _core()
    core = {name: given.pop(name) for name in list(given) if name in ours}
    return core, given


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
            yield Fault(f"{_section(name)}CHANNELS", f"names a {chat} channel, but {token} not set")
        for chat in sorted({chat for chat, _ in store.remind} - {place.chat for place in store.channels}):
            yield Fault(f"{_section(name)}REMIND", f"names somebody in {chat}, where this store has no channel")
