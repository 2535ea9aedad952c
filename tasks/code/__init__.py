"""The code that an agent fetches to run a task: its repository, the uncommitted difference, plugins."""
