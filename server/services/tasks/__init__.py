"""`tasks.*`: what was run, is run, or shall be run."""

from server.services.tasks import create, delete, edit, many, parts, queue, read, status, tags

__all__ = ["create", "delete", "edit", "many", "parts", "queue", "read", "status", "tags"]
