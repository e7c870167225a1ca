-- Every statement of the program, under its name and with its purpose.
--
-- Parameters are named. Times are milliseconds since 1970 (UTC).
-- Nothing that is finished is ever deleted, so no statement of the running bridge may read a whole table that grows. A
-- search for deliveries that are not finished says `unfinished = 1` or `scheduled = 1`, even if another condition says
-- the same: those words are the condition of a partial index. After CROSS JOIN, SQLite reads the tables in the order in
-- which they are written; it stands where SQLite would begin at the table that grows.

-- ============================================================ the installation

-- name: add_installation
-- Gives a new file its key prefix. A file that has one keeps it.
INSERT INTO installation (only_row, key_prefix, forgetting_key)
VALUES (1, :key_prefix, LOWER(HEX(RANDOMBLOB(32))))
ON CONFLICT DO NOTHING;

-- name: key_prefix
-- What every delivery key begins with.
SELECT key_prefix FROM installation;

-- name: forgetting_key
-- The key of the hashes that stand in place of forgotten vendor ids.
SELECT forgetting_key FROM installation;

-- ============================================================ backup and restore

-- name: mark_as_backup
-- In the copy: the first start on this file will be after a restore.
UPDATE installation SET restored_at = 0;

-- name: start_delivery_numbers
-- In the copy: makes sure that there is a last delivery number, for `skip_numbers`.
INSERT INTO sqlite_sequence (name, seq)
SELECT 'deliveries', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'deliveries');

-- name: skip_numbers
-- In the copy: skips the numbers that the original may give out after the backup. A delivery's number is its key: if it
-- were used twice, a new message would be taken for one that was already posted, and would never be posted.
UPDATE sqlite_sequence SET seq = seq + CASE name WHEN 'deliveries' THEN 1000000 ELSE 1000 END
WHERE name IN ('deliveries', 'tickets');

-- name: mark_as_restored
-- At start: changes a row only if the file is a backup on which no bridge has run yet.
UPDATE installation SET restored_at = :now WHERE restored_at = 0;

-- name: make_waiting_replies_uncertain
-- After a restore: a reply that waited when the backup was made may have been sent since. Search before sending it.
UPDATE deliveries
SET state = 'uncertain', due_at = :now, begun_at = COALESCE(begun_at, created_at), late_since = :now
WHERE unfinished = 1 AND state = 'waiting' AND kind IN ('reply', 'note');

-- name: restored_at
-- When the bridge first ran on this file as a restored backup; no row if it is none.
SELECT restored_at FROM installation WHERE restored_at > 0;

-- ============================================================ stores

-- name: add_store
-- Adds a store that the settings name. One that is there stays as it is.
INSERT INTO stores (name) VALUES (:name) ON CONFLICT DO NOTHING;

-- name: former_vendor
-- The store, if it was at another vendor before.
SELECT vendor FROM stores WHERE name = :name AND vendor <> :vendor;

-- name: set_store_vendor
-- Notes at which vendor the store is.
UPDATE stores SET vendor = :vendor WHERE name = :name AND vendor IS NOT :vendor;

-- name: begin_store_anew
-- The store is at another vendor: nothing is known of it yet.
UPDATE stores
SET first_swept_at = NULL, fully_swept_at = NULL, swept_at = NULL, asked_since = NULL, incident = NULL,
    incident_since = NULL, incident_notices = '{}'
WHERE name = :store;

-- name: set_store_asked
-- The store is asked from now on, for the first time; changes nothing where it was asked before.
UPDATE stores SET asked_since = :now WHERE name = :name AND asked_since IS NULL AND first_swept_at IS NULL;

-- name: store
-- One store.
SELECT * FROM stores WHERE name = :name;

-- name: stores
-- Every store that was ever configured here.
SELECT * FROM stores ORDER BY name;

-- name: all_learned
-- What was found out of each store.
SELECT * FROM learned;

-- name: delete_learned
-- What was found out of a store was true of its former vendor.
DELETE FROM learned WHERE store = :store;

-- name: set_learned
-- Writes down what was found out of a store, unless it is known already.
INSERT INTO learned (store, value, evidence, learned_at) VALUES (:store, :value, :evidence, :now)
ON CONFLICT (store) DO UPDATE SET value = :value, evidence = :evidence, learned_at = :now WHERE value <> :value;

-- name: set_store_swept
-- A sweep of the store has ended.
UPDATE stores
SET swept_at = :now,
    fully_swept_at = CASE WHEN :full THEN :now ELSE fully_swept_at END,
    first_swept_at = CASE WHEN :full THEN COALESCE(first_swept_at, :now) ELSE first_swept_at END
WHERE name = :name;

-- name: set_store_active
-- Somebody wrote in one of the store's tickets.
UPDATE stores SET active_at = MAX(active_at, :at) WHERE name = :name;

-- name: set_store_incident
-- The store has an incident. The time of its beginning stays; the text is the latest one.
UPDATE stores
SET incident = :incident, incident_since = COALESCE(incident_since, :now)
WHERE name = :name;

-- name: clear_store_incident
-- The store works.
UPDATE stores SET incident = NULL, incident_since = NULL WHERE name = :name;

-- name: set_store_incident_notices
-- Notes which deliveries are notices of the store's incident.
UPDATE stores SET incident_notices = :notices WHERE name = :name;

-- ============================================================ unreadable tickets

-- name: add_unreadable_ticket
-- Notes that people are told of an unreadable ticket; changes no row if they were told before.
INSERT INTO unreadable_tickets (store, vendor_id, since) VALUES (:store, :vendor_id, :now) ON CONFLICT DO NOTHING;

-- name: delete_unreadable_tickets_of_store
-- The store has other tickets now.
DELETE FROM unreadable_tickets WHERE store = :store;

-- name: delete_unreadable_ticket
-- The ticket was read, or does not exist any more.
DELETE FROM unreadable_tickets WHERE store = :store AND vendor_id = :vendor_id;

-- name: any_unreadable_ticket
-- A row if people were told of unreadable tickets of the store.
SELECT 1 FROM unreadable_tickets WHERE store = :store LIMIT 1;

-- name: delete_unlisted_unreadable_tickets
-- After a full sweep: forgets the store's unreadable tickets that its vendor did not list.
DELETE FROM unreadable_tickets WHERE store = :store AND vendor_id NOT IN (SELECT value FROM json_each(:listed));

-- name: unreadable_tickets_by_store
-- For health: how many tickets each store has that cannot be read, and since when the oldest.
SELECT store, COUNT(*) AS amount, MIN(since) AS since FROM unreadable_tickets GROUP BY store ORDER BY store;

-- ============================================================ incidents of channels

-- name: add_channel_incident
-- Notes what is wrong with a channel; returns a row only if nothing was noted before.
INSERT INTO channel_incidents (chat, channel, incident, since) VALUES (:chat, :channel, :incident, :now)
ON CONFLICT DO NOTHING
RETURNING since;

-- name: set_channel_incident_notices
-- Notes which deliveries are notices of the channel's incident.
UPDATE channel_incidents SET notices = :notices WHERE chat = :chat AND channel = :channel;

-- name: set_channel_unreadable
-- Notes whether the channel cannot be read either.
UPDATE channel_incidents SET unreadable = :unreadable WHERE chat = :chat AND channel = :channel;

-- name: channel_incident
-- What is wrong with one channel.
SELECT * FROM channel_incidents WHERE chat = :chat AND channel = :channel;

-- name: channel_incidents
-- For health and the doctor: what is wrong with channels, oldest first.
SELECT * FROM channel_incidents ORDER BY since;

-- name: delete_channel_incident
-- Ends the incident, unless a delivery still waits there for the same reason. If the channel is unreadable, the
-- incident ends only when the channel was read.
DELETE FROM channel_incidents AS c
WHERE c.chat = :chat AND c.channel = :channel AND c.unreadable = 0
  AND NOT EXISTS (
      SELECT 1 FROM deliveries AS d JOIN links AS l ON l.id = d.link
      WHERE d.destination = 'chat:' || c.chat AND d.unfinished = 1
        AND d.id <> :delivery AND d.error = c.incident AND l.channel = c.channel
  );

-- name: delete_unconfigured_channel_incidents
-- At start: forgets the incidents of channels that no store has any more.
DELETE FROM channel_incidents WHERE chat || ':' || channel NOT IN (SELECT value FROM json_each(:named));

-- ============================================================ refusals

-- name: delete_old_refusals
-- Forgets who was told of a refusal before this time, so that the table stays small.
DELETE FROM told_refusals WHERE told_at <= :before;

-- name: add_refusal
-- Notes that a person is told of a refusal now; changes no row if they were told lately, or many others were.
INSERT INTO told_refusals (chat, agent, told_at)
SELECT :chat, :agent, :now
WHERE (SELECT COUNT(*) FROM told_refusals WHERE told_at > :lately AND chat = :chat) < :most
ON CONFLICT DO NOTHING;

-- ============================================================ tickets: writing

-- name: insert_ticket
-- Adds a ticket that a vendor shows for the first time; returns its short number.
INSERT INTO tickets (store, vendor_id, status, created_at)
VALUES (:store, :vendor_id, :status, :created_at)
RETURNING number;

-- name: set_opening_unknown
-- Nobody knows when this ticket was opened: it is left out of the figures about that.
UPDATE tickets SET opening_unknown = 1 WHERE number = :number;

-- name: update_ticket
-- Writes down what the vendor says of a ticket. What it does not say (NULL) stays as it was. The closing time is the
-- vendor's; if it gives none, it is when we saw the ticket closed. It is not gone any more, unless it was read before
-- the vendor said so (`stays_gone`).
UPDATE tickets
SET subject = COALESCE(:subject, subject),
    closed_at = CASE COALESCE(:status, status)
        WHEN 'open' THEN NULL
        ELSE COALESCE(:closed_at, closed_at, CASE WHEN status = 'open' THEN :read_at END)
    END,
    status = COALESCE(:status, status),
    status_word = COALESCE(:status_word, status_word),
    customer_name = COALESCE(:customer_name, customer_name),
    customer_email = COALESCE(:customer_email, customer_email),
    customer_mailbox = COALESCE(:customer_mailbox, customer_mailbox),
    facts = COALESCE(:facts, facts),
    first_response_at = COALESCE(first_response_at, :first_response_at),
    fingerprint = CASE WHEN :read_again THEN NULL ELSE :fingerprint END,
    closed_here_only = CASE WHEN :status IS NULL THEN closed_here_only ELSE 0 END,
    snoozed_until = CASE COALESCE(:status, status) WHEN 'open' THEN snoozed_until END,
    gone_at = CASE WHEN :stays_gone THEN gone_at END,
    said_at = :said_at
WHERE number = :number;

-- name: follow_ticket
-- From now on the ticket has threads.
UPDATE tickets SET followed = 1 WHERE number = :number;

-- name: retire_vendor_id
-- The vendor has given the id of a ticket that it no longer has to another one, which was made later.
UPDATE tickets SET vendor_id = :vendor_id
WHERE number = :number AND gone_at < :by_our_clock AND created_at <> :created_at;

-- name: open_tickets_of_store
-- Every open ticket of a store.
SELECT * FROM tickets INDEXED BY tickets_open WHERE store = :store AND status = 'open' ORDER BY number;

-- name: leave_tickets_behind
-- The store is at another vendor: none of its tickets has an id there, and all count as closed.
UPDATE tickets
SET vendor_id = :left || number || ' ' || vendor_id,
    gone_at = COALESCE(gone_at, :now),
    closed_at = COALESCE(closed_at, :now),
    status = 'closed',
    snoozed_until = NULL,
    fingerprint = NULL
WHERE store = :store AND vendor_id NOT LIKE :left || '%';

