"""The two sides of the bridge: vendors, where tickets live, and chats, where the team sits."""
