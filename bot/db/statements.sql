-- Every statement of the program, under its name. Parameters are named; times are milliseconds since 1970 (UTC).

-- ============================================================ the installation

-- name: add_installation
INSERT INTO installation (only_row, key_prefix) VALUES (1, :key_prefix) ON CONFLICT DO NOTHING;

-- name: key_prefix
SELECT key_prefix FROM installation;

-- ============================================================ a backup

-- name: mark_as_backup
UPDATE installation SET restored_at = 0;

-- name: begin_after_restore
UPDATE installation SET restored_at = :now WHERE restored_at = 0;

-- name: replies_may_have_left
-- What waited when the backup was made may be at its vendor by now: look before sending it.
UPDATE deliveries
SET state = 'uncertain', due_at = :now, begun_at = COALESCE(begun_at, created_at), late_since = :now
WHERE kind IN ('reply', 'note') AND state = 'waiting' AND state IN ('waiting', 'begun', 'uncertain', 'failed');

-- name: restored_at
SELECT restored_at FROM installation WHERE restored_at > 0;

-- name: begin_delivery_numbers
INSERT INTO sqlite_sequence (name, seq)
SELECT 'deliveries', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'deliveries');

-- name: leave_numbers_free
-- In the copy: what is numbered after the backup is numbered otherwise in a bridge that runs on the copy. A delivery's
-- number is its key: given out again, another message's would be taken for its own, and it would never be said.
UPDATE sqlite_sequence SET seq = seq + CASE name WHEN 'deliveries' THEN 1000000 ELSE 1000 END
WHERE name IN ('deliveries', 'tickets');

-- ============================================================ stores

-- name: add_store
INSERT INTO stores (name) VALUES (:name) ON CONFLICT DO NOTHING;

-- name: store
SELECT * FROM stores WHERE name = :name;

-- name: stores
SELECT * FROM stores ORDER BY name;

-- name: store_swept
UPDATE stores
SET swept_at = :now,
    fully_swept_at = CASE WHEN :full THEN :now ELSE fully_swept_at END,
    first_swept_at = CASE WHEN :full THEN COALESCE(first_swept_at, :now) ELSE first_swept_at END
WHERE name = :name;

-- name: store_failing
-- The first moment of a trouble stays; its text is the latest.
UPDATE stores
SET incident = :incident, incident_since = COALESCE(incident_since, :now)
WHERE name = :name;

-- name: store_active
UPDATE stores SET active_at = MAX(active_at, :at) WHERE name = :name;

-- name: store_works
UPDATE stores SET incident = NULL, incident_since = NULL WHERE name = :name;

-- name: store_incident_noticed
UPDATE stores SET incident_notices = :notices WHERE name = :name;

-- name: add_unreadable_ticket
INSERT INTO unreadable_tickets (store, vendor_id, since) VALUES (:store, :vendor_id, :now) ON CONFLICT DO NOTHING;

-- name: forget_other_unreadable_tickets
DELETE FROM unreadable_tickets WHERE store = :store AND vendor_id NOT IN (SELECT value FROM json_each(:listed));

-- name: unreadable_by_store
SELECT store, COUNT(*) AS amount, MIN(since) AS since FROM unreadable_tickets GROUP BY store ORDER BY store;

-- name: forget_unreadable_ticket
DELETE FROM unreadable_tickets WHERE store = :store AND vendor_id = :vendor_id;

-- name: add_channel_incident
INSERT INTO channel_incidents (chat, channel, incident, since) VALUES (:chat, :channel, :incident, :now)
ON CONFLICT DO NOTHING
RETURNING since;

-- name: channel_incident_noticed
UPDATE channel_incidents SET notices = :notices WHERE chat = :chat AND channel = :channel;

-- name: channel_is_unreadable
UPDATE channel_incidents SET unreadable = :unreadable WHERE chat = :chat AND channel = :channel;

-- name: channel_incident
SELECT * FROM channel_incidents WHERE chat = :chat AND channel = :channel;