-- name: set_ticket_gone
-- The vendor says that the ticket does not exist any more: it counts as closed.
UPDATE tickets
SET gone_at = :now,
    closed_at = COALESCE(closed_at, :now),
    status = 'closed',
    snoozed_until = NULL,
    fingerprint = NULL
WHERE number = :number;

-- name: read_open_tickets_again
-- The store's open tickets may look otherwise by what was learned: the next sweep reads them again.
UPDATE tickets INDEXED BY tickets_open SET fingerprint = NULL WHERE store = :store AND status = 'open';

-- name: read_ticket_again
-- What was read of the ticket lacks something newer: the next sweep reads it again.
UPDATE tickets SET fingerprint = NULL WHERE number = :number;

-- name: raise_ticket_version
-- Something that the ticket's cards show has changed.
UPDATE tickets SET version = version + 1 WHERE number = :number;

-- name: set_ticket_status
-- We closed or reopened the ticket. What was read from the vendor before this moment is out of date.
UPDATE tickets
SET status = :status,
    status_word = NULL,
    closed_at = CASE :status WHEN 'open' THEN NULL ELSE :now END,
    status_set_at = :now,
    closed_here_only = :closed_here_only,
    snoozed_until = CASE :status WHEN 'open' THEN snoozed_until END,
    fingerprint = NULL
WHERE number = :number;

-- name: set_ticket_closed_by
-- Who closed the ticket, for the figures.
UPDATE tickets SET closed_by = :agent WHERE number = :number AND status = 'closed';

-- name: set_ticket_taken
-- Who has the ticket now; NULL: nobody.
UPDATE tickets SET taken_by = :by, taken_by_name = :name WHERE number = :number;

-- name: set_ticket_awaiting
-- Whose turn it is, and since when it is ours; if that is not known (NULL), what was recorded stays, else it is now.
UPDATE tickets
SET awaiting = :awaiting,
    waiting_since = CASE :awaiting WHEN 'us' THEN COALESCE(:since, waiting_since, :now) END
WHERE number = :number;

-- name: set_ticket_answered
-- An agent's reply is at the vendor: it is the customer's turn. If something of theirs was recorded while it was on its
-- way, nobody knows which came first, and the next sweep reads the ticket again.
UPDATE tickets
SET awaiting = 'customer',
    waiting_since = NULL,
    first_response_at = COALESCE(first_response_at, :at),
    fingerprint = CASE
        WHEN NOT EXISTS (
            SELECT 1
            FROM deliveries AS d CROSS JOIN messages AS m
            WHERE d.message = :message AND d.kind = 'reply'
              AND m.ticket = :number AND m.purpose = 'vendor' AND m.author <> 'staff' AND m.is_public = 1
              AND m.routed_at >= d.begun_at
        ) THEN fingerprint
    END
WHERE number = :number;

-- name: set_ticket_snoozed
-- Until when the ticket is out of the queue; NULL: it is in it. Who wants that (NULL: nobody) is told when it is over.
-- `asked_at`: if it is for a length of time, from when on; NULL: it is until a time on the clock.
UPDATE tickets SET snoozed_until = :until, snoozed_by = :by, snoozed_at = :asked_at WHERE number = :number;

-- name: wake_ticket
-- The ticket is not snoozed any more.
UPDATE tickets SET snoozed_until = NULL WHERE number = :number;

-- name: ended_snoozes
-- For reminders: the tickets of these stores whose snooze is over, the first to end first.
SELECT * FROM tickets INDEXED BY tickets_snoozed
WHERE snoozed_until <= :now AND store IN (SELECT value FROM json_each(:stores))
ORDER BY snoozed_until, number
LIMIT :most;

-- name: next_snooze_to_end
-- For reminders: when the next snooze of a ticket of these stores ends.
SELECT snoozed_until AS until FROM tickets INDEXED BY tickets_snoozed
WHERE snoozed_until IS NOT NULL AND store IN (SELECT value FROM json_each(:stores))
ORDER BY snoozed_until
LIMIT 1;

-- name: tickets_to_remind_of
-- For reminders: the tickets of these stores that wait for us and whose promise is not known to be broken yet.
SELECT * FROM tickets INDEXED BY tickets_open
WHERE store IN (SELECT value FROM json_each(:stores))
  AND status = 'open'
  AND followed = 1
  AND gone_at IS NULL
  AND forgotten = 0
  AND awaiting = 'us'
  AND waiting_since IS NOT NULL
  AND snoozed_until IS NULL
  AND (reminded_for IS NULL OR reminded_for < waiting_since OR reminded = 'soon')
ORDER BY waiting_since, number;

-- name: set_ticket_reminded
-- Notes what was told of a promise, and for which waiting.
UPDATE tickets
SET reminded = :told, reminded_for = :since, promise_broken_at = COALESCE(:broken_at, promise_broken_at)
WHERE number = :number;

-- ============================================================ the day in a line

-- name: add_digest
-- Notes that a channel is told of a day; changes no row if it was told before.
INSERT INTO digests (chat, channel, day) VALUES (:chat, :channel, :day) ON CONFLICT DO NOTHING;

-- name: forget_later_digests
-- No channel was told of a day after today.
DELETE FROM digests WHERE day > :today;

-- name: promises_broken
-- How many promises of these stores were broken since then.
SELECT COUNT(*) AS amount FROM tickets INDEXED BY tickets_promise_broken
WHERE promise_broken_at > :since AND store IN (SELECT value FROM json_each(:stores));

-- name: recovered
-- How many messages of these stores arrived since then although something had gone wrong.
SELECT COUNT(*) AS amount
FROM deliveries AS d INDEXED BY deliveries_recovered JOIN tickets AS t ON t.number = d.ticket
WHERE d.state = 'done' AND d.attempts > 1 AND d.finished_at > :since
  AND d.kind IN ('post', 'reply', 'note')
  AND t.store IN (SELECT value FROM json_each(:stores));

-- name: lost
-- How many messages of these stores have failed for good, and wait for somebody who tries again.
SELECT COUNT(*) AS amount
FROM deliveries AS d JOIN tickets AS t ON t.number = d.ticket
WHERE d.unfinished = 1 AND d.state = 'failed'
  AND d.kind IN ('post', 'reply', 'note')
  AND t.store IN (SELECT value FROM json_each(:stores));

-- ============================================================ erasing

-- name: customer_emails
-- For `shopbell forget`: every ticket with an address; where the vendor gives none, its customer may be called by it.
-- SQLite cannot compare them: its capital letters are ASCII's.
SELECT number, COALESCE(customer_email, customer_name) AS address FROM tickets
WHERE customer_email IS NOT NULL OR customer_name GLOB '*[@＠﹫]*'
ORDER BY number;

-- name: messages_by_address
-- For `shopbell forget`: what came from vendors and has an address for its author's name, in any ticket.
SELECT id, ticket, author_name FROM messages
WHERE purpose = 'vendor' AND erased = 0 AND author <> 'staff' AND author_name GLOB '*[@＠﹫]*'
ORDER BY id;

-- name: tickets_to_erase
-- Tickets that were closed before this time, if that is known, and still have their words. Not if somebody has written
-- there since without opening them: that may still be on its way.
SELECT t.number FROM tickets AS t
WHERE t.erased = 0 AND t.status = 'closed' AND t.closed_at <= :before
  AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.ticket = t.number AND m.written_at > :before)
UNION ALL
SELECT t.number FROM tickets AS t
WHERE t.erased = 0 AND t.status = 'closed' AND t.closed_at IS NULL AND t.created_at <= :before
  AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.ticket = t.number AND m.written_at > :before)
LIMIT 20;

-- name: tickets_to_erase_again
-- Erased tickets in which somebody wrote afterwards, in a thread or by a form, last before this time. Only some numbers
-- are looked at, so that nothing waits for it: nothing says where somebody did.
SELECT t.number FROM tickets AS t
WHERE t.number > :after AND t.number <= :after + :most
  AND t.erased = 1 AND t.status = 'closed'
  AND EXISTS (SELECT 1 FROM messages AS m WHERE m.ticket = t.number AND m.erased = 0)
  AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.ticket = t.number AND m.written_at > :before);

-- name: last_ticket
-- The highest number that was given to a ticket; NULL: none was.
SELECT MAX(number) AS number FROM tickets;

-- name: erasable
-- How much of a ticket can be erased: messages that still have their words, and deliveries.
SELECT
    (SELECT COUNT(*) FROM messages WHERE ticket = :ticket AND erased = 0) AS messages,
    (SELECT COUNT(*) FROM deliveries WHERE ticket = :ticket) AS deliveries;

-- name: unsent_messages
-- The ticket's replies and notes that have not reached their vendor.
SELECT d.id AS id, d.kind AS kind, d.state AS state, m.author_name AS author_name, m.written_at AS written_at
FROM deliveries AS d JOIN messages AS m ON m.id = d.message
WHERE d.lane = 'vendor:' || :ticket AND d.unfinished = 1 AND d.kind IN ('reply', 'note')
ORDER BY d.id;

-- name: doubtful_posts
-- How many posts of the ticket may stand in a chat although we do not know where.
SELECT COUNT(*) AS amount FROM deliveries
WHERE ticket = :ticket AND kind IN ('open', 'post', 'line', 'new_card')
  AND (state = 'uncertain' OR (in_doubt = 1 AND state IN ('failed', 'dropped')));

-- name: search_for_doubtful_posts
-- Posts of the ticket that were given up in doubt are searched for once more: only what is found can be erased.
UPDATE deliveries
SET state = 'uncertain', in_doubt = 0, reconcile_attempts = 0, due_at = :now, late_since = :now, finished_at = NULL
WHERE ticket = :ticket AND kind IN ('open', 'post', 'line', 'new_card')
  AND in_doubt = 1 AND state IN ('failed', 'dropped');

-- name: announcements_with_words
-- For `shopbell forget`: lines for whole channels that still have their words. They belong to no ticket, and may name
-- one; what was posted has none any more.
SELECT id, payload FROM deliveries
WHERE ticket IS NULL AND kind = 'line' AND json_extract(payload, '$.text') <> '';

-- name: drop_announcement
-- The line names somebody who is forgotten: it is not posted any more, and its words are taken out.
UPDATE deliveries
SET state = CASE WHEN state IN ('begun', 'done') THEN state ELSE 'dropped' END, finished_at = :now, error = NULL,
    payload = json_set(payload, '$.text', :sentence)
WHERE id = :id AND ticket IS NULL;

-- name: drop_deliveries_of_ticket
-- Nothing of an erased ticket is delivered any more, except cards and marks: they show what is true. What may be posted
-- already is still searched for: only what is found can be erased in its chat.
UPDATE deliveries SET state = 'dropped', finished_at = :now
WHERE ticket = :ticket
  AND state IN ('waiting', 'uncertain', 'held', 'failed')
  AND kind NOT IN ('card', 'mark', 'erase')
  AND NOT (state = 'uncertain' AND kind IN ('open', 'post', 'line', 'new_card'));

-- name: erase_deliveries
-- Takes words and names out of the ticket's deliveries; a line has this sentence in their place.
UPDATE deliveries
SET error = NULL,
    payload = CASE kind
        WHEN 'line' THEN json_set(
            payload, '$.text', :sentence, '$.resolved_text', NULL, '$.plainer_text', NULL, '$.buttons', json('[]'),
            '$.decision', '', '$.plainer_decision', ''
        )
        WHEN 'status' THEN json_set(payload, '$.by', '')
        ELSE payload
    END
WHERE ticket = :ticket;

-- name: erase_announcement
-- Takes the words out of a line for a whole channel that is posted: they may name a ticket, and no ticket has it. Those
-- of one whose buttons are not decided are needed once more.
UPDATE deliveries SET payload = json_set(payload, '$.text', '')
WHERE id = :id AND ticket IS NULL AND asks_about IS NULL;

