-- Texts with their formatting. It is released: never change this file, add a migration (a test holds its hash).

-- The message's text with its formatting, as `bot.text.stored` writes it; NULL: `text` is all there is. `text` is the
-- same without formatting: what most vendors get, and by what a message is recognised.
ALTER TABLE messages ADD COLUMN formatted TEXT CHECK (formatted IS NULL OR json_valid(formatted));
