"""Every sentence that people read, and the look of a card."""
