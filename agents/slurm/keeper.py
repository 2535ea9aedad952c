"""Keeps a queue's tasks and their Slurm jobs in step: each task that waits has one job, each job's end is on its task.

A task stays in its queue until its job runs on a node: there the agent takes it out, and refuses when it is no longer
there (`execute --require-queue`). So whatever is submitted, nothing runs twice, and an agent may serve the same queue.
What was submitted is known to Slurm by the job's name, and written down beside it to tell an end from a new beginning.
"""

import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agents import launch
from agents.environments import environment
from agents.slurm import cluster
from tasks.client import connection

SCRIPT = """\
#!/bin/sh
# Runs one task with the unmodified agent, as a job of Slurm (agents/slurm).
export CLEARML_WORKER_ID="$(hostname):slurm:$SLURM_JOB_ID"
mkdir -p "$TMPDIR"
exec {python} -u -m {daemon} clearml_agent execute --full-monitoring --require-queue --id {task}
"""
BY_ITS_AGENT = (
    launch.AGENT_STOPPED,
    launch.AGENT_GONE,
    "user abort",
)  # the last is what clearml-agent says of SIGTERM
UNTIL_CANCELLED = 30.0  # s that an agent has to end a task that was aborted, before its job is cancelled
AGAIN = 2  # times that a job which never began its task is followed by another
Said = Callable[[str], None]


@dataclass
class Submitted:
    """What is written down of a task's job."""

    job: int
    added: str  # when the task was put into the queue: another time is another run
    before: str | None  # the task's worker before it
    tries: int = 1


