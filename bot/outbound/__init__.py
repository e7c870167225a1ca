"""What goes out: deliveries to the chats and to the vendors, each attempted, searched for and recorded."""
