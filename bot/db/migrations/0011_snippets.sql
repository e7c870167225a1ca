-- Saved answers, and replies that are sent from a form. It is released: never change this file, add a migration (a test
-- holds its hash).

-- Saved answers, which the whole team shares.
CREATE TABLE snippets (
    name TEXT PRIMARY KEY,             -- as `bot.tickets.snippets.normal_name` makes it
    text TEXT NOT NULL,                -- with its variables
    changed_by TEXT,                   -- who changed it last, by their id in a chat: `discord:123`; NULL: the operator
    changed_by_name TEXT,              -- what that chat called them then
    changed_at INTEGER NOT NULL        -- two changes of one snippet never have the same time
) STRICT;

-- By which form the message was sent, so that it is sent once; NULL: by none. Such a message is in no thread by itself:
-- it is posted in every thread of its ticket.
ALTER TABLE messages ADD COLUMN form TEXT;
CREATE UNIQUE INDEX messages_by_form ON messages (form) WHERE form IS NOT NULL;
-- The ticket is closed once this reply has reached the customer, on behalf of whom this says; NULL: it stays open.
ALTER TABLE messages ADD COLUMN closes_by TEXT;

-- A fact has a third part if snippets can name it. The label "Order" has always been that of the order's number.
UPDATE tickets
SET facts = (
    SELECT json_group_array(
        CASE
            WHEN json_extract(f.value, '$[0]') = 'Order' THEN json_insert(f.value, '$[2]', 'order.number')
            ELSE json(f.value)
        END
    )
    FROM json_each(tickets.facts) AS f
)
WHERE facts LIKE '%["Order"%';
