"""Status changes: `domain.transitions` knows which are allowed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from server.api.call import Call
from server.api.change import Change
from server.api.errors import InvalidTaskStatus
from server.api.registry import endpoint
from server.domain import pipelines
from server.domain.tasks import lost, publishing, queueing, transitions
from server.domain.tasks.lost_policy import Policy
from server.services.tasks.read import OfTask


class Transition(OfTask):
    force: bool | None = False
    status_reason: str | None = None
    status_message: str | None = None

    def by(self, call: Call) -> Change:
        return call.change(self.force, self.status_reason, self.status_message)


def change(call: Call, request: Transition, to: str) -> dict[str, Any]:
    """To this status, or an error. To be called in a transaction."""
    fields = transitions.change(call.store, request.task, to, request.by(call))
    return {"updated": 1, "fields": fields}


@endpoint("tasks.started", Transition)
def started(call: Call, request: Transition) -> dict[str, Any]:
    """It runs. Agents and the SDK say so several times."""
    with call.store.transaction():
        answer = change(call, request, "in_progress")
        call.store.runs.note(request.task, call.login)
    return {**answer, "started": int("status_changed" in answer["fields"])}


@endpoint("tasks.stopped", Transition)
def stopped(call: Call, request: Transition) -> dict[str, Any]:
    """It was stopped before its end."""
    with call.store.transaction():
        return change(call, request, "stopped")


@endpoint("tasks.failed", Transition)
def failed(call: Call, request: Transition) -> dict[str, Any]:
    """It ended in an error."""
    with call.store.transaction():
        return change(call, request, "failed")


class WorkerLost(OfTask):
    worker: str = "its agent"
    """Who ran it."""
    reason: str = "which was killed"


@endpoint("tasks.worker_lost", WorkerLost)
def worker_lost(call: Call, request: WorkerLost) -> dict[str, Any]:
    """Whoever ran it is gone for sure, as the machine that it was on can tell: back to its queue, or it has failed."""
    policy = Policy(call.settings.lost_retries, call.settings.worker_timeout_seconds)
    with call.store.transaction():
        status = lost.hand_on(
            call.store, request.task, policy, call.now, request.worker[:200], request.reason[:300]
        )
    return {"updated": 1, "status": status}


class HandBack(OfTask):
    worker: str = "its agent"
    """Who was to run it."""
    reason: str = "which can't run it"


@endpoint("tasks.hand_back", HandBack)
def hand_back(call: Call, request: HandBack) -> dict[str, Any]:
    """Its worker can't begin it, and another one may: back to its queue, three times at most, then it has failed."""
    with call.store.transaction():
        status = lost.hand_back(
            call.store, request.task, call.now, request.worker[:200], request.reason[:500]
        )
    return {"updated": 1, "status": status}


@endpoint("tasks.close", Transition)
def close(call: Call, request: Transition) -> dict[str, Any]:
    """It is done with."""
    with call.store.transaction():
        return change(call, request, "closed")


class OfSteps(Transition):
    include_pipeline_steps: bool | None = False
    """A pipeline's controller stands for its steps as well."""


class Completed(Transition):
    publish: bool | None = False


@endpoint("tasks.completed", Completed)
def completed(call: Call, request: Completed) -> dict[str, Any]:
    """It ended as it should; with `publish` it is published at once."""
    with call.store.transaction():
        answer = change(call, request, "completed")
        if request.publish:
            answer["published"] = 1
            answer["fields"] |= _publish(call, Publish(task=request.task, force=request.force))
    return answer


@endpoint("tasks.stop", OfSteps)
def stop(call: Call, request: OfSteps) -> dict[str, Any]:
    """Take it out of its queue, ask its agent to end it, or mark what no agent runs as stopped."""
    with call.store.transaction():
        if request.include_pipeline_steps:
            _stop_steps(call, request)
        fields = queueing.stop(call.store, request.task, request.by(call))
    return {"updated": 1, "fields": fields}


def _stop_steps(call: Call, request: OfSteps) -> None:
    """Those that have ended, or wait for nobody, are left."""
    for step in pipelines.steps(call.store, request.task):
        with suppress(InvalidTaskStatus):
            queueing.stop(call.store, step, call.change(request.force))


class Publish(Transition):
    publish_model: bool | None = True


@endpoint("tasks.publish", Publish)
def publish(call: Call, request: Publish) -> dict[str, Any]:
    """Make its results final, and its output models with them."""
    with call.store.transaction():
        return {"updated": 1, "fields": _publish(call, request), "committed_versions_results": []}


def _publish(call: Call, request: Publish) -> dict[str, Any]:
    return publishing.publish(
        call.store, request.task, request.by(call), models=request.publish_model is not False
    )
