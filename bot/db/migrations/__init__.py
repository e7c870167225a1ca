"""Numbered SQL files, each carried out once, in one transaction; never changed after a release."""
