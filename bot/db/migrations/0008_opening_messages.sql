-- First messages that stand on cards alone. It is released: never change this file, add a migration (a test holds its
-- hash).

-- The customer's first message, if the ticket's cards show it whole and so it was not posted below them; NULL: every
-- message was posted.
ALTER TABLE tickets ADD COLUMN opening_message INTEGER REFERENCES messages (id);