-- name: erase_old_announcements
-- Lines for whole channels that failed for good before this time: they are not posted any more, and lose their words.
UPDATE deliveries SET state = 'dropped', error = NULL, payload = json_set(payload, '$.text', '')
WHERE unfinished = 1 AND ticket IS NULL AND kind = 'line' AND state = 'failed' AND finished_at <= :before;

-- name: erase_messages
-- Takes words and names out of the ticket's messages. The rows stay: by them the messages are recognised.
UPDATE messages
SET text = '', formatted = NULL, author_name = NULL, attachments = '[]', unsupported = '[]', edited_text = NULL,
    closes_by = NULL, erased = 1
WHERE ticket = :ticket AND erased = 0;

-- name: deleted_messages
-- Messages that their authors deleted and whose words nobody needs any more. They are needed while a delivery waits,
-- and to recognise at the vendor what was sent and has no id yet; not if they were deleted before `before`.
SELECT m.id AS id FROM messages AS m
WHERE m.deleted_at IS NOT NULL AND m.erased = 0
  AND (
      m.deleted_at <= :before
      OR NOT EXISTS (
          SELECT 1 FROM deliveries AS d
          WHERE d.message = m.id AND d.kind <> 'mark'
            AND (
                d.state NOT IN ('done', 'dropped')
                OR (d.kind IN ('reply', 'note') AND d.state = 'done' AND m.vendor_id IS NULL)
            )
      )
  )
LIMIT 100;

-- name: erase_message
-- Takes words and names out of one message.
UPDATE messages
SET text = '', formatted = NULL, author_name = NULL, attachments = '[]', unsupported = '[]', edited_text = NULL,
    erased = 1
WHERE id = :id;

-- name: erase_quotations
-- Takes the words of a message out of the lines that quote it: what is left is their plainer text.
UPDATE deliveries SET payload = json_set(payload, '$.text', json_extract(payload, '$.plainer_text'))
WHERE message = :message AND kind = 'line';

-- name: erase_ticket
-- Takes words and names out of the ticket. What the figures need stays.
UPDATE tickets
SET subject = NULL, status_word = NULL, customer_name = NULL, customer_email = NULL, customer_mailbox = NULL,
    facts = '[]', taken_by = NULL, taken_by_name = NULL, snoozed_by = NULL, fingerprint = NULL, erased = 1,
    erased_at = :now, version = version + 1
WHERE number = :number;

-- name: forget_ticket
-- From now on the ticket has a keyed hash in place of its vendor id.
UPDATE tickets SET vendor_id = :hash, forgotten = 1 WHERE number = :number;

-- name: revive_ticket
-- The customer of an erased ticket has written again: what the vendor shows of it is recorded again.
UPDATE tickets SET vendor_id = :vendor_id, forgotten = 0, erased = 0 WHERE number = :number;

-- name: messages_with_vendor_id
-- The ticket's messages that its vendor has under an id that we know.
SELECT id, vendor_id FROM messages WHERE ticket = :ticket AND vendor_id IS NOT NULL;

-- name: posted_in_link
-- Our message number `skipped` in a link's threads, counted from 0, of those that were delivered before this delivery;
-- where `messages` (JSON) names any, only of what was posted of these.
SELECT p.chat_message AS chat_message
FROM deliveries AS d JOIN posted AS p ON p.delivery = d.id
WHERE d.ticket = :ticket AND d.link = :link AND d.id < :delivery AND d.kind IN ('post', 'line')
  AND (:messages = '[]' OR d.message IN (SELECT value FROM json_each(:messages)))
GROUP BY p.chat_message
ORDER BY MIN(d.id), MIN(p.part)
LIMIT 1 OFFSET :skipped;

-- name: waiting_erasing
-- The erasing of a link's thread that waits, if there is one.
SELECT * FROM deliveries WHERE link = :link AND kind = 'erase' AND state = 'waiting';

-- ============================================================ tickets: reading

-- name: ticket
-- The ticket with this short number.
SELECT * FROM tickets WHERE number = :number;

-- name: ticket_by_vendor_id
-- The ticket with this id at its vendor.
SELECT * FROM tickets WHERE store = :store AND vendor_id = :vendor_id;

-- name: linked_tickets
-- For `shopbell tickets`: the tickets that have threads.
SELECT * FROM tickets
WHERE followed = 1 AND (:store IS NULL OR store = :store) AND (:status = 'all' OR status = :status)
ORDER BY number;

-- name: tickets_of_customer
-- For the card in a channel: the customer's other tickets, of any store, that have a thread there, open ones first.
-- Whoever reads the card may not see other channels, so they must not learn here what is in them.
SELECT t.number AS number, l.thread AS thread FROM tickets AS t
CROSS JOIN links AS l ON l.ticket = t.number AND l.chat = :chat AND l.channel = :channel
WHERE t.customer_mailbox = :mailbox AND t.number <> :number AND t.gone_at IS NULL
ORDER BY t.status = 'open' DESC, t.number DESC;

-- name: latest_tickets
-- For the pickers while nothing is typed: the numbers of a store's latest tickets of this status with a thread in these
-- channels of the chat, so many at most. The ticket of this thread (`here`) comes first, however old it is. With
-- `taken_by` (JSON) only those that somebody with one of these ids has.
WITH latest (number) AS (
    SELECT * FROM (
        SELECT t.number FROM tickets AS t
        WHERE t.store = :store AND t.status = :status AND t.followed = 1 AND t.gone_at IS NULL
          AND (:taken_by IS NULL OR t.taken_by IN (SELECT value FROM json_each(:taken_by)))
        ORDER BY t.number DESC
        LIMIT 200
    )
    UNION
    VALUES (:here)
)
SELECT t.number FROM latest AS s CROSS JOIN tickets AS t ON t.number = s.number
WHERE t.store = :store AND t.status = :status AND t.followed = 1 AND t.gone_at IS NULL AND t.forgotten = 0
  AND EXISTS (
      SELECT 1 FROM links AS l
      WHERE l.ticket = t.number AND l.chat = :chat AND l.channel IN (SELECT value FROM json_each(:channels))
  )
ORDER BY t.number = :here DESC, t.number DESC
LIMIT :most;

-- name: queue
-- For `/tickets` and App Home: a page of the open tickets that have a thread in these places of the chat, longest
-- waiting first, and how many there are in all. A place is a store and a channel with a blank between them. Only
-- numbers are sorted: whole rows would take twice as long.
SELECT t.*, p.total
FROM (
    SELECT t.number, COUNT(*) OVER () AS total
    FROM tickets AS t
    WHERE t.store IN (SELECT value FROM json_each(:stores))
      AND t.status = 'open'
      AND t.followed = 1
      AND t.gone_at IS NULL
      AND t.forgotten = 0
      AND CASE :which
          WHEN 'waiting' THEN COALESCE(t.awaiting, 'us') = 'us' AND t.snoozed_until IS NULL
          WHEN 'snoozed' THEN t.snoozed_until IS NOT NULL
          WHEN 'mine' THEN t.taken_by IN (SELECT value FROM json_each(:mine))
          ELSE 1
      END
      AND EXISTS (
          SELECT 1 FROM links AS l
          WHERE l.ticket = t.number AND l.chat = :chat
            AND t.store || ' ' || l.channel IN (SELECT value FROM json_each(:places))
      )
    ORDER BY
        COALESCE(t.snoozed_until, 0),
        t.waiting_since IS NULL,
        t.waiting_since,
        t.number
    LIMIT :most OFFSET :skipped
) AS p CROSS JOIN tickets AS t ON t.number = p.number
ORDER BY
    COALESCE(t.snoozed_until, 0),
    t.waiting_since IS NULL,
    t.waiting_since,
    t.number;

-- name: queue_before
-- How many tickets of a list (`queue`) stand before a place in it, or with `also_it` also at it, whether there is a
-- ticket at that place any more or not.
SELECT COUNT(*) AS amount
FROM tickets AS t
WHERE t.store IN (SELECT value FROM json_each(:stores))
  AND t.status = 'open'
  AND t.followed = 1
  AND t.gone_at IS NULL
  AND t.forgotten = 0
  AND CASE :which
      WHEN 'waiting' THEN COALESCE(t.awaiting, 'us') = 'us' AND t.snoozed_until IS NULL
      WHEN 'snoozed' THEN t.snoozed_until IS NOT NULL
      WHEN 'mine' THEN t.taken_by IN (SELECT value FROM json_each(:mine))
      ELSE 1
  END
  AND EXISTS (
      SELECT 1 FROM links AS l
      WHERE l.ticket = t.number AND l.chat = :chat
        AND t.store || ' ' || l.channel IN (SELECT value FROM json_each(:places))
  )
  AND (COALESCE(t.snoozed_until, 0), t.waiting_since IS NULL, COALESCE(t.waiting_since, 0), t.number)
      < (:snoozed, :has_none, :since, :number + :also_it);

-- name: taken_in_channel
-- Who has how many of the tickets that wait for us in a channel (`queue`, `waiting`), by the name it was taken under;
-- whose was taken last comes first.
SELECT t.taken_by, t.taken_by_name, COUNT(*) AS amount
FROM tickets AS t
WHERE t.store IN (SELECT value FROM json_each(:stores))
  AND t.status = 'open'
  AND t.followed = 1
  AND t.gone_at IS NULL
  AND t.forgotten = 0
  AND COALESCE(t.awaiting, 'us') = 'us'
  AND t.snoozed_until IS NULL
  AND t.taken_by IS NOT NULL
  AND EXISTS (SELECT 1 FROM links AS l WHERE l.ticket = t.number AND l.chat = :chat AND l.channel = :channel)
GROUP BY t.taken_by, t.taken_by_name
ORDER BY MAX(t.number) DESC;

-- name: set_home_opened
-- Somebody looks at their page.
INSERT INTO homes (chat, agent, opened_at) VALUES (:chat, :agent, :now)
ON CONFLICT (chat, agent) DO UPDATE SET opened_at = :now;

-- name: homes
-- Who has a page with tickets on it, and when they last looked at it; the latest first.
SELECT chat, agent, opened_at FROM homes ORDER BY opened_at DESC;

-- name: home
-- When somebody last looked at their page.
SELECT opened_at FROM homes WHERE chat = :chat AND agent = :agent;

-- name: delete_home
-- Nobody has to keep this page true any more, nor to empty it.
DELETE FROM homes WHERE chat = :chat AND agent = :agent;

-- ============================================================ finding

-- name: tickets_with_words
-- The ticket with exactly this number, then those that have these words (an FTS5 query) on their cards, then those that
-- have them anywhere; each time the latest first. Only those that match the other conditions (NULL: any). A ticket may
-- come twice. Of those with the words only the latest ones (`searched`) are looked at. No erased one is found. One of
-- `channels` is a store and a channel with a blank between them.
SELECT t.*
FROM (
    SELECT :number AS number
    UNION ALL
    SELECT * FROM (
        SELECT rowid FROM card_words WHERE card_words MATCH :words ORDER BY rowid DESC LIMIT :searched
    )
    UNION ALL
    SELECT * FROM (
        SELECT rowid FROM ticket_words WHERE ticket_words MATCH :words ORDER BY rowid DESC LIMIT :searched
    )
) AS w CROSS JOIN tickets AS t ON t.number = w.number
WHERE t.erased = 0
  AND (:store IS NULL OR t.store = :store)
  AND (:status IS NULL OR (t.status = :status AND t.gone_at IS NULL))
  AND (
      :chat IS NULL
      OR (t.followed = 1 AND EXISTS (
          SELECT 1 FROM links AS l
          WHERE l.ticket = t.number AND l.chat = :chat
            AND t.store || ' ' || l.channel IN (SELECT value FROM json_each(:channels))
      ))
  )
LIMIT :most;

