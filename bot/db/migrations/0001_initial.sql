-- The first schema. It is released: never change this file, add a migration (a test holds its hash).
--
-- Times are whole milliseconds since 1970 (UTC). Ids that come from a vendor or a chat are text, even if they look like
-- numbers. Columns marked JSON hold JSON text; `bot.db.rows` reads and writes it.

CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    key_prefix TEXT NOT NULL,          -- begins every delivery key: two installations never confuse their messages
    restored_at INTEGER                -- when a bridge first ran on this backup; 0: not yet; NULL: it is no backup
) STRICT;

CREATE TABLE stores (
    name TEXT PRIMARY KEY,
    first_swept_at INTEGER,            -- when the first full sweep ended; NULL: not yet, the store's past is unknown
    fully_swept_at INTEGER,            -- when the last full sweep ended
    swept_at INTEGER,                  -- when the last sweep ended, full or not
    incident TEXT,                     -- what is wrong, in words for people; NULL: nothing
    incident_since INTEGER,
    incident_notices TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(incident_notices)), -- JSON: {incident: [delivery]}
    active_at INTEGER NOT NULL DEFAULT 0 -- when somebody last wrote in one of the store's tickets
) STRICT;

-- Tickets that could not be read for a long time, and of which people know that.
CREATE TABLE unreadable_tickets (
    store TEXT NOT NULL REFERENCES stores (name),
    vendor_id TEXT NOT NULL,
    since INTEGER NOT NULL,            -- when people were told
    PRIMARY KEY (store, vendor_id)
) STRICT;

-- Channels in which we cannot do what we have to do, most often because a permission is missing.
CREATE TABLE channel_incidents (
    chat TEXT NOT NULL,
    channel TEXT NOT NULL,
    incident TEXT NOT NULL,            -- what is wrong, in words for people
    since INTEGER NOT NULL,
    unreadable INTEGER NOT NULL DEFAULT 0 CHECK (unreadable IN (0, 1)), -- whether we cannot read the channel either
    notices TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(notices)),     -- JSON: [delivery]
    PRIMARY KEY (chat, channel)
) STRICT;

CREATE TABLE tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- the short number; AUTOINCREMENT never gives out a number twice
    store TEXT NOT NULL REFERENCES stores (name),
    vendor_id TEXT NOT NULL,
    subject TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    status_word TEXT,                  -- the vendor's own word for the status
    customer_name TEXT,
    customer_email TEXT,
    facts TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(facts)), -- JSON: [[label, value]]
    awaiting TEXT CHECK (awaiting IN ('us', 'customer')),       -- whose turn it is; NULL: unknown
    created_at INTEGER NOT NULL,       -- at the vendor; if it does not say, when we first saw the ticket
    first_response_at INTEGER,         -- when staff first wrote a public message
    closed_at INTEGER,
    fingerprint TEXT,                  -- of its entry in the vendor's list; NULL: read it again; '': it was in no list
    status_set_at INTEGER NOT NULL DEFAULT 0, -- when we last changed its status; what was read before is out of date
    closed_here_only INTEGER NOT NULL DEFAULT 0 CHECK (closed_here_only IN (0, 1)), -- closed, but not at its vendor
    gone_at INTEGER,                   -- when the vendor said that the ticket does not exist any more
    followed INTEGER NOT NULL DEFAULT 0 CHECK (followed IN (0, 1)), -- whether it has threads or will get them
    version INTEGER NOT NULL DEFAULT 1, -- goes up with every change that its cards show
    UNIQUE (store, vendor_id)
) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', 1000);
CREATE INDEX tickets_open ON tickets (store) WHERE status = 'open';
CREATE INDEX tickets_to_read_again ON tickets (store, status, fingerprint, number)
WHERE fingerprint IS NULL AND status = 'closed' AND followed = 1 AND gone_at IS NULL;
CREATE INDEX tickets_to_choose ON tickets (status, number) WHERE followed = 1 AND gone_at IS NULL;
CREATE INDEX tickets_to_probe ON tickets (store, status, number) WHERE followed = 1 AND gone_at IS NULL;
CREATE INDEX tickets_by_customer ON tickets (LOWER(customer_email));
CREATE INDEX tickets_by_creation ON tickets (store, created_at);
CREATE INDEX tickets_by_closing ON tickets (store, closed_at);
CREATE INDEX tickets_by_status_change ON tickets (status_set_at);

