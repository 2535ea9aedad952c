"""`projects.*`: the tree that tasks, models and datasets lie in."""

from server.services.projects import edit, read

__all__ = ["edit", "read"]
