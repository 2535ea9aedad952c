"""What takes how much of the disk, for whoever has to make room."""

from __future__ import annotations

import shutil
from typing import Any

from server.store import Store


def usage(store: Store, limit: int) -> dict[str, Any]:
    """Bytes of the disk, the database and the files, the latter by kind, project and task.

    Args:
        limit: how many projects and tasks to name, the largest first.
    """
    disk = shutil.disk_usage(store.folder)
    return {
        "disk": {"total": disk.total, "free": disk.free},
        "database": {"bytes": store.usage.database()},
        "files": {**store.usage.files(), "kinds": store.usage.kinds(), "ownerless": store.usage.ownerless()},
        "projects": store.usage.projects(limit),
        "tasks": store.usage.tasks(limit),
    }
