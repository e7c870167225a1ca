"""
The practice world: loopback servers that speak the vendors' and the chats' real protocols.

Nothing outside this package and `bot.cli` knows of it, and the bot talks to it by base URL alone.
"""
