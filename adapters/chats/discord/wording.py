"""Sentences that agents and operators read and that only make sense on Discord."""

from __future__ import annotations

NO_ADDRESS = "(its address is too long for Discord: open it in the store's dashboard)"
A_SOUND = "a sound"
GUIDES = {
    "browse": "Browse Channels",
    "customize": "Channels & Roles",
    "guide": "Server Guide",
    "home": "Server Guide",
    "linked-roles": "Linked Roles",
}
"""What Discord's own app calls the places `<id:browse>` and the like."""

TICKET_OPTION = "The ticket's number; in a ticket's thread: that ticket"
STORE_OPTION = "Only this store"
DAYS_OPTION = "How many days back; 7 if you leave it out"
CLOSE_COMMAND = "Close a ticket"
REOPEN_COMMAND = "Reopen a ticket"
TAKE_COMMAND = "Take a ticket: you answer it"
RELEASE_COMMAND = "Give a ticket back that you have taken"
ASSIGN_COMMAND = "Give a ticket to a colleague"
NOTE_COMMAND = "Add a note for the team to a ticket"
NOTE_OPTION = "What to note; a form asks for it if you leave it out"
REPLY_COMMAND = "Answer a ticket's customer in a form"
SNIPPET_COMMAND = "Send a saved answer"
SNIPPETS_COMMAND = "List, write and change saved answers"
SNIPPET_OPTION = "Which saved answer"
AGENT_OPTION = "Who shall answer it"
SNOOZE_COMMAND = "Take a ticket out of the queue until a time, or until the customer writes"
UNTIL_OPTION = "2h, 1d, tomorrow, mon 9:00, 2026-12-01 9:00, or off"
LISTS = ("waiting", "mine", "snoozed", "all")
TICKETS_COMMAND = "The tickets that wait for you, longest first"
WHICH_OPTION = "Which tickets; those that wait for you if you leave it out"
STATS_COMMAND = "Open, waiting and closed tickets, and how fast they were answered"
FIND_COMMAND = "Find tickets by number, name or words"
WORDS_OPTION = "A number, a name, or words of a subject or a message"
WHY_COMMAND = "What became of a ticket's messages, and what to do next"
WHY_MENU = "Why"
SEND_COMMAND = "Send to customer"
KEEP_COMMAND = "Keep as note"
HELP_COMMAND = "What you can do here"
REASON_OPTION = "Why it is closed; the team reads it as a note"

IN_THREAD = "About {thread}: {text}"
NO_DIRECT_MESSAGES = (
    "The answer is for you alone, but you accept no direct messages from this server. Use the command with / instead."
)

FORM_OUTDATED = "This form is from another version of shopbell. Nothing was done: open it again."
COMMAND_OUTDATED = (
    "This command is from another version of shopbell. Nothing was done: start Discord anew, then try again. "
    "/help shows what there is."
)

NO_BUTTONS = "To do that, use the command with / in the thread: its answer has a button."

STICKER = "the sticker “{name}”"
POLL = "a poll"
FORWARDED = "a forwarded message"
INVITATION = "an invitation"
UNKNOWN_STICKER = "a sticker"
COMPONENTS = "buttons or other parts of a message"
HIDDEN_TEXT = "text that Discord did not show to shopbell"

LOGIN_REFUSED = (
    "Discord refuses the bot's token. Make a new one (Developer Portal, Bot, Reset Token) and set DISCORD_TOKEN to it."
)
INTENT_MISSING = (
    "Discord does not give the bot the text of messages. "
    "Switch on the Message Content Intent (Developer Portal, Bot, Privileged Gateway Intents)."
)
GATEWAY_REFUSED = "Discord closed the connection for good (code {code}). Update shopbell, then start it again."
NOT_CONNECTED = "not connected yet"
LOST = "the connection to Discord was lost: {reason}"

