"""Linear probes: a network as it is, and one layer that is fitted to what it makes of the clips."""
