-- The day in a line. It is released: never change this file, add a migration (a test holds its hash).

-- Which days were told in which channel.
CREATE TABLE digests (
    chat TEXT NOT NULL,
    channel TEXT NOT NULL,
    day TEXT NOT NULL, -- 2026-11-27, on the clock of the settings' time zone
    PRIMARY KEY (chat, channel, day)
) STRICT, WITHOUT ROWID;

-- Deliveries that were made at last although the first attempt failed.
CREATE INDEX deliveries_recovered ON deliveries (finished_at) WHERE state = 'done' AND attempts > 1;
