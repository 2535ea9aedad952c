"""A model in use: what it says about sounds of any length and format."""
