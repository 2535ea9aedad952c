"""The steps of the main job: which there are, what one hands to the next, and what is skipped."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasks import lookup
from tasks.client import decisions, identify, names
from tasks.errors import SoundyardError

if TYPE_CHECKING:
    from pipelines.main_job import MainJobParameters

PLAIN = ("preprocess", "train", "evaluate")  # what the main job is where nothing more is asked for
MADE = "${preprocess.parameters.properties/dataset_id}"
TRAINED = "${train.models.output.-1.id}"
DONE = ("completed", "cached", "skipped")
DRAWN = "Pipeline"  # configuration object with the steps and their states, the SDK's
WAIT_SECONDS = 2.0
LINES = 15  # of a failed step's console that are repeated in the controller's

Before = Callable[[Any, Any, dict[str, Any]], bool]  # pipeline, node, its parameters → whether it runs


class StepsFailed(SoundyardError):
    """Steps of a pipeline that did not complete; the message names them, and how to go on."""


@dataclass(frozen=True)
class Step:
    """One step: a clone of a task's template."""

    name: str
    task: str
    parents: list[str]
    handed: dict[str, str] = field(default_factory=dict)  # parameters that name what earlier steps made
    repeatable: bool = True  # the same parameters give the same again: it may be taken from the cache
    before: Before | None = None
    queue: str = ""  # empty: that of the pipeline


def chain(chosen: "MainJobParameters") -> list[Step]:
    """The steps in an order in which each stands behind those that it needs."""
    first = [] if chosen.dataset_id else ["preprocess"]
    data = {"Args/dataset_id": chosen.dataset_id or MADE}
    found = [] if chosen.dataset_id else [Step("preprocess", "preprocess", [], repeatable=not chosen.data)]
    if chosen.search_trials:
        trials = {"Args/trials": str(chosen.search_trials), **data}
        found.append(Step("search", "search", first, trials, queue=names.SERVICES_QUEUE))
    before = _with_best if chosen.search_trials else None
    behind = ["search"] if chosen.search_trials else first
    for fold in chosen.crossvalidate:
        held_out = {"Args/folds": f"[{fold}]", **data}
        found.append(Step(f"crossvalidate fold {fold}", "crossvalidate", behind, held_out, before=before))
    heard = {"Args/model_id": TRAINED, **data}
    found += [
        Step("train", "train", behind, data, before=before),
        Step("evaluate", "evaluate", ["train"], heard),
    ]
    return found + (_publishing(chosen, heard) if chosen.publish else [])


def _publishing(chosen: "MainJobParameters", heard: dict[str, str]) -> list[Step]:
    judged = ["evaluate", *(f"crossvalidate fold {fold}" for fold in chosen.crossvalidate)]
    decided = {"Args/compare_id": "${compare.id}", "Args/export_id": "${export.id}"}
    return [  # the published model is no parameter, and may be another one by now: never from the cache
        Step("compare", "compare", judged, {"Args/level": str(chosen.level), **heard}, repeatable=False),
        Step("export", "export", ["compare"], heard, before=_if_better),
        Step("publish", "publish", ["export"], decided, repeatable=False, before=_if_better),
    ]


def _task_of(pipeline: Any, name: str) -> Any:
    """The finished task of a step, of this run of the controller or of an earlier one."""
    from clearml import Task

    node = pipeline.get_pipeline_dag()[name]
    return Task.get_task(task_id=node.executed or node.job.task_id())


def _if_better(pipeline: Any, node: Any, parameters: dict[str, Any]) -> bool:
    """Whether the comparison has decided to publish; what is not published is not exported either."""
    decision, _ = decisions.read(_task_of(pipeline, "compare").id)
    if decision.word != decisions.PUBLISH:
        print(f"skipping {node.name}: {decision.reason}")
    return decision.word == decisions.PUBLISH


def _with_best(pipeline: Any, node: Any, parameters: dict[str, Any]) -> bool:
    """Give a training the best values of the search before it. Raises StepsFailed."""
    best = _task_of(pipeline, "search").get_configuration_object_as_dict("best")
    if not best:
        raise StepsFailed("the search has left no best values; its console says why")
    parameters.update({f"Args/{name}": str(value) for name, value in best.items()})
    print(f"{node.name} takes the best values of the search: {best}")
    return True


def finished(controller: Any) -> dict[str, str]:
    """{step: id of its task} that this controller has completed before it was stopped, killed or had failed.

    A step that ran on while the controller was dead is waited for. The SDK itself forgets what has run where, as here,
    the steps come from the code; those of the controller that this one was cloned from are none of its own.
    """
    nodes = json.loads(controller.get_configuration_object(DRAWN) or "{}")
    ran = {
        name: _ended(node.get("executed") or node.get("job_id"), controller.id, name)
        for name, node in nodes.items()
    }
    return {name: task for name, task in ran.items() if task}


def _ended(task_id: str | None, controller: str, name: str) -> str:
    """The id of a step's task if it completed, once it has ended; empty for one that is to be run again."""
    while task_id and (found := identify.task(task_id)) and found.get("parent") == controller:
        if found["status"] not in ("queued", "in_progress"):
            return task_id if found["status"] in lookup.FINISHED else ""
        print(f"{name} ({task_id}) is {found['status']} since before: waiting for it", flush=True)
        time.sleep(WAIT_SECONDS)
    return ""


def run(pipeline: Any, controller: Any) -> None:
    """Run the steps to their end. Raises StepsFailed for those that did not complete.

    Their last lines are in this console, and the controller's status names them, before its agent, which looks at the
    status, ends this process: the SDK alone would write "Pipeline step failed" there while it stops.
    """
    stop, told = pipeline.stop, list[str]()

    def stop_and_tell(*arguments: Any, **options: Any) -> None:
        pipeline.update_execution_plot()  # the states of the steps as they are now
        told.append(_unfinished(pipeline))
        if told[-1]:
            pipeline._pipeline_task_status_failed = False  # it is said below, with names
        stop(*arguments, **options)

    pipeline.stop = stop_and_tell
    pipeline.start_locally()
    text = next(filter(None, told), "")
    if text:
        controller.mark_failed(status_reason=text, status_message=text, force=True)
        raise StepsFailed(text)


def _unfinished(pipeline: Any) -> str:
    """Which steps did not complete, once their last lines stand in this console; empty when all did."""
    from pipelines.follow import tail

    lost = {name: one for name, one in pipeline.get_pipeline_dag().items() if one.status not in DONE}
    for name, node in lost.items():
        if node.job and node.status in ("failed", "aborted"):
            print(f"--- {name} ({node.job.task_id()}) {node.status}; its last lines:")
            print(tail(node.job.task_id(), LINES), flush=True)
    names_of = ", ".join(lost)
    return names_of and (
        f"not completed: {names_of}; their own consoles say why. Continue it, and finished steps are kept."
    )
