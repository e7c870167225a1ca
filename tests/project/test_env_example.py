"""`.env.example` is complete, says what the defaults are, and works when its comments are taken away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.model import StoreName
from bot.settings import LoadedSettings, Settings, StoreSettings, load, read_vendor_settings
from bot.wiring import vendor_kinds
from tests.support.shell import PROJECT

EXAMPLE = (PROJECT / ".env.example").read_text("utf-8")
NAMED: dict[str, str] = dict(re.findall(r"^#([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE, re.MULTILINE))
"""Every setting in the example, with its value."""

CORE = {name.upper() for name in StoreSettings.model_fields if name != "vendor_settings"}
DEFAULTS = {
    "DATABASE_PATH": "shopbell.db",
    "HTTP_HOST": "127.0.0.1",
    "LOG_LEVEL": "INFO",
    "NOTE_PREFIXES": "//,note:,🔒",
    "REPLY_MODE": "all",
    "UNDO_SECONDS": "5",
}


@pytest.fixture
def uncommented(tmp_path: Path) -> LoadedSettings:
    """The example with every setting switched on."""
    file = tmp_path / "all.env"
    file.write_text(re.sub(r"^#(?=[A-Z][A-Z0-9_]*=)", "", EXAMPLE, flags=re.MULTILINE), "utf-8")
    return load(file)


def store_of(vendor: str) -> str:
    """The example's store at this vendor, as it stands in the variables."""
    return next(name.split("__")[1] for name, value in NAMED.items() if name.endswith("__VENDOR") and value == vendor)


def test_every_general_setting_is_there() -> None:
    """What `bot.settings` reads stands in the example, and nothing else does."""
    general = {name for name in NAMED if not name.startswith(("STORES__", "AGENTS__"))}
    assert general == {name.upper() for name in Settings.model_fields}


def test_every_setting_that_all_stores_have_is_there() -> None:
    """The first store shows what every store can have."""
    first = next(name.split("__")[1] for name in NAMED if name.startswith("STORES__"))
    assert {f"STORES__{first}__{name}" for name in CORE} <= set(NAMED)


@pytest.mark.parametrize("vendor", sorted(vendor_kinds()))
def test_every_vendor_has_a_store_with_every_setting_of_its_own(vendor: str) -> None:
    """Each installed vendor has one worked store that names all of its settings and no others."""
    store = store_of(vendor)
    named = {name.split("__")[2] for name in NAMED if name.startswith(f"STORES__{store}__")}
    own = {name.upper() for name in vendor_kinds()[vendor]().settings.model_fields}
    assert named - CORE == own
    assert named >= {"VENDOR", "CHANNELS"}


def test_nothing_is_switched_on_as_it_stands() -> None:
    """Copied and left alone it sets nothing: every line is a comment or empty."""
    assert all(not line or line.startswith("#") for line in EXAMPLE.splitlines())


def test_it_loads_with_everything_switched_on(uncommented: LoadedSettings) -> None:
    """Every value in it is one that shopbell takes, the vendors' own settings included."""
    kinds = vendor_kinds()
    assert set(kinds) <= {store.vendor for store in uncommented.stores.values()}
    for name, store in uncommented.stores.items():
        if store.vendor in kinds:
            read_vendor_settings(kinds[store.vendor]().settings, StoreName(name), store.vendor_settings)


@pytest.mark.parametrize("variable", sorted(DEFAULTS))
def test_a_default_in_it_is_the_default(variable: str, uncommented: LoadedSettings) -> None:
    """Where the example shows a default it is the one that holds without it."""
    assert NAMED[variable] == DEFAULTS[variable]
    shown: Mapping[str, object] = dict(uncommented.general)
    assert shown[variable.lower()] == Settings.model_fields[variable.lower()].default


def test_no_value_in_it_is_a_secret() -> None:
    """What stands for a secret says so."""
    for name, value in NAMED.items():
        if name.endswith(("_TOKEN", "_KEY", "_SECRET")):
            assert re.search("your|a-long-random-word", value), name
