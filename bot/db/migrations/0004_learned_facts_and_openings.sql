-- What was learned of a store, and which message stands on the cards. It is released: never change this file, add a
-- migration (a test holds its hash).

-- What a store's vendor does not document, and its adapter found out from its answers.
CREATE TABLE learned (
    store TEXT PRIMARY KEY REFERENCES stores (name),
    value TEXT NOT NULL,               -- as the adapter writes it
    evidence TEXT NOT NULL,            -- how that was found out, in words for people; names no ticket and no customer
    learned_at INTEGER NOT NULL
) STRICT;

-- The customer's first message if the ticket's cards show it; then it is posted in no thread. NULL: they show none.
ALTER TABLE tickets ADD COLUMN opening_message INTEGER REFERENCES messages (id);
