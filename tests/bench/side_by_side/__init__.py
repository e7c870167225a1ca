"""
Side by side: what a shop would otherwise take, on the same work.

Each contender brings a store's tickets into threads of a chat, and what is written there back to the store, in as few
lines as such scripts have where one finds them. They are here to be measured, and are no part of shopbell.
"""
