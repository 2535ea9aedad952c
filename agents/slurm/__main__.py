"""Run a queue's tasks as jobs of Slurm.

    soundyard slurm --queue audio --partition gpu --gres gpu:1 --time 2:00:00
    soundyard slurm --queue audio --sbatch=--mem=16G --sbatch=--cpus-per-task=4

It runs where `sbatch` does, and submits a job for each task that waits. The checkout, its environment and
`.soundyard/` have to be on a file system that the nodes share. Ctrl-C ends it and leaves the jobs; started again, it
goes on with them.
"""

import fcntl
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from agents import naming
from agents.environments import decision, environment, pythons
from agents.slurm.cluster import NoSlurm
from agents.slurm.keeper import Keeper
from audio import interruption
from audio.command_line import CommandLine
from tasks.client import connection, names
from tasks.errors import SoundyardError, Unreachable

POLL_SECONDS = 2.0
REPORT_SECONDS = 30.0  # between the reports by which the server knows that the queue is served


class AlreadyKept(SoundyardError):
    """Another of these submits this queue's tasks."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server = connection.use()
        queue = _queue(server, options.queue)
        with _alone(queue, options.queue):
            keeper = Keeper(server, queue, sbatch_options(options), options.jobs, options.environment, _say)
            keeper.try_options()
            _say(
                f"queue {options.queue}: each task is submitted to Slurm; Ctrl-C ends this and leaves the jobs"
            )
            _keep(server, queue, options.queue, keeper, options.poll)
    except SoundyardError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("ended; the jobs that were submitted go on", file=sys.stderr)
        return interruption.caught()
    return 0


def parser() -> CommandLine:
    command_line = CommandLine(
        prog="python -m agents.slurm",
        description="Run a queue's tasks as jobs of Slurm: each task that waits is submitted with sbatch.",
    )
    add = command_line.add_argument
    add("--queue", default=names.QUEUE, help="whose tasks to submit; made if missing")
    add("--partition", help="of Slurm, for the jobs (default: its own)")
    add("--gpus", help="GPUs for each job, such as 1 or a100:2")
    add("--gres", help="other resources for each job, such as gpu:1")
    add("--time", help="how long a job may take, such as 30 (minutes) or 1-12:00:00")
    add(
        "--sbatch",
        action="append",
        default=[],
        metavar="OPTION",
        help="any other option of sbatch, such as --sbatch=--mem=16G; may be given several times",
    )
    add("--jobs", type=_positive, default=1000, help="at most so many jobs at once")
    add("--poll", type=float, default=POLL_SECONDS, metavar="SECONDS", help="between looks at queue and jobs")
    add(
        "--environment",
        choices=(decision.AUTO, decision.INSTALLED, decision.OWN),
        default=decision.AUTO,
        help="what tasks run in, as for an agent",
    )
    return command_line


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def sbatch_options(options: Any) -> list[str]:
    """The options of sbatch that these stand for."""
    named = {name: getattr(options, name) for name in ("partition", "gpus", "gres", "time")}
    return [f"--{name}={value}" for name, value in named.items() if value] + list(options.sbatch)


def _keep(server: connection.Connection, queue: str, name: str, keeper: Keeper, poll: float) -> None:
    worker = naming.worker_id(f"slurm-{name}", environment.folder())
    told, reported = "", -REPORT_SECONDS
    try:
        while True:
            try:
                if time.monotonic() - reported >= REPORT_SECONDS:
                    _report(server, worker, queue, first=reported < 0)
                    reported = time.monotonic()
                keeper.look()
                told = ""
            except (Unreachable, NoSlurm) as fault:
                if str(fault) != told:
                    told = str(fault)
                    _say(f"waiting: {told}")
            time.sleep(poll)
    finally:
        with suppress(Unreachable):
            connection.call(server, "workers.unregister", worker=worker)


def _report(server: connection.Connection, worker: str, queue: str, first: bool) -> None:
    """Let the server know that the queue is served, and by which Pythons."""
    tags = ["slurm", *(f"python{version}" for version in pythons.installed())]
    if first:
        connection.call(server, "workers.register", worker=worker, queues=[queue], tags=tags)
    now = int(time.time() * 1000)
    connection.call(server, "workers.status_report", worker=worker, timestamp=now, queues=[queue], tags=tags)


def _queue(server: connection.Connection, name: str) -> str:
    """The id of a queue, by its name or id."""
    queues = connection.call(server, "queues.get_all", only_fields=["name"])["queues"]
    found = next((one["id"] for one in queues if name in (one["name"], one["id"])), None)
    return str(found or connection.call(server, "queues.create", name=name)["id"])


@contextmanager
def _alone(queue: str, name: str) -> Iterator[None]:
    """Holds a lock of this checkout, so that one program alone submits a queue's tasks. Raises AlreadyKept."""
    folder = environment.folder() / "slurm"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{queue}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise AlreadyKept(
                f"The tasks of queue {name} are submitted already, by another of these."
            ) from fault
        yield


def _say(text: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