-- A link connects one ticket to one thread.
CREATE TABLE links (
    id INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (number),
    chat TEXT NOT NULL,
    channel TEXT NOT NULL,
    thread TEXT,                       -- NULL: not opened yet
    card TEXT,                         -- the chat message that is the ticket's card in this thread
    card_version INTEGER,              -- the ticket's version that the card shows
    read_up_to TEXT,                   -- the last message before which we know every message; NULL: none
    read_up_to_at INTEGER NOT NULL DEFAULT 0, -- when that message was written
    threads_lost INTEGER NOT NULL DEFAULT 0,  -- how many threads it had before this one; part of the delivery key
    UNIQUE (ticket, chat, channel),
    UNIQUE (chat, channel, thread)
) STRICT;
CREATE INDEX links_by_reading ON links (chat, read_up_to_at);

-- Every message about a ticket, once, no matter where it was written first.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (number),
    vendor_id TEXT,                    -- NULL: the vendor does not have it, or did not say its id
    link INTEGER REFERENCES links (id), -- where an agent wrote it; NULL: it came from the vendor
    thread TEXT,                       -- in which thread of the link; a deleted thread is replaced by another
    chat_message TEXT,                 -- its id in the chat
    agent TEXT,                        -- the id of its author in the chat
    purpose TEXT NOT NULL CHECK (purpose IN (
        'vendor',   -- it came from the vendor
        'reply',    -- for the customer
        'note',     -- for the team, in both chats
        'talk'      -- for nobody outside this thread
    )),
    author TEXT NOT NULL CHECK (author IN ('customer', 'staff', 'unknown')),
    author_name TEXT,
    text TEXT NOT NULL,
    attachments TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(attachments)), -- JSON: [{name, ...}]
    unsupported TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(unsupported)), -- JSON: [words]: what no vendor accepts
    can_reply INTEGER NOT NULL DEFAULT 1 CHECK (can_reply IN (0, 1)), -- whether its author may reply to customers
    is_public INTEGER NOT NULL DEFAULT 1 CHECK (is_public IN (0, 1)), -- whether the customer can read it
    written_at INTEGER NOT NULL,
    routed_at INTEGER,                 -- when its purpose was decided; NULL: only recorded so far
    mark TEXT CHECK (mark IN ('⏳', '✅', '❌', '🔒')), -- our mark on it; NULL: none
    sync_epoch TEXT,                   -- since this epoch of its chat we receive every change to it; NULL: not known
    edited_text TEXT,                  -- its text after its last edit, as written; NULL: it was never edited
    deleted_at INTEGER,                -- when its author deleted it; NULL: it is still there
    UNIQUE (ticket, vendor_id),
    UNIQUE (link, chat_message)
) STRICT;
CREATE INDEX messages_unrouted ON messages (link, written_at) WHERE routed_at IS NULL;

