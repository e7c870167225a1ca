"""What becomes of what agents write, edit, delete, type as a command, or send in a form."""
