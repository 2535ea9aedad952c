"""One module per API namespace. Importing this package registers every endpoint."""

from server.services import (
    auth,
    debug,
    events,
    login,
    models,
    organization,
    pipelines,
    projects,
    queues,
    reports,
    server,
    serving,
    storage,
    tasks,
    users,
    workers,
)

__all__ = [
    "auth",
    "debug",
    "events",
    "login",
    "models",
    "organization",
    "pipelines",
    "projects",
    "queues",
    "reports",
    "server",
    "serving",
    "storage",
    "tasks",
    "users",
    "workers",
]