-- name: end_channel_incident
-- What waits for the same reason shows that it lasts. What may not be read is well again only when it was read.
DELETE FROM channel_incidents AS c
WHERE c.chat = :chat AND c.channel = :channel AND c.unreadable = 0
  AND NOT EXISTS (
      SELECT 1 FROM deliveries AS d JOIN links AS l ON l.id = d.link
      WHERE d.destination = 'chat:' || c.chat AND d.state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
        AND d.id <> :delivery AND d.error = c.incident AND l.channel = c.channel
  );

-- name: forget_channel_incidents
DELETE FROM channel_incidents WHERE chat || ':' || channel NOT IN (SELECT value FROM json_each(:named));

-- name: channel_incidents
SELECT * FROM channel_incidents ORDER BY since;

-- ============================================================ tickets

-- name: ticket
SELECT * FROM tickets WHERE number = :number;

-- name: ticket_by_vendor_id
SELECT * FROM tickets WHERE store = :store AND vendor_id = :vendor_id;

-- name: insert_ticket
INSERT INTO tickets (store, vendor_id, status, created_at)
VALUES (:store, :vendor_id, :status, :created_at)
RETURNING number;

-- name: update_ticket
-- What the vendor did not say (NULL) stays as it was. Who closed a ticket last decides when it was closed.
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
    facts = COALESCE(:facts, facts),
    awaiting = COALESCE(:awaiting, awaiting),
    first_response_at = COALESCE(first_response_at, :first_response_at),
    fingerprint = CASE WHEN :look_again THEN NULL ELSE :fingerprint END,
    here_only = CASE WHEN :status IS NULL THEN here_only ELSE 0 END,
    gone_at = NULL
WHERE number = :number;

-- name: follow_ticket
UPDATE tickets SET followed = 1 WHERE number = :number;

-- name: ticket_is_gone
UPDATE tickets
SET gone_at = :now, closed_at = COALESCE(closed_at, :now), status = 'closed', fingerprint = NULL
WHERE number = :number;

-- name: raise_ticket_version
UPDATE tickets SET version = version + 1 WHERE number = :number;

-- name: set_ticket_status
-- We changed it ourselves; what was read from the vendor before this moment is old news.
UPDATE tickets
SET status = :status,
    status_word = NULL,
    closed_at = CASE :status WHEN 'open' THEN NULL ELSE :now END,
    wrote_at = :now,
    here_only = :here_only,
    fingerprint = NULL
WHERE number = :number;

-- name: ticket_awaits
UPDATE tickets SET awaiting = :awaiting WHERE number = :number;

-- name: staff_answered
UPDATE tickets
SET awaiting = 'customer', first_response_at = COALESCE(first_response_at, :at)
WHERE number = :number;

-- name: fingerprints
SELECT vendor_id, fingerprint FROM tickets
WHERE store = :store
  AND fingerprint IS NOT NULL
  AND vendor_id IN (SELECT value FROM json_each(:ids));

-- name: open_vendor_ids
SELECT vendor_id FROM tickets WHERE store = :store AND status = 'open' ORDER BY number;

-- name: ticket_to_prove_by
-- One that could be read, and is likely to be there still.
SELECT vendor_id FROM tickets
WHERE store = :store AND followed = 1 AND gone_at IS NULL AND vendor_id NOT IN (SELECT value FROM json_each(:but))
ORDER BY status = 'open' DESC, number DESC
LIMIT 1;

-- name: vendor_ids_to_read_again
-- Closed tickets are in no list of open ones: what was written just before we closed one is found only by reading it.
SELECT vendor_id FROM tickets
WHERE store = :store AND fingerprint IS NULL
  AND status = 'closed' AND followed = 1 AND gone_at IS NULL AND wrote_at <= :settled
ORDER BY number;

-- name: linked_tickets
SELECT t.*, (SELECT COUNT(*) FROM links AS l WHERE l.ticket = t.number) AS threads
FROM tickets AS t
WHERE t.followed = 1
  AND (:store IS NULL OR t.store = :store)
  AND (:status = 'all' OR t.status = :status)
ORDER BY t.number;

-- name: tickets_of_customer
SELECT number, store, status FROM tickets
WHERE LOWER(customer_email) = LOWER(:email) AND number <> :number AND gone_at IS NULL
ORDER BY status = 'open' DESC, number DESC;

