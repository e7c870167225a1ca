"""Whether a vendor accepts a store's credentials."""

from __future__ import annotations

from collections.abc import Awaitable

from adapters.vendors.client.http import TooLarge
from adapters.vendors.client.service import Service
from bot.errors import AuthFailed, RemoteError
from bot.model import Finding


async def check_login(service: Service, request: Awaitable[object]) -> Finding:
    """What `shopbell check` says about a store, after one harmless request. Never raises a `RemoteError`."""
    try:
        await request
    except TooLarge:
        pass  # whoever lists this much accepts the credentials
    except AuthFailed as error:
        return Finding(ok=False, subject=service.label, text=error.user_message, remedy=service.remedy)
    except RemoteError as error:
        setting = service.variable("BASE_URL")
        remedy = f"Try again in a minute. If this goes on, check that {service.base} is right ({setting})."
        return Finding(ok=False, subject=service.label, text=error.user_message, remedy=remedy)
    return Finding(ok=True, subject=service.label, text=f"{service.label} answers and accepts the credentials.")
