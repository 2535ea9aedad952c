"""Background work: what is done when it is due, and nobody waits for it."""