-- One thing that has to be done once at one destination. Finished ones are kept.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- part of the delivery key, so a number is never given out twice
    kind TEXT NOT NULL CHECK (kind IN (
        'open',     -- open the link's thread, with the card
        'post',     -- post a message in the link's thread
        'line',     -- post a line from shopbell itself, in the link's thread or in a channel
        'card',     -- make the card show the current state
        'new_card', -- post a new card in the link's thread, because its card was deleted
        'mark',     -- make the mark on an agent's message show the current state
        'reply',    -- send a message to the customer
        'note',     -- add an agent's note to the vendor's own notes
        'status'    -- close or reopen the ticket at its vendor
    )),
    lane TEXT NOT NULL,                -- the deliveries of one lane are made one after the other
    destination TEXT NOT NULL,         -- a store or a chat, which may be slow or down as a whole
    ticket INTEGER REFERENCES tickets (number),
    link INTEGER REFERENCES links (id),
    message INTEGER REFERENCES messages (id),
    payload TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(payload)), -- JSON: see `bot.model.deliveries.PAYLOADS`
    requested INTEGER NOT NULL DEFAULT 0 CHECK (requested IN (0, 1)), -- whether an agent asked for it by hand
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN (
        'waiting',   -- for its turn, its time or another attempt
        'begun',     -- an attempt is being made
        'uncertain', -- an attempt was made, and nobody knows its outcome
        'held',      -- too old to be sent without asking; an agent decides
        'done',
        'failed',    -- for good; people see it in the thread and in `shopbell outbox`
        'dropped'    -- recalled by its author, or dropped by the operator
    )),
    -- The next two are for the partial indexes below, which hold no finished delivery: so these cost nothing.
    unfinished INTEGER NOT NULL GENERATED ALWAYS AS (state NOT IN ('done', 'dropped')) VIRTUAL,
    scheduled INTEGER NOT NULL GENERATED ALWAYS AS (state IN ('waiting', 'uncertain')) VIRTUAL, -- `due_at` counts
    part INTEGER NOT NULL DEFAULT 0,   -- which part is next, counted from 0
    attempts INTEGER NOT NULL DEFAULT 0,
    reconcile_attempts INTEGER NOT NULL DEFAULT 0, -- how often the other side was searched since the last attempt
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    begun_at INTEGER,                  -- when the last attempt began
    after_message TEXT,                -- our last message in the chat when the attempt began; what it posts is newer
    late_since INTEGER,                -- since when something prevents it; NULL: nothing does
    late_is_told INTEGER NOT NULL DEFAULT 0 CHECK (late_is_told IN (0, 1)), -- whether its thread was told that it waits
    finished_at INTEGER,               -- when it was done, dropped or failed
    error TEXT,                        -- the last failure, in words for people
    in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1)) -- whether it failed but may still have been made
) STRICT;
CREATE UNIQUE INDEX deliveries_post_once ON deliveries (message, link) WHERE kind = 'post';
CREATE UNIQUE INDEX deliveries_reply_once ON deliveries (message, kind)
WHERE kind IN ('reply', 'note') AND state <> 'dropped';
CREATE UNIQUE INDEX deliveries_open_once ON deliveries (link) WHERE kind = 'open' AND unfinished = 1;
CREATE UNIQUE INDEX deliveries_new_card_once ON deliveries (link) WHERE kind = 'new_card' AND unfinished = 1;
CREATE UNIQUE INDEX deliveries_card_once ON deliveries (link) WHERE kind = 'card' AND state = 'waiting';
CREATE UNIQUE INDEX deliveries_mark_once ON deliveries (message) WHERE kind = 'mark' AND state = 'waiting';
-- Each of these three begins with the column of its condition, so that SQLite searches it and prefers it to a scan.
CREATE INDEX deliveries_unfinished ON deliveries (unfinished, destination) WHERE unfinished = 1;
CREATE INDEX deliveries_in_lane ON deliveries (unfinished, lane, id) WHERE unfinished = 1;
CREATE INDEX deliveries_scheduled ON deliveries (scheduled, destination, due_at) WHERE scheduled = 1;
CREATE INDEX deliveries_of_message ON deliveries (message) WHERE message IS NOT NULL;
CREATE INDEX deliveries_opening_of_link ON deliveries (link) WHERE kind = 'open';
CREATE INDEX deliveries_opened_at ON deliveries (finished_at) WHERE kind = 'open';

-- Which chat message shows which part of a delivery.
CREATE TABLE posted (
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    part INTEGER NOT NULL,
    chat_message TEXT NOT NULL,
    PRIMARY KEY (delivery, part)
) STRICT;

-- Our last message in each chat, in any of its threads and channels.
CREATE TABLE last_posted (
    destination TEXT PRIMARY KEY,
    chat_message TEXT NOT NULL
) STRICT;
