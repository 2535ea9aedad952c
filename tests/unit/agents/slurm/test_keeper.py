"""A queue's tasks and their jobs, round by round: the queue on a real server, Slurm's commands as programs of ours."""

import json
import os
import subprocess
import sys
import time
import uuid

import pytest

from agents import launch
from agents.slurm import cluster, keeper
from agents.slurm.keeper import Keeper
from tasks.client import connection
from tests.conftest import ROOT


class Queue:
    """One queue with its keeper; `said` is what that said."""

    def __init__(self, server, commands, options=("--gres=gpu:1",), limit=1000):
        self.server, self.commands, self.said = server, commands, []
        self.id = server.queue(f"slurm {uuid.uuid4().hex[:6]}")
        self._connection, self._options, self._limit = connection.use(), options, limit
        self.again()

    def again(self):
        """The program is started anew."""
        self.keeper = Keeper(
            self._connection, self.id, self._options, self._limit, "installed", self.said.append
        )

    def add(self, **fields):
        script = {"entry_point": "a.py", "binary": "python3", "diff": "print(1)"}
        made = self.server.call("tasks.create", name="job", type="training", script=script, **fields)["id"]
        self.enqueue(made)
        return made

    def enqueue(self, task):
        self.server.call("tasks.enqueue", task=task, queue=self.id)

    def begin(self, task, job, worker=None):
        """As the agent on the node does."""
        self.server.call("tasks.dequeue", task=task)
        self.server.call("tasks.started", task=task, force=True)
        name = worker or f"node:slurm:{job}"
        self.server.call("workers.register", worker=name, queues=[], timeout=600)
        self.server.call("workers.status_report", worker=name, task=task, timestamp=int(time.time() * 1000))
        self.server.call("workers.unregister", worker=name)

    def waiting(self):
        found = self.server.call("queues.get_by_id", queue=self.id)["queue"]["entries"]
        return [one["task"] for one in found]

    def look(self, *jobs):
        """A round; `jobs`: (number, state, task), or with why."""
        self.commands.jobs(*(f"{one[0]}|{one[1]}|{(*one, 'None')[3]}|clearml-{one[2]}" for one in jobs))
        self.keeper.look()

    def journal(self):
        return json.loads((self.keeper.folder / f"{self.id}.json").read_text())


@pytest.fixture
def queue(client, commands, tmp_path, monkeypatch):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "é 100%"))
    return Queue(client, commands)


def ended(server, task):
    found = server.admin("tasks.get_by_id", task=task)["task"]
    assert found["status_reason"] == found["status_message"]
    return found["status"], found["status_reason"]


def test_each_task_that_waits_gets_one_job_and_stays_in_its_queue(queue, commands):
    tasks = [queue.add(), queue.add()]
    queue.look()
    for _ in range(2):
        queue.look((101, "PENDING", tasks[0]), (102, "PENDING", tasks[1]))
    assert commands.submitted == [101, 102] and queue.waiting() == tasks
    assert "--job-name=clearml-" + tasks[1] in commands.arguments(102)
    assert f"--output={str(queue.keeper.folder).replace('%', '%%')}/{tasks[0]}.log" in commands.arguments(101)
    assert commands.arguments(101)[-1] == "--gres=gpu:1"
    assert queue.said == [f"task {tasks[0]} is job 101", f"task {tasks[1]} is job 102"]
    written = queue.journal()
    assert [(one["job"], one["before"], one["tries"]) for one in written.values()] == [
        (101, None, 1),
        (102, None, 1),
    ]


