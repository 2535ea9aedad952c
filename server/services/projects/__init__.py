"""`projects.*`: the tree that tasks, models and datasets lie in."""

from server.services.projects import contents, edit, read

__all__ = ["contents", "edit", "read"]
