"""The parameters of a task: from the command line, a preset or the server, and as a schema for the page."""