-- name: common_word
-- Returns a row if more than so many tickets have this word, as a whole.
SELECT rowid FROM ticket_words WHERE ticket_words MATCH :word LIMIT 1 OFFSET :tickets;

-- name: forms_of_word
-- The words of all tickets that begin with this one; so many at most.
SELECT term FROM vocabulary WHERE term >= :word AND term < :word || CHAR(1114111) LIMIT :most;

-- name: texts_of_ticket
-- The latest texts of a ticket that may be shown, the latest first.
SELECT purpose, text FROM messages
WHERE ticket = :ticket AND erased = 0 AND deleted_at IS NULL AND text <> ''
ORDER BY id DESC
LIMIT :most;

-- name: erasings
-- How often words were erased, and how many of these times they have left the indexes of words.
SELECT erasings, erasings_overwritten FROM installation;

-- name: merge_card_words
-- Writes so many pages of the index anew, without what was taken out of it; a negative number begins that anew.
INSERT INTO card_words (card_words, rank) VALUES ('merge', :pages);

-- name: merge_ticket_words
-- Writes so many pages of the index anew, without what was taken out of it; a negative number begins that anew.
INSERT INTO ticket_words (ticket_words, rank) VALUES ('merge', :pages);

-- name: changes_made
-- How many rows this connection has changed: by that one sees whether merging did anything.
SELECT TOTAL_CHANGES() AS amount;

-- name: set_erasings_overwritten
-- What was erased up to then has left the indexes of words.
UPDATE installation SET erasings_overwritten = MAX(erasings_overwritten, :erasings);

-- ============================================================ what became of messages

-- name: latest_messages
-- The latest messages of a ticket, the latest first; all of them if `most` is -1. Also as many older ones of which
-- something waits, has failed or is held: whoever writes very much must not hide them. None at all if it is 0.
WITH latest (id) AS (
    SELECT * FROM (
        SELECT id FROM messages WHERE ticket = :ticket ORDER BY written_at DESC, id DESC LIMIT :most
    )
    UNION
    SELECT * FROM (
        SELECT DISTINCT message FROM deliveries INDEXED BY deliveries_unfinished
        WHERE unfinished = 1 AND ticket = :ticket AND message IS NOT NULL
        LIMIT :most
    )
)
SELECT m.* FROM latest AS l CROSS JOIN messages AS m ON m.id = l.id
ORDER BY m.written_at DESC, m.id DESC;

-- name: message_count
-- How many messages a ticket has.
SELECT COUNT(*) AS amount FROM messages WHERE ticket = :ticket;

-- name: deliveries_of_message
-- Everything that was made of a message, in order.
SELECT * FROM deliveries WHERE message = :message ORDER BY id;

-- name: deliveries_without_message
-- The latest openings of a ticket's threads and changes of its status, the latest first.
SELECT * FROM deliveries
WHERE ticket = :ticket AND message IS NULL AND kind IN ('open', 'status')
ORDER BY id DESC
LIMIT 20;

-- name: line_with_button
-- The latest line of shopbell's own in a ticket's threads that has a button for this delivery.
SELECT d.* FROM deliveries AS d
WHERE d.ticket = :ticket AND d.kind = 'line'
  AND EXISTS (
      SELECT 1 FROM json_each(d.payload, '$.buttons') AS b WHERE json_extract(b.value, '$.delivery') = :delivery
  )
ORDER BY d.id DESC
LIMIT 1;

-- name: delivery_posted_as
-- What a message of ours in a link's thread shows; of several messages the first.
SELECT d.* FROM deliveries AS d JOIN posted AS p ON p.delivery = d.id
WHERE d.ticket = :ticket AND d.link = :link AND p.chat_message = :chat_message
ORDER BY d.id LIMIT 1;

-- ============================================================ tickets: sweeping

-- name: recorded_tickets
-- What a sweep compares these tickets with; those without a fingerprint have to be read again.
SELECT vendor_id, fingerprint, followed FROM tickets
WHERE store = :store AND vendor_id IN (SELECT value FROM json_each(:ids));

-- name: open_vendor_ids
-- The store's open tickets.
SELECT vendor_id FROM tickets WHERE store = :store AND status = 'open' AND forgotten = 0 ORDER BY number;

-- name: vendor_ids_to_read_again
-- Closed tickets are in no list of open ones: what was written just before we closed one is found only by reading it.
SELECT vendor_id FROM tickets
WHERE store = :store AND fingerprint IS NULL
  AND status = 'closed' AND followed = 1 AND gone_at IS NULL AND status_set_at <= :settled AND forgotten = 0
ORDER BY number;

-- name: ticket_to_probe
-- A ticket that could be read before and probably still exists, to see whether the store can be read at all. The latest
-- open one is best ('open' sorts after 'closed').
SELECT vendor_id FROM tickets
WHERE store = :store AND followed = 1 AND gone_at IS NULL AND forgotten = 0
  AND vendor_id NOT IN (SELECT value FROM json_each(:but))
ORDER BY status DESC, number DESC
LIMIT 1;

-- ============================================================ links: writing

-- name: insert_link
-- Connects a ticket to a channel, where its thread has still to be opened; returns no row if it is connected already.
INSERT INTO links (ticket, chat, channel) VALUES (:ticket, :chat, :channel) ON CONFLICT DO NOTHING RETURNING id;

-- name: set_link_thread
-- The link's thread was opened, with its card.
UPDATE links SET thread = :thread, card = :card WHERE id = :id;

-- name: clear_link_thread
-- The link's thread was deleted: it needs another one.
UPDATE links
SET thread = NULL, card = NULL, read_up_to = NULL, read_up_to_at = 0, threads_lost = threads_lost + 1
WHERE id = :id;

-- name: move_link
-- From now on the link's thread belongs in another channel.
UPDATE links SET channel = :channel WHERE id = :id;

-- name: replace_card
-- The thread has another card in place of the one that was deleted.
UPDATE links SET card = :card WHERE id = :id AND card = :deleted;

-- name: set_read_up_to
-- The thread has been read up to this message. Does nothing as long as its channel is unreadable, because there may be
-- older messages that we do not know.
UPDATE links SET read_up_to = :message, read_up_to_at = :at
WHERE id = :id AND read_up_to_at < :at
  AND NOT EXISTS (
      SELECT 1 FROM channel_incidents AS c WHERE c.chat = links.chat AND c.channel = links.channel AND c.unreadable = 1
  );

-- name: leave_thread
-- Before the link gets another thread: keeps the one that it has, because people may still write there.
INSERT INTO former_threads (chat, channel, thread, link, read_up_to, left_at)
SELECT chat, channel, thread, id, read_up_to, :now FROM links WHERE id = :id AND thread IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: forget_former_thread
-- Nobody can write there any more.
DELETE FROM former_threads WHERE chat = :chat AND channel = :channel AND thread = :thread;

-- ============================================================ links: reading

-- name: link
-- One link.
SELECT * FROM links WHERE id = :id;

-- name: links_of_ticket
-- The ticket's links, oldest first.
SELECT * FROM links WHERE ticket = :ticket ORDER BY id;

-- name: link_by_thread
-- The link that this thread belongs to.
SELECT * FROM links WHERE chat = :chat AND channel = :channel AND thread = :thread;

-- name: link_by_former_thread
-- The link that had this thread before its present one.
SELECT l.* FROM former_threads AS f JOIN links AS l ON l.id = f.link
WHERE f.chat = :chat AND f.channel = :channel AND f.thread = :thread;

-- name: latest_former_thread
-- The thread that the link had before its present one, if people may still write there.
SELECT * FROM former_threads WHERE link = :link ORDER BY left_at DESC LIMIT 1;

-- name: former_threads
-- The threads of a chat that were left lately: people may still write there.
SELECT * FROM former_threads WHERE chat = :chat AND left_at >= :lately ORDER BY left_at;

-- name: former_thread
-- One former thread.
SELECT * FROM former_threads WHERE chat = :chat AND channel = :channel AND thread = :thread;

-- name: channels_with_threads
-- The channels of a chat in which tickets have threads, also those that the settings do not name any more.
WITH RECURSIVE found (channel) AS (
    SELECT MIN(channel) FROM links WHERE chat = :chat
    UNION ALL
    SELECT (SELECT MIN(l.channel) FROM links AS l WHERE l.chat = :chat AND l.channel > found.channel)
    FROM found WHERE channel IS NOT NULL
)
SELECT channel FROM found WHERE channel IS NOT NULL;

-- name: channels_of_open_tickets
-- In which channels of a chat each of these stores' open tickets have threads.
SELECT DISTINCT t.store, l.channel
FROM tickets AS t CROSS JOIN links AS l ON l.ticket = t.number AND l.chat = :chat
WHERE t.store IN (SELECT value FROM json_each(:stores)) AND t.status = 'open' AND t.followed = 1
  AND t.gone_at IS NULL AND l.thread IS NOT NULL
ORDER BY t.store, l.channel;

-- name: link_by_card
-- The link that has this message as its card.
SELECT * FROM links WHERE chat = :chat AND channel = :channel AND thread = :thread AND card = :card;

-- name: links_in_place
-- The links of a deleted thread, or (thread NULL) of a deleted channel, whose tickets are open or were closed lately.
WITH active (ticket) AS (
    SELECT number FROM tickets WHERE status = 'open'
    UNION
    SELECT number FROM tickets WHERE store IN (SELECT name FROM stores) AND closed_at >= :closed_since
)
SELECT l.* FROM active CROSS JOIN links AS l ON l.ticket = active.ticket
WHERE l.chat = :chat AND l.channel = :channel AND l.thread IS NOT NULL AND (:thread IS NULL OR l.thread = :thread)
ORDER BY l.id;

-- name: links_to_catch_up
-- The threads in which somebody may have written while we were not connected: the ticket is open or was closed lately,
-- or its thread was written in or opened lately.
WITH active (link) AS (
    SELECT l.id FROM tickets AS t CROSS JOIN links AS l ON l.ticket = t.number
    WHERE t.status = 'open'
    UNION
    SELECT l.id FROM tickets AS t CROSS JOIN links AS l ON l.ticket = t.number
    WHERE t.store IN (SELECT name FROM stores) AND t.closed_at >= :lately
    UNION
    SELECT id FROM links WHERE chat = :chat AND read_up_to_at >= :lately
    UNION
    SELECT link FROM deliveries WHERE kind = 'open' AND finished_at >= :lately
)
SELECT l.* FROM active CROSS JOIN links AS l ON l.id = active.link
WHERE l.chat = :chat AND l.thread IS NOT NULL
ORDER BY l.id;

-- name: links_with_unrouted_messages
-- After catching up: the chat's threads with messages that have no purpose yet.
SELECT DISTINCT l.* FROM messages AS m CROSS JOIN links AS l ON l.id = m.link
WHERE m.routed_at IS NULL AND l.chat = :chat
ORDER BY l.id;

-- name: stranded_links
-- A store's links whose thread could not be opened, each with that delivery.
SELECT l.*, d.id AS opening
FROM deliveries AS d CROSS JOIN links AS l ON l.id = d.link JOIN tickets AS t ON t.number = l.ticket
WHERE d.kind = 'open' AND d.unfinished = 1 AND d.state = 'failed' AND l.thread IS NULL AND t.store = :store
ORDER BY l.id;

-- ============================================================ messages: writing

-- name: insert_vendor_message
-- Adds a message that the vendor shows; returns no row if it is there already.
INSERT INTO messages (
    ticket, vendor_id, purpose, author, author_name, text, formatted, attachments, is_public, written_at, routed_at
)
VALUES (
    :ticket, :vendor_id, 'vendor', :author, :author_name, :text, :formatted, :attachments, :is_public, :written_at, :now
)
ON CONFLICT (ticket, vendor_id) DO NOTHING
RETURNING id;

