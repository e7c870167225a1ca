-- Finding tickets by words. It is released: never change this file, add a migration (a test holds its hash).
--
-- Two indexes of words, kept true by triggers in the transactions that change the texts. They hold no text, only which
-- word is in which ticket. The words of a ticket's messages are added one message after the other, under the number of
-- the ticket: for an index with `detail = none` they are then one row with all these words. So to record a message
-- costs the same in a long ticket as in a short one. Before a text changes or goes, all words of its ticket are taken
-- out, and afterwards those are put in that it still has.
--
-- Words that are taken out stand in the file a while longer: see `bot/db/words.py`.

-- What is on a ticket's card: its numbers, its customer, its subject, its facts. An erased ticket has no words.
CREATE VIEW words_of_cards (ticket, words) AS
SELECT
    t.number,
    t.number || ' ' || t.vendor_id || ' ' || COALESCE(t.subject, '') || ' ' || COALESCE(t.customer_name, '') || ' '
    || COALESCE(t.customer_email, '') || ' '
    || COALESCE((
        SELECT GROUP_CONCAT(JSON_EXTRACT(f.value, '$[1]'), ' ') FROM JSON_EACH(t.facts) AS f WHERE f.type = 'array'
    ), '')
FROM tickets AS t
WHERE t.erased = 0;

-- The same, and every text of its messages that was not deleted.
CREATE VIEW words_of_tickets (ticket, words) AS
SELECT
    c.ticket,
    c.words || ' ' || COALESCE((
        SELECT GROUP_CONCAT(m.text, ' ') FROM messages AS m
        WHERE m.ticket = c.ticket AND m.erased = 0 AND m.deleted_at IS NULL
    ), '')
FROM words_of_cards AS c;

CREATE VIRTUAL TABLE card_words USING fts5 (
    words, content = '', detail = none, columnsize = 0, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE ticket_words USING fts5 (
    words, content = '', detail = none, columnsize = 0, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO card_words (rowid, words) SELECT ticket, words FROM words_of_cards ORDER BY ticket;
INSERT INTO ticket_words (rowid, words) SELECT ticket, words FROM words_of_tickets ORDER BY ticket;

CREATE TRIGGER words_of_new_ticket AFTER INSERT ON tickets BEGIN
    INSERT INTO card_words (rowid, words) SELECT ticket, words FROM words_of_cards WHERE ticket = new.number;
    INSERT INTO ticket_words (rowid, words) SELECT ticket, words FROM words_of_cards WHERE ticket = new.number;
END;

CREATE TRIGGER words_of_ticket_before
BEFORE UPDATE OF vendor_id, subject, customer_name, customer_email, facts, erased ON tickets
WHEN new.vendor_id <> old.vendor_id OR new.subject IS NOT old.subject OR new.customer_name IS NOT old.customer_name
  OR new.customer_email IS NOT old.customer_email OR new.facts <> old.facts OR new.erased <> old.erased
BEGIN
    INSERT INTO card_words (card_words, rowid, words)
    SELECT 'delete', ticket, words FROM words_of_cards WHERE ticket = old.number;
    INSERT INTO ticket_words (ticket_words, rowid, words)
    SELECT 'delete', ticket, words FROM words_of_tickets WHERE ticket = old.number;
END;

CREATE TRIGGER words_of_ticket_after
AFTER UPDATE OF vendor_id, subject, customer_name, customer_email, facts, erased ON tickets
WHEN new.vendor_id <> old.vendor_id OR new.subject IS NOT old.subject OR new.customer_name IS NOT old.customer_name
  OR new.customer_email IS NOT old.customer_email OR new.facts <> old.facts OR new.erased <> old.erased
BEGIN
    INSERT INTO card_words (rowid, words) SELECT ticket, words FROM words_of_cards WHERE ticket = new.number;
    INSERT INTO ticket_words (rowid, words) SELECT ticket, words FROM words_of_tickets WHERE ticket = new.number;
END;

CREATE TRIGGER words_of_new_message AFTER INSERT ON messages
WHEN new.text <> '' AND (SELECT erased FROM tickets WHERE number = new.ticket) = 0
BEGIN
    INSERT INTO ticket_words (rowid, words) VALUES (new.ticket, new.text);
END;

CREATE TRIGGER words_of_message_before BEFORE UPDATE OF text, deleted_at, erased ON messages
WHEN new.text <> old.text OR new.deleted_at IS NOT old.deleted_at OR new.erased <> old.erased
BEGIN
    INSERT INTO ticket_words (ticket_words, rowid, words)
    SELECT 'delete', ticket, words FROM words_of_tickets WHERE ticket = old.ticket;
END;

CREATE TRIGGER words_of_message_after AFTER UPDATE OF text, deleted_at, erased ON messages
WHEN new.text <> old.text OR new.deleted_at IS NOT old.deleted_at OR new.erased <> old.erased
BEGIN
    INSERT INTO ticket_words (rowid, words) SELECT ticket, words FROM words_of_tickets WHERE ticket = new.ticket;
END;

-- How often words were erased, and how many of these times they have left the file.
ALTER TABLE installation ADD COLUMN erasings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE installation ADD COLUMN erasings_overwritten INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER ticket_erased AFTER UPDATE OF erased ON tickets WHEN new.erased > old.erased BEGIN
    UPDATE installation SET erasings = erasings + 1;
END;

CREATE TRIGGER message_erased AFTER UPDATE OF erased ON messages WHEN new.erased > old.erased BEGIN
    UPDATE installation SET erasings = erasings + 1;
END;