def test_a_job_runs_the_agent_with_clones_and_temporary_files_of_its_own(
    queue, commands, tmp_path, monkeypatch
):
    """The script is run as a node would, with a program in Python's place that tells what it got."""
    python = tmp_path / "it's a python"
    python.write_text('#!/bin/sh\necho "$CLEARML_WORKER_ID"\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(keeper.sys, "executable", str(python))
    task = queue.add()
    queue.look()
    variables = commands.environment(101)
    home = tmp_path / "é 100%" / "agents"
    temporary = str(home / "slurm" / task)
    assert (variables["PYTHONPATH"], variables["CLEARML_AGENT_PROPAGATE_EXITCODE"]) == (str(ROOT), "1")
    assert (variables["TMPDIR"], variables["CLEARML_AGENT_TEMP_STDOUT_FILE_DIR"]) == (temporary, temporary)
    assert variables["SOUNDYARD_ENVIRONMENT"] == "installed"
    settings = json.loads((home / f"slurm-{task}.conf").read_text())
    assert variables["CLEARML_CONFIG_FILE"] == str(home / f"slurm-{task}.conf")
    assert settings["agent"]["venvs_dir"] == str(home / "clones" / f"slurm-{task}")
    assert settings["agent"]["vcs_cache"]["path"] == str(home / "repositories")
    done = subprocess.run(
        ["sh", "-c", commands.script(101)],
        env={**variables, "SLURM_JOB_ID": "101"},
        capture_output=True,
        text=True,
    )
    worker, *arguments = done.stdout.splitlines()
    assert worker == f"{os.uname().nodename}:slurm:101", done.stderr
    assert arguments == [
        *("-u", "-m", "agents.unmodified", "clearml_agent", "execute", "--full-monitoring"),
        *("--require-queue", "--id", task),
    ]
    assert (home / "slurm" / task).is_dir()


def test_no_more_jobs_than_allowed_are_there_at_once(client, commands, tmp_path, monkeypatch):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))
    queue = Queue(client, commands, limit=1)
    first, second = queue.add(), queue.add()
    queue.look()
    queue.look((101, "RUNNING", first))
    assert commands.submitted == [101]
    queue.begin(first, 101)
    client.call("tasks.completed", task=first, force=True)
    queue.look((101, "COMPLETED", first))
    assert commands.submitted == [101, 102] and list(queue.journal()) == [second]


def test_a_job_that_never_began_is_followed_by_two_others_and_then_the_task_has_failed(queue, commands):
    task = queue.add()
    queue.look()
    queue.look((101, "FAILED", task, "NonZeroExitCode"))
    assert commands.submitted == [101, 102] and queue.journal()[task]["tries"] == 2
    queue.look((101, "FAILED", task), (102, "TIMEOUT", task))
    assert queue.said[-2:] == [
        f"job 102 did not begin task {task} (TIMEOUT): it gets another",
        f"task {task} is job 103",
    ]
    (queue.keeper.folder / f"{task}.log").write_text("first\nno disk: é\n\n")
    queue.look((103, "BOOT_FAIL", task, "Node é"))
    reason = "Slurm's job 103 did not begin it: BOOT_FAIL, Node é; no disk: é"
    assert ended(queue.server, task) == ("failed", reason) and queue.waiting() == []
    assert queue.said[-1] == f"task {task} failed: {reason}"
    assert queue.journal() == {} and commands.submitted == [101, 102, 103]
    queue.look((103, "BOOT_FAIL", task, "Node é"))
    assert commands.submitted == [101, 102, 103]


def test_a_job_that_a_person_cancels_before_it_began_has_failed_at_once(queue, commands):
    one, other = queue.add(), queue.add()
    queue.look()
    (queue.keeper.folder / f"{one}.log").write_text("x" * 400)
    (queue.keeper.folder / f"{other}.log").write_text("\n")
    queue.look((101, "CANCELLED", one), (102, "CANCELLED", other))
    assert ended(queue.server, one) == (
        "failed",
        f"Slurm's job 101 did not begin it: CANCELLED; {'x' * 300}",
    )
    assert ended(queue.server, other) == ("failed", "Slurm's job 102 did not begin it: CANCELLED")
    assert commands.submitted == [101, 102]


def test_a_job_that_slurm_has_forgotten_is_told_as_that(queue, commands):
    task = queue.add()
    queue.look()
    for _ in range(3):
        queue.look()
    reason = "Slurm's job 103 did not begin it: Slurm knows no more of it"
    assert ended(queue.server, task) == ("failed", reason)


def test_a_task_that_was_put_into_the_queue_again_is_another_run(queue, commands):
    task = queue.add()
    queue.look()
    queue.server.call("tasks.dequeue", task=task)
    time.sleep(0.01)
    queue.enqueue(task)
    queue.look((101, "RUNNING", task))
    assert commands.submitted == [101], "its job may still take it"
    queue.look((101, "COMPLETED", task))
    assert commands.submitted == [101, 102] and queue.journal()[task]["tries"] == 1


def test_a_task_that_runs_in_its_job_is_left_alone(queue, commands):
    task = queue.add()
    queue.look()
    queue.begin(task, 101)
    queue.look((101, "RUNNING", task))
    queue.look((101, "COMPLETING", task))
    assert queue.server.status(task) == "in_progress" and commands.cancelled == []
    assert list(queue.journal()) == [task]


