"""The parts of `doctor`, each of which looks at one thing and says what it finds."""
