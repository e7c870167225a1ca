-- Snoozing. It is released: never change this file, add a migration (a test holds its hash).

-- Who snoozed the ticket last (`discord:123`, `slack:U1`): they are told when that is over, if nobody has the ticket.
ALTER TABLE tickets ADD COLUMN snoozed_by TEXT;
