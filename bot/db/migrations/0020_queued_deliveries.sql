-- Which lanes have something to do is found by steps in an index, however much waits in each. It is released: never
-- change this file, add a migration (a test holds its hash).

-- Whether it stands in its lane, so that what is behind it waits. An opening that failed blocks its lane.
ALTER TABLE deliveries ADD COLUMN queued INTEGER NOT NULL GENERATED ALWAYS AS (
    state IN ('waiting', 'begun', 'uncertain') OR (state = 'failed' AND kind = 'open')
) VIRTUAL;
-- Its rank in its lane, before its number: the opening of a thread comes before everything else.
ALTER TABLE deliveries ADD COLUMN rank INTEGER NOT NULL GENERATED ALWAYS AS (kind <> 'open') VIRTUAL;
CREATE INDEX deliveries_queued ON deliveries (queued, destination, lane, rank, id) WHERE queued = 1;
