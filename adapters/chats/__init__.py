"""One package a chat platform."""
