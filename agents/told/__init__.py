"""A task as its server knows it, and in a sentence how it ended."""
