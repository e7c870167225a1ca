"""The team's day: the queue, who has a ticket, until when it is snoozed, what was promised, and saved answers."""
