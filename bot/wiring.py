"""From settings to adapters: the only core module that imports adapters, and only those that are configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points

import httpx

from bot.clock import Clock
from bot.errors import Fault, SettingsError
from bot.model import ChannelId, ChatName, Hours, Promises, Store, StoreName
from bot.ports import CanWriteAs, Chat, Vendor, VendorKind, VendorTools
from bot.settings import LoadedSettings, ReplyMode, Settings, StoreSettings, read_vendor_settings
from bot.settings.hours import read_length


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The stores, vendors and chats that the settings name, built but not connected."""

    stores: Mapping[StoreName, Store]
    vendors: Mapping[StoreName, Vendor]
    chats: Mapping[ChatName, Chat]

    async def aclose(self) -> None:
        """Close every connection."""
        for chat in self.chats.values():
            await chat.aclose()
        for vendor in self.vendors.values():
            await vendor.aclose()


def build_world(loaded: LoadedSettings, clock: Clock) -> World:
    """
    Build the configured vendors and chats; no network calls.

    Raises:
        SettingsError: A vendor is unknown, or the vendor settings of a store have faults; with all faults.
    """
    kinds = vendor_kinds()
    tools = _vendor_tools(clock)
    faults: list[Fault] = []
    stores: dict[StoreName, Store] = {}
    vendors: dict[StoreName, Vendor] = {}
    for name, section in loaded.stores.items():
        wrong = vendor_faults(name, section.vendor, section.vendor_settings)
        if wrong:
            faults += wrong
            continue
        loaded_kind = kinds[section.vendor]()
        vendor_settings = read_vendor_settings(loaded_kind.settings, name, section.vendor_settings)
        stores[name] = _store(name, section, loaded_kind, loaded.general)
        vendors[name] = loaded_kind.build(vendor_settings, replace(tools, store=name))
    faults += _people_faults(loaded, vendors)
    if faults:
        raise SettingsError(*faults)
    return World(stores=stores, vendors=vendors, chats=_chats(loaded, stores, clock))


def _people_faults(loaded: LoadedSettings, vendors: Mapping[StoreName, Vendor]) -> Iterator[Fault]:
    """People whom the settings name as users of a vendor that has none, or under an id that can be none there."""
    by_vendor = {section.vendor: vendors.get(name) for name, section in loaded.stores.items()}
    for colleague in loaded.colleagues:
        for name, user in colleague.vendors.items():
            vendor = by_vendor.get(name)
            if vendor is not None and not isinstance(vendor, CanWriteAs):
                yield Fault(
                    colleague.variable,
                    f"names a user of {name}, where replies cannot be somebody's own",
                    f"{name}:{user}",
                )
            elif isinstance(vendor, CanWriteAs) and not _can_write_as(vendor, user):
                yield Fault(colleague.variable, f"names a user that {name} cannot have", f"{name}:{user}")


def _can_write_as(vendor: CanWriteAs, user: str) -> bool:
    try:
        vendor.writing_as(user)
    except ValueError:
        return False
    return True


def vendor_faults(store: StoreName, vendor: str, given: Mapping[str, str]) -> Sequence[Fault]:
    """What is wrong with a store's vendor and its vendor settings, `given` by the last part of their names."""
    kinds = vendor_kinds()
    if vendor not in kinds:
        return [Fault(f"STORES__{store.upper()}__VENDOR", f"must be one of {', '.join(sorted(kinds))}", vendor)]
    try:
        read_vendor_settings(kinds[vendor]().settings, store, given)
    except SettingsError as error:
        return error.faults
    return ()


@cache
def vendor_kinds() -> Mapping[str, Callable[[], VendorKind]]:
    """Every installed vendor by name. Calling the value imports it, so that only those in use are imported."""
    return {point.name: point.load for point in entry_points(group="shopbell.vendors")}


def _vendor_tools(clock: Clock) -> VendorTools:
    from adapters.vendors.client.transport import AiohttpTransport

    # An SSL context takes about 45 ms and a megabyte, so all stores share one.
    context = httpx.create_ssl_context()

    def transport() -> httpx.AsyncBaseTransport:
        return AiohttpTransport(context, connections=10)

    return VendorTools(transport=transport, clock=clock)


def _store(name: StoreName, section: StoreSettings, kind: VendorKind, general: Settings) -> Store:
    backfill = section.backfill
    return Store(
        name=name,
        label=f"{name.replace('_', ' ').title()} · {kind.label}",
        vendor_label=kind.label,
        vendor=kind.name,
        channels=section.channels,
        poll_seconds=section.poll_seconds,
        backfill_open=backfill.policy in ("open", "all"),
        backfill_closed=backfill.policy == "all",
        backfill_days=backfill.days if backfill.policy == "days" else None,
        sends_all=(section.reply_mode or general.reply_mode) is ReplyMode.ALL,
        dashboard=section.dashboard_url,
        promises=_promises(section, general),
        hours=open_hours(section, general),
        agents={
            ChatName("discord"): frozenset(section.discord_agent_roles or general.discord_agent_roles),
            ChatName("slack"): frozenset(section.slack_agents or general.slack_agents),
        },
    )


def open_hours(section: StoreSettings, general: Settings) -> Hours | None:
    """When a store is open; None: its settings name no hours."""
    if section.hours is None:
        return None
    return Hours(zone=general.timezone, week=section.hours, holidays=frozenset(section.holidays))


def _promises(section: StoreSettings, general: Settings) -> Promises | None:
    if section.first_answer is None and section.next_answer is None:
        return None
    hours = open_hours(section, general) or Hours(zone=general.timezone, holidays=frozenset(section.holidays))
    first, following = (
        None if written is None else read_length(written, hours.week)
        for written in (section.first_answer, section.next_answer)
    )
    return Promises(hours=hours, first_answer=first, next_answer=following, remind=section.remind)


def _chats(loaded: LoadedSettings, stores: Mapping[StoreName, Store], clock: Clock) -> Mapping[ChatName, Chat]:
    """The chats that have tokens; a chat without tokens is not imported."""
    settings = loaded.general
    chats: dict[ChatName, Chat] = {}

    def channels_in(chat: str) -> frozenset[ChannelId]:
        return frozenset(place.channel for store in stores.values() for place in store.channels if place.chat == chat)

    if settings.discord_token is not None:
        from adapters.chats import discord

        chats[ChatName("discord")] = discord.build(
            token=settings.discord_token.get_secret_value(),
            api_url=settings.discord_api_url,
            channels=channels_in("discord"),
            clock=clock,
        )
    if settings.slack_bot_token is not None and settings.slack_app_token is not None:
        from adapters.chats import slack

        chats[ChatName("slack")] = slack.build(
            bot_token=settings.slack_bot_token.get_secret_value(),
            app_token=settings.slack_app_token.get_secret_value(),
            api_url=settings.slack_api_url,
            agents={store.agents[ChatName("slack")] for store in stores.values()},
            channels=channels_in("slack"),
            clock=clock,
        )
    return chats


def slack_manifest() -> str:
    """The app manifest to paste on Slack's website."""
    from adapters.chats.slack import manifest

    return manifest.text()


def discord_invite(application: str) -> str:
    """The link that invites this application's bot with exactly the permissions that it needs."""
    from adapters.chats import discord

    return discord.invite_url(application)