-- name: choices
-- Tickets whose number begins with what was typed come first, then those whose subject or customer holds it.
SELECT * FROM tickets
WHERE followed = 1
  AND gone_at IS NULL
  AND status = :status
  AND (
      :typed = ''
      OR CAST(number AS TEXT) LIKE :typed || '%'
      OR INSTR(LOWER(COALESCE(subject, '')), :typed) > 0
      OR INSTR(LOWER(COALESCE(customer_name, '')), :typed) > 0
      OR INSTR(LOWER(COALESCE(customer_email, '')), :typed) > 0
  )
ORDER BY number = :here DESC, CAST(number AS TEXT) LIKE :typed || '%' DESC, number DESC
LIMIT 25;

-- ============================================================ links

-- name: link
SELECT * FROM links WHERE id = :id;

-- name: links_of_ticket
SELECT * FROM links WHERE ticket = :ticket ORDER BY id;

-- name: link_by_thread
SELECT * FROM links WHERE chat = :chat AND channel = :channel AND thread = :thread;

-- name: link_by_card
SELECT * FROM links WHERE chat = :chat AND channel = :channel AND thread = :thread AND card = :card;

-- name: links_in_place
-- Of tickets that somebody may still want: in one thread, or (thread NULL) in a whole channel.
SELECT l.* FROM links AS l JOIN tickets AS t ON t.number = l.ticket
WHERE l.chat = :chat AND l.channel = :channel AND l.thread IS NOT NULL
  AND (:thread IS NULL OR l.thread = :thread)
  AND (t.status = 'open' OR t.closed_at >= :closed_since)
ORDER BY l.id;

-- name: insert_link
INSERT INTO links (ticket, chat, channel) VALUES (:ticket, :chat, :channel) ON CONFLICT DO NOTHING RETURNING id;

-- name: link_opened
UPDATE links SET thread = :thread, card = :card, card_version = :version WHERE id = :id;

-- name: spoken_in_before_opened
-- `NOT IN` lets SQLite use the index of openings.
UPDATE deliveries SET payload = json_set(payload, '$.spoken_in', json('true'))
WHERE kind = 'open' AND state NOT IN ('done', 'dropped') AND state IN ('begun', 'uncertain')
  AND link IN (SELECT id FROM links WHERE chat = :chat AND channel = :channel);

-- name: opening_of_link
SELECT id FROM deliveries
WHERE link = :link AND kind = 'open' AND state NOT IN ('done', 'dropped') AND state <> 'failed';

-- name: unfinished_opening
SELECT id FROM deliveries WHERE link = :link AND kind = 'open' AND state NOT IN ('done', 'dropped');

-- name: link_lost
UPDATE links SET thread = NULL, card = NULL, card_version = NULL, seen = NULL, seen_at = 0, threads_lost = threads_lost + 1 WHERE id = :id;

-- name: stranded_links
-- Links whose thread could not be opened, each with that delivery.
SELECT l.*, d.id AS opening
FROM deliveries AS d JOIN links AS l ON l.id = d.link JOIN tickets AS t ON t.number = l.ticket
WHERE d.state = 'failed' AND d.state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
  AND d.kind = 'open' AND l.thread IS NULL AND t.store = :store
ORDER BY l.id;

-- name: move_link
UPDATE links SET channel = :channel WHERE id = :id;

-- name: card_shown
UPDATE links SET card_version = :version WHERE id = :id;

-- name: card_replaced
UPDATE links SET card = :card, card_version = :version WHERE id = :id AND card = :deleted;

-- name: thread_seen
-- As long as a channel may not be read there may be older messages that nobody has heard of.
UPDATE links SET seen = :message, seen_at = :at
WHERE id = :id AND seen_at < :at
  AND NOT EXISTS (
      SELECT 1 FROM channel_incidents AS c WHERE c.chat = links.chat AND c.channel = links.channel AND c.unreadable = 1
  );

-- name: threads_to_catch_up
-- Somebody may have written there: the ticket is open or was closed lately, or its thread was opened or written in
-- lately.
SELECT l.* FROM links AS l JOIN tickets AS t ON t.number = l.ticket
WHERE l.chat = :chat AND l.thread IS NOT NULL
  AND (
      t.status = 'open'
      OR t.closed_at >= :lately
      OR l.seen_at >= :lately
      OR EXISTS (SELECT 1 FROM deliveries AS d WHERE d.link = l.id AND d.kind = 'open' AND d.finished_at >= :lately)
  )
