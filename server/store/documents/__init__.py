"""Documents in SQLite, and ClearML's language for what is asked of them."""
