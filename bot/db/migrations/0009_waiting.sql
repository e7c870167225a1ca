-- The queue: since when a ticket waits for us, and until when it is snoozed. It is released: never change this file,
-- add a migration (a test holds its hash).

-- When the customer wrote the first message that nobody has answered yet, by the vendor's time. NULL: the ticket does
-- not wait for us.
ALTER TABLE tickets ADD COLUMN waiting_since INTEGER;
UPDATE tickets
SET waiting_since = COALESCE(
    (
        SELECT MIN(m.written_at) FROM messages AS m
        WHERE m.ticket = tickets.number AND m.purpose = 'vendor' AND m.is_public = 1 AND m.author <> 'staff'
          AND m.written_at > COALESCE((
              SELECT MAX(s.written_at) FROM messages AS s
              WHERE s.ticket = tickets.number AND s.is_public = 1
                AND (s.purpose = 'reply' OR (s.purpose = 'vendor' AND s.author = 'staff'))
          ), 0)
    ),
    created_at
)
WHERE awaiting = 'us';

-- Until when the ticket is out of the queue, unless the customer writes before. NULL: it is not snoozed.
ALTER TABLE tickets ADD COLUMN snoozed_until INTEGER;
CREATE INDEX tickets_snoozed ON tickets (snoozed_until) WHERE snoozed_until IS NOT NULL;

-- Who looks at a page of their own that we keep true (Slack's App Home).
CREATE TABLE homes (
    chat TEXT NOT NULL,
    agent TEXT NOT NULL,
    opened_at INTEGER NOT NULL,        -- when they last opened it or pressed something there
    PRIMARY KEY (chat, agent)
) STRICT;
