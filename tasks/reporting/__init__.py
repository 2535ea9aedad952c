"""Sounds, pictures and tables, as they are kept with a task on the server."""
