"""From the windows of a long recording, or of a stream, to events: what begins when, and when it ends."""
