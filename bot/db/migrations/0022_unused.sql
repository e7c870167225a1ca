-- What nothing uses any more. It is released: never change this file, add a migration (a test holds its hash).

-- Which version of its ticket a card shows is told by its delivery.
ALTER TABLE links DROP COLUMN card_version;
-- The pickers find the latest tickets by their numbers.
DROP INDEX tickets_to_choose;
