"""A reply on its way: held back, announced, marked, and what follows when it has arrived or failed."""
