"""What goes out: deliveries to the chats and to the vendors, each tried, looked for and recorded."""
