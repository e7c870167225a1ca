"""Sentences that agents and operators read and that only make sense in Slack."""

from __future__ import annotations

from bot.model import Verb

# ------------------------------------------------------------ posts and cards

NO_ADDRESS = "(its address is too long for Slack: open it in the store's dashboard)"
SHARED_MESSAGE = "a shared message"
DELETED_FILE = "a deleted file"
HIDDEN_FILE = "a file that Slack does not show to shopbell"
EXTERNAL_FILE = "the file “{name}”, which is not stored in Slack"
CANVAS = "the canvas"
LIST = "the list"
POST = "the post"
CALL = "a call"
PICTURE = "a picture"
VIDEO = "a video"
BUTTONS = "buttons"
A_LINK = "link"

# ------------------------------------------------------------ commands

PICKER_TITLE = {
    Verb.CLOSE: "Close a ticket",
    Verb.REOPEN: "Reopen a ticket",
    Verb.TAKE: "Take a ticket",
    Verb.RELEASE: "Release a ticket",
    Verb.ASSIGN: "Assign a ticket",
    Verb.WHY: "What became of a ticket",
    Verb.SNOOZE: "Snooze a ticket",
}
PICKER_SUBMIT = {
    Verb.CLOSE: "Close",
    Verb.REOPEN: "Reopen",
    Verb.TAKE: "Take",
    Verb.RELEASE: "Release",
    Verb.ASSIGN: "Assign",
    Verb.WHY: "Show",
    Verb.SNOOZE: "Snooze",
}
OPEN = "Open"
PICKER_LABEL = "Ticket"
PICKER_PLACEHOLDER = "A number, a name or a subject"
PICKER_CANCEL = "Cancel"
ASSIGNEE_LABEL = "To"
FORM_TITLE = {Verb.NOTE: "Add a note", Verb.REPLY: "Reply to a ticket", Verb.SNIPPET: "Send a snippet"}
SNIPPET_LABEL = "Snippet"
SNIPPET_PLACEHOLDER = "A name, or words of its text"
NEXT = "Next"
NUMBER_FIRST = "Give the ticket's number first, such as /note 1042 and then the note. You wrote:"
WORDS_LABEL = {Verb.SNOOZE: "Until", Verb.CLOSE: "Why (a note for the team)"}
WORDS_PLACEHOLDER = {Verb.SNOOZE: "2h, tomorrow, mon 9:00, or off"}
DONE = "Done"
WAIT = "One moment …"

FORM_OUTDATED = "This form is from another version of shopbell. Nothing was done: close it, and open it again."
ENTRY_OUTDATED = (
    "This is from another version of shopbell. Nothing was done: /help shows what there is. "
    "Whoever runs shopbell can renew it with the output of: shopbell manifest slack"
)
PICTURE_FOLLOWS = "The picture comes into your own messages with shopbell."
PICTURE_NOT_DRAWN = "The picture could not be drawn now. The table says the same in figures."
PICTURE_NOT_SHOWN = "The picture could not be shown. {reason}"

# ------------------------------------------------------------ failures

NO_ANSWER = "The connection to Slack broke before it answered."
UNUSABLE_ANSWER = "Slack did not answer in a usable way."
UNREACHABLE = "Slack could not be reached."
FOREIGN_ANSWER = "Something between here and Slack answered {status}."
RATE_LIMITED = "Slack is rate-limiting the bot for {seconds:.0f} seconds."
TOO_FAST = "Slack allows about one message a second in a channel."
REFUSED = "Slack refused this ({code})."

APP_TOKEN_REFUSED = (
    "Slack refuses the app token ({code}). "  # noqa: S105 - a sentence
    "Make one with the scope connections:write and put it in SLACK_APP_TOKEN."
)
BOT_TOKEN_REFUSED = "Slack refuses the bot token ({code}). Reinstall the app and put its token in SLACK_BOT_TOKEN."  # noqa: S105
APP_TOKEN_SCOPE = "The Slack app token lacks the scope connections:write. Make a new one with it."  # noqa: S105
SCOPE_MISSING = "The Slack app lacks {scope}. Add it to the app and reinstall the app."
SCOPES_MISSING = "The Slack app lacks the scopes {scopes}. Add them to the app and reinstall the app."

