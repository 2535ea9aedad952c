"""What is asked of every request before anything answers it: who, how much, how fast, from where."""