class Keeper:
    """One queue. `folder`: where the journal, the jobs' logs and their temporary files are kept."""

    def __init__(
        self,
        server: connection.Connection,
        queue: str,
        options: Sequence[str],
        limit: int,
        kind: str,
        say: Said,
    ) -> None:
        self._server, self._queue, self._options, self._limit = server, queue, list(options), limit
        self._kind, self._say = kind, say
        self.folder = environment.folder() / "slurm"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = self.folder / f"{queue}.json"
        self._known = self._read()
        self._aborted: dict[str, float] = {}

    def try_options(self) -> None:
        """Raises cluster.Refused: no job with these options would be taken."""
        cluster.submit(
            "a-try", "#!/bin/sh\n", self.folder / "a-try.log", self._options, os.environ, only_try=True
        )

    def look(self) -> None:
        """One round. Raises Unreachable, NoSlurm: later again."""
        found = connection.call(self._server, "queues.get_by_id", queue=self._queue)["queue"]["entries"]
        waiting = {str(one["task"]): str(one.get("added")) for one in found}
        jobs = {one.id: one for one in cluster.jobs()}
        self._adopt(jobs.values(), waiting)
        for task, submitted in list(self._known.items()):
            self._settle(task, submitted, jobs.get(submitted.job), waiting)
        for task, added in waiting.items():
            if task not in self._known and len(self._known) < self._limit:
                self._submit(task, added, 1)

    def _adopt(self, jobs: Any, waiting: dict[str, str]) -> None:
        """Jobs that were submitted when their submission could not be written down any more."""
        for job in jobs:
            if job.task in waiting and job.task not in self._known and not job.over:
                self._known[job.task] = Submitted(job.id, waiting[job.task], None)
                self._write()

    def _settle(
        self, task: str, submitted: Submitted, job: cluster.Job | None, waiting: dict[str, str]
    ) -> None:
        over = job is None or job.over
        if task in waiting:
            if over and waiting[task] == submitted.added:
                self._not_begun(task, submitted, job)
                if task not in self._known:
                    del waiting[task]  # it has failed, and waits no more
            elif over:
                self._forget(task)
            return
        now = self._task(task)
        if over:
            self._forget(task)
            if self._left_by(submitted, now, job):
                self._tell(task, submitted, job)
        elif now.get("status") != "in_progress" or (job is not None and job.waits):
            since = self._aborted.setdefault(task, time.monotonic())
            if (job is not None and job.waits) or time.monotonic() - since > UNTIL_CANCELLED:
                cluster.cancel(submitted.job)
                self._say(f"job {submitted.job} cancelled: task {task} is {now.get('status', 'gone')}")
                self._forget(task)

    @staticmethod
    def _left_by(submitted: Submitted, now: dict[str, Any], job: cluster.Job | None) -> bool:
        """Whether a task whose job is over has to be told why: it says that it runs, or that an agent ended it."""
        worker = now.get("last_worker")
        ours = worker in (None, "", submitted.before) or str(worker).endswith(f":slurm:{submitted.job}")
        by_slurm = job is not None and job.state not in ("COMPLETED", "FAILED")
        stopped = now.get("status") == "stopped" and now.get("status_reason") in BY_ITS_AGENT
        return ours and (now.get("status") == "in_progress" or (stopped and by_slurm))

    def _not_begun(self, task: str, submitted: Submitted, job: cluster.Job | None) -> None:
        """Its job is over and it still waits: another job, or failed with what Slurm and the job said."""
        state = job.state if job else ""
        if state != "CANCELLED" and submitted.tries <= AGAIN:
            self._say(f"job {submitted.job} did not begin task {task} ({_how(job)}): it gets another")
            self._submit(task, submitted.added, submitted.tries + 1)
            return
        said = self._last_line(task)
        self._fail(
            task, f"Slurm's job {submitted.job} did not begin it: {_how(job)}" + (f"; {said}" if said else "")
        )
        self._forget(task)

    def _tell(self, task: str, submitted: Submitted, job: cluster.Job | None) -> None:
        """Its job ended without a word of its own: back to the queue if its node is to blame, or failed."""
        if job and job.state in cluster.NOT_THE_TASKS_FAULT and submitted.tries <= AGAIN:
            reason = f"Slurm's job {submitted.job} lost its node ({job.told}): back in the queue"
            self._say(f"task {task}: {reason}")
            self._call("tasks.stopped", task=task, force=True, status_reason=reason, status_message=reason)
            self._call("tasks.enqueue", task=task, queue=self._queue)
            return
        self._fail(task, f"Slurm ended job {submitted.job}: {_how(job)}")

    def _fail(self, task: str, reason: str) -> None:
        self._say(f"task {task} failed: {reason}")
        if self._task(task).get("status") == "queued":
            self._call("tasks.dequeue", task=task)
        self._call("tasks.failed", task=task, force=True, status_reason=reason, status_message=reason)

    def _submit(self, task: str, added: str, tries: int) -> None:
        before = self._task(task).get("last_worker")
        script = SCRIPT.format(python=shlex.quote(sys.executable), daemon=launch.DAEMON, task=task)
        try:
            job = cluster.submit(task, script, self._log(task), self._options, self._variables(task))
        except cluster.Refused as fault:
            self._fail(task, str(fault))
            self._forget(task)
            return
        self._known[task] = Submitted(job, added, before, tries)
        self._write()
        self._say(f"task {task} is job {job}")

    def _variables(self, task: str) -> dict[str, str]:
        """What the agent of one task is started with; clones and temporary files are this task's alone."""
        variables = environment.prepare(self._server, _name(task), kind=self._kind)
        file = Path(variables["CLEARML_CONFIG_FILE"])
        settings = json.loads(file.read_text())
        settings["agent"]["venvs_dir"] = str(self._clones(task))
        file.write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        temporary = str(self.folder / task)
        return {
            **variables,
            "PYTHONPATH": str(connection.ROOT),
            "TMPDIR": temporary,
            "CLEARML_AGENT_TEMP_STDOUT_FILE_DIR": temporary,
            "CLEARML_AGENT_PROPAGATE_EXITCODE": "1",
        }

    def _clones(self, task: str) -> Path:
        return environment.folder() / "clones" / _name(task)

    def _log(self, task: str) -> Path:
        return self.folder / f"{task}.log"

    def _last_line(self, task: str) -> str:
        try:
            lines = self._log(task).read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][:300] if lines else ""

    def _forget(self, task: str) -> None:
        self._known.pop(task, None)
        self._aborted.pop(task, None)
        self._write()
        for one in (self._clones(task), self.folder / task):
            shutil.rmtree(one, ignore_errors=True)
        (environment.folder() / f"{_name(task)}.conf").unlink(missing_ok=True)

    def _task(self, task: str) -> dict[str, Any]:
        """What is known of a task; empty when it has been deleted."""
        fields = ["status", "status_reason", "last_worker"]
        found = self._call("tasks.get_all", id=[task], only_fields=fields, search_hidden=True)["tasks"]
        return dict(found[0]) if found else {}

    def _call(self, endpoint: str, **body: Any) -> dict[str, Any]:
        return connection.call(self._server, endpoint, **body)

    def _read(self) -> dict[str, Submitted]:
        try:
            return {task: Submitted(**one) for task, one in json.loads(self._file.read_text()).items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError):
            self._say(f"{self._file} can't be read: what Slurm knows of its jobs is gone by")
            return {}

    def _write(self) -> None:
        scratch = self._file.with_suffix(".part")
        scratch.write_text(json.dumps({task: asdict(one) for task, one in self._known.items()}, indent=1))
        scratch.replace(self._file)


def _name(task: str) -> str:
    return f"slurm-{task}"


def _how(job: cluster.Job | None) -> str:
    return job.told if job else "Slurm knows no more of it"
