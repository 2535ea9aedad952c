"""Sound files: told apart, opened, decoded to one channel, and cut to what a model is given."""
