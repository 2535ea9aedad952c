"""Agents as processes: who runs, and how one is ended with everything it started.

An agent is the leader of a session of its own, so that whatever it starts, and whatever those start, can be found.
It is recorded in a file with its process id and the time that process began: a process id alone may be somebody
else's by now.
"""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

POLITE_SECONDS = (
    10.0  # a task has to upload its checkpoint, an agent to tell the server that the task has stopped
)

KILLED_SECONDS = 6.0  # that who is killed may take to be gone
SUPERVISOR = "agents.supervise"


@dataclass(frozen=True)
class Agent:
    """A recorded agent."""

    name: str
    pid: int
    began: float  # s since the epoch, of the process
    log: str  # path
    about: str  # queues and device, for people
    machine: str = ""  # its name: a folder may be shared by several; empty in older records

    @property
    def alive(self) -> bool:
        if not self._here:
            return False
        try:
            process = psutil.Process(self.pid)
            return bool(
                abs(process.create_time() - self.began) < 1 and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False

    @property
    def left(self) -> list[psutil.Process]:
        """What still runs of it after it was killed. A session's number is nobody else's while one of it lives."""
        gone = not psutil.pid_exists(self.pid) or _is_zombie(self.pid)
        if not self._here or not gone or psutil.boot_time() > self.began + 1:
            return []
        return [one for one in session(self.pid) if _began(one) > self.began - 1]

    @property
    def is_over(self) -> bool:
        """Nothing of it runs, as far as that can be seen from this machine."""
        return self._here and not self.alive and not self.left

    @property
    def _here(self) -> bool:
        return self.machine in ("", socket.gethostname())


def record(folder: Path, name: str, pid: int, log: Path, about: str) -> Agent:
    """Write down an agent that was just started."""
    agent = Agent(name, pid, psutil.Process(pid).create_time(), str(log), about, socket.gethostname())
    (folder / f"{name}.json").write_text(json.dumps(asdict(agent)))
    return agent


def running(folder: Path) -> list[Agent]:
    """Agents on record that are alive; records of dead ones that have left nothing running are removed."""
    found = []
    for agent in _recorded(folder):
        if agent.alive:
            found.append(agent)
        elif agent.is_over:
            _forget(agent, folder)
    return found


def killed(folder: Path) -> list[Agent]:
    """Agents on record that are gone and have left processes behind."""
    return [agent for agent in _recorded(folder) if agent.left]


def _recorded(folder: Path) -> list[Agent]:
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(Agent(**json.loads(file.read_text())))
        except (ValueError, TypeError):
            continue
    return found


def end(agent: Agent, folder: Path) -> None:
    """End an agent and all of its session, politely at first."""
    if agent.alive or agent.left:
        end_session(agent.pid)
    _forget(agent, folder)


def _forget(agent: Agent, folder: Path) -> None:
    (folder / f"{agent.name}.json").unlink(missing_ok=True)
    (folder / f"{agent.name}.conf").unlink(missing_ok=True)


def end_session(leader: int, patience: float | None = None) -> None:
    """End every process of a session: by its supervisor, where one leads it, and then whoever is left.

    The supervisor ends what is below it as `end_below` does. Were both to do it at a time, a task would be asked to end
    twice, which means at once to it: nothing would be kept.
    """
    patience = POLITE_SECONDS if patience is None else patience
    _send(signal.SIGINT, _supervisors(leader))
    _wait_while(lambda: _supervisors(leader), 2 * patience + KILLED_SECONDS)
    end_below(leader, patience)
    left = session(leader)
    _, left = psutil.wait_procs(left, timeout=2)
    _send(signal.SIGKILL, left)
    psutil.wait_procs(left, timeout=5)


def end_below(leader: int, patience: float | None = None) -> None:
    """End every process of a session but its supervisor, in three rounds.

    First the tasks that agents run are terminated, and may take some seconds to keep what they have. Then the agents
    are interrupted: they kill what is left of their tasks and tell the server. Whoever still runs is killed.
    """
    patience = POLITE_SECONDS if patience is None else patience
    _send(signal.SIGTERM, tasks(leader))
    _wait_while(lambda: tasks(leader), patience)
    _send(signal.SIGINT, _agents(leader))
    if not _wait_while(lambda: _agents(leader), patience / 2):
        _send(signal.SIGTERM, _agents(leader))
        _wait_while(lambda: _agents(leader), patience / 2)
    left = [one for one in session(leader) if not _is_supervisor(one)]
    _send(signal.SIGKILL, left)
    psutil.wait_procs(left, timeout=5)


def _wait_while(anybody: Callable[[], list[psutil.Process]], seconds: float) -> bool:
    """True once nobody is left; False when the time is up."""
    deadline = time.monotonic() + seconds
    while anybody():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)  # an agent left alone for longer would take its next task
    return True


def _agents(leader: int) -> list[psutil.Process]:
    return [one for one in session(leader) if _is_agent(one)]


def tasks(leader: int) -> list[psutil.Process]:
    """What agents run: children of agents that are none themselves, and launchers, whose agent may be gone."""
    members = session(leader)
    agents = {one.pid for one in members if _is_agent(one)}
    return [one for one in members if one.pid not in agents and (_parent(one) in agents or _is_launcher(one))]


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.Error:
        return 0


def session(leader: int) -> list[psutil.Process]:
    """Processes of the session that `leader` leads, zombies left out."""
    found = []
    for process in psutil.process_iter(["pid", "status"]):
        try:
            if process.info["status"] != psutil.STATUS_ZOMBIE and os.getsid(process.pid) == leader:
                found.append(process)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


def _is_agent(process: psutil.Process) -> bool:
    """Daemons, and agents that prepare a task; the launcher of a task is none: it passes on that it has to end."""
    command = _command(process)
    return "clearml_agent" in command and not {"agents.launch", SUPERVISOR} & set(command)


def _supervisors(leader: int) -> list[psutil.Process]:
    return [one for one in session(leader) if _is_supervisor(one)]


def _is_supervisor(process: psutil.Process) -> bool:
    return SUPERVISOR in _command(process)


def _is_launcher(process: psutil.Process) -> bool:
    return "agents.launch" in _command(process)


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _began(process: psutil.Process) -> float:
    try:
        return float(process.create_time())
    except psutil.Error:
        return 0.0


def task_of(process: psutil.Process) -> str:
    """The id of the task that a process is part of, by its environment; empty when it is of none."""
    try:
        return str(process.environ().get("CLEARML_TASK_ID") or "")
    except (psutil.Error, OSError):
        return ""


def of_task(task: str) -> list[psutil.Process]:
    """Processes that belong to a task, ours and those we come from left out."""
    ours = {os.getpid(), *(one.pid for one in psutil.Process().parents())}
    return [one for one in psutil.process_iter() if one.pid not in ours and task_of(one) == task]


def end_all(which: list[psutil.Process], patience: float) -> None:
    """Ask processes to end, and kill those that have not after `patience` seconds."""
    _send(signal.SIGTERM, which)
    _, left = psutil.wait_procs(which, timeout=patience)
    _send(signal.SIGKILL, left)
    psutil.wait_procs(left, timeout=5)


def _send(what: signal.Signals, processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        try:
            process.send_signal(what)
        except psutil.Error:
            continue
