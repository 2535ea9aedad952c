"""`models.*`: trained networks, as their tasks saved them."""

from server.services.models import edit, many, read

__all__ = ["edit", "many", "read"]
