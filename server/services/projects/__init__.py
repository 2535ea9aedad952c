"""`projects.*`: the tree that tasks, models and datasets lie in."""

from server.services.projects import access, contents, edit, read

__all__ = ["access", "contents", "edit", "read"]
