"""`pipelines.*`: running a pipeline again, and deleting its runs with their steps."""

from __future__ import annotations

from typing import Any

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain import pipelines
from server.domain.tasks import queueing
from server.services.tasks import many, queue
from server.services.tasks.delete import Delete, drop


class Arg(Request):
    name: str
    value: str | None = None


class StartPipeline(queue.Target):
    task: str
    args: list[Arg] | None = None


@endpoint("pipelines.start_pipeline", StartPipeline)
def start_pipeline(call: Call, request: StartPipeline) -> dict[str, Any]:
    """Clone a pipeline's controller with other arguments and put the clone on a queue."""
    args = {arg.name: arg.value for arg in request.args or []}
    queue.check(call, request, request.task)
    with call.store.transaction():
        run = pipelines.new_run(call.store, request.task, args, call.user, call.company, call.now)
        chosen = queue.target(call, request)
        queueing.enqueue(call.store, run, chosen, call.change())
        watched = queue.is_watched(call, request, chosen)
    return {"pipeline": run, "enqueued": True, **watched}


class DeleteRuns(many.DeleteMany):
    project: str


@endpoint("pipelines.delete_runs", DeleteRuns)
def delete_runs(call: Call, request: DeleteRuns) -> dict[str, Any]:
    """Delete runs of a pipeline with their steps; one run at least must stay, or there is no pipeline left."""
    pipelines.require_remaining(call.store, request.project, request.ids)
    request.force = request.include_pipeline_steps = True

    def one(id: str) -> dict[str, Any]:
        if id in request.ids:  # the others are steps
            pipelines.require_run(call.store, request.project, id)
        return drop(call, Delete(**request.one(id, force=True)))

    return many.each_task(call, request, one)
