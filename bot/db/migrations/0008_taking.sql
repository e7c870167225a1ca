-- Who has a ticket. It is released: never change this file, add a migration (a test holds its hash).

-- Who answers the ticket, by their id in the chat in which they took it: `discord:123`. NULL: nobody has taken it.
ALTER TABLE tickets ADD COLUMN taken_by TEXT;
-- The name of that person, as that chat said it then.
ALTER TABLE tickets ADD COLUMN taken_by_name TEXT;
