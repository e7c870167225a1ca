-- Figures: answers, who closed a ticket, and what `/stats` counts. It is released: never change this file, add a
-- migration (a test holds its hash).

-- Each time a customer waited and was answered. `bot/tickets/figures/answers.py` says what counts. No word and no name
-- of a customer is in it, so it stays when they are forgotten.
CREATE TABLE answers (
    store TEXT NOT NULL REFERENCES stores (name),
    is_first INTEGER NOT NULL CHECK (is_first IN (0, 1)), -- whether it was the ticket's first answer
    answered_at INTEGER NOT NULL,
    ticket INTEGER NOT NULL REFERENCES tickets (number),
    since INTEGER NOT NULL,            -- when the customer began to wait
    agent TEXT,                        -- who answered (`discord:123`); NULL: somebody at the vendor itself
    PRIMARY KEY (store, is_first, answered_at, ticket, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX answers_once ON answers (ticket, since);

-- What the people are called who answer and close tickets, as their chat last had it.
CREATE TABLE agents (
    id TEXT PRIMARY KEY,               -- `discord:123`
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who closed the ticket from a chat (`discord:123`). NULL: it is open, or it was closed at its vendor.
ALTER TABLE tickets ADD COLUMN closed_by TEXT;
-- When it was last closed before it was opened again: that ended every wait that had begun before. NULL: never.
ALTER TABLE tickets ADD COLUMN settled_at INTEGER;
-- Whether `created_at` says nothing: the vendor does not say it, and the ticket was there before shopbell was.
ALTER TABLE tickets ADD COLUMN opening_unknown INTEGER NOT NULL DEFAULT 0 CHECK (opening_unknown IN (0, 1));

DROP INDEX tickets_by_creation;
CREATE INDEX tickets_by_creation ON tickets (store, created_at, opening_unknown, first_response_at);
DROP INDEX tickets_by_closing;
CREATE INDEX tickets_by_closing ON tickets (store, closed_at, created_at, closed_by, opening_unknown)
WHERE closed_at IS NOT NULL; -- an open ticket has none

CREATE TRIGGER ticket_opened_again AFTER UPDATE OF status ON tickets
WHEN old.status = 'closed' AND new.status = 'open' AND old.closed_at IS NOT NULL
BEGIN
    UPDATE tickets SET settled_at = old.closed_at, closed_by = NULL WHERE number = new.number;
END;

-- How many of a store's tickets are closed: to count them anew each time would take longer with each one.
ALTER TABLE stores ADD COLUMN closed_tickets INTEGER NOT NULL DEFAULT 0;
UPDATE stores
SET closed_tickets = (
    SELECT COUNT(*) FROM tickets AS t WHERE t.store = stores.name AND t.status = 'closed' AND t.gone_at IS NULL
);
CREATE TRIGGER closed_ticket_added AFTER INSERT ON tickets WHEN new.status = 'closed' AND new.gone_at IS NULL BEGIN
    UPDATE stores SET closed_tickets = closed_tickets + 1 WHERE name = new.store;
END;
CREATE TRIGGER closed_ticket_changed AFTER UPDATE OF status, gone_at ON tickets
WHEN (new.status = 'closed' AND new.gone_at IS NULL) <> (old.status = 'closed' AND old.gone_at IS NULL)
BEGIN
    UPDATE stores
    SET closed_tickets = closed_tickets + CASE WHEN new.status = 'closed' AND new.gone_at IS NULL THEN 1 ELSE -1 END
    WHERE name = new.store;
END;

-- The answers so far. A message of which the vendor gave no time has the time at which we read it, as the one before
-- it: so what took no time at all is left out.
CREATE TEMP TABLE said AS
SELECT
    m.ticket AS ticket,
    m.written_at AS written_at,
    m.id AS id,
    (m.purpose = 'reply' OR m.author = 'staff') AS is_ours,
    CASE WHEN m.purpose = 'reply' THEN l.chat || ':' || m.agent END AS agent,
    m.author_name AS author_name
FROM messages AS m LEFT JOIN links AS l ON l.id = m.link
WHERE m.is_public = 1
  AND (
      m.purpose = 'vendor'
      OR (m.purpose = 'reply' AND (m.vendor_id IS NOT NULL OR EXISTS (
          SELECT 1 FROM deliveries AS d WHERE d.message = m.id AND d.kind = 'reply' AND d.state = 'done'
      )))
  );
INSERT OR IGNORE INTO answers (store, is_first, answered_at, ticket, since, agent)
SELECT t.store, w.answers = 1, w.written_at, w.ticket, w.since, w.agent
FROM (
    SELECT
        ticket, written_at, is_ours, was_ours, answers, agent,
        MAX(CASE WHEN is_ours = 0 AND COALESCE(was_ours, 1) = 1 THEN written_at END) OVER (
            PARTITION BY ticket ORDER BY written_at, id
        ) AS since
    FROM (
        SELECT
            ticket, written_at, id, is_ours, agent,
            LAG(is_ours) OVER (PARTITION BY ticket ORDER BY written_at, id) AS was_ours,
            SUM(is_ours) OVER (PARTITION BY ticket ORDER BY written_at, id) AS answers
        FROM said
    )
) AS w JOIN tickets AS t ON t.number = w.ticket
WHERE w.is_ours = 1 AND w.was_ours = 0 AND w.written_at > w.since;
INSERT OR REPLACE INTO agents (id, name)
SELECT agent, author_name FROM said WHERE agent IS NOT NULL AND author_name IS NOT NULL ORDER BY written_at, id;
DROP TABLE said;
