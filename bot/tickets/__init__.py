"""What is true of a ticket, and what follows when that changes. Called inside transactions; knows no network."""
