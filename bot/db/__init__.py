"""The one SQLite file: its connection, its migrations and every statement of the program."""