ORDER BY l.id;

-- ============================================================ messages

-- name: message
SELECT * FROM messages WHERE id = :id;

-- name: message_by_vendor_id
SELECT * FROM messages WHERE ticket = :ticket AND vendor_id = :vendor_id;

-- name: message_by_chat_id
SELECT * FROM messages WHERE link = :link AND chat_message = :chat_message;

-- name: vendor_ids_of_ticket
SELECT vendor_id FROM messages WHERE ticket = :ticket AND vendor_id IS NOT NULL;

-- name: insert_vendor_message
INSERT INTO messages (
    ticket, vendor_id, purpose, author, author_name, text, attachments, is_public, written_at, routed_at
)
VALUES (:ticket, :vendor_id, 'vendor', :author, :author_name, :text, :attachments, :is_public, :written_at, :now)
ON CONFLICT (ticket, vendor_id) DO NOTHING
RETURNING id;

-- name: insert_agent_message
INSERT INTO messages (
    ticket, link, thread, chat_message, agent, purpose, author,
    author_name, text, attachments, other, can_reply, written_at, sync_epoch
)
VALUES (
    :ticket, :link, :thread, :chat_message, :agent, 'talk', 'staff',
    :author_name, :text, :attachments, :other, :can_reply, :written_at, :sync_epoch
)
ON CONFLICT (link, chat_message) DO NOTHING
RETURNING id;

-- name: unrouted_messages
SELECT * FROM messages WHERE link = :link AND routed_at IS NULL ORDER BY written_at, id;

-- name: links_with_unrouted_messages
SELECT DISTINCT l.* FROM messages AS m JOIN links AS l ON l.id = m.link
WHERE m.routed_at IS NULL AND l.chat = :chat
ORDER BY l.id;

-- name: route_message
UPDATE messages SET purpose = :purpose, text = :text, routed_at = :now WHERE id = :id;

-- name: set_message_purpose
UPDATE messages SET purpose = :purpose WHERE id = :id;

-- name: set_message_text
UPDATE messages SET text = :text WHERE id = :id;

-- name: message_in_present_thread
-- An agent's message that stands in a link's present thread, and since which sync epoch of its chat every change comes in.
SELECT l.chat AS chat, m.sync_epoch AS sync_epoch FROM messages AS m JOIN links AS l ON l.id = m.link
WHERE m.id = :id AND m.thread = l.thread;

-- name: set_message_sync_epoch
UPDATE messages SET sync_epoch = :sync_epoch WHERE id = :id;

-- name: message_edited
UPDATE messages SET edited = :text WHERE id = :id;

-- name: message_deleted
UPDATE messages SET deleted_at = :now WHERE id = :id;

-- name: set_message_vendor_id
UPDATE messages SET vendor_id = :vendor_id WHERE id = :id;

-- name: set_message_mark
UPDATE messages SET mark = :mark WHERE id = :id;

-- name: unnamed_replies
-- Replies that may be at the vendor under an id we do not know yet.
SELECT m.*, d.id AS delivery, d.kind AS kind, d.state AS state
FROM messages AS m JOIN deliveries AS d ON d.message = m.id AND d.kind IN ('reply', 'note')
WHERE m.ticket = :ticket AND m.vendor_id IS NULL
  AND (d.state IN ('begun', 'uncertain', 'done') OR (d.state = 'failed' AND d.doubt))
ORDER BY d.id;

-- name: opening_message
SELECT * FROM messages WHERE ticket = :ticket AND purpose = 'vendor' AND author <> 'staff' AND is_public = 1
ORDER BY written_at, id LIMIT 1;

-- ============================================================ deliveries
-- A list of states that seems to say nothing new is there word for word as in an index, which SQLite uses only then.

-- name: insert_delivery
INSERT INTO deliveries (kind, lane, destination, ticket, link, message, payload, state, requested, created_at, due_at)
VALUES (:kind, :lane, :destination, :ticket, :link, :message, :payload, :state, :requested, :now, :due)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: delivery
SELECT * FROM deliveries WHERE id = :id;

