"""`server.*`: what this server is."""

from __future__ import annotations

import server
from server.api import registry
from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Nothing, Request


@endpoint("server.info", Nothing, role=None)
def info(call: Call, request: Nothing) -> dict:
    """Version of the server and of the API it speaks."""
    return {
        "version": server.SERVER_VERSION,
        "build": "soundyard",
        "commit": "",
        "api_version": server.API_VERSION,
    }


@endpoint("server.endpoints", Nothing, role="viewer")
def endpoints(call: Call, request: Nothing) -> dict:
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


class ReportStatsOption(Request):
    enabled: bool | None = None


@endpoint("server.report_stats_option", ReportStatsOption, role="viewer")
def report_stats_option(call: Call, request: ReportStatsOption) -> dict:
    """This server reports nothing to anybody, and can't be made to."""
    return {"supported": False, "enabled": False, "current_version": server.SERVER_VERSION}
