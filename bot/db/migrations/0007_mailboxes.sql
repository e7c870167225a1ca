-- Tickets of one customer are found however their address is written. It is released: never change this file, add a
-- migration (a test holds its hash).

-- The form of `customer_email` in which the same mailboxes are equal; NULL: no address. For what was recorded before,
-- it is made of ASCII's small letters, until the ticket is read again.
ALTER TABLE tickets ADD COLUMN customer_mailbox TEXT;
UPDATE tickets SET customer_mailbox = LOWER(customer_email);
DROP INDEX tickets_by_customer;
CREATE INDEX tickets_by_mailbox ON tickets (customer_mailbox) WHERE customer_mailbox IS NOT NULL;
