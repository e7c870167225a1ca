"""What comes in: from the vendors by asking, from the chats by their events."""
