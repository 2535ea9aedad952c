"""Models beside the one that is trained: those it learns from, and the one it was cut out of."""
