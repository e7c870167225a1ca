-- Messages of one author that wait are said in one post. It is released: never change this file, add a migration (a
-- test holds its hash).

-- The delivery in whose post this one is said, too, or may be; NULL: it has a post of its own.
ALTER TABLE deliveries ADD COLUMN joined_to INTEGER;
CREATE INDEX deliveries_joined ON deliveries (joined_to) WHERE joined_to IS NOT NULL;
