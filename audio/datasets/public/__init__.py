"""Public data sets, as they lie in their folder after unpacking."""
