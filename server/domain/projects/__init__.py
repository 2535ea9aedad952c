"""Projects: what they tell about themselves, how they are deleted, and what is let go of in them when it is old."""