@pytest.mark.parametrize("state", ["TIMEOUT", "COMPLETED", "OUT_OF_MEMORY", ""])
def test_a_task_whose_job_is_over_and_that_says_it_runs_has_failed(queue, state):
    task = queue.add()
    queue.look()
    queue.begin(task, 101)
    queue.look(*([(101, state, task, "why: é")] if state else []))
    how = f"{state}, why: é" if state else "Slurm knows no more of it"
    assert ended(queue.server, task) == ("failed", f"Slurm ended job 101: {how}")
    assert queue.journal() == {}


def test_a_task_that_lost_its_node_goes_back_to_its_queue_two_times_more(queue, commands):
    task = queue.add()
    queue.look()
    queue.begin(task, 101)
    queue.look((101, "NODE_FAIL", task))
    assert queue.waiting() == [task] and ended(queue.server, task)[0] == "queued"
    assert queue.said[-1] == f"task {task}: Slurm's job 101 lost its node (NODE_FAIL): back in the queue"


@pytest.mark.parametrize(("tries", "status"), [(1, "queued"), (2, "queued"), (3, "failed")])
def test_a_task_that_loses_every_node_has_failed_in_the_end(queue, tries, status):
    task = queue.add()
    queue.look()
    file = queue.keeper.folder / f"{queue.id}.json"
    file.write_text(json.dumps({task: {**queue.journal()[task], "tries": tries}}))
    queue.again()
    queue.begin(task, 101)
    queue.look((101, "PREEMPTED", task))
    assert ended(queue.server, task)[0] == status


@pytest.mark.parametrize(
    ("reason", "state", "status"),
    [
        (launch.AGENT_STOPPED, "CANCELLED", "failed"),
        (launch.AGENT_GONE, "TIMEOUT", "failed"),
        ("user abort", "OUT_OF_MEMORY", "failed"),
        ("user abort", "", "stopped"),
        ("user abort", "COMPLETED", "stopped"),
        ("user abort", "FAILED", "stopped"),
        ("by a person", "CANCELLED", "stopped"),
    ],
)
def test_a_task_that_its_agent_stopped_because_slurm_ended_the_job_says_so(queue, reason, state, status):
    task = queue.add()
    queue.look()
    queue.begin(task, 101)
    queue.server.call("tasks.stopped", task=task, status_reason=reason, force=True)
    queue.look(*([(101, state, task)] if state else []))
    assert queue.server.admin("tasks.get_by_id", task=task)["task"]["status"] == status


def test_a_task_that_another_agent_runs_is_not_told_of_our_job(queue):
    task = queue.add()
    queue.look()
    queue.begin(task, 101, "elsewhere:audio-gpu0:abc")
    queue.look((101, "CANCELLED", task))
    assert queue.server.status(task) == "in_progress" and queue.journal() == {}


def test_a_worker_of_before_or_none_at_all_does_not_make_it_anothers(queue):
    task = queue.add()
    queue.begin(task, 0, "elsewhere:old:abc")
    queue.server.call("tasks.stopped", task=task, force=True)
    queue.server.call("tasks.reset", task=task, force=True)
    queue.enqueue(task)
    queue.look()
    before = queue.journal()[task]["before"]
    assert before == queue.server.task(task).get("last_worker")
    queue.server.call("tasks.dequeue", task=task)
    queue.server.call("tasks.started", task=task, force=True)
    queue.look((101, "OUT_OF_MEMORY", task))
    assert ended(queue.server, task) == ("failed", "Slurm ended job 101: OUT_OF_MEMORY")


def test_the_job_of_a_task_that_waits_no_more_is_cancelled_before_it_begins(queue, commands):
    task = queue.add()
    queue.look()
    queue.server.call("tasks.dequeue", task=task)
    queue.look((101, "PENDING", task))
    assert commands.cancelled == ["101"] and queue.journal() == {}
    assert queue.said[-1] == f"job 101 cancelled: task {task} is created"
    gone = queue.add()
    queue.look()
    queue.server.call("tasks.dequeue", task=gone)
    queue.server.call("tasks.delete", task=gone, force=True)
    queue.look((102, "PENDING", gone))
    assert queue.said[-1] == f"job 102 cancelled: task {gone} is gone"


def test_an_aborted_tasks_job_is_cancelled_when_its_agent_had_the_time_to_end_it(
    queue, commands, monkeypatch
):
    task = queue.add()
    queue.look()
    queue.begin(task, 101)
    queue.server.call("tasks.stopped", task=task, force=True)
    queue.look((101, "RUNNING", task))
    assert commands.cancelled == [] and list(queue.journal()) == [task]
    now = time.monotonic()
    monkeypatch.setattr(keeper.time, "monotonic", lambda: now + 29)
    queue.look((101, "RUNNING", task))
    assert commands.cancelled == []
    monkeypatch.setattr(keeper.time, "monotonic", lambda: now + 32)
    queue.look((101, "RUNNING", task))
    assert commands.cancelled == ["101"] and queue.journal() == {}
    assert queue.said[-1] == f"job 101 cancelled: task {task} is stopped"