-- name: insert_agent_message
-- Adds a message that was written in a thread, not routed yet; returns no row if it is there already.
INSERT INTO messages (
    ticket, link, thread, chat_message, agent, purpose, author,
    author_name, text, formatted, attachments, unsupported, can_reply, written_at, sync_epoch
)
VALUES (
    :ticket, :link, :thread, :chat_message, :agent, 'talk', 'staff',
    :author_name, :text, :formatted, :attachments, :unsupported, :can_reply, :written_at, :sync_epoch
)
ON CONFLICT (link, chat_message) DO NOTHING
RETURNING id;

-- name: route_message
-- Decides what the message is for, and what of it is sent or shown elsewhere.
UPDATE messages SET purpose = :purpose, text = :text, formatted = :formatted, routed_at = :now WHERE id = :id;

-- name: offer_text
-- An agent's message asks for this text, which becomes a reply. By its own words it is known whether it is edited.
UPDATE messages SET purpose = 'reply', edited_text = text, text = :text, formatted = NULL WHERE id = :id;

-- name: insert_form_message
-- Adds a reply or a note that was written in a form or a command. It is in no thread by itself, and posted in all.
INSERT INTO messages (
    ticket, link, agent, purpose, author, author_name, text, written_at, routed_at, form, closes_by
)
VALUES (:ticket, :link, :agent, :purpose, 'staff', :author_name, :text, :now, :now, :form, :closes_by)
RETURNING id;

-- name: message_by_form
-- The message that was sent by this form.
SELECT * FROM messages WHERE form = :form;

-- name: set_message_purpose
-- What the message is for now.
UPDATE messages SET purpose = :purpose WHERE id = :id;

-- name: set_message_replied
-- The message is for the customer: who answers for it, and when it was written for them, by its chat's time.
UPDATE messages SET replied_by = :by, replied_at = :at WHERE id = :id;

-- name: set_message_inside
-- Its author may not act on the ticket any more, so it never goes to the customer unless an agent sends it.
UPDATE messages SET can_reply = 0 WHERE id = :id;

-- name: set_message_text
-- What of the message is sent or shown elsewhere.
UPDATE messages SET text = :text, formatted = :formatted WHERE id = :id;

-- name: set_message_attachments
-- The files that go along with what is sent or shown of the message.
UPDATE messages SET attachments = :attachments WHERE id = :id;

-- name: set_message_edited
-- Its author edited the message; this is its text now.
UPDATE messages SET edited_text = :text WHERE id = :id;

-- name: set_message_deleted
-- Its author deleted the message.
UPDATE messages SET deleted_at = :now WHERE id = :id;

-- name: set_message_sync_epoch
-- The message was read in this sync epoch: every change to it since then is received.
UPDATE messages SET sync_epoch = :sync_epoch WHERE id = :id;

-- name: set_message_vendor_id
-- Under which id the vendor has the message.
UPDATE messages SET vendor_id = :vendor_id WHERE id = :id;

-- name: set_message_mark
-- Which mark the message has in its chat.
UPDATE messages SET mark = :mark WHERE id = :id;

-- ============================================================ messages: reading

-- name: message
-- One message.
SELECT * FROM messages WHERE id = :id;

-- name: message_by_vendor_id
-- The ticket's message with this id at the vendor.
SELECT * FROM messages WHERE ticket = :ticket AND vendor_id = :vendor_id;

-- name: message_by_chat_id
-- The message with this id in a link's thread.
SELECT * FROM messages WHERE link = :link AND chat_message = :chat_message;

-- name: vendor_ids_of_ticket
-- Which of the vendor's messages are recorded.
SELECT vendor_id FROM messages WHERE ticket = :ticket AND vendor_id IS NOT NULL;

-- name: messages_by_vendor_ids
-- Those of the ticket's messages that are recorded under one of these ids.
SELECT * FROM messages WHERE ticket = :ticket AND vendor_id IN (SELECT value FROM JSON_EACH(:ids));

-- name: messages_at_vendor
-- The ticket's messages that its vendor has under an id that we know; of our replies and notes also what was sent when.
SELECT m.*, d.kind AS kind, d.created_at AS queued_at
FROM messages AS m LEFT JOIN deliveries AS d ON d.message = m.id AND d.kind IN ('reply', 'note')
WHERE m.ticket = :ticket AND m.vendor_id IS NOT NULL AND m.erased = 0
ORDER BY m.id;

-- name: first_customer_message
-- For a link's card: the message that the ticket's cards show whole, else the first public one that is not from staff.
-- With whether it is posted in the link's present thread, or will be: what was posted before the thread was opened is
-- in a former one.
SELECT
    m.*,
    m.id IS t.opening_message AS is_on_cards,
    EXISTS (
        SELECT 1 FROM deliveries AS p
        WHERE p.message = m.id AND p.link = :link AND p.kind = 'post' AND p.state <> 'dropped'
          AND (
              p.state <> 'done'
              OR NOT EXISTS (
                  SELECT 1 FROM deliveries AS o
                  WHERE o.link = :link AND o.kind = 'open' AND (o.finished_at IS NULL OR o.finished_at > p.finished_at)
              )
          )
    ) AS is_posted
FROM messages AS m JOIN tickets AS t ON t.number = m.ticket
WHERE m.ticket = :ticket AND m.purpose = 'vendor' AND m.author <> 'staff' AND m.is_public = 1 AND m.erased = 0
ORDER BY m.id IS t.opening_message DESC, m.written_at, m.id LIMIT 1;

-- name: set_opening_message
-- The ticket's cards show this message whole, and so it is posted nowhere.
UPDATE tickets SET opening_message = :message WHERE number = :number;

-- name: unrouted_messages
-- The messages of a thread that have no purpose yet, oldest first.
SELECT * FROM messages WHERE link = :link AND routed_at IS NULL ORDER BY written_at, id;

-- name: unrouted_of_agents
-- What agents wrote that has no purpose yet, because something that was written before it may be missing.
SELECT m.id AS id, m.link AS link, l.chat AS chat
FROM messages AS m INDEXED BY messages_unrouted CROSS JOIN links AS l ON l.id = m.link
WHERE m.routed_at IS NULL AND m.can_reply = 1 AND m.deleted_at IS NULL AND m.link IS NOT NULL
ORDER BY m.id;

-- name: sync_epoch_of_message
-- The sync epoch of an agent's message and its link; no row if the message is in a thread of which nothing is left.
SELECT l.id AS link, l.chat AS chat, m.sync_epoch AS sync_epoch FROM messages AS m JOIN links AS l ON l.id = m.link
WHERE m.id = :id
  AND (
      m.thread = l.thread
      OR EXISTS (
          SELECT 1 FROM former_threads AS f
          WHERE f.chat = l.chat AND f.channel = l.channel AND f.thread = m.thread AND f.link = l.id
      )
  );

-- name: replies_between
-- The ticket's other replies that were written for the customer in this time, and were sent, may have been, or wait.
SELECT m.id AS id, m.link AS link, m.replied_by AS replied_by, m.replied_at AS replied_at,
    d.id AS delivery, d.state AS state, d.attempts AS attempts, d.requested AS requested
FROM messages AS m JOIN deliveries AS d ON d.message = m.id AND d.kind = 'reply'
WHERE m.ticket = :ticket AND m.id <> :message AND m.replied_at BETWEEN :since AND :until
  AND (d.state IN ('waiting', 'begun', 'uncertain', 'done') OR (d.state = 'failed' AND d.in_doubt = 1))
ORDER BY m.replied_at, m.id;

-- name: shown_of_customer
-- The customer's latest messages, except the ticket's first, that showed in a link's threads since this time, by the
-- chat's time; NULL: it is being posted now. What began to be posted after `until` showed nowhere before that.
WITH latest (id) AS (SELECT id FROM messages WHERE ticket = :ticket ORDER BY id DESC LIMIT 100)
SELECT m.id AS id, MAX(p.posted_at) AS shown_at
FROM latest CROSS JOIN messages AS m ON m.id = latest.id
    CROSS JOIN deliveries AS d ON d.message = m.id AND d.kind = 'post' AND d.link = :link
    LEFT JOIN posted AS p ON p.delivery = d.id
WHERE m.purpose = 'vendor' AND m.author <> 'staff' AND m.is_public = 1
  AND m.id <> (
      SELECT f.id FROM messages AS f
      WHERE f.ticket = :ticket AND f.purpose = 'vendor' AND f.author <> 'staff' AND f.is_public = 1
      ORDER BY f.written_at, f.id LIMIT 1
  )
  AND (
      p.posted_at >= :since
      OR (p.delivery IS NULL AND d.state = 'begun' AND d.begun_at <= :until)
      OR (
          p.delivery IS NULL AND d.state = 'waiting' AND d.joined_to IS NOT NULL
          AND EXISTS (
              SELECT 1 FROM deliveries AS h WHERE h.id = d.joined_to AND h.state = 'begun' AND h.begun_at <= :until
          )
      )
  )
GROUP BY m.id
ORDER BY shown_at, m.id;

-- name: replies_without_vendor_id
-- The ticket's replies and notes that may be at the vendor under an id that we do not know yet. Those that certainly
-- are there come first: a message with the same words is theirs before it is that of an attempt in doubt.
SELECT m.*, d.id AS delivery, d.kind AS kind, d.state AS state, d.created_at AS queued_at
FROM messages AS m JOIN deliveries AS d ON d.message = m.id AND d.kind IN ('reply', 'note')
WHERE m.ticket = :ticket AND m.vendor_id IS NULL AND m.erased = 0
  AND (d.state IN ('begun', 'uncertain', 'done') OR (d.state = 'failed' AND d.in_doubt))
ORDER BY d.state <> 'done', d.id;

-- name: written_by_the_store_since
-- Whether the ticket has a public message from the store that was written at its vendor at or after this time.
SELECT 1 FROM messages
WHERE ticket = :ticket AND link IS NULL AND vendor_id IS NOT NULL AND author <> 'customer' AND is_public = 1
  AND written_at >= :since
LIMIT 1;

-- name: written_to_us_after
-- Whether somebody other than the store has written in the ticket after this message was recorded.
SELECT 1 FROM messages
WHERE ticket = :ticket AND id > :message
  AND purpose = 'vendor' AND vendor_id IS NOT NULL AND author <> 'staff' AND is_public = 1
LIMIT 1;

-- name: vendor_ids_read
-- The ticket's messages that were read from its vendor, under the ids by which they are recorded.
SELECT vendor_id FROM messages WHERE ticket = :ticket AND purpose = 'vendor' AND vendor_id IS NOT NULL;

-- name: newer_than_reading
-- The ticket's public messages that are at the vendor and may be newer than a reading of it: those that other readings
-- showed since it began, and our replies that have arrived since some time before it. What the file says of times after
-- now is from a clock that was set back, and does not count.
SELECT vendor_id, author, 0 AS is_ours, written_at, routed_at AS known_at
FROM messages
WHERE ticket = :ticket AND vendor_id IS NOT NULL AND purpose = 'vendor' AND is_public = 1 AND erased = 0
  AND routed_at > :shown_after AND routed_at <= :now
UNION ALL
SELECT m.vendor_id, m.author, 1, NULL, d.finished_at
FROM messages AS m CROSS JOIN deliveries AS d
WHERE m.ticket = :ticket AND m.purpose = 'reply' AND m.erased = 0
  AND d.message = m.id AND d.kind = 'reply' AND d.state = 'done'
  AND d.finished_at > :arrived_after AND d.finished_at <= :now;

-- ============================================================ deliveries: adding and finding