-- name: deliveries_were_interrupted
-- At start: what an earlier process had begun may have come about.
UPDATE deliveries SET state = 'uncertain', due_at = :now
WHERE state = 'begun' AND state IN ('waiting', 'begun', 'uncertain', 'failed');

-- name: due_lanes
-- The lanes of a destination whose turn it is: their first unfinished delivery is due. Opening a thread comes before
-- everything else in its lane, and one that failed for good holds its lane up until somebody retries or drops it.
SELECT d.lane AS lane FROM deliveries AS d
WHERE d.destination = :destination
  AND d.state IN ('waiting', 'uncertain')
  AND d.due_at <= :now
  AND NOT EXISTS (
      SELECT 1 FROM deliveries AS e
      WHERE e.lane = d.lane
        AND e.id <> d.id
        AND e.state IN ('waiting', 'begun', 'uncertain', 'failed')
        AND (e.state <> 'failed' OR e.kind = 'open')
        AND ((e.kind = 'open') > (d.kind = 'open') OR ((e.kind = 'open') = (d.kind = 'open') AND e.id < d.id))
  )
ORDER BY d.due_at, d.id
LIMIT :most;

-- name: next_due
SELECT MIN(due_at) AS due_at FROM deliveries
WHERE destination = :destination AND state IN ('waiting', 'uncertain') AND due_at > :now;

-- name: lane_head
SELECT * FROM deliveries
WHERE lane = :lane
  AND state IN ('waiting', 'begun', 'uncertain', 'failed')
  AND (state <> 'failed' OR kind = 'open')
ORDER BY kind = 'open' DESC, id
LIMIT 1;

-- name: begin_delivery
UPDATE deliveries
SET state = 'begun', attempts = attempts + 1, reconcile_attempts = 0, begun_at = :now,
    after_message = (SELECT s.chat_message FROM last_said AS s WHERE s.destination = deliveries.destination)
WHERE id = :id AND state IN ('waiting', 'uncertain');

-- name: not_found_yet
UPDATE deliveries
SET reconcile_attempts = reconcile_attempts + :counted, due_at = :due, error = COALESCE(:error, error), late_since = COALESCE(late_since, :now)
WHERE id = :id AND state = 'uncertain';

-- name: part_said
INSERT INTO posted (delivery, part, chat_message) VALUES (:delivery, :part, :chat_message)
ON CONFLICT DO UPDATE SET chat_message = excluded.chat_message;

-- name: last_said
INSERT INTO last_said (destination, chat_message) VALUES (:destination, :chat_message)
ON CONFLICT DO UPDATE SET chat_message = excluded.chat_message;

-- name: next_part
UPDATE deliveries
SET state = 'waiting', part = :part, attempts = 0, due_at = :now, late_since = NULL, error = NULL
WHERE id = :id;

-- name: say_anew
-- What was half said in a thread that is gone is said in the next one as a whole.
UPDATE deliveries SET part = 0
WHERE lane = :lane AND kind IN ('post', 'line') AND part > 0 AND state IN ('waiting', 'begun', 'uncertain', 'failed');

-- name: finish_delivery
UPDATE deliveries SET state = 'done', finished_at = :now, error = NULL WHERE id = :id AND state <> 'done';

-- name: postpone_delivery
-- Nothing happened; once more later.
UPDATE deliveries
SET state = 'waiting', due_at = :due, error = :error, attempts = attempts - :uncounted,
    late_since = COALESCE(late_since, :now)
WHERE id = :id AND state IN ('begun', 'uncertain');

-- name: drop_twin
-- A card or a mark that waits, where an earlier one is put off or tried again: that one will show what is true then.
UPDATE deliveries SET state = 'dropped', finished_at = :now
WHERE kind IN ('card', 'mark') AND state = 'waiting' AND state IN ('waiting', 'begun', 'uncertain', 'failed')
  AND id <> :id AND lane = (SELECT lane FROM deliveries WHERE id = :id AND state IN ('begun', 'uncertain', 'failed'));

