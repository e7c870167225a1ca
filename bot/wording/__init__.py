"""Every sentence that people read, and what a card shows."""
