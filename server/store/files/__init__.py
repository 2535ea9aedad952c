"""Uploaded files: a tree on the disk, who names each of them, and how one goes that nobody names."""