-- name: insert_delivery
-- Puts a delivery into its lane; returns no row if the same one is there already (see the unique indexes).
INSERT INTO deliveries (
    kind, lane, destination, ticket, link, message, payload, state, requested, asks_about, created_at, due_at
)
VALUES (:kind, :lane, :destination, :ticket, :link, :message, :payload, :state, :requested, :asks_about, :now, :due)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: insert_card
-- Queues a card, unless it waits already. That of a closed ticket whose thread is about to be told something waits for
-- that, until `later` at most: what is posted opens an archived thread, and asks for the card once more.
INSERT INTO deliveries (kind, lane, destination, ticket, link, payload, created_at, due_at)
VALUES (
    'card', :lane, :destination, :ticket, :link, '{}', :now,
    CASE
        WHEN (SELECT t.status FROM tickets AS t WHERE t.number = :ticket) = 'closed'
            AND EXISTS (
                SELECT 1 FROM deliveries AS d
                WHERE d.lane = :thread_lane AND d.unfinished = 1 AND d.state = 'waiting' AND d.kind IN ('post', 'line')
                  AND d.due_at <= :now
            )
        THEN :later
        ELSE :now
    END
)
ON CONFLICT (link) WHERE kind = 'card' AND state = 'waiting' DO UPDATE
SET due_at = MIN(due_at, MAX(excluded.due_at, COALESCE(not_before, 0)));

-- name: insert_mark
-- Queues a mark. If it waits already, it is set at the earlier of the two times.
INSERT INTO deliveries (kind, lane, destination, ticket, link, message, payload, created_at, due_at)
VALUES ('mark', :lane, :destination, :ticket, :link, :message, '{}', :now, :due)
ON CONFLICT (message) WHERE kind = 'mark' AND state = 'waiting' DO UPDATE
SET due_at = MIN(due_at, MAX(excluded.due_at, COALESCE(not_before, 0)));

-- name: delivery
-- One delivery.
SELECT * FROM deliveries WHERE id = :id;

-- name: unfinished_deliveries
-- For `shopbell outbox`: every delivery that is not finished, oldest first.
SELECT d.*, t.store AS store, t.subject AS subject FROM deliveries AS d LEFT JOIN tickets AS t ON t.number = d.ticket
WHERE d.unfinished = 1
ORDER BY d.id;

-- name: unfinished_by_destination
-- For health: how many deliveries each destination has in each state, and since when the oldest. For one that has
-- begun, that is when its attempt began: a long wait before is no sign that it is stuck.
SELECT
    destination, state, COUNT(*) AS amount, MIN(CASE state WHEN 'begun' THEN begun_at ELSE created_at END) AS oldest
FROM deliveries
WHERE unfinished = 1
GROUP BY destination, state;

-- ============================================================ deliveries: lanes

-- name: scheduled_destinations
-- The destinations for which something waits, now or later. Each is found by a step in the index, so it matters neither
-- how many destinations there are nor how much waits.
WITH RECURSIVE found (destination) AS (
    SELECT MIN(d.destination) FROM deliveries AS d WHERE d.scheduled = 1
    UNION ALL
    SELECT (SELECT MIN(d.destination) FROM deliveries AS d WHERE d.scheduled = 1 AND d.destination > found.destination)
    FROM found WHERE found.destination IS NOT NULL
)
SELECT destination FROM found WHERE destination IS NOT NULL;

-- name: ready_lanes
-- The lanes of a destination whose first delivery is due, each with what decides whose turn is next. The opening of a
-- thread comes before everything else in its lane. An opening that failed blocks its lane until somebody retries or
-- drops it; other failed deliveries do not. At a store's vendor there is no chat. Each lane and its first delivery are
-- found by a step in an index, so it does not matter how much waits behind it.
WITH RECURSIVE lanes (lane) AS (
    SELECT MIN(d.lane) FROM deliveries AS d WHERE d.queued = 1 AND d.destination = :destination
    UNION ALL
    SELECT (
        SELECT MIN(d.lane) FROM deliveries AS d
        WHERE d.queued = 1 AND d.destination = :destination AND d.lane > lanes.lane
    )
    FROM lanes WHERE lanes.lane IS NOT NULL
)
SELECT d.lane AS lane, d.id AS id, d.kind AS kind, d.state AS state, d.due_at AS due_at, d.ticket AS ticket,
    t.store AS store,
    CASE
        WHEN d.kind = 'status' THEN json_extract(d.payload, '$.agent')
        ELSE COALESCE((
            SELECT COALESCE(m.replied_by, w.chat || ':' || m.agent)
            FROM messages AS m LEFT JOIN links AS w ON w.id = m.link
            WHERE m.id = d.message AND d.kind IN ('reply', 'note', 'post')
        ), t.customer_mailbox)
    END AS whose,
    CASE WHEN d.kind IN ('reply', 'note', 'status') THEN NULL
        ELSE COALESCE(l.chat, json_extract(d.payload, '$.place.chat')) END AS chat,
    COALESCE(l.channel, json_extract(d.payload, '$.place.channel')) AS channel,
    COALESCE(l.thread, json_extract(d.payload, '$.place.thread')) AS thread
FROM lanes
    CROSS JOIN deliveries AS d ON d.id = (
        SELECT e.id FROM deliveries AS e
        WHERE e.queued = 1 AND e.destination = :destination AND e.lane = lanes.lane
        ORDER BY e.rank, e.id LIMIT 1
    )
    LEFT JOIN tickets AS t ON t.number = d.ticket
    LEFT JOIN links AS l ON l.id = d.link
WHERE d.scheduled = 1 AND d.due_at <= :now;

-- name: next_due
-- When the destination's next delivery will be due.
SELECT MIN(due_at) AS due_at FROM deliveries
WHERE destination = :destination AND scheduled = 1 AND due_at > :now;

-- name: lane_head
-- The first delivery of a lane; the order is that of `ready_lanes`.
SELECT * FROM deliveries
WHERE queued = 1 AND destination = :destination AND lane = :lane
ORDER BY rank, id LIMIT 1;

-- name: unfinished_in_lane
-- Every unfinished delivery of a lane, except one that is held: it waits for an agent, not in the lane.
SELECT * FROM deliveries WHERE lane = :lane AND unfinished = 1 AND state <> 'held' ORDER BY id;

-- ============================================================ deliveries: attempts and their outcomes

-- name: make_begun_uncertain
-- At start: an attempt that an earlier process began may have succeeded.
UPDATE deliveries SET state = 'uncertain', due_at = :now WHERE unfinished = 1 AND state = 'begun';

-- name: begin_delivery
-- An attempt begins. What it posts will be newer than our last message in that chat. Returns it as it then is.
UPDATE deliveries
SET state = 'begun', attempts = attempts + 1, reconcile_attempts = 0, begun_at = :now,
    after_message = (SELECT p.chat_message FROM last_posted AS p WHERE p.destination = deliveries.destination)
WHERE id = :id AND state IN ('waiting', 'uncertain')
RETURNING *;

-- name: make_uncertain
-- The attempt may have succeeded: search for it later.
UPDATE deliveries
SET state = 'uncertain', due_at = :due, error = :error, late_since = COALESCE(late_since, :now)
WHERE id = :id AND state = 'begun';

-- name: reconcile_later
-- The search found nothing, or (`counted` 0) could not be made: search again later.
UPDATE deliveries
SET reconcile_attempts = reconcile_attempts + :counted, due_at = :due, error = COALESCE(:error, error),
    late_since = COALESCE(late_since, :now)
WHERE id = :id AND state = 'uncertain';

-- name: postpone_delivery
-- The attempt did not succeed: try again later; `not_before` is until when the other side asked us to wait.
UPDATE deliveries
SET state = 'waiting', due_at = :due, not_before = :not_before, error = :error, attempts = attempts - :uncounted,
    late_since = COALESCE(late_since, :now)
WHERE id = :id AND state IN ('begun', 'uncertain');

-- name: make_long_tried_due
-- A destination (NULL: every one) works again: what was tried there in vain so often that it waits for minutes or hours
-- is due now, unless its latest attempt began after `tried_before`; or as soon as the other side allows it.
UPDATE deliveries SET due_at = MAX(:now, COALESCE(not_before, 0))
WHERE scheduled = 1 AND (:destination IS NULL OR destination = :destination) AND due_at > :now
  AND (state = 'waiting' OR kind IN ('card', 'mark', 'erase', 'status'))
  AND attempts >= 4 AND begun_at <= :tried_before;

-- name: long_tried_delivery
-- Whether something waits at the destination that was tried in vain so often.
SELECT id FROM deliveries
WHERE scheduled = 1 AND destination = :destination
  AND (state = 'waiting' OR kind IN ('card', 'mark', 'erase', 'status')) AND attempts >= 4
LIMIT 1;

-- name: set_delivery_form
-- A chat refused the delivery: its next attempt has this form, from the part that was refused on.
UPDATE deliveries SET plain_from = CASE WHEN form = 0 THEN part ELSE plain_from END, form = :form
WHERE id = :id;

-- name: next_part
-- A part is posted, and the delivery has more parts.
UPDATE deliveries
SET state = 'waiting', part = :part, attempts = 0, due_at = :now, late_since = NULL, error = NULL
WHERE id = :id;

-- name: finish_delivery
-- The delivery is done. The last failure before that stays, to be told to whoever asks why it came late.
UPDATE deliveries SET state = 'done', finished_at = :now WHERE id = :id AND state <> 'done';

-- name: fail_delivery
-- The delivery failed for good, unless somebody has dropped it meanwhile.
UPDATE deliveries SET state = 'failed', finished_at = :now, error = :error, in_doubt = :in_doubt
WHERE id = :id AND state IN ('waiting', 'begun', 'uncertain');

-- name: drop_duplicate
-- Before a card or a mark is tried again: drops another one that waits, because the first will show the current state.
UPDATE deliveries SET state = 'dropped', finished_at = :now
WHERE kind IN ('card', 'mark') AND unfinished = 1 AND state = 'waiting'
  AND id <> :id AND lane = (SELECT lane FROM deliveries WHERE id = :id AND state IN ('begun', 'uncertain', 'failed'));

-- ============================================================ deliveries: what people ask for

-- name: retry_delivery
-- An agent or the operator wants a failed or held delivery to be made: in full again, unless a part of it is posted in
-- another form, because then the other parts are cut in another way.
UPDATE deliveries
SET state = CASE WHEN in_doubt THEN 'uncertain' ELSE 'waiting' END, attempts = 0, reconcile_attempts = 0,
    due_at = :now, late_since = NULL, late_is_told = 0, finished_at = NULL, requested = 1,
    form = CASE WHEN part <= plain_from OR kind NOT IN ('post', 'line') THEN 0 ELSE MIN(form, 1) END
WHERE id = :id AND state IN ('failed', 'held');

-- name: hold_delivery
-- The delivery waits for an agent; not if its first attempt has begun.
UPDATE deliveries SET state = 'held' WHERE id = :id AND state = 'waiting' AND attempts = 0;

-- name: drop_delivery
-- The delivery will not be made. One that is being attempted cannot be dropped. A line for a whole channel may name a
-- ticket, and no ticket has it: it loses its words.
UPDATE deliveries
SET state = 'dropped', finished_at = :now,
    payload = CASE WHEN ticket IS NULL AND kind = 'line' THEN json_set(payload, '$.text', '') ELSE payload END
WHERE id = :id AND state IN ('waiting', 'uncertain', 'held', 'failed');

-- ============================================================ deliveries: posting

-- name: set_posted
-- Notes which chat message shows this part of a delivery.
INSERT INTO posted (delivery, part, chat_message, thread, posted_at, progress)
VALUES (:delivery, :part, :chat_message, :thread, :posted_at, :progress)
ON CONFLICT DO UPDATE
SET chat_message = excluded.chat_message, thread = excluded.thread, posted_at = excluded.posted_at,
    progress = excluded.progress;

