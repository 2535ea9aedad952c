"""One SQLite file: its connections, who may read and change what through them, and how time is written in it."""
