-- Forgetting customers. It is released: never change this file, add a migration (a test holds its hash).

-- The key of the hashes that stand in place of a forgotten vendor id.
ALTER TABLE installation ADD COLUMN forgetting_key TEXT;
UPDATE installation SET forgetting_key = LOWER(HEX(RANDOMBLOB(32)));

-- Whether its `vendor_id`, and those of its messages, are keyed hashes: recognised, but nothing can be sent there.
ALTER TABLE tickets ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1));
-- Whether the ticket's words, names and addresses are erased now. Its customer's next message begins new ones.
ALTER TABLE tickets ADD COLUMN erased INTEGER NOT NULL DEFAULT 0 CHECK (erased IN (0, 1));
-- When they were last erased; what was written before is never recorded again. NULL: never.
ALTER TABLE tickets ADD COLUMN erased_at INTEGER;
CREATE INDEX tickets_to_erase ON tickets (erased, closed_at) WHERE erased = 0 AND status = 'closed';

-- Whether the message's words and its author's name are erased.
ALTER TABLE messages ADD COLUMN erased INTEGER NOT NULL DEFAULT 0 CHECK (erased IN (0, 1));
CREATE INDEX messages_deleted ON messages (deleted_at) WHERE deleted_at IS NOT NULL AND erased = 0;

-- One more kind of delivery. SQLite cannot change a CHECK, so the table is made anew, with the one that refers to it.
CREATE TABLE new_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- part of the delivery key, so a number is never given out twice
    kind TEXT NOT NULL CHECK (kind IN (
        'open',     -- open the link's thread, with the card
        'post',     -- post a message in the link's thread
        'line',     -- post a line from shopbell itself, in the link's thread or in a channel
        'card',     -- make the card show the current state
        'new_card', -- post a new card in the link's thread, because its card was deleted
        'erase',    -- take a forgotten ticket's words out of the link's thread, and out of the thread's name
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
INSERT INTO new_deliveries (
    id, kind, lane, destination, ticket, link, message, payload, requested, state, part, attempts,
    reconcile_attempts, created_at, due_at, begun_at, after_message, late_since, late_is_told, finished_at, error,
    in_doubt
)
SELECT
    id, kind, lane, destination, ticket, link, message, payload, requested, state, part, attempts,
    reconcile_attempts, created_at, due_at, begun_at, after_message, late_since, late_is_told, finished_at, error,
    in_doubt
FROM deliveries;
CREATE TABLE new_posted (
    delivery INTEGER NOT NULL REFERENCES new_deliveries (id),
    part INTEGER NOT NULL,
    chat_message TEXT NOT NULL,
    PRIMARY KEY (delivery, part)
) STRICT;
INSERT INTO new_posted (delivery, part, chat_message) SELECT delivery, part, chat_message FROM posted;
-- A backup has skipped numbers, and none is given out twice.
DELETE FROM sqlite_sequence WHERE name = 'new_deliveries';
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_deliveries', seq FROM sqlite_sequence WHERE name = 'deliveries';
DROP TABLE posted;
DROP TABLE deliveries;
ALTER TABLE new_deliveries RENAME TO deliveries;
ALTER TABLE new_posted RENAME TO posted;
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
CREATE INDEX deliveries_of_ticket ON deliveries (ticket) WHERE ticket IS NOT NULL;
CREATE UNIQUE INDEX deliveries_erase_once ON deliveries (link) WHERE kind = 'erase' AND state = 'waiting';
