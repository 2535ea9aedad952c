"""What the scheduler knows between its runs, as a configuration object of its task, written around each launch.

The SDK keeps it as an artifact, uploaded in the background: a process that is killed would forget what it just did.
"""

import json
from collections.abc import Iterable
from typing import Any

from clearml.automation.job import ClearmlJob
from clearml.automation.scheduler import BaseScheduleJob
from clearml.backend_api.session.client import APIClient
from clearml.backend_interface.util import datetime_to_isoformat

from pipelines.schedules.sections import STATE

KEPT = 20  # ids of the runs of an entry
OWN = ("error", "honoured", "started")  # besides what the SDK keeps under names with an underscore


class Book:
    """The state of all entries, by their names, and the launch that is under way."""

    def __init__(self, task: Any) -> None:
        self.task = task
        self.client: Any = APIClient()
        self._written = ""
        kept = (task.data.configuration or {}).get(STATE)
        found = json.loads(kept.value or "{}") if kept else {}
        self.entries: dict[str, dict[str, Any]] = found.get("entries", {})
        self.launching: dict[str, Any] | None = found.get("launching")

    def remember(self, job: BaseScheduleJob) -> bool:
        """Give a job what is known of it; False when it is new."""
        if job.name not in self.entries:
            return False
        job.update(self.entries[job.name])
        return True

    def write(self, jobs: Iterable[BaseScheduleJob], launching: dict[str, Any] | None = None) -> None:
        """Nothing is sent when nothing has changed."""
        self.entries = {job.name: _known(job) for job in jobs}
        self.launching = launching
        kept = {"entries": self.entries, "launching": launching}
        text = json.dumps(kept, default=datetime_to_isoformat, ensure_ascii=False)
        if text != self._written:
            item = {"name": STATE, "type": "json", "value": text, "description": "written by the scheduler"}
            self.client.tasks.edit_configuration(task=self.task.id, configuration=[item], force=True)
            self._written = text

    def unfinished(self) -> dict[str, Any] | None:
        """The newest run, where a killed process has made it and could not write that down; {} where it made none."""
        if self.launching is None:
            return None
        fields = ["id", "status"]
        newest = self.client.tasks.get_all(
            parent=self.task.id,
            order_by=["-created"],
            only_fields=fields,
            page=0,
            page_size=1,
            search_hidden=True,
        )
        known = {one for entry in self.entries.values() for one in entry.get("_executed_instances") or []}
        return {} if not newest or newest[0].id in known else newest[0].data.to_dict()


def _known(job: BaseScheduleJob) -> dict[str, Any]:
    kept = {
        name: value
        for name, value in job.to_dict(full=True).items()
        if (name.startswith("_") or name in OWN or name == "last_update") and value is not None
    }
    if "_executed_instances" in kept:
        kept["_executed_instances"] = kept["_executed_instances"][-KEPT:]
    return kept


def launch(task: Any, job: BaseScheduleJob, parameters: dict[str, Any] | None) -> str:
    """Clone what an entry names, by the entry's name and as a child of the scheduler, and enqueue it; gives its id."""
    made = ClearmlJob(
        base_task_id=job.base_task_id,
        parent=task.id,
        name=job.name,
        parameter_override=parameters or None,
        task_overrides=job.task_overrides or None,
        allow_caching=False,
    )
    if not made.launch(queue_name=job.queue):
        raise RuntimeError(f"its run {made.task_id()} could not be put on queue {job.queue}")
    return str(made.task_id())
