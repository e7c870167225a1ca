-- Which vendor a store was last at. It is released: never change this file, add a migration (a test holds its hash).

-- The name of its vendor in the settings at the last start. NULL: nobody has noted it yet.
ALTER TABLE stores ADD COLUMN vendor TEXT;
