"""Pictures of figures, drawn by a process of its own so that the bridge needs no more memory for them."""
