-- Lines for whole channels that need no words any more; what is put right when the clock is set back; which of two
-- readings is the newer one; and since when a store is asked. It is released: never change this file, add a migration
-- (a test holds its hash).

-- Such a line may name a ticket or its customer, and belongs to no ticket that could be forgotten. So it loses its
-- words once it is posted or dropped; earlier versions left them. What is posted when its incident is over stays: it
-- names stores and channels only.
UPDATE deliveries SET payload = JSON_SET(payload, '$.text', '')
WHERE ticket IS NULL AND kind = 'line' AND state IN ('done', 'dropped') AND JSON_EXTRACT(payload, '$.text') <> '';

-- When a ticket was snoozed for a length of time (`2h`); NULL: until a time on the clock, or it never was. When the
-- clock is set back to before that, the end comes back with it.
ALTER TABLE tickets ADD COLUMN snoozed_at INTEGER;
CREATE INDEX tickets_snoozed_for ON tickets (snoozed_at) WHERE snoozed_at IS NOT NULL;

-- To bring back with the clock when a ticket was found to be gone.
CREATE INDEX tickets_gone ON tickets (gone_at) WHERE gone_at IS NOT NULL;

-- Since when it may be otherwise what was last read of the ticket itself; NULL: nothing was read since this is noted.
-- What an older reading says of it, which is recorded later, does not count.
ALTER TABLE tickets ADD COLUMN said_at INTEGER;

-- Since when the store is asked: what is written later is not its past, also after a restart in the middle of the first
-- contact. NULL: that had ended before this is noted.
ALTER TABLE stores ADD COLUMN asked_since INTEGER;
