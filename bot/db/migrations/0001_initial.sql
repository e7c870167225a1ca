-- Times are whole milliseconds since 1970 in UTC. Ids that came from a vendor or a chat are text, whatever they look like.

CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    key_prefix TEXT NOT NULL, -- begins every delivery key, so that two installations never take each other's messages for their own
    restored_at INTEGER -- when a bridge first ran on this file as a restored backup; 0: not yet; NULL: it is none
) STRICT;

CREATE TABLE stores (
    name TEXT PRIMARY KEY,
    first_swept_at INTEGER,      -- when the first full sweep ended; NULL: the store's past is not known yet
    fully_swept_at INTEGER,
    swept_at INTEGER,
    incident TEXT,               -- what is wrong, for people; NULL: nothing
    incident_since INTEGER,
    incident_notices TEXT NOT NULL DEFAULT '{}', -- JSON: the lines that tell of it, by what they call it; until its end is told
    active_at INTEGER NOT NULL DEFAULT 0 -- when anybody last wrote in one of its tickets
) STRICT;

-- Tickets that have not let themselves be read for long, as people were told.
CREATE TABLE unreadable_tickets (
    store TEXT NOT NULL REFERENCES stores (name),
    vendor_id TEXT NOT NULL,
    since INTEGER NOT NULL, -- when it was told
    PRIMARY KEY (store, vendor_id)
) STRICT;

-- Channels where we may not do what is needed.
CREATE TABLE channel_incidents (
    chat TEXT NOT NULL,
    channel TEXT NOT NULL,
    incident TEXT NOT NULL,
    since INTEGER NOT NULL,
    unreadable INTEGER NOT NULL DEFAULT 0 CHECK (unreadable IN (0, 1)), -- whether it may not be read, so that nobody is heard
    notices TEXT NOT NULL DEFAULT '[]', -- JSON: the lines that tell of it, by their deliveries
    PRIMARY KEY (chat, channel)
) STRICT;

CREATE TABLE tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- the short number; AUTOINCREMENT never gives one out twice
    store TEXT NOT NULL REFERENCES stores (name),
    vendor_id TEXT NOT NULL,
    subject TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    status_word TEXT,
    customer_name TEXT,
    customer_email TEXT,
    facts TEXT NOT NULL DEFAULT '[]',  -- JSON: [[label, value], ...]
    awaiting TEXT CHECK (awaiting IN ('us', 'customer')),
    created_at INTEGER NOT NULL,       -- at the vendor; where it does not say, when we first saw it
    first_response_at INTEGER,         -- the first public message by staff
    closed_at INTEGER,
    fingerprint TEXT,                  -- NULL: look at it again at the next sweep; empty: read, but not in a list
    wrote_at INTEGER NOT NULL DEFAULT 0, -- when we last changed its status; what was read before then is old news
    here_only INTEGER NOT NULL DEFAULT 0 CHECK (here_only IN (0, 1)), -- closed here, because its vendor cannot close
    gone_at INTEGER,                   -- when the vendor said that it does not exist any more
    followed INTEGER NOT NULL DEFAULT 0 CHECK (followed IN (0, 1)), -- whether it has, or shall have, threads
    version INTEGER NOT NULL DEFAULT 1, -- rises with everything that a card shows
    UNIQUE (store, vendor_id)
) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', 1000);
CREATE INDEX tickets_open ON tickets (store) WHERE status = 'open';
CREATE INDEX tickets_to_read_again ON tickets (store) WHERE fingerprint IS NULL;
CREATE INDEX tickets_by_customer ON tickets (LOWER(customer_email));
CREATE INDEX tickets_by_age ON tickets (store, created_at);

-- A link ties one ticket to one thread.
CREATE TABLE links (
    id INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (number),
    chat TEXT NOT NULL,
    channel TEXT NOT NULL,
    thread TEXT,                       -- NULL: still to be opened
    card TEXT,
    card_version INTEGER,              -- the ticket's version that the card shows
    seen TEXT,                         -- the last message whose predecessors are all known; NULL: none
    seen_at INTEGER NOT NULL DEFAULT 0,
    threads_lost INTEGER NOT NULL DEFAULT 0, -- how many threads it had before; part of the delivery key
    UNIQUE (ticket, chat, channel),
    UNIQUE (chat, channel, thread)
) STRICT;

-- Everything said about a ticket, once, wherever it was first said.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (number),
    vendor_id TEXT,                    -- NULL: the vendor does not have it, or did not say under which id
    link INTEGER REFERENCES links (id), -- where an agent wrote it; NULL: it came from the vendor
    thread TEXT,                       -- in which of the link's threads: one that is gone is replaced
    chat_message TEXT,
    agent TEXT,
    purpose TEXT NOT NULL CHECK (purpose IN (
        'vendor',   -- it came from the vendor
        'reply',    -- for the customer
        'note',     -- for the team, in both chats
        'talk'      -- for nobody but this thread
    )),
    author TEXT NOT NULL CHECK (author IN ('customer', 'staff', 'unknown')),
    author_name TEXT,
    text TEXT NOT NULL,
    attachments TEXT NOT NULL DEFAULT '[]', -- JSON
    other TEXT NOT NULL DEFAULT '[]',       -- JSON: what no vendor takes, in words
    can_reply INTEGER NOT NULL DEFAULT 1 CHECK (can_reply IN (0, 1)), -- whether the agent may reply
    is_public INTEGER NOT NULL DEFAULT 1 CHECK (is_public IN (0, 1)),
    written_at INTEGER NOT NULL,
    routed_at INTEGER,                 -- when it was decided what becomes of it; NULL: recorded only, so far
    mark TEXT,                         -- our mark on it, as last begun
    sync_epoch TEXT,                   -- since this epoch of its chat (see `bot.inbound.chats.catchup`) every change to it comes in
    edited TEXT,                       -- what it was last changed into, as it was written; NULL: it never was
    deleted_at INTEGER,                -- when it was deleted in its chat; NULL: it stands there
    UNIQUE (ticket, vendor_id),
    UNIQUE (link, chat_message)
) STRICT;
CREATE INDEX messages_unrouted ON messages (link, written_at) WHERE routed_at IS NULL;

