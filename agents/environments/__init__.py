"""Where a task runs: the installed environment or one of its own, what that takes, and what of it is told."""
