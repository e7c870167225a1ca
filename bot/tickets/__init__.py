"""What is true of a ticket, and what follows when it changes. Runs inside transactions; does no network calls."""