def test_what_slurm_does_not_take_fails_the_task_with_its_words(queue, commands):
    task = queue.add()
    commands.fail("sbatch", "sbatch: error: invalid partition specified: é")
    queue.look()
    assert ended(queue.server, task) == ("failed", "sbatch: invalid partition specified: é")
    assert queue.waiting() == [] and queue.journal() == {}
    other = queue.add()
    commands.fail("sbatch", "sbatch: error: Unable to contact slurm controller")
    with pytest.raises(cluster.NoSlurm):
        queue.look()
    assert queue.waiting() == [other], "it waits for Slurm"


def test_options_are_tried_before_anything_is_submitted(queue, commands):
    commands.fail("sbatch", "", 0)
    queue.keeper.try_options()
    assert commands.arguments(101)[-2:] == ["--gres=gpu:1", "--test-only"]
    assert "--job-name=clearml-a-try" in commands.arguments(101) and commands.script(101) == "#!/bin/sh\n"
    commands.fail("sbatch", "sbatch: error: invalid partition")
    with pytest.raises(cluster.Refused):
        queue.keeper.try_options()


def test_a_program_that_is_started_again_goes_on_with_its_jobs(queue, commands):
    task = queue.add()
    queue.look()
    queue.again()
    queue.look((101, "PENDING", task))
    assert commands.submitted == [101] and queue.keeper._known[task].job == 101
    assert not list(queue.keeper.folder.glob("*.part"))


@pytest.mark.parametrize("text", ["{", '{"t": {"no": 1}}', "[]", '{"t": 1}'])
def test_a_journal_that_can_not_be_read_is_made_anew_from_what_slurm_knows(queue, commands, text):
    task = queue.add()
    queue.look()
    (queue.keeper.folder / f"{queue.id}.json").write_text(text)
    queue.again()
    assert queue.said[-1].endswith(f"{queue.id}.json can't be read: what Slurm knows of its jobs is gone by")
    queue.look((99, "COMPLETED", task), (101, "PENDING", task), (7, "PENDING", "nobody"))
    assert commands.submitted == [101]
    assert [(one["job"], one["before"]) for one in queue.journal().values()] == [(101, None)]


def test_what_a_job_has_left_is_cleared_and_its_log_stays(queue, tmp_path):
    task = queue.add()
    queue.look()
    home = tmp_path / "é 100%" / "agents"
    for folder in (home / "clones" / f"slurm-{task}", home / "slurm" / task):
        folder.mkdir(parents=True)
        (folder / "x").touch()
    (home / "slurm" / f"{task}.log").touch()
    queue.begin(task, 101)
    queue.server.call("tasks.completed", task=task, force=True)
    queue.look((101, "COMPLETED", task))
    assert sorted(one.name for one in home.glob("**/*") if task in str(one)) == [f"{task}.log"]
    assert queue.server.status(task) == "completed"


def test_a_task_that_pages_hide_is_kept_like_any_other(queue):
    task = queue.add(system_tags=["hidden"])
    queue.look()
    queue.begin(task, 101)
    queue.look((101, "RUNNING", task))
    assert queue.commands.cancelled == [] and list(queue.journal()) == [task]


def test_the_journal_is_of_one_queue_and_python_is_this_one(queue, commands):
    assert queue.keeper._file == queue.keeper.folder / f"{queue.id}.json"
    queue.add()
    queue.look()
    assert f"exec {sys.executable} -u" in commands.script(101)


def test_the_job_of_a_task_that_another_agent_has_taken_is_cancelled_before_it_begins(queue, commands):
    task = queue.add()
    queue.look()
    queue.begin(task, 0, "elsewhere:audio-gpu0:abc")
    queue.look((101, "PENDING", task))
    assert commands.cancelled == ["101"] and queue.journal() == {}
    assert queue.server.status(task) == "in_progress"


def test_a_task_that_its_agent_stopped_while_the_node_went_down_goes_back_too(queue):
    task = queue.add()
    queue.look()
    queue.begin(task, 101)
    queue.server.call("tasks.stopped", task=task, status_reason=launch.AGENT_STOPPED, force=True)
    for one in queue.keeper.folder.parent.glob("*.conf"):
        one.unlink()
    queue.look((101, "NODE_FAIL", task))
    assert ended(queue.server, task)[0] == "queued" and queue.waiting() == [task]
