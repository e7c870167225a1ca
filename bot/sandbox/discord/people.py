"""The people of the practice guild: what they can do with a Discord client, and what they see there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.sandbox.discord.gateway import GUILDS
from bot.sandbox.discord.guild import Guild
from bot.sandbox.discord.message_limits import CONTENT, FILE_BYTES
from bot.sandbox.discord.message_requests import DiscordMessageRequest
from bot.sandbox.discord.permissions import allow, deny, has, mask, may_write, require
from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors
from bot.sandbox.discord.routes_channels import TAG_NAME
from bot.sandbox.discord.values import (
    ChannelType,
    DiscordChannel,
    DiscordMessage,
    Member,
    Place,
    Role,
    Tag,
    Thread,
    Upload,
)

Id = int | str
"""Discord's ids are numbers that are sent as text; both are accepted."""


class DiscordPeople:
    """
    What people do and see. What their client or Discord would refuse raises `DiscordRefusal`.

    Attributes:
        guild: The guild that they use.
    """

    def __init__(self, guild: Guild) -> None:
        self.guild = guild

    # ------------------------------------------------------------ preparing the guild

    def add_text_channel(self, name: str) -> DiscordChannel:
        return self._add_channel(name, ChannelType.TEXT)

    def add_forum(self, name: str, tags: Sequence[str] = (), *, require_tag: bool = False) -> DiscordChannel:
        """A forum; `tags` are the names that its posts can carry."""
        for tag in tags:
            if not 1 <= len(tag) <= TAG_NAME:
                raise ValueError(f"a tag has 1 to {TAG_NAME} characters")
        forum = self._add_channel(name, ChannelType.FORUM, send_event=False)
        forum.tags = [Tag(self.guild.state.new_id(), tag) for tag in tags]
        forum.require_tag = require_tag
        self.guild.send_channel_event("CHANNEL_CREATE", forum)
        return forum

    def add_role(self, name: str, *permissions: str, mentionable: bool = False) -> Role:
        """A role; it adds these permissions to what everybody has. `mentionable`: everybody may mention it."""
        role = Role(self.guild.state.new_id(), name, mask(permissions), mentionable)
        state = self.guild.state
        state.roles[role.id] = role
        made = {"guild_id": str(state.guild_id), "role": self.guild.serializer.role(role, len(state.roles) - 1)}
        self.guild.send("GUILD_ROLE_CREATE", made, GUILDS, None)
        return role

    def add_member(self, name: str, *roles: Role, direct: bool = False) -> Member:
        """A new member; `direct`: whether they accept direct messages from members of the guild."""
        member = Member(self.guild.state.new_id(), name, [role.id for role in roles], direct=direct)
        self.guild.state.members[member.id] = member
        return member

    def change_role(self, role: Role, *permissions: str) -> Role:
        """Let a role add these permissions and no others to what everybody has."""
        state = self.guild.state
        state.roles[role.id] = changed = Role(role.id, role.name, mask(permissions))
        made = {
            "guild_id": str(state.guild_id),
            "role": self.guild.serializer.role(changed, list(state.roles).index(role.id)),
        }
        self.guild.send("GUILD_ROLE_UPDATE", made, GUILDS, None)
        return changed

    def set_roles(self, member: Member, *roles: Role) -> None:
        """Give a member these roles and no others. Only bots with the members intent get an event about that."""
        member.roles[:] = [role.id for role in roles]

    def time_out(self, member: Member, seconds: float) -> None:
        """Let a member only read for so long; 0: no longer."""
        member.timed_out_until = self.guild.state.now() + timedelta(seconds=seconds) if seconds else None

    def leave_guild(self, member: Member) -> None:
        """A member leaves the guild, or is kicked out."""
        member.left = True

    def deny(self, channel_id: Id, *permissions: str, whom: Member | Role | None = None) -> None:
        """Take permissions from somebody in one channel; from the bot, unless `whom` says otherwise."""
        channel = self.guild.state.channel(int(channel_id))
        deny(channel, whom or self.bot, permissions)
        self.guild.send_channel_event("CHANNEL_UPDATE", channel)

    def allow(self, channel_id: Id, *permissions: str, whom: Member | Role | None = None) -> None:
        """Give permissions to somebody in one channel; to the bot, unless `whom` says otherwise."""
        channel = self.guild.state.channel(int(channel_id))
        allow(channel, whom or self.bot, permissions)
        self.guild.send_channel_event("CHANNEL_UPDATE", channel)

    def _add_channel(self, name: str, channel_type: ChannelType, *, send_event: bool = True) -> DiscordChannel:
        state = self.guild.state
        channel = DiscordChannel(id=state.new_id(), name=name, type=channel_type, position=len(state.channels))
        state.channels[channel.id] = channel
        if send_event:
            self.guild.send_channel_event("CHANNEL_CREATE", channel)
        return channel

    # ------------------------------------------------------------ what people do

    async def say(
        self,
        member: Member,
        channel_id: Id,
        text: str,
        *,
        attachments: Sequence[tuple[str, bytes]] = (),
        sticker: str | None = None,
        poll: str | None = None,
        reply_to: DiscordMessage | None = None,
    ) -> DiscordMessage:
        """
        Write in a channel or thread; this opens an archived thread.

        Args:
            attachments: Names and bytes.
            sticker: A sticker's name.
            poll: A question, to be answered with yes or no.
        """
        place = self._place(channel_id)
        require(self.guild.state, member, place, may_write(place))
        request = DiscordMessageRequest(
            given=frozenset({"content"}),
            content=text.strip(),
            files=tuple(Upload(name, data) for name, data in attachments),
            stickers=(sticker,) if sticker else (),
            poll=poll,
            reply_to=None if reply_to is None else reply_to.id,
        )
        _refuse_too_long(request)
        return self.guild.say(member, place, request)

    async def edit(self, member: Member, message: DiscordMessage, text: str, *, removes: Sequence[str] = ()) -> None:
        """Edit a message of the member's own, where they can still see it; `removes`: names of its files."""
        if message.author_id != member.id:
            raise DiscordRefusal(50005)
        require(self.guild.state, member, self._place(message.channel_id))
        kept = tuple(file.id for file in message.attachments if file.upload.name not in removes)
        request = DiscordMessageRequest(given=frozenset({"content"}), content=text.strip(), kept=kept)
        _refuse_too_long(request)
        self.guild.change(message, member, request)

    async def preview_links(self, message: DiscordMessage) -> None:
        """Add a link preview, as Discord does a moment later: an update that changes no text."""
        message.embeds.append({"type": "link", "url": "https://example.com/", "title": "Example"})
        self.guild.send_message_event("MESSAGE_UPDATE", message)

    async def delete(self, member: Member, message: DiscordMessage) -> None:
        """Delete a message of the member's own, or with `manage_messages` any message."""
        needed = ("manage_messages",) if message.author_id != member.id else ()
        require(self.guild.state, member, self._place(message.channel_id), *needed)
        self.guild.remove(message)

    async def repeat_as(self, name: str, message: DiscordMessage) -> DiscordMessage:
        """A program such as PluralKit deletes what a member wrote, and posts it again by a webhook under this name."""
        self.guild.remove(message)
        hook = Member(self.guild.state.new_id(), name, bot=True)
        request = DiscordMessageRequest(given=frozenset({"content"}), content=message.content)
        return self.guild.say(hook, self._place(message.channel_id), request, webhook=name)

    async def purge(self, member: Member, messages: Sequence[DiscordMessage]) -> None:
        """Delete several messages of one place at once, as moderators do with a bot."""
        place = self._place(messages[0].channel_id)
        require(self.guild.state, member, place, "manage_messages")
        self.guild.remove_at_once(place, messages)

    async def react(self, member: Member, message: DiscordMessage, emoji: str) -> None:
        self.guild.react(member, message, emoji)

    async def start_thread(self, member: Member, channel_id: Id, name: str, text: str = "") -> Thread:
        """Start a thread by hand: in a forum a post that begins with `text`, elsewhere one without a message."""
        channel = self.guild.state.channel(int(channel_id))
        if channel.type is ChannelType.FORUM:
            request = DiscordMessageRequest(content=text or name)
            thread, _ = self.guild.open_post(member, channel, name, 4320, (), request)
            return thread
        return self.guild.open_thread(member, channel, name, 4320, None)

    async def set_thread(
        self,
        member: Member,
        thread_id: Id,
        *,
        archived: bool | None = None,
        locked: bool | None = None,
        name: str | None = None,
    ) -> None:
        """Archive, open, lock, unlock or rename a thread by hand."""
        thread = self._thread(thread_id)
        owns = thread.owner_id == member.id and locked is None
        if not owns and not has(self.guild.state, member, thread, "manage_threads"):
            raise DiscordRefusal(50013)
        if locked is not None:
            thread.locked = locked
        if name is not None:
            self.guild.rename(member, thread, name)
        if archived is not None:
            self.guild.archive(thread, archived=archived)
        self.guild.send_thread_event(thread)

    async def delete_place(self, member: Member, channel_id: Id) -> None:
        """Delete a thread, or a channel with all its threads."""
        place = self._place(channel_id)
        needed = "manage_threads" if isinstance(place, Thread) else "manage_channels"
        require(self.guild.state, member, place, needed)
        self.guild.remove_place(place)

    # ------------------------------------------------------------ what people see

    @property
    def owner(self) -> Member:
        """Somebody who may do everything."""
        return self.guild.state.owner

    @property
    def bot(self) -> Member:
        return self.guild.state.bot

    @property
    def channels(self) -> list[DiscordChannel]:
        return list(self.guild.state.channels.values())

    def threads(self, channel_id: Id, *, archived: bool | None = None) -> list[Thread]:
        """A channel's threads, oldest first; only archived or only open ones, or with None both."""
        threads = self.guild.state.threads_of(int(channel_id))
        return [thread for thread in threads if archived is None or thread.archived == archived]

    def thread(self, thread_id: Id) -> Thread:
        return self._thread(thread_id)

    def messages(self, channel_id: Id, *, seen_by: Member | None = None) -> list[DiscordMessage]:
        """A channel's or thread's messages, oldest first; with `seen_by`, also what only that person sees."""
        return self.guild.state.messages(int(channel_id), seen_by=None if seen_by is None else seen_by.id)

    def direct_messages(self, member: Member) -> list[DiscordMessage]:
        """The direct messages of the bot to a member, oldest first."""
        state = self.guild.state
        return [
            m for channel, other in state.direct_channels.items() if other == member.id for m in state.messages(channel)
        ]

    def message(self, channel_id: Id, message_id: Id) -> DiscordMessage:
        return self.guild.state.message(int(channel_id), int(message_id))

    def author(self, message: DiscordMessage) -> Member:
        return self.guild.state.members[message.author_id]

    @property
    def everyone(self) -> Role:
        """The role that every member has."""
        return self.guild.state.roles[self.guild.state.guild_id]

    def tag_names(self, thread: Thread) -> list[str]:
        """The tags that a forum post carries."""
        names = {tag.id: tag.name for tag in self.guild.state.parent(thread).tags}
        return [names[tag] for tag in thread.tags if tag in names]

    def _place(self, channel_id: Id) -> Place:
        return self.guild.state.place(int(channel_id))

    def _thread(self, thread_id: Id) -> Thread:
        place = self._place(thread_id)
        if not isinstance(place, Thread):
            raise DiscordRefusal(10003)
        return place


def _refuse_too_long(request: DiscordMessageRequest) -> None:
    errors = FieldErrors()
    errors.add_if_longer("content", request.content, CONTENT)
    errors.raise_any()
    if any(len(upload.data) > FILE_BYTES for upload in request.files):
        raise DiscordRefusal(40005)
