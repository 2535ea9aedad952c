"""What a parameter is, and what several of them may not say together."""
