-- Which delivery the buttons of a line are about: when that is decided, the line shows it in their place. It is
-- released: never change this file, add a migration (a test holds its hash).

-- NULL: the line has no such buttons, or it was decided.
ALTER TABLE deliveries ADD COLUMN asks_about INTEGER REFERENCES deliveries (id);
CREATE INDEX deliveries_asking ON deliveries (asks_about) WHERE asks_about IS NOT NULL;

-- What earlier versions asked and nobody has decided yet.
UPDATE deliveries SET asks_about = JSON_EXTRACT(payload, '$.buttons[0].delivery')
WHERE kind = 'line' AND EXISTS (
    SELECT 1 FROM deliveries AS asked
    WHERE asked.id = JSON_EXTRACT(deliveries.payload, '$.buttons[0].delivery') AND asked.state IN ('held', 'failed')
);
