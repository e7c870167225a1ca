"""What people write and ask in the chats."""
