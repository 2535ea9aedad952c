"""A model behind HTTP: files and streams to answers, for many who ask at once."""
