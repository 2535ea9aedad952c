"""The process that serves: its sockets, its log, what it writes at its start, and a clean end."""
