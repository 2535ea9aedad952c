"""Recordings to a clip store, in parallel processes, resumable. Imports nothing: a worker loads the decoder alone."""
