"""What ClearML's API has and this server leaves out on purpose: the reasons that callers and docs/server.md give"""

from __future__ import annotations

_PAID = "hyper-datasets belong to ClearML's paid versions; datasets of files are tasks here as in the open version"

LEFT_OUT = {
    "datasets.*": _PAID,
    "dataviews.*": _PAID,
    "frames.*": _PAID,
    "users.get_vaults": "vaults belong to ClearML's paid versions; settings stand in each machine's clearml.conf",
    "workers.cluster_report": "clusters' reports belong to ClearML's paid versions; each agent reports for itself",
    "workers.cluster_unregister": "clusters' reports belong to ClearML's paid versions; each agent signs off itself",
    "async.result": "every call is answered at once, so that no answer is ever fetched later",
    "tasks.share": "a link without signing in would need a public address; send the task's own address",
    "reports.share": "a link without signing in would need a public address; publish the report and send its address",
    "pipelines.check_new_run": "it is in no published version of the API; pipelines.start_pipeline checks its input",
}
"""Endpoint, or `service.*` → the reason."""


def reason(endpoint: str) -> str | None:
    """Why an endpoint is not offered; None for one that nobody knows."""
    return LEFT_OUT.get(endpoint) or LEFT_OUT.get(f"{endpoint.partition('.')[0]}.*")
