-- Former threads, and who was told of a refusal. It is released: never change this file, add a migration (a test holds
-- its hash).

-- Threads that a link had before its present one. People may still write there: in Slack under a deleted message.
CREATE TABLE former_threads (
    chat TEXT NOT NULL,
    channel TEXT NOT NULL,
    thread TEXT NOT NULL,
    link INTEGER NOT NULL REFERENCES links (id),
    read_up_to TEXT,                   -- as the link had it then
    left_at INTEGER NOT NULL,
    PRIMARY KEY (chat, channel, thread)
) STRICT;
CREATE INDEX former_threads_of_link ON former_threads (link, left_at);
CREATE INDEX former_threads_by_time ON former_threads (chat, left_at);

-- People who were told lately that they may not act on a ticket; kept for a day.
CREATE TABLE told_refusals (
    chat TEXT NOT NULL,
    agent TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (chat, agent)
) STRICT;
CREATE INDEX told_refusals_by_time ON told_refusals (told_at);