-- One thing to be said once somewhere.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- part of the delivery key, so never given out twice
    kind TEXT NOT NULL CHECK (kind IN (
        'open',    -- make the link's thread, with its card
        'post',    -- a message into the link's thread
        'line',    -- a line of shopbell's own into the link's thread, or into a channel
        'card',    -- make the card show the present state
        'new_card', -- post another card in the link's thread, for the one that headed it was deleted
        'mark',    -- make the mark on an agent's message show the present state
        'reply',   -- a message to the customer
        'note',    -- an agent's note, into the vendor's own notes
        'status'   -- close or reopen at the vendor
    )),
    lane TEXT NOT NULL,
    destination TEXT NOT NULL,         -- what may be slow or down as a whole: a store or a chat
    ticket INTEGER REFERENCES tickets (number),
    link INTEGER REFERENCES links (id),
    message INTEGER REFERENCES messages (id),
    payload TEXT NOT NULL DEFAULT '{}', -- JSON: what the kind needs besides; see `bot.model.deliveries`
    requested INTEGER NOT NULL DEFAULT 0 CHECK (requested IN (0, 1)), -- whether an agent has asked for it by hand
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN (
        'waiting',   -- for its turn, its hour or another try
        'begun',     -- an attempt was written down and is being made
        'uncertain', -- it was begun and nobody knows whether it came about
        'held',      -- too old to be sent unasked; an agent decides
        'done',
        'failed',    -- for good; visible in the thread and in `shopbell outbox`
        'dropped'    -- recalled by its author or dropped by the operator
    )),
    part INTEGER NOT NULL DEFAULT 0,   -- how many of its parts are said
    attempts INTEGER NOT NULL DEFAULT 0,
    reconcile_attempts INTEGER NOT NULL DEFAULT 0, -- how often the far side was searched since the last attempt
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    begun_at INTEGER,                  -- the last attempt
    after_message TEXT,                -- to a chat: what we had said there last when that began; what it says is newer
    late_since INTEGER,                -- since when something keeps it from being done; NULL: nothing does
    late_told INTEGER NOT NULL DEFAULT 0 CHECK (late_told IN (0, 1)), -- whether its thread knows that it has to wait
    finished_at INTEGER,
    error TEXT,                        -- what an agent may read about the last failure
    doubt INTEGER NOT NULL DEFAULT 0 CHECK (doubt IN (0, 1)) -- whether it may have come about although it failed
) STRICT;
CREATE UNIQUE INDEX deliveries_once ON deliveries (message, link) WHERE kind = 'post';
CREATE UNIQUE INDEX deliveries_reply_once ON deliveries (message, kind)
WHERE kind IN ('reply', 'note') AND state <> 'dropped';
CREATE UNIQUE INDEX deliveries_open_once ON deliveries (link) WHERE kind = 'open' AND state NOT IN ('done', 'dropped');
CREATE UNIQUE INDEX deliveries_new_card_once ON deliveries (link) WHERE kind = 'new_card' AND state NOT IN ('done', 'dropped');
CREATE UNIQUE INDEX deliveries_card_coalesced ON deliveries (link) WHERE kind = 'card' AND state = 'waiting';
CREATE UNIQUE INDEX deliveries_mark_coalesced ON deliveries (message) WHERE kind = 'mark' AND state = 'waiting';
CREATE INDEX deliveries_openings ON deliveries (link) WHERE kind = 'open';
CREATE INDEX deliveries_lane ON deliveries (lane, id) WHERE state IN ('waiting', 'begun', 'uncertain', 'failed');
CREATE INDEX deliveries_due ON deliveries (destination, due_at) WHERE state IN ('waiting', 'uncertain');
CREATE INDEX deliveries_unfinished ON deliveries (destination, state, created_at)
WHERE state IN ('waiting', 'begun', 'uncertain', 'held', 'failed');
CREATE INDEX deliveries_of_message ON deliveries (message) WHERE message IS NOT NULL;
CREATE INDEX deliveries_of_status ON deliveries (ticket) WHERE kind = 'status';

-- Which chat message shows which part of a delivery.
CREATE TABLE posted (
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    part INTEGER NOT NULL,
    chat_message TEXT NOT NULL,
    PRIMARY KEY (delivery, part)
) STRICT;

-- The last message of ours that we know of in each chat, wherever in it.
CREATE TABLE last_said (
    destination TEXT PRIMARY KEY,
    chat_message TEXT NOT NULL
) STRICT;
