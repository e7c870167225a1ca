"""Who is pinged by a text; see https://discord.com/developers/docs/resources/message#allowed-mentions-object."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from bot.sandbox.discord.refusals import FieldErrors, Json
from bot.sandbox.discord.values import Pinged

_CODE = re.compile(r"```.*?```|``.*?``|`[^`]*`", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")


@dataclass(frozen=True, slots=True)
class AllowedMentions:
    """
    Which mentions of a message may ping.

    Attributes:
        kinds: Whole kinds that may ping: `everyone`, `users`, `roles`.
        replied_user: Whether the author of the message that is replied to gets a ping.
    """

    kinds: frozenset[str] = frozenset({"everyone", "users", "roles"})
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied_user: bool = True


def read_allowed_mentions(body: Json | None, errors: FieldErrors) -> AllowedMentions:
    """Read `allowed_mentions`; without it every mention in the text pings."""
    if body is None:
        return AllowedMentions()
    kinds = frozenset(body.get("parse") or ())
    users = frozenset(int(user) for user in body.get("users") or ())
    roles = frozenset(int(role) for role in body.get("roles") or ())
    for kind, listed in (("users", users), ("roles", roles)):
        if kind in kinds and listed:
            errors.add(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )
        if len(listed) > 100:
            errors.add(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    for kind in kinds - {"everyone", "users", "roles"}:
        errors.add("allowed_mentions.parse", "BASE_TYPE_CHOICES", f"Value must be one of (...), not {kind}.")
    return AllowedMentions(kinds, users, roles, bool(body.get("replied_user", False)))


def pinged(
    text: str,
    allowed: AllowedMentions,
    *,
    members: Collection[int],
    roles: Collection[int],
    may_everyone: bool,
    replied_to: int | None = None,
) -> Pinged:
    """
    Who gets a notification from a text.

    Args:
        text: The message's content; embeds never ping.
        members, roles: Who can be pinged by the author: a role if everybody may mention it, or the author all roles.
        may_everyone: Whether the author may mention everyone.
        replied_to: The author of the message that is replied to.
    """
    bare = _CODE.sub(" ", text)
    named_users = {int(user) for user in _USER.findall(bare)} & set(members)
    named_roles = {int(role) for role in _ROLE.findall(bare)} & set(roles)
    users = named_users if "users" in allowed.kinds else named_users & allowed.users
    pinged_roles = named_roles if "roles" in allowed.kinds else named_roles & allowed.roles
    if replied_to is not None and allowed.replied_user:
        users = users | {replied_to}
    all_allowed = may_everyone and "everyone" in allowed.kinds
    return Pinged(
        everyone=all_allowed and "@everyone" in bare,
        here=all_allowed and "@here" in bare,
        users=frozenset(users),
        roles=frozenset(pinged_roles),
    )
