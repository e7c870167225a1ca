"""Asking the vendors for what is new."""
