"""A queue's tasks as Slurm's jobs: a real controller and node, the real agent, each task run once, each end told."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, ServerProcess, until
from tests.e2e import slurm_cluster
from tests.e2e.agents.test_other_peoples_code import SDK, create, repository

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(slurm_cluster.missing()), reason=slurm_cluster.missing()),
]
RUNS = SDK + "import os\nprint('ran as job', os.environ['SLURM_JOB_ID'], flush=True)\n"
WAITS = SDK + "import time\nprint('up', flush=True)\ntime.sleep(600)\n"
ENDED = ("completed", "failed", "stopped")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm_cluster.Cluster]:
    try:
        made = slurm_cluster.Cluster(tmp_path_factory.mktemp("slurm"))
    except slurm_cluster.DoesNotStart as fault:
        pytest.skip(f"Slurm does not start here: {fault}")
    yield made
    made.stop()


class Launcher:
    """`python -m agents.slurm` on a queue; `log` is what it says."""

    def __init__(
        self, server: ServerProcess, cluster: slurm_cluster.Cluster, folder: Path, *options: str
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.log, self._folder = folder / "launcher.log", folder
        self._command = [sys.executable, "-m", "agents.slurm", "--poll", "0.5", *options]
        self._environment = server.environment(
            SOUNDYARD_STATE=str(folder / "état: 100%"), **cluster.variables
        )
        self.start()

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)

    def once(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """The same beside it, to its end."""
        command = [sys.executable, "-m", "agents.slurm", *options]
        return subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=60
        )


@pytest.fixture
def launch(server: ServerProcess, cluster: slurm_cluster.Cluster, tmp_path: Path):
    with ExitStack() as stack:

        def start(*options: str) -> Launcher:
            one = Launcher(server, cluster, tmp_path / "launcher", *options)
            stack.callback(one.end)
            return one

        yield start
    cluster.command("scancel", "--user=root")


def enqueue(server: ServerProcess, folder: Path, queue: str, code: str, number: int = 1) -> list[str]:
    """Tasks of a repository that wait in a queue."""
    made = folder if folder.exists() else repository(folder, {"run.py": code})
    tasks = [create(server, made, "run.py") for _ in range(number)]
    for task in tasks:
        server.enqueue(task, queue)
    return tasks


def jobs_of(cluster: slurm_cluster.Cluster, task: str) -> list[str]:
    return cluster.jobs().get(f"clearml-{task}", [])


def test_a_queue_is_emptied_by_jobs_and_each_task_runs_once_though_the_launcher_is_killed(
    server: ServerProcess, cluster: slurm_cluster.Cluster, tmp_path: Path, launch
) -> None:
    tasks = enqueue(server, tmp_path / "code", "slurm", RUNS, 6)
    launcher = launch("--queue", "slurm")
    until(lambda: len(cluster.jobs()) >= 2, 60, "the first jobs are submitted")
    launcher.end(signal.SIGKILL)
    launcher.start()
    for task in tasks:
        until(
            lambda task=task: server.status(task) in ENDED,
            240,
            f"{task} has ended\n{launcher.log.read_text()}",
        )
    assert Counter(server.status(task) for task in tasks) == {"completed": 6}, launcher.log.read_text()
    numbers = [server.console(task).split("ran as job ")[1].split()[0] for task in tasks]
    assert len(set(numbers)) == 6
    assert [server.console(task).count("ran as job") for task in tasks] == [1] * 6
    until(lambda: [jobs_of(cluster, task) for task in tasks] == [["COMPLETED"]] * 6, 60, "one job for each")
    assert server.call("queues.get_by_id", queue=server.queue("slurm"))["queue"]["entries"] == []
    assert str(server.task(tasks[0])["last_worker"]).endswith(f":slurm:{numbers[0]}")
    clones = tmp_path / "launcher" / "état: 100%" / "agents" / "clones"
    until(lambda: list(clones.iterdir()) == [], 30, "what the jobs have left is cleared")


def test_each_end_that_is_not_the_tasks_own_is_told(
    server: ServerProcess, cluster: slurm_cluster.Cluster, tmp_path: Path, launch
) -> None:
    """Killed by the cluster, out of time, aborted by a person while it runs and while it waits."""
    slow, held = ("slurm-a", "--sbatch=--cpus-per-task=1"), os.cpu_count() or 1
    launcher = launch("--queue", slow[0], "--time", "1", slow[1])
    tasks = enqueue(server, tmp_path / "code", slow[0], WAITS, held + 2)
    running = tasks[:held]
    for task in running:
        until(lambda task=task: "\nup" in server.console(task), 120, f"runs\n{launcher.log.read_text()}")
    assert [jobs_of(cluster, task) for task in tasks[held:]] == [["PENDING"], ["PENDING"]]
    assert server.status(tasks[-1]) == "queued"
    server.call("tasks.dequeue", task=tasks[-1])
    until(
        lambda: jobs_of(cluster, tasks[-1]) == ["CANCELLED"], 30, "the job of what waits no more is cancelled"
    )
    cluster.command("scancel", f"--name=clearml-{tasks[held]}")
    found = server.wait_for(tasks[held], "failed", seconds=30)
    assert "did not begin it: CANCELLED" in found["status_reason"]
    server.call("tasks.stop", task=running[0], status_reason="by a person")
    until(
        lambda: jobs_of(cluster, running[0])[0] not in ("RUNNING", "COMPLETING"), 60, "an abort ends the job"
    )
    assert server.status(running[0]) == "stopped"
    for task in running[1:]:
        found = until(
            lambda task=task: server.task(task)["status"] == "failed" and server.task(task),
            150,
            "out of time",
        )
        assert found["status_reason"].startswith("Slurm ended job ") and "TIMEOUT" in found["status_reason"]


def known(server: ServerProcess) -> list[dict[str, Any]]:
    """What the server knows of the launcher on `slurm-b`."""
    return [one for one in server.call("workers.get_all")["workers"] if "slurm-slurm-b" in one["id"]]


def test_what_slurm_refuses_is_said_at_once_and_two_launchers_do_not_share_a_queue(
    server: ServerProcess, cluster: slurm_cluster.Cluster, launch
) -> None:
    launcher = launch("--queue", "slurm-b")
    until(lambda: "submitted to Slurm" in launcher.log.read_text(), 30, "it watches")
    until(lambda: any("slurm" in one["tags"] for one in known(server)), 30, "the queue is known to be served")
    second = launcher.once("--queue", "slurm-b")
    assert second.returncode == 1 and "submitted already" in second.stderr
    wrong = launcher.once("--queue", "slurm-c", "--partition", "nix")
    assert wrong.returncode == 1 and "nvalid partition" in wrong.stderr and "Traceback" not in wrong.stderr
    assert launcher.end(signal.SIGINT) in (130, -signal.SIGINT)
    assert "the jobs that were submitted go on" in launcher.log.read_text()
    assert known(server) == []


def test_a_controller_that_is_away_is_waited_for(
    server: ServerProcess, cluster: slurm_cluster.Cluster, tmp_path: Path, launch
) -> None:
    launcher = launch("--queue", "slurm-d")
    until(lambda: "submitted to Slurm" in launcher.log.read_text(), 30, "it watches")
    cluster.end("slurmctld")
    (task,) = enqueue(server, tmp_path / "code", "slurm-d", RUNS)
    until(lambda: "waiting: " in launcher.log.read_text(), 90, "it says that it waits")
    assert server.status(task) == "queued"
    cluster.start("slurmctld")
    server.wait_for(task, "completed", seconds=120)
    until(lambda: jobs_of(cluster, task) == ["COMPLETED"], 30, "one job has run it")
