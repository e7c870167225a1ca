"""What can be counted of the tickets that are recorded here."""