-- name: posted_part
-- The chat message that shows this part of a delivery in a thread.
SELECT chat_message FROM posted WHERE delivery = :delivery AND part = :part AND thread = :thread;

-- name: show_message_itself
-- A post that was made before its reply was sent shows something else, or was left out: make it anew.
UPDATE deliveries
SET state = 'waiting', part = 0, attempts = 0, reconcile_attempts = 0, due_at = :now, late_since = NULL, error = NULL,
    finished_at = NULL
WHERE message = :message AND link = :link AND kind = 'post' AND state = 'done'
  AND NOT EXISTS (SELECT 1 FROM posted AS p WHERE p.delivery = deliveries.id AND p.part = 0 AND p.progress IS NULL);

-- name: show_progress_again
-- Posts that show what becomes of a reply must be made anew.
UPDATE deliveries
SET state = 'waiting', part = 0, attempts = 0, reconcile_attempts = 0, due_at = :now, late_since = NULL, error = NULL,
    finished_at = NULL
WHERE message = :message AND kind = 'post' AND state = 'done'
  AND EXISTS (SELECT 1 FROM posted AS p WHERE p.delivery = deliveries.id AND p.part = 0 AND p.progress IS NOT NULL);

-- name: decide_lines
-- What the buttons of these lines are about is decided: they show that instead. One that is posted is edited; one that
-- is being posted is seen to be outdated then.
UPDATE deliveries
SET payload = json_set(
        payload, '$.buttons', json('[]'), '$.decision', :text, '$.plainer_decision', :plainer
    ),
    asks_about = NULL,
    part = CASE state WHEN 'done' THEN 0 ELSE part END,
    attempts = CASE state WHEN 'done' THEN 0 ELSE attempts END,
    reconcile_attempts = CASE state WHEN 'done' THEN 0 ELSE reconcile_attempts END,
    due_at = CASE state WHEN 'done' THEN :now ELSE due_at END,
    late_since = CASE state WHEN 'done' THEN NULL ELSE late_since END,
    finished_at = CASE state WHEN 'done' THEN NULL ELSE finished_at END,
    error = CASE state WHEN 'done' THEN NULL ELSE error END,
    state = CASE state WHEN 'done' THEN 'waiting' ELSE state END
WHERE asks_about = :delivery;

-- name: lines_asking_about_ticket
-- What the lines of a ticket ask about, and nobody has decided.
SELECT DISTINCT asked.id AS id
FROM deliveries AS asked JOIN deliveries AS d ON d.asks_about = asked.id
WHERE asked.ticket = :ticket AND asked.state IN ('held', 'failed') AND d.asks_about IS NOT NULL;

-- name: was_posted
-- Returns a row if at least one part of the delivery is posted.
SELECT 1 FROM posted WHERE delivery = :id LIMIT 1;

-- name: waiting_behind
-- What waits behind a post in its lane, in order, and whether it can be said in the same post: a message of the same
-- author that the vendor has, and that was never attempted.
SELECT d.id AS id, d.message AS message,
    d.kind = 'post' AND d.state = 'waiting' AND d.attempts = 0 AND d.part = 0 AND d.form = 0 AND d.due_at <= :now
    AND d.joined_to IS NULL AND m.purpose = 'vendor' AND m.erased = 0 AND m.author = :author
    AND m.author_name IS :author_name AND m.is_public = :is_public
    AND NOT EXISTS (SELECT 1 FROM posted AS p WHERE p.delivery = d.id) AS joins
FROM deliveries AS d LEFT JOIN messages AS m ON m.id = d.message
WHERE d.lane = :lane AND d.unfinished = 1 AND d.id > :id AND d.state IN ('waiting', 'begun', 'uncertain')
ORDER BY d.id LIMIT :most;

-- name: join_posts
-- These are said in this delivery's post.
UPDATE deliveries SET joined_to = :id WHERE id IN (SELECT value FROM json_each(:joined));

-- name: joined_posts
-- What is said in this delivery's post besides its own message.
SELECT id, message, state FROM deliveries WHERE joined_to = :id ORDER BY id;

-- name: finish_joined
-- It is said in the post of another delivery, which is done.
UPDATE deliveries SET state = 'done', begun_at = COALESCE(begun_at, :now), finished_at = :now
WHERE id = :id AND state IN ('waiting', 'uncertain');

-- name: part_posts
-- The delivery's attempt certainly failed (`certain`), or it was searched for without being found. What would have been
-- said in its post is parted from it in the first case; in both it is not part of another one's post.
UPDATE deliveries SET joined_to = NULL WHERE id = :id OR (:certain AND joined_to = :id);

-- name: search_for_joined
-- It may have been said in the post of another delivery, of which that is not known: search for that post first.
UPDATE deliveries SET state = 'uncertain', reconcile_attempts = 0 WHERE id = :id AND state = 'waiting';

-- name: set_last_posted
-- Notes our last message in a chat.
INSERT INTO last_posted (destination, chat_message) VALUES (:destination, :chat_message)
ON CONFLICT DO UPDATE SET chat_message = excluded.chat_message;

-- name: post_from_first_part
-- The lane's thread was deleted: what was posted in part goes into the next thread as a whole.
UPDATE deliveries SET part = 0 WHERE lane = :lane AND unfinished = 1 AND kind IN ('post', 'line') AND part > 0;

-- name: readdress_line
-- A channel refused a line: post it in another one.
UPDATE deliveries SET lane = :lane, destination = :destination, payload = :payload WHERE id = :id;

-- name: drop_waiting_posts
-- The message is not posted where it has not been posted yet.
UPDATE deliveries SET state = 'dropped' WHERE message = :message AND kind = 'post' AND state = 'waiting';

-- ============================================================ deliveries: opening threads

-- name: unfinished_opening
-- The delivery that opens the link's thread, or failed to.
SELECT id FROM deliveries WHERE link = :link AND kind = 'open' AND unfinished = 1;

-- name: opening_in_progress
-- The delivery that opens the link's thread and has not failed.
SELECT id FROM deliveries WHERE link = :link AND kind = 'open' AND unfinished = 1 AND state <> 'failed';

-- name: recent_openings
-- How often the link's thread was opened lately.
SELECT id FROM deliveries WHERE link = :link AND kind = 'open' AND state = 'done' AND finished_at >= :since;

-- name: set_spoken_in
-- Somebody wrote in a thread that we do not know: it may be one that is being opened in this channel, so read those.
UPDATE deliveries SET payload = json_set(payload, '$.spoken_in', json('true'))
WHERE kind = 'open' AND unfinished = 1 AND state IN ('begun', 'uncertain')
  AND EXISTS (SELECT 1 FROM links AS l WHERE l.id = deliveries.link AND l.chat = :chat AND l.channel = :channel);

-- name: retry_opening_elsewhere
-- The link has moved to another channel: open its thread there, no matter what happened in the former one.
UPDATE deliveries
SET state = 'waiting', in_doubt = 0, attempts = 0, reconcile_attempts = 0, due_at = :now, finished_at = NULL,
    error = NULL
WHERE id = :id AND state = 'failed';

-- ============================================================ deliveries: replies, notes, marks and statuses

-- name: reply_of_message
-- The delivery of an agent's message to the customer: the latest one that was not dropped, else the latest.
SELECT * FROM deliveries WHERE message = :message AND kind = 'reply' ORDER BY state = 'dropped', id DESC LIMIT 1;

-- name: unattempted_replies
-- The ticket's replies before their first attempt, in the order in which they will be sent.
SELECT d.id AS id, d.message AS message, d.due_at AS due_at, d.requested AS requested, d.late_is_told AS late_is_told,
    m.written_at AS written_at
FROM deliveries AS d JOIN messages AS m ON m.id = d.message
WHERE d.lane = 'vendor:' || :ticket AND d.unfinished = 1 AND d.state = 'waiting' AND d.kind = 'reply' AND d.attempts = 0
ORDER BY d.id;

-- name: clear_delivery_message
-- Before two replies change places: neither has a message for a moment, because a message can have one reply only.
UPDATE deliveries SET message = NULL WHERE id = :id;

-- name: set_delivery_message
-- Gives a reply another message, with everything that belongs to that message.
UPDATE deliveries SET message = :message, due_at = :due, requested = :requested, late_is_told = :late_is_told
WHERE id = :id;

-- name: set_due
-- When a waiting delivery is tried; or as soon as the other side allows it.
UPDATE deliveries SET due_at = MAX(:due, COALESCE(not_before, 0)) WHERE id = :id AND state = 'waiting';

-- name: late_replies
-- Replies that something has kept from being sent since before this time, each with the first delivery of its lane (it
-- may be the reply itself) and its error. A reply behind another one is late only if that one is late, too.
SELECT d.id AS id, d.destination AS destination, d.state AS state, d.late_is_told AS late_is_told, m.link AS link,
    h.error AS error
FROM deliveries AS d
    JOIN messages AS m ON m.id = d.message
    JOIN deliveries AS h ON h.id = (
        SELECT MIN(e.id) FROM deliveries AS e
        WHERE e.lane = d.lane AND e.unfinished = 1 AND e.state IN ('waiting', 'begun', 'uncertain')
    )
WHERE d.unfinished = 1 AND d.state IN ('waiting', 'begun', 'uncertain') AND d.kind = 'reply'
  AND COALESCE(d.late_since, d.due_at) <= :before AND h.late_since <= :before
ORDER BY d.id;

-- name: untold_waiting_replies
-- Replies that were to leave before this time and of which nobody was told that they wait, each with its thread's link.
SELECT d.id AS id, d.destination AS destination, SUBSTR(d.destination, 7) AS store, m.link AS link
FROM deliveries AS d JOIN messages AS m ON m.id = d.message
WHERE d.unfinished = 1 AND d.state IN ('waiting', 'uncertain') AND d.kind = 'reply' AND d.late_is_told = 0
  AND d.due_at <= :before
ORDER BY d.id;

-- name: untold_late_statuses
-- Tickets that were to be closed or reopened, what has prevented it since before this time, and that nobody was told.
SELECT id, destination, ticket, payload, error FROM deliveries
WHERE unfinished = 1 AND state IN ('waiting', 'uncertain') AND kind = 'status' AND late_is_told = 0
  AND late_since <= :before
ORDER BY id;

-- name: set_late_is_told
-- Those who wait for the delivery were told that it waits.
UPDATE deliveries SET late_is_told = 1 WHERE id = :id;

-- name: late_by_store
-- For health: since when each store has kept what agents sent; the error is that of the oldest.
SELECT SUBSTR(destination, 7) AS store, MIN(late_since) AS since, error FROM deliveries
WHERE unfinished = 1 AND state IN ('waiting', 'begun', 'uncertain') AND kind IN ('reply', 'note', 'status')
  AND late_since <= :before
GROUP BY destination
ORDER BY destination;

-- name: late_by_thread
-- For health: since when words wait for a thread that does not take them, and why; of each chat the oldest.
SELECT l.chat AS chat, d.ticket AS ticket, MIN(d.late_since) AS since, d.error AS error
FROM deliveries AS d JOIN links AS l ON l.id = d.link
WHERE d.unfinished = 1 AND d.state IN ('waiting', 'begun', 'uncertain') AND d.kind IN ('open', 'post', 'line')
  AND d.late_since <= :before
GROUP BY l.chat
ORDER BY l.chat;

-- name: copies_of_note
-- Where an agent's note is posted or kept, or will be.
SELECT * FROM deliveries WHERE message = :message AND kind IN ('post', 'note') AND state <> 'dropped' ORDER BY id;

-- name: mark_in_doubt
-- Returns a row if an attempt to mark this message may have succeeded although its outcome is not known.
SELECT 1 FROM deliveries
WHERE message = :message AND kind = 'mark' AND (in_doubt OR (id = :id AND attempts > 1))
LIMIT 1;

