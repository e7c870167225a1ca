"""Finding tickets by words, and telling what became of one."""
