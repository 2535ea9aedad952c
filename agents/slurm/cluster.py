"""Slurm by its own commands: a job submitted, those that there are, one cancelled."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import SoundyardError

PREFIX = "clearml-"  # of a job's name, before the task's id: Slurm itself knows what was submitted
WAITING = {
    "PENDING",
    "CONFIGURING",
    "REQUEUED",
    "REQUEUE_HOLD",
    "REQUEUE_FED",
    "SPECIAL_EXIT",
    "RESV_DEL_HOLD",
}
RUNNING = {"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"}
NOT_THE_TASKS_FAULT = {"NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "REVOKED"}
PASSES = re.compile(
    "unable to contact|connection refused|timed out|temporarily|communication|zero bytes|SubmitJob|job violates "
    "accounting|slurm_load_jobs|protocol authentication|not responding",
    re.IGNORECASE,
)
COMMAND_SECONDS = 60.0


class NoSlurm(SoundyardError):
    """Slurm's commands are not on this machine, or don't answer."""


class Refused(SoundyardError):
    """Slurm does not take a job, and would not take it later either."""


@dataclass(frozen=True)
class Job:
    """One job, as `squeue` tells it."""

    id: int
    state: str  # in full, such as RUNNING
    why: str  # why it waits, or ended
    task: str

    @property
    def waits(self) -> bool:
        return self.state in WAITING

    @property
    def over(self) -> bool:
        return self.state not in WAITING | RUNNING

    @property
    def told(self) -> str:
        """How it ended, for people."""
        return f"{self.state}, {self.why}" if self.why not in ("", "None") else self.state


def submit(
    task: str,
    script: str,
    log: Path,
    options: Sequence[str],
    variables: Mapping[str, str],
    only_try: bool = False,
) -> int:
    """Submit a job that runs a script for a task; gives the job's number. `only_try`: look whether it would be taken.

    Raises: NoSlurm: Slurm is away, or full: it may be tried again. Refused: it will not be taken.
    """
    command = [
        "sbatch",
        "--parsable",
        "--no-requeue",
        f"--job-name={PREFIX}{task}",
        f"--output={_pattern(log)}",
    ]
    command += ["--open-mode=append", "--export=ALL", *options, *(["--test-only"] if only_try else [])]
    said = _call(command, script, variables)
    return 0 if only_try else int(said.split(";")[0])


def jobs() -> list[Job]:
    """Our jobs that were submitted for a task, those that ended a few minutes ago too. Raises NoSlurm."""
    try:
        said = _call(["squeue", "--me", "--noheader", "--states=all", "--format=%A|%T|%r|%j"])
    except Refused as fault:
        raise NoSlurm(str(fault)) from fault
    found = []
    for line in said.splitlines():
        number, state, why, name = line.strip().split("|", 3)
        if name.startswith(PREFIX):
            found.append(Job(int(number), state, why, name.removeprefix(PREFIX)))
    return found


def cancel(job: int) -> None:
    """End a job, whether it waits or runs. One that has ended is no error. Raises NoSlurm."""
    try:
        _call(["scancel", str(job)])
    except Refused as fault:
        if "Invalid job id" not in str(fault) and "already completed" not in str(fault):
            raise NoSlurm(str(fault)) from fault


def _pattern(path: Path) -> str:
    """A path for `--output`, in which `%` means itself."""
    return str(path).replace("%", "%%")


def _call(command: Sequence[str], given: str = "", variables: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            input=given,
            env=dict(variables or os.environ),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
    except FileNotFoundError as fault:
        raise NoSlurm(
            f"{command[0]} is not installed here: Slurm's commands have to be on the path."
        ) from fault
    except subprocess.TimeoutExpired as fault:
        raise NoSlurm(f"{command[0]} has not answered for {COMMAND_SECONDS:.0f} s.") from fault
    if done.returncode:
        said = re.sub(r"^\w+: (error: )?", "", " ".join(done.stderr.split())) or f"status {done.returncode}"
        raise (NoSlurm if PASSES.search(said) else Refused)(f"{command[0]}: {said}")
    return done.stdout.strip()
