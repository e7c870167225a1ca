"""What a vendor shows of its tickets, and what its stores have trouble with, becomes what is recorded here."""
