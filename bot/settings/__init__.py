"""
The settings: environment variables and the file `.env`, all checked together.

A vendor's own settings (for example its credentials) are only passed on here; the vendor's model checks them.
"""

from __future__ import annotations

from bot.settings.loading import VendorCheck, load, load_faultless, load_general, read_vendor_settings
from bot.settings.model import Backfill, LoadedSettings, ReplyMode, Settings, StoreSettings

__all__ = [
    "Backfill",
    "LoadedSettings",
    "ReplyMode",
    "Settings",
    "StoreSettings",
    "VendorCheck",
    "load",
    "load_faultless",
    "load_general",
    "read_vendor_settings",
]
