-- Replies that collide, and what other threads show of a reply before it is sent. It is released: never change this
-- file, add a migration (a test holds its hash).

-- Who answers for a message to the customer, by their id in the chat: `discord:123`; NULL: it is no such message.
ALTER TABLE messages ADD COLUMN replied_by TEXT;
-- When it was written for the customer, by its chat's time: if it was sent by hand, when that was asked for.
ALTER TABLE messages ADD COLUMN replied_at INTEGER;
CREATE INDEX messages_of_ticket ON messages (ticket);
CREATE INDEX messages_replied ON messages (ticket, replied_at) WHERE replied_at IS NOT NULL;

-- In which thread or channel the part stands; NULL: it was posted before this was noted.
ALTER TABLE posted ADD COLUMN thread TEXT;
-- When it was posted, by its chat's time; NULL: not noted.
ALTER TABLE posted ADD COLUMN posted_at INTEGER;
-- What it shows of a reply that has not been sent; NULL: the message itself.
ALTER TABLE posted ADD COLUMN progress TEXT CHECK (progress IN ('pending', 'held', 'failed', 'doubtful', 'withdrawn'));
