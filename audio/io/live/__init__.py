"""Sound as it comes: from a pipe, an address or a microphone."""
