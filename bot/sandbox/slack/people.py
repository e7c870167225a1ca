"""What people write in the practice Slack: messages, edits, deletions, reactions; and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox.slack.composer import compose
from bot.sandbox.slack.methods_chat import remove
from bot.sandbox.slack.methods_views_reactions import react, unreact
from bot.sandbox.slack.state import BOT_USER
from bot.sandbox.slack.values import Group, Json, SlackChannel, SlackMessage, User, View
from bot.sandbox.slack.workspace import Workspace

PATIENCE = 30.0
"""So many seconds are waited at most for what the app does; nobody waits longer than it takes."""

_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What a person sees after they did something.

    Attributes:
        error: The error that Slack itself shows, because the app did not handle it; empty: there is none.
        ephemerals: The new messages that only they see, oldest first.
        view: The modal that they see now; None: none.
        errors: The errors under the inputs of a modal, by block id.
    """

    error: str = ""
    ephemerals: tuple[SlackMessage, ...] = ()
    view: View | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text of the messages that only they see."""
        return "\n".join(message.rendered for message in self.ephemerals)


def id_of(thing: User | SlackChannel | str) -> str:
    """The id of a user or channel, given itself or by its id."""
    return thing if isinstance(thing, str) else thing.id


class SlackPeople:
    """
    The workspace as its people use it.

    What Slack's client would not allow raises a `ValueError` that says why.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    # ------------------------------------------------------------ preparing the workspace

    def add_user(
        self,
        name: str,
        *,
        real_name: str = "",
        display_name: str = "",
        guest: bool = False,
        stranger: bool = False,
        admin: bool = False,
    ) -> User:
        """
        A new account, in no channel yet.

        Args:
            guest: What Slack calls a restricted user.
            stranger: From another company's workspace, by Slack Connect.
            admin: Administers the workspace.
        """
        state = self.workspace.state
        return state.add_user(
            User(
                id=state.new_id("U"),
                name=name,
                real_name=real_name or name.title(),
                display_name=display_name,
                guest=guest,
                stranger=stranger,
                admin=admin,
            )
        )

    def change_user(self, user: User | str, *, guest: bool = False, deleted: bool = False) -> User:
        """Make somebody a guest or a full member, or deactivate the account; the app gets an event."""
        state = self.workspace.state
        changed = replace(state.users[id_of(user)], guest=guest, deleted=deleted)
        state.users[changed.id] = changed
        self.workspace.events.person_changed(changed)
        return changed

    def add_channel(
        self, name: str, members: Sequence[User | str] = (), *, private: bool = False, bot: bool = True
    ) -> SlackChannel:
        """A new channel with these members and, unless `bot` is false, the bot."""
        state = self.workspace.state
        inside = {id_of(user) for user in members} | ({BOT_USER} if bot else set())
        return state.add_channel(
            SlackChannel(
                id=state.new_id("C"), name=name, private=private, members=frozenset(inside), created=state.now()
            )
        )

    def add_group(self, handle: str, members: Sequence[User | str]) -> Group:
        """A new user group."""
        state = self.workspace.state
        group = Group(id=state.new_id("S"), handle=handle, members=tuple(id_of(user) for user in members))
        state.groups[group.id] = group
        return group

    def change_group(self, group: Group, members: Sequence[User | str]) -> Group:
        """Let a user group have these members and no others; the app gets an event."""
        changed = replace(group, members=tuple(id_of(user) for user in members))
        self.workspace.state.groups[group.id] = changed
        self.workspace.events.group_changed(changed)
        return changed

    def invite(self, channel: SlackChannel | str, user: User | str) -> SlackChannel:
        """Add somebody to a channel; `BOT_USER` is the bot."""
        state = self.workspace.state
        now = state.channels[id_of(channel)]
        changed = state.change_channel(now.id, members=now.members | {id_of(user)})
        self.workspace.events.joined(changed, id_of(user))
        return changed

    def remove_from(self, channel: SlackChannel | str, user: User | str) -> SlackChannel:
        """Remove somebody, perhaps the bot, from a channel."""
        state = self.workspace.state
        now = state.channels[id_of(channel)]
        changed = state.change_channel(now.id, members=now.members - {id_of(user)})
        if id_of(user) == BOT_USER:
            self.workspace.events.left(changed)
        else:
            self.workspace.events.member_left(changed, id_of(user))
        return changed

    def archive(self, channel: SlackChannel | str, *, archived: bool = True) -> SlackChannel:
        """Archive a channel, or open it again; the app gets an event."""
        changed = self.workspace.state.change_channel(id_of(channel), archived=archived)
        self.workspace.events.archived(changed)
        return changed

    def restrict(self, channel: SlackChannel | str, **more: Any) -> SlackChannel:
        """Let Slack tell other things of a channel: fields of its conversation object. There is no event about it."""
        return self.workspace.state.change_channel(id_of(channel), more=more)

    # ------------------------------------------------------------ writing

    async def say(
        self,
        user: User | str,
        channel: SlackChannel | str,
        text: str,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
        files: Sequence[tuple[str, bytes]] = (),
        files_must_be_asked: bool = False,
        deliveries: int = 1,
    ) -> SlackMessage:
        """
        Write a message as a person types it; Slack turns `@name`, `#channel`, emoji and addresses into its own forms.

        Args:
            broadcast: Whether a reply is also sent to the channel.
            files_must_be_asked: Whether the event has only the ids of the files.
            deliveries: How many events the app gets, each with its own event id.
        """
        state = self.workspace.state
        place = self._composer(user, channel, thread_ts)
        if text.startswith("/"):
            raise ValueError("Slack's composer takes a text that begins with / for a command")
        if not text.strip() and not files:
            raise ValueError("Slack's composer sends nothing without text or files")
        kept, blocks = compose(text.strip(), state.mentions())
        subtype = "file_share" if files else "thread_broadcast" if broadcast and thread_ts else None
        message = SlackMessage(
            channel=place.id,
            ts=state.new_ts(),
            user=id_of(user),
            text=kept,
            blocks=tuple(blocks),
            thread_ts=thread_ts,
            subtype=subtype,
            client_msg_id=state.new_id("client-"),
            files=tuple(
                replace(file, must_be_asked=files_must_be_asked) for file in state.files_of(files, id_of(user))
            ),
        )
        message = state.put(message)
        self.workspace.events.posted(message, times=deliveries)
        return message

    def _composer(self, user: User | str, channel: SlackChannel | str, thread_ts: str | None) -> SlackChannel:
        place = self.workspace.state.channels[id_of(channel)]
        self._refuse_deactivated(user)
        if id_of(user) not in place.members:
            raise ValueError(f"{id_of(user)} is not in #{place.name}")
        if place.archived:
            raise ValueError(f"#{place.name} is archived")
        if thread_ts is not None and self.workspace.state.message(place.id, thread_ts) is None:
            raise ValueError("there is no such thread to write in")
        if self.workspace.state.is_locked(place.id, thread_ts):
            raise ValueError("that thread is locked")
        return place

    def _refuse_deactivated(self, user: User | str) -> None:
        if self.workspace.state.users[id_of(user)].deleted:
            raise ValueError(f"{id_of(user)} is deactivated and cannot sign in")

    async def another_bot_says(
        self, channel: SlackChannel | str, text: str, *, thread_ts: str | None = None, name: str = "Other"
    ) -> SlackMessage:
        """A message of another app's bot that is in the channel."""
        state = self.workspace.state
        message = state.put(
            SlackMessage(
                channel=id_of(channel),
                ts=state.new_ts(),
                user=None,
                bot_id="B0OTHER",
                username=name,
                subtype="bot_message",
                text=text,
                thread_ts=thread_ts,
            )
        )
        self.workspace.events.posted(message)
        return message

    async def repeat(self, message: SlackMessage, times: int = 1) -> None:
        """Send the event about a message again, each time with a new event id."""
        self.workspace.events.repeated(self.workspace.state.find(message), times=times)

    async def edit(self, message: SlackMessage, text: str, *, removes: Sequence[str] = ()) -> SlackMessage:
        """Edit a message, as its author; `removes`: names of its files, which stay in the workspace."""
        state = self.workspace.state
        before = state.find(message)
        if before.client_msg_id is None:
            raise ValueError("a person can edit only what a person wrote")
        kept, blocks = compose(text.strip(), state.mentions())
        files = tuple(file for file in before.files if file.name not in removes)
        after = state.put(replace(before, text=kept, blocks=tuple(blocks), files=files, edited_at=state.new_ts()))
        self.workspace.events.changed(before, after)
        return after

    async def unfurl(self, message: SlackMessage, attachment: Json) -> SlackMessage:
        """Add a link preview, as Slack does: an update that changes no text."""
        before = self.workspace.state.find(message)
        after = self.workspace.state.put(replace(before, attachments=(*before.attachments, attachment)))
        self.workspace.events.changed(before, after)
        return after

    async def delete(self, message: SlackMessage) -> None:
        """Delete a message of anybody, as an admin can; if it has replies, a tombstone stays."""
        remove(self.workspace, self.workspace.state.find(message))

    def lock(self, first: SlackMessage, *, locked: bool = True) -> SlackMessage:
        """Lock the thread of a message, as an admin can, or unlock it. There is no event about it."""
        state = self.workspace.state
        return state.put(replace(state.find(first), locked=locked))

    async def react(self, user: User | str, message: SlackMessage, name: str) -> SlackMessage:
        """Add a reaction, by the emoji's name."""
        return react(self.workspace, self.workspace.state.find(message), id_of(user), name)

    async def unreact(self, user: User | str, message: SlackMessage, name: str) -> SlackMessage:
        return unreact(self.workspace, self.workspace.state.find(message), id_of(user), name)

    # ------------------------------------------------------------ what people see

    def messages(self, channel: SlackChannel | str) -> tuple[SlackMessage, ...]:
        """The messages in the channel itself, oldest first."""
        return self.workspace.state.top_level(id_of(channel))

    def thread(self, channel: SlackChannel | str, ts: str) -> tuple[SlackMessage, ...]:
        """A message and its replies, oldest first; empty if there is no such message."""
        state = self.workspace.state
        parent = state.message(id_of(channel), ts)
        return () if parent is None else (parent, *state.replies(id_of(channel), ts))

    def message(self, message: SlackMessage) -> SlackMessage | None:
        """A message as it is now; None: it was deleted."""
        return self.workspace.state.message(message.channel, message.ts)

    def ephemerals(self, user: User | str) -> tuple[SlackMessage, ...]:
        """The messages that only this user has seen, oldest first."""
        return tuple(each for each in self.workspace.state.ephemerals if each.only_for == id_of(user))

    def open_home(self, user: User | str) -> View | None:
        """Somebody looks at the app's Home tab; returns what stands there at first."""
        self._refuse_deactivated(user)
        shown = self.workspace.modals.home(id_of(user))
        self.workspace.events.home_opened(self.workspace.state.users[id_of(user)], shown)
        return shown

    def home(self, user: User | str) -> View | None:
        """A person's Home tab as it is now; None: the app has published none."""
        return self.workspace.modals.home(id_of(user))

    def view(self, user: User | str) -> View | None:
        """The modal that this user sees; None: none."""
        return self.workspace.modals.top(id_of(user))

    def views(self, user: User | str) -> tuple[View, ...]:
        """Every view that this user has ever seen, oldest first, each as it was then."""
        return tuple(view for view in self.workspace.modals.shown if view.user == id_of(user))

    @property
    def pings(self) -> tuple[tuple[str, ...], ...]:
        """Who was notified by the bot: an entry for each post, edit and ephemeral message that pinged somebody."""
        return tuple(self.workspace.state.pings)


class SeenSoFar:
    """Remembers what a user has seen so far, to find what is new later."""

    def __init__(self, people: SlackPeople, user: str) -> None:
        self._people = people
        self._user = user
        self._seen = {message.ts for message in people.ephemerals(user)}
        self._views = len(people.views(user))

    def _ephemerals(self) -> tuple[SlackMessage, ...]:
        return tuple(each for each in self._people.ephemerals(self._user) if each.ts not in self._seen)

    def _count(self) -> int:
        return len(self._ephemerals()) + len(self._people.views(self._user)) - self._views

    async def outcome(self, answers: int, within: float) -> Outcome:
        """What is new, as soon as there are so many new things or the time is over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while self._count() < answers and loop.time() < deadline:  # noqa: ASYNC110 - many things change what a user sees
            await asyncio.sleep(_POLL_SECONDS)
        return Outcome(ephemerals=self._ephemerals(), view=self._people.view(self._user))