-- name: status_in_progress
-- The last change of a ticket's status that is on its way to the vendor.
SELECT * FROM deliveries
WHERE lane = 'vendor:' || :ticket AND unfinished = 1 AND state IN ('waiting', 'begun', 'uncertain') AND kind = 'status'
ORDER BY id DESC LIMIT 1;

-- ============================================================ a clock that was set back

-- name: latest_time
-- The latest time in the file at which something was begun or queued or a store was swept.
SELECT MAX(moment) AS moment FROM (
    SELECT MAX(created_at, COALESCE(begun_at, 0)) AS moment FROM deliveries WHERE unfinished = 1
    UNION ALL
    SELECT swept_at FROM stores
);

-- name: bring_back_due_times
-- Moves the times at which deliveries are due back with the clock. What is due soon stays: it may have been queued
-- since. Nothing waits longer than until `latest`.
UPDATE deliveries
SET due_at = CASE WHEN due_at - :by > :latest THEN :now ELSE MAX(due_at - :by, :now) END,
    not_before = CASE WHEN due_at - :by > :latest THEN NULL ELSE not_before - :by END
WHERE scheduled = 1 AND due_at > :soon;

-- name: bring_back_deliveries
-- What happened to a delivery did not happen after now.
UPDATE deliveries
SET created_at = MIN(created_at, :now), begun_at = MIN(begun_at, :now), late_since = MIN(late_since, :now)
WHERE unfinished = 1 AND MAX(created_at, COALESCE(begun_at, 0), COALESCE(late_since, 0)) > :now;

-- name: bring_back_tickets
-- What is read of a ticket from now on is newer than what we did to it.
UPDATE tickets SET status_set_at = :now WHERE status_set_at > :now;

-- name: bring_back_gone_tickets
-- What is read of a ticket from now on is newer than that it was gone.
UPDATE tickets SET gone_at = :now WHERE gone_at > :now;

-- name: bring_back_snoozes
-- Nobody asked for a snooze after now: one that is for a length of time ends so long after now. One until a time on the
-- clock stays. Returns the tickets.
UPDATE tickets SET snoozed_until = snoozed_until - (snoozed_at - :now), snoozed_at = :now
WHERE snoozed_at > :now AND snoozed_until IS NOT NULL
RETURNING number;

-- name: bring_back_stores
-- What happened to a store did not happen after now.
UPDATE stores
SET fully_swept_at = MIN(fully_swept_at, :now), swept_at = MIN(swept_at, :now), active_at = MIN(active_at, :now),
    incident_since = MIN(incident_since, :now), asked_since = MIN(asked_since, :now);

-- name: bring_back_reminders
-- No promise was broken after now. Where it seemed to be broken for so long that nobody was told, its ticket is
-- reminded of anew.
UPDATE tickets SET reminded = NULL, reminded_for = NULL, promise_broken_at = NULL
WHERE promise_broken_at > :now AND promise_broken_at < :untold_before;

-- name: bring_back_refusals
-- Nobody was told of a refusal after now.
UPDATE told_refusals SET told_at = :now WHERE told_at > :now;

-- name: bring_back_installation
-- The backup was not restored after now.
UPDATE installation SET restored_at = :now WHERE restored_at > :now;

-- ============================================================ figures

-- name: ticket_counts
-- How many tickets a store has: open ones, closed ones, snoozed ones.
SELECT
    COUNT(t.number) AS open,
    COUNT(t.snoozed_until) AS snoozed,
    (SELECT closed_tickets FROM stores WHERE name = :store) AS closed
FROM tickets AS t INDEXED BY tickets_open
WHERE t.store = :store AND t.status = 'open' AND t.gone_at IS NULL;

-- name: waiting_tickets
-- Since when each of a store's open tickets waits that waits for us.
SELECT COALESCE(waiting_since, created_at) AS since FROM tickets INDEXED BY tickets_open
WHERE store = :store AND status = 'open' AND gone_at IS NULL AND awaiting = 'us' AND snoozed_until IS NULL;

-- name: volume
-- How many of a store's tickets were created and closed in each of these spans (JSON: [[from, until]]), in their order.
SELECT
    (
        SELECT COUNT(*) FROM tickets AS t
        WHERE t.store = :store AND t.opening_unknown = 0
          AND t.created_at >= JSON_EXTRACT(s.value, '$[0]') AND t.created_at < JSON_EXTRACT(s.value, '$[1]')
    ) AS new,
    (
        SELECT COUNT(*) FROM tickets AS t
        WHERE t.store = :store
          AND t.closed_at >= JSON_EXTRACT(s.value, '$[0]') AND t.closed_at < JSON_EXTRACT(s.value, '$[1]')
    ) AS closed
FROM JSON_EACH(:spans) AS s
ORDER BY s.key;

-- name: answers_up_to
-- How many answers and closings some stores (JSON: [names]) have in a span of time; so many at most, as more are not
-- counted.
SELECT COUNT(*) AS amount
FROM (
    SELECT 1 FROM (
        SELECT 1 FROM JSON_EACH(:stores) AS s CROSS JOIN answers AS a
        WHERE a.store = s.value AND a.is_first IN (0, 1) AND a.answered_at >= :since AND a.answered_at < :until
        LIMIT :most
    )
    UNION ALL
    SELECT 1 FROM (
        SELECT 1 FROM JSON_EACH(:stores) AS s CROSS JOIN tickets AS t
        WHERE t.store = s.value AND t.closed_at >= :since AND t.closed_at < :until
        LIMIT :most
    )
);

-- name: answers_given
-- A store's first or next answers in a span of time: those to every ticket, or to one in so many.
SELECT agent, since, answered_at FROM answers
WHERE store = :store AND is_first = :is_first AND answered_at >= :since AND answered_at < :until
  AND since <= answered_at AND ticket % :each = 0;

-- name: answers_by_agent
-- How many first or next answers each agent of a store has given in a span of time.
SELECT agent, COUNT(*) FROM answers
WHERE store = :store AND is_first = :is_first AND answered_at >= :since AND answered_at < :until
  AND since <= answered_at
GROUP BY agent;

-- name: closings
-- A store's tickets that were last closed in a span of time: each of them, or one in so many.
SELECT closed_by, created_at, closed_at FROM tickets
WHERE store = :store AND closed_at >= :since AND closed_at < :until AND opening_unknown = 0
  AND created_at <= closed_at AND number % :each = 0;

-- name: closings_by_agent
-- How many of a store's tickets each agent has closed last in a span of time.
SELECT closed_by, COUNT(*) FROM tickets
WHERE store = :store AND closed_at >= :since AND closed_at < :until AND opening_unknown = 0
  AND created_at <= closed_at
GROUP BY closed_by;

-- name: first_responses
-- How long customers waited for the first public message by staff, in tickets that were created since: the one or two
-- in the middle.
WITH amount (n) AS (
    SELECT COUNT(*) FROM tickets
    WHERE store = :store AND first_response_at >= created_at AND created_at >= :since AND opening_unknown = 0
)
SELECT first_response_at - created_at AS span FROM tickets
WHERE store = :store AND first_response_at >= created_at AND created_at >= :since AND opening_unknown = 0
ORDER BY span
LIMIT (SELECT 2 - n % 2 FROM amount) OFFSET (SELECT MAX(0, (n - 1) / 2) FROM amount);

-- name: times_to_close
-- How long tickets were open that were closed since: the one or two in the middle.
WITH amount (n) AS (
    SELECT COUNT(*) FROM tickets
    WHERE store = :store AND closed_at >= created_at AND closed_at >= :since AND opening_unknown = 0
)
SELECT closed_at - created_at AS span FROM tickets
WHERE store = :store AND closed_at >= created_at AND closed_at >= :since AND opening_unknown = 0
ORDER BY span
LIMIT (SELECT 2 - n % 2 FROM amount) OFFSET (SELECT MAX(0, (n - 1) / 2) FROM amount);

-- name: add_answer
-- Notes that a waiting customer was answered; changes no row if that is noted already.
INSERT INTO answers (store, is_first, answered_at, ticket, since, agent)
VALUES (:store, :is_first, :at, :ticket, :since, :agent)
ON CONFLICT DO NOTHING;

-- name: set_answer_agent
-- Who wrote the ticket's answer of this time, which was taken for one that nobody of a chat wrote.
UPDATE answers SET agent = :agent WHERE ticket = :ticket AND answered_at = :at AND agent IS NULL;

-- name: add_answer_of_reply
-- Notes that a waiting customer was answered by this message; changes no row if that is noted already, or if they began
-- to wait while it was on its way: it may have been there before.
INSERT INTO answers (store, is_first, answered_at, ticket, since, agent)
SELECT :store, :is_first, :at, :ticket, :since, :agent
WHERE NOT EXISTS (
    SELECT 1
    FROM deliveries AS d CROSS JOIN messages AS m
    WHERE d.message = :message AND d.kind = 'reply'
      AND m.ticket = :ticket AND m.purpose = 'vendor' AND m.author <> 'staff' AND m.is_public = 1
      AND m.written_at = :since AND m.routed_at >= d.begun_at
)
ON CONFLICT DO NOTHING;

-- name: first_unanswered
-- When the customer first wrote after this time.
SELECT MIN(written_at) AS since FROM messages
WHERE ticket = :ticket AND purpose = 'vendor' AND is_public = 1 AND author <> 'staff' AND written_at > :after;

-- name: times_of_messages
-- When each of the ticket's messages that its vendor has was written, or first read.
SELECT vendor_id, written_at FROM messages WHERE ticket = :ticket AND vendor_id IS NOT NULL;

-- name: agent_of_message
-- Who wrote the message with this id at its vendor in a chat.
SELECT l.chat AS chat, m.agent AS agent, m.author_name AS name
FROM messages AS m JOIN links AS l ON l.id = m.link
WHERE m.ticket = :ticket AND m.vendor_id = :vendor_id;

-- name: set_agent
-- Notes what somebody is called who answers or closes tickets.
INSERT INTO agents (id, name) VALUES (:id, :name)
ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name;

-- name: agents
-- What these people (JSON: [ids]) are called.
SELECT id, name FROM agents WHERE id IN (SELECT value FROM JSON_EACH(:ids));

-- name: tickets_to_export
-- For `shopbell export`: a page of the tickets that were created since, after one of a former page (its number).
SELECT *, number AS position FROM tickets
WHERE number > :after AND created_at >= :since AND (:store IS NULL OR store = :store)
ORDER BY number
LIMIT :most;

-- name: messages_to_export
-- For `shopbell export`: a page of the messages that were written since, after one of a former page (its id).
SELECT m.*, m.id AS position, t.store AS store, t.forgotten AS forgotten, l.chat AS chat
FROM messages AS m CROSS JOIN tickets AS t ON t.number = m.ticket LEFT JOIN links AS l ON l.id = m.link
WHERE m.id > :after AND m.written_at >= :since AND (:store IS NULL OR t.store = :store)
ORDER BY m.id
LIMIT :most;

-- ============================================================ the doctor

-- name: quick_check
-- Whether SQLite finds the file sound.
PRAGMA quick_check(1);

-- ============================================================ snippets

-- name: snippets
-- Every saved answer, by name.
SELECT * FROM snippets ORDER BY name;

-- name: snippet
-- One saved answer.
SELECT * FROM snippets WHERE name = :name;

-- name: save_snippet
-- Writes a saved answer, in place of one of the same name.
INSERT INTO snippets (name, text, changed_by, changed_by_name, changed_at)
VALUES (:name, :text, :by, :by_name, :now)
ON CONFLICT (name) DO UPDATE
SET text = excluded.text, changed_by = excluded.changed_by, changed_by_name = excluded.changed_by_name,
    changed_at = excluded.changed_at;

-- name: delete_snippet
-- Deletes a saved answer.
DELETE FROM snippets WHERE name = :name;
