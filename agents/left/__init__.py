"""What agents and their tasks leave behind: processes, folders, and how they are ended and cleared."""
