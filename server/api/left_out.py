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


NO_DIFFERENCE = {
    "tasks.delete.move_to_trash": "there is no trash: what is deleted is gone, as far as any client can see",
    "tasks.delete_many.move_to_trash": "as tasks.delete",
    "tasks.delete.status_reason": "a task that is gone has no status to give a reason for",
    "tasks.delete.status_message": "a task that is gone has no status to give a reason for",
    "events.clear_scroll.scroll_id": "a scroll id holds its own position, so there is nothing to free",
    "events.get_debug_image_sample.refresh": "each answer is of what there is now, with a scroll id of its own",
    "events.get_plot_sample.refresh": "each answer is of what there is now, with a scroll id of its own",
    "workers.status_report.timestamp": "the server's own clock counts, so that a wrong one stops no task",
    "server.get_stats.interval": "the figures are those of the moment, not of a while",
}
"""`service.action.field` → why a client sees no difference from giving it."""


def reason(endpoint: str) -> str | None:
    """Why an endpoint is not offered; None for one that nobody knows."""
    return LEFT_OUT.get(endpoint) or LEFT_OUT.get(f"{endpoint.partition('.')[0]}.*")
