-- Promised answers. It is released: never change this file, add a migration (a test holds its hash).

-- What was told of the promise to answer: 'soon' or 'broken'. NULL: nothing yet.
ALTER TABLE tickets ADD COLUMN reminded TEXT CHECK (reminded IN ('soon', 'broken'));
-- The `waiting_since` for which it was told. A customer who waits since a later time was promised anew.
ALTER TABLE tickets ADD COLUMN reminded_for INTEGER;
-- When the last promise was broken.
ALTER TABLE tickets ADD COLUMN promise_broken_at INTEGER;
CREATE INDEX tickets_promise_broken ON tickets (promise_broken_at) WHERE promise_broken_at IS NOT NULL;

-- A line can also ping a role or a user group, so it says what it pings.
UPDATE deliveries
SET payload = JSON_SET(payload, '$.ping', JSON_OBJECT('kind', 'person', 'id', JSON_EXTRACT(payload, '$.ping')))
WHERE kind = 'line' AND JSON_TYPE(payload, '$.ping') = 'text';
