"""One run of a task from its start to its end, with the server away, the disk full, or Ctrl-C in between."""
