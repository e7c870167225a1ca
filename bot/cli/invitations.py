"""`shopbell manifest slack` and `invite discord`: what sets the bot up on a chat's own website."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import typer

from bot import wiring
from bot.cli.shell import fail, show
from bot.settings import load_general

manifests = typer.Typer(no_args_is_help=True, help="What to paste on a chat's developer website.")
invites = typer.Typer(no_args_is_help=True, help="Links that invite the bot to a chat.")


@manifests.command("slack")
def manifest_slack() -> None:
    """Print the Slack app manifest to paste at api.slack.com/apps."""
    show(wiring.slack_manifest())


@invites.command("discord")
def invite_discord(
    application: Annotated[
        str | None, typer.Option(help="The application id; by default it is taken from DISCORD_TOKEN.")
    ] = None,
) -> None:
    """Print the link that invites the bot to a Discord server with exactly the permissions that it needs."""
    found = application or _application_id()
    if application is not None and not (application.isascii() and application.isdigit()):
        fail("--application: give the application's id, which has only digits.", 2)
    if found is None:
        fail("DISCORD_TOKEN: is missing or not a bot token; set it, or give the application's id as --application.", 2)
    show(wiring.discord_invite(found))


def _application_id() -> str | None:
    """The id in DISCORD_TOKEN, which begins with it in base64; None: the token is missing or has another form."""
    token = load_general().discord_token
    if token is None:
        return None
    first = token.get_secret_value().split(".")[0]
    try:
        found = base64.b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return found if found.isdigit() else None
