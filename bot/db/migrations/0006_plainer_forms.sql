-- In which form a delivery is tried, after a chat has refused it in another one.

-- 0: in full; see `bot.model.chats.Form`.
ALTER TABLE deliveries ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
-- The part from which on it has that form; those before it were posted in full.
ALTER TABLE deliveries ADD COLUMN plain_from INTEGER NOT NULL DEFAULT 0;
