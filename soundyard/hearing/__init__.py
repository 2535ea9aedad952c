"""Commands that hear with a finished model: recordings to events, streams, an endpoint."""
