"""
The practice world: loopback servers that speak the real protocols of the vendors and the chats.

Only `bot.cli` imports this package. The bot knows it only by the base URLs in its settings.
"""