-- name: delivery_is_uncertain
UPDATE deliveries
SET state = 'uncertain', due_at = :due, error = :error, late_since = COALESCE(late_since, :now)
WHERE id = :id AND state = 'begun';

-- name: fail_delivery
-- Unless somebody has dropped it meanwhile.
UPDATE deliveries SET state = 'failed', finished_at = :now, error = :error, doubt = :doubt
WHERE id = :id AND state IN ('waiting', 'begun', 'uncertain');

-- name: retry_delivery
UPDATE deliveries
SET state = CASE WHEN doubt THEN 'uncertain' ELSE 'waiting' END, attempts = 0, reconcile_attempts = 0, due_at = :now,
    late_since = NULL, late_told = 0, finished_at = NULL, requested = 1
WHERE id = :id AND state IN ('failed', 'held');

-- name: open_elsewhere
-- Whatever came of it in the former channel.
UPDATE deliveries
SET state = 'waiting', doubt = 0, attempts = 0, reconcile_attempts = 0, due_at = :now, finished_at = NULL, error = NULL
WHERE id = :id AND state = 'failed';

-- name: drop_delivery
UPDATE deliveries SET state = 'dropped', finished_at = :now
WHERE id = :id AND state IN ('waiting', 'uncertain', 'held', 'failed');

-- name: lane
SELECT * FROM deliveries WHERE lane = :lane AND state IN ('waiting', 'begun', 'uncertain', 'failed') ORDER BY id;

-- name: drop_waiting_posts
UPDATE deliveries SET state = 'dropped' WHERE message = :message AND kind = 'post' AND state = 'waiting';

-- name: showings_of_note
-- Where a note of an agent is shown or kept, or shall be.
SELECT * FROM deliveries WHERE message = :message AND kind IN ('post', 'note') AND state <> 'dropped' ORDER BY id;

-- name: doubtful_mark
-- An attempt to mark this message that may have come about although nobody heard of it.
SELECT 1 FROM deliveries WHERE message = :message AND kind = 'mark' AND (doubt OR (id = :id AND attempts > 1)) LIMIT 1;

-- name: reply_of_message
SELECT * FROM deliveries WHERE message = :message AND kind = 'reply' ORDER BY state = 'dropped', id DESC LIMIT 1;

-- name: late_replies
-- With what keeps each: the first of its lane, which may be the reply itself. One behind it is late with it only.
SELECT d.id AS id, d.destination AS destination, d.state AS state, d.late_told AS late_told, m.link AS link,
    h.error AS error
FROM deliveries AS d INDEXED BY deliveries_unfinished -- else SQLite reads all there ever were, in their order
    JOIN messages AS m ON m.id = d.message
    JOIN deliveries AS h ON h.id = (
        SELECT MIN(e.id) FROM deliveries AS e
        WHERE e.lane = d.lane AND e.state IN ('waiting', 'begun', 'uncertain', 'failed') AND e.state <> 'failed'
    )
WHERE d.kind = 'reply' AND d.state IN ('waiting', 'begun', 'uncertain')
  AND d.state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
  AND COALESCE(d.late_since, d.due_at) <= :before AND h.late_since <= :before
ORDER BY d.id;

-- name: late_is_told
UPDATE deliveries SET late_told = 1 WHERE id = :id;

-- name: late_at_vendors
-- What is first in its lane and kept there, by store; the error is the oldest one's.
SELECT SUBSTR(destination, 7) AS store, MIN(late_since) AS since, error FROM deliveries
WHERE kind IN ('reply', 'note', 'status') AND state IN ('waiting', 'begun', 'uncertain')
  AND state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
  AND late_since <= :before
GROUP BY destination
ORDER BY destination;

-- name: waiting_replies
-- Those of a ticket that no attempt was made at, in the order in which they will leave.
SELECT d.id AS id, d.message AS message, d.due_at AS due_at, d.requested AS requested, d.late_told AS late_told,
    m.written_at AS written_at
FROM deliveries AS d JOIN messages AS m ON m.id = d.message
WHERE d.lane = 'vendor:' || :ticket AND d.kind = 'reply' AND d.attempts = 0
  AND d.state = 'waiting' AND d.state IN ('waiting', 'begun', 'uncertain', 'failed')
ORDER BY d.id;

