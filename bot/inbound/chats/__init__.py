"""What people write and ask for in the chats."""
