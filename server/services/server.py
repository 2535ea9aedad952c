"""`server.*`: what this server is."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import server
from server.api import registry
from server.api.call import Call
from server.api.errors import BadRequest, NotSupported
from server.api.registry import endpoint
from server.api.request import Nothing, Request
from server.store.database import times


@endpoint("server.info", Nothing, role=None)
def info(call: Call, request: Nothing) -> dict[str, Any]:
    """Version of the server and of the API it speaks."""
    return {
        "version": server.SERVER_VERSION,
        "build": "soundyard",
        "commit": "",
        "api_version": server.API_VERSION,
    }


@endpoint("server.endpoints", Nothing, role="viewer")
def endpoints(call: Call, request: Nothing) -> dict[str, Any]:
    """Every endpoint this server offers, with what it does, the role it needs and its request's schema."""
    return {
        "endpoints": [
            {
                "name": one.name,
                "description": one.summary,
                "role": one.role,
                "authorize": one.role is not None,
                "request": one.request.model_json_schema(),
            }
            for one in registry.all_endpoints()
        ]
    }


class Config(Request):
    path: str | None = None


@endpoint("server.config", Config, role="admin")
def config(call: Call, request: Config) -> dict[str, Any]:
    """The server's settings, or the one at a path."""
    settings = {
        name: str(value) if isinstance(value, Path) else value for name, value in vars(call.settings).items()
    }
    if request.path is None:
        return settings
    if request.path not in settings:
        raise BadRequest(f"there is no setting {request.path!r}; there are {', '.join(settings)}")
    return {request.path: settings[request.path]}


class GetStats(Request):
    interval: int | None = None


@endpoint("server.get_stats", GetStats, role="admin")
def get_stats(call: Call, request: GetStats) -> dict[str, Any]:
    """How much this server holds and uses. It goes to nobody but who asks."""
    store = call.store
    return {
        "time": times.text(call.now),
        "server": {"version": server.SERVER_VERSION, "api_version": server.API_VERSION},
        "counts": {
            "users": len(store.users.all()),
            "projects": store.projects.count(),
            "tasks": store.tasks.count(),
            "tasks_by_status": store.tasks.group_counts("status"),
            "models": store.models.count(),
            "queues": store.queues.count(),
            "workers": len(store.workers.all()),
        },
        "process": {"resident_mb": round(_resident_bytes() / 1e6, 1)},
    }


def _resident_bytes() -> int:
    """Memory of this process (`man 5 proc`, statm: the second number is resident pages); 0 where unknown."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * resource.getpagesize()


class ReportStatsOption(Request):
    enabled: bool | None = None


@endpoint("server.report_stats_option", ReportStatsOption, role="viewer")
def report_stats_option(call: Call, request: ReportStatsOption) -> dict[str, Any]:
    """This server reports nothing to anybody, and can't be made to."""
    if request.enabled:
        raise NotSupported("this server sends statistics to nobody; that can't be switched on")
    return {"supported": False, "enabled": False, "current_version": server.SERVER_VERSION}