NO_ANSWER = "Discord did not answer, so this may or may not have been done."
UNREACHABLE = "Discord cannot be reached."
SLOW_DOWN = "Discord is rate-limiting the bot."
TOO_MANY_THREADS = "This Discord server has as many open threads as Discord allows. Close some that nobody needs."
TOO_MANY_EDITS = "Discord takes no more changes to this card for now."
FILE_GONE = "This file is no longer at the address that Discord gave."
GONE = "It is not there any more on Discord."
FOREIGN_ANSWER = "Something between here and Discord answered {status}."
NOT_ON_SERVER = "The bot is not on this Discord server any more. Invite it again."
PERHAPS_GONE = "Discord says that this does not exist. It is asked once more before that is believed."
PERHAPS_HIDDEN = "Discord does not show this channel. It is asked once more before that is believed."
CONTRADICTED = "Discord says that this does not exist, and shows it all the same."
ARCHIVED_MEANWHILE = "The thread was archived just now. The bot tries again."
CARD_DELETED = "The ticket's card was deleted before it had its thread."
SERVER_NOT_LISTED = "Discord has not sent yet what this server looks like. Please try again in a minute."
CHANNEL_GONE = "The channel is no longer on Discord. Name another one in the store's CHANNELS and start shopbell again."
NO_CHANNEL = "There is no such channel on Discord, or the bot was removed from its server."
HIDDEN = "The bot may not see this channel. Give its role View Channel there."
LOCKED = "This thread is locked. Give the bot's role Manage Threads in the channel, or unlock the thread."
FORBIDDEN = "The bot may not do this here. Give its role {permission} in the channel."
BLOCKED = "This server's AutoMod blocked it. Exempt the bot's role in AutoMod's rules."
LINK_BLOCKED = "Discord's filter for harmful links blocked it."
TOO_LONG = "It is too long for Discord."
NOTHING_IN_IT = "Discord sees nothing in it."
SECOND_FACTOR = (
    "This Discord server demands two-factor authentication, and the bot's owner has none. "
    "Switch it on in the Discord account that owns the bot."
)
FLAGGED = "Discord has flagged the bot. Look into the Developer Portal for what it asks you to do."
UNVERIFIED = "Discord wants the account verified that owns the bot."
BANNED = "The bot is banned from this Discord server. Lift the ban and invite it again."
NOT_NOW = "Discord has trouble just now or has switched this off for a time (code {code})."
REFUSED = "Discord refused this: {reason}"
TAG_NEEDED = (
    "This forum demands a tag on every post, and the bot can use none. Add tags called Open, Closed and Waiting for us "
    "to the forum."
)
WRONG_KIND = "Tickets need a text channel or a forum; this channel is neither."

ALL_WELL = "can be used"
TAGS_ADVICE = "can be used; with tags called Open, Closed and Waiting for us its posts would show how a ticket stands"

LOGGED_IN = "logged in as {name}"
TOKEN_UNKNOWN = "Discord does not know this token."  # noqa: S105 - a sentence
TRY_AGAIN = "Check the network and discordstatus.com, then run this again."
INTENT_ON = "is on"
INTENT_OFF = "is off, so messages come without their text."
SWITCH_INTENT_ON = "Switch on the Message Content Intent (Developer Portal, Bot, Privileged Gateway Intents)."
NO_CHANNEL_ID = "This is not the id of a Discord channel."
CHECK_CHANNEL_ID = (
    "Put the id of a text channel or forum after discord: in the store's CHANNELS (right click, Copy ID)."
)
HIDDEN_CHANNEL = "The bot may not see this channel."
MISSING = "The bot lacks {name} here."
GIVE = "Give the bot's role {name} in this channel."
NO_ROLE = "Reminders ping a role (REMIND) that the server {server} does not have."
CHECK_ROLE_ID = "Copy the role's id again (Server Settings, Roles), and set it in REMIND."
NO_AGENT_ROLE = "It makes people agents (DISCORD_AGENT_ROLES), but no server of the stores' channels has this role."
CHECK_AGENT_ROLE = "Copy the role's id again (Server Settings, Roles), and set it in DISCORD_AGENT_ROLES."
ROLE_NOT_PINGED = "Reminders mention @{name} (REMIND), but in #{channel} that pings nobody."
NO_MEMBER = "Reminders ping somebody (REMIND) who is not on the server {server}."
PERSON_NOT_PINGED = "Reminders ping {name} (REMIND), who cannot see #{channel}."
CHECK_REMIND = "Give them access, or name somebody else in REMIND."
MAKE_MENTIONABLE = (
    "Allow anyone to @mention this role (Server Settings, Roles, {name}), "
    "or give the bot's role Mention @everyone, @here, and All Roles in this channel."
)
NO_COMMANDS = "The bot may not offer commands on this server."
INVITE_AGAIN = "Invite it again with {url}"