THREAD_GONE = "The thread is no longer in Slack."
THREAD_LOCKED = "A ticket's thread in Slack is locked. Ask an admin of the workspace to unlock it."
THREAD_LOCKED_AT = "A ticket's thread in Slack is locked. Ask an admin of the workspace to unlock it: {address}"
PERHAPS_GONE = "Slack says that this does not exist. It is asked once more before that is believed."
PERHAPS_HIDDEN = "Slack does not show this channel. It is asked once more before that is believed."
CONTRADICTED = "Slack says that this does not exist, and shows it all the same."
GONE = {
    "message_not_found": "The message is no longer in Slack.",
    "thread_not_found": THREAD_GONE,
    "user_not_found": "Slack knows no such person.",
}
FORBIDDEN = {
    "channel_not_found": "Slack finds no such channel, or the bot is not in it. Invite it, or correct the channel id.",
    "not_in_channel": "The bot is not in the Slack channel. Type /invite and the bot's name there.",
    "is_archived": "The Slack channel is archived. Unarchive it, or give the store another channel.",
    "restricted_action": "A setting of the workspace keeps the bot from posting here. Ask an admin to allow it.",
    "restricted_action_read_only_channel": "The Slack channel is read-only. Allow the bot to post there.",
    "restricted_action_thread_only_channel": "The Slack channel takes only replies. Allow the bot to post there.",
    "restricted_action_non_threadable_channel": "The Slack channel has no threads. Give the store another channel.",
    "restricted_action_thread_locked": THREAD_LOCKED,
    "thread_locked": THREAD_LOCKED,
    "ekm_access_denied": "The admins of this workspace have stopped all posting for now. Ask them when it goes on.",
    "enterprise_is_restricted": "The organisation restricts this Slack app. Ask an admin there to allow it.",
    "access_denied": "The workspace does not let the bot use this. Ask an admin to allow the app.",
    "not_allowed": "The workspace does not allow this to the bot. Ask an admin to allow the app.",
    "as_user_not_supported": "The Slack app was installed in an old way. Make it anew from `shopbell manifest slack`.",
    "channel_type_not_supported": (
        "The Slack channel was changed into a kind that shopbell cannot use. Give the store another channel."
    ),
    "method_not_supported_for_channel_type": (
        "The Slack channel was changed into a kind that shopbell cannot use. Give the store another channel."
    ),
    "messages_tab_disabled": "This app's messages are switched off in Slack. Switch them on in the app's settings.",
}
WORKSPACE_REFUSES = {
    "account_inactive": (
        "The Slack workspace or the bot in it is deactivated. "
        "Reactivate it, or reinstall the app and put its token in SLACK_BOT_TOKEN."
    ),
    "org_login_required": "The Slack workspace is being moved into an organisation. It works again when that is over.",
    "team_access_not_granted": "The Slack app is not granted to this workspace. Ask an admin to add it.",
    "team_not_found": "Slack does not find the workspace of this bot token. Reinstall the app.",
    "two_factor_setup_required": (
        "The Slack workspace demands two-factor authentication. Whoever installed the app must set it up."
    ),
}
LATER = {
    "accesslimited": "Slack limits the bot's access for now.",
    "external_channel_migrating": "The Slack channel is being moved to another workspace. It works again after that.",
    "message_limit_exceeded": "This workspace sends more messages than Slack allows. It goes on when Slack takes more.",
    "service_unavailable": "Slack has trouble and cannot do this at the moment.",
    "team_added_to_org": "The Slack workspace is being moved into an organisation. It works again when that is over.",
}
REJECTED = {
    "cant_update_message": "Slack does not let the bot change this message: another account has posted it.",
    "edit_window_closed": "This workspace does not allow such late changes to messages. Change its message settings.",
    "cannot_reply_to_message": "Slack allows no replies to this message.",
    "invalid_thread_ts": "For Slack this is not a thread.",
    "msg_too_long": "The message is too long for Slack.",
    "msg_blocks_too_long": "The message is too long for Slack.",
    "invalid_blocks": "Slack does not accept what is in the message.",
    "invalid_blocks_format": "Slack does not accept what is in the message.",
    "invalid_arguments": "Slack does not accept what is in the message.",
    "no_text": "Slack sees nothing in the message.",
    "slack_connect_canvas_sharing_blocked": "A setting forbids links to canvases in shared channels.",
    "slack_connect_file_link_sharing_blocked": "A setting forbids links to files in shared channels.",
    "slack_connect_lists_sharing_blocked": "A setting forbids links to lists in shared channels.",
    "user_not_in_channel": "This person is not in the Slack channel.",
    "too_many_emoji": "The message has as many reactions as Slack allows.",
    "too_many_reactions": "The message has as many reactions as Slack allows.",
    "expired_trigger_id": "That took too long for Slack. Try the command again.",
}

FILE_GONE = "Slack does not give out this file any more."
FILE_ELSEWHERE = "This file is not stored at Slack."

# ------------------------------------------------------------ the connection

NOT_CONNECTED = "It has not connected yet."
LOST = "The connection to Slack ended; a new one is being made."
SOCKET_FAILED = "The socket to Slack failed ({error})."
ENDED = {
    "link_disabled": "Socket Mode is switched off. Switch it on in the app's settings.",
    "too_many_websockets": "Too many programs are connected with this app token. Stop the others.",
}
"""By Slack's reason to end a connection."""

# ------------------------------------------------------------ shopbell check

LOGGED_IN = "The bot is {name}."
TRY_AGAIN = "Check that this machine reaches Slack, then try again."
SCOPES_GRANTED = "All that are needed are granted."
SCOPES_UNKNOWN = "Slack's answer does not say which scopes are granted. Compare them with `shopbell manifest slack`."
SCOPES_NOT_GRANTED = "Not granted: {scopes}."
ADD_SCOPES = "Add {scopes} to the app's bot token scopes and reinstall the app."
SOCKET_WORKS = "Socket Mode can be opened."
NO_CHANNEL = "Slack finds no such channel, or it is private and the bot is not in it."
CHECK_CHANNEL_ID = "{invite}; if there is no channel with this id, correct the id in the store's channels."
ARCHIVED = "{channel} is archived."
UNARCHIVE = "Unarchive {channel}."
NOT_IN_CHANNEL = "The bot is not in {channel}, so it gets no messages from there."
IN_CHANNEL = "The bot is in {channel}."
NO_GROUP = "Reminders ping a user group (REMIND) that Slack does not show: it is disabled or deleted."
ENABLE_GROUP = "Enable the user group again (People, User groups), or name another one in REMIND."
NO_AGENT_GROUP = "It makes people agents (SLACK_AGENTS), but Slack shows nobody in it."
CHECK_AGENT_GROUP = (
    "Add people to it, or enable it (People, User groups). If it was deleted, name another one in SLACK_AGENTS."
)
GROUP_EMPTY = "Reminders ping a user group (REMIND) with nobody in it."
FILL_GROUP = "Add people to the user group, or name another one in REMIND."
NO_PERSON = "Reminders ping somebody (REMIND) whose account is deactivated or unknown."
CHECK_REMIND = "Name somebody else in REMIND."
INVITE = "In the channel {channel}, type: /invite @{bot}"