-- name: move_notice
UPDATE deliveries SET lane = :lane, destination = :destination, payload = :payload WHERE id = :id;

-- name: was_said
SELECT 1 FROM posted WHERE delivery = :id LIMIT 1;

-- name: carry_nothing
UPDATE deliveries SET message = NULL WHERE id = :id;

-- name: carry_message
UPDATE deliveries SET message = :message, due_at = :due, requested = :requested, late_told = :late_told WHERE id = :id;

-- name: put_off
UPDATE deliveries SET due_at = :due WHERE id = :id AND state = 'waiting';

-- name: pending_status
SELECT * FROM deliveries
WHERE ticket = :ticket AND kind = 'status' AND state IN ('waiting', 'begun', 'uncertain')
ORDER BY id DESC LIMIT 1;

-- name: openings
SELECT id FROM deliveries WHERE link = :link AND kind = 'open' AND state = 'done' AND finished_at >= :since;

-- name: unfinished_deliveries
SELECT d.*, t.store AS store, t.subject AS subject FROM deliveries AS d LEFT JOIN tickets AS t ON t.number = d.ticket
WHERE d.state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
ORDER BY d.id;

-- name: destinations_waiting
-- What was begun is as old as its attempt: having waited long before is no sign of being stuck.
SELECT
    destination, state, COUNT(*) AS amount, MIN(CASE state WHEN 'begun' THEN begun_at ELSE created_at END) AS oldest
FROM deliveries
WHERE state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
GROUP BY destination, state;

-- ============================================================ a clock that was set back

-- name: last_moment
-- The last moment that the file knows of: something was begun or queued, or a store was swept.
SELECT MAX(moment) AS moment FROM (
    SELECT MAX(created_at, COALESCE(begun_at, 0)) AS moment FROM deliveries
    WHERE state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
    UNION ALL
    SELECT swept_at FROM stores
);

-- name: bring_back_what_waits
-- What is due soon stays, for it may have been queued since. No pause is longer than until `latest`.
UPDATE deliveries
SET due_at = CASE WHEN due_at - :by > :latest THEN :now ELSE MAX(due_at - :by, :now) END
WHERE state IN ('waiting', 'uncertain') AND due_at > :soon;

-- name: bring_back_deliveries
UPDATE deliveries
SET created_at = MIN(created_at, :now), begun_at = MIN(begun_at, :now), late_since = MIN(late_since, :now)
WHERE state IN ('waiting', 'begun', 'uncertain', 'held', 'failed')
  AND MAX(created_at, COALESCE(begun_at, 0), COALESCE(late_since, 0)) > :now;

-- name: bring_back_tickets
-- What is read of a ticket from now on is newer than what we did to it.
UPDATE tickets SET wrote_at = :now WHERE wrote_at > :now;

-- name: bring_back_stores
UPDATE stores
SET fully_swept_at = MIN(fully_swept_at, :now), swept_at = MIN(swept_at, :now), active_at = MIN(active_at, :now),
    incident_since = MIN(incident_since, :now);

-- name: bring_back_installation
UPDATE installation SET restored_at = :now WHERE restored_at > :now;

-- ============================================================ figures

-- name: ticket_counts
SELECT
    COUNT(*) FILTER (WHERE status = 'open') AS open,
    COUNT(*) FILTER (WHERE status = 'closed') AS closed,
    COUNT(*) FILTER (WHERE status = 'open' AND awaiting = 'us') AS waiting
FROM tickets
WHERE store = :store AND gone_at IS NULL;

-- name: new_per_day
SELECT created_at / 86400000 AS day, COUNT(*) AS amount FROM tickets
WHERE store = :store AND created_at >= :since
GROUP BY day
ORDER BY day;

-- name: first_responses
SELECT first_response_at - created_at AS span FROM tickets
WHERE store = :store AND first_response_at >= created_at AND created_at >= :since
ORDER BY span;

-- name: times_to_close
SELECT closed_at - created_at AS span FROM tickets
WHERE store = :store AND status = 'closed' AND closed_at >= created_at AND closed_at >= :since
ORDER BY span;

-- ============================================================ the doctor

-- name: quick_check
PRAGMA quick_check(1);
